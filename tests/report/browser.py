"""Click through a report in a real headless Chromium."""

import shutil
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import ConsoleMessage, Error, Page, Request, sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass
class Seen:
    """What went wrong, or out, while the page was open."""

    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def watch(self, page: Page) -> None:
        """Note console messages, errors and requests of a page."""

        def console(message: ConsoleMessage) -> None:
            self.complaints.append(message.text)

        def error(found: Error) -> None:
            self.complaints.append(str(found))

        def request(made: Request) -> None:
            if not made.url.startswith(("file:", "data:")):
                self.requests.append(made.url)

        page.on("console", console)
        page.on("pageerror", error)
        page.on("request", request)


def click_through(report: Path) -> Seen:
    """Use the browser of examples as a person would, and check that it answers."""
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed: apt-get install chromium")
    seen = Seen()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=_ARGUMENTS)
        page = browser.new_page()
        seen.watch(page)
        page.goto(report.as_uri())
        _check_plots(page)
        _check_answers(page)
        _check_pairs(page)
        _check_address(page)
        browser.close()
    return seen


def _count(page: Page) -> int:
    words = page.locator("#count").inner_text().split()
    shown = page.locator("#list li").count()
    assert int(words[0]) == shown
    return shown


def _check_plots(page: Page) -> None:
    assert page.locator("figure svg").count() >= 8
    for title in ("Results", "Difficulty", "Training", "Faults", "Time"):
        assert page.locator(f"nav >> text={title}").count() == 1


def _check_answers(page: Page) -> None:
    every = _count(page)
    assert every > 3
    assert page.locator("#detail h3", has_text="Student's answer").count() == 1
    first = page.locator("#detail p").first.inner_text()
    page.locator("#list").focus()
    page.keyboard.press("ArrowDown")
    assert page.locator("#detail p").first.inner_text() != first
    page.keyboard.press("ArrowUp")
    assert page.locator("#detail p").first.inner_text() == first
    page.locator("#list li").nth(2).click()
    assert page.locator("#list li").nth(2).get_attribute("aria-selected") == "true"
    page.select_option("select[name=cycle]", "2")
    assert 0 < _count(page) < every
    assert page.locator("#detail .tag").first.inner_text() == "cycle 2"
    page.select_option("select[name=cycle]", "")
    page.fill("input[name=search]", "no such words anywhere")
    assert _count(page) == 0
    assert "Nothing matches" in page.locator("#detail").inner_text()
    page.fill("input[name=search]", "")
    assert _count(page) == every
    page.locator("#detail summary").first.click()
    assert page.locator("#detail td").first.is_visible()


def _check_pairs(page: Page) -> None:
    page.click("text=Teacher's pairs")
    every = _count(page)
    assert every > 3
    assert page.locator("#detail mark").count() > 0
    fault = page.locator("select[name=fault] option").nth(1).get_attribute("value")
    assert fault is not None
    page.select_option("select[name=fault]", fault)
    assert 0 < _count(page) < every
    assert f"Faulty: {fault}" in page.locator("#detail").inner_text()


def _check_address(page: Page) -> None:
    before = page.locator("#detail").inner_text()
    page.reload()
    assert page.locator("#detail").inner_text() == before
