"""A person at the console who has no mouse: goes by Tab, presses Enter, and sees where the focus is."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Page

MOST_TABS = 220
# What the focus is on, as a screen reader names it, and whether it can be seen there.
HERE = """() => {
    const one = document.activeElement;
    if (!one || one === document.body) return {name: "", tag: "", seen: true, at: one ? "body" : ""};
    const style = getComputedStyle(one), box = one.getBoundingClientRect();
    const labels = [...(one.labels || [])].map(label => label.innerText).join(" ");
    const name = one.getAttribute("aria-label") || labels || one.innerText || one.placeholder || "";
    return {
        name: name.replace(/\\s+/g, " ").trim(),
        seen: style.outlineStyle !== "none" && box.width > 0 && box.height > 0,
        tag: one.tagName,
        at: one.outerHTML.slice(0, 140),
    };
}"""


@dataclass
class Keyboard:
    """`unseen` collects every place where the focus could not be seen."""

    page: Page
    base: str
    unseen: list[str]

    def here(self) -> dict[str, Any]:
        found: dict[str, Any] = self.page.evaluate(HERE)
        return found

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def to(self, name: str, *tags: str) -> None:
        """Tab until the focus is on what has this name, or begins with it; it must be seen there."""
        for _ in range(MOST_TABS):
            self.press("Tab")
            here = self.here()
            if str(here["name"]).startswith(name) and (not tags or here["tag"] in tags):
                if not here["seen"]:
                    self.unseen.append(f"{self.page.url}: {here['at']}")
                return
        raise AssertionError(f"no key leads to “{name}” on {self.page.url}")

    def past_the_menu(self) -> None:
        """By the skip link, which is the first thing on every page."""
        self.page.evaluate("document.activeElement?.blur()")
        self.to("跳到正文")
        self.press("Enter")
        self.page.wait_for_function("location.hash === '#main'")

    def leads(self, deed: Callable[[], None], to: str = "") -> None:
        """A key that opens another page, or the same one anew."""
        with self.page.expect_navigation():
            deed()
        self.page.wait_for_load_state("load")
        assert re.search(to, self.page.url), f"{self.page.url} instead of {to}"

    def enter(self, to: str = "") -> None:
        """Enter on what has the focus; it opens another page."""
        self.leads(lambda: self.press("Enter"), to)

    def push(self, name: str, to: str = "") -> None:
        """Goes to a button or a link and presses Enter on it."""
        self.to(name, "A", "BUTTON")
        self.enter(to)

    def open(self, name: str) -> None:
        """A part of the console by its name in the menu of the first page."""
        self.page.goto(f"{self.base}/staff/")
        self.push(name)

    def write(self, name: str, text: str) -> None:
        """Into a field: what stood there is replaced."""
        self.to(name, "INPUT", "TEXTAREA")
        self.press("Control+a")
        self.page.keyboard.insert_text(text)

    def choose(self, name: str, start: str) -> None:
        """In a list: arrow keys until the chosen line begins so."""
        self.to(name, "SELECT")
        self.press("Home")
        for _ in range(60):
            chosen = self.page.evaluate("document.activeElement.selectedOptions[0].text.trim()")
            if chosen.startswith(start):
                return
            self.press("ArrowDown")
        raise AssertionError(f"the list “{name}” has nothing that begins with “{start}”")

    def date(self, name: str, iso: str) -> None:
        """Typed part by part, in the order in which this browser shows the parts."""
        self.to(name, "INPUT")
        year, month, day = iso.split("-")
        for parts in ((month, day, year), (year, month, day)):
            self.press(*["ArrowLeft"] * 3)
            for place, part in enumerate(parts):
                if place and len(parts[place - 1]) == 4:  # a year may have six digits, so it waits
                    self.press("ArrowRight")
                self.page.keyboard.type(part)
            if self.page.evaluate("document.activeElement.value") == iso:
                return
        raise AssertionError(f"“{name}” does not take {iso}")

    def row(self, words: str) -> None:
        """By j to the row that says this."""
        for _ in range(MOST_TABS):
            before = self.here()["at"]
            self.press("j")
            here = self.here()
            assert here["at"] != before, f"j does not reach “{words}” on {self.page.url}"
            if words in str(here["name"]):
                return

    def says(self, words: str) -> None:
        told = self.page.locator("main").inner_text()
        assert words in told, f"“{words}” is not on {self.page.url}:\n{told[:1500]}"

    def downloads(self, name: str) -> str:
        """The name of the file that Enter on this button brings."""
        self.to(name)
        with self.page.expect_download() as awaited:
            self.press("Enter")
        return str(awaited.value.suggested_filename)

    def hands_in(self, name: str, file_name: str, content: bytes) -> None:
        """Enter on the field opens the system's own window; the file is chosen there."""
        self.to(name)
        with self.page.expect_file_chooser() as awaited:
            self.press("Enter")
        awaited.value.set_files(
            {"name": file_name, "mimeType": "application/octet-stream", "buffer": content}
        )
