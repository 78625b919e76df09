"""The forms in which a wording is written: rows of fields for WeChat, a text for each part elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from flask import request
from markupsafe import Markup, escape

from portal.staff.wording_names import kept, spoken
from reminders.message_templates import Overview
from reminders.rules.wording_kinds import VALUE_WORDS
from reminders.rules.wordings import PLACEHOLDER, Medium, TemplateKind, Wording, in_order

FIELD_ROWS = 5


@dataclass(frozen=True)
class FieldRow:
    """One field of a WeChat template as it is typed; `words` are the preset ones, divided by 、."""

    key: str = ""
    text: str = ""
    words: str = ""


def typed_wording(one: Overview) -> Wording:
    """What the form says; how good that is, the rules tell."""
    current = one.wording
    template_id = request.form.get("template_id", "").strip()
    if one.kind is TemplateKind.SUBSCRIPTION and current is not None:
        template_id = current.template_id  # granted by people to this very template
    if one.rules.medium is Medium.FIELDS:
        rows = _typed_rows()
        words = {row.key: tuple(filter(None, map(str.strip, row.words.split("、")))) for row in rows}
        allowed = {key: found for key, found in words.items() if found}
        return Wording(one.kind, {row.key: row.text for row in rows}, template_id, allowed)
    texts = {name: _text(f"part_{name}") for name in one.rules.parts}
    if one.rules.medium is Medium.TEXT:
        return Wording(one.kind, texts)
    wording = Wording(one.kind, texts, template_id)
    return replace(wording, params=in_order(wording))


def rows_of(wording: Wording) -> Sequence[FieldRow]:
    """As many as a template may have; the empty ones wait to be written."""
    rows = [
        FieldRow(key, text, "、".join(wording.allowed.get(key, ()))) for key, text in wording.parts.items()
    ]
    return rows + [FieldRow()] * max(FIELD_ROWS - len(rows), 0)


def marked(text: str) -> Markup:
    """With its placeholders marked, and what each stands for."""
    found, at = [], 0
    for match in PLACEHOLDER.finditer(text):
        name = match.group(1)
        found.append(escape(text[at : match.start()]))
        found.append(
            Markup('<mark class="slot" title="{}">{}</mark>').format(
                VALUE_WORDS.get(name, "没有这个占位符"), spoken(match.group(0))
            )
        )
        at = match.end()
    return Markup("").join([*found, escape(text[at:])])


def _typed_rows() -> list[FieldRow]:
    columns = [request.form.getlist(name) for name in ("key", "value", "words")]
    rows = [
        FieldRow(key.strip(), kept(text.strip()), words) for key, text, words in zip(*columns, strict=False)
    ]
    return [row for row in rows if row.key or row.text]


def _text(name: str) -> str:
    """A browser ends lines its own way."""
    return kept("\n".join(line.rstrip() for line in request.form.get(name, "").splitlines()).strip())
