"""A colleague is let in by somebody who is bound: who else receives, inviting, handing over, removing."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, exists, func, select, update
from sqlalchemy.orm import Session, aliased

from reminders import limits, passes
from reminders.binding import leaving
from reminders.errors import LimitReached, NotFound
from reminders.limits import Limit
from reminders.passes import Inviter
from reminders.rules import permissions
from reminders.rules.identity import mask_holder
from reminders.rules.lifecycle import BindHow, BindRole
from reminders.tables.bindings import Binding, Follower
from reminders.tables.holders import Holder
from reminders.tables.ledger import License
from reminders.tables.passes import BindPass, BindPassLicense

GOOD_FOR = timedelta(days=7)
A_DAY = Limit("invite-day", 20, timedelta(days=1))
MOST = 50
TOO_MANY = "今天发的邀请太多了，请明天再发。"
NOT_YOURS = "没有找到这个持证人，或者您没有绑定它的证照。"
NOT_INVITED = "只能移除您自己邀请的人。不认识的人，请点“不认识，请工作人员核对”。"


@dataclass(frozen=True)
class Person:
    """Somebody who receives reminders of this holder; who they are on WeChat is not told."""

    binding_id: int
    role: BindRole | None
    how: BindHow
    since: datetime
    is_me: bool
    is_new: bool
    invited_by_me: bool


@dataclass(frozen=True)
class Client:
    """One holder of the table that somebody who looks after many reads; `first_on` is the next expiry."""

    holder_id: int
    holder_name: str
    licenses: int
    first_on: date | None
    role: BindRole | None


@dataclass(frozen=True)
class Receivers:
    """Those of one holder, whose licenses bound to the reader are `licenses`."""

    holder_id: int
    holder_name: str
    licenses: int
    people: tuple[Person, ...]


def my_holders(session: Session, follower_id: int, *, after: int = 0) -> tuple[list[Client], int]:
    """Every holder somebody is bound to, a page, and the last id where there is a next one, else 0."""
    chosen = (
        select(
            Holder.id,
            Holder.name,
            Holder.kind,
            func.count(License.id),
            func.min(License.expires_on),
            func.min(Binding.role),
        )
        .join(License, License.holder_id == Holder.id)
        .join(Binding, Binding.license_id == License.id)
        .where(*_mine(follower_id), Holder.id > after)
        .group_by(Holder.id, Holder.name, Holder.kind)
        .order_by(Holder.id)
        .limit(MOST + 1)
    )
    rows = session.execute(chosen).all()
    page = [
        Client(holder_id, mask_holder(name, kind), licenses, first_on, role)
        for holder_id, name, kind, licenses, first_on, role in rows[:MOST]
    ]
    return page, page[-1].holder_id if len(rows) > MOST else 0


def receivers(session: Session, follower_id: int, holder_id: int) -> Receivers:
    """Everybody bound to a license of this holder that is bound to the reader. Raises NotFound."""
    license_ids = _licenses(session, follower_id, holder_id)
    holder = session.get_one(Holder, holder_id)
    me = session.get_one(Follower, follower_id)
    first = func.min(Binding.id)
    rows = session.execute(
        select(
            Binding.follower_id,
            first,
            func.min(Binding.role),
            func.min(Binding.how),
            func.min(Binding.bound_at),
        )
        .join(Follower, Follower.id == Binding.follower_id)
        .where(Binding.license_id.in_(license_ids), Binding.unbound_at.is_(None), ~Follower.by_phone)
        .group_by(Binding.follower_id)
        .order_by(first)
        .limit(MOST)
    ).all()
    invited = _invited(session, follower_id, license_ids)
    since = _since(session, follower_id, license_ids)
    seen = max(me.news_seen_at or since, since)
    people = tuple(
        Person(
            binding_id,
            role,
            how,
            bound_at,
            is_me=other == follower_id,
            is_new=other != follower_id and bound_at > seen,
            invited_by_me=other in invited,
        )
        for other, binding_id, role, how, bound_at in rows
    )
    return Receivers(holder_id, mask_holder(holder.name, holder.kind), len(license_ids), people)


def news(session: Session, follower_id: int) -> int:
    """How many others were bound to the reader's licenses since they last looked; nobody is counted twice."""
    mine, other, them = aliased(Binding), aliased(Binding), aliased(Follower)
    seen = select(Follower.news_seen_at).where(Follower.id == follower_id).scalar_subquery()
    counted = (
        select(func.count(other.follower_id.distinct()))
        .join(mine, mine.license_id == other.license_id)
        .join(them, them.id == other.follower_id)
        .where(mine.follower_id == follower_id, mine.unbound_at.is_(None), other.unbound_at.is_(None))
        .where(other.follower_id != follower_id, ~them.by_phone, other.bound_at > mine.bound_at)
        .where((other.bound_at > seen) | seen.is_(None))
    )
    return session.execute(counted).scalar_one()


def mark_news_seen(session: Session, follower_id: int, *, now: datetime) -> None:
    session.execute(update(Follower).where(Follower.id == follower_id).values(news_seen_at=now))


def invite(
    session: Session, follower_id: int, holder_id: int, *, hands_over: bool = False, now: datetime
) -> str:
    """A code for one colleague, for all licenses of this holder bound to who invites; shown once.

    Raises NotFound, LimitReached.
    """
    license_ids = _may_invite(session, follower_id, holder_id, now)
    actor, inviter = permissions.follower(follower_id), Inviter(follower_id, hands_over)
    return passes.issue_code(
        session, BindHow.INVITATION, license_ids, GOOD_FOR, inviter=inviter, actor=actor, now=now
    )


def invite_by_qr(
    session: Session, follower_id: int, holder_id: int, *, hands_over: bool = False, now: datetime
) -> int:
    """The same as a QR code to be scanned from the screen; the pass's id. Raises as `invite`."""
    license_ids = _may_invite(session, follower_id, holder_id, now)
    return passes.issue_qr(
        session,
        BindHow.INVITATION,
        license_ids,
        lifetime=GOOD_FOR,
        inviter=Inviter(follower_id, hands_over),
        actor=permissions.follower(follower_id),
        now=now,
    )


def own_invitation(session: Session, follower_id: int, pass_id: int) -> None:
    """Raises NotFound for an invitation that somebody else gave."""
    mine = select(BindPass.id).where(BindPass.id == pass_id, BindPass.inviter_id == follower_id)
    if session.execute(mine).first() is None:
        raise NotFound(NOT_YOURS)


def only_holder(session: Session, follower_id: int) -> int | None:
    """The one holder somebody is bound to; None where there are none or several."""
    page, _ = my_holders(session, follower_id)
    return page[0].holder_id if len(page) == 1 else None


def remove(session: Session, follower_id: int, binding_id: int, *, now: datetime) -> int:
    """Ends what an invitation of one's own let in; returns how many bindings ended. Raises NotFound."""
    theirs = session.get(Binding, binding_id)
    if theirs is None:
        raise NotFound(NOT_INVITED)
    chosen = (
        select(BindPassLicense.license_id)
        .join(BindPass, BindPass.id == BindPassLicense.pass_id)
        .where(BindPass.inviter_id == follower_id, BindPass.used_by == theirs.follower_id)
    )
    license_ids = set(session.execute(chosen).scalars())
    if theirs.license_id not in license_ids:
        raise NotFound(NOT_INVITED)
    return leaving.leave(session, theirs.follower_id, license_ids, now=now)


def set_role_of(session: Session, follower_id: int, holder_id: int, role: BindRole) -> None:
    """What they are to this holder; to others they may be something else. Raises NotFound."""
    license_ids = _licenses(session, follower_id, holder_id)
    session.execute(
        update(Binding)
        .where(*_mine(follower_id), Binding.license_id.in_(license_ids))
        .values(role=role)
        .execution_options(synchronize_session=False)
    )


def leave_holder(session: Session, follower_id: int, holder_id: int, *, now: datetime) -> int:
    """They want to hear of this holder no more, and may come back; how many ended. Raises NotFound."""
    license_ids = _licenses(session, follower_id, holder_id)
    return leaving.leave(session, follower_id, license_ids, by_themselves=True, now=now)


def _may_invite(session: Session, follower_id: int, holder_id: int, now: datetime) -> tuple[int, ...]:
    license_ids = _licenses(session, follower_id, holder_id)
    if not limits.spend(session, A_DAY, str(follower_id), now=now):
        raise LimitReached(TOO_MANY)
    return license_ids


def _licenses(session: Session, follower_id: int, holder_id: int) -> tuple[int, ...]:
    chosen = (
        select(License.id)
        .join(Binding, Binding.license_id == License.id)
        .where(*_mine(follower_id), License.holder_id == holder_id)
        .order_by(License.id)
        .limit(passes.MOST_LICENSES)
    )
    found = tuple(session.execute(chosen).scalars())
    if not found:
        raise NotFound(NOT_YOURS)
    return found


def _mine(follower_id: int) -> list[ColumnElement[bool]]:
    """Bindings of WeChat accounts: somebody known by a phone for two hours lets nobody in."""
    is_account = exists().where(Follower.id == Binding.follower_id, ~Follower.by_phone)
    return [Binding.follower_id == follower_id, Binding.unbound_at.is_(None), is_account]


def _invited(session: Session, follower_id: int, license_ids: Collection[int]) -> set[int]:
    chosen = (
        select(BindPass.used_by)
        .join(BindPassLicense, BindPassLicense.pass_id == BindPass.id)
        .where(BindPass.inviter_id == follower_id, BindPassLicense.license_id.in_(license_ids))
        .where(BindPass.used_by.is_not(None))
    )
    return {one for one in session.execute(chosen).scalars() if one is not None}


def _since(session: Session, follower_id: int, license_ids: Collection[int]) -> datetime:
    mine = select(func.min(Binding.bound_at)).where(
        Binding.follower_id == follower_id, Binding.license_id.in_(license_ids), Binding.unbound_at.is_(None)
    )
    return session.execute(mine).scalar_one()
