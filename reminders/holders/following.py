"""Keeps who follows the official account, and what they did with their bindings."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from reminders import audit, resting
from reminders.db import vault_of
from reminders.errors import NotFound
from reminders.rules import permissions
from reminders.rules.lifecycle import Language
from reminders.rules.tidings import WRITES_KNOWN_WITHIN
from reminders.tables.bindings import Binding, Follower

HELP_AGAIN = timedelta(minutes=10)
STRANGER = "我们还不认识您。请先关注公众号，再从公众号里打开这一页。"


def follow(session: Session, openid: str, *, now: datetime) -> None:
    """They follow (again). `now` is the event's own moment, so a late copy cannot undo a later unfollow."""
    follower = _follower(session, openid, now)
    is_late = follower.unfollowed_at is not None and follower.unfollowed_at > now
    if is_late or (follower.followed_at is not None and follower.unfollowed_at is None):
        return
    follower.followed_at, follower.unfollowed_at = now, None
    follower.push_stopped_at, follower.push_stopped_reason = None, ""
    audit.record(
        session,
        "follower.follow",
        f"follower:{follower.id}",
        actor=permissions.follower(follower.id),
        now=now,
    )


def unfollow(session: Session, openid: str, *, now: datetime) -> None:
    """They left: nothing is pushed any more; bindings stay for the day they come back."""
    follower = _follower(session, openid, now)
    is_late = follower.followed_at is not None and follower.followed_at > now
    if is_late or follower.unfollowed_at is not None:
        return
    follower.unfollowed_at = now
    audit.record(
        session,
        "follower.unfollow",
        f"follower:{follower.id}",
        actor=permissions.follower(follower.id),
        now=now,
    )


def heard_from(session: Session, openid: str, *, wrote: bool = False, now: datetime) -> int:
    """They wrote or tapped, so they follow and accept messages; returns the follower's id.

    `wrote`: they typed something, after which we may write back freely for a while.
    """
    follower = _follower(session, openid, now)
    if wrote and (follower.wrote_at is None or now - follower.wrote_at >= WRITES_KNOWN_WITHIN):
        follower.wrote_at = now
    if follower.followed_at is None or follower.unfollowed_at is not None:
        follower.followed_at, follower.unfollowed_at = now, None
    if follower.push_stopped_at is not None:
        follower.push_stopped_at, follower.push_stopped_reason = None, ""
    session.flush()
    return follower.id


def is_follower(session: Session, openid: str) -> bool:
    found = select(Follower.id).where(
        Follower.openid_hash == openid_hash(session, openid), Follower.unfollowed_at.is_(None)
    )
    return session.execute(found).first() is not None


def follower_id(session: Session, openid: str) -> int:
    """Raises NotFound for somebody who never wrote, tapped or followed."""
    found = select(Follower.id).where(Follower.openid_hash == openid_hash(session, openid))
    known = session.execute(found).scalar_one_or_none()
    if known is None:
        raise NotFound(STRANGER)
    return known


def is_puzzled_again(session: Session, follower_id: int, *, now: datetime) -> bool:
    """Whether help was shown for unknown words a moment ago already; once in a while is enough."""
    me = session.get_one(Follower, follower_id)
    if me.puzzled_at is not None and now - me.puzzled_at < HELP_AGAIN:
        return True
    me.puzzled_at = now
    return False


def set_wechat(session: Session, follower_id: int, *, is_on: bool, now: datetime) -> None:
    """Messages in WeChat on or off; off, what waits goes to the planner, which finds the next channel."""
    me = session.get_one(Follower, follower_id, with_for_update=True)
    if (me.wechat_off_at is None) == is_on:
        return
    me.wechat_off_at = None if is_on else now
    session.flush()
    if not is_on:
        resting.take_back_all_from(session, follower_id, now=now)
    actor = permissions.follower(follower_id)
    audit.record(session, "follower.set_wechat", actor.ref, {"is_on": is_on}, actor=actor, now=now)


def set_language(session: Session, follower_id: int, language: Language) -> None:
    session.get_one(Follower, follower_id).language = language


def language(session: Session, openid: str) -> Language:
    """The one they chose; Chinese for whoever chose none or is unknown."""
    chosen = select(Follower.language).where(Follower.openid_hash == openid_hash(session, openid))
    return session.execute(chosen).scalar_one_or_none() or Language.ZH


def accepts_wechat(session: Session, follower_id: int) -> bool:
    return session.get_one(Follower, follower_id).wechat_off_at is None


def unbind_token(session: Session, binding_ids: Sequence[int]) -> str:
    """Six digits that stand for exactly these bindings, so that a confirmation cannot end others."""
    digest = vault_of(session).blind("unbind:" + ",".join(map(str, sorted(binding_ids))))
    return f"{int(digest[:12], 16) % 1_000_000:06d}"


def bindings_meant(session: Session, follower_id: int, token: str) -> tuple[int, ...]:
    """The active bindings a confirmation's token stands for: one of them, all of them, or none any more."""
    ids = _active(session, Binding.follower_id == follower_id)
    choices = [(binding_id,) for binding_id in ids] + [ids]
    return next((chosen for chosen in choices if chosen and unbind_token(session, chosen) == token), ())


def active_bindings(session: Session, openid: str) -> tuple[int, ...]:
    """Ids of everything bound to this person now."""
    mine = select(Follower.id).where(Follower.openid_hash == openid_hash(session, openid))
    return _active(session, Binding.follower_id.in_(mine))


def openid_hash(session: Session, openid: str) -> str:
    return vault_of(session).blind(f"openid:{openid}")


def _active(session: Session, whose: ColumnElement[bool]) -> tuple[int, ...]:
    active = select(Binding.id).where(whose, Binding.unbound_at.is_(None)).order_by(Binding.id)
    return tuple(session.execute(active).scalars())


def _insert(session: Session) -> Any:
    return postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert


def follower_of(session: Session, openid: str, *, now: datetime) -> int:
    """The id of this person's row, made when they are new."""
    return _follower(session, openid, now).id


def _follower(session: Session, openid: str, now: datetime) -> Follower:
    """The row of this person, made when they are new; locked until the transaction ends."""
    mine = select(Follower).where(Follower.openid_hash == openid_hash(session, openid)).with_for_update()
    found = session.execute(mine).scalar_one_or_none()
    if found is not None:
        return found
    new = _insert(session)(Follower.__table__).values(
        openid=openid, openid_hash=openid_hash(session, openid), push_stopped_reason="", created_at=now
    )
    session.execute(new.on_conflict_do_nothing())
    return session.execute(mine).scalar_one()
