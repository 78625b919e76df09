"""Says before saving what a change would do: whose dates move, who becomes due at once, what would wait."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session, aliased

from reminders import clock, windows
from reminders.catalogue_desk.reading import fields_of, in_reach
from reminders.catalogue_desk.resting import due_licenses, waiting
from reminders.rules.catalogue_entry import DATE_FIELDS, EntryFields, changed, companion_rule, main_rule
from reminders.rules.dates import Workdays
from reminders.rules.lifecycle import DateKind, Expiry, LicenseState, Stage
from reminders.rules.permissions import Actor
from reminders.rules.stages import Step, ladder
from reminders.rules.window import WindowRule, renewal_window
from reminders.tables.deliveries import Reminder
from reminders.tables.ledger import License

SHOWN = 50
DAYS = {DateKind.MAIN: License.expires_on, DateKind.COMPANION: License.companion_on}
RULES = {DateKind.MAIN: main_rule, DateKind.COMPANION: companion_rule}


@dataclass(frozen=True)
class Moved:
    """Licenses with one day of expiry, or of the companion date: last day to apply and next reminder."""

    kind: DateKind
    expires_on: date
    licenses: int
    old_apply_by: date | None
    new_apply_by: date | None
    old_next_on: date | None
    new_next_on: date | None


@dataclass(frozen=True)
class Effect:
    """`moved` licenses have another last day or next reminder; `due_at_once` on `effective_on` because of it.

    `companion_moved` tells the same of their second date. `groups` are the first SHOWN days, `more` follow.
    """

    licenses: int
    moved: int
    companion_moved: int
    due_at_once: int
    groups: tuple[Moved, ...]
    more: int


@dataclass(frozen=True)
class RestEffect:
    """Of pausing or retiring: licenses on the calendar, and reminders that wait and would be taken out."""

    licenses: int
    waiting: int


def effect(
    session: Session,
    entry_id: int,
    fields: EntryFields,
    effective_on: date,
    *,
    actor: Actor,
    now: datetime,
) -> Effect:
    """Of both dates of living licenses, as the ledger stands today. Raises NotFound."""
    row = in_reach(session, entry_id, actor=actor)
    old = fields_of(row)
    counts = {kind: _by_day(session, entry_id, kind) for kind in DateKind}
    licenses = sum(counts[DateKind.MAIN].values())
    if not any(name in DATE_FIELDS for name in changed(old, fields)):
        return Effect(licenses, 0, 0, 0, (), 0)
    workdays, on = windows.load_workdays(session), max(effective_on, clock.civil_date(now))
    moved, due_at_once = [], 0
    days = [(kind, *one) for kind, found in counts.items() for one in sorted(found.items())]
    for kind, day, count in days:
        before, after = (_dates(day, RULES[kind](one), workdays, on) for one in (old, fields))
        if (before[0], before[1]) != (after[0], after[1]):
            moved.append(Moved(kind, day, count, before[0], after[0], before[1], after[1]))
        reached = after[2]
        if reached is not None and reached != before[2]:
            due_at_once += _not_told(session, entry_id, kind, day, reached)
    sums = {kind: sum(one.licenses for one in moved if one.kind is kind) for kind in DateKind}
    return Effect(
        licenses,
        sums[DateKind.MAIN],
        sums[DateKind.COMPANION],
        due_at_once,
        tuple(moved[:SHOWN]),
        max(len(moved) - SHOWN, 0),
    )


def rest_effect(session: Session, entry_id: int, *, actor: Actor) -> RestEffect:
    """Raises NotFound."""
    in_reach(session, entry_id, actor=actor)
    return RestEffect(due_licenses(session, entry_id), len(waiting(session, entry_id)))


def _dates(
    expires_on: date, rule: WindowRule, workdays: Workdays, on: date
) -> tuple[date | None, date | None, Step | None]:
    """The last day to apply, the next reminder after that day, and the last step reached by it."""
    window = renewal_window(expires_on, rule, workdays)
    steps = ladder(expires_on, window, workdays)
    reached = [step for step in steps if step.due_on <= on and step.stage is not Stage.HUMAN]
    coming = [step.due_on for step in steps if step.due_on > on]
    return window.apply_by, coming[0] if coming else None, reached[-1] if reached else None


def _on_the_calendar(entry_id: int, kind: DateKind) -> list[ColumnElement[bool]]:
    found = [License.catalogue_entry_id == entry_id, License.state == LicenseState.ACTIVE]
    return [*found, *([License.expiry == Expiry.DATED] if kind is DateKind.MAIN else [])]


def _by_day(session: Session, entry_id: int, kind: DateKind) -> dict[date, int]:
    day = DAYS[kind]
    conditions = [*_on_the_calendar(entry_id, kind), day.is_not(None)]
    found = session.execute(select(day, func.count()).where(*conditions).group_by(day))
    return {expires_on: count for expires_on, count in found if expires_on is not None}


def _not_told(session: Session, entry_id: int, kind: DateKind, expires_on: date, step: Step) -> int:
    """Of this day, those for whom neither this stage nor a later one was planned."""
    said = aliased(Reminder)
    is_said = (
        select(said.id)
        .where(said.license_id == License.id, said.date_kind == kind)
        .where(said.expires_on == expires_on)
        .where(or_(said.stage == step.stage, said.due_on >= step.due_on))
        .exists()
    )
    conditions = [*_on_the_calendar(entry_id, kind), DAYS[kind] == expires_on, ~is_said]
    return session.execute(select(func.count()).where(*conditions)).scalar_one()
