"""Is a message for us, and what does it ask? In private every text is; in groups a mention, a reply to us or /q."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from telegram import Message, MessageEntity, User
from telegram.constants import ChatType, MessageEntityType

from retrieval.analysis import fold

_CONTEXT = 300  # characters of another message that a question carries
_SHORT = 5  # words; a question with more of its own says what it is about
_COMMAND = re.compile(r"/(\w+)(?:@(\w+))?", re.ASCII)
_WORD = re.compile(r"[^\W_]+")
_HAN = re.compile(r"[\u3400-\u9fff]")

# What only points at another text, by language; folded: lower case, without accents.
_POINTING = re.compile(
    r"\b(?:ca|cela|ceci|celui-ci|celle-ci|ceux-ci|celles-ci|il|elle|ils|elles|y|en|lui|eux|ce|cet|cette|ces"
    r"|this|that|these|those|it|he|she|they|him|her|them|there"
    r"|это|этот|эта|эти|этого|этом|этой|он|она|оно|они|там|тогда|его|ее|их)\b|[这那此它他她]"
)
_QUESTION_WORD = re.compile(
    r"\b(?:qui|que|quoi|quel|quelle|quels|quelles|quand|ou|comment|combien|pourquoi"
    r"|who|what|when|where|why|how|which|кто|что|где|когда|как|почему|сколько|какои|какая|какие|какое)\b"
    r"|[谁何哪几]|什么|怎么|多少|为什么"
)
# The words of "is that so?" say nothing that could be searched for.
_DOUBT = frozenset(
    """c est ce que qu ca cela ceci vrai vraie vraiment vrais exact correct faux fake intox info sur certain serieux
    possible bien alors et ou oui non si tu vous en penses pensez on dit dis l source sources preuve preuves avis votre
    ton un une des peut peux pouvez confirme confirmer confirmez confirmes verifie verifier verifiez merci la le il y
    a t quelle quelles quel s te plait svp stp tout
    is this that it true really right correct so false real check verify confirm please pls any proof what do you think
    about can the of and or was are there
    это эта этот правда так ли верно действительно точно источник источники проверь проверьте а и что вы ты думаете
    думаешь скажи скажите не ложь феик пожалуиста есть подтверди подтвердите ну""".split()
)
_DOUBT_HAN = frozenset("这那此是真的吗嘛么呢吧啊对不假消息新闻属实请核查实一下个条有没来源出处说法事可靠证")


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that is meant for us."""

    text: str  # without the mention or the command; may be empty
    context: str | None = None  # of the message replied to, unless that is our own
    reply_turn_message: int | None = None  # id of our own message that is replied to


def asked(message: Message, me: User) -> Asked | None:
    """What a text message, new or edited, asks of us; None where it is not for us, or a command."""
    if message.text is None or not _from_somebody(message):
        return None
    text, named = message.text, _mentions(message, me)
    command = _command(message, me)
    if command is not None:
        if command != "q":
            return None
        named = [(0, _units(_COMMAND.match(text)[0])), *named]  # type: ignore[index]  # it is one
    private = message.chat.type == ChatType.PRIVATE
    if not private and message.forward_origin is not None:
        return None  # who forwards a mention does not ask
    replied = _replied_to(message)
    ours = replied is not None and replied.from_user is not None and replied.from_user.id == me.id
    if not (private or named or ours):
        return None
    context = None if ours else _context(message, replied)
    return Asked(_without(text, named), context, replied.message_id if replied is not None and ours else None)


def is_addressed(message: Message, me: User) -> bool:
    """Whether a message of any kind (a photo, a voice message, …) is meant for us: in groups by its caption too."""
    if not _from_somebody(message):
        return False
    if message.chat.type == ChatType.PRIVATE:
        return True
    replied = _replied_to(message)
    ours = replied is not None and replied.from_user is not None and replied.from_user.id == me.id
    return message.forward_origin is None and (ours or bool(_mentions(message, me)))


def question_text(asked: Asked) -> str:
    """The question to search for: its own text, with what it points at where it does not stand alone."""
    own = " ".join(asked.text.split())
    context = _shortened(asked.context or "")
    if not context or (own and _stands_alone(own)):
        return own
    # «\u00a0…\u00a0» is a form that retrieval reads over, and a model takes for a quotation
    quoted = f"«\u00a0{context}\u00a0»"
    return f"{quoted} ?" if _only_doubts(own) else f"{quoted} {own}"


def _from_somebody(message: Message) -> bool:
    """Whether a person wrote it here: no bot, no inline result, no channel; an anonymous administrator is one."""
    if message.via_bot is not None or message.is_automatic_forward:
        return False
    if message.sender_chat is not None:
        return message.sender_chat.id == message.chat.id and message.chat.type != ChatType.CHANNEL
    return message.from_user is not None and not message.from_user.is_bot


def _command(message: Message, me: User) -> str | None:
    """The name of the command that the text begins with; "" for one to another bot, None for no command."""
    first = next((e for e in message.entities if e.type == MessageEntityType.BOT_COMMAND and e.offset == 0), None)
    found = _COMMAND.match(message.text or "") if first else None
    if found is None:
        return None
    return found[1].lower() if found[2] is None or _is_name(found[2], me) else ""


def _is_name(name: str, me: User) -> bool:
    return me.username is not None and name.lower() == me.username.lower()


def _mentions(message: Message, me: User) -> list[tuple[int, int]]:
    """Where we are named: offset and length in UTF-16 units, in the order of the text."""
    found = []
    pairs: dict[MessageEntity, str] = message.parse_entities() if message.text else message.parse_caption_entities()
    for entity, text in pairs.items():
        ours = (entity.type == MessageEntityType.MENTION and _is_name(text.removeprefix("@"), me)) or (
            entity.type == MessageEntityType.TEXT_MENTION and entity.user is not None and entity.user.id == me.id
        )
        if ours:
            found.append((entity.offset, entity.length))
    return sorted(found)


def _replied_to(message: Message) -> Message | None:
    """The message replied to; not the one that opened a topic, which every message of the topic seems to reply to."""
    replied = message.reply_to_message
    if replied is None or replied.forum_topic_created is not None:
        return None
    return None if message.is_topic_message and replied.message_id == message.message_thread_id else replied


def _context(message: Message, replied: Message | None) -> str | None:
    if message.quote is not None and (replied is not None or message.external_reply is not None):
        return message.quote.text
    return (replied.text or replied.caption) if replied is not None else None


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _without(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """The text without some spans (UTF-16 units), and without the gaps that they leave."""
    raw = text.encode("utf-16-le", "surrogatepass")
    out, at = "", 0
    for offset, length in [*spans, (len(raw) // 2, 0)]:
        if offset >= at:
            out = _joined(out, raw[2 * at : 2 * offset].decode("utf-16-le", "surrogatepass"), first=at == 0)
            at = offset + length
    return out.strip()


def _joined(left: str, right: str, *, first: bool) -> str:
    if first:
        return right
    left, bare = left.rstrip(), right.lstrip()
    if not left:
        return bare.lstrip(",:;–—- \u00a0\n")
    return f"{left}{'' if not bare or bare[0] in ',.)' else ' '}{bare}"


def _shortened(text: str) -> str:
    """The beginning of a text, up to the last sentence that fits whole, else the last word."""
    text = " ".join(text.replace("«", " ").replace("»", " ").split())
    if len(text) <= _CONTEXT:
        return text
    head = text[: _CONTEXT + 1]
    ends = [m.end() for m in re.finditer(r"[.!?…](?=\s)|[。！？]", head)]
    if ends and ends[-1] > _CONTEXT // 3:
        return head[: ends[-1]]
    return head.rsplit(" ", 1)[0][:_CONTEXT].rstrip()


def _stands_alone(own: str) -> bool:
    folded = fold(own)
    words = len([w for w in _WORD.findall(folded) if w not in _DOUBT]) + len(_HAN.findall(folded)) // 3
    if _only_doubts(own):
        return False
    if _POINTING.search(folded):
        return words > _SHORT
    return words > 2 or bool(_QUESTION_WORD.search(folded))


def _only_doubts(own: str) -> bool:
    """Whether it only asks if what it points at is so ("c'est vrai, ça ?")."""
    return all(set(w) <= _DOUBT_HAN if _HAN.search(w) else w in _DOUBT for w in _WORD.findall(fold(own)))
