"""Puts letters that wait into batches for signing, shows the batches, and dissolves one not signed."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, case, delete, exists, func, select
from sqlalchemy.orm import Session

from reminders import audit
from reminders.errors import Conflict, NotFound
from reminders.rules.letter_number import letter_number
from reminders.rules.lifecycle import Channel, DeliveryState
from reminders.rules.permissions import Actor, department_scope
from reminders.tables.deliveries import Delivery
from reminders.tables.holders import Holder
from reminders.tables.letters import LetterBatch, LetterPaper
from reminders.tables.staff import Department
from reminders.worklist import access

MOST = 200  # a batch somebody can still look through before signing
PAGE = 20
NO_BATCH = "没有找到这一批函，可能不属于您的科室。"


@dataclass(frozen=True)
class BatchLine:
    """`letters` counts those that were not voided; numbers are 0 before it is signed."""

    id: int
    department: str
    made_by: str
    created_at: datetime
    issued_by: str
    written_on: date | None
    letters: int
    waiting: int


@dataclass(frozen=True)
class PaperLine:
    """`number` is empty before signing; `state` is that of the message the letter carries."""

    id: int
    delivery_id: int
    holder_name: str
    number: str
    state: DeliveryState
    tracking_no: str
    is_voided: bool
    void_reason: str


@dataclass(frozen=True)
class Batch:
    id: int
    department_id: int
    department: str
    made_by: str
    made_by_name: str
    created_at: datetime
    issued_by_name: str
    written_on: date | None
    papers: tuple[PaperLine, ...]

    @property
    def to_post(self) -> tuple[PaperLine, ...]:
        return tuple(one for one in self.papers if not one.is_voided and one.state is DeliveryState.READY)


def prepare(session: Session, delivery_ids: Collection[int] | None, *, actor: Actor, now: datetime) -> int:
    """A batch of these letters, of all that wait for None. Raises Conflict when one of them waits no more."""
    if not actor.department_id:
        raise Conflict("函告由各科室编号发出，请用科室的账号编批。")
    query = (
        select(Delivery.id)
        .where(*access.waiting(Channel.LETTER), access.says_something(), ~is_in_a_batch())
        .where(*access.concerns(actor.department_id))
        .order_by(Delivery.id)
        .limit(MOST + 1)
        .with_for_update(of=Delivery)
    )
    if delivery_ids is not None:
        query = query.where(Delivery.id.in_(delivery_ids))
    found = list(session.execute(query).scalars())
    if delivery_ids is not None and set(found) != set(delivery_ids):
        raise Conflict("有的函已经编进别的批次，或不用再寄了。请刷新清单再选。")
    if not found:
        raise Conflict("没有可以编批的函。请先勾选要寄的函。")
    batch = LetterBatch(
        department_id=actor.department_id, made_by=actor.ref, made_by_name=actor.name, created_at=now
    )
    session.add(batch)
    session.flush()
    session.add_all(
        LetterPaper(batch_id=batch.id, delivery_id=one, department_id=actor.department_id)
        for one in found[:MOST]
    )
    session.flush()
    detail = {"letters": len(found[:MOST])}
    audit.record(session, "letter_batch.prepare", f"letter_batch:{batch.id}", detail, actor=actor, now=now)
    return batch.id


def dissolve(session: Session, batch_id: int, *, actor: Actor, now: datetime) -> None:
    """Its letters wait one by one again. Raises Conflict once it is signed: numbers are not taken back."""
    batch = locked(session, batch_id, actor=actor)
    if batch.issued_at is not None:
        raise Conflict("这一批已经签发编号，不能拆散；不寄的函请逐封作废。")
    session.execute(delete(LetterPaper).where(LetterPaper.batch_id == batch_id))
    session.delete(batch)
    session.flush()
    audit.record(session, "letter_batch.dissolve", f"letter_batch:{batch_id}", {}, actor=actor, now=now)


def batches(session: Session, *, actor: Actor, before: int = 0, limit: int = PAGE) -> list[BatchLine]:
    """The newest first; `before` is the id of the last one on the page before."""
    waiting = func.sum(case((Delivery.state == DeliveryState.READY, 1), else_=0)).label("waiting")
    query = (
        select(LetterBatch, Department.name, func.count(LetterPaper.id), waiting)
        .join(Department, Department.id == LetterBatch.department_id)
        .outerjoin(LetterPaper, (LetterPaper.batch_id == LetterBatch.id) & LetterPaper.voided_at.is_(None))
        .outerjoin(Delivery, Delivery.id == LetterPaper.delivery_id)
        .where(*_of(actor))
        .group_by(LetterBatch.id, Department.name)
        .order_by(LetterBatch.id.desc())
        .limit(limit)
    )
    if before:
        query = query.where(LetterBatch.id < before)
    return [
        BatchLine(
            row.id,
            name,
            row.made_by_name,
            row.created_at,
            row.issued_by_name,
            row.written_on,
            count,
            wait or 0,
        )
        for row, name, count, wait in session.execute(query)
    ]


def batch(session: Session, batch_id: int, *, actor: Actor) -> Batch:
    """Raises NotFound outside the actor's department."""
    found = session.execute(
        select(LetterBatch, Department.name)
        .join(Department, Department.id == LetterBatch.department_id)
        .where(LetterBatch.id == batch_id, *_of(actor))
    ).one_or_none()
    if found is None:
        raise NotFound(NO_BATCH)
    row, department = found
    return Batch(
        id=row.id,
        department_id=row.department_id,
        department=department,
        made_by=row.made_by,
        made_by_name=row.made_by_name,
        created_at=row.created_at,
        issued_by_name=row.issued_by_name,
        written_on=row.written_on,
        papers=tuple(_papers(session, batch_id, department)),
    )


def locked(session: Session, batch_id: int, *, actor: Actor) -> LetterBatch:
    found = session.execute(
        select(LetterBatch)
        .where(LetterBatch.id == batch_id, *_of(actor))
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if found is None:
        raise NotFound(NO_BATCH)
    return found


def is_in_a_batch() -> ColumnElement[bool]:
    """The letter (a `Delivery` of the query) stands in a batch and was not voided there."""
    return exists().where(LetterPaper.delivery_id == Delivery.id, LetterPaper.voided_at.is_(None))


def _papers(session: Session, batch_id: int, department: str) -> list[PaperLine]:
    found = session.execute(
        select(LetterPaper, Holder.name, Delivery.state, Delivery.provider_msgid)
        .join(Delivery, Delivery.id == LetterPaper.delivery_id)
        .join(Holder, Holder.id == Delivery.holder_id)
        .where(LetterPaper.batch_id == batch_id)
        .order_by(LetterPaper.id)
    )
    return [
        PaperLine(
            paper.id,
            paper.delivery_id,
            holder_name,
            letter_number(department, paper.year, paper.number) if paper.year and paper.number else "",
            state,
            tracking_no or "",
            paper.voided_at is not None,
            paper.void_reason,
        )
        for paper, holder_name, state, tracking_no in found
    ]


def _of(actor: Actor) -> list[ColumnElement[bool]]:
    scope = department_scope(actor)
    return [] if scope is None else [LetterBatch.department_id == scope]
