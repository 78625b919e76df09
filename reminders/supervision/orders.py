"""Orders to put something right (整改通知): issued with a deadline, answered by the department, closed."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from reminders import audit, clock
from reminders.errors import Conflict, Invalid, NotFound
from reminders.rules.permissions import Actor, department_scope
from reminders.rules.supervision import Period
from reminders.tables.staff import Department
from reminders.tables.supervision import RectificationOrder, Sample

LENGTH = 4000
NEWEST = 100


@dataclass(frozen=True)
class Order:
    """`is_late`: past its deadline without an answer."""

    id: int
    department_id: int
    department: str
    sample_id: int | None
    text: str
    deadline_on: date
    issued_by: str
    issued_at: datetime
    reply: str
    replied_by: str
    replied_at: datetime | None
    closed_by: str
    closed_at: datetime | None
    is_late: bool


def issue_order(
    session: Session,
    department_id: int,
    text: str,
    deadline_on: date,
    *,
    sample_id: int | None = None,
    actor: Actor,
    now: datetime,
) -> int:
    """Raises Invalid without words or with a deadline that is past, NotFound for an unknown department."""
    words = text.strip()[:LENGTH]
    if not words:
        raise Invalid("请写明要整改的问题和要求。")
    if deadline_on <= clock.civil_date(now):
        raise Invalid("整改期限应在今天以后。")
    if session.get(Department, department_id) is None:
        raise NotFound("没有这个科室，请从下拉框里选。")
    if sample_id is not None and session.get(Sample, sample_id) is None:
        raise NotFound("没有找到这次抽查。")
    order = RectificationOrder(
        department_id=department_id,
        sample_id=sample_id,
        text=words,
        deadline_on=deadline_on,
        issued_by_name=actor.name,
        issued_at=now,
    )
    session.add(order)
    session.flush()
    detail = {"department_id": department_id, "deadline_on": f"{deadline_on}", "sample_id": sample_id}
    audit.record(session, "order.issue", f"rectification_order:{order.id}", detail, actor=actor, now=now)
    return order.id


def answer_order(session: Session, order_id: int, reply: str, *, actor: Actor, now: datetime) -> None:
    """The department says what it did; it may say more until the order is closed."""
    words = reply.strip()[:LENGTH]
    if not words:
        raise Invalid("请写明整改情况。")
    order = _locked(session, order_id, actor=actor)
    order.reply, order.replied_by_name, order.replied_at = words, actor.name, now
    session.flush()
    audit.record(session, "order.answer", f"rectification_order:{order_id}", {}, actor=actor, now=now)


def close_order(session: Session, order_id: int, *, actor: Actor, now: datetime) -> None:
    """Raises Conflict before the department answered, or when it is closed."""
    order = _locked(session, order_id, actor=actor)
    if order.replied_at is None:
        raise Conflict("科室还没有回复整改情况，不能办结。")
    order.closed_by_name, order.closed_at = actor.name, now
    session.flush()
    audit.record(session, "order.close", f"rectification_order:{order_id}", {}, actor=actor, now=now)


def send_back(session: Session, order_id: int, deadline_on: date, *, actor: Actor, now: datetime) -> None:
    """What was answered is not enough: the order waits again, until a new day. Raises Conflict, Invalid."""
    order = _locked(session, order_id, actor=actor)
    if order.replied_at is None:
        raise Conflict("科室还没有回复，不用退回。")
    if deadline_on <= clock.civil_date(now):
        raise Invalid("新的整改期限应在今天以后。")
    detail = {"reply": order.reply, "deadline_on": f"{deadline_on}"}
    order.replied_at, order.replied_by_name, order.deadline_on = None, "", deadline_on
    session.flush()
    audit.record(session, "order.send_back", f"rectification_order:{order_id}", detail, actor=actor, now=now)


def departments(session: Session) -> list[tuple[int, str]]:
    """Whom an order or a sample may be about."""
    found = session.execute(select(Department.id, Department.name).order_by(Department.id))
    return [(row.id, row.name) for row in found]


def orders(session: Session, *, issued_in: Period | None = None, actor: Actor, now: datetime) -> list[Order]:
    """The newest first; open ones are always among them."""
    query = (
        select(RectificationOrder, Department.name)
        .join(Department, Department.id == RectificationOrder.department_id)
        .where(*_of(actor))
        .order_by(RectificationOrder.closed_at.is_not(None), RectificationOrder.id.desc())
        .limit(NEWEST)
    )
    today = clock.civil_date(now)
    found = [
        Order(
            row.id,
            row.department_id,
            department,
            row.sample_id,
            row.text,
            row.deadline_on,
            row.issued_by_name,
            row.issued_at,
            row.reply,
            row.replied_by_name,
            row.replied_at,
            row.closed_by_name,
            row.closed_at,
            is_late=row.replied_at is None and row.deadline_on < today,
        )
        for row, department in session.execute(query)
    ]
    if issued_in is None:
        return found
    return [one for one in found if issued_in.since <= clock.civil_date(one.issued_at) <= issued_in.until]


def _locked(session: Session, order_id: int, *, actor: Actor) -> RectificationOrder:
    found = session.execute(
        select(RectificationOrder)
        .where(RectificationOrder.id == order_id, *_of(actor))
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if found is None:
        raise NotFound("没有找到这份整改通知，可能不属于您的科室。")
    if found.closed_at is not None:
        raise Conflict("这份整改通知已经办结。")
    return found


def _of(actor: Actor) -> list[ColumnElement[bool]]:
    scope = department_scope(actor)
    return [] if scope is None else [RectificationOrder.department_id == scope]
