"""Which language a text is in, from its script and its function words. Good on short questions; None when unsure."""

from __future__ import annotations

import re
from functools import lru_cache

from retrieval.lexicon import TRANSLATED, in_french, typed

_LOOKED_AT = 1_000  # characters; enough to be sure, and the cost stays the same for long articles

# The most telling short words of each language. A word of several languages counts less for each of them.
_WORDS = {
    "fr": "le la les l à un une des du de d et est en que qu qui quoi quel quelle quels quelles quand où comment "
    "pourquoi combien il elle ils elles on nous vous je j tu c ce cette ces s se sa son ses leur leurs au aux dans "
    "par pour sur avec sans sous chez pas ne n plus mais ou donc or ni car a ont avait avaient était étaient sont "
    "été sera fait faut y dit selon après avant entre contre depuis lors aussi même très tout tous toute toutes "
    "lequel laquelle lesquels notre votre nos vos mon ton ma ta mes tes âge age parle moi alors",
    "en": "the a an and of to in is are was were be been has have had he she it they we you i who what when where why "
    "how which whose whom did do does for on with by at from that this these those not but or as his her their its "
    "my your our will would can could should about after before between than then there if so into over won many "
    "much long old tell me says said",
    "de": "der die das den dem des ein eine einen einem einer und ist sind war waren wurde wurden hat haben hatte er "
    "sie es wir ihr ich du wer was wann wo warum wie welche welcher welches nicht kein keine auf mit von zu zum zur "
    "für bei nach aus im am über unter auch noch nur als dass wenn aber oder sich sein seine wird werden viele gibt",
    "es": "el la los las un una unos unas de del y es son en que qué quién quiénes cuándo dónde cómo cuál cuáles "
    "cuánto cuántos por para con sin sobre se su sus al lo le les no más pero o como fue era fueron ha han había "
    "está están ser este esta estos muy también según donde cuando porque yo ganó hay quien",
    "it": "il lo la i gli le un uno una di del della dei delle degli dello e è sono in che chi cosa quando dove come "
    "perché quale quali quanto quanti per con su tra fra si ha hanno aveva era erano non più ma o al alla ai alle "
    "nel nella da dal dalla questo questa anche stato stata suo sua loro ci ne quanti vinto qual",
    "pt": "o a os as um uma uns umas de do da dos das e é são em no na nos nas que quem quando onde como por para com "
    "sem sobre se seu sua seus suas ao à não mais mas ou foi era foram tem têm está estão ser este esta isso muito "
    "também porque qual quais quanto quantos pelo pela eu ele ela ganhou havia há",
    "nl": "de het een en van is zijn was waren in dat die wie wat wanneer waar waarom hoe welke niet geen op met voor "
    "aan bij naar uit om ook nog maar of als er hij zij wij ik je jij ze we had heeft hebben werd werden wordt "
    "worden door over onder tot te dan deze dit veel meer zich haar hun heet won",
}
_SIGNS = {
    "fr": re.compile("[œçèêûùîëï]"),
    "de": re.compile("[ßäöü]"),
    "es": re.compile("[ñ¿¡]"),
    "pt": re.compile("[ãõ]"),
    "it": re.compile("[ìò]"),
}
_SCRIPTS = (  # kana before Han: Japanese is written in both
    ("ja", re.compile("[\u3040-\u30ff]")),
    ("ko", re.compile("[\uac00-\ud7af\u1100-\u11ff]")),
    ("zh", re.compile("[\u4e00-\u9fff\u3400-\u4dbf]")),
    ("ru", re.compile("[\u0400-\u04ff]")),
    ("ar", re.compile("[\u0600-\u06ff]")),
    ("el", re.compile("[\u0370-\u03ff]")),
)
_OTHER_SCRIPT = re.compile("[\u0370-\u06ff\u1100-\u11ff\u3040-\u9fff\uac00-\ud7af]")
_LATIN = re.compile("[a-zA-Z\u00c0-\u024f]")
_WORD = re.compile("[a-z\u00df-\u024f]+")


def _weights() -> dict[str, tuple[tuple[str, float], ...]]:
    languages: dict[str, set[str]] = {}
    for language, words in _WORDS.items():
        for word in words.split():
            languages.setdefault(word, set()).add(language)
    return {word: tuple((language, 1.0 / len(found)) for language in found) for word, found in languages.items()}


_WEIGHTS = _weights()


def detect(text: str) -> str | None:
    """The ISO 639-1 code of the language of `text`, or None when it cannot be told."""
    text = text[:_LOOKED_AT]
    if _OTHER_SCRIPT.search(text):
        latin = len(_LATIN.findall(text))
        for language, script in _SCRIPTS:
            signs = len(script.findall(text))
            # A Han or kana character is about a word, so fewer of them outweigh Latin names in the text.
            if signs * (3 if language in ("ja", "ko", "zh") else 1) > latin and signs > 1:
                # A few kana in a long Chinese text are a quoted name.
                if language == "ja" and signs < len(_SCRIPTS[2][1].findall(text)) / 10:
                    continue
                return language
    lower = text.lower()
    scores = dict.fromkeys(_WORDS, 0.0)
    words = _WORD.findall(lower)
    for word in words:
        for language, weight in _WEIGHTS.get(word, ()):
            scores[language] += weight
    for language, sign in _SIGNS.items():
        # Names bring their accents into any language, so these help and do not decide.
        scores[language] += min(0.3 * len(sign.findall(lower)), 0.6 + 0.02 * len(words))
    (best, first), (_, second) = sorted(scores.items(), key=lambda item: -item[1])[:2]
    if first < 0.5 or first < second * 1.1 + 0.05:
        return None
    return best


# Cyrillic letters as French newspapers write Russian names.
_CYRILLIC = dict(
    zip(
        "абвгдеёзийклмнопрстуфыэіўқғңөұүәһ",
        "a b v g d e io z i i k l m n o p r s t ou f y e i ou k g n o u u a h".split(),
        strict=True,
    )
)
_CYRILLIC |= {
    "ж": "j",
    "х": "kh",
    "ц": "ts",
    "ч": "tch",
    "ш": "ch",
    "щ": "chtch",
    "ъ": "",
    "ь": "",
    "ю": "iou",
    "я": "ia",
}
_TO_LATIN = str.maketrans(_CYRILLIC | {k.upper(): v.capitalize() for k, v in _CYRILLIC.items()})
_ANY_WORD = re.compile(r"[^\W\d_]+")
_ALONE = re.compile(r"(?<![\w'’°-])[^\W\d_]+(?![\w'’-])")  # « c » for « c'est », not that of « c'est »


@lru_cache(maxsize=256)  # searching, ranking and extracting ask for the same
def telling(question: str) -> str:
    """A question in French words: what is typed in a hurry written out, another language's words as far as known.

    Cyrillic becomes Latin letters. Another language's function words are left out: what stays unknown are names,
    numbers and words that languages share, all that French articles can match.
    """
    written = _ALONE.sub(lambda m: typed().get(m.group(), m.group()), question)
    language = detect(question)
    if language is None or "fr" in (language, detect(written)):
        return written
    idle = _FUNCTION_WORDS.get(language, frozenset())
    if language in TRANSLATED:
        return (in_french(question, language, idle) or question).translate(_TO_LATIN)
    kept = _ANY_WORD.sub(lambda m: "" if m.group().lower() in idle else m.group(), question)
    return (" ".join(kept.split()) if kept.strip(" ?!.") else question).translate(_TO_LATIN)


_FUNCTION_WORDS = {language: frozenset(words.split()) for language, words in _WORDS.items()}
_FUNCTION_WORDS["ru"] = frozenset(
    "и в во на с со к ко о об от до из за по для у не что кто где когда как какой какая какие каков сколько почему это "
    "этот эта эти был была было были есть его её их он она они мы вы я ли же бы но а или чем при над под".split()
)
