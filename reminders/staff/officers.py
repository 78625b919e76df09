"""Keeps a department that calls, writes or texts from losing its last reminder officer, on any day."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from reminders.errors import Conflict
from reminders.rules.catalogue_entry import NEED_AN_OFFICER
from reminders.rules.lifecycle import Role
from reminders.rules.officer_days import Span, common, days_of, without_anybody
from reminders.tables.catalogue import CatalogueEntry
from reminders.tables.staff import Absence, Department, Staff

CLOSING = (
    "不能停用：{department}的提醒方式是电话、短信或函告，{when}没有提醒专员了。请先在下面给它邀请一位新的"
    "提醒专员，再停用这一个；或者请科室负责人先把提醒方式改成微信或业务系统提示。"
)
LEAVING = (
    "不能登记：{department}的提醒方式是电话、短信或函告，{when}没有提醒专员在岗。请指定一位那几天在岗的"
    "代办人，科室负责人和别的科室的同事都可以。"
)


@dataclass(frozen=True)
class Guard:
    """The departments a change may leave without an officer, and the days on which they lack one already."""

    names: Mapping[int, str]
    days: tuple[date, ...]
    lacking: Mapping[int, frozenset[date]]
    is_for_good: bool

    def must_hold(self, session: Session, sentence: str) -> None:
        """After the change was flushed. Raises Conflict, so that it is taken back, where it makes a gap."""
        for department_id, days in _lacking(session, self.names, self.days).items():
            new = sorted(days - self.lacking[department_id])
            if new:
                is_soon = self.is_for_good and new[0] == self.days[0]
                when = "马上就" if is_soon else f"从 {new[0]} 起有 {len(new)} 天"
                raise Conflict(sentence.format(department=self.names[department_id], when=when))


def guard(session: Session, person: Staff, from_on: date, until_on: date | None = None) -> Guard:
    """Before this person is away until `until_on`, or, without it, leaves for good.

    The departments stay locked, so that of two changes at once the second sees what the first did. Whoever
    only stands in for an officer and falls ill is not refused: the alarm finds another.
    """
    last = until_on or session.execute(select(func.max(Absence.until_on))).scalar_one()
    days = days_of(from_on, max(from_on, last or from_on))
    names = _locked(session, person, days, with_others=until_on is None)
    return Guard(names, days, _lacking(session, names, days), until_on is None)


def _locked(session: Session, person: Staff, days: Sequence[date], *, with_others: bool) -> dict[int, str]:
    """The person's own department, and those of whom they stand in for."""
    absent = aliased(Staff)
    stands_in = (
        select(absent.department_id)
        .join(Absence, Absence.staff_id == absent.id)
        .where(Absence.deputy_id == person.id, absent.role == Role.OFFICER, *_within(days))
    )
    is_officer = person.role is Role.OFFICER and person.is_active
    own = Department.id == (person.department_id if is_officer else 0)
    has_kinds = exists().where(CatalogueEntry.department_id == Department.id, CatalogueEntry.is_active)
    found = session.execute(
        select(Department.id, Department.name)
        .where(or_(own, Department.id.in_(stands_in)) if with_others else own)
        .where(Department.method.in_(NEED_AN_OFFICER), has_kinds)
        .order_by(Department.id)
        .with_for_update(of=Department)
    )
    return {row.id: row.name for row in found}


def _lacking(
    session: Session, department_ids: Mapping[int, str], days: Sequence[date]
) -> dict[int, frozenset[date]]:
    officers = session.execute(
        select(Staff.department_id, Staff.id)
        .where(Staff.department_id.in_(department_ids), Staff.role == Role.OFFICER, Staff.is_active)
        .order_by(Staff.department_id)
    ).all()
    away = _away(session, [row.id for row in officers], days)
    of = {
        department_id: [away.get(row.id, []) for row in rows]
        for department_id, rows in groupby(officers, key=lambda row: row.department_id)
    }
    return {one: without_anybody(days, of.get(one, [])) for one in department_ids}


def _away(session: Session, officer_ids: Sequence[int], days: Sequence[date]) -> dict[int, list[Span]]:
    """By officer, when they are away and whoever stands in for them is away too, or has left."""
    deputy, other = aliased(Staff), aliased(Absence)
    found = session.execute(
        select(Absence.staff_id, Absence.from_on, Absence.until_on, deputy.id, other.from_on, other.until_on)
        .outerjoin(deputy, and_(deputy.id == Absence.deputy_id, deputy.is_active))
        .outerjoin(other, and_(other.staff_id == deputy.id, other.ended_at.is_(None)))
        .where(Absence.staff_id.in_(officer_ids), *_within(days))
    )
    spans: dict[int, list[Span]] = {}
    for staff_id, from_on, until_on, deputy_id, also_from, also_until in found:
        span: Span | None = (from_on, until_on)
        if deputy_id is not None:
            span = common((from_on, until_on), (also_from, also_until)) if also_from else None
        if span is not None:
            spans.setdefault(staff_id, []).append(span)
    return spans


def _within(days: Sequence[date]) -> list[ColumnElement[bool]]:
    return [Absence.ended_at.is_(None), Absence.from_on <= days[-1], Absence.until_on >= days[0]]
