"""Reads what was planned and sent for one expiry date of a license, beside the ladder it follows."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, time, timedelta

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from reminders import clock
from reminders.rules.explanation import Rung, Sent
from reminders.rules.lifecycle import DateKind
from reminders.rules.stages import Step
from reminders.tables.corrections import Correction, CorrectionItem
from reminders.tables.deliveries import Delivery, DeliveryItem, Reminder
from reminders.tables.ledger import License
from reminders.tables.windows import LadderStep
from reminders.tables.wordings import TemplateVersion


def steps(session: Session, license_: License, kind: DateKind, expires_on: date) -> tuple[Step, ...]:
    found = session.execute(
        select(LadderStep.stage, LadderStep.due_on)
        .where(
            LadderStep.catalogue_entry_id == license_.catalogue_entry_id,
            LadderStep.date_kind == kind,
            LadderStep.expires_on == expires_on,
        )
        .order_by(LadderStep.position)
    )
    return tuple(Step(*row) for row in found)


def reminders_of(
    session: Session, license_: License, kind: DateKind, expires_on: date, *, known_on: date
) -> Sequence[Reminder]:
    """Those of this expiry date planned until the end of that day."""
    found = session.execute(
        select(Reminder)
        .where(
            Reminder.license_id == license_.id,
            Reminder.date_kind == kind,
            Reminder.expires_on == expires_on,
            Reminder.created_at < clock.civil_moment(known_on + timedelta(days=1), time(0)),
        )
        .order_by(Reminder.id)
    )
    return found.scalars().all()


def sent_with(session: Session, reminders: Sequence[Reminder]) -> Mapping[int, list[Sent]]:
    sent: dict[int, list[Sent]] = defaultdict(list)
    found = session.execute(
        select(
            DeliveryItem.reminder_id,
            Delivery.channel,
            Delivery.for_day,
            Delivery.state,
            Delivery.state_reason,
            Delivery.outcome,
            DeliveryItem.dropped_reason,
            func.coalesce(Correction.sentence, ""),
            TemplateVersion.number,
        )
        .join(Delivery, Delivery.id == DeliveryItem.delivery_id)
        .outerjoin(
            CorrectionItem,
            and_(
                CorrectionItem.told_delivery_id == DeliveryItem.delivery_id,
                CorrectionItem.reminder_id == DeliveryItem.reminder_id,
            ),
        )
        .outerjoin(Correction, Correction.id == CorrectionItem.correction_id)
        .outerjoin(TemplateVersion, TemplateVersion.id == Delivery.said_version_id)
        .where(DeliveryItem.reminder_id.in_([reminder.id for reminder in reminders]))
        .order_by(DeliveryItem.id)
    )
    for row in found:
        sent[row.reminder_id].append(Sent(*row[1:]))
    return sent


def rungs(
    steps: Sequence[Step], reminders: Sequence[Reminder], sent: Mapping[int, list[Sent]]
) -> tuple[Rung, ...]:
    """The ladder with what was done; a stage that a changed rule took off the ladder keeps its history."""
    by_stage = {reminder.stage: reminder for reminder in reminders}
    on_ladder = {step.stage for step in steps}
    gone = [Step(one.stage, one.due_on) for one in reminders if one.stage not in on_ladder]
    return tuple(
        _rung(step, by_stage.get(step.stage), sent)
        for step in sorted([*steps, *gone], key=lambda step: step.due_on)
    )


def _rung(step: Step, reminder: Reminder | None, sent: Mapping[int, list[Sent]]) -> Rung:
    if reminder is None:
        return Rung(step.stage, step.due_on, None, None, False, ())
    planned_on = clock.civil_date(reminder.created_at)
    told = tuple(sent.get(reminder.id, ()))
    return Rung(step.stage, step.due_on, planned_on, reminder.state, reminder.has_no_channel, told)
