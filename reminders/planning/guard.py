"""Which day it is by the database server's clock, and whether that can be true."""

from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from reminders import clock
from reminders.errors import Conflict
from reminders.rules.plan_guard import Doubt, doubt
from reminders.tables.base import UtcDateTime
from reminders.tables.deliveries import PlannerRun

CONFIRM = "确认日期无误后，请运维人员运行 reminders plan --confirm-date。"


def today(session: Session, *, is_confirmed: bool = False, now: datetime) -> date:
    """The civil day to plan. Raises Conflict when a clock is wrong, or may be and nobody vouched for it."""
    moment = database_now(session)
    day, last = clock.civil_date(moment), _last_day(session)
    match doubt(day, last, moment, now, is_confirmed=is_confirmed):
        case Doubt.CLOCKS_DIFFER:
            seconds = round(abs(moment - now).total_seconds())
            raise Conflict(
                f"数据库服务器与本机的时钟相差 {seconds} 秒，已暂停计划。请校准两台机器的时间，之后自动继续。"
            )
        case Doubt.WENT_BACK:
            raise Conflict(f"现在是 {day}，上次计划的日期却是 {last}，日期倒退，已暂停计划。{CONFIRM}")
        case Doubt.JUMPED:
            raise Conflict(f"上次计划是 {last}，现在是 {day}，中间隔了多日，已暂停计划。{CONFIRM}")
    return day


def database_now(session: Session) -> datetime:
    """The database server's clock, to compare with ours."""
    return session.execute(select(func.now(type_=UtcDateTime()))).scalar_one()


def _last_day(session: Session) -> date | None:
    """Of the run that came last, not the latest day: somebody may have planned a later day by mistake."""
    newest = select(PlannerRun.for_day).where(PlannerRun.finished_at.is_not(None))
    return session.execute(newest.order_by(PlannerRun.id.desc()).limit(1)).scalar_one_or_none()
