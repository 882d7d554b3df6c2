"""Greetings, thanks and goodbyes: they ask nothing, and a search for "thank you" only annoys."""

from __future__ import annotations

import re

from retrieval.analysis import fold

_MOST = 5  # words
_WORD = re.compile(r"[^\W_]+")
# The key of the text that answers them, and their words: folded, lower case and without accents.
_WORDS = (
    ("thanks", "merci mercis thanks thank thx спасибо благодарю"),
    ("hello", "bonjour bonsoir salut coucou hello hi hey morning здравствуите здравствуи привет добрыи доброе"),
    ("bye", "adieu revoir bientot bye goodbye пока свидания"),
)
_AROUND = frozenset(
    "a au le la tous toutes et bien beaucoup infiniment tres bonne bon journee soiree bot sourcier monsieur madame"
    " you so very much all good afternoon evening everyone day many the see soon"
    " до большое огромное вам тебе день вечер утро всем очень".split()
)
_HAN = (
    ("thanks", r"(?:非常|太|十分)?(?:谢谢|多谢|感谢)(?:你|您|了|啊|大家)*"),
    ("hello", r"(?:你好|您好|大家好|早上好|下午好|晚上好|嗨)(?:啊|呀)?"),
    ("bye", r"(?:再见|拜拜)(?:啦|了)?"),
)


def courtesy(text: str) -> str | None:
    """What a text is when it is nothing but polite ("thanks", "hello" or "bye"); else None."""
    bare = re.sub(r"[^\w]+", "", text)
    if found := next((kind for kind, words in _HAN if re.fullmatch(words, bare)), None):
        return found
    said = _WORD.findall(fold(text))
    if not 0 < len(said) <= _MOST:
        return None
    known = {word: kind for kind, words in _WORDS for word in words.split()}
    kinds = {known[word] for word in said if word in known}
    if not kinds or any(word not in known and word not in _AROUND for word in said):
        return None
    return next(kind for kind, _ in _WORDS if kind in kinds)
