"""Who is signed in: a signed cookie that ends by itself and with the account's session epoch."""

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, TypeVar, cast

from flask import g
from flask import session as cookie
from sqlalchemy.orm import Session

from portal.installation import settings
from reminders import clock, staff
from reminders.rules.permissions import Actor, Permission
from reminders.staff import HalfIn, SignedIn

HALFWAY = timedelta(minutes=5)
DECLARED = "declared_permission"

View = TypeVar("View", bound=Callable[..., Any])


class NotDeclared(Exception):
    """A staff route was written without saying which permission it needs."""


def requires(permission: Permission) -> Callable[[View], View]:
    """Declares the one permission a staff route needs; `portal.staff.routes` asks for it before the view."""

    def declare(view: View) -> View:
        setattr(view, DECLARED, permission)
        return view

    return declare


def before_sign_in(view: View) -> View:
    """Declares a route that is there for people who are not signed in yet."""
    setattr(view, DECLARED, None)
    return view


def permission_of(view: Callable[..., Any]) -> Permission | None:
    """Raises NotDeclared rather than letting anybody in by mistake."""
    if not hasattr(view, DECLARED):
        raise NotDeclared(view.__name__)
    return cast(Permission | None, getattr(view, DECLARED))


def enter_half(half: HalfIn, *, now: datetime) -> None:
    """The password was right; nobody is signed in yet. Nothing of an older session is kept."""
    cookie.clear()
    cookie.update(half=half.staff_id, epoch=half.epoch, factor=half.has_factor, since=int(now.timestamp()))


def half(*, now: datetime) -> HalfIn | None:
    """Who gave the password within the last minutes."""
    if "half" not in cookie or now.timestamp() - cookie.get("since", 0) > HALFWAY.total_seconds():
        return None
    return HalfIn(cookie["half"], cookie["epoch"], cookie["factor"])


def as_half() -> HalfIn:
    """The signed-in person, where their second factor is asked for once more."""
    return HalfIn(cookie["staff"], cookie["epoch"], has_factor=True)


def enter(signed: SignedIn, *, now: datetime) -> None:
    """A new session: nothing of the old one, its id and its form token included, is kept."""
    cookie.clear()
    cookie.update(
        id=secrets.token_hex(8),
        staff=signed.actor.staff_id,
        epoch=signed.epoch,
        since=int(now.timestamp()),
        seen=int(now.timestamp()),
    )


def leave() -> None:
    cookie.clear()


def who(session: Session, *, now: datetime) -> Actor | None:
    """Who sends this request; None when nobody is signed in or the session ran out."""
    if "staff" not in cookie:
        return None
    at = int(now.timestamp())
    too_old = at - cookie.get("since", 0) > settings().staff_session_hours * 3600
    too_idle = at - cookie.get("seen", 0) > settings().staff_idle_minutes * 60
    actor = None if too_old or too_idle else staff.signed_in(session, cookie["staff"], cookie["epoch"])
    if actor is None:
        cookie.clear()
        return None
    cookie["seen"] = at
    if "covering" not in cookie:
        return actor
    deputy = staff.standing_in(session, actor, cookie["covering"], clock.civil_date(now))
    if deputy is None:
        del cookie["covering"]
    return deputy or actor


def stand_in(absence_id: int | None) -> None:
    """From the next request on; None: back to the own work."""
    cookie.pop("covering", None)
    if absence_id is not None:
        cookie["covering"] = absence_id


def is_standing_in() -> bool:
    return "covering" in cookie


def actor() -> Actor:
    """The signed-in person of this request."""
    return cast(Actor, g.actor)
