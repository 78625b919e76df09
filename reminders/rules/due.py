"""Decides for one date of one license which stage is due on a day, in the planner's own words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from reminders.rules.facts import material_list, missing_service_facts
from reminders.rules.lifecycle import Expiry, LicenseState, Stage
from reminders.rules.stages import Step, due_step

WINDOW_FACT = "申请换证时限"
# What a holder who wants fewer reminders does without, once they were told of the date.
BETWEEN = frozenset({Stage.OPEN, Stage.FOLLOW_UP})


class Ruling(StrEnum):
    """Why a stage is or is not due."""

    DUE = "due"
    NOT_REACHED = "not_reached"
    DONE = "done"  # this stage or a later one was planned before
    RESTING = "resting"  # an application is in
    ANSWERED = "answered"  # a holder's answer keeps it back
    DECLINED = "declined"  # the holder wants only the first and the last ones
    CANCELLED = "cancelled"
    NO_EXPIRY = "no_expiry"
    DATE_UNKNOWN = "date_unknown"
    LEFT_CATALOGUE = "left_catalogue"
    PAUSED = "paused"  # its kind rests for now
    FACTS_MISSING = "facts_missing"


@dataclass(frozen=True)
class Decision:
    """`step` is the last one reached, whatever the ruling about it."""

    ruling: Ruling
    step: Step | None = None


def decide(
    steps: Sequence[Step],
    done: Mapping[Stage, date],
    today: date,
    *,
    confirmed: bool,
    state: LicenseState,
    expiry: Expiry,
    is_active_entry: bool,
    is_complete_entry: bool,
    is_answered: bool = False,
    wants_fewer: bool = False,
    is_paused_entry: bool = False,
) -> Decision:
    """`steps` in ladder order; `done` maps each stage planned for this expiry date to the day it was due."""
    step = due_step(steps, today, confirmed=confirmed)
    if state is not LicenseState.ACTIVE:
        return Decision(Ruling.RESTING if state is LicenseState.RENEWING else Ruling.CANCELLED, step)
    if expiry is not Expiry.DATED:
        return Decision(Ruling.NO_EXPIRY if expiry is Expiry.NONE else Ruling.DATE_UNKNOWN)
    if not is_active_entry:
        return Decision(Ruling.LEFT_CATALOGUE, step)
    if is_paused_entry:
        return Decision(Ruling.PAUSED, step)
    if is_answered:
        return Decision(Ruling.ANSWERED, step)
    if step is None:
        return Decision(Ruling.NOT_REACHED)
    if is_done(step, steps, done):
        return Decision(Ruling.DONE, step)
    if wants_fewer and done and step.stage in BETWEEN:
        return Decision(Ruling.DECLINED, step)
    return Decision(Ruling.DUE if is_complete_entry else Ruling.FACTS_MISSING, step)


def is_done(step: Step, steps: Sequence[Step], done: Mapping[Stage, date]) -> bool:
    """Whether this step or one behind it was planned; a stage the ladder no longer has counts by its day."""
    position = {other.stage: number for number, other in enumerate(steps)}
    return any(
        position[stage] >= position[step.stage] if stage in position else due_on >= step.due_on
        for stage, due_on in done.items()
    )


def missing_facts(latest: int | None, counter: str, service_phone: str, materials: str) -> tuple[str, ...]:
    """Facts a license kind lacks for one of its dates; with any of them nothing is planned for that date.

    `latest` is how long before that date the window closes; `materials` is the text of catalogue.csv.
    """
    window = (WINDOW_FACT,) if latest is None else ()
    return window + missing_service_facts(counter, service_phone, material_list(materials))
