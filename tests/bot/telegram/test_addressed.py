"""What is for the bot and what is not, from updates as Telegram sends them."""

from __future__ import annotations

import re
from typing import Any

import pytest
from telegram import Message, Update, User

from bot.telegram.addressed import Asked, asked, is_addressed, question_text

BOT = {"id": 123456, "is_bot": True, "first_name": "Sourcier", "username": "Sourcier_Bot"}
ME = User(**BOT)
ANNA = {"id": 7, "is_bot": False, "first_name": "Anna"}
PRIVATE = {"id": 7, "type": "private", "first_name": "Anna"}
GROUP = {"id": -1001, "type": "supergroup", "title": "Rédaction", "is_forum": True}


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def entities(text: str) -> list[dict[str, Any]]:
    """Mentions and commands, as Telegram finds them."""
    patterns = {"mention": r"(?<![\w@])@\w{3,}", "bot_command": r"(?<![\w/@])/[A-Za-z0-9_]+(?:@\w+)?"}
    return [
        {"type": kind, "offset": units(text[: m.start()]), "length": units(m[0])}
        for kind, pattern in patterns.items()
        for m in re.finditer(pattern, text)
    ]


def message(text: str | None = None, chat: dict[str, Any] = GROUP, **fields: Any) -> Message:
    data: dict[str, Any] = {"message_id": 50, "date": 1_780_000_000, "from": ANNA, "chat": chat, **fields}
    if text is not None:
        data = {"text": text, "entities": entities(text)} | data
    update = Update.de_json({"update_id": 1, "message": data}, None)
    assert update.message is not None
    return update.message


def reply(text: str, sender: dict[str, Any] = ANNA, number: int = 40, **fields: Any) -> dict[str, Any]:
    return {"message_id": number, "date": 1_780_000_000, "from": sender, "chat": GROUP, "text": text, **fields}


def test_every_text_is_a_question_in_private() -> None:
    assert asked(message("Quand le pont rouvre-t-il ?", PRIVATE), ME) == Asked("Quand le pont rouvre-t-il ?")


@pytest.mark.parametrize("text", ["/start", "/nouveau", "/q@another_bot Quand ?"])
def test_a_command_is_no_question(text: str) -> None:
    assert asked(message(text, PRIVATE), ME) is None
    assert asked(message(text), ME) is None


def test_a_group_talks_without_us() -> None:
    assert asked(message("Quand le pont rouvre-t-il ?"), ME) is None
    assert asked(message("@sourcier_bot2 quand ?"), ME) is None
    assert asked(message("moi@sourcier_bot.fr"), ME) is None
    assert asked(message("D'accord", reply_to_message=reply("Salut")), ME) is None


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("@sourcier_bot quand rouvre le pont ?", "quand rouvre le pont ?"),
        ("@SOURCIER_BOT, quand rouvre le pont ?", "quand rouvre le pont ?"),
        ("Quand rouvre le pont @Sourcier_Bot ?", "Quand rouvre le pont ?"),
        ("Quand rouvre le pont, @sourcier_bot", "Quand rouvre le pont,"),
        ("Dis @sourcier_bot, quand rouvre le pont ?", "Dis, quand rouvre le pont ?"),
        ("🧑‍🚀🇰🇿 @sourcier_bot quand ? 🎉", "🧑‍🚀🇰🇿 quand ? 🎉"),
        ("𝔘𝔫 pont @sourcier_bot 𝔬𝔲𝔳𝔢𝔯𝔱 @sourcier_bot ?", "𝔘𝔫 pont 𝔬𝔲𝔳𝔢𝔯𝔱 ?"),
        ("@sourcier_bot\n\nDeux lignes\nde question", "Deux lignes\nde question"),
        ("@sourcier_bot", ""),
        ("/q quand rouvre le pont ?", "quand rouvre le pont ?"),
        ("/Q@Sourcier_bot quand ?", "quand ?"),
        ("/q @sourcier_bot quand ?", "quand ?"),
        ("/q", ""),
    ],
)
def test_a_mention_or_q_asks(text: str, question: str) -> None:
    assert asked(message(text), ME) == Asked(question)


def test_a_person_without_username_is_mentioned_by_id() -> None:
    named = [{"type": "text_mention", "offset": 2, "length": 8, "user": BOT}]
    assert asked(message("👀Sourcier quand ?", entities=named), ME) == Asked("👀 quand ?")
    other = [{"type": "text_mention", "offset": 2, "length": 8, "user": ANNA}]
    assert asked(message("👀Sourcier quand ?", entities=other), ME) is None


def test_a_reply_to_us_asks_and_names_our_message() -> None:
    found = asked(message("Et en 2023 ?", reply_to_message=reply("Réponse", BOT, 41)), ME)
    assert found == Asked("Et en 2023 ?", None, 41)
    assert asked(message("Et en 2023 ?", PRIVATE, reply_to_message=reply("Réponse", BOT, 41)), ME) == found


def test_every_message_of_a_topic_seems_to_reply_to_its_first() -> None:
    opened = reply("", BOT, 12, forum_topic_created={"name": "Ponts", "icon_color": 1})
    topic = {"message_thread_id": 12, "is_topic_message": True}
    assert asked(message("Bonjour", reply_to_message=opened, **topic), ME) is None
    assert asked(message("Bonjour", reply_to_message=reply("Premier", BOT, 12), **topic), ME) is None
    assert asked(message("Et ?", reply_to_message=reply("Réponse", BOT, 13), **topic), ME) == Asked("Et ?", None, 13)
    named = asked(message("@sourcier_bot c'est vrai ?", reply_to_message=reply("Premier", number=12), **topic), ME)
    assert named == Asked("c'est vrai ?")


def test_the_message_replied_to_is_context() -> None:
    said = reply("Le pont Boieldieu est fermé.")
    found = asked(message("@sourcier_bot c'est vrai, ça ?", reply_to_message=said), ME)
    assert found == Asked("c'est vrai, ça ?", "Le pont Boieldieu est fermé.")
    photo = reply("", caption="Le pont fermé", photo=[])
    photo.pop("text")
    assert asked(message("/q c'est vrai ?", reply_to_message=photo), ME) == Asked("c'est vrai ?", "Le pont fermé")


def test_the_part_that_is_quoted_comes_first() -> None:
    quote = {"text": "est fermé", "position": 18}
    found = asked(message("/q vrai ?", reply_to_message=reply("Le pont Boieldieu est fermé."), quote=quote), ME)
    assert found == Asked("vrai ?", "est fermé")
    elsewhere = {"origin": {"type": "hidden_user", "date": 1, "sender_user_name": "X"}}
    found = asked(message("vrai ?", PRIVATE, external_reply=elsewhere, quote=quote), ME)
    assert found == Asked("vrai ?", "est fermé")


def test_what_was_not_written_here_by_a_person_is_not_for_us() -> None:
    text = "@sourcier_bot quand ?"
    channel = {"id": -1009, "type": "channel", "title": "Canal"}
    origin = {"type": "user", "date": 1, "sender_user": ANNA}
    assert asked(message(text, via_bot=BOT), ME) is None
    assert asked(message(text, sender_chat=channel), ME) is None
    assert asked(message(text, is_automatic_forward=True, sender_chat=channel), ME) is None
    assert asked(message(text, forward_origin=origin), ME) is None
    assert asked(message(text, **{"from": ANNA | {"is_bot": True}}), ME) is None
    assert asked(message(new_chat_title="Autre"), ME) is None
    assert asked(message(caption=text, caption_entities=entities(text)), ME) is None


def test_a_forwarded_text_is_a_question_in_private_and_an_anonymous_administrator_may_ask() -> None:
    origin = {"type": "user", "date": 1, "sender_user": ANNA}
    assert asked(message("Le pont est fermé", PRIVATE, forward_origin=origin), ME) == Asked("Le pont est fermé")
    anonymous = {"id": 1087968824, "is_bot": True, "first_name": "Group", "username": "GroupAnonymousBot"}
    assert asked(message("/q quand ?", sender_chat=GROUP, **{"from": anonymous}), ME) == Asked("quand ?")


def test_an_edited_message_is_read_alike() -> None:
    data = message("@sourcier_bot quand ?").to_dict() | {"edit_date": 1_780_000_100}
    update = Update.de_json({"update_id": 2, "edited_message": data}, None)
    assert update.effective_message is not None
    assert asked(update.effective_message, ME) == Asked("quand ?")


def test_a_picture_is_for_us_in_private_or_where_we_are_named() -> None:
    text = "🎉 @sourcier_bot regarde"
    assert is_addressed(message(None, PRIVATE, photo=[]), ME)
    assert not is_addressed(message(None, photo=[]), ME)
    assert is_addressed(message(None, caption=text, caption_entities=entities(text)), ME)
    assert is_addressed(message(None, reply_to_message=reply("Réponse", BOT)), ME)
    assert not is_addressed(message(None, PRIVATE, via_bot=BOT), ME)


CLAIM = "Le pont Boieldieu de Rouen est fermé aux voitures."


@pytest.mark.parametrize(
    "own", ["c'est vrai, ça ?", "Vrai ?", "", "Is this true?", "Это правда?", "这是真的吗？", "source ?"]
)
def test_a_doubt_asks_what_it_points_at(own: str) -> None:
    assert question_text(Asked(own, CLAIM)) == f"«\u00a0{CLAIM}\u00a0» ?"


@pytest.mark.parametrize(
    "own", ["depuis quand est-ce qu'il l'est ?", "since when is it?", "с какого времени он закрыт?", "它什么时候开放？"]
)
def test_a_question_that_points_carries_what_it_points_at(own: str) -> None:
    assert question_text(Asked(own, CLAIM)) == f"«\u00a0{CLAIM}\u00a0» {own}"


@pytest.mark.parametrize(
    "own",
    [
        "Quel est le prix du gaz turkmène ?",
        "What is the population of Almaty?",
        "Сколько жителей в Алматы?",
        "阿拉木图有多少人口？",
    ],
)
def test_a_question_that_stands_alone_carries_nothing(own: str) -> None:
    assert question_text(Asked(own, CLAIM)) == own


def test_a_long_context_is_cut_behind_a_sentence() -> None:
    long = f"{CLAIM} {'Il fait beau à Rouen. ' * 30}"
    found = question_text(Asked("vrai ?", long))
    assert found.startswith(f"«\u00a0{CLAIM} Il fait")
    assert found.endswith("Rouen.\u00a0» ?")
    assert len(found) < 310
    assert len(question_text(Asked("vrai ?", "x" * 5000))) < 310
