"""Takes what holders think of the service and which mistakes they see; what staff answer is shown to them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from reminders import audit, limits
from reminders.db import vault_of
from reminders.errors import Conflict, Invalid, LimitReached, NotFound
from reminders.limits import Limit
from reminders.rules import permissions
from reminders.rules.answers import HELP
from reminders.rules.identity import clean
from reminders.rules.permissions import Actor, department_scope
from reminders.rules.service_words import AppointmentState, FeedbackAbout, Reason, Satisfaction
from reminders.tables.answers import Answer
from reminders.tables.appointments import Appointment
from reminders.tables.bindings import Binding
from reminders.tables.catalogue import CatalogueEntry
from reminders.tables.feedback import Feedback
from reminders.tables.ledger import License

LONGEST = 300
MOST_SHOWN = 20
OFFERED_FOR = timedelta(days=30)
A_DAY = Limit("feedback-day", 10, timedelta(days=1))
NO_LEVEL = "请先点一个满意程度，再提交。"
NO_WORDS = "请写明哪里不对、应当是什么，几个字就可以。"
TOO_MANY = "今天收到您的意见已经很多了，请明天再来，或直接打服务电话。"
NOT_YOURS = "没有找到这本证照，或者它没有绑定在您的微信上。请在公众号里回复“我的证照”查看。"


@dataclass(frozen=True)
class Told:
    """One entry as its writer and staff see it."""

    feedback_id: int
    about: FeedbackAbout
    level: Satisfaction | None
    reasons: tuple[Reason, ...]
    license_name: str
    words: str
    reply: str
    given_at: datetime
    closed_at: datetime | None


@dataclass(frozen=True)
class Offered:
    """A contact that is over and that its holder has not judged yet."""

    license_id: int
    license_name: str
    about: FeedbackAbout
    over_at: datetime


def give(
    session: Session,
    follower_id: int,
    about: FeedbackAbout,
    level: Satisfaction | None,
    words: str,
    license_id: int | None = None,
    reasons: Iterable[Reason] = (),
    *,
    now: datetime,
) -> int:
    """Raises Invalid when nothing was said, NotFound for a license of others, LimitReached."""
    said = clean(words)[:LONGEST]
    if about is FeedbackAbout.MISTAKE and not said:
        raise Invalid(NO_WORDS)
    if about is not FeedbackAbout.MISTAKE and level is None:
        raise Invalid(NO_LEVEL)
    if license_id is not None and not _is_bound(session, follower_id, license_id):
        raise NotFound(NOT_YOURS)
    if not limits.spend(session, A_DAY, str(follower_id), now=now):
        raise LimitReached(TOO_MANY)
    row = Feedback(
        follower_id=follower_id,
        license_id=license_id,
        about=about,
        level=None if about is FeedbackAbout.MISTAKE else level,
        reasons="" if about is FeedbackAbout.MISTAKE else ",".join(sorted(set(reasons))),
        words_cipher=vault_of(session).seal(said) if said else None,
        given_at=now,
    )
    session.add(row)
    session.flush()
    actor = permissions.follower(follower_id)
    audit.record(
        session, "feedback.give", f"feedback:{row.id}", {"about": about, "level": level}, actor=actor, now=now
    )
    return row.id


def own(session: Session, follower_id: int) -> list[Told]:
    """Newest first, with the answers."""
    return _told(session, select(Feedback.id).where(Feedback.follower_id == follower_id), MOST_SHOWN)


def offered(
    session: Session, follower_id: int, license_id: int | None = None, *, now: datetime
) -> list[Offered]:
    """Help given and visits made lately, about licenses still bound; each until it was judged once."""
    since = now - OFFERED_FOR
    helped = (
        select(Answer.license_id, Answer.closed_at)
        .where(Answer.follower_id == follower_id, Answer.kind.in_(HELP))
        .where(Answer.verified_at.is_not(None), Answer.closed_at >= since)
    )
    came = select(Appointment.license_id, Appointment.changed_at).where(
        Appointment.follower_id == follower_id,
        Appointment.state == AppointmentState.CAME,
        Appointment.changed_at >= since,
    )
    over: dict[tuple[int, FeedbackAbout], datetime] = {}
    for about, query in ((FeedbackAbout.HELP, helped), (FeedbackAbout.COUNTER, came)):
        for number, at in session.execute(query):
            if at is not None and license_id in (None, number):
                over[number, about] = max(at, over.get((number, about), at))
    if not over:
        return []
    judged = _judged(session, follower_id)
    names = _bound_names(session, follower_id, {number for number, _about in over})
    return [
        Offered(number, names[number], about, at)
        for (number, about), at in sorted(over.items(), key=lambda one: one[1], reverse=True)
        if number in names and ((number, about) not in judged or judged[number, about] < at)
    ]


def _judged(session: Session, follower_id: int) -> dict[tuple[int | None, FeedbackAbout], datetime]:
    found = session.execute(
        select(Feedback.license_id, Feedback.about, func.max(Feedback.given_at))
        .where(Feedback.follower_id == follower_id)
        .group_by(Feedback.license_id, Feedback.about)
    )
    return {(license_id, about): at for license_id, about, at in found}


def _bound_names(session: Session, follower_id: int, license_ids: set[int]) -> dict[int, str]:
    query = (
        select(License.id, CatalogueEntry.license_name)
        .join(CatalogueEntry, CatalogueEntry.id == License.catalogue_entry_id)
        .join(Binding, Binding.license_id == License.id)
        .where(Binding.follower_id == follower_id, Binding.unbound_at.is_(None), License.id.in_(license_ids))
    )
    return {row.id: row.license_name for row in session.execute(query)}


def open_ones(session: Session, *, actor: Actor) -> list[Told]:
    """What waits for a member of staff: about licenses of their department, and what concerns nobody's."""
    return _told(session, _open(actor), 100)


def count_open(session: Session, *, actor: Actor) -> int:
    return session.execute(select(func.count()).select_from(_open(actor).subquery())).scalar_one()


def close(session: Session, feedback_id: int, reply: str, *, actor: Actor, now: datetime) -> None:
    """Answers, or just marks as read. Raises NotFound or Conflict."""
    if feedback_id not in {one.feedback_id for one in open_ones(session, actor=actor)}:
        raise NotFound("没有找到这条意见，可能已经处理，或者不属于您的科室。")
    row = session.execute(select(Feedback).where(Feedback.id == feedback_id).with_for_update()).scalar_one()
    if row.closed_at is not None:
        raise Conflict("这条意见已经有人处理了，请刷新页面。")
    said = clean(reply)[:LONGEST]
    row.reply_cipher = vault_of(session).seal(said) if said else None
    row.closed_at, row.closed_by = now, actor.ref
    audit.record(session, "feedback.close", f"feedback:{feedback_id}", actor=actor, now=now)


def _open(actor: Actor) -> Select[Any]:
    waiting = select(Feedback.id).where(Feedback.closed_at.is_(None))
    scope = department_scope(actor)
    if scope is None:
        return waiting
    own_ones = (
        select(License.id)
        .join(CatalogueEntry, CatalogueEntry.id == License.catalogue_entry_id)
        .where(CatalogueEntry.department_id == scope)
    )
    return waiting.where(or_(Feedback.license_id.is_(None), Feedback.license_id.in_(own_ones)))


def _is_bound(session: Session, follower_id: int, license_id: int) -> bool:
    bound = select(Binding.id).where(
        Binding.follower_id == follower_id,
        Binding.license_id == license_id,
        Binding.unbound_at.is_(None),
    )
    return session.execute(bound).first() is not None


def _told(session: Session, chosen: object, most: int) -> list[Told]:
    found = session.execute(
        select(Feedback, CatalogueEntry.license_name)
        .outerjoin(License, License.id == Feedback.license_id)
        .outerjoin(CatalogueEntry, CatalogueEntry.id == License.catalogue_entry_id)
        .where(Feedback.id.in_(chosen))  # type: ignore[arg-type]
        .order_by(Feedback.id.desc())
        .limit(most)
    )
    vault = vault_of(session)
    return [
        Told(
            row.id,
            row.about,
            row.level,
            tuple(Reason(word) for word in row.reasons.split(",") if word),
            name or "",
            vault.open(row.words_cipher) if row.words_cipher else "",
            vault.open(row.reply_cipher) if row.reply_cipher else "",
            row.given_at,
            row.closed_at,
        )
        for row, name in found
    ]
