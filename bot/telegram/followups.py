"""Further questions under an answer: about articles that were found for it and that it does not cite."""

from __future__ import annotations

from bot.rendering.telegram_html import line
from bot.texts import Texts
from retrieval.types import Answer

MOST = 2
_LABEL = 34  # characters of a title on a button: a telephone shows about that many


def titles(answer: Answer) -> list[str]:
    """The titles to ask about, the best first."""
    if answer.abstained:
        return []
    cited = {c.article for c in answer.citations}
    found = [h.article.title for h in answer.hits if h.article.id not in cited and line(h.article.title)]
    return list(dict.fromkeys(title for title in found if title))[:MOST]


def question(title: str, t: Texts) -> str:
    """The question about an article, as it is asked."""
    return t("conversation_followup", title=_quotable(title))


def label(title: str, t: Texts) -> str:
    """The question as its button shows it."""
    bare = _quotable(title).translate(dict.fromkeys(map(ord, "“”")))  # a cut would leave half of a pair
    return t("conversation_followup_label", title=line(bare, _LABEL))


def _quotable(title: str) -> str:
    """A title to be put in quotation marks: those in it are the inner ones."""
    return title.replace("«\u00a0", "“").replace("\u00a0»", "”").replace("« ", "“").replace(" »", "”").translate(_INNER)


_INNER = str.maketrans("«»《》", "“”〈〉")
