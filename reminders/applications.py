"""How far the renewal of a license is: told by its holder, looked up by staff, shown to both."""

import re
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from reminders import audit, clock
from reminders.errors import Conflict, Invalid, NotFound
from reminders.rules import identity, permissions
from reminders.rules.permissions import Actor, department_scope
from reminders.rules.service_words import ApplicationStage
from reminders.tables.applications import Application
from reminders.tables.bindings import Binding
from reminders.tables.catalogue import CatalogueEntry
from reminders.tables.ledger import License

NUMBER = re.compile(r"[0-9A-Za-z一-鿿()（）\[\]〔〕_/.-]{4,64}")
NOT_YOURS = "没有找到这本证照，或者它没有绑定在您的微信上。请在公众号里回复“我的证照”查看。"
NO_NUMBER = "受理号没有看懂：请照受理通知书上的抄，4 到 64 个字母、数字或汉字。"
NO_DAY = "提交日期不能晚于今天，也不能早于一年前。"
BY_STAFF = "科室已经登记了办理进度，不用再填。有出入请打服务电话。"
NO_DATE = "这本证照现在没有期满日期，不用填办理进度。"
NOT_HERE = "没有这本证照，或者它不归您的科室。请回到台账重新选择。"
ENDS_EARLY = "预计办结日不能早于提交日期。"
LONG_AGO_DAYS = 366


@dataclass(frozen=True)
class Progress:
    """`is_sure`: a member of staff looked it up; otherwise it is what the holder told us."""

    number: str
    stage: ApplicationStage
    submitted_on: date | None
    expected_on: date | None
    is_sure: bool
    told_on: date


def progress(session: Session, license_id: int) -> Progress | None:
    """Of the date the license has now; the caller has made sure that the reader may see this license."""
    row = session.execute(
        select(Application)
        .join(License, License.id == Application.license_id)
        .where(Application.license_id == license_id, Application.expires_on == License.expires_on)
    ).scalar_one_or_none()
    return None if row is None else _told(row)


def under_way(session: Session, follower_id: int, *, most: int) -> list[tuple[int, Progress]]:
    """License id and progress of everything bound to this person that has one, the newest first."""
    found = session.execute(
        select(Application)
        .join(License, License.id == Application.license_id)
        .join(Binding, Binding.license_id == License.id)
        .where(Binding.follower_id == follower_id, Binding.unbound_at.is_(None))
        .where(Application.expires_on == License.expires_on)
        .order_by(Application.told_at.desc(), License.id)
        .limit(most)
    ).scalars()
    return [(row.license_id, _told(row)) for row in found]


def tell(
    session: Session,
    follower_id: int,
    license_id: int,
    number: str,
    submitted_on: date | None,
    *,
    now: datetime,
) -> None:
    """The holder tells the number of their application. Raises NotFound, Invalid, Conflict (staff did)."""
    bound = select(Binding.id).where(
        Binding.follower_id == follower_id, Binding.license_id == license_id, Binding.unbound_at.is_(None)
    )
    if session.execute(bound).first() is None:
        raise NotFound(NOT_YOURS)
    today = clock.civil_date(now)
    if submitted_on is not None and not 0 <= (today - submitted_on).days <= LONG_AGO_DAYS:
        raise Invalid(NO_DAY)
    row, is_new = _row(session, license_id)
    if not is_new and not row.told_by.startswith("follower:"):
        raise Conflict(BY_STAFF)
    row.number, row.submitted_on = _number(number), submitted_on or row.submitted_on
    _keep(session, row, permissions.follower(follower_id), is_new=is_new, now=now)


def note(
    session: Session,
    license_id: int,
    stage: ApplicationStage,
    number: str,
    submitted_on: date | None,
    expected_on: date | None,
    *,
    actor: Actor,
    now: datetime,
) -> None:
    """A member of staff looked it up. Raises NotFound outside of their departments, Invalid."""
    scope = department_scope(actor)
    seen = select(License.id).join(CatalogueEntry, CatalogueEntry.id == License.catalogue_entry_id)
    seen = seen.where(License.id == license_id)
    if (
        session.execute(seen if scope is None else seen.where(CatalogueEntry.department_id == scope)).first()
        is None
    ):
        raise NotFound(NOT_HERE)
    if submitted_on is not None and expected_on is not None and expected_on < submitted_on:
        raise Invalid(ENDS_EARLY)
    row, is_new = _row(session, license_id)
    row.stage, row.number = stage, _number(number) if number.strip() else ""
    row.submitted_on, row.expected_on = submitted_on, expected_on
    _keep(session, row, actor, is_new=is_new, now=now)


def _told(row: Application) -> Progress:
    is_sure = not row.told_by.startswith("follower:")
    told_on = clock.civil_date(row.told_at)
    return Progress(row.number, row.stage, row.submitted_on, row.expected_on, is_sure, told_on)


def _row(session: Session, license_id: int) -> tuple[Application, bool]:
    """That of the date the license has now; the license is locked, so that two at once make one row."""
    license_ = session.execute(select(License).where(License.id == license_id).with_for_update()).scalar_one()
    if license_.expires_on is None:
        raise Invalid(NO_DATE)
    found = session.execute(
        select(Application).where(
            Application.license_id == license_id, Application.expires_on == license_.expires_on
        )
    ).scalar_one_or_none()
    if found is not None:
        return found, False
    stage = ApplicationStage.SUBMITTED
    return Application(license_id=license_id, expires_on=license_.expires_on, number="", stage=stage), True


def _number(text: str) -> str:
    number = identity.clean(text).replace(" ", "")
    if NUMBER.fullmatch(number) is None:
        raise Invalid(NO_NUMBER)
    return number


def _keep(session: Session, row: Application, actor: Actor, *, is_new: bool, now: datetime) -> None:
    row.told_by, row.told_at = actor.ref, now
    if is_new:
        session.add(row)
    session.flush()
    detail = {"stage": row.stage, "is_new": is_new}
    audit.record(session, "application.note", f"license:{row.license_id}", detail, actor=actor, now=now)
