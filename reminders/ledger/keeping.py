"""Keeps, beside a preview, the file it came from, how its sheets are read, and the cells a person changed."""

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from reminders.db import vault_of
from reminders.ledger.sheets import Plan
from reminders.rules.sheet_shape import Field, Layout
from reminders.tables.ledger import ColumnTitle, LedgerImport

Edits = Mapping[tuple[str, int], Mapping[Field, str]]


def first_plan(session: Session, made: LedgerImport, department: str) -> Plan:
    """The plan of a file just uploaded: nothing was told but what the department taught us before."""
    plan = Plan(department=department, titles=taught(session, made.department_id))
    keep(session, made, plan)
    return plan


def plan_of(session: Session, made: LedgerImport) -> Plan:
    told = json.loads(made.layout)
    return Plan(
        department=told.get("department", ""),
        layouts={name: _layout(one) for name, one in told.get("sheets", {}).items()},
        titles=taught(session, made.department_id),
        edits=_edits(session, made),
        holders={(sheet, row): holder_id for sheet, row, holder_id in told.get("holders", [])},
    )


def keep(session: Session, made: LedgerImport, plan: Plan) -> None:
    """Titles are kept by `teach`, the rest with the import."""
    made.layout = json.dumps(
        {
            "department": plan.department,
            "sheets": {name: _told(layout) for name, layout in plan.layouts.items()},
            "holders": [[sheet, row, holder_id] for (sheet, row), holder_id in plan.holders.items()],
        },
        ensure_ascii=False,
    )
    edits = [[sheet, row, dict(texts)] for (sheet, row), texts in plan.edits.items() if texts]
    made.edits_cipher = vault_of(session).seal(json.dumps(edits, ensure_ascii=False)) if edits else None


def taught(session: Session, department_id: int | None) -> dict[str, Field]:
    """What titles mean in this department, the newest word last; those of no department hold for imports
    that belong to none."""
    found = session.execute(
        select(ColumnTitle.title_key, ColumnTitle.field)
        .where(ColumnTitle.department_id.is_not_distinct_from(department_id))
        .order_by(ColumnTitle.id)
    )
    return {title: Field(field) for title, field in found}


def _edits(session: Session, made: LedgerImport) -> dict[tuple[str, int], dict[Field, str]]:
    if not made.edits_cipher:
        return {}
    found = json.loads(vault_of(session).open(made.edits_cipher))
    return {(sheet, row): {Field(name): text for name, text in texts.items()} for sheet, row, texts in found}


def _layout(told: Mapping[str, Any]) -> Layout:
    columns = {int(column): Field(name) if name else None for column, name in told["columns"].items()}
    return Layout(told["is_read"], told["header"], columns)


def _told(layout: Layout) -> dict[str, object]:
    columns = {str(column): field.value if field else "" for column, field in layout.columns.items()}
    return {"is_read": layout.is_read, "header": layout.header, "columns": columns}
