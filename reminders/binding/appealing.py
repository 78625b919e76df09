"""Takes the case of somebody whom no code reaches, or who does not know another that is bound."""

import json
from datetime import date, datetime, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from reminders import agreement, audit, clock, limits, windows
from reminders.db import vault_of
from reminders.errors import Invalid, LimitReached, NotFound
from reminders.limits import Limit
from reminders.rules import identity, permissions
from reminders.rules.dates import plus_workdays
from reminders.rules.lifecycle import LicenseState
from reminders.rules.service_words import AppealKind
from reminders.tables.appeals import Appeal
from reminders.tables.bindings import Binding
from reminders.tables.holders import Holder
from reminders.tables.ledger import License

A_DAY = Limit("appeal-day", 3, timedelta(days=1))
WORKDAYS = 1
LONGEST = {"identifier": 100, "name": 100, "note": 300}
INCOMPLETE = "请填写证照编号、您的姓名和能打通的手机号，工作人员要打电话核对。"
TOO_MANY = "今天已经提交过几次了，请等工作人员联系您，或拨打咨询电话。"
NOT_YOURS = "没有找到这个接收人，请刷新页面。"


def appeal(
    session: Session,
    follower_id: int,
    identifier: str,
    name: str,
    phone: str,
    note: str = "",
    *,
    now: datetime,
) -> datetime:
    """The end of the day by which somebody calls: the same whether or not the identifier names anything.

    Raises Forbidden without consent, Invalid when something is missing, LimitReached.
    """
    agreement.must_have_agreed(session, follower_id)
    given = {"identifier": identifier, "name": name, "note": note}
    typed = {key: identity.clean(text)[: LONGEST[key]] for key, text in given.items()}
    numbers = identity.phones(phone)
    if not identity.number_key(typed["identifier"]) or not typed["name"] or len(numbers) != 1:
        raise Invalid(INCOMPLETE)
    typed["phone"] = numbers[0]
    license_id = _named(session, typed["identifier"])
    return _take(session, AppealKind.WRONG_PHONE, follower_id, license_id, typed, now)


def report_stranger(session: Session, follower_id: int, binding_id: int, *, now: datetime) -> datetime:
    """Somebody is bound to a license of theirs whom they do not know; said again, it stays one case.

    Raises NotFound, LimitReached.
    """
    stranger = session.get(Binding, binding_id)
    mine = select(Binding.id).where(
        Binding.follower_id == follower_id,
        Binding.unbound_at.is_(None),
        Binding.license_id == (stranger.license_id if stranger else 0),
    )
    if stranger is None or session.execute(mine).first() is None:
        raise NotFound(NOT_YOURS)
    waiting = _waiting(session, follower_id, binding_id)
    if waiting is not None:
        return _end_of(waiting)
    typed = {"identifier": "", "name": "", "phone": "", "note": "", "binding": str(binding_id)}
    return _take(session, AppealKind.STRANGER, follower_id, stranger.license_id, typed, now)


def standing(session: Session, follower_id: int) -> list[tuple[datetime, str]]:
    """One's own newest cases: when, and what came of each ("" while it is open)."""
    mine = (
        select(Appeal.created_at, Appeal.closing)
        .where(Appeal.follower_id == follower_id)
        .order_by(Appeal.id.desc())
        .limit(5)
    )
    return [(created_at, str(closing or "")) for created_at, closing in session.execute(mine)]


def _take(
    session: Session,
    kind: AppealKind,
    follower_id: int,
    license_id: int | None,
    typed: dict[str, str],
    now: datetime,
) -> datetime:
    if not limits.spend(session, A_DAY, str(follower_id), now=now):
        raise LimitReached(TOO_MANY)
    promised_on = plus_workdays(clock.civil_date(now), WORKDAYS, windows.load_workdays(session))
    made = Appeal(
        kind=kind,
        follower_id=follower_id,
        license_id=license_id,
        typed_cipher=vault_of(session).seal(json.dumps(typed, ensure_ascii=False)),
        promised_on=promised_on,
        created_at=now,
    )
    session.add(made)
    session.flush()
    actor = permissions.follower(follower_id)
    detail = {"kind": kind, "license_id": license_id}
    audit.record(session, "appeal.make", f"appeal:{made.id}", detail, actor=actor, now=now)
    return _end_of(promised_on)


def _end_of(day: date) -> datetime:
    return clock.civil_moment(day, datetime.max.time().replace(microsecond=0))


def _waiting(session: Session, follower_id: int, binding_id: int) -> date | None:
    """By when the same stranger is looked at, where that was reported already."""
    mine = select(Appeal.typed_cipher, Appeal.promised_on).where(
        Appeal.follower_id == follower_id, Appeal.kind == AppealKind.STRANGER, Appeal.closed_at.is_(None)
    )
    open_cases = session.execute(mine.order_by(Appeal.id.desc()).limit(20))
    vault = vault_of(session)
    found = (day for typed, day in open_cases if json.loads(vault.open(typed))["binding"] == str(binding_id))
    return next(found, None)


def _named(session: Session, identifier: str) -> int | None:
    """The newest license with this number, or of the holder with this credit code or name."""
    try:
        credit_code = identity.credit_code(identifier)
    except Invalid:
        credit_code = "-"
    named = (
        select(func.max(License.id))
        .join(Holder, Holder.id == License.holder_id)
        .where(License.state != LicenseState.CANCELLED)
    )
    by_number = named.where(License.number_key == identity.number_key(identifier))
    by_holder = named.where(
        or_(Holder.credit_code == credit_code, Holder.name_key == identity.name_key(identifier))
    )
    found = [session.execute(query).scalar_one() for query in (by_number, by_holder)]
    return next((one for one in found if one is not None), None)
