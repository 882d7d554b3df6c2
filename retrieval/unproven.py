"""What a model may write beside sentences that are proven: that the passages do not say something. And what it may not.

A sentence on what is missing is shown without a source, so it holds nothing that could be learnt from it: no number,
date or name that is not in the question, and hardly a word beside the question's. Links and markup are never let
through: an address is shown inside a quote, or as that of an article.
"""

from __future__ import annotations

import re

from retrieval.analysis import flat
from retrieval.facts import facts, is_named, names
from retrieval.hostile import without_orders

LONGEST = 300  # characters
OF_THE_QUESTION = 0.6  # share of the words of such a sentence, without those of saying and lacking

_NOT = r"ne |n'|(?:do|does|did)(?: not|n't) "
_SAYS = (
    r"(?:dis|preci|donn|indiqu|mention|parl|permet|contien|rapport|evoqu|expliqu|revel|nomm|chiffr|fourni|abord|trait"
    r"|cite|repond|detaill|say|state|give|tell|specif|name|report|explain|contain|provide|indicat|cover|includ|reveal"
    r"|disclos|answer|address|list)"
)
_OF = r"(?:articles?|passages?|sources?|extraits?|textes?|documents?|texts?|excerpts?)"
_ABSENCES = re.compile(
    rf"\b{_OF}\b.{{0,40}}?(?:{_NOT})(?:\w{{1,4}} |l')?{_SAYS}"
    rf"|\b(?:aucun|aucune|no|none of the|neither)\b.{{0,20}}\b{_OF}\b.{{0,25}}{_SAYS}"
    rf"|\b(?:n'est|n'etait|ne sont|is not|isn't|are not|was not) (?:pas )?(?:preci|indiqu|donn|mention|dit|connu|stated"
    rf"|given|said|known|specif|named|reported)"
    r"|(?:стат|материал|публикаци|источник|отрывк|текст).{0,60}\bне\b|\bне (?:указ|сообщ|говор|упомин|привод|назва)"
    r"|(?:文章|报道|文中|资料|段落|材料).{0,30}[没未不]|[没未](?:有)?(?:说明|提及|提到|给出|透露)"
    r"|\b(?:artikel|texte?n?|berichte?n?|quellen|auszuge?)\b.{0,60}\b(?:nicht|kein)"
    r"|\b(?:articulos?|textos?|fuentes?|pasajes?|artigos?|fontes?|trechos?)\b.{0,40}\b(?:no|nao)\b"
    r"|\b(?:articol[oi]|test[oi]|font[ei]|pass[oi]|brani)\b.{0,40}\bnon\b"
    r"|(?:المقالات|النصوص|المقاطع|المقال).{0,40}(?:لا|لم)"
)
_COMMON = frozenset(  # beginnings of words that only say what is missing
    """artic passa sourc extra texte text docum dise disen dit preci donne indiq menti parle perme conti rappo evoqu
    expli revel nomme chiff fourn abord trait cite repon detai state says give gives tell speci name repor conta provi
    cover inclu discl answe addre list does aucun none pour quand combi comme quell quels quoi avec dans leur cette
    exact exacte date nom noms nombr monta somme lieu raison cause prix moment preci donc toute autre infor detai which
    what when where much many that this these from with have been chez amoun numbe reaso place price
    стать матер публи источ отрыв текст говор сообщ указа упоми приво назва котор этого
    artik texte beric quell ausz nicht keine sagen nenne wird werde name datum anzah
    артик""".split()
)
_FOREIGN_COMMON = frozenset("文章报道中没有未说明提及到给出透露资料段落材料不的了是在这些并任何关于其具体信息")
_HAN = re.compile("[\u3400-\u9fff]")
_TOP = "com|org|net|fr|io|ru|cn|info|biz|xyz|app|dev|eu|uk|de|kz|top|site|online|link|me|co|example|test|invalid|gov"
_LINK = re.compile(
    r"\b[0-9a-f]{12,}\b|\w+://|\bwww\.|!?\[[^\]]*\]\s*\(|<[A-Za-z/!?][^>]*>|&[a-z]+;|\bmailto:|\w@\w+\.\w|(?:^|\s)@\w{3}"
    rf"|\b[\w-]+(?:\.[\w-]+)*\.(?:{_TOP})\b(?!\.\w)|\{{\{{|\}}\}}|[`|<>{{}}\\]",
    re.IGNORECASE,
)


def has_link(text: str) -> bool:
    """Whether a text holds an address, markup or a code such as a delimiter."""
    return bool(_LINK.search(text))


def is_absence(text: str) -> bool:
    """Whether a sentence tells what articles do not say."""
    return bool(_ABSENCES.search(flat(text)))


def only_absence(text: str, question: str, language: str | None) -> bool:
    """Whether a sentence tells what articles do not say, and nothing that is not in the question."""
    if len(text) > LONGEST or has_link(text) or not is_absence(text):
        return False
    question = without_orders(question)
    own, asked = facts(text), facts(question)
    if any(code not in question for code in re.findall(r"\b(?=\w*\d)(?=\w*[^\W\d])\w+\b", text)):
        return False
    if any(m.values.isdisjoint(asked.values) for m in own.numbers):
        return False
    if any(not any(d.is_of(o) and d.year in (None, o.year) for o in asked.days) for d in own.days):
        return False
    if language != "de" and any(not is_named(name, asked, own, True) for name in names(text)):
        return False
    mine, theirs = _words(text) - _COMMON - _FOREIGN_COMMON, _words(question)
    return not mine or len(mine & theirs) >= OF_THE_QUESTION * len(mine)


def _words(text: str) -> set[str]:
    """The beginnings of the longer words, and Chinese characters."""
    folded = flat(text)
    return {w[:5] for w in re.findall(r"[^\W\d_]{4,}", _HAN.sub(" ", folded))} | set(_HAN.findall(folded))
