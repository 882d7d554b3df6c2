"""The report in a real browser: filters, links, marks, looks, and that it asks nothing of a network."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

import pytest
from browsing import DESKTOP, PHONE, Browser, fresh_look, real_browser  # noqa: F401 (fixtures)
from report_runs import CONTAINERS, CRANE, HOSTILE, QUAY, hostile_run, long_run, small_run
from selenium.webdriver.common.keys import Keys

from bot.rendering.report import write
from bot.texts import texts
from retrieval.evaluation.metrics import OUTCOMES

SHOWN = "#list > details"


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of six questions, of each outcome one at least, whose answers are sure of themselves."""
    return write(small_run(tmp_path_factory.mktemp("small"), [0.9, 0.8, 0.0, 0.6, 0.0, 0.2]), texts("en"))


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of a run whose texts attack the page."""
    return write(hostile_run(tmp_path_factory.mktemp("hostile")), texts("fr"))


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of 4,000 questions."""
    return write(long_run(tmp_path_factory.mktemp("long")), texts("fr"))


def shown(browser: Browser) -> list[str]:
    """The ids of the questions in the list."""
    ids: list[str] = browser.run("return [...document.querySelectorAll(arguments[0])].map(e => e.dataset.id)", SHOWN)
    return ids


def fragment(browser: Browser) -> str:
    """What the address says."""
    said: str = browser.run("return location.hash")
    return said


def choose(browser: Browser, name: str, value: str) -> None:
    """Choose an option, as a reader does."""
    browser.find(f"#{name} option[value={json.dumps(value)}]").click()


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("tag", "number", ["a", "b", "d"]),
        ("language", "en", ["d"]),
        ("proof", "cited", ["a"]),
        ("proof", "found", ["b"]),
        ("proof", "near", ["c"]),
        ("proof", "absent", ["d"]),
        ("proof", "none", ["e", "f"]),
        ("metric", "unanswerable_abstained", ["f"]),
        ("metric", "answerable_abstained", ["c"]),
        ("metric", "statements_dropped", ["d"]),
    ],
)
def test_filters(browser: Browser, small: Path, name: str, value: str, expected: list[str]) -> None:
    """A choice leaves the questions it says; the address has it, and leads to the same list again."""
    browser.open(small)
    assert shown(browser) == list("abcdef")
    choose(browser, name, value)
    assert shown(browser) == expected
    assert browser.find("#count").text.startswith(f"{len(expected)} of 6 questions")
    assert fragment(browser) == f"#{name}={value}"
    browser.open(small, fragment(browser))
    assert shown(browser) == expected
    assert browser.find(f"#{name}").get_property("value") == value
    browser.find("#clear").click()
    assert (shown(browser), fragment(browser)) == (list("abcdef"), "")


def test_outcomes(browser: Browser, small: Path) -> None:
    """Outcomes add up; each tells how many it has among what the other filters leave."""
    browser.open(small)
    for name in ("wrong", "wrongly_abstained"):
        browser.find(f"#outcome-{name}").click()
    assert shown(browser) == ["b", "c", "d"]
    assert fragment(browser) == "#outcome=wrongly_abstained,wrong"
    assert browser.find("#count").text == "3 of 6 questions · 0.0 % of them handled right"
    choose(browser, "tag", "number")
    assert shown(browser) == ["b", "d"]
    assert browser.texts("#outcomes label strong") == ["1", "0", "0", "2", "0"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("PÈSE grue", ["b"]), ("pese", ["b"]), ("lycee.txt", ["d"]), ("372", ["a", "b", "f"]), ("nothing like it", [])],
)
def test_search(browser: Browser, small: Path, text: str, expected: list[str]) -> None:
    """Words are found in questions, answers, articles and ids, whatever their case and accents."""
    browser.open(small)
    browser.find("#text").send_keys(text)
    browser.until("location.hash")
    assert shown(browser) == expected
    told = browser.find("#count").text
    assert told.startswith(f"{len(expected)} of 6") if expected else told == "No question is like that."


def test_sorting(browser: Browser, small: Path) -> None:
    """A column sorts up, then down; what has no value stands last both ways, and the button says which way."""
    browser.open(small)
    browser.find("#sorts .seconds").click()
    assert shown(browser) == ["f", "a", "c", "d", "e", "b"]
    assert browser.find("#sorts .seconds").get_attribute("aria-pressed") == "true"
    assert "ascending" in browser.texts("#sorts .seconds")[0]
    browser.find("#sorts .seconds").click()
    assert shown(browser) == ["b", "a", "c", "d", "e", "f"]
    assert fragment(browser) == "#sort=-seconds"
    browser.find("#sorts .confidence").click()
    assert shown(browser) == ["f", "d", "b", "a", "c", "e"]
    browser.find("#sorts .confidence").click()
    assert shown(browser) == ["a", "b", "d", "f", "c", "e"]
    browser.find("#sorts .rank").click()
    assert shown(browser) == ["a", "b", "c", "d", "e", "f"]


def test_link_to_a_question(browser: Browser, small: Path) -> None:
    """An address with an id opens that question, whatever filter would hide it; opening one puts it in the address."""
    browser.open(small, "#tag=far&q=b")
    browser.until("document.querySelector('[data-id=b]').open")
    assert fragment(browser) == "#q=b"
    assert browser.run("return document.activeElement.parentElement.dataset.id") == "b"
    browser.find("[data-id=c] summary").click()
    browser.until("location.hash === '#q=c'")
    browser.find("[data-id=c] summary").click()
    browser.until("location.hash === ''")
    browser.open(small, "#q=unknown&tag=unknown&sort=unknown&outcome=unknown")
    assert shown(browser) == list("abcdef")


def test_scores_lead_to_questions(browser: Browser, small: Path) -> None:
    """Names of measures, tags and outcomes lead to their questions; a link to a part of the page filters nothing."""
    browser.open(small)
    browser.find("a[href='#metric=handled']").click()
    browser.until("location.hash === '#metric=handled'")
    assert shown(browser) == ["b", "c", "d", "f"]
    browser.find("a[href='#tag=english']").click()
    browser.until("location.hash === '#tag=english'")
    assert shown(browser) == ["d"]
    browser.find("a[href='#outcome=rightly_abstained']").click()
    browser.until("location.hash === '#outcome=rightly_abstained'")
    assert shown(browser) == ["e"]
    browser.follow("#scores")
    assert shown(browser) == ["e"]


def test_quotes_and_evidence(browser: Browser, small: Path) -> None:
    """What was cited and what should have been are marked in their passages, character by character, and not alike."""
    browser.open(small, "#q=b")
    browser.until("document.querySelector('[data-id=b] .sources')")
    marked = "e => [...e.childNodes].filter(n => !n.classList?.contains('tag')).map(n => n.textContent).join('')"
    script = f"return [...document.querySelectorAll(arguments[0])].map({marked})"
    assert browser.run(script, "[data-id=b] .sources mark.quote") == [CONTAINERS, CONTAINERS]
    assert set(browser.run(script, "[data-id=b] .sources mark.evidence")) == {CRANE}
    told = browser.find("[data-id=b] .opened").text
    assert "Its passage was found at rank 2, and not cited." in told
    assert "La Gazette" in told
    assert "15 January 2024" in told
    assert browser.find("[data-id=b] .source a").get_attribute("href") == "https://example.org/port"
    assert browser.style("[data-id=b] mark.evidence", "outline-style") == "dashed"
    assert browser.style("[data-id=b] mark.quote", "outline-style") == "none"
    browser.follow("#q=c")
    browser.until("document.querySelector('[data-id=c] .sources')")
    assert browser.run(script, "[data-id=c] mark.evidence:not(.legend mark)") == [QUAY]
    assert "Its article is among the passages found, this passage is not." in browser.find("[data-id=c]").text
    whole = browser.find("[data-id=c] .whole")
    whole.find_element("css selector", "summary").click()
    browser.until("document.querySelector('[data-id=c] .whole blockquote')")
    assert browser.texts("[data-id=c] .whole blockquote")[0].startswith("🚢 Le port sec")


def test_markers_lead_to_citations(browser: Browser, small: Path) -> None:
    """A marker in the answer goes to its citation."""
    browser.open(small, "#q=a")
    browser.until("document.querySelector('[data-id=a] .marker')")
    browser.find("[data-id=a] .marker").click()
    assert browser.run("return document.activeElement.id") == "c0-1"


def test_by_keyboard(browser: Browser, small: Path) -> None:
    """Without a mouse a reader gets to the questions, ticks an outcome, and opens a question; the focus is seen."""
    browser.open(small)
    browser.find("body").send_keys(Keys.TAB)
    assert browser.run("return document.activeElement.className") == "skip"
    browser.run("document.getElementById('outcome-wrong').focus()")
    browser.driver.switch_to.active_element.send_keys(Keys.SPACE)
    assert shown(browser) == ["b", "d"]
    browser.run("document.querySelector('[data-id=d] summary').focus()")
    browser.driver.switch_to.active_element.send_keys(Keys.ENTER)
    browser.until("document.querySelector('[data-id=d] .opened')")
    assert browser.style("[data-id=d] summary", "outline-style") == "solid"


def test_hostile_texts_do_nothing(browser: Browser, hostile: Path) -> None:
    """No text of an article, question, answer or name makes an element, runs, or turns the writing around it."""
    browser.open(hostile)
    for box in ("tag", "language"):
        assert browser.find(f"#{box}").is_displayed()
    browser.open_all()
    assert browser.texts(".hits .passage")
    assert browser.run("return window.pwned") is None
    assert browser.run("return document.querySelectorAll('img, iframe, object, base, script').length") == 5
    assert browser.run("return [...document.querySelectorAll('a')].map(a => a.protocol)").count("javascript:") == 0
    page = browser.run("return document.body.innerText")
    assert not re.search("[\u2028\u202a-\u202e\u2066-\u2069]", page)
    assert "U+202E" in page
    assert "U+D800" in page
    assert "</script><script>window.pwned=1</script>" in page
    assert HOSTILE.split()[0][:20] in browser.texts("#tag option")[1]
    assert browser.complaints() == []
    browser.find("a[href^='#tag=']").click()
    browser.until("location.hash.startsWith('#tag=')")
    assert len(browser.texts(SHOWN)) == 1


def test_no_network_and_no_complaint(browser: Browser, small: Path) -> None:
    """Nothing but the file is asked for, and the console stays silent, also when all is opened."""
    browser.open(small, "#q=a")
    browser.open_all()
    assert len(browser.texts(".opened")) == 6
    assert browser.run("return performance.getEntriesByType('resource').length") == 0
    assert {url.split("#")[0] for url in browser.requests() if not url.startswith("data:")} == {small.as_uri()}
    assert browser.complaints() == []
    refused = "document.addEventListener('securitypolicyviolation', e => { window.refused = e.violatedDirective })"
    browser.run(f"{refused}; document.body.append(Object.assign(new Image(), {{ src: 'http://127.0.0.1:9/x.png' }}))")
    browser.until("window.refused")
    assert browser.run("return window.refused") == "img-src"


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
@pytest.mark.parametrize("report", ["small", "hostile"])
def test_nothing_sticks_out(
    browser: Browser, report: str, size: tuple[int, int], request: pytest.FixtureRequest
) -> None:
    """The page is as wide as the screen, with everything opened and words that do not end."""
    browser.look(size)
    browser.open(request.getfixturevalue(report))
    browser.open_all()
    out = """return [...document.querySelectorAll('main *')]
             .filter(e => e.getBoundingClientRect().right > innerWidth + 1)
             .filter(e => !e.closest('.wide, .unseen')).map(e => e.outerHTML.slice(0, 120))"""
    assert browser.run(out) == []
    assert browser.run("return document.documentElement.scrollWidth") <= size[0]


def luminance(colour: str) -> float:
    """Of a colour as computed styles say it (WCAG 2.2)."""
    channels = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Between two colours, 1 to 21 (WCAG 2.2)."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_light_and_dark(browser: Browser, small: Path, scheme: str) -> None:
    """The page follows the reader's scheme, and its texts stand out from what they stand on by 4.5 and more."""
    browser.look(scheme=scheme)
    browser.open(small, "#q=b")
    browser.until("document.querySelector('[data-id=b] .sources')")
    paper = browser.style("html", "background-color")
    assert (luminance(paper) < 0.05) == (scheme == "dark")
    outcomes = [f"ul.outcomes .{name}" for name in OUTCOMES]
    for place in ("html", ".note", "a", "caption", ".apart", "#sorts button", "mark .tag.evidence", ".tags", *outcomes):
        if browser.texts(place):
            assert contrast(browser.style(place, "color"), paper) >= 4.5, place
    assert contrast(browser.style("mark.quote", "color"), browser.style("mark.quote", "background-color")) >= 4.5
    assert contrast(browser.style("#filters label", "color"), browser.style("#filters", "background-color")) >= 4.5
    assert contrast(browser.style(".point", "fill"), paper) >= 3
    assert contrast(browser.style("line.value", "stroke"), paper) >= 3


def test_without_motion_and_on_paper(browser: Browser, small: Path) -> None:
    """Nothing moves by itself; on paper there are scores and questions in black on white, and no controls."""
    browser.open(small, "#q=b")
    moving = "e => getComputedStyle(e).transitionDuration !== '0s' || getComputedStyle(e).animationName !== 'none'"
    assert browser.run(f"return [...document.querySelectorAll('*')].filter({moving}).length") == 0
    assert browser.style("html", "scroll-behavior") == "auto"
    browser.look(scheme="dark", media="print")
    assert browser.style("html", "background-color") == "rgb(255, 255, 255)"
    assert browser.style("#filters", "display") == "none"
    assert browser.style(".question", "display") == "block"


def test_without_scripts(browser: Browser, small: Path) -> None:
    """Scores and plots are there, the list is not, and a notice says so."""
    browser.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    browser.open(small)
    assert "needs JavaScript" in browser.find("noscript").text
    assert browser.find("svg.plot").is_displayed()
    assert browser.find("table.scores").is_displayed()
    assert not browser.find("#browser").is_displayed()


def test_four_thousand_questions(browser: Browser, long: Path) -> None:
    """They are there at once, a screen of them at a time; a filter takes no time, and a link goes far down the list."""
    start = time.perf_counter()
    browser.open(long)
    browser.until("document.querySelectorAll('#list > details').length")
    assert time.perf_counter() - start < 8
    assert len(shown(browser)) <= 200
    browser.run("document.getElementById('further').scrollIntoView()")
    browser.until("document.querySelectorAll('#list > details').length > 60")
    took = browser.run("""const start = performance.now(); const text = document.getElementById('text');
        change({ text: 'q07 PORT' }); return performance.now() - start""")
    assert took < 1500
    assert browser.find("#count").text.startswith("100 questions sur 4\u202f000")
    browser.follow("#q=q3999")
    browser.until("document.querySelector('[data-id=q3999]')?.open")
    assert browser.run("return document.querySelector('[data-id=q3999]').getBoundingClientRect().top") < DESKTOP[1]
    assert browser.complaints() == []
