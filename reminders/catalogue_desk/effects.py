"""Says before saving what a change would do: whose dates move, who becomes due at once, what would wait."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, aliased

from reminders import clock, windows
from reminders.catalogue_desk.reading import fields_of, in_reach
from reminders.catalogue_desk.resting import due_licenses, waiting
from reminders.rules.catalogue_entry import DATE_FIELDS, EntryFields, changed, main_rule
from reminders.rules.dates import Workdays
from reminders.rules.lifecycle import DateKind, Expiry, LicenseState, Stage
from reminders.rules.permissions import Actor
from reminders.rules.stages import Step, ladder
from reminders.rules.window import WindowRule, renewal_window
from reminders.tables.deliveries import Reminder
from reminders.tables.ledger import License

SHOWN = 50


@dataclass(frozen=True)
class Moved:
    """Licenses with one expiry day: their last day to apply and their next reminder, before and after."""

    expires_on: date
    licenses: int
    old_apply_by: date | None
    new_apply_by: date | None
    old_next_on: date | None
    new_next_on: date | None


@dataclass(frozen=True)
class Effect:
    """`moved` licenses have another last day or next reminder; `due_at_once` on `effective_on` because of it.

    `groups` are the first SHOWN expiry days, `more` how many follow.
    """

    licenses: int
    moved: int
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
    """Of the main date of living licenses, as the ledger stands today. Raises NotFound."""
    row = in_reach(session, entry_id, actor=actor)
    old = fields_of(row)
    counts = _by_expiry(session, entry_id)
    licenses = sum(counts.values())
    if not any(name in DATE_FIELDS for name in changed(old, fields)):
        return Effect(licenses, 0, 0, (), 0)
    workdays, on = windows.load_workdays(session), max(effective_on, clock.civil_date(now))
    moved, due_at_once = [], 0
    for expires_on, count in sorted(counts.items()):
        before, after = (_dates(expires_on, main_rule(one), workdays, on) for one in (old, fields))
        if (before[0], before[1]) != (after[0], after[1]):
            moved.append(Moved(expires_on, count, before[0], after[0], before[1], after[1]))
        reached = after[2]
        if reached is not None and reached != before[2]:
            due_at_once += _not_told(session, entry_id, expires_on, reached)
    return Effect(
        licenses,
        sum(one.licenses for one in moved),
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


def _by_expiry(session: Session, entry_id: int) -> dict[date, int]:
    found = session.execute(
        select(License.expires_on, func.count())
        .where(License.catalogue_entry_id == entry_id, License.state == LicenseState.ACTIVE)
        .where(License.expiry == Expiry.DATED, License.expires_on.is_not(None))
        .group_by(License.expires_on)
    )
    return {expires_on: count for expires_on, count in found if expires_on is not None}


def _not_told(session: Session, entry_id: int, expires_on: date, step: Step) -> int:
    """Of this expiry day, those for whom neither this stage nor a later one was planned."""
    said = aliased(Reminder)
    is_said = (
        select(said.id)
        .where(said.license_id == License.id, said.date_kind == DateKind.MAIN)
        .where(said.expires_on == expires_on)
        .where(or_(said.stage == step.stage, said.due_on >= step.due_on))
        .exists()
    )
    query = select(func.count()).where(
        License.catalogue_entry_id == entry_id,
        License.state == LicenseState.ACTIVE,
        License.expiry == Expiry.DATED,
        License.expires_on == expires_on,
        ~is_said,
    )
    return session.execute(query).scalar_one()
