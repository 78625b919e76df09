"""How somebody is reminded of what was bound to them just now, chosen in the very step of binding."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from reminders.errors import Invalid
from reminders.holders.choices import Choices, apply_to
from reminders.tables.bindings import Binding
from reminders.tables.choices import LicenseChoice
from reminders.tables.ledger import License

JUST_NOW = timedelta(minutes=30)
NO_WAY = "请至少留一种提醒方式。都不要提醒的，绑定以后可以在“怎样提醒这本证照”里关掉。"


@dataclass(frozen=True)
class JustBound:
    """How many, the day of the next reminder among them, and how they are reminded as it stands.

    Of SMS and calls others may have chosen already, because these go to the phone in the ledger.
    """

    licenses: int
    next_due_on: date | None
    chosen: Choices


def just_bound(session: Session, follower_id: int, *, now: datetime) -> JustBound:
    rows = _fresh(session, follower_id, now)
    due = [row.next_due_on for row in rows if row.next_due_on is not None]
    chosen = Choices(
        wechat=not rows or any(row.wechat_off_at is None for row in rows),
        sms=not rows or any(not row.no_sms for row in rows),
        calls=not rows or any(not row.no_calls for row in rows),
        fewer=bool(rows) and all(row.fewer for row in rows),
    )
    return JustBound(len(rows), min(due, default=None), chosen)


def choose_first(
    session: Session, follower_id: int, *, wechat: bool, sms: bool, calls: bool, now: datetime
) -> None:
    """What is left as it stands is not written. Raises Invalid where no way is left."""
    if not (wechat or sms or calls):
        raise Invalid(NO_WAY)
    rows = _fresh(session, follower_id, now)
    stands = just_bound(session, follower_id, now=now).chosen
    chosen = replace(stands, wechat=wechat, sms=sms, calls=calls)
    if rows and chosen != stands:
        apply_to(session, follower_id, [row.license_id for row in rows], chosen, now=now)


def _fresh(session: Session, follower_id: int, now: datetime) -> list[Row[tuple[object, ...]]]:
    chosen = (
        select(Binding.license_id, Binding.wechat_off_at, License.next_due_on)
        .add_columns(LicenseChoice.no_sms, LicenseChoice.no_calls, LicenseChoice.fewer)
        .join(License, License.id == Binding.license_id)
        .outerjoin(LicenseChoice, LicenseChoice.license_id == License.id)
        .where(Binding.follower_id == follower_id, Binding.unbound_at.is_(None))
        .where(Binding.bound_at > now - JUST_NOW)
        .order_by(Binding.license_id)
    )
    return list(session.execute(chosen).all())
