"""The officers' handbook: chapters in Markdown, rendered, searched and tied to the pages of the console."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

from reminders.rules import text_search
from reminders.rules.lifecycle import Role
from reminders.rules.text_search import Document, Hit

FOLDER = Path(__file__).parent / "chapters"
ADDRESS = "/staff/handbook/"
FRONT = "front"  # the chapter that a page without one of its own leads to
# What stands on the screen is written 【like this】 in a chapter; a test looks for it in the templates.
ON_SCREEN = re.compile(r"【([^】]+)】")
CHAPTER_LINK = re.compile(
    r"^\d\d-([a-z-]+)\.md(?:#(.+))?$"
)  # the name of the file, so that it leads there too
MOST_HITS = 20


@dataclass(frozen=True)
class Section:
    """What stands under one heading, as text to search; `anchor` is empty before the first heading."""

    anchor: str
    title: str
    text: str


@dataclass(frozen=True)
class Chapter:
    """`roles` are those it is written for, empty: everybody; `pages` are endpoints, or desks as a whole."""

    slug: str
    title: str
    roles: frozenset[Role]
    pages: tuple[str, ...]
    html: str
    sections: tuple[Section, ...]

    def is_for(self, role: Role | None) -> bool:
        return not self.roles or role in self.roles

    def on_paper(self) -> str:
        """One level down and without anchors, as a part of the whole book."""
        bare = re.sub(r' id="[^"]*"', "", self.html)
        return re.sub(r"(</?h)([12])>", lambda found: f"{found[1]}{int(found[2]) + 1}>", bare)


@cache
def chapters() -> tuple[Chapter, ...]:
    """In the order of their file names, read when the first page asks."""
    return tuple(_read(path) for path in sorted(FOLDER.glob("*.md")))


def chapter(slug: str) -> Chapter | None:
    return next((one for one in chapters() if one.slug == slug), None)


def chapter_of(endpoint: str) -> Chapter | None:
    """The chapter that names this page, else the one that names its desk."""
    owners = _owners()
    desk = endpoint.rpartition(".")[0]
    return owners.get(endpoint) or owners.get(desk)


def search(query: str) -> list[Hit]:
    """Sections, best first; each address leads to its heading. Nothing asked finds nothing."""
    documents = (
        Document(
            f"{ADDRESS}{one.slug}" + (f"#{section.anchor}" if section.anchor else ""),
            one.title,
            section.title,
            section.text,
        )
        for one in chapters()
        for section in one.sections
    )
    return text_search.find(documents, query, MOST_HITS)


@cache
def _owners() -> Mapping[str, Chapter]:
    return {page: one for one in chapters() for page in one.pages}


def _read(path: Path) -> Chapter:
    head, _, body = path.read_text(encoding="utf-8").partition("\n\n")
    told = dict(line.split(":", 1) for line in head.splitlines())
    tokens = MarkdownIt("commonmark", {"html": False}).parse(body)
    for place, token in enumerate(tokens):
        if token.type == "heading_open" and token.tag != "h1":
            token.attrSet("id", anchor(tokens[place + 1].content))
        for child in token.children or ():
            if child.type == "link_open":
                child.attrSet("href", _address(str(child.attrGet("href"))))
    page = str(MarkdownIt("commonmark").renderer.render(tokens, MarkdownIt("commonmark").options, {}))
    return Chapter(
        slug=path.stem.partition("-")[2],
        title=tokens[1].content,
        roles=frozenset(Role(word) for word in told.get("for", "").split()),
        pages=tuple(told.get("pages", "").split()),
        html=ON_SCREEN.sub(r'<b class="on-screen">\1</b>', page),
        sections=tuple(_sections(tokens)),
    )


def anchor(heading: str) -> str:
    """The heading itself: a link to it can be read in the file."""
    return escape(re.sub(r"\s+", "", heading))


def _address(written: str) -> str:
    found = CHAPTER_LINK.match(written)
    if not found:
        return written
    return f"{ADDRESS}{found[1]}" + (f"#{found[2]}" if found[2] else "")


def _sections(tokens: Sequence[Token]) -> list[Section]:
    found: list[Section] = []
    heading, words, is_title = "", list[str](), False
    for token in tokens:
        if token.type == "heading_open":
            if found or heading:
                found.append(Section(anchor(heading) if len(found) else "", heading, "".join(words)))
            words, is_title = [], True
        elif token.type == "inline" and is_title:
            heading, is_title = token.content, False
        elif token.type == "inline":
            text = "".join(child.content or " " for child in token.children or ())
            words.append(ON_SCREEN.sub(r"“\1”", text) + " ")
    found.append(Section(anchor(heading) if found else "", heading, "".join(words)))
    return found
