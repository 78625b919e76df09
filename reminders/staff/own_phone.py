"""A colleague's own mobile phone, proved by a code, and own WeChat, linked by a QR code they scan."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from reminders import limits, own_messages, own_reach, passes
from reminders.errors import Invalid, LimitReached
from reminders.limits import Limit
from reminders.own_reach import OwnReach
from reminders.passes import Qr
from reminders.rules import identity
from reminders.rules.permissions import Actor
from reminders.tables.passes import BindPass

QR_GOOD_FOR = timedelta(minutes=10)
ASKED = (
    Limit("own-code-minute", 1, timedelta(minutes=1)),
    Limit("own-code-hour", 5, timedelta(hours=1)),
    Limit("own-code-day", 10, timedelta(days=1)),
)
TO_ONE_PHONE = Limit("own-phone-day", 5, timedelta(days=1))
QRS = Limit("own-qr-hour", 10, timedelta(hours=1))
TRIES = Limit("own-code-tries", 5, timedelta(minutes=10))
TOO_OFTEN = "要得太多了：验证码一分钟一次、一小时五次，二维码一小时十次。请过一会儿再试。"


def own_reach_of(session: Session, *, actor: Actor) -> OwnReach:
    return own_reach.reach_of(session, actor.staff_id or 0)


def ask_code(session: Session, text: str, *, actor: Actor, now: datetime) -> None:
    """Sends a code to the phone. Raises Invalid for what is no mobile, LimitReached, Conflict."""
    phone = identity.phone(text)
    if not identity.is_mobile(phone):
        raise Invalid("请填 11 位的手机号，座机收不到短信。")
    _within([(limit, actor.ref) for limit in ASKED] + [(TO_ONE_PHONE, phone)], session, now)
    own_messages.queue_code(session, actor.staff_id or 0, phone, now=now)


def count_code_try(session: Session, *, actor: Actor, now: datetime) -> None:
    """In a transaction of its own, so that a wrong code is counted too. Raises LimitReached."""
    _within([(TRIES, actor.ref)], session, now)


def prove_phone(session: Session, code: str, *, actor: Actor, now: datetime) -> None:
    """After `count_code_try`. Raises Invalid for a wrong code, or one that ran out."""
    phone = own_messages.proved_phone(session, actor.staff_id or 0, code.strip(), now=now)
    if phone is None:
        raise Invalid("验证码不对，或者已经过了 10 分钟。请核对短信；没有收到就再要一个。")
    own_reach.keep_phone(session, phone, actor=actor, now=now)


def ask_own_qr(session: Session, *, actor: Actor, now: datetime) -> int:
    """The pass whose QR code the colleague scans; good once and for ten minutes. Raises LimitReached."""
    _within([(QRS, actor.ref)], session, now)
    return passes.issue_staff_qr(session, actor.staff_id or 0, QR_GOOD_FOR, actor=actor, now=now)


def own_qr(session: Session, pass_id: int, *, actor: Actor, now: datetime) -> Qr | None:
    """None once it was used, ran out, or was never this colleague's."""
    found = session.get(BindPass, pass_id)
    if found is None or found.staff_id != actor.staff_id:
        return None
    return passes.qr_of(session, pass_id, now=now)


def _within(tries: list[tuple[Limit, str]], session: Session, now: datetime) -> None:
    spent = [limits.spend(session, limit, subject, now=now) for limit, subject in tries]
    if not all(spent):
        raise LimitReached(TOO_OFTEN)
