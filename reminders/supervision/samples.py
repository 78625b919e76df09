"""Draws samples of the ledger, shows their rows, and writes down what was found of each."""

import secrets
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, select
from sqlalchemy.orm import Session

from reminders import audit
from reminders.errors import Conflict, Invalid, NotFound
from reminders.rules.lifecycle import Expiry, LicenseState
from reminders.rules.permissions import Actor, department_scope
from reminders.rules.supervision import Verdict, draw
from reminders.supervision.figures import of_scope
from reminders.tables.catalogue import CatalogueEntry
from reminders.tables.holders import Contact, Holder
from reminders.tables.ledger import License
from reminders.tables.staff import Department
from reminders.tables.supervision import Sample, SampleRow

MOST = 200
NEWEST = 50
NOTE_LENGTH = 1000


@dataclass(frozen=True)
class SampleLine:
    """`checked` and `problems` count its rows so far."""

    id: int
    department: str
    seed: str
    population: int
    drawn_by: str
    created_at: datetime
    size: int
    checked: int
    problems: int


@dataclass(frozen=True)
class Finding:
    """One row of a sample; `verdict` None: nobody looked yet."""

    license_id: int
    department_id: int
    department: str
    holder_name: str
    license_name: str
    license_no: str
    expiry: Expiry
    expires_on: date | None
    has_phone: bool
    state: LicenseState
    verdict: Verdict | None
    note: str
    checked_by: str


def draw_sample(
    session: Session, department_id: int | None, size: int, seed: str, *, actor: Actor, now: datetime
) -> int:
    """Draws from the licenses of a department, of all for None; an empty seed is chosen by chance.

    Raises Invalid for a senseless size, Conflict when there is nothing to draw from.
    """
    if not 1 <= size <= MOST:
        raise Invalid(f"抽查数量应在 1 到 {MOST} 之间。")
    chosen = seed.strip()[:64] or secrets.token_hex(4)
    population = list(session.execute(_population(department_id)).scalars())
    if not population:
        raise Conflict("台账里没有可以抽查的证照。")
    sample = Sample(
        department_id=department_id,
        seed=chosen,
        population=len(population),
        drawn_by_name=actor.name,
        created_at=now,
    )
    session.add(sample)
    session.flush()
    drawn = draw(population, chosen, size)
    session.add_all(
        SampleRow(sample_id=sample.id, license_id=one, place=place) for place, one in enumerate(drawn, 1)
    )
    session.flush()
    detail = {"seed": chosen, "population": len(population), "license_ids": drawn}
    audit.record(session, "sample.draw", f"supervision_sample:{sample.id}", detail, actor=actor, now=now)
    return sample.id


def samples(session: Session, *, actor: Actor) -> list[SampleLine]:
    """The newest first; a department sees those with rows of its own, counted by them."""
    scope = department_scope(actor)
    counted = (func.count(), func.count(SampleRow.verdict), func.sum(_is_problem()))
    query = (
        select(Sample, Department.name, *counted)
        .outerjoin(Department, Department.id == Sample.department_id)
        .join(SampleRow, SampleRow.sample_id == Sample.id)
        .join(License, License.id == SampleRow.license_id)
        .join(CatalogueEntry, CatalogueEntry.id == License.catalogue_entry_id)
        .group_by(Sample.id, Department.name)
        .order_by(Sample.id.desc())
        .limit(NEWEST)
    )
    return [
        SampleLine(
            row.id,
            department or "",
            row.seed,
            row.population,
            row.drawn_by_name,
            row.created_at,
            size,
            checked,
            problems or 0,
        )
        for row, department, size, checked, problems in session.execute(of_scope(query, scope))
    ]


def findings(session: Session, sample_id: int, *, actor: Actor) -> list[Finding]:
    """In the order drawn. Raises NotFound for a sample without a row the actor may see."""
    query = (
        select(SampleRow, License, CatalogueEntry.license_name, Department.id, Department.name, Holder.name)
        .add_columns(Contact.id.is_not(None) & Contact.wrong_at.is_(None))
        .join(License, License.id == SampleRow.license_id)
        .join(CatalogueEntry, CatalogueEntry.id == License.catalogue_entry_id)
        .join(Department, Department.id == CatalogueEntry.department_id)
        .join(Holder, Holder.id == License.holder_id)
        .outerjoin(Contact, Contact.id == License.contact_id)
        .where(SampleRow.sample_id == sample_id)
        .order_by(SampleRow.place)
    )
    found = [
        Finding(
            row.license_id,
            department_id,
            department,
            holder,
            license_name,
            license_.license_no or "",
            license_.expiry,
            license_.expires_on,
            bool(has_phone),
            license_.state,
            row.verdict,
            row.note,
            row.checked_by_name,
        )
        for row, license_, license_name, department_id, department, holder, has_phone in session.execute(
            of_scope(query, department_scope(actor))
        )
    ]
    if not found:
        raise NotFound("没有找到这次抽查，可能不属于您的科室。")
    return found


def record_finding(
    session: Session,
    sample_id: int,
    license_id: int,
    verdict: Verdict,
    note: str,
    *,
    actor: Actor,
    now: datetime,
) -> None:
    """Raises Invalid for a problem without words, NotFound for a row that was not drawn."""
    words = note.strip()[:NOTE_LENGTH]
    if verdict is Verdict.PROBLEM and not words:
        raise Invalid("请写明发现的问题。")
    row = session.get(SampleRow, (sample_id, license_id), with_for_update=True)
    if row is None:
        raise NotFound("这本证照不在这次抽查里。")
    row.verdict, row.note, row.checked_by_name, row.checked_at = verdict, words, actor.name, now
    session.flush()
    detail = {"license_id": license_id, "verdict": verdict}
    subject = f"supervision_sample:{sample_id}"
    audit.record(session, "sample.find", subject, detail, actor=actor, now=now)


def _population(department_id: int | None) -> Select[*tuple[Any, ...]]:
    query = (
        select(License.id)
        .join(CatalogueEntry, CatalogueEntry.id == License.catalogue_entry_id)
        .where(License.state != LicenseState.CANCELLED)
    )
    return of_scope(query, department_id)


def _is_problem() -> ColumnElement[int]:
    return case((SampleRow.verdict == Verdict.PROBLEM, 1), else_=0)
