"""The desk of decision sharing: what was told to whom, what waits and why, and who is told of which kind."""

import csv
import io
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from reminders import audit
from reminders.errors import Conflict, Invalid, NotFound
from reminders.rules.identity import clean
from reminders.rules.permissions import Actor, department_scope
from reminders.rules.share_state import ShareState
from reminders.tables.catalogue import CatalogueEntry
from reminders.tables.holders import Holder
from reminders.tables.ledger import License
from reminders.tables.renewals import DecisionShare, Regulator
from reminders.tables.staff import Department

SHOWN = 50


@dataclass(frozen=True)
class ShareLine:
    id: int
    holder_name: str
    license_name: str
    license_no: str
    expires_on: date
    regulator: str  # empty: nobody named one yet
    state: ShareState
    attempt: int
    next_at: datetime
    last_error: str
    receipt_no: str
    receipted_at: datetime | None
    has_moved_on: bool  # told, and the ledger has another date by now


@dataclass(frozen=True)
class SharePage:
    lines: tuple[ShareLine, ...]
    after: int | None


@dataclass(frozen=True)
class RegulatorLine:
    entry_id: int
    license_name: str
    department: str
    name: str


def page(session: Session, *, state: ShareState | None = None, after: int = 0, actor: Actor) -> SharePage:
    """The newest first; `after` is the last one of the page before."""
    wanted = _scope(actor)
    if state is not None:
        wanted.append(DecisionShare.state == state)
    if after:
        wanted.append(DecisionShare.id < after)
    found = session.execute(
        select(DecisionShare, License, Holder.name, CatalogueEntry.license_name, Regulator.name)
        .join(License, License.id == DecisionShare.license_id)
        .join(Holder, Holder.id == License.holder_id)
        .join(CatalogueEntry, CatalogueEntry.id == License.catalogue_entry_id)
        .outerjoin(Regulator, Regulator.catalogue_entry_id == CatalogueEntry.id)
        .where(*wanted)
        .order_by(DecisionShare.id.desc())
        .limit(SHOWN + 1)
    ).all()
    lines = tuple(_line(*row) for row in found[:SHOWN])
    return SharePage(lines, lines[-1].id if len(found) > SHOWN else None)


def counts(session: Session, *, actor: Actor) -> dict[ShareState, int]:
    """How many stand where, of those that wait or failed; a receipt is not counted, there are too many."""
    found = session.execute(
        select(DecisionShare.state, func.count())
        .join(License, License.id == DecisionShare.license_id)
        .join(CatalogueEntry, CatalogueEntry.id == License.catalogue_entry_id)
        .where(
            DecisionShare.state.in_((ShareState.READY, ShareState.SENDING, ShareState.FAILED)), *_scope(actor)
        )
        .group_by(DecisionShare.state)
    )
    return {row[0]: row[1] for row in found}


def retry(session: Session, share_id: int, *, actor: Actor, now: datetime) -> None:
    """The cause was mended, or nobody wants to wait for the next try. Raises NotFound, Conflict."""
    row = session.get(DecisionShare, share_id, with_for_update=True)
    if row is None:
        raise NotFound("没有这条推送，请刷新页面。")
    waits = row.state is ShareState.READY and row.attempt > 0
    if row.state is not ShareState.FAILED and not waits:
        raise Conflict("这一条现在不用重试，请刷新页面看它的状态。")
    row.state, row.attempt, row.next_at = ShareState.READY, 0, now
    session.flush()
    audit.record(session, "share.retry", f"license:{row.license_id}", actor=actor, now=now)


def regulators(session: Session) -> list[RegulatorLine]:
    """Every kind of the catalogue with who is told of it."""
    found = session.execute(
        select(CatalogueEntry.id, CatalogueEntry.license_name, Department.name, Regulator.name)
        .join(Department, Department.id == CatalogueEntry.department_id)
        .outerjoin(Regulator, Regulator.catalogue_entry_id == CatalogueEntry.id)
        .where(CatalogueEntry.is_active)
        .order_by(CatalogueEntry.id)
    )
    return [RegulatorLine(id_, kind, department, name or "") for id_, kind, department, name in found]


def name_regulator(session: Session, entry_id: int, name: str, *, actor: Actor, now: datetime) -> None:
    """Who is told of this kind; what waited for a name leaves at once. Raises Invalid, NotFound."""
    told = clean(name)
    if not 2 <= len(told) <= 100:
        raise Invalid("请填主管或监管部门的全称，例如“示例市场监督管理局”。")
    if session.get(CatalogueEntry, entry_id) is None:
        raise NotFound("目录里没有这一项，请刷新页面。")
    row = session.get(Regulator, entry_id)
    before = row.name if row else ""
    if before == told:
        return
    session.merge(
        Regulator(catalogue_entry_id=entry_id, name=told, changed_by=actor.ref[:64], changed_at=now)
    )
    session.flush()
    detail = {"regulator": [before, told]}
    audit.record(session, "regulator.change", f"catalogue_entry:{entry_id}", detail, actor=actor, now=now)


def load_regulators(session: Session, csv_text: str, *, actor: Actor, now: datetime) -> int:
    """Names from a file (序号, 监管部门) for kinds that have none yet; how many were named."""
    known = set(session.execute(select(Regulator.catalogue_entry_id)).scalars())
    kinds = set(session.execute(select(CatalogueEntry.id)).scalars())
    named = 0
    for row in csv.DictReader(io.StringIO(csv_text)):
        entry_id = int(row["序号"])
        if entry_id in kinds - known and row["监管部门"].strip():
            name_regulator(session, entry_id, row["监管部门"], actor=actor, now=now)
            named += 1
    return named


def _scope(actor: Actor) -> list[ColumnElement[bool]]:
    scope = department_scope(actor)
    return [] if scope is None else [CatalogueEntry.department_id == scope]


def _line(row: DecisionShare, license_: License, holder: str, kind: str, regulator: str | None) -> ShareLine:
    moved = row.state is ShareState.RECEIPTED and license_.expires_on != row.expires_on
    return ShareLine(
        id=row.id,
        holder_name=holder,
        license_name=kind,
        license_no=license_.license_no or "",
        expires_on=row.expires_on,
        regulator=regulator or "",
        state=row.state,
        attempt=row.attempt,
        next_at=row.next_at,
        last_error=row.last_error,
        receipt_no=row.receipt_no,
        receipted_at=row.receipted_at,
        has_moved_on=moved and (license_.expires_on is None or license_.expires_on < row.expires_on),
    )
