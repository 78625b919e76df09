"""Records the posting of a signed batch with one number a letter, and finds a letter by either number."""

from collections.abc import Mapping
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from reminders.errors import Invalid, NotFound, ReminderError
from reminders.rules.letter_number import read_letter_number
from reminders.rules.lifecycle import Channel, DeliveryState
from reminders.rules.permissions import Actor, department_scope
from reminders.tables.deliveries import HAS_MSGID, Delivery
from reminders.tables.letters import LetterPaper
from reminders.tables.staff import Department
from reminders.worklist import batches, issuing, posting
from reminders.worklist.letters import Letter, letter_of

NOT_FOUND = "没有找到这封寄出的函。请核对邮件号码或文号，例如 1234567890123 或 〔2026〕12号。"


def record_batch_posted(
    session: Session,
    batch_id: int,
    tracking_numbers: Mapping[int, str],
    posted_on: date,
    *,
    actor: Actor,
    now: datetime,
) -> int:
    """How many left; letters without a number typed in wait on. Raises Invalid with every fault at once."""
    batch = batches.batch(session, batch_id, actor=actor)
    waiting = {one.id: one for one in batch.to_post}
    typed = {paper_id: number for paper_id, number in tracking_numbers.items() if number.strip()}
    if not typed or not typed.keys() <= waiting.keys():
        raise Invalid("请填写寄出的函的邮件号码，没有寄出的留空。如果页面是旧的，请先刷新。")
    if len({number.strip().upper() for number in typed.values()}) < len(typed):
        raise Invalid("有两封函填了同一个邮件号码，请核对。")
    faults = []
    for paper_id, number in typed.items():
        paper = session.get_one(LetterPaper, paper_id)
        try:
            posting.record_posted(
                session,
                paper.delivery_id,
                number,
                posted_on,
                license_ids=issuing.licenses_in(session, paper) if paper.number else (),
                actor=actor,
                now=now,
            )
        except ReminderError as refused:
            faults.append(f"{waiting[paper_id].number or waiting[paper_id].holder_name}：{refused.message}")
    if faults:
        raise Invalid("都没有登记，请改正后再提交。" + " ".join(faults))
    return len(typed)


def find_posted(session: Session, asked: str, *, actor: Actor) -> Letter:
    """The letter on its way with this tracking number or number of ours.

    Raises NotFound; also for one that was signed for or came back already.
    """
    query = (
        select(Delivery)
        .outerjoin(LetterPaper, (LetterPaper.delivery_id == Delivery.id) & LetterPaper.voided_at.is_(None))
        .outerjoin(Department, Department.id == LetterPaper.department_id)
        .where(HAS_MSGID, Delivery.channel == Channel.LETTER, Delivery.state == DeliveryState.ACCEPTED)
        .limit(2)
    )
    number = read_letter_number(asked)
    if number is None:
        query = query.where(Delivery.provider_msgid == "".join(asked.split()).upper())
    else:
        word, year, count = number
        query = query.where(LetterPaper.year == year, LetterPaper.number == count)
        scope = department_scope(actor)
        if word:
            query = query.where(Department.name == word)
        elif scope is not None:
            query = query.where(LetterPaper.department_id == scope)
    found = session.execute(query).scalars().all()
    if len(found) != 1:
        raise NotFound(NOT_FOUND)
    return letter_of(session, found[0], actor=actor)
