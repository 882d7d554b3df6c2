"""The report in a real browser: what it looks like, that no text in it acts, and that it asks nothing of a network."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
from browsing import DESKTOP, PHONE, QUESTIONS, Browser, fresh_look, real_browser, shown, small_report  # noqa: F401
from report_runs import HOSTILE, SMALL_ANSWERS, SMALL_ROWS, answer, hostile_run, long_run, make_run, small_run

from bot.rendering.report import write, write_comparison
from bot.texts import texts
from retrieval.evaluation.comparing import compare
from retrieval.evaluation.metrics import OUTCOMES


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of a run whose texts attack the page."""
    return write(hostile_run(tmp_path_factory.mktemp("hostile")), texts("fr"))


@pytest.fixture(scope="module")
def comparison(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of two runs, whose first question was lost."""
    a, b = (tmp_path_factory.mktemp(name) for name in ("a", "b"))
    small_run(a)
    make_run(b, SMALL_ROWS, [answer("a"), *SMALL_ANSWERS[1:]])
    return write_comparison(compare(a, b), texts("fr"))


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of 4,000 questions."""
    return write(long_run(tmp_path_factory.mktemp("long")), texts("fr"))


def test_hostile_texts_do_nothing(browser: Browser, hostile: Path) -> None:
    """No text of an article, question, answer or name makes an element, runs, or turns the writing around it."""
    browser.open(hostile)
    for box in ("tag", "language"):
        assert browser.find(f"#{box}").is_displayed()
    browser.open_all()
    assert browser.texts(".hits .passage")
    assert browser.run("return window.pwned") is None
    assert browser.run("return document.querySelectorAll('img, iframe, object, base, script').length") == 6
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
    assert len(browser.texts(QUESTIONS)) == 1


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
@pytest.mark.parametrize("report", ["small", "hostile", "comparison"])
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
    assert browser.complaints() == []


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
    assert time.perf_counter() - start < 40  # a second or so, and Chromium has other business on a busy machine
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
