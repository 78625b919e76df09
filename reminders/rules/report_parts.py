"""What a report is made of, whatever file it becomes: headings, paragraphs and tables, in order."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Heading:
    words: str


@dataclass(frozen=True)
class Paragraph:
    words: str


@dataclass(frozen=True)
class Table:
    """Every row has as many cells as `head`; `widths` are in shares of the page."""

    head: tuple[str, ...]
    widths: tuple[int, ...]
    rows: tuple[tuple[str, ...], ...]


Part = Heading | Paragraph | Table


@dataclass(frozen=True)
class Report:
    title: str
    parts: tuple[Part, ...]
