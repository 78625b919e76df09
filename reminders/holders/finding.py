"""Finds some of a person's licenses among many: by words of name, holder or number, and by standing."""

from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, true
from sqlalchemy.orm import Session

from reminders import clock
from reminders.holders.following import openid_hash
from reminders.holders.own_licenses import ENTRY, HOLDER, LICENSE, PAGE, Mine, of_row
from reminders.rules import identity
from reminders.rules.lifecycle import DateKind, Expiry, LicenseState
from reminders.tables.bindings import Follower
from reminders.tables.windows import LadderStep

LONGEST = 40


class Shown(StrEnum):
    """Which of them."""

    ALL = "all"
    NEAR = "near"  # reminding has begun, also long past
    RENEWING = "renewing"
    OTHERS = "others"  # nothing to do: far away, without an end, cancelled


def find_licenses(
    session: Session,
    openid: str,
    words: str,
    shown: Shown = Shown.ALL,
    *,
    most: int,
    after: tuple[date, int] | None = None,
    now: datetime,
) -> Mine:
    """As `my_licenses`; somebody of whom nothing fits is known all the same."""
    today = clock.civil_date(now)
    query = PAGE.where(LICENSE.c.id.is_not(None), _fits(words[:LONGEST]), _stands(shown, today))
    start = after or (date.min, 0)
    values: dict[str, Any] = {"hash": openid_hash(session, openid), "most": most + 1}
    values |= {"after_on": start[0], "after_id": start[1]}
    rows = session.connection().execute(query, values).mappings().all()
    licenses = tuple(of_row(row, today) for row in rows[:most])
    last = licenses[-1] if len(rows) > most else None
    return Mine(
        is_known=_is_known(session, openid),
        needs_hearing=False,
        licenses=licenses,
        next_after=(last.sort_on, last.license_id) if last else None,
    )


def _fits(words: str) -> ColumnElement[bool]:
    """Every word somewhere in what the list shows; a number however it is written."""
    found = [
        or_(
            ENTRY.c.license_name.contains(word, autoescape=True),
            func.upper(HOLDER.c.name).contains(word.upper(), autoescape=True),
            LICENSE.c.number_key.contains(identity.number_key(word) or word, autoescape=True),
        )
        for word in words.split()
    ]
    return and_(true(), *found)


def _stands(shown: Shown, today: date) -> ColumnElement[bool]:
    is_dated = and_(LICENSE.c.state == LicenseState.ACTIVE, LICENSE.c.expiry == Expiry.DATED)
    has_begun = exists(
        select(LadderStep.position).where(
            LadderStep.catalogue_entry_id == LICENSE.c.catalogue_entry_id,
            LadderStep.date_kind == DateKind.MAIN,
            LadderStep.expires_on == LICENSE.c.expires_on,
            LadderStep.due_on <= today,
        )
    )
    near = or_(
        and_(is_dated, or_(has_begun.correlate(LICENSE), LICENSE.c.expires_on < today + timedelta(days=1))),
        and_(LICENSE.c.state == LicenseState.ACTIVE, LICENSE.c.expiry == Expiry.UNKNOWN),
    )
    renewing = LICENSE.c.state == LicenseState.RENEWING
    match shown:
        case Shown.NEAR:
            return near
        case Shown.RENEWING:
            return renewing
        case Shown.OTHERS:
            return and_(~near, ~renewing)
    return true()


def _is_known(session: Session, openid: str) -> bool:
    mine = select(Follower.id).where(
        Follower.openid_hash == openid_hash(session, openid), Follower.unfollowed_at.is_(None)
    )
    return session.execute(mine).first() is not None
