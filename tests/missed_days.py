"""Plays outages: what a license is told when every night of a span is missed, and what is wrong with it.

The rules are the real ones: window, ladder, and the decision of `rules.due` on each planned night.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache

from config.settings import DATA
from reminders.rules import catalogue_sheet
from reminders.rules.dates import Workdays
from reminders.rules.due import Ruling, decide
from reminders.rules.lifecycle import DateKind, Expiry, LicenseState, Stage
from reminders.rules.stages import Step, ladder
from reminders.rules.window import Unit, WindowRule, renewal_window

FIRST_START, LAST_START = date(2024, 1, 1), date(2032, 12, 31)
MISSED = range(1, 46)
REFERENCE = date(2026, 6, 30)
ONE_DAY = timedelta(days=1)
WORKDAYS = Workdays()
Done = Mapping[Stage, date]


@dataclass(frozen=True)
class Subject:
    """One date of one license: its ladder and last day to apply."""

    name: str
    expires_on: date
    apply_by: date
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Clerk:
    """Who decides on a night, and what of earlier nights they look at.

    `looks_at` gets everything ever told of this license by expiry date.
    """

    chooses: Callable[[Subject, Done, date], Step | None]
    looks_at: Callable[[Subject, Mapping[date, Done]], Done]


@dataclass
class Tally:
    """What a drill found; `unavoidable` are those whose every night up to the last day was missed."""

    runs: int = 0
    missing: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    unavoidable: int = 0


def chooses(subject: Subject, done: Done, today: date) -> Step | None:
    decision = decide(
        subject.steps,
        done,
        today,
        confirmed=False,
        state=LicenseState.ACTIVE,
        expiry=Expiry.DATED,
        is_active_entry=True,
        is_complete_entry=True,
    )
    return decision.step if decision.ruling is Ruling.DUE else None


def of_this_date(subject: Subject, history: Mapping[date, Done]) -> Done:
    return history.get(subject.expires_on, {})


REAL = Clerk(chooses, of_this_date)


@cache
def rules() -> tuple[tuple[str, WindowRule], ...]:
    """Every date of the 25 entries: 25 expiries and their companion dates."""
    texts = [(DATA / name).read_text(encoding="utf-8") for name in ("catalogue.csv", "departments.csv")]
    entries, _ = catalogue_sheet.parse(*texts)
    found = []
    for entry in entries:
        also = Unit(entry.also_unit) if entry.also_unit else None
        rule = WindowRule(
            entry.renewal_earliest, entry.renewal_latest, Unit(entry.unit), entry.also_latest, also
        )
        found.append((f"{entry.id} {DateKind.MAIN}", rule))
        if entry.companion_latest is not None:
            companion = WindowRule(None, entry.companion_latest, Unit(entry.companion_unit or Unit.DAY))
            found.append((f"{entry.id} {DateKind.COMPANION}", companion))
    return tuple(found)


@cache
def subject(place: int, expires_on: date) -> Subject:
    name, rule = rules()[place]
    window = renewal_window(expires_on, rule, WORKDAYS)
    assert window.apply_by is not None, name
    return Subject(name, expires_on, window.apply_by, ladder(expires_on, window, WORKDAYS))


def subjects(start: date) -> Iterator[Subject]:
    """Of every rule a license for each stage, such that it is reached about when the outage begins."""
    for place in range(len(rules())):
        for step in subject(place, REFERENCE).steps:
            yield subject(place, start + (REFERENCE - step.due_on))


def drill(starts: Sequence[date], *, missed: Sequence[int] = MISSED, clerk: Clerk = REAL) -> Tally:
    """Every outage of these lengths from these days, for all subjects of each day."""
    tally = Tally()
    for start in starts:
        for one in subjects(start):
            for length in missed:
                judge(tally, one, start, start + timedelta(days=length), clerk)
    return tally


def judge(tally: Tally, one: Subject, start: date, back: date, clerk: Clerk = REAL) -> None:
    """Plays one outage and writes down what is wrong: nothing, for a good clerk."""
    nights = nights_of(one, start, back)
    told = play(one, nights, clerk)
    tally.runs += 1
    if len({step.stage for _, step in told}) < len(told):
        tally.doubled.append(case(one, start, back, told))
    if not caught_up(one, nights, told):
        tally.missing.append(case(one, start, back, told))
    elif told[0][0] > one.apply_by:
        in_time = any(one.steps[0].due_on <= night <= one.apply_by for night in nights)
        tally.unavoidable += not in_time
        if in_time:
            tally.missing.append(case(one, start, back, told))


def case(one: Subject, start: date, back: date, told: Sequence[tuple[date, Step]]) -> str:
    stages = ", ".join(f"{step.stage} on {night}" for night, step in told)
    return f"{one.name} {one.expires_on}, nights missed from {start} until {back}: told {stages or 'nothing'}"


def nights_of(one: Subject, start: date, back: date) -> list[date]:
    """The nights on which something can change: those of a step, and the first one after the outage.

    Each is planned with the night behind it, on which nothing may be told again.
    """
    days = {step.due_on for step in one.steps if not start <= step.due_on < back} | {back}
    return sorted(days | {day + ONE_DAY for day in days if not start <= day + ONE_DAY < back})


def play(one: Subject, nights: Sequence[date], clerk: Clerk = REAL) -> list[tuple[date, Step]]:
    """Night by night; the license was reminded by every stage of its date before this one, and renewed."""
    before = dict.fromkeys(Stage, date.min)
    history: dict[date, dict[Stage, date]] = {date.min: before, one.expires_on: {}}
    told = []
    for night in nights:
        step = clerk.chooses(one, clerk.looks_at(one, history), night)
        if step is not None:
            history[one.expires_on][step.stage] = step.due_on
            told.append((night, step))
    return told


def caught_up(one: Subject, nights: Sequence[date], told: Sequence[tuple[date, Step]]) -> bool:
    """After each night the last stage told is the last one reached."""
    by_night = dict(told)
    reached = last = None
    steps = list(reversed(one.steps))
    for night in nights:
        while steps and steps[-1].due_on <= night:
            reached = steps.pop()
        last = by_night.get(night, last)
        if reached != last:
            return False
    return True
