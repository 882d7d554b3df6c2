"""A real browser to look at pages with: Debian's chromium and its driver, without any window and without a network."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from report_runs import small_run
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait

from bot.rendering.report import write
from bot.texts import texts

PHONE, DESKTOP = (360, 780), (1280, 800)
QUESTIONS = "#list > details"


class Browser:
    """A page that is looked at. `find` and `all` take CSS selectors."""

    def __init__(self, driver: Chrome) -> None:
        self.driver = driver

    def open(self, path: Path, fragment: str = "") -> None:
        """Go to a file; what was logged before is forgotten."""
        self.driver.get("about:blank")
        self.driver.get_log("browser")
        self.driver.get_log("performance")
        self.driver.get(path.as_uri() + fragment)

    def follow(self, fragment: str) -> None:
        """Go to another fragment of the same page, as a click on such a link does."""
        self.run("location.hash = arguments[0]", fragment)
        self.until("true")

    def run(self, script: str, *arguments: Any) -> Any:
        """What a piece of JavaScript returns."""
        return self.driver.execute_script(script, *arguments)

    def until(self, condition: str, seconds: float = 10) -> None:
        """Wait until a JavaScript expression holds, and two frames are drawn."""
        WebDriverWait(self.driver, seconds, 0.02).until(lambda _: self.run(f"return Boolean({condition})"))
        self.driver.execute_async_script("requestAnimationFrame(() => requestAnimationFrame(arguments[0]))")

    def open_all(self) -> None:
        """Open all that opens, and what opens in it."""
        for _ in range(3):
            self.run("document.querySelectorAll('details').forEach(e => { e.open = true })")
            self.until("true")

    def find(self, selector: str) -> WebElement:
        return self.driver.find_element("css selector", selector)

    def texts(self, selector: str) -> list[str]:
        """The text of each element, as it is stored in the page."""
        found: list[str] = self.run(
            "return [...document.querySelectorAll(arguments[0])].map(e => e.textContent)", selector
        )
        return found

    def style(self, selector: str, name: str) -> str:
        """A computed style of the first such element."""
        found: str = self.run(
            "return getComputedStyle(document.querySelector(arguments[0])).getPropertyValue(arguments[1])",
            selector,
            name,
        )
        return found

    def look(self, size: tuple[int, int] = DESKTOP, scheme: str = "light", media: str = "screen") -> None:
        """How big the screen is, whether it is day or night, and whether it is a screen or paper."""
        width, height = size
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": media, "features": features})

    def complaints(self) -> list[str]:
        """What the console says since the page was opened: errors, and what the page's policy refused."""
        return [line["message"] for line in self.driver.get_log("browser")]

    def requests(self) -> list[str]:
        """The addresses that were asked for since the page was opened."""
        events = [json.loads(line["message"])["message"] for line in self.driver.get_log("performance")]
        return [e["params"]["request"]["url"] for e in events if e["method"] == "Network.requestWillBeSent"]


@pytest.fixture(name="chromium", scope="session")
def real_browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """One browser for all tests; they are skipped where there is none."""
    binary, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if binary is None or driver is None:
        pytest.skip("no chromium and chromedriver (Debian: apt-get install chromium chromium-driver)")
    options = ChromeOptions()
    options.binary_location = binary
    profile = tmp_path_factory.mktemp("profile")
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--lang=en",
                     "--no-first-run", "--disable-background-networking", "--disable-component-update",
                     "--proxy-server=127.0.0.1:9", f"--user-data-dir={profile}"):  # fmt: skip
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    started = Chrome(options=options, service=Service(driver))
    try:
        yield Browser(started)
    finally:
        started.quit()


@pytest.fixture(name="browser")
def fresh_look(chromium: Browser) -> Browser:
    """The browser as a desktop in daylight, with scripts."""
    chromium.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
    chromium.look()
    return chromium


@pytest.fixture(name="small", scope="session")
def small_report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of six questions, of each outcome one at least, whose answers are sure of themselves."""
    return write(small_run(tmp_path_factory.mktemp("small"), [0.9, 0.8, 0.0, 0.6, 0.0, 0.2]), texts("en"))


def shown(browser: Browser) -> list[str]:
    """The ids of the questions in the list."""
    ids: list[str] = browser.run(
        "return [...document.querySelectorAll(arguments[0])].map(e => e.dataset.id)", QUESTIONS
    )
    return ids
