"""What kind of answer a question asks for, and what it looks like in a text."""

from __future__ import annotations

import pytest

from retrieval.analysis import fold
from retrieval.kinds import LOOKING, kinds

# Each question with all its kinds; those that say nothing of what an answer looks like are left out.
UNTOLD = {"which", "what", "definition"}
ASKED = {
    "age": [
        "Quel âge avait la navigatrice à son départ ?",
        "À quel âge le violoniste a-t-il donné son premier concert ?",
        "Quel est l'âge du doyen du village ?",
        "quel age a le maire",
        "Quel âge avait-elle quand la guerre a éclaté ?",
        "À quel âge part-on à la retraite au Japon ?",
    ],
    "year": [
        "En quelle année le barrage a-t-il cédé ?",
        "De quelle année date la charte ?",
        "Le pont a été refait en quelle année ?",
        "Année de construction du phare ?",
        "Depuis quelle année la ligne est-elle fermée ?",
    ],
    "day": ["Quel jour part le dernier bac ?", "Jusqu'à quel jour peut-on voter ?"],
    "hour": ["À quelle heure ferme le musée ?", "Sur quelle plage horaire le marché est-il ouvert ?"],
    "date": [
        "Quand le tunnel a-t-il ouvert ?",
        "Quand est-ce que la grève commence ?",
        "De quand date la première version du texte ?",
        "Depuis quand la mine est-elle fermée ?",
        "Le viaduc a été inauguré quand ?",
        "C'est quand, la fête de la truffe ?",
        "Ça remonte à quand, la dernière crue ?",
        "À quelle époque vivaient ces artisans ?",
        "À quelle date la trêve prend-elle fin ?",
        "Date de naissance de la reine ?",
        "D'après le préfet, quand la route rouvrira-t-elle ?",
        "Dites-moi quand rouvre la piscine",
        "Au plus tard, jusqu'à quand peut-on s'inscrire ?",
    ],
    "number": [
        "Combien de passagers le ferry transporte-t-il ?",
        "Quel est le nombre de candidats ?",
        "Il y en a combien, des loups dans le parc ?",
        "Sait-on combien d'arbres sont tombés ?",
        "De combien a augmenté le prix du lait ?",
        "Combien de places l'équipe a-t-elle gagnées au classement ?",
        "Combien d'équipes ont gagné la régate ?",
        "Combien de kilomètres de côtes le parc protège-t-il ?",
        "Quelle est la puissance du moteur ?",
        "Quelle était la population de la ville avant la guerre ?",
        "Sur quel score le match s'est-il terminé ?",
        "Combien pèse le commerce du bois dans la région ?",
    ],
    "rank": [
        "À quelle place le voilier a-t-il terminé la course ?",
        "Quel est le rang mondial du pays pour la pêche ?",
        "C'est son combientième titre ?",
    ],
    "frequency": [
        "Tous les combien passe la navette ?",
        "À quelle fréquence le conseil se réunit-il ?",
    ],
    "money": [
        "Combien coûte l'entrée du château ?",
        "Combien la région a-t-elle dépensé pour la piste ?",
        "Quel est le montant de la subvention ?",
        "Quel budget la ville consacre-t-elle aux écoles ?",
        "À quel prix le tableau a-t-il été vendu ?",
        "L'abonnement coûte combien ?",
        "Pour combien le club a-t-il vendu son gardien ?",
        "Combien gagne une sage-femme ?",
        "À combien le manoir est-il vendu ?",
        "Quelle amende risque le pollueur ?",
        "Combien d'argent le fonds a-t-il reçu ?",
        "À combien s'élève la facture des travaux ?",
        "Prix du pain en 1789 ?",
    ],
    "weight": ["Quel est le poids de la cloche ?", "Combien pèse un veau marin ?", "il pesait combien le silure"],
    "length": ["Quelle est la hauteur du beffroi ?", "La digue fait quelle longueur ?", "Combien mesure la statue ?"],
    "area": ["Quelle est la superficie du marais ?", "Quelle surface le vignoble couvre-t-il ?"],
    "speed": ["À quelle vitesse roule le funiculaire ?"],
    "share": [
        "Quelle part du marché la coopérative détient-elle ?",
        "Quel pourcentage des foyers a la fibre ?",
        "Les ventes ont reculé de combien de pour cent ?",
        "Quel est le taux de chômage dans le canton ?",
    ],
    "temperature": ["Quelle est la température de l'eau en août ?"],
    "duration": [
        "Combien de temps dure la traversée ?",
        "Quelle est la durée du mandat ?",
        "Pendant combien d'années a-t-elle présidé le comité ?",
        "Au bout de combien de jours le colis arrive-t-il ?",
        "La cuisson dure combien ?",
    ],
    "reason": [
        "Pourquoi l'usine a-t-elle fermé ?",
        "Pour quel motif le juge s'est-il récusé ?",
        "Dans quel but la tour fut-elle bâtie ?",
        "Quelle est la cause de l'incendie ?",
        "Qu'est-ce qui a motivé son départ ?",
    ],
    "manner": [
        "Comment le renard entre-t-il dans l'enclos ?",
        "Par quel moyen les vivres arrivent-ils sur l'île ?",
        "De quelle façon trie-t-on les algues ?",
    ],
    "place": [
        "Où est conservé le manuscrit ?",
        "ou est conservé le manuscrit",
        "D'où viennent les cigognes ?",
        "L'atelier se trouve où ?",
        "C'est où, la maison du peintre ?",
        "Dans quel pays pousse cette orchidée ?",
        "Dans quel coin de Bretagne a-t-on vu le phoque ?",
        "Quelle fut la première capitale du royaume ?",
        "Où vont les oies quand il gèle ?",
        "Au Pérou, où cultive-t-on le quinoa ?",
    ],
    "person": [
        "Qui a sculpté le portail ?",
        "C'est qui, la nouvelle directrice ?",
        "De qui est ce roman ?",
        "Auprès de qui la potière a-t-elle appris son métier ?",
        "Face à qui le champion a-t-il perdu ?",
        "Le pont a été dessiné par qui ?",
        "En 1931 qui dirige la fanfare ?",
        "Quel architecte a restauré les halles ?",
        "Quel jeune chef a repris l'auberge ?",
        "Qui a peint la ville où il est né ?",
        "Qui a fondé le village d'où part le sentier ?",
        "Qui gouvernait quand la flotte a sombré ?",
        "Laquelle des deux candidates a gagné ?",
        "Sait-on qui a volé la cloche ?",
        "Qui régnait au Moyen Âge ?",
    ],
    "name": [
        "Comment s'appelle le chien du berger ?",
        "Comment se prénomme sa fille ?",
        "Comment les marins surnomment-ils ce vent ?",
        "Quel est l'ancien nom de la place ?",
        "Quel est le nom du gardien qui a donné l'alerte ?",
    ],
    "yesno": [
        "Est-ce que le col est ouvert en hiver ?",
        "La Suisse est elle membre de l'Union ?",
        "Le cinéma était-il plein quand la panne est survenue ?",
        "Est-ce qu'on pouvait tout de même entrer quand il pleuvait ?",
        "Le boulanger vend-il aussi du miel ?",
        "Le maire parle breton ou pas ?",
    ],
    "": [
        "Quelles divisions refont surface au sein du parti ?",
        "Quel fut le concept qui changea l'industrie de la couture ?",
        "Quel couteau utilise l'écailler ?",
        "Quelle puissance asiatique arbitra le conflit ?",
        "Quel était l'état d'esprit des marins ?",
        "Quelle est la réaction du loup quand le berger approche ?",
        "À l'issue des pourparlers, qu'est-ce que l'île a obtenu ?",
        "Quel sport la skieuse a-t-elle débuté à l'âge de 8 ans ?",
        "Quel bateau part à l'aube ?",
        "Quel site date de l'âge du bronze ?",
        "Quel prix littéraire la romancière a-t-elle reçu ?",
        "Quelle banque a le mieux payé son dirigeant ?",
        "Quelle culture domine la plaine ?",
        "À partir de quelle farine fait-on ces galettes ?",
        "Qu'est-ce qui a changé pour les bergers ?",
        "Où en est le chantier de la digue ?",
        "Quel tarif douanier fixe l'accord ?",
        "Quel est le poids de la pêche dans l'économie de l'île ?",
        "Quelle est la masse salariale du théâtre ?",
        "Sur quelle place-forte l'armée se replia-t-elle ?",
    ],
}


@pytest.mark.parametrize(("question", "kind"), [(q, kind) for kind, questions in ASKED.items() for q in questions])
def test_kinds(question: str, kind: str) -> None:
    """The word that asks, and the noun that it stands with, decide; the same words elsewhere do not."""
    assert kinds(question) - UNTOLD - {"list"} == ({kind} if kind else set())


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Qui a gagné la régate, et à quelle date ?", {"person", "date"}),
        ("Combien de brebis a-t-il perdues et pourquoi ?", {"number", "reason"}),
        ("C'est quand et où, la foire aux ânes ?", {"date", "place"}),
        ("À Besançon, qui répare l'horloge et quand ?", {"person", "date"}),
        ("L'horloger, qui vit à Besançon, a quel âge ?", {"age"}),
        ("Quel joueur a signé en mai et qui entre en lice ce soir ?", {"person"}),
    ],
)
def test_several_questions(question: str, expected: set[str]) -> None:
    """Each clause that asks adds its kind; a relative clause does not."""
    assert kinds(question) - UNTOLD - {"list"} == expected


@pytest.mark.parametrize(
    ("question", "several"),
    [
        ("Quels villages la crue a-t-elle touchés ?", True),
        ("Qui étaient les trois passagers ?", True),
        ("Citez deux poètes de la cour.", True),
        ("Qui a gagné, et quand ?", True),
        ("En 2016, quelle était la devise du pays ?", False),
        ("Selon le garde, combien de cerfs vivent ici ?", False),
        ("Qui donne son nom à la place ?", False),
    ],
)
def test_several(question: str, several: bool) -> None:
    """Asking for more than one thing; what stands before a comma is not a question of its own."""
    assert ("list" in kinds(question)) == several


@pytest.mark.parametrize(
    ("question", "definition"),
    [
        ("Qu'est-ce que le rouissage ?", True),
        ("C'est quoi un bouchot ?", True),
        ("Ça veut dire quoi, « dégoter » ?", True),
        ("Qui est Solène Kerbrat ?", True),
        ("Quel est le rôle du syndic ?", True),
        ("Quelle est la superficie de l'île ?", False),
        ("Par qui est élu le doge ?", False),
    ],
)
def test_definition(question: str, definition: bool) -> None:
    """What or who something is; not what has a kind of its own."""
    assert ("definition" in kinds(question)) == definition


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("How old is the mayor?", "age"),
        ("How tall is the tower?", "length"),
        ("Who built the lighthouse?", "person"),
        ("How much does the ticket cost?", "money"),
        ("When did the mine close?", "date"),
    ],
)
def test_english(question: str, kind: str) -> None:
    """The commonest words that ask in English."""
    assert kinds(question) == {kind}


@pytest.mark.parametrize(
    ("kind", "text", "whole"),
    [
        ("age", "Le marin, âgé de 27 ans, est sauf.", "age de 27 ans"),
        ("age", "Elle avait vingt et un ans.", "vingt et un ans"),
        ("age", "Le septuagénaire a été retrouvé.", "septuagenaire"),
        ("day", "La foire s'ouvre lundi.", "lundi"),
        ("year", "La cité tombe en 338.", "en 338"),
        ("hour", "Le train part à 9h45.", "9h45"),
        ("date", "Les travaux commencent début août.", "aout"),
        ("date", "Au XIXe siècle, la mine ferme.", "siecle"),
        ("number", "Seize bateaux sont rentrés.", "seize"),
        ("number", "On a compté 2 000 bateaux.", "2 000"),
        ("number", "Le quai accueille 2500 personnes.", "2500"),
        ("number", "La part est passée à 17,5 points.", "17,5"),
        ("rank", "Le voilier finit troisième.", "troisieme"),
        ("frequency", "Le conseil siège tous les trois ans.", "tous les"),
        ("money", "Le chantier a coûté 2,6 millions d'euros.", "2,6 millions d'euros"),
        ("weight", "La cloche pèse 1 435 kg.", "1 435 kg"),
        ("length", "La tour s'élève à 243 m.", "243 m"),
        ("area", "Le marais couvre 40 hectares.", "40 hectares"),
        ("area", "Le parc s'étend sur 12 km².", "12 km2"),
        ("speed", "Le navire file à 22 nœuds.", "noeuds"),
        ("share", "Un tiers des foyers est raccordé.", "un tiers"),
        ("share", "La hausse atteint 32 pour cent.", "32 pour cent"),
        ("duration", "Elle a présidé le comité pendant trois longues années.", "trois longues annees"),
        ("duration", "Il faut compter une douzaine de jours.", "douzaine de jours"),
    ],
)
def test_looks(kind: str, text: str, whole: str) -> None:
    """A count comes with its unit."""
    assert whole in LOOKING[kind].findall(fold(text))


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("length", "M. Dupont est arrivé."),
        ("length", "Le marais couvre 40 mètres carrés."),
        ("area", "Le train traverse Halle."),
        ("share", "Elle a perdu en quart de finale."),
        ("money", "La bibliothèque garde de vieux livres."),
        ("weight", "Le G7 se réunit."),
        ("age", "Le château domine la plaine depuis des siècles."),
        ("number", "La chaîne TV5 parle du Covid-19."),
        ("number", "Le défilé du 24 août est annulé."),
        ("number", "Elle est arrivée en 2020, à 14h30."),
    ],
)
def test_does_not_look(kind: str, text: str) -> None:
    """What only begins like a kind's sign is none."""
    assert not LOOKING[kind].search(fold(text))
