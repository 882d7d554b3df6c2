"""The report in a real browser: filters, sorting, links, marks, and the keyboard."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from browsing import Browser, fresh_look, real_browser, shown, small_report  # noqa: F401 (fixtures)
from report_runs import CONTAINERS, CRANE, QUAY
from selenium.webdriver.common.keys import Keys


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
    browser.until(f"new URLSearchParams(location.hash.slice(1)).get('text') === {json.dumps(text)}")
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
    choose(browser, "tag", "length")
    assert fragment(browser) == "#tag=length&q=c"
    choose(browser, "tag", "number")
    assert fragment(browser) == "#tag=number"
    browser.open(small, "#q=c")
    browser.until("document.querySelector('[data-id=c]').open")
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
