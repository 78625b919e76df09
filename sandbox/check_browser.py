"""A browser without a screen: cookies, links, and forms filled in as the page offers them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urljoin

import requests

WITHIN_S = 30


class NotThere(Exception):
    """The page has no such form, link or field; the text shows what it has."""


@dataclass
class Form:
    action: str
    method: str = "get"
    fields: dict[str, str] = field(default_factory=dict)  # what would be sent untouched
    files: list[str] = field(default_factory=list)
    buttons: list[tuple[str, str, str]] = field(default_factory=list)  # name, value, label
    choices: dict[str, list[tuple[str, str]]] = field(default_factory=dict)  # of a select: value, label


@dataclass(frozen=True)
class Page:
    """What came back, and what it offers."""

    url: str
    status: int
    source: str
    text: str
    forms: tuple[Form, ...]
    links: tuple[tuple[str, str], ...]  # address, label
    headers: Mapping[str, str]

    def link(self, wanted: str) -> str:
        """The first link whose label or address contains `wanted`. Raises NotThere."""
        for address, label in self.links:
            if wanted in label or wanted in address:
                return address
        raise NotThere(f"{self.url} has no link {wanted!r}; it has {[label for _, label in self.links]}")

    def form(self, wanted: str = "") -> Form:
        """The first form whose address, field, or button contains `wanted`. Raises NotThere."""
        for form in self.forms:
            words = [form.action, *form.fields, *form.files, *(" ".join(button) for button in form.buttons)]
            if any(wanted in word for word in words):
                return form
        offered = [(form.action, sorted(form.fields), form.buttons) for form in self.forms]
        raise NotThere(f"{self.url} ({self.status}) has no form {wanted!r}; it has {offered}")


class Browser:
    """One person's browser: follows redirects, keeps cookies to itself."""

    def __init__(self, *, agent: str = "") -> None:
        self.session = requests.Session()
        self.session.trust_env = False
        if agent:
            self.session.headers["User-Agent"] = agent

    def get(self, address: str) -> Page:
        return _page(self.session.get(address, timeout=WITHIN_S))

    def submit(
        self, page: Page, form: Form, values: Mapping[str, str] | None = None, *, file: Path | None = None
    ) -> Page:
        """Sends the form with its hidden fields, its first button, and the values given."""
        unknown = set(values or ()) - set(form.fields)
        if unknown:
            raise NotThere(
                f"{page.url}: the form {form.action} has no {unknown}; it has {sorted(form.fields)}"
            )
        sent = form.fields | dict(values or {})
        for name, value, _label in form.buttons[:1]:
            if name:
                sent[name] = value
        address = urljoin(page.url, form.action)
        if form.method == "get":
            return _page(self.session.get(address, params=sent, timeout=WITHIN_S))
        headers = {"Referer": page.url}
        if file is None:
            return _page(self.session.post(address, data=sent, headers=headers, timeout=WITHIN_S))
        with file.open("rb") as content:
            files = {form.files[0]: (file.name, content)}
            return _page(self.session.post(address, data=sent, files=files, headers=headers, timeout=60))


def _page(answer: requests.Response) -> Page:
    reader = _Reader(answer.url)
    kind = answer.headers.get("Content-Type", "")
    source = answer.text if "text" in kind or "xml" in kind or "json" in kind else ""
    if "html" in kind:
        reader.feed(source)
    text = " ".join(" ".join(reader.words).split())
    return Page(answer.url, answer.status_code, source, text, tuple(reader.forms), tuple(reader.links),
                dict(answer.headers))  # fmt: skip


class _Reader(HTMLParser):
    """Collects forms, links and visible words."""

    def __init__(self, base: str) -> None:
        super().__init__()
        self.base = base
        self.forms: list[Form] = []
        self.links: list[tuple[str, str]] = []
        self.words: list[str] = []
        self._inside: Form | None = None
        self._select = self._textarea = ""
        self._href: str | None = None
        self._button: tuple[str, str] | None = None
        self._label: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag in ("script", "style", "template"):
            self._silent += 1
        elif tag == "a" and given.get("href"):
            self._href, self._label = urljoin(self.base, given["href"]), []
        elif tag == "form":
            self._inside = Form(given.get("action") or self.base, given.get("method", "get").lower())
            self.forms.append(self._inside)
        elif self._inside is not None:
            self._field(tag, given, self._inside)

    def _field(self, tag: str, given: dict[str, str], form: Form) -> None:
        name = given.get("name", "")
        if tag == "input" and given.get("type") == "file":
            form.files.append(name)
        elif tag == "input" and given.get("type") in ("submit", "image"):
            form.buttons.append((name, given.get("value", ""), given.get("value", "")))
        elif tag == "input" and given.get("type") in ("checkbox", "radio"):
            if "checked" in given:
                form.fields[name] = given.get("value", "on")
        elif tag == "input" and name:
            form.fields[name] = given.get("value", "")
        elif tag == "select":
            self._select = name
            form.fields[name] = ""
        elif tag == "option" and self._select:
            form.choices.setdefault(self._select, []).append((given.get("value", ""), ""))
            if "selected" in given or not form.fields[self._select]:
                form.fields[self._select] = given.get("value", "")
        elif tag == "textarea":
            self._textarea = name
            form.fields[name] = ""
        elif tag == "button" and given.get("type", "submit") == "submit":
            self._button, self._label = (name, given.get("value", "")), []

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style", "template"):
            self._silent = max(0, self._silent - 1)
        elif tag == "a" and self._href:
            self.links.append((self._href, " ".join("".join(self._label).split())))
            self._href = None
        elif tag == "button" and self._button and self._inside:
            self._inside.buttons.append((*self._button, " ".join("".join(self._label).split())))
            self._button = None
        elif tag == "form":
            self._inside = None
        elif tag == "select":
            self._select = ""
        elif tag == "textarea":
            self._textarea = ""

    def handle_data(self, data: str) -> None:
        if self._select and self._inside and self._inside.choices.get(self._select):
            value, label = self._inside.choices[self._select][-1]
            self._inside.choices[self._select][-1] = (value, (label + data).strip())
        elif self._textarea and self._inside:
            self._inside.fields[self._textarea] += data.removeprefix("\n")
        elif not self._silent:
            self.words.append(data)
            if self._href or self._button:
                self._label.append(data)
