"""Cancels what of a wrong batch nobody was told yet, wherever it waits."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from reminders.calling_off import call_off
from reminders.corrections.batch import Batch, waiting_in

STOPPED = "corrected"


def stop(session: Session, batch: Batch, scope: int | None, *, now: datetime) -> int:
    """Returns how many reminders. Each comes back at its next stage, or with a date that was put right."""
    waiting = session.execute(select(waiting_in(session, batch, scope).c.reminder_id).order_by("reminder_id"))
    ids = list(waiting.scalars())
    call_off(session, ids, STOPPED, now=now)
    return len(ids)
