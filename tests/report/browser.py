"""Click through a report, of any finished run, in a real headless Chromium."""

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import ConsoleMessage, Error, Page, Request, sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
SECTIONS = (
    "results",
    "difficulty",
    "training",
    "pairs",
    "teacher",
    "cost",
    "time",
    "examples",
    "recipe",
)
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
            if made.url != page.url and not made.url.startswith(("file:", "data:")):
                self.requests.append(made.url)

        page.on("console", console)
        page.on("pageerror", error)
        page.on("request", request)


@contextmanager
def opened(report: Path, seen: Seen, width: int = 1300) -> Iterator[Page]:
    """The report in a browser, watched."""
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=_ARGUMENTS)
        page = browser.new_page(viewport={"width": width, "height": 900})
        seen.watch(page)
        page.goto(report.resolve().as_uri())
        yield page
        browser.close()


def click_through(report: Path) -> Seen:
    """Use the page as a person would, and check that it answers.

    What must be shown is counted from the rows the page carries, so this fits any run that has
    answers and pairs.
    """
    seen = Seen()
    with opened(report, seen) as page:
        rows = json.loads(page.locator("#data").text_content() or "")
        _check_page(page)
        _check_filters(page, [row for row in rows if row["kind"] == "answer"])
        _check_keyboard(page)
        _check_tests(page)
        _check_pairs(page, [row for row in rows if row["kind"] == "pair"])
        _check_address(page)
    return seen


def count(page: Page) -> int:
    """How many examples are listed, as the page says and as it shows."""
    said = int(page.locator("#count").inner_text().split()[0])
    assert page.locator("#list li").count() == said
    return said


def _check_page(page: Page) -> None:
    for section in SECTIONS:
        assert page.locator(f"section#{section} h2").count() == 1
        page.click(f"nav a[href='#{section}']")
    assert page.locator("figure svg").count() >= 15
    assert page.locator("svg title").count() > 50
    wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
    assert not wide, "the page is wider than its window"


def _check_filters(page: Page, rows: list[Mapping[str, object]]) -> None:
    assert count(page) == len(rows) > 3
    for name in ("student", "level", "difficulty", "outcome"):
        for value in sorted({str(row[name]) for row in rows}):
            page.select_option(f"select[name={name}]", value)
            assert count(page) == sum(str(row[name]) == value for row in rows)
            shown = page.locator("#detail .tag").all_inner_texts()
            said = value.replace("_", " ")
            assert any(tag in {said, f"{name} {said}"} for tag in shown), (name, value, shown)
        page.select_option(f"select[name={name}]", "")
    page.fill("input[name=search]", "no such words anywhere")
    assert count(page) == 0
    assert "Nothing matches" in page.locator("#detail").inner_text()
    words = str(rows[-1]["question"])[:40]
    page.fill("input[name=search]", words.upper())
    assert 0 < count(page) <= len(rows)
    assert words.split()[0].lower() in page.locator("#detail .question").inner_text().lower()
    page.fill("input[name=search]", "")
    assert count(page) == len(rows)


def _check_keyboard(page: Page) -> None:
    first = page.locator("#detail").inner_text()
    page.locator("#list").focus()
    page.keyboard.press("ArrowDown")
    assert page.locator("#detail").inner_text() != first
    assert page.locator("#list [aria-selected=true]").count() == 1
    page.keyboard.press("ArrowUp")
    assert page.locator("#detail").inner_text() == first
    page.keyboard.press("End")
    last = page.locator("#list li").last
    assert last.get_attribute("aria-selected") == "true"
    page.locator("#list li").nth(2).click()
    assert page.locator("#list li").nth(2).get_attribute("aria-selected") == "true"


def _check_tests(page: Page) -> None:
    assert not page.locator("#detail td").first.is_visible()
    page.locator("#detail summary").first.click()
    assert page.locator("#detail td").first.is_visible()


def _check_pairs(page: Page, rows: list[Mapping[str, object]]) -> None:
    page.click("text=Teacher's pairs")
    assert count(page) == len(rows) > 3
    assert not page.locator("select[name=difficulty]").is_visible()
    for fault in sorted({str(row["fault"]) for row in rows}):
        page.select_option("select[name=fault]", fault)
        assert count(page) == sum(row["fault"] == fault for row in rows)
        assert "Faulty: " + fault.replace("_", " ") in page.locator("#detail").inner_text()
    page.select_option("select[name=fault]", "")
    assert page.locator("#detail mark").count() > 0


def _check_address(page: Page) -> None:
    page.locator("#list li").nth(3).click()
    before = page.locator("#detail").inner_text()
    page.reload()
    assert page.locator("#detail").inner_text() == before
    assert page.locator("#list li").nth(3).get_attribute("aria-selected") == "true"
    page.click("text=Student's answers")
    assert page.locator("#detail").inner_text() != before
