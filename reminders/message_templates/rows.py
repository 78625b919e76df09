"""Real rows of the ledger, as a wording would tell of them: for previews and for trying a change out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from sqlalchemy import SQLColumnExpression, select
from sqlalchemy.orm import Session

from reminders import windows
from reminders.five_facts import five_facts
from reminders.rules import correction_text
from reminders.rules.call_script import fact_values, greeting
from reminders.rules.correction_text import WrongLine
from reminders.rules.facts import MAIN_DATE, FiveFacts
from reminders.rules.identity import mask_holder
from reminders.rules.lifecycle import Expiry, HolderKind, LicenseState
from reminders.rules.permissions import Actor, department_scope
from reminders.rules.template_fields import Value
from reminders.rules.wording import Line, sms_params, values
from reminders.rules.wording_checks import LONGEST_VALUES, SMS_VALUES
from reminders.rules.wording_kinds import KINDS
from reminders.rules.wordings import Medium, TemplateKind
from reminders.tables.catalogue import CatalogueEntry
from reminders.tables.holders import Holder
from reminders.tables.ledger import License
from reminders.tables.staff import Department
from reminders.tables.windows import RenewalWindow

SAMPLE_CODE = "7K3M2-QXP9T"
SAMPLE_MISTAKE = "期满日期写错了"
CORRECTIONS = frozenset(
    {TemplateKind.WECHAT_CORRECTION, TemplateKind.SMS_CORRECTION, TemplateKind.CALL_CORRECTION}
)
# Of these no calendar foretells who gets them, and no row of the ledger says what they tell.
OTHERS = frozenset(
    {
        TemplateKind.SMS_CODE,
        TemplateKind.WECHAT_NEWS,
        TemplateKind.WECHAT_VISIT,
        TemplateKind.SMS_VISIT,
    }
)
OF_SEVERAL = frozenset({TemplateKind.WECHAT_DIGEST, TemplateKind.SMS_DIGEST})


@dataclass(frozen=True)
class LedgerRow:
    """The main date of one license; names of people masked."""

    holder_id: int
    due_on: date | None
    line: Line
    facts: FiveFacts


def rows(session: Session, conditions: Iterable[SQLColumnExpression[bool]], limit: int) -> list[LedgerRow]:
    """Those due first come first."""
    query = _rows().where(*conditions).order_by(License.next_due_on, License.id).limit(limit)
    return [_row(*found) for found in session.execute(query)]


def in_scope(actor: Actor) -> list[SQLColumnExpression[bool]]:
    """Licenses that are reminded, of the departments this person sees."""
    found: list[SQLColumnExpression[bool]] = [License.state == LicenseState.ACTIVE]
    found += [License.expiry == Expiry.DATED, CatalogueEntry.is_active]
    scope = department_scope(actor)
    return [*found, *([] if scope is None else [CatalogueEntry.department_id == scope])]


def told(kind: TemplateKind, rows: Sequence[LedgerRow], today: date, portal_url: str) -> dict[str, Any]:
    """The values by which a wording of this kind tells of these rows, as on that day."""
    lines = [row.line for row in rows]
    if kind in OTHERS:
        sample = SMS_VALUES if KINDS[kind].medium is Medium.SMS else LONGEST_VALUES
        return {name: sample[name] for name in KINDS[kind].values}
    if kind in CORRECTIONS:
        return _told_wrongly(kind, lines, today)
    if KINDS[kind].medium is Medium.FIELDS:
        return values(lines, today, SAMPLE_CODE)
    if KINDS[kind].medium is Medium.SMS:
        return dict(sms_params(lines, today, SAMPLE_CODE))
    found = fact_values(rows[0].facts, today)
    whole = {"count": str(len(rows)), "check_code": SAMPLE_CODE, "portal_url": portal_url}
    return {**found, **whole, "greeting": greeting("")}


def _told_wrongly(kind: TemplateKind, lines: Sequence[Line], today: date) -> dict[str, Value | None]:
    wrong = [_wrong(line, today) for line in lines]
    if kind is TemplateKind.WECHAT_CORRECTION:
        return correction_text.values(wrong, SAMPLE_MISTAKE, SAMPLE_CODE)
    if kind is TemplateKind.SMS_CORRECTION:
        return dict(correction_text.sms_params(wrong, SAMPLE_MISTAKE, SAMPLE_CODE))
    return dict(correction_text.script_values(wrong, SAMPLE_MISTAKE, SAMPLE_CODE))


def _wrong(line: Line, today: date) -> WrongLine:
    return WrongLine(
        told_on=today,
        license_id=line.license_id,
        license_name=line.license_name,
        holder_name=line.holder_name,
        holder_kind=line.holder_kind,
        date_name=line.date_name,
        told_date=line.expires_on - timedelta(days=1),
        right_date=line.expires_on,
        apply_by=line.apply_by,
        service_phone=line.service_phone,
    )


def _rows() -> Any:
    return windows.with_window(
        select(License, CatalogueEntry, Department, Holder.name, Holder.kind, RenewalWindow)
        .join(CatalogueEntry, CatalogueEntry.id == License.catalogue_entry_id)
        .join(Department, Department.id == CatalogueEntry.department_id)
        .join(Holder, Holder.id == License.holder_id)
    )


def _row(
    license_: License,
    entry: CatalogueEntry,
    department: Department,
    name: str,
    kind: HolderKind,
    window: RenewalWindow | None,
) -> LedgerRow:
    assert license_.expires_on is not None
    facts = five_facts(
        entry,
        department,
        window,
        holder_name=mask_holder(name, kind),
        license_no=license_.license_no,
        date_name=MAIN_DATE,
        expires_on=license_.expires_on,
    )
    line = Line(
        license_id=license_.id,
        license_name=entry.license_name,
        holder_name=name,
        holder_kind=kind,
        date_name=MAIN_DATE,
        expires_on=license_.expires_on,
        opens_on=facts.opens_on,
        apply_by=facts.apply_by,
        service_phone=department.service_phone,
    )
    return LedgerRow(license_.holder_id, license_.next_due_on, line, facts)


def masked_number(row: LedgerRow) -> LedgerRow:
    """For a page that anybody of the console may look at: the number of the license keeps its end only."""
    number = row.facts.license_no
    return replace(row, facts=replace(row.facts, license_no=f"……{number[-4:]}" if number else None))
