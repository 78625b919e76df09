"""A table whose cells name their column, so that a phone shows every row as a card."""

import re

from flask import Flask
from markupsafe import Markup

TITLE = re.compile(r"<th\b([^>]*)>(.*?)</th>", re.DOTALL)
ROW = re.compile(r"(<tr\b[^>]*>)(.*?)(?=</tr>)", re.DOTALL)
CELL = re.compile(r"<(td|th)\b([^>]*)>(?=(\s*[—·]?\s*</t[dh]>)?)")
TAG = re.compile(r"<[^>]+>")
NO_CARD = "no-card"  # a column whose heading says so is left out on a phone
LEAD = "leads"  # a cell that is the heading of its card


def teach(app: Flask) -> None:
    """`{% filter as_cards %}` around a table of class `cards`; the sheet does the rest."""
    app.jinja_env.filters["as_cards"] = as_cards


def as_cards(table: Markup) -> Markup:
    """`table` has one row of headings and no table within; cells that say nothing are marked as empty."""
    head, _, body = table.partition("</thead>")
    titles = [
        ("", True) if NO_CARD in attributes else (TAG.sub("", words).strip(), False)
        for attributes, words in TITLE.findall(head)
    ]

    def label(row: re.Match[str]) -> str:
        columns = iter(titles)

        def name(cell: re.Match[str]) -> str:
            title, is_left_out = next(columns, ("", False))
            kind, attributes, says_nothing = cell.groups()
            if is_left_out or says_nothing:
                return f"<{kind}{attributes} data-none>"
            if kind == "th" or re.search(rf'class="[^"]*\b{LEAD}\b', attributes):
                return cell[0]
            return f'<{kind}{attributes} data-th="{title}">'

        return row[1] + CELL.sub(name, row[2])

    return Markup(str(head) + "</thead>" + ROW.sub(label, str(body)))  # noqa: S704  both parts were escaped
