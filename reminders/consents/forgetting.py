"""Forgets a follower where no law asks to keep what was theirs."""

import secrets
from datetime import datetime

from sqlalchemy import delete, exists, update
from sqlalchemy.orm import Session

from reminders import audit
from reminders.consents import giving
from reminders.consents.personal_data import told_by
from reminders.rules import permissions
from reminders.rules.service_words import AppointmentState
from reminders.tables.answers import Answer
from reminders.tables.appeals import Appeal
from reminders.tables.applications import Application
from reminders.tables.appointments import Appointment
from reminders.tables.bindings import Binding, BindRequest, Confirmation, Follower, SubscriptionGrant
from reminders.tables.checklists import MaterialTick
from reminders.tables.choices import LicenseChoice
from reminders.tables.deliveries import Delivery, ProviderEvent
from reminders.tables.feedback import Feedback
from reminders.tables.own_messages import StaffReach

AHEAD = (AppointmentState.HELD, AppointmentState.BOOKED)


def forget(session: Session, follower_id: int, *, now: datetime) -> None:
    """Consent and bindings end, and the WeChat account behind this follower is not known any more.

    What they chose for a license stays, namelessly, while others are bound to it: it is their choice too.
    Messages that are just being sent keep their key until they are settled, or their receipts would be lost.
    """
    giving.withdraw(session, follower_id, now=now)
    old = session.get_one(Follower, follower_id, with_for_update=True)
    old_hash, nobody = old.openid_hash, secrets.token_hex(32)
    old.openid, old.openid_hash = f"forgotten-{follower_id}", nobody
    old.followed_at, old.unfollowed_at = None, now
    old.push_stopped_at, old.push_stopped_reason, old.puzzled_at = None, "", None
    session.flush()
    session.execute(delete(BindRequest).where(BindRequest.follower_id == follower_id))
    session.execute(delete(MaterialTick).where(MaterialTick.follower_id == follower_id))
    session.execute(delete(SubscriptionGrant).where(SubscriptionGrant.follower_id == follower_id))
    session.execute(delete(Appeal).where(Appeal.follower_id == follower_id))
    told = delete(Application).where(*told_by(follower_id))
    session.execute(told.execution_options(synchronize_session=False))
    others = exists().where(Binding.license_id == LicenseChoice.license_id, Binding.unbound_at.is_(None))
    chosen = delete(LicenseChoice).where(LicenseChoice.follower_id == follower_id, ~others)
    session.execute(chosen.execution_options(synchronize_session=False))
    for statement in (
        update(Answer).where(Answer.follower_id == follower_id).values(note_cipher=None, phone_cipher=None),
        update(Feedback)
        .where(Feedback.follower_id == follower_id)
        .values(words_cipher=None, reply_cipher=None),
        update(Appointment)
        .where(Appointment.follower_id == follower_id, Appointment.state.in_(AHEAD))
        .values(state=AppointmentState.CANCELLED, changed_at=now),
        update(StaffReach)
        .where(StaffReach.follower_id == follower_id)
        .values(follower_id=None, follower_since=None),
        update(Confirmation).where(Confirmation.follower_id == follower_id).values(follower_id=None),
        update(Delivery)
        .where(Delivery.follower_id == follower_id, Delivery.final_at.is_not(None))
        .values(recipient_hash=nobody),
        update(ProviderEvent)
        .where(ProviderEvent.recipient_hash == old_hash, ProviderEvent.matched_at.is_not(None))
        .values(recipient_hash=nobody),
    ):
        session.execute(statement.execution_options(synchronize_session=False))
    actor = permissions.follower(follower_id)
    audit.record(session, "follower.forget", actor.ref, actor=actor, now=now)
