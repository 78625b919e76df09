"""Signs a batch of letters off (签发): numbers them, freezes their words, voids one that must not leave."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from reminders import audit, calls, clock, wordings
from reminders.db import vault_of
from reminders.errors import Conflict, Invalid, NotFound
from reminders.passes import Qr
from reminders.rules import check_code
from reminders.rules.letter_number import letter_number
from reminders.rules.letter_text import LetterText, letter, thawed
from reminders.rules.letter_text import frozen as frozen_words
from reminders.rules.lifecycle import Channel, DeliveryState, Purpose
from reminders.rules.permissions import Actor, department_scope
from reminders.rules.reasons import reason_of
from reminders.rules.wordings import TemplateKind
from reminders.tables.deliveries import Delivery
from reminders.tables.holders import Holder
from reminders.tables.letters import LetterPaper
from reminders.worklist import batches, letter_passes, numbering
from reminders.worklist.items import WorkItem, items_of

NO_LETTER = "没有找到这封函，可能不属于您的科室。"


@dataclass(frozen=True)
class PrintedLetter:
    """One letter as it goes on paper; `qr` is None where the holder is not offered one."""

    paper_id: int
    number: str
    text: LetterText
    license_ids: tuple[int, ...]
    qr: Qr | None


def issue(session: Session, batch_id: int, portal_url: str, *, actor: Actor, now: datetime) -> int:
    """How many letters got a number; those with nothing left to say leave the batch without one.

    Raises NotFound, Conflict when it is signed already, by its own maker, or when nothing is left of it.
    """
    batch = batches.locked(session, batch_id, actor=actor)
    if batch.issued_at is not None:
        raise Conflict("这一批已经签发了。")
    if batch.made_by == actor.ref:
        raise Conflict("拟稿的人不能自己签发，请另一位负责人签发。")
    worth = _worth_sending(session, batch_id)
    if not worth:
        raise Conflict("这一批函里的证照都不用再提醒了，请拆散这一批。")
    on = clock.civil_date(now)
    wording = wordings.spoken(session, TemplateKind.LETTER)
    version_id = wordings.version_id(session, TemplateKind.LETTER)
    numbers = numbering.take(session, batch.department_id, on.year, len(worth))
    for number, (paper, holder_name, items) in zip(numbers, worth, strict=True):
        code = check_code.encode(paper.delivery_id, vault_of(session).blind)
        text = letter([item.facts for item in items], holder_name, code, portal_url, on, wording)
        license_ids = sorted({item.license_id for item in items})
        content = json.dumps({"text": frozen_words(text), "licenses": license_ids}, ensure_ascii=False)
        paper.year, paper.number = on.year, number
        paper.content_cipher = vault_of(session).seal(content)
        letter_passes.draw_qr(session, paper.delivery_id, actor=actor, now=now)
        session.get_one(Delivery, paper.delivery_id).said_version_id = version_id
    batch.issued_at, batch.written_on = now, on
    batch.issued_by, batch.issued_by_name = actor.ref, actor.name
    session.flush()
    detail = {"year": on.year, "numbers": [numbers[0], numbers[-1]]}
    audit.record(session, "letter_batch.issue", f"letter_batch:{batch_id}", detail, actor=actor, now=now)
    return len(worth)


def printed(session: Session, batch_id: int, *, actor: Actor, now: datetime) -> tuple[PrintedLetter, ...]:
    """The letters of a batch that still have to leave, as they were signed; printing is written down.

    Raises NotFound, Conflict when the batch is not signed or all of it has left.
    """
    batch = batches.batch(session, batch_id, actor=actor)
    if batch.written_on is None:
        raise Conflict("这一批还没有签发，签发以后才有编号、才能打印。")
    ids = [one.id for one in batch.to_post]
    if not ids:
        raise Conflict("这一批的函都已经寄出或作废，没有要打印的了。")
    query = select(LetterPaper).where(LetterPaper.id.in_(ids)).order_by(LetterPaper.number)
    letters = tuple(
        _printed(session, paper, batch.department, now=now) for paper in session.execute(query).scalars()
    )
    detail = {"letters": len(letters)}
    audit.record(session, "letter_batch.print", f"letter_batch:{batch_id}", detail, actor=actor, now=now)
    return letters


def void(session: Session, paper_id: int, reason: str, *, actor: Actor, now: datetime) -> int:
    """The number stays used and says why; the letter waits to be written anew. The id of its batch.

    Raises NotFound, Invalid without a reason, Conflict when it has no number or has left.
    """
    paper = _locked(session, paper_id, actor=actor)
    why = reason_of(reason)
    if not why:
        raise Invalid("请填写作废的原因，它会留在发文登记里。")
    left = session.get_one(Delivery, paper.delivery_id).state is not DeliveryState.READY
    if paper.number is None or paper.voided_at is not None or left:
        raise Conflict("只有已编号、还没寄出的函可以作废。请刷新这一页。")
    paper.voided_at, paper.void_reason = now, why
    letter_passes.end_passes(session, paper.delivery_id, now=now)
    session.flush()
    detail = {"year": paper.year, "number": paper.number}
    audit.record(session, "letter.void", f"letter_paper:{paper_id}", detail, actor=actor, now=now)
    return paper.batch_id


def licenses_in(session: Session, paper: LetterPaper) -> tuple[int, ...]:
    assert paper.content_cipher is not None
    return tuple(json.loads(vault_of(session).open(paper.content_cipher))["licenses"])


def _printed(session: Session, paper: LetterPaper, department: str, *, now: datetime) -> PrintedLetter:
    assert paper.content_cipher is not None
    assert paper.year is not None
    assert paper.number is not None
    kept = json.loads(vault_of(session).open(paper.content_cipher))
    return PrintedLetter(
        paper_id=paper.id,
        number=letter_number(department, paper.year, paper.number),
        text=thawed(kept["text"]),
        license_ids=tuple(kept["licenses"]),
        qr=letter_passes.qr_of_letter(session, paper.delivery_id, now=now),
    )


def _worth_sending(session: Session, batch_id: int) -> Sequence[tuple[LetterPaper, str, list[WorkItem]]]:
    """Each letter of the batch with its holder and what it says; the others leave the batch."""
    found = session.execute(
        select(LetterPaper, Holder.name, Delivery.state)
        .join(Delivery, Delivery.id == LetterPaper.delivery_id)
        .join(Holder, Holder.id == Delivery.holder_id)
        .where(LetterPaper.batch_id == batch_id, Delivery.channel == Channel.LETTER)
        .where(Delivery.purpose == Purpose.REMINDER)
        .order_by(LetterPaper.delivery_id)
    ).all()
    ready = [paper.delivery_id for paper, _, state in found if state is DeliveryState.READY]
    items = items_of(session, ready, calls.is_worth_saying())
    worth = [
        (paper, name, items[paper.delivery_id]) for paper, name, _ in found if items.get(paper.delivery_id)
    ]
    staying = [paper.id for paper, _, _ in worth]
    session.execute(
        delete(LetterPaper)
        .where(LetterPaper.batch_id == batch_id, LetterPaper.id.not_in(staying))
        .execution_options(synchronize_session=False)
    )
    return worth


def _locked(session: Session, paper_id: int, *, actor: Actor) -> LetterPaper:
    query = select(LetterPaper).where(LetterPaper.id == paper_id).with_for_update()
    scope = department_scope(actor)
    if scope is not None:
        query = query.where(LetterPaper.department_id == scope)
    found = session.execute(query.execution_options(populate_existing=True)).scalar_one_or_none()
    if found is None:
        raise NotFound(NO_LETTER)
    return found
