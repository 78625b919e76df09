"""Builders of what a colleague has for themselves: a wording tried out, and the code they scan."""

from sqlalchemy.orm import Session

from reminders import own_messages, staff
from reminders.rules.lifecycle import Channel
from reminders.rules.wordings import TEXT, TemplateKind, Wording
from tests.builders_console import Corner


def trial(session: Session, corner: Corner) -> int:
    """Of an officer who is none of the test's people."""
    writer, wording = corner.writer(session), Wording(TemplateKind.SMS_SINGLE, {TEXT: corner.mark}, "T-1")
    return own_messages.queue_trial(session, writer.staff_id or 0, Channel.SMS, wording, None, now=corner.now)


def own_qr(session: Session, corner: Corner) -> int:
    return staff.ask_own_qr(session, actor=corner.writer(session), now=corner.now)
