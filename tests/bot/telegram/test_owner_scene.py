"""A whole bot in its owner's hands: documents and links, syncing, statistics, exports, and news of failures."""

from __future__ import annotations

import asyncio
import base64
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from running import OWNER, QUESTIONS, READER, Scene, brisk, settings_of_samples
from running import sample_store as sample_store

from retrieval.chain import Answerer
from retrieval.library import sync
from retrieval.settings import Settings

__all__ = ["settings_of_samples"]

(TRADE, TRADED), *_ = QUESTIONS
REPORT = (
    "Le phare de Kermorvan rouvre\n\n"
    "Le phare de Kermorvan a rouvert samedi au public après deux ans de travaux. "
    "La restauration a coûté 740 000 euros, a indiqué la mairie du Conquet."
)
PAGE = (
    "<html lang=fr><head><title>Un tramway pour Bourg-Neuf</title></head><body><article>"
    "<h1>Un tramway pour Bourg-Neuf</h1>"
    "<p>La ville de Bourg-Neuf ouvrira sa première ligne de tramway en septembre 2031, a annoncé le conseil municipal "
    "après un vote serré. La ligne desservira quatorze stations, de la gare à l'hôpital.</p>"
    "<p>Le chantier doit commencer l'an prochain. Les commerçants du centre demandent des aides pendant les travaux, "
    "et la ville promet de les recevoir avant la fin du mois.</p></article></body></html>"
)


async def shown(scene: Scene, chat: int, start: str, seconds: float = 20) -> str:
    """The bot's newest message there, once it begins so."""
    await scene.until(lambda: scene.texts(chat) and scene.texts(chat)[-1].startswith(start), seconds)
    return scene.texts(chat)[-1]


@contextmanager
def website() -> Iterator[str]:
    """A page on loopback; its address."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = PAGE.encode()
            self.send_response(200)
            self.send_header("content-type", "text/html; charset=utf-8")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name of the base class
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/tramway.html"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_a_document(stocked: Settings) -> None:
    """A reader's file is shown, added after a yes, answered from at once, listed, and taken out by the owner alone."""

    async def scenario() -> None:
        async with brisk(stocked) as scene:
            question = "Combien la restauration du phare de Kermorvan a-t-elle coûté ?"
            assert "740 000" not in await scene.ask(READER, question)
            scene.emulator.upload(READER, "phare.txt", REPORT)
            offer = await scene.reply(READER, 1)
            assert offer.startswith("📄 Le phare de Kermorvan rouvre")
            assert "mots" in offer
            scene.emulator.press(READER, "Ajouter")
            assert "25" in await shown(scene, READER, "✅ « Le phare".replace("« ", "«\u00a0"))
            assert "740 000" in await scene.ask(READER, question)
            scene.emulator.upload(READER, "copie.txt", REPORT)
            assert "déjà cet article" in await scene.reply(READER, 3)

            await scene.ask(OWNER, "/articles phare Kermorvan")
            scene.emulator.press(OWNER, label(scene, OWNER, "Kermorvan"))
            await shown(scene, OWNER, "📄 Le phare")
            scene.emulator.press(OWNER, "Retirer")
            await shown(scene, OWNER, "Retirer «")
            scene.emulator.press(OWNER, "Oui, retirer")
            await shown(scene, OWNER, "«\u00a0Le phare de Kermorvan rouvre\u00a0» est retiré.")
            scene.emulator.press(READER, "[1]", message_id=scene.sent(READER)[2].data["message_id"])
            passage = await scene.reply(READER, 4)
            assert "740 000" in passage  # what was cited can be read still
            assert "n’est plus dans le corpus" in passage

    asyncio.run(scenario())


def label(scene: Scene, chat: int, part: str) -> str:
    """The label of a button under the newest message that holds some text."""
    rows = scene.sent(chat)[-1].data["reply_markup"]["inline_keyboard"]
    return next(str(button["text"]) for row in rows for button in row if part in button["text"])


def test_a_link(stocked: Settings) -> None:
    """A link to a page is read, offered, and added; one that leads nowhere is said to."""

    async def scenario(url: str) -> None:
        settings = replace(stocked, allow_private_urls=True)
        async with brisk(settings) as scene:
            offer = await scene.ask(READER, url)
            assert offer.startswith("📄 Un tramway pour Bourg-Neuf")
            scene.emulator.press(READER, "Ajouter")
            await shown(scene, READER, "✅ ")
            assert "septembre 2031" in await scene.ask(READER, "Quand ouvrira le tramway de Bourg-Neuf ?")
            assert "Je n’arrive pas à ouvrir" in await scene.ask(READER, "http://127.0.0.1:9/x")

    with website() as url:
        asyncio.run(scenario(url))


def test_documents_that_cannot_be_read(stocked: Settings) -> None:
    """What is no document, too large, or broken gets a line that says so, and a decline drops the file."""

    async def scenario() -> None:
        async with brisk(stocked, readers=[101]) as scene:
            scene.emulator.upload(READER, "image.iso", "x", mime="application/x-iso")
            assert "ce format" in await scene.reply(READER, 0)
            scene.emulator.upload(READER, "livre.txt", size=21_000_000)
            assert "trop gros" in await scene.reply(READER, 1)
            scene.emulator.upload(READER, "note.pdf", base64=base64.b64encode(b"%PDF-1.4 broken").decode())
            assert await scene.reply(READER, 2)
            scene.emulator.upload(101, "phare.txt", REPORT)
            await scene.reply(101, 0)
            scene.emulator.press(101, "Non")
            await shown(scene, 101, "D’accord")
            assert not list(stocked.home.glob("documents/*"))

    asyncio.run(scenario())


def test_syncing(settings: Settings, corpus: Path) -> None:
    """/sync reads the known folders again, tells how far it is and what changed; answers go on and know it then."""
    sync(settings, [str(corpus)])

    async def scenario() -> None:
        async with brisk(settings) as scene:
            (corpus / "phare.txt").write_text(REPORT, "utf-8")
            (corpus / "port.txt").unlink()
            started = await scene.ask(OWNER, "/sync")
            assert started.startswith(("Mise à jour des articles", "Articles à jour"))
            done = await shown(scene, OWNER, "Articles à jour")
            assert "ajoutés\u00a0: 1 · modifiés\u00a0: 0 · retirés\u00a0: 1 · inchangés\u00a0: 2" in done
            assert len(scene.sent(OWNER)) == 1
            assert "740 000" in await scene.ask(READER, "Combien la restauration du phare a-t-elle coûté ?")
            assert "372 000" not in await scene.ask(
                READER, "Combien de conteneurs le port sec de Khorgos a-t-il traités ?"
            )

    asyncio.run(scenario())


def test_feedback_and_export(stocked: Settings) -> None:
    """/stats counts questions and thumbs; /export sends the disliked answers as a file."""

    async def scenario() -> None:
        async with brisk(stocked) as scene:
            await scene.ask(READER, TRADE)
            query = scene.emulator.press(READER, "👎")["callback_query_id"]
            await scene.until(lambda: scene.emulator.callbacks[query]["answers"])
            stats = await scene.ask(OWNER, "/stats")
            assert "Questions\u00a0: 1 · personnes\u00a0: 1" in stats
            assert "👎 1" in stats
            scene.emulator.say(OWNER, "/export")
            await scene.until(lambda: "document" in scene.sent(OWNER)[-1].data)
            file = scene.emulator.files[scene.sent(OWNER)[-1].data["document"]["file_id"]]
            assert TRADE in file[1].decode()

    asyncio.run(scenario())


def test_failures(stocked: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """A failure gives a reference, the third in ten minutes tells the owner; no detail of it in any chat."""

    def broken(*_: object, **__: object) -> Any:
        raise RuntimeError("secret-detail at /some/path.py")

    async def scenario() -> None:
        async with brisk(stocked, readers=[101, 102]) as scene:
            await scene.ask(OWNER, TRADE)
            with monkeypatch.context() as patched:
                patched.setattr(Answerer, "stream", broken)
                told = [await scene.ask(user, TRADE) for user in (READER, 101, 102)]
            references = [re.search(r"référence ([A-Z]{6})", text) for text in told]
            alert = await scene.reply(OWNER, 1)
            assert alert.startswith("⚠️")
            assert references[2] is not None
            assert references[2][1] in alert
            assert TRADED in await scene.ask(READER, TRADE)  # and it goes on
            for chat in (OWNER, READER, 101, 102):
                everything = "\n".join(scene.texts(chat))
                for word in ("secret-detail", "Traceback", "RuntimeError", ".py"):
                    assert word not in everything

    asyncio.run(scenario())
