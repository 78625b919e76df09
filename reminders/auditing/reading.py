"""Reads the audit page by page, newest first, by indexes whatever is asked."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select, tuple_, union_all
from sqlalchemy.orm import Session

from reminders import clock
from reminders.auditing.about import subjects_of
from reminders.auditing.naming import Names, names_of, plain_name
from reminders.rules.audit_sentences import GROUP_OF, Group
from reminders.rules.audit_telling import Change, changes, sentence
from reminders.tables.audit import AuditEntry
from reminders.tables.staff import Staff

SHOWN = 50
OF_AN_IMPORT = frozenset({"ledger.accept", "ledger.undo"})


@dataclass(frozen=True)
class Filters:
    """What a person asked for; None and "" leave a filter out. `after` is the last entry shown before."""

    person: str = ""  # as the audit writes them: staff:3
    group: Group | None = None
    about: str = ""  # license:7 or holder:3
    since: date | None = None
    until: date | None = None  # included
    after: int = 0


@dataclass(frozen=True)
class Line:
    id: int
    at: datetime
    action: str
    who: str
    text: str
    changes: tuple[Change, ...]
    import_id: int | None  # whose rows tell what it changed, license by license
    previous: str
    digest: str


@dataclass(frozen=True)
class Page:
    lines: tuple[Line, ...]
    after: int | None  # None on the last


@dataclass(frozen=True)
class Person:
    ref: str
    name: str


def page(
    session: Session, filters: Filters, *, limit: int = SHOWN, word: Callable[[object], str] = str
) -> Page:
    """Sentences in the words of the reader's door. Raises Invalid for a filter nobody gave out."""
    ids = session.execute(_wanted(session, filters, limit + 1)).scalars().all()
    newest_first = (AuditEntry.at.desc(), AuditEntry.id.desc())
    entries = session.execute(
        select(AuditEntry).where(AuditEntry.id.in_(ids[:limit])).order_by(*newest_first)
    ).scalars()
    lines = _lines(session, list(entries), word)
    return Page(lines, lines[-1].id if len(ids) > limit else None)


def people(session: Session) -> list[Person]:
    """Colleagues, then the machine and the command line as far as they did anything."""
    staff = session.execute(select(Staff.id, Staff.name, Staff.login).order_by(Staff.login))
    found = [Person(f"staff:{id_}", f"{name}（{login}）") for id_, name, login in staff]
    for noun in ("system", "command"):
        found += [Person(ref, plain_name(*ref.split(":", 1))) for ref in _refs_of(session, noun)]
    return found


def _refs_of(session: Session, noun: str) -> list[str]:
    """From one name to the next by the index: the entries between are not read."""
    found: list[str] = []
    last: str | None = f"{noun}:"
    while last is not None and len(found) < SHOWN:
        behind = select(func.min(AuditEntry.actor)).where(
            AuditEntry.actor > last, AuditEntry.actor < f"{noun};"
        )
        last = session.execute(behind).scalar_one()
        found += [last] if last else []
    return found


def _wanted(session: Session, filters: Filters, most: int) -> Select[int]:
    """Ids, newest first. A group is one look per action, so that each walks its own index and stops."""
    conditions = _conditions(session, filters)
    newest_first = (AuditEntry.at.desc(), AuditEntry.id.desc())
    if filters.group is None or filters.about:
        if filters.group is not None:
            conditions.append(AuditEntry.action.in_(_actions(filters.group)))
        return select(AuditEntry.id).where(*conditions).order_by(*newest_first).limit(most)
    branches = []
    for action in _actions(filters.group):
        one = select(AuditEntry.id, AuditEntry.at).where(AuditEntry.action == action, *conditions)
        branches.append(select(one.order_by(*newest_first).limit(most).subquery()))
    all_ = union_all(*branches).subquery()
    return select(all_.c.id).order_by(all_.c.at.desc(), all_.c.id.desc()).limit(most)


def _conditions(session: Session, filters: Filters) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if filters.person:
        found.append(AuditEntry.actor == filters.person)
    if filters.about:
        found.append(AuditEntry.subject.in_(subjects_of(session, filters.about)))
    if filters.since:
        found.append(AuditEntry.at >= clock.civil_moment(filters.since, time()))
    if filters.until:
        found.append(AuditEntry.at < clock.civil_moment(filters.until + timedelta(days=1), time()))
    last = session.get(AuditEntry, filters.after) if filters.after else None
    if last is not None:
        found.append(tuple_(AuditEntry.at, AuditEntry.id) < (last.at, last.id))
    return found


def _actions(group: Group) -> list[str]:
    return [action for action, of in GROUP_OF.items() if of is group]


def _lines(
    session: Session, entries: Sequence[AuditEntry], word: Callable[[object], str]
) -> tuple[Line, ...]:
    refs = {ref for entry in entries for ref in (entry.actor, entry.subject)}
    details = {entry.id: _detail(entry) for entry in entries}
    refs |= {f"staff:{one['staff_id']}" for one in details.values() if isinstance(one.get("staff_id"), int)}
    names = names_of(session, refs)
    return tuple(_line(entry, details[entry.id], names, word) for entry in entries)


def _line(entry: AuditEntry, detail: dict[str, Any], names: Names, word: Callable[[object], str]) -> Line:
    return Line(
        entry.id,
        entry.at,
        entry.action,
        names[entry.actor],
        sentence(entry.action, names[entry.subject], detail, word),
        changes(entry.action, detail),
        int(entry.subject.partition(":")[2]) if entry.action in OF_AN_IMPORT else None,
        entry.previous,
        entry.digest,
    )


def _detail(entry: AuditEntry) -> dict[str, Any]:
    """A detail somebody broke by hand is empty: the page of a broken chain must open all the same."""
    try:
        found = json.loads(entry.detail)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def pages(session: Session, filters: Filters, word: Callable[[object], str], most: int) -> Any:
    """Every line of a question, page by page, up to so many."""
    left, size = most, 1_000
    while left > 0:
        found = page(session, filters, limit=min(size, left), word=word)
        yield from found.lines
        left -= len(found.lines)
        if found.after is None:
            return
        filters = replace(filters, after=found.after)
