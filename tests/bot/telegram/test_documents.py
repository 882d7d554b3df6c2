"""Documents and links that people send, the list of articles, and what the bot cannot read."""

from __future__ import annotations

import dataclasses
import http.server
import io
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docx
import pypdf
import pytest
from recorded import ANNA, ARTICLES, OWNER, STRANGER, Desk, buttons
from telegram import Update
from telegram.error import BadRequest, NetworkError

from bot.telegram import articles, documents, inbox, others
from retrieval.errors import StoreLocked, StoreMismatch
from retrieval.library import sync
from retrieval.settings import Settings

TEXT = (
    "---\ntitle: Un téléphérique relie Almaty à Medeu\ndate: 2024-05-12\nsource: Routes et Rails\n---\n"
    "Le téléphérique d'Almaty a transporté 3 000 voyageurs le jour de son ouverture, a dit samedi son directeur. "
    "La ligne mesure 4,5 kilomètres et compte trente-deux pylônes.\n"
)
NAME = "almaty.md"
PAGE = """<html lang="fr"><head><title>Le marché couvert rouvre</title>
<meta property="article:published_time" content="2025-03-02"><meta property="og:site_name" content="Le Fil"></head>
<body><article><h1>Le marché couvert rouvre</h1><p>Le marché couvert de Taraz a rouvert dimanche après deux ans de
travaux. Cent vingt marchands y tiennent boutique, contre quatre-vingts auparavant.</p><p>{more}</p></article>
</body></html>"""


@pytest.fixture
def site() -> Iterator[Any]:
    """A web site on loopback: `site.pages` by path."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = server.pages.get(self.path, b"")  # type: ignore[attr-defined]
            self.send_response(200 if body else 404)
            self.send_header("Content-Type", "application/rss+xml" if b"<rss" in body else "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.pages = {}  # type: ignore[attr-defined]
    server.url = f"http://127.0.0.1:{server.server_port}"  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def upload(desk: Desk, name: str | None, data: bytes, user: int = ANNA, **fields: Any) -> Update:
    identity = f"file{len(desk.bot.files)}"
    desk.bot.files[identity] = data
    document = {"file_id": identity, "file_unique_id": f"U{identity}", "file_size": len(data), **fields}
    return desk.message(user, document=document | ({"file_name": name} if name else {}))


def send(
    desk: Desk, name: str | None = "almaty.md", data: bytes = TEXT.encode(), **fields: Any
) -> dict[str, str | None]:
    desk.do(documents.on_document, upload(desk, name, data, **fields))
    return buttons(desk.last)


def link(desk: Desk, url: str) -> dict[str, str | None]:
    desk.do(documents.on_link, desk.message(ANNA, text=url))
    return buttons(desk.last)


def press(desk: Desk, data: str | None, user: int = ANNA) -> None:
    desk.do(documents.on_document_button, desk.press(user, data))


def stored(desk: Desk) -> set[str]:
    import asyncio

    return {a.title or a.id for a in asyncio.run(desk.answers.articles(0, 100))}


def word(text: str) -> bytes:
    document, out = docx.Document(), io.BytesIO()
    document.core_properties.title = "Un barrage sur le Tchou"
    document.add_paragraph(text)
    document.save(out)
    return out.getvalue()


# ---- documents
def test_a_document_is_shown_asked_about_and_added(desk: Desk) -> None:
    offered = send(desk)
    text = desk.last.html
    assert text.startswith(
        "📄 <b>Un téléphérique relie Almaty à Medeu</b>\nRoutes et Rails · 12 mai 2024 · 30 mots · en français"
    )
    assert "<blockquote>Le téléphérique d'Almaty a transporté" in text
    assert text.endswith("L’ajouter aux articles\u00a0?")
    assert list(offered) == ["Ajouter", "Non"]
    assert len(stored(desk)) == 3
    press(desk, offered["Ajouter"])
    assert (
        desk.shown.html
        == "✅ «\u00a0Un téléphérique relie Almaty à Medeu\u00a0» est ajouté.\nNombre d’articles\u00a0: 4"
    )
    assert desk.shown.buttons == ()
    assert "Un téléphérique relie Almaty à Medeu" in stored(desk)
    assert (desk.settings.home / "documents" / "almaty.md").read_bytes() == TEXT.encode()
    sync(desk.settings)
    assert len(stored(desk)) == 4


def test_no_forgets_it(desk: Desk) -> None:
    offered = send(desk)
    press(desk, offered["Non"])
    assert desk.shown.html.startswith("D’accord")
    assert not list((desk.settings.home / "inbox").rglob("*.md"))
    press(desk, offered["Ajouter"])
    assert "n’ai plus ce document" in desk.shown.html
    assert len(stored(desk)) == 3


def test_every_format_is_read(desk: Desk) -> None:
    sentence = "Le barrage du Tchou retient 40 millions de mètres cubes depuis lundi, selon le ministère de l'eau."
    assert "Ajouter" in send(desk, "barrage.docx", word(sentence))
    assert "Un barrage sur le Tchou" in desk.last.html
    assert "Ajouter" in send(desk, "page.html", PAGE.format(more="").encode())
    assert "Le Fil · 2 mars 2025" in desk.last.html
    assert "Ajouter" in send(desk, "note.txt", sentence.encode("utf-16"))
    assert "Ajouter" in send(desk, None, sentence.encode(), mime_type="text/plain; charset=utf-8")
    assert "Ajouter" in send(desk, "sans suffixe", b"<html><body><p>" + sentence.encode() * 3, mime_type="text/html")


def encrypted() -> bytes:
    writer, out = pypdf.PdfWriter(), io.BytesIO()
    writer.add_blank_page(100, 100)
    writer.encrypt("secret")
    writer.write(out)
    return out.getvalue()


def scanned() -> bytes:
    writer, out = pypdf.PdfWriter(), io.BytesIO()
    writer.add_blank_page(100, 100)
    writer.write(out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("a.pdf", encrypted(), "mot de passe"),
        ("a.pdf", scanned(), "que des images"),
        ("a.pdf", b"hello", "abîmé"),
        ("a.docx", b"PK\x03\x04", "abîmé"),
        ("a.txt", b"", "vide"),
        ("a.txt", b"   \n", "aucun texte"),
        ("a.txt", b"\x00\x01\x02\xff\xfe" * 50, "abîmé"),
        ("a.exe", b"MZ", "ce format"),
        ("a.jsonl", b"{}", "ce format"),
        (None, b"MZ", "ce format"),
    ],
)
def test_what_cannot_be_read_is_told_in_words(desk: Desk, name: str | None, data: bytes, said: str) -> None:
    assert send(desk, name, data) == {}
    assert said in desk.last.html
    inbox_folder = desk.settings.home / "inbox"
    assert not [p for p in inbox_folder.rglob("*") if p.is_file()]


def test_a_file_over_20_mb_is_not_fetched(desk: Desk) -> None:
    send(desk, "a.pdf", b"x", file_size=20_000_001)
    assert "20\u00a0Mo" in desk.last.html
    assert desk.bot.calls == []
    desk.bot.failures = [BadRequest("File is too big")]
    send(desk, "a.pdf", b"x")
    assert "20\u00a0Mo" in desk.last.html


def test_a_broken_connection_is_tried_again(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    async def sleep(_: float) -> None:
        pass

    monkeypatch.setattr("bot.telegram.documents.asyncio.sleep", sleep)
    desk.bot.failures = [NetworkError("https://api.telegram.org/file/bot123:SECRET/x")]
    assert "Ajouter" in send(desk)
    desk.bot.failures = [NetworkError("https://api.telegram.org/file/bot123:SECRET/x")] * documents.TRIES
    assert send(desk) == {}
    assert "pas pu recevoir" in desk.last.html


def test_only_admitted_people_add(desk: Desk) -> None:
    assert send(desk, user=STRANGER) == {}
    assert desk.bot.calls == []
    offered = send(desk)
    press(desk, offered["Ajouter"], STRANGER)
    assert desk.delivery.callbacks[-1][2]
    assert len(stored(desk)) == 3


def test_the_same_article_is_not_added_twice(desk: Desk) -> None:
    assert send(desk, "autre.txt", ARTICLES["port.txt"].encode()) == {}
    assert desk.last.html == "J’ai déjà cet article\u00a0: «\u00a0Le port sec de Khorgos double sa capacité\u00a0»."


def test_two_documents_of_one_name_are_both_kept(desk: Desk) -> None:
    first = send(desk)
    second = send(desk, data=TEXT.replace("Almaty", "Astana").encode())
    press(desk, first["Ajouter"])
    press(desk, second["Ajouter"])
    assert len(stored(desk)) == 5
    assert {p.name for p in (desk.settings.home / "documents").iterdir()} == {"almaty.md", "almaty-2.md"}


def test_a_name_cannot_leave_the_folder(desk: Desk) -> None:
    press(desk, send(desk, "../../..//.etc/passwd\u202e\x00.md")["Ajouter"])
    assert [p.name for p in (desk.settings.home / "documents").iterdir()] == ["passwd.md"]
    assert inbox.safe("...") == inbox.safe("") == "document"
    assert inbox.safe("é" * 500 + ".PDF") == "é" * 70 + ".pdf"
    assert len((inbox.safe("中" * 300 + ".pdf") + "-99").encode()) < 255


def test_a_busy_store_gives_the_question_back(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    offered = send(desk)
    real = desk.answers.sync

    async def busy(*_: Any) -> None:
        raise StoreLocked("busy")

    monkeypatch.setattr(desk.answers, "sync", busy)
    press(desk, offered["Ajouter"])
    assert "en cours de mise à jour" in desk.shown.html
    assert buttons(desk.shown) == offered
    assert not list((desk.settings.home / "documents").iterdir())

    async def broken(*_: Any) -> None:
        raise StoreMismatch("/home/x: made with another model")

    monkeypatch.setattr(desk.answers, "sync", broken)
    press(desk, offered["Ajouter"])
    assert "référence" in desk.shown.html
    assert "/home" not in desk.shown.html
    monkeypatch.setattr(desk.answers, "sync", real)
    press(desk, offered["Ajouter"])
    assert len(stored(desk)) == 4


def test_two_presses_add_once_and_a_press_after_a_crash_finishes(desk: Desk) -> None:
    data = send(desk)["Ajouter"]
    desk.do(documents.on_document_button, desk.press(ANNA, data), desk.press(ANNA, data))
    assert ["C’est en cours." in text for _, text, _ in desk.delivery.callbacks].count(True) == 1
    offered = send(desk, "deux.md", TEXT.replace("Almaty", "Astana").encode())
    key = str(offered["Ajouter"]).split(":")[1]
    inbox.keep(desk.settings, json.loads(desk.memory.kept(key) or "")["document"])  # and then it was killed
    press(desk, offered["Ajouter"])
    assert "est ajouté" in desk.shown.html
    assert len(stored(desk)) == 5


def test_progress_is_shown(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    import asyncio

    from retrieval.types import Progress

    real = desk.answers.sync

    async def slow(sources: Any, on_progress: Any) -> Any:
        on_progress(Progress(1, 2, 3))
        await asyncio.sleep(0.2)
        return await real(sources, on_progress)

    monkeypatch.setattr(desk.answers, "sync", slow)
    monkeypatch.setattr(documents, "PROGRESS_SECONDS", 0.05)
    press(desk, send(desk)["Ajouter"])
    texts = [m.html for _, m in desk.delivery.edited]
    assert texts[0].endswith("…")
    assert texts[1].endswith("… 1/2")
    assert "est ajouté" in texts[-1]


# ---- links
def test_only_a_message_of_one_url_is_a_link(desk: Desk) -> None:
    def of(text: str) -> str | None:
        entities = [{"type": "url", "offset": 0, "length": len(text)}]
        message = desk.message(ANNA, text=text, entities=entities).message
        assert message is not None
        return documents.link_of(message)

    assert of("https://exemple.fr/a?b=c") == "https://exemple.fr/a?b=c"
    assert of("exemple.fr/a") == "https://exemple.fr/a"
    plain = desk.message(ANNA, text="exemple.fr/a").message
    assert plain is not None
    assert documents.link_of(plain) is None
    assert of("Que dit https://exemple.fr/a ?") is None
    assert of("ftp://exemple.fr") is None
    assert of("Bonjour") != "Bonjour"


def test_a_page_is_added_and_replaced(desk: Desk, site: Any) -> None:
    site.pages["/marche"] = PAGE.format(more="").encode()
    offered = link(desk, f"{site.url}/marche")
    assert "Le marché couvert rouvre" in desk.last.html
    assert "Le Fil · 2 mars 2025" in desk.last.html
    press(desk, offered["Ajouter"])
    assert "est ajouté" in desk.shown.html
    import asyncio

    (found,) = [a for a in asyncio.run(desk.answers.articles(0, 9)) if a.title == "Le marché couvert rouvre"]
    assert (found.published, found.source, found.url) == ("2025-03-02", "Le Fil", f"{site.url}/marche")
    assert link(desk, f"{site.url}/marche") == {}
    assert "déjà cet article" in desk.last.html
    site.pages["/marche"] = PAGE.format(more="Le maire a coupé le ruban devant deux cents personnes.").encode()
    offered = link(desk, f"{site.url}/marche")
    assert "version plus ancienne" in desk.last.html
    press(desk, offered["Ajouter"])
    assert "est à jour" in desk.shown.html
    assert len(stored(desk)) == 4


def test_a_link_that_leads_nowhere_is_told_in_words(desk: Desk, site: Any) -> None:
    link(desk, f"{site.url}/absente")
    assert "ouvrir cette page" in desk.last.html
    site.pages["/rss"] = b"<?xml version='1.0'?><rss version='2.0'><channel><title>x</title></channel></rss>"
    link(desk, f"{site.url}/rss")
    assert "flux" in desk.last.html
    desk.settings = dataclasses.replace(desk.settings, allow_private_urls=False)
    link(desk, f"{site.url}/marche")
    assert "ce réseau" in desk.last.html
    assert "SOURCIER" not in desk.last.html


# ---- /articles
def listed(desk: Desk, words: str = "", user: int = OWNER) -> dict[str, str | None]:
    desk.do(articles.on_articles, desk.message(user, text=f"/articles {words}".strip()))
    return buttons(desk.last)


def test_articles_are_listed_newest_first(desk: Desk) -> None:
    found = listed(desk)
    assert desk.last.html == "📚 Nombre d’articles\u00a0: 3"
    assert next(iter(found)) == "Un lycée franco-kazakh ouvre à Almaty · 1er septembre 2022"
    desk.do(articles.on_article, desk.press(ANNA, next(iter(found.values()))))
    assert "Routes et Rails · 1er septembre 2022" in desk.last.html
    assert desk.last.buttons == ()


def test_articles_are_searched(desk: Desk) -> None:
    found = listed(desk, "vignobles du Talas")
    assert desk.last.html.startswith("🔎 Articles trouvés pour «\u00a0vignobles du Talas\u00a0»")
    assert next(iter(found)).startswith("La vigne revient")
    assert listed(desk, "<zzz>") == {}
    assert "&lt;zzz&gt;" in desk.last.html


def test_pages_are_turned(desk: Desk, tmp_path: Path) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    for n in range(20):
        text = f"Le train numéro {n} est parti à l'heure de la gare d'Almaty.\n"
        (folder / f"{n}.txt").write_text(f"Le train {n} quitte la gare\n\n{text}")
    sync(desk.settings, [str(folder)])
    found = listed(desk)
    assert desk.last.html.endswith("Page 1/3")
    assert [label for label in found if label in "◀▶"] == ["▶"]
    desk.do(articles.on_page, desk.press(OWNER, found["▶"]))
    assert [label for label in buttons(desk.shown) if label in "◀▶"] == ["◀", "▶"]
    desk.do(articles.on_page, desk.press(OWNER, buttons(desk.shown)["▶"]))
    assert desk.shown.html.endswith("Page 3/3")
    assert len(desk.shown.buttons) == 7 + 1
    assert "Le train numéro" in next(iter(found)) or "2022" in next(iter(found))
    assert all(len(str(data).encode()) <= 64 for data in buttons(desk.shown).values())


def test_an_owner_removes_a_document_for_good(desk: Desk) -> None:
    press(desk, send(desk)["Ajouter"])
    desk.do(articles.on_article, desk.press(OWNER, listed(desk, "téléphérique").popitem()[1]))
    remove = buttons(desk.last)["Retirer"]
    desk.do(articles.on_remove, desk.press(OWNER, remove))
    assert desk.shown.html == "Retirer «\u00a0Un téléphérique relie Almaty à Medeu\u00a0» des articles\u00a0?"
    sure = buttons(desk.shown)
    desk.do(articles.on_removal, desk.press(OWNER, sure["Non"]))
    assert "Retirer" in buttons(desk.shown)
    desk.do(articles.on_removal, desk.press(OWNER, sure["Oui, retirer"]))
    assert desk.shown.html == "«\u00a0Un téléphérique relie Almaty à Medeu\u00a0» est retiré."
    assert len(stored(desk)) == 3
    assert not list((desk.settings.home / "documents").iterdir())
    sync(desk.settings)
    assert len(stored(desk)) == 3
    desk.do(articles.on_removal, desk.press(OWNER, sure["Oui, retirer"]))
    assert "plus là" in desk.delivery.callbacks[-1][1]


def test_a_removal_that_has_to_wait_leaves_the_document(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    press(desk, send(desk)["Ajouter"])
    desk.do(articles.on_article, desk.press(OWNER, listed(desk, "téléphérique").popitem()[1]))
    data = str(buttons(desk.last)["Retirer"]).replace("r:", "rm:") + ":1"

    async def busy(*_: Any) -> None:
        raise StoreLocked("busy")

    monkeypatch.setattr(desk.answers, "remove", busy)
    desk.do(articles.on_removal, desk.press(OWNER, data))
    assert "en cours de mise à jour" in desk.shown.html
    assert "Retirer" in buttons(desk.shown)
    assert [p.name for p in (desk.settings.home / "documents").iterdir()] == ["almaty.md"]


def test_what_came_from_elsewhere_stays(desk: Desk) -> None:
    desk.do(articles.on_article, desk.press(OWNER, listed(desk, "Khorgos").popitem()[1]))
    desk.do(articles.on_remove, desk.press(OWNER, buttons(desk.last)["Retirer"]))
    assert "/corpus</code>" in desk.last.html
    assert len(stored(desk)) == 3


def test_only_owners_remove(desk: Desk) -> None:
    press(desk, send(desk)["Ajouter"])
    desk.do(articles.on_article, desk.press(OWNER, listed(desk, "téléphérique").popitem()[1]))
    remove = str(buttons(desk.last)["Retirer"])
    for handler, data in ((articles.on_remove, remove), (articles.on_removal, remove.replace("r:", "rm:") + ":1")):
        desk.do(handler, desk.press(ANNA, data))
        assert "propriétaire" in desk.delivery.callbacks[-1][1]
    assert len(stored(desk)) == 4


def test_an_empty_store_has_no_articles(settings: Settings) -> None:
    desk = Desk(settings)
    assert listed(desk) == {}
    assert desk.last.html == "Il n’y a encore aucun article."
    press(desk, send(desk)["Ajouter"])
    assert stored(desk) == {"Un téléphérique relie Almaty à Medeu"}


# ---- what cannot be read
@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"voice": {"file_id": "v", "file_unique_id": "v", "duration": 3}}, "vocaux"),
        ({"photo": [{"file_id": "p", "file_unique_id": "p", "width": 1, "height": 1}]}, "images"),
        ({"dice": {"emoji": "🎲", "value": 4}}, "Merci"),
        ({"location": {"longitude": 1.0, "latitude": 2.0}}, "messages écrits"),
        ({"contact": {"phone_number": "1", "first_name": "X"}}, "messages écrits"),
    ],
)
def test_one_polite_line_never_silence(desk: Desk, fields: dict[str, Any], said: str) -> None:
    desk.do(others.on_other, desk.message(ANNA, **fields))
    assert said in desk.last.html
    desk.do(others.on_other, desk.message(ANNA, **fields))
    assert len(desk.delivery.said) == 1


def test_an_album_is_answered_once(desk: Desk) -> None:
    photo = [{"file_id": "p", "file_unique_id": "p", "width": 1, "height": 1}]
    updates = [desk.message(ANNA, photo=photo, media_group_id="album") for _ in range(10)]
    desk.do(others.on_other, *updates)
    desk.recent.clock = lambda: 1e9
    desk.do(others.on_other, *[desk.message(ANNA, photo=photo, media_group_id="album") for _ in range(2)])
    assert len(desk.delivery.said) == 2


def test_groups_are_left_in_peace(desk: Desk) -> None:
    group = {"id": -100, "type": "supergroup", "title": "Rédaction"}
    photo = [{"file_id": "p", "file_unique_id": "p", "width": 1, "height": 1}]
    desk.do(others.on_other, desk.message(ANNA, group, photo=photo))
    assert desk.delivery.said == []
    named = {"caption": "@sourcier_bot", "caption_entities": [{"type": "mention", "offset": 0, "length": 13}]}
    desk.do(others.on_other, desk.message(ANNA, group, photo=photo, **named))
    assert len(desk.delivery.said) == 1
