"""Undoes an import within a day: the ledger stands again as it stood before, or nothing is changed."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    String,
    case,
    cast,
    delete,
    exists,
    func,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session, aliased

from reminders import audit, shares, windows
from reminders.errors import Conflict, NotFound
from reminders.ledger import accepting, before
from reminders.ledger.previewing import BUSY, may_see
from reminders.ledger.stock import SET_ASIDE
from reminders.rules.lifecycle import DateKind, ImportState, LicenseState
from reminders.rules.permissions import Actor
from reminders.tables.base import Base
from reminders.tables.holders import Contact, Holder
from reminders.tables.ledger import HolderBefore, LedgerImport, License, LicenseBefore

ACTED = "导入之后，已有人{what}，整份撤销会丢掉这些记录。请改好表格重新导入；日期要改早的，在“备注”列写“更正”"

# What holders and officers did with a license, by the table that keeps it.
ACTS = {
    "binding": "办了微信绑定",
    "answer": "答复了提醒",
    "appeal": "提出了申诉",
    "appointment": "预约了窗口",
    "material_tick": "勾选了材料",
    "feedback": "写了反馈",
    "bind_pass_license": "领了绑定码",
    "sample_row": "做了抽查",
}
UNDONE = "undone"  # beside the counts of an import: what undoing it did
BY_SYSTEM = ("reminder", "confirmation")


@dataclass(frozen=True)
class Undone:
    """`restored` licenses have their old values again, `removed` are gone, `kept` stay, but cancelled: they
    were or are to be told of."""

    restored: int
    removed: int
    kept: int


def may_undo(state: ImportState, accepted_at: datetime | None, now: datetime) -> bool:
    """Whether an import stands and was accepted within the day."""
    is_young = accepted_at is not None and now - accepted_at < before.UNDO_WITHIN
    return state is ImportState.ACCEPTED and is_young


def undo(session: Session, import_id: int, *, actor: Actor, now: datetime) -> Undone:
    """Takes an accepted import back. Raises NotFound; Conflict when it is too late, a license was
    changed since, or a holder bound or answered one that came in new.

    Reminders planned from it and not sent yet are cancelled; what was told already is for a correction.
    """
    return finish(session, to_be_undone(session, import_id, actor=actor, now=now), actor=actor, now=now)


def to_be_undone(session: Session, import_id: int, *, actor: Actor, now: datetime) -> LedgerImport:
    """The import, locked. Raises NotFound, and Conflict when it does not stand or is too old."""
    made = session.execute(
        select(LedgerImport).where(LedgerImport.id == import_id).with_for_update()
    ).scalar_one_or_none()
    if made is None or not may_see(made, actor):
        raise NotFound("没有这次导入")
    if made.state is not ImportState.ACCEPTED:
        raise Conflict(BUSY.get(made.state, "只有已导入、没有撤销过的才能撤销"))
    if not may_undo(made.state, made.accepted_at, now):
        raise Conflict("导入已满 24 小时，不能再撤销。请导入更正后的表格；已经提醒错的，到“更正”里处理")
    return made


def refuse_touched(session: Session, import_id: int) -> None:
    """Raises Conflict when somebody changed or used a license since."""
    _refuse_changed(session, import_id)
    _refuse_acted(session, import_id)


def finish(session: Session, made: LedgerImport, *, actor: Actor, now: datetime) -> Undone:
    """Everything or nothing. Raises Conflict as `undo` does."""
    import_id = made.id
    refuse_touched(session, import_id)
    if not shares.take_back(session, import_id):
        raise Conflict(
            "其中有换证结果已推送给监管部门，不能整份撤销。请改好表格重新导入；日期要改早的，在“备注”列写“更正”"
        )
    kept = _set_aside(session, import_id, now)
    removed = _remove(session, import_id)
    restored = _restore(session, import_id, now)
    _restore_names(session, import_id)
    _remove_people(session, made)
    undone = Undone(restored, removed, kept)
    made.state, made.undone_at = ImportState.UNDONE, now
    made.counts = json.dumps(json.loads(made.counts) | {UNDONE: vars(undone)})
    audit.record(session, "ledger.undo", f"ledger_import:{import_id}", vars(undone), actor=actor, now=now)
    return undone


def undone_of(made: LedgerImport) -> Undone | None:
    """What undoing it did; None where it stands, or was undone before this was kept."""
    told = json.loads(made.counts).get(UNDONE)
    return Undone(**told) if told else None


def _fresh(import_id: int) -> ColumnElement[bool]:
    """Licenses this import made: they bear its number and were not there before."""
    known = exists().where(LicenseBefore.import_id == import_id, LicenseBefore.license_id == License.id)
    return (License.import_id == import_id) & ~known


def _refuse_changed(session: Session, import_id: int) -> None:
    """An import raises the version of what it touches by one, and makes new ones at 1."""
    touched = (
        select(func.count(), func.min(Holder.name))
        .select_from(License)
        .join(Holder, Holder.id == License.holder_id)
        .outerjoin(
            LicenseBefore, (LicenseBefore.license_id == License.id) & (LicenseBefore.import_id == import_id)
        )
        .where(or_(License.import_id == import_id, LicenseBefore.license_id.is_not(None)))
        .where(
            or_(
                License.import_id.is_distinct_from(import_id),
                License.version
                != case((LicenseBefore.version.is_(None), 1), else_=LicenseBefore.version + 1),
            )
        )
    )
    later = (
        select(func.count(), func.min(Holder.name))
        .select_from(LicenseBefore)
        .join(License, License.id == LicenseBefore.license_id)
        .join(Holder, Holder.id == License.holder_id)
        .join(LedgerImport, LedgerImport.id == LicenseBefore.import_id)
        .where(LicenseBefore.prior_import_id == import_id, LedgerImport.undone_at.is_(None))
    )
    for found in (touched, later):
        count, holder = session.execute(found).one()
        if not count:
            continue
        raise Conflict(
            f"导入之后，{holder}等 {count} 本证照又有了变动（再次导入或登记了办理情况），不能整份撤销。"
            "请先撤销后来的导入，或者改好表格重新导入"
        )


def _refuse_acted(session: Session, import_id: int) -> None:
    for column in _references(License):
        if column.table.name in (*BY_SYSTEM, "license_before"):
            continue
        fresh = select(License.id).where(_fresh(import_id))
        if session.execute(select(exists().where(column.in_(fresh)))).scalar_one():
            raise Conflict(ACTED.format(what=ACTS.get(column.table.name, "登记了别的事项")))


def _set_aside(session: Session, import_id: int, now: datetime) -> int:
    """New licenses that somebody is reminded of stay as cancelled, under a key nothing matches."""
    told = [column for column in _references(License) if column.table.name in BY_SYSTEM]
    result: Any = session.execute(
        update(License)
        .where(_fresh(import_id), or_(*(exists().where(column == License.id) for column in told)))
        .values(
            identity_key=literal(SET_ASIDE) + cast(License.id, String),
            number_key=None,
            state=LicenseState.CANCELLED,
            next_due_on=None,
            companion_due_on=None,
            version=License.version + 1,
            updated_at=now,
        )
        .execution_options(synchronize_session=False)
    )
    accepting.cancel_untrue(session, select(License.id).where(_fresh(import_id)))
    return int(result.rowcount)


def _remove(session: Session, import_id: int) -> int:
    result: Any = session.execute(
        delete(License)
        .where(_fresh(import_id), License.state != LicenseState.CANCELLED)
        .execution_options(synchronize_session=False)
    )
    return int(result.rowcount)


def _restore(session: Session, import_id: int, now: datetime) -> int:
    ids = select(LicenseBefore.license_id).where(LicenseBefore.import_id == import_id)
    windows.ensure(session, _days(session, import_id))
    # First out of each other's way: two licenses may have changed keys with one another.
    session.execute(
        update(License)
        .where(LicenseBefore.import_id == import_id, LicenseBefore.license_id == License.id)
        .where(LicenseBefore.identity_key != License.identity_key)
        .values(identity_key=literal("undoing:") + cast(License.id, String))
        .execution_options(synchronize_session=False)
    )
    values = {name: getattr(LicenseBefore, name) for name in before.KEPT}
    result: Any = session.execute(
        update(License)
        .where(LicenseBefore.import_id == import_id, LicenseBefore.license_id == License.id)
        .values(
            **values,
            import_id=LicenseBefore.prior_import_id,
            version=License.version + 1,
            updated_at=now,
            **windows.first_due(LicenseBefore),
        )
        .execution_options(synchronize_session=False)
    )
    accepting.cancel_untrue(session, ids)
    return int(result.rowcount)


def _days(session: Session, import_id: int) -> Iterator[windows.Combination]:
    mine = LicenseBefore.import_id == import_id
    for kind, day in (
        (DateKind.MAIN, LicenseBefore.expires_on),
        (DateKind.COMPANION, LicenseBefore.companion_on),
    ):
        found = session.execute(
            select(LicenseBefore.catalogue_entry_id, day).where(mine, day.is_not(None)).distinct()
        )
        yield from ((entry_id, kind, on) for entry_id, on in found if on)


def _restore_names(session: Session, import_id: int) -> None:
    """Names of holders, except where a later sheet gave another."""
    later = aliased(HolderBefore)
    mine = (HolderBefore.import_id == import_id, HolderBefore.holder_id == Holder.id)
    renamed = exists().where(later.holder_id == Holder.id, later.import_id > import_id)

    def was(column: Any) -> Any:
        return select(column).where(*mine).scalar_subquery()

    session.execute(
        update(Holder)
        .where(exists().where(*mine), ~renamed)
        .values({one: was(getattr(HolderBefore, one)) for one in before.HOLDER_KEPT})
        .execution_options(synchronize_session=False)
    )


def _remove_people(session: Session, made: LedgerImport) -> None:
    """Contacts and holders that came with this import and that nothing names any more."""
    for table in (Contact, Holder):
        unnamed = [~exists().where(column == table.id) for column in _references(table)]
        session.execute(
            delete(table)
            .where(table.created_at == made.accepted_at, *unnamed)
            .execution_options(synchronize_session=False)
        )


def _references(table: type[Base]) -> list[Column[Any]]:
    """Every column of the schema that names a row of this table."""
    wanted = table.__table__.c.id
    return [
        key.parent
        for other in Base.metadata.sorted_tables
        for key in other.foreign_keys
        if key.column is wanted
    ]
