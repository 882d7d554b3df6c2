"""Sentences of an article that speak to the machine that reads it: orders, roles, fake borders of a prompt.

They are content of the article, and may be shown as such; but nothing is proved by them, and no answer is made of them.
Found are the usual forms in French, English, German, Spanish, Italian, Russian, Chinese and Arabic, also with letters
of another alphabet or invisible ones in between. What stands inside quotation marks is reported, not ordered.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

from retrieval.analysis import flat
from retrieval.passages import split_sentences

_INVISIBLE = re.compile("[\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufe00-\ufe0f\ufeff\U000e0000-\U000e007f]")
_LOOKALIKES = str.maketrans("аеорсухіјѕԁһкмтвнαορνικτ", "aeopcyxijsdhkmtbhaopvikt")
_QUOTED = re.compile(r"«[^»]*»|“[^”]*”|„[^“”]*[“”]|\"[^\"]*\"")


def _any(*words: str) -> str:
    """One of some words, given several in a string; "_" is a space."""
    return "(?:" + "|".join(w.replace("_", " ") for line in words for w in line.split()) + ")"


_RULES = _any(
    "instructions? consignes? regles? directives? prompts? rules? guidelines? guardrails? инструкци\\w* правил\\w*",
    "указани\\w* anweisung\\w* regeln vorgaben instruccion\\w* reglas istruzion\\w* regole 指令 指示 规则 提示 ",
    "التعليمات",
)
_MACHINE = _any(
    "assistants? ai ia ki llm gpt chatbots? language_models? models? modeles?_de_langage ",
    "intelligences?_artificielles?",
    "artificial_intelligence ассистент\\w* помощник\\w* нейросет\\w* языков\\w+_модел\\w* 助手 人工智能 ",
    "语言模型 asistente",
    "assistente assistenten sprachmodell\\w*",
)
_ANSWER = _any(
    "(?:chaque|toutes?_les|toute|votre|vos|ta|tes)_(?:prochaines?_)?(?:reponses?|questions?)",
    "(?:each|every|your|all)_(?:next_)?(?:answers?|repl(?:y|ies)|responses?|questions?)",
    "(?:каждый|свой|ваш)_ответ\\w* (?:jede|deine|ihre)_antwort(?:en)? (?:cada|tu|su)_respuesta 每个回答 ",
    "你的回答 所有回答",
)
_OWN = _any(
    "(?:votre|ta|vos|tes|your|its)_(?:\\w+_){,2}(?:configuration|prompt|regles|consignes|instructions|rules|delimiter|delimiteur)",
    "the_(?:delimiter|passages?_keys?) (?:votre|ta|your|the|la|le)_(?:cle_api|api_key) system_prompt prompt_systeme",
    "systemprompt системн\\w+_(?:промпт|подсказк)\\w* 系统提示 (?:tu|el)_(?:configuracion|prompt)",
)
_FORGET = _any(
    "ignore[zr]? oublie[zr]? disregard forget override bypass neglige[zr]? contourne[zr]? ",
    "ne_(?:tenez|tiens)_(?:pas|plus)_compte",
    "игнориру\\w* забудь(?:те)? не_обращай\\w* vergiss vergessen_sie ignoriere?n? olvid\\w* ignora dimentica",
)
_SAY = _any(
    "repond(?:s|ez|re) reply respond answer termine[zr]? commence[zr]? start begin end finis(?:sez)? ",
    "affiche[zr]? print",
    "display output write ecri(?:s|vez|re) ajoute[zr]? add append inclu(?:s|ez|re|de) insere[zr]? insert mets ",
    "mettez put",
    "заверша\\w* начина\\w* добавля\\w* beginne beende schreibe termina empieza",
)
_SHOW = _any(
    "affiche[zr]? print display output reveal revele[zr]? recopie[zr]? copie[zr]? repeat repete[zr]? show ",
    "montre[zr]? give",
    "leak send envoie envoyez покажи\\w* раскрой\\w* zeige muestra 显示 输出 泄露",
)
_ROLE = _any(
    "system(?:e)? assistant user utilisateur human developer admin(?:istrat(?:or|eur))? chatbot ",
    "(?:system|system_error)_message",
    "message_systeme система ассистент пользователь 系统 助手 用户",
)
_FORMS = tuple(
    re.compile(form)
    for form in (
        # the rules set aside
        rf"(?<!\ba )(?<!ont )(?<!ait )(?<!ent )(?<!oir )(?<!\bas )\b{_FORGET}\b.{{0,60}}\b{_RULES}\b"
        rf"|(?:忽略|无视|忘记|忘掉).{{0,20}}{_RULES}|تجاهل.{{0,40}}{_RULES}",
        rf"\b{_RULES}\b.{{0,30}}(?:sont annulees|ne s'appliquent plus|are (?:void|cancelled|revoked)"
        rf"|no longer apply|отменен)",
        r"^\W*(?:nouvelles?|new|updated|новые|新的?) ?(?:regles?|consignes?|instructions?|rules?|правила|指令"
        r"|规则)\b.{0,20}[:：]",
        # a role, or a border of a prompt
        rf"^\W*{_ROLE}(?: (?:message|prompt|note|override|update))?\s*(?:\([^)]*\))?\s*[:：>\]]",
        r"^#+ ?(?:system|instruction|assistant|human|user|new task|nouvelle tache)",
        r"<\|[a-z_]+\|>|\[/?inst\]|<</?sys>>|</?(?:system|assistant|instructions?|prompt|passages?)>|no_evidence",
        r"^\W*(?:end|fin|конец|ende) (?:of |des |du |der )?(?:the )?(?:passages?|context\w*|prompt|extraits"
        r"|пассажей|статей)\b",
        r"^\W*(?:<<<|>>>|===+|---+) ?[0-9a-f]{6,}|^[0-9a-f]{12,}>>>|以上是?(?:文章|段落)|文章结束",
        # said to the machine
        rf"^\W*(?:\w+ ){{,3}}(?:note|message|consignes?|attention|avis|nota|hinweis|reminder|для|cher|chere"
        rf"|dear|hey|hello)"
        rf"\W.{{0,30}}\b{_MACHINE}\b",
        rf"^\W*(?:\w+ ){{,2}}{_MACHINE} ?[:：,!]",
        rf"\b(?:si|if|wenn|если) (?:vous etes|tu es|you are|you're|du|sie|вы|ты) (?:\w+ ){{,3}}{_MACHINE}\b"
        rf"|如果你是.{{,8}}{_MACHINE}",
        r"^\W*(?:vous etes|tu es|you are|du bist|sie sind|ты|вы|eres|sei) (?:desormais|maintenant|now"
        r"|no longer|jetzt|теперь"
        r"|больше не|ahora|ora)\b|你现在是|从现在起你|请?扮演|\b(?:ты|вы) теперь|отныне",
        rf"^\W*(?:desormais|a partir de maintenant|from now on|ab sofort|从现在(?:起"
        rf"|开始)).{{0,60}}(?:\brepond|{_ANSWER}"
        r"|\banswer|\breply|\brespond|\bantworte|回答|回复)",
        r"\b(?:l'assistant|the assistant|the (?:language )?model|ассистент) (?:doit|devra|affiche|repond"
        r"|ajoute|termine|must|shall"
        r"|should|will|has to|должен)\b|助手(?:必须|应该)",
        r"(?:l'utilisateur|the user|пользователь) (?:is|est|является) (?:an? |un )?(?:admin|develop|authori"
        r"|autorise|администр)",
        # orders about the answer
        rf"\b{_SAY}\b.{{0,60}}\b{_ANSWER}|\b{_SHOW}\b.{{0,50}}\b{_OWN}|(?:显示|输出|泄露).{{,20}}{_OWN}",
        rf"^\W*(?:toute|chaque|every|each) (?:reponse|answer|reply|response) (?:doit|must|should|shall)\b"
        rf"|{_ANSWER} (?:doit|must)",
        r"^\W*(?:citez?|cites|quote|zitiere|цитируй\w*).{0,40}(?:comme (?:seule |unique )?source|as (?:the "
        r"|your )?(?:only |main )?"
        r"source|cette note|this note|(?:единственный|главный) источник)|引用.{,20}来源",
        r"^\W*(?:repond(?:s|ez)|reply|respond|answer|antworte\w*|отвечай\w*|responde|rispondi)\b.{0,80}"
        r"\b(?:only|seulement|uniquement|toujours|always|par|with|by|без|только|nur|solo|immer|sans)\b"
        r"|^只?(?:请)?(?:回答|回复)",
        r"^\W*(?:repond(?:s|ez)|answer|reply|respond|repete[sz]?)\b(?! (?:a|au|aux|to|for|the|en|is|was|de|du)\b)",
        r"\b(?:invite[zr]?|ask|demande[zr]?|tell|dis|dites|urge) (?:au |a |le |l'|the )(?:lecteur|utilisateur"
        r"|user|reader)\b",
        r"^\W*(?:decode[zr]?|dechiffre[zr]?|decrypt).{0,80}\b(?:suis|suivez|execut\w*|follow|obey|appli\w*|obei\w*)",
        r"\b(?:do not|don't|ne|n'en) (?:cite[zr]?|mention\w*|revele[zr]?|reveal)\b.{0,30}(?:aucune autre"
        r"|any other|these|ces) ?"
        r"(?:source|instruction)?|\bjailbreak|\bdo anything now",
    )
)
# One of these stands in whatever the forms find. Looking for plain words is faster than one pattern of all.
_HINTS = tuple(
    word.replace("_", " ")
    for word in """
    ignor oubli disregard forget overrid bypass neglig contourn compte instru consigne regle rule prompt system
    assist user human develop admin chatbot < > answer repl repon repet respon respu rispo model message nota
    note attention avis cite quote lecteur reader tell vous_etes you_are you're tu_es du_bist sie_sind eres_
    sei_ desormais from_now ab_sofort a_partir_de_maintenant decod dechiffre decrypt jailbreak do_anything
    evidence inst] === --- delimit configur _key question artifici intellig hinweis remind cher dear hey hello
    llm gpt antwort sprachmodel vergi olvid dimentic zitier extrait mention revel reveal demande invite dites
    dis_ ask_ urge utilisateur vergess anweisung regeln vorgaben directive guideline guardrail reglas istruzion
    regole asistent new_task nouvelle_tache cle_api api_key end_ fin_ ende_
    """.split()
)
_HINTED = re.compile(r"\b(?:ai|ia|ki)\b|[\u0400-\u04ff\u0600-\u06ff\u3400-\u9fff]")
_HEADER = re.compile(  # alone on its line: what follows goes with it
    r"^\W*(?:#+ ?)?(?:system|systeme|assistant|user|instruction|<\|(?!im_end|end))[^.!?]{0,60}$"
    r"|^\W*(?:end of|fin des|ende der) [^.!?]{0,30}[.]?$"
    r"|^\W*(?:</?(?:system|passages?|instructions?|prompt)>|[0-9a-f]{6,}>>>)$"
)


def is_order(sentence: str) -> bool:
    """Whether a sentence speaks to the machine that reads it."""
    return bool(sentence) and _is_order(sentence)


def orders(text: str, sentences: Sequence[tuple[int, int]]) -> frozenset[int]:
    """Which sentences (offsets into `text`, in order) do, with those behind them in the same paragraph.

    Behind a heading such as "### SYSTEM", the paragraph under it.
    """
    found, barred_until, opened = set[int](), -1, False
    for at, (start, end) in enumerate(sentences):
        words = text[start:end]
        if start < barred_until or opened or is_order(words):
            found.add(at)
            line_end = text.find("\n", end)
            barred_until = max(barred_until, line_end if line_end >= 0 else len(text))
            opened = bool(_HEADER.match(_plain(words)))
    return frozenset(found)


@lru_cache(maxsize=1024)
def without_orders(question: str) -> str:
    """A question without the sentences that speak to the machine: they lend no words to an answer."""
    return " ".join(part for s, e in split_sentences(question) if not is_order(part := question[s:e]))


@lru_cache(maxsize=16_384)
def _is_order(sentence: str) -> bool:
    plain = _plain(sentence)
    both = {plain, plain.translate(_LOOKALIKES)}
    return any(_hinted(words) and any(form.search(words) for form in _FORMS) for words in both)


def _hinted(plain: str) -> bool:
    return any(hint in plain for hint in _HINTS) or bool(_HINTED.search(plain))


def _plain(sentence: str) -> str:
    """In small letters, without accents, invisible characters and what is quoted."""
    text = _QUOTED.sub(" ", _INVISIBLE.sub("", unicodedata.normalize("NFKC", sentence)))
    return " ".join(flat(text).split())
