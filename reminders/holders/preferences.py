"""How a follower wants to read and to be reminded."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from reminders import audit
from reminders.holders.following import openid_hash
from reminders.rules import permissions
from reminders.rules.lifecycle import Colours, FontSize, Language, QuietUntil
from reminders.tables.bindings import Follower


@dataclass(frozen=True)
class Look:
    """How pages are shown to one reader."""

    language: Language = Language.ZH
    is_care: bool = False
    font: FontSize = FontSize.NORMAL
    colours: Colours = Colours.AUTO


def look(session: Session, openid: str) -> Look:
    """As chosen; the usual one for whoever is unknown."""
    found = session.execute(
        select(Follower.language, Follower.is_care, Follower.font, Follower.colours).where(
            Follower.openid_hash == openid_hash(session, openid)
        )
    ).one_or_none()
    return Look(*found) if found else Look()


def set_look(session: Session, follower_id: int, chosen: Look) -> None:
    me = session.get_one(Follower, follower_id)
    me.language, me.is_care, me.font, me.colours = (
        chosen.language,
        chosen.is_care,
        chosen.font,
        chosen.colours,
    )


def set_care(session: Session, follower_id: int, *, is_on: bool) -> None:
    session.get_one(Follower, follower_id).is_care = is_on


def quiet_until(session: Session, follower_id: int) -> QuietUntil:
    return session.get_one(Follower, follower_id).quiet_until


def set_quiet_until(session: Session, follower_id: int, chosen: QuietUntil, *, now: datetime) -> None:
    """For every message planned from now on; what already waits keeps its moment."""
    session.get_one(Follower, follower_id).quiet_until = chosen
    actor = permissions.follower(follower_id)
    audit.record(session, "follower.set_quiet", actor.ref, {"until": chosen}, actor=actor, now=now)
