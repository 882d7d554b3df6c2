"""The kinds of answer that a question asks for, and what each looks like in a text.

The kinds are the coarse answer types of question answering (Li & Roth, Learning Question Classifiers, 2002), by rules:
the word that asks is found first (« quand » after another question word is a conjunction), and then what it asks for,
which for « quel » is the noun that it stands with. All is matched on folded text.
"""

from __future__ import annotations

import re
from functools import lru_cache

from retrieval.analysis import FRENCH_MONTHS, flat

MEASURES = {"age", "money", "weight", "length", "area", "speed", "share", "temperature", "duration"}

_MONTHS = "|".join(FRENCH_MONTHS)
_DAYS = r"lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche"
_NUMBER_WORDS = (
    r"deux|trois|quatre|cinq|six|sept|huit|neuf|dix|onze|douze|treize|quatorze|quinze|seize|vingts?|trente|quarante"
    r"|cinquante|soixante|cents?|mille|millions?|milliards?|(?:diz|douz|quinz|vingt|trent|quarant|cinquant|cent)aines?"
    r"|milliers?|moitie|tiers|quart"
)
_COUNT = (  # « 17 », « 1 435 », « vingt et un », « 2,6 millions de »
    rf"(?:\d+(?:[ .,]\d+)*|\b(?:{_NUMBER_WORDS})\b)(?:[ -](?:et )?(?:une?|\d+|{_NUMBER_WORDS})\b)*(?: de\b| d')? ?"
)
# Digits that count something: not « TV5 », « Covid-19 », a day, a year, an hour.
_COUNTED = (
    rf"(?<![\w.,])(?<![a-z]-)(?!(?:1[5-9]|20)\d\d\b(?! [a-z]{{4,}}))\d+(?:[ .,]\d{{3}})*(?:[.,]\d+)?"
    rf"(?![\w-])(?! (?:{_MONTHS})\b)(?! ?h\b)"
)
_CURRENCIES = (
    r"euros?|dollars?|francs?|livres? (?:sterling|turques?|tournois|libanaises?|egyptiennes?)|yuans?|yens?|roubles?"
    r"|couronnes|roupies?|nairas?|tenges?|zlotys?|pesos?|lires|marks|dinars?|dirhams?|shekels?|rands|usd|eur"
)
_LENGTHS = (
    r"(?:kilo|centi|milli)?metres?\b(?! (?:carre|cube|par |a l'))|(?:km|cm|mm|pieds|pouces|miles|lieues|parsecs)\b"
)
_TIMES = r"secondes?|minutes?|heures?|(?:demi-)?journees?|jours?|semaines?|mois|ans?|annees?|decennies?|siecles?"
# What stands for a kind in a text. Kinds without an entry are told by names or not at all. A count comes with its
# unit: what a match begins with must not be of the question's own words.
LOOKS = {
    "age": rf"{_COUNT}ans\b|\bagee?s? de \w+ (?:ans|mois|semaines|jours)\b|\b\w+(?:gen|ten)aires?\b",
    "day": rf"\b\d{{1,2}}(?:er)? (?:{_MONTHS})\b|\b(?:{_DAYS})\b",
    "year": r"\b1\d{3}\b|\b20\d\d\b|\b(?:en|an|annees?|avant|vers) \d{1,4}\b|\b\d{1,4} (?:av|apr)\.? j",
    "hour": rf"\b\d{{1,2}} ?h(?:eures?)?(?: ?\d\d)?\b|\b(?:{_NUMBER_WORDS}) heures?\b|\bmidi\b|\bminuit\b",
    "date": rf"\b1\d{{3}}\b|\b20\d\d\b|\b(?:{_MONTHS})\b|\b(?:{_DAYS})\b|\bsiecles?\b|\b\d{{1,2}} ?h\b"
    r"|\b(?:avant-)?hier\b|\bannees? \d+|\b(?:printemps|ete|automne|hiver|aujourd'hui|demain|moyen age|antiquite"
    r"|prehistoire|renaissance)\b|\b(?:en|an|vers) \d{3}\b|\b\d{1,2}/\d{1,2}\b|\bil y a (?:environ )?\d"
    r"|\b(?:fin|debut|milieu) de\b|\bplus tard\b",
    "number": rf"{_COUNTED}|\b(?:{_NUMBER_WORDS})\b|\b(?:aucune?|une? seule?)\b",
    "rank": r"\b\d{1,3}(?:er?|ere|i?eme)s?\b|\b(?:premi(?:er|ere)|second|derni(?:er|ere)|\w{3,}ieme)s?\b|\ben tete\b"
    r"|\bpole position\b|\bnumero \w+|\bn° ?\d",
    "frequency": r"\bfois\b|\btou(?:te)?s les\b|\bchaque\b|\bpar (?:an|mois|jour|semaine|heure)\b"
    r"|\b(?:quotidien|mensuel|annuel|bimensuel|trimestriel|horaire|hebdomadaire|biennal)\w*",
    "money": rf"{_COUNT}(?:{_CURRENCIES}|livres)\b|\b(?:{_CURRENCIES})\b|[€$£]",
    "weight": rf"{_COUNT}(?:kg|kilos?|kilogrammes?|grammes?|g|mg|tonnes?|quintaux)\b"
    r"|\b(?:kg|kilos?|kilogrammes?|grammes?|tonnes?)\b",
    "length": rf"{_COUNT}(?:{_LENGTHS}|m\b|pc\b|annees[ -]lumiere\b)|\b(?:{_LENGTHS})",
    "area": rf"{_COUNT}(?:hectares?|ha|k?m2|(?:kilo)?metres? carres?|arpents?|acres?)\b"
    r"|\b(?:hectares?|ha|k?m2|(?:kilo)?metres? carres?|arpents?|acres?|terrains? de foot(?:ball)?)\b",
    "speed": r"\bk?m/[hs]\b|\b(?:kilo)?metres?[- ](?:a l'|par )?(?:heures?|secondes?)\b|\bnoeuds?\b|\bmach\b",
    "share": rf"%|{_COUNT}pour ?cents?\b|\b(?:pour ?cents?|pourcents?|(?:la )?moitie|(?:deux |un )?tiers"
    r"|quarts?(?! (?:de finale|d'heure))|(?:un|\d+) \w+ sur|(?:un|deux|trois|quatre) (?:cinq|six|dix)iemes?"
    r"|majorite)\b",
    "temperature": r"\bdegres?\b|°",
    "duration": rf"{_COUNT}(?:\w+ )?(?:{_TIMES})\b|\b(?:une?|des|plusieurs|quelques|demi-?) (?:\w+ )?(?:{_TIMES})\b"
    r"|\b(?:secondes|minutes|heures|journees?|jours|semaines?|mois|annees|decennies|siecles)\b|\bde \d{4} a \d{4}\b",
    "reason": r"\b(?:parce qu|car\b|afin\b|en raison\b|a cause\b|grace a\b|pour\b|puisqu|du fait\b|suite a\b|permet"
    r"|en effet\b|notamment par\b|face a\b|faute de\b|dans le but\b|visant a\b|destinee?s? a\b|en vue d)",
    "manner": r"\b(?:par\b|en \w+ant\b|grace a\b|avec\b|au moyen\b|a l'aide\b|sous forme\b|a bord\b|\w+ment\b)",
    "definition": r"\b(?:est|sont|etait|etaient|designe|signifie|consiste)\b(?: \w+)? ?\b(?:un|une|des|le|la|les|l')\b"
    r"|\b(?:appele|nomme|c'est-a-dire|soit)\b",
    "list": r"(?:,[^,]{2,60}){2,}|,[^,]{2,60} (?:et|ou) ",
    "yesno": r"\b(?:ne|n'|pas|aucun|sans|oui|non|jamais)\b",
}
LOOKING = {kind: re.compile(pattern) for kind, pattern in LOOKS.items()}

# Which word asks. « Quel », « combien » and the like always do. « Qui », « que », « quand » and « où » may be relatives
# or conjunctions: they ask where a clause begins or ends with them, after some words, and where nothing else asks.
# « where » stands for « où »: folding would make it « ou ».
_PREPOSITION = (
    r"(?:a|de|par|pour|avec|chez|contre|sur|envers|en|entre|parmi|selon|vers|sans|devant|apres|avant|d'apres|depuis"
    r"|jusqu'a|des) "
)
_OPENS = re.compile(
    r"(?:(?:(?:mais|et|alors|or|en \d{4}) )?"
    rf"(?:(?:[\w']+ ){{0,3}}?{_PREPOSITION}|d'|jusqu')?(?!ou\b)|(?:d'|par |vers )?(?=ou\b))"
    r"(?P<word>qui\b|que\b|qu'(?!est[- ]ce)|quand\b(?! meme)|where\b|ou\b|l(?:e|a|es)quel)"
)
_ASKS = re.compile(
    r"(?:(?<!n'importe )(?<!\btel )(?<!\btelle )\b(?=quel(?:le)?s?\b(?! qu[e'])|combien|pourquoi\b|comment\b"
    r"|qu.est[- ]ce\b|quoi\b(?! que)|quand est[- ]ce|where est[- ]ce|(?:quand|where|qui) ?[?,!.]*$|where,)"
    r"|\bc'(?:est|etait) (?=(?:qui|quand|where|ou)\b)|\b(?:depuis|jusqu'a|date de|remonte a|pour|vers) (?=quand\b)"
    r"|\b(?:sait-on|savoir|savez-vous|sais-tu|dis-moi|dites-moi|dire) (?=(?:qui|quand|where)\b)"
    r"|\bse (?:trouve|situe) (?=ou\b))(?P<word>qu.est[- ]ce|\w+)"
)
_ASKS_ALONE = re.compile(rf"(?:\b{_PREPOSITION}|\d )(?=qui\b)(?P<who>qui)|\b(?P<word>quand(?! meme)|where(?! \d))\b")
_TURNED = re.compile(  # the verb before its pronoun: the question asks whether
    r"^est[- ]ce\b|[a-z](?:[- ]t[- ']|-)(?:il|elle|on)s?\b"
    r"|\b(?:est|sont|etait|etaient|fut|furent|ont|avait|peut|doit|fait|pensait) (?:il|elle|on)s?\b"
)
_WHETHER = re.compile(r"\bou (?:pas|non)\b|^c'est bien\b")
_SUBJECT = re.compile(r" (?:l[ae]s? |l'|une? |ce(?:t|tte|s)? |son |sa |ses )")
_WORDS = r"(?:qui|que|quoi|quel(?:le)?s?|quand|where|comment|combien|pourquoi)\b"
_CLAUSES = re.compile(
    rf"(?:,? (?:et|puis)|[?;]) (?=(?:{_PREPOSITION}|dans )?{_WORDS})"
    rf"|, ?(?=(?:(?:[\w']+ ){{0,2}}(?:{_PREPOSITION}|dans ))?(?:{_WORDS}|qu'))"
)

# What « quel » asks for: the noun that follows, whatever stands between.
_IS = r"(?:(?:est|sont|etait|etaient|fut|furent|sera|seront|serait|seraient|a ete|ont ete) (?:donc |alors )?)?"
ADJECTIVES = (
    r"(?:(?:plus|moins|tout|toute|ancien(?:ne)?s?|nouve(?:au|aux|l|lles?)|premi(?:er|ere)s?|derni(?:er|ere)s?|grande?s?"
    r"|petite?s?|principa(?:l|les?|ux)|autres?|seconde?s?|seule?s?|deux|trois|quatre|cinq|celebres?|vraie?s?|jeunes?"
    r"|future?s?|actuel(?:le)?s?|hau(?:t|te)s?|meilleure?s?|importante?s?|propres?|ultimes?|differente?s?|vieux|vieille"
    r"|bon(?:ne)?s?|prochaine?s?|mysterieu\w+|fame\w+|(?:deux|trois|quatr|cinqu)iemes?) |vice-|ex-){0,3}"
)
LEADING = rf"{_IS}(?:l[ae]s? |l'|une? des )?{ADJECTIVES}"  # between « quel » and its noun
_QUEL = re.compile(rf"(?:l[ae]s?)?quel(?:le)?s? (?:des? )?{LEADING}")
_WON = r"(?!.*\b(?:nobel|goncourt|litteraire|remport|obten|obtient|recoi|recu|decern|laureat))"
_TRADE = r"\b(?:econom\w+|pib|budget\w*|commerce|commercia\w+|echanges|exportations?|politique|secteur|marche|dette)\b"
_NOUNS = {
    "age": r"age\b(?! d'or| (?:du|de(?: la)?) (?:bronze|fer|cuivre|pierre|glace))",
    "day": r"jours?\b",
    "year": r"ann?ees?\b",
    "hour": r"heures?\b|horaires?\b|(?:plage|tranche) horaire\b",
    "date": r"(?:mois|(?:date|siecle|epoque|periode|decennie|moment|saison|millenaire|horizon|echeance)s?)\b",
    "number": r"(?:nombre|taille|population|volume|capacite|score|quantite|effectifs?|tonnage|croissance|hausse|baisse"
    r"|progression|augmentation|inflation|ecart|audience|autonomie|bond)\b|chiffre\b(?! d'affaires)"
    r"|bilan (?:humain|.*\b(?:attentat|seisme|accident|explosion|attaque|incendie|pertes))"
    r"|puissance (?:(?:d[ue]|de la|des|maximale|electrique|fiscale|installee) |d'|fait|developpe)",
    "rank": r"(?:rang|place|classement)\b(?!-)|position (?:au|du|dans le|en) (?:classement|championnat|mondial)",
    "frequency": r"(?:frequence|periodicite|rythme)\b",
    "money": rf"(?:prix\b{_WON}|(?:salaire|remuneration|cachet|revenu|loyer|montant|somme|budget|amende|rancon"
    r"|dette|fortune|indemnite|facture)s?\b|niveau de la dette|chiffre d'affaires|tarif\b(?! douanier)"
    r"|couts?\b(?! (?:humain|social|ecolog|environ|politi))"
    r"|valeur (?:totale|marchande|venale|estimee|boursiere|d(?:u|es) (?:contrat|echange|exporta|importa|transfert)))",
    "weight": rf"(?:poids|masse)\b(?! salariale)(?!.*{_TRADE})",
    "length": r"(?:distance|longueur|hauteur|altitude|largeur|profondeur|diametre|epaisseur|envergure)s?\b(?! de vue)",
    "area": r"(?:superficie|surface)s?\b(?!.*\b(?:jou(?:e|er|ent|ait)|se disput))|aire (?:totale|d'une?)\b",
    "speed": r"vitesses?\b|allure (?:va|roul|cour)",
    "share": r"(?:pourcentage|part|proportion|portion|fraction|taux)s?\b(?! (?:de change|horaire))",
    "temperature": r"temperatures?\b",
    "duration": r"(?:duree|delai)s?\b",
    "reason": r"(?:raison|but|motif|cause|objectif|finalite|pretexte)s?\b",
    "place": r"(?:pays|ville|region|lieu|endroit|commune|ile|village|quartier|departement|province|continent|monument"
    r"|montagne|desert|mer|fleuve|riviere|aeroport|bled|bourg|bourgade|canton|archipel|banlieue|plage(?! horaire)"
    r"|vallee|colline|port|gare|lac|stade(?! d[eu])|destination|circuit)s?\b|lieux\b|coin\b|capitales?\b"
    r"|etats?\b(?! (?:d'|de sante|de l|des lieux|physique|mental|civil|se trouve|est-il|est-elle))",
    "person": r"(?:joueu[rs]|act(?:eur|rice)|auteur|ministre|president|presidente|prefet|realisat(?:eur|rice)"
    r"|footballeur|composit(?:eur|rice)|roi|reine|personne|personnage|peintre|ecrivain|chanteu(?:r|se)|artiste|homme"
    r"|femme|philosophe|empereur|general|fondat(?:eur|rice)|successeur|predecesseur|entraineur|chef(?!-d)|dirigeant"
    r"|patronn?e?|direct(?:eur|rice)|pdg|maire|deputee?|senat(?:eur|rice)|diplomate|comedienn?e?|juge|avocate?"
    r"|gouverneur|elue?|architecte|scientifique|cherche(?:ur|use)|medecin|journaliste|romancier|romanciere"
    r"|historienn?e?|astronome|pilote|cycliste|championn?e?|adversaire|coequipier|coequipiere|frere|soeur|mere|pere"
    r"|fils|fille|mari|epou[xs]e?|oncle|tante|cousine?|eveque|pape|souverain|princesse|prince|musicienn?e?|photographe"
    r"|ingenieur|inventeur|createur|economiste|capitaine|heros|personnalite|candidate?|laureate?|vainqueur|evangeliste"
    r"|responsable|ambassadeur|secretaire|caricaturiste|parent|specialiste|animat(?:eur|rice)|cineaste|poete|saint"
    r"|dieu|deesse|divinite|rival|complice|suspect)s?\b"
    r"|porte-parole\b|generaux\b",
    "name": r"(?:nom|surnom|titre|prenom|pseudonyme|alias|sobriquet|appellation|denomination|diminutif|acronyme)s?\b",
    "manner": r"(?:maniere|facon|moyen|procede|methode|biais)s?\b",
}
_NOUN = {kind: re.compile(pattern) for kind, pattern in _NOUNS.items()}
# What « combien » asks for, the first that fits its clause; a number otherwise.
_PAID = (
    r"(?:cout(?:e|es|ent|er|a|ait|aient|era|eront|erait|eraient|ee?s?)|pa(?:y|i)(?:e|er|ent|a|ait|era|eront|ee?s?)"
    r"|debours\w+|empoch\w+|depens\w+|vers(?:e|er|ent|a|ait|era)|vaut|valent|valait|valaient|vaudra|factur\w+|encaiss\w+"
    r"|rembours\w+|rapport(?:e|er|ent|a|ait|era)|gagn(?:e|er|ent|a|ait|era)|touch(?:e|er|ent|ait|era)"
    r"|perd(?:re|u|ent|ait|ra)|mis\b|mettre|invest\w+|ramass\w+|emport(?:e|er|ee?s?)|recolt\w+|inject\w+|debloqu\w+|allou\w+|derob\w+|rafl\w+)\b"
)
_MUCH = {
    "rank": r"\bcombienti?eme",
    "frequency": r"\btou(?:te)?s les combien\b|\bcombien de fois par\b",
    "duration": r"\bcombien (?:de temps|d'heures|d'annees|d'ans|de (?:minutes|jours|semaines|mois|siecles)|dur\w+)\b"
    r"|\bdur(?:e|ent|a|ait|era) combien\b",
    "share": r"\bcombien (?:de )?(?:pour ?cent|pourcent)",
    "money": rf"\bcombien (?:d'(?:argent|euros)|de (?:dollars|francs|roubles|yuans|fric|thunes?))\b"
    rf"|(?<!\bde )\bcombien\b(?! d(?:e\b|')).*\b{_PAID}(?! d(?:e\b|'))"
    r"|\b(?:coute|coutait|coutera|paye|paie|vaut) combien\b"
    r"|\b(?:gagne|rapporte|cout(?:er|e)|paye) combien(?! d(?:e\b|'))"
    r"|(?=.*\b(?:vend(?!redi)|achet|echang|import(?:e|er|ee?s?)\b|export|lou(?:er?|ee?s?)\b))"
    r"(?:.*\b(?:pour|a) combien\b)(?! d(?:e\b|'))"
    r"|(?=.*\b(?:prix|cout|salaire|montant|budget|amende|facture|loyer|rancon)\b)"
    r"(?:.*(?<!\bde )\bcombien\b)(?! d(?:e\b|'))",
    "weight": rf"^(?!.*{_TRADE}).*(?:\bcombien pes(?:e|ent|ait|aient|era|er)\b|\bpes(?:e|ent|ait|aient|era) combien\b)",
    "length": r"^(?!.*\b(?:terrain|parc|ile|domaine|pays|foret)\b).*(?:\bcombien mesur\w+|\bmesur\w+ combien\b(?! d))",
}
_HOW_MUCH = {kind: re.compile(pattern) for kind, pattern in _MUCH.items()}
_NAMED = re.compile(  # « Comment s'appelle … », « Comment les Grecs appellent-ils … »
    r"comment (?:(?! qui ).){0,40}?\b(?:(?:re)?nomm|prenomm|surnomm|ap+el+|baptis|intitul)"
)
_DEFINED = re.compile(
    r"qu'est[- ]ce qu[e']|qui (?:est|sont|etait)\b|quel(?:le)?s? (?:est|sont|etait)\b"
    r"|que (?:signifie|veut dire|designe)\b"
)
_EXPLAINED = re.compile(r"qu'est[- ]ce qui (?:a |ont )?(?:expliqu|motiv|justifi|pouss)|comment (?:s'|l')?expliqu")
_SEVERAL = re.compile(
    r"\bquel(?:le)?s (?!(?:est|etait)\b)|\bquel(?:le)? sont\b|\bqui (?:sont|etaient|furent)\b|\blesquel"
    r"|\ble(?:s|urs) noms\b|^(?:cite[rz]?|donne[rz]?|enumere[rz]?|liste[rz]?) (?!une?\b|l[ae]\b|l'|moi une?\b)"
    r"|\bcomment s'appellent\b"
)
_ASKED_BY = {"quand": "date", "pourquoi": "reason", "qui": "person", "where": "place", "ou": "place"}
_ENGLISH = {
    "age": r"\bhow old\b",
    "year": r"\b(?:what|which) year\b",
    "day": r"\b(?:what|which) (?:date|day)\b",
    "hour": r"\bwhat time\b",
    "date": r"^(?:since )?when\b|^wann\b",
    "number": r"\bhow (?:many|long (?:is|are|was))\b|\bwie viele?\b"
    r"|\bhow much(?! (?:is|do|does|did|money|will|would|has))",
    "money": r"\bhow much (?:is|do|does|did|money|will|would|has)\b",
    "length": r"\bhow (?:tall|high|far|deep|wide)\b",
    "duration": r"\bhow long (?!is|are|was)",
    "share": r"\bwhat (?:share|stake|percentage|proportion)\b",
    "reason": r"^why\b|^warum\b",
    "place": r"^where\b|^wo\b|\b(?:what|which) (?:\w+ )?(?:country|city|town|province|region)\b",
    "person": r"^who\b|^wer\b",
    "name": r"^what(?:'s| is| was) the name\b",
    "manner": r"^how (?!many|much|old|tall|high|far|deep|wide|long|often)",
}
_IN_ENGLISH = {kind: re.compile(pattern) for kind, pattern in _ENGLISH.items()}
_ACCENTED = re.compile(r"\boù\b", re.IGNORECASE)


@lru_cache(maxsize=256)
def kinds(question: str) -> frozenset[str]:
    """The kinds of answer that a question asks for; "list" is among them where it asks for more than one thing."""
    plain = flat(question).strip(' ¿«"')
    found = {kind for kind, pattern in _IN_ENGLISH.items() if pattern.search(plain)}
    if found:
        return frozenset(found)
    # Folding would make « où » (where) and « ou » (or) one.
    folded = flat(_ACCENTED.sub("where", question)).strip(' ¿«"')
    clauses = _asking(folded)
    for clause, at in clauses:
        found |= _of(clause, at)
    found = found - {"which", "what"} or found
    if not clauses:
        found = _unasked(folded)
    if _SEVERAL.search(folded) or len(clauses) > 1:
        found.add("list")
    return frozenset(found)


def _unasked(folded: str) -> set[str]:
    """The kinds that a question without a word that surely asks is about."""
    if _TURNED.search(folded) or _WHETHER.search(folded):
        return {"yesno"}
    # « Date de naissance de Claude ». A measure needs its « de »: a translated question is a row of words.
    article = re.match(r"(?:l[ae]s? |l')?(?P<of>(?=\w+(?: \w+)? (?:de |du |des |d')))?", folded)
    if article and (found := _of_noun(folded, article.end()) - {"person"}):
        return found if article["of"] is not None or not found & MEASURES - {"age"} else set()
    word = _ASKS_ALONE.search(folded)
    return _of(folded, word.start(word.lastgroup or 0)) if word else set()


def _asking(folded: str) -> list[tuple[str, int]]:
    """The clauses that ask, each with where the word that asks stands."""
    found: list[tuple[str, int]] = []
    told = ""  # what stands before a clause
    for clause in _CLAUSES.split(folded):
        opening, other = _OPENS.match(clause), _ASKS.search(clause)
        if opening and told:  # « le joueur, qui …, a quel âge », « le joueur qui … et qui … »
            again = re.search(rf"\w \b{opening['word']}\b", told) if found else _SUBJECT.match(told)
            opening = None if again and (found or _ASKS.search(folded)) else opening
        if word := opening or other:
            found.append((clause, word.start("word")))
        told += f" {clause}"
    return found


def _of(clause: str, at: int) -> set[str]:
    """The kinds that a clause asks for with the word at a place."""
    asked, before = clause[at:], clause[:at].strip()
    found: set[str] = set()
    if asked.startswith(("quel", "lequel", "laquel", "lesquel")):
        noun = _QUEL.match(asked)
        found = _of_noun(asked, noun.end()) if noun else found
        if "rank" in found and before in ("sur", "dans"):  # « Sur quelle place … », « Dans quel classement … »
            found = {"place"} if "place" in asked[:14] else set()
        if re.search(r"\ben (?:pourcentage|pour cent)\b", asked):
            found = {"share"}
    elif asked.startswith("combien"):
        found = {next((kind for kind, pattern in _HOW_MUCH.items() if pattern.search(clause)), "number")}
    elif asked.startswith("comment"):
        found = {"name" if _NAMED.match(asked) else "manner"}
    elif asked.startswith("quoi"):
        found = {"avec": {"manner"}, "par": {"manner"}, "pour": {"reason"}}.get(before, found)
        if re.search(r"\bc'(?:est|etait)$|\bveut dire$|\bsignifie$", before):
            found = {"definition"}
    elif not re.match(r"(?:where|ou) en (?:est|sont|etait)\b", asked):  # that asks how far something is
        found = {kind for word, kind in _ASKED_BY.items() if asked.startswith(word)}
    if _EXPLAINED.match(asked):
        found |= {"reason"}
    if found <= {"person", "place"} and not before and _DEFINED.match(asked):
        found |= {"definition"}
    return found or {"which" if asked.startswith("quel") else "what"}


def _of_noun(text: str, at: int) -> set[str]:
    """The kinds of which the noun at a place is."""
    return {kind for kind, pattern in _NOUN.items() if pattern.match(text, at)}
