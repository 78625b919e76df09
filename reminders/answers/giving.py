"""Takes an answer of a holder, and back; what waits to be sent follows in the same transaction."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from reminders import agreement, audit, clock, departures, resting, windows
from reminders.answers import ending, other_phone
from reminders.db import vault_of
from reminders.departures import Departure
from reminders.errors import Conflict, Invalid, NotFound
from reminders.resting import Subject
from reminders.rules import permissions
from reminders.rules.answers import ABOUT_THE_LICENSE, HELP, Effect, effect
from reminders.rules.identity import clean
from reminders.rules.lifecycle import AnswerKind, ContactSign, DateKind, Expiry, LicenseState
from reminders.tables.answers import Answer
from reminders.tables.bindings import Binding, Confirmation
from reminders.tables.ledger import License
from reminders.tables.windows import RenewalWindow

NOTE_LENGTH = 200
MOST_PAUSED = 500
UNDO_HANDOVER = timedelta(days=7)
NOT_YOURS = "没有找到这本证照，或者它没有绑定在您的微信上。请在公众号里回复“我的证照”查看。"
NO_DATE = "这本证照现在没有可以提醒的日期，不用回答。有疑问请打服务电话。"
GONE = "这个回答已经撤回或结束了，请刷新页面。"
NO_WAY_BACK = (
    "台账里的单位或电话变了，或者工作人员已经解除，不能直接撤回。仍由您负责的，请回复“绑定”重新绑定。"
)
TOO_LATE = "换人负责已超过 7 天，不能直接撤回。仍由您负责的，请回复“绑定”重新绑定。"


def give(
    session: Session,
    follower_id: int,
    license_id: int,
    kind: AnswerKind,
    date_kind: DateKind = DateKind.MAIN,
    *,
    until: date | None = None,
    note: str = "",
    phone: str = "",
    now: datetime,
) -> int:
    """The answer's id; the same answer given twice is one. Raises NotFound for a license that is not bound to
    this follower, Invalid for one without such a date or a pause or phone that may not be."""
    other = other_phone.read(kind, phone)
    binding = _binding(session, follower_id, license_id)
    license_, subject = _subject(session, license_id, date_kind)
    meant = effect(
        kind,
        clock.civil_date(now),
        expires_on=subject.expires_on,
        apply_by=_apply_by(session, license_, subject),
        until=until,
        workdays=windows.load_workdays(session),
    )
    before = _standing(session, subject, follower_id, kind)
    if before is not None and (kind is not AnswerKind.LATER or before.until_on == meant.until_on):
        other_phone.keep(session, before, other)
        return before.id
    _end_contrary(session, subject, follower_id, kind, now)
    answer = _answer(session, subject, binding, kind, meant, license_, note, now)
    session.add(answer)
    other_phone.keep(session, answer, other)
    session.flush()
    _carry_out(session, answer, meant, license_, now)
    detail = {"kind": kind, "date_kind": date_kind, "expires_on": str(subject.expires_on)}
    _record(session, "answer.give", answer, detail, now)
    return answer.id


def pause_all(session: Session, follower_id: int, until: date | None, *, now: datetime) -> int:
    """暂不提醒 for everything bound to this follower that may still pause; returns how many do."""
    bound = (
        select(License.id)
        .join(Binding, Binding.license_id == License.id)
        .where(Binding.follower_id == follower_id, Binding.unbound_at.is_(None))
        .where(License.state == LicenseState.ACTIVE, License.expiry == Expiry.DATED)
        .order_by(License.expires_on)
        .limit(MOST_PAUSED)
    )
    paused = 0
    for license_id in session.execute(bound).scalars().all():
        try:
            give(session, follower_id, license_id, AnswerKind.LATER, until=until, now=now)
        except Invalid:
            continue
        paused += 1
    return paused


def withdraw(session: Session, follower_id: int, answer_id: int, *, now: datetime) -> int:
    """Takes one's own answer back, or one about a license bound to oneself; returns the license's id.

    Raises NotFound, or Conflict when it ended before.
    """
    answer = session.execute(
        select(Answer).where(Answer.id == answer_id).with_for_update()
    ).scalar_one_or_none()
    if answer is None:
        raise NotFound(NOT_YOURS)
    if answer.follower_id != follower_id:
        _binding(session, follower_id, answer.license_id)
    if answer.ended_at is not None:
        raise Conflict(GONE)
    if answer.kind is AnswerKind.HANDED_OVER:
        _bind_again(session, answer, now)
    answer.withdrawn_at = now
    ending.end(session, answer, now=now)
    _record(session, "answer.withdraw", answer, {"kind": answer.kind}, now, follower_id)
    return answer.license_id


def _binding(session: Session, follower_id: int, license_id: int) -> Binding:
    found = session.execute(
        select(Binding)
        .where(Binding.follower_id == follower_id, Binding.license_id == license_id)
        .where(Binding.unbound_at.is_(None))
        .with_for_update()
    ).scalar_one_or_none()
    if found is None:
        raise NotFound(NOT_YOURS)
    return found


def _subject(session: Session, license_id: int, date_kind: DateKind) -> tuple[License, Subject]:
    license_ = session.execute(select(License).where(License.id == license_id).with_for_update()).scalar_one()
    is_main = date_kind is DateKind.MAIN
    expires_on = license_.expires_on if is_main else license_.companion_on
    has_date = expires_on is not None and (not is_main or license_.expiry is Expiry.DATED)
    if license_.state is LicenseState.CANCELLED or not has_date or expires_on is None:
        raise Invalid(NO_DATE)
    return license_, Subject(license_id, date_kind, expires_on)


def _apply_by(session: Session, license_: License, subject: Subject) -> date | None:
    key = (license_.catalogue_entry_id, subject.date_kind, subject.expires_on)
    window = session.get(RenewalWindow, key)
    return window.apply_by if window else None


def _standing(session: Session, subject: Subject, follower_id: int, kind: AnswerKind) -> Answer | None:
    return session.execute(
        select(Answer).where(*_same(subject), Answer.follower_id == follower_id, Answer.kind == kind)
    ).scalar_one_or_none()


def _same(subject: Subject) -> list[Any]:
    return [
        Answer.license_id == subject.license_id,
        Answer.date_kind == subject.date_kind,
        Answer.expires_on == subject.expires_on,
        Answer.ended_at.is_(None),
    ]


def _end_contrary(
    session: Session, subject: Subject, follower_id: int, kind: AnswerKind, now: datetime
) -> None:
    """A new word about the license, whoever says it, ends the old one; help is asked for once a person."""
    contrary = ABOUT_THE_LICENSE if kind in ABOUT_THE_LICENSE else HELP & {kind}
    old = session.execute(select(Answer).where(*_same(subject), Answer.kind.in_(contrary))).scalars()
    for answer in old:
        if kind in ABOUT_THE_LICENSE or answer.follower_id == follower_id:
            answer.withdrawn_at = now
            ending.end(session, answer, now=now)
    session.flush()


def _answer(
    session: Session,
    subject: Subject,
    binding: Binding,
    kind: AnswerKind,
    meant: Effect,
    license_: License,
    note: str,
    now: datetime,
) -> Answer:
    words = clean(note)[:NOTE_LENGTH]
    # An application that the bureau itself knows of is not the holder's to take back.
    is_known = kind is AnswerKind.APPLIED and license_.state is LicenseState.RENEWING
    return Answer(
        license_id=subject.license_id,
        date_kind=subject.date_kind,
        expires_on=subject.expires_on,
        follower_id=binding.follower_id,
        binding_id=binding.id,
        contact_id=license_.contact_id if meant.blocks_contact else None,
        kind=kind,
        note_cipher=vault_of(session).seal(words) if words else None,
        rests=meant.rests and not is_known,
        until_on=meant.until_on,
        blocks_contact=meant.blocks_contact and license_.contact_id is not None,
        look_on=meant.look_on,
        promised_on=meant.promised_on,
        given_at=now,
    )


def _carry_out(session: Session, answer: Answer, meant: Effect, license_: License, now: datetime) -> None:
    subject = Subject(answer.license_id, answer.date_kind, answer.expires_on)
    if answer.rests:
        if answer.kind is AnswerKind.APPLIED and answer.date_kind is DateKind.MAIN:
            license_.state, license_.next_due_on, license_.companion_due_on = (
                LicenseState.RENEWING,
                None,
                None,
            )
            license_.version, license_.updated_at = license_.version + 1, now
        resting.take_back(session, subject, now=now)
    if answer.blocks_contact and answer.contact_id is not None:
        resting.take_back_from_contact(session, answer.contact_id, now=now)
    if meant.unbinds:
        _unbind(session, answer, now)
    if meant.is_sign:
        _confirm(session, answer, now)


def _unbind(session: Session, answer: Answer, now: datetime) -> None:
    """Whoever is not responsible any more was no sign that somebody responsible knows."""
    session.execute(
        update(Binding)
        .where(Binding.id == answer.binding_id)
        .values(unbound_at=now)
        .execution_options(synchronize_session=False)
    )
    session.execute(
        delete(Confirmation).where(
            Confirmation.license_id == answer.license_id, Confirmation.follower_id == answer.follower_id
        )
    )
    departures.note(session, answer.follower_id, [answer.binding_id], Departure.ANSWERED)
    resting.take_back_from(session, answer.follower_id, [answer.license_id], now=now)


def _bind_again(session: Session, answer: Answer, now: datetime) -> None:
    if now - answer.given_at > UNDO_HANDOVER:
        raise Conflict(TOO_LATE)
    newer = select(Binding.id).where(
        Binding.follower_id == answer.follower_id,
        Binding.license_id == answer.license_id,
        Binding.unbound_at.is_(None),
    )
    if session.execute(newer).first() is not None:
        resting.give_back_to(session, answer.follower_id, [answer.license_id])
        return
    mine = departures.open_ones(session, answer.follower_id, Departure.ANSWERED, now=now)
    chosen = [one for one in mine if one.binding_id == answer.binding_id]
    if not agreement.has_agreed(session, answer.follower_id):
        raise Conflict(NO_WAY_BACK)
    if not departures.come_back(session, answer.follower_id, chosen, now=now):
        raise Conflict(NO_WAY_BACK)


def _confirm(session: Session, answer: Answer, now: datetime) -> None:
    insert: Any = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    session.execute(
        insert(Confirmation.__table__)
        .values(
            license_id=answer.license_id,
            date_kind=answer.date_kind,
            expires_on=answer.expires_on,
            sign=ContactSign.ANSWERED,
            follower_id=answer.follower_id,
            at=now,
        )
        .on_conflict_do_nothing()
    )


def _record(
    session: Session,
    action: str,
    answer: Answer,
    detail: Mapping[str, object],
    now: datetime,
    follower_id: int = 0,
) -> None:
    actor = permissions.follower(follower_id or answer.follower_id)
    audit.record(session, action, f"license:{answer.license_id}", detail, actor=actor, now=now)
