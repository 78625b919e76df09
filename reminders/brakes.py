"""What stops sending: the switch that people pull, and circuits that open by themselves."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, exists, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from reminders.rules.lifecycle import Channel, DeliveryState
from reminders.rules.permissions import Actor
from reminders.tables.deliveries import Circuit, Delivery, Switch

SENDING = "sending"


def sending_is_on(session: Session) -> bool:
    """Without a row nobody ever pulled the brake."""
    found = session.execute(select(Switch.is_on).where(Switch.name == SENDING)).scalar_one_or_none()
    return True if found is None else found


def is_stopped() -> ColumnElement[bool]:
    """The same inside another statement."""
    return exists().where(Switch.name == SENDING, ~Switch.is_on).correlate_except(Switch)


def switch_sending(session: Session, *, is_on: bool, reason: str, actor: Actor, now: datetime) -> None:
    insert: Any = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    values = {"is_on": is_on, "reason": reason, "changed_by": actor.ref, "changed_at": now}
    statement = insert(Switch).values(name=SENDING, **values)
    session.execute(statement.on_conflict_do_update(index_elements=["name"], set_=values))


def open_circuits(session: Session, *, now: datetime) -> dict[str, str]:
    """Names of the circuits that are open at this moment, with their reasons."""
    found = session.execute(
        select(Circuit.name, Circuit.reason).where(or_(Circuit.until.is_(None), Circuit.until > now))
    )
    return {row.name: row.reason for row in found}


def open_circuit(session: Session, name: str, reason: str, until: datetime | None, *, now: datetime) -> None:
    """Opens it or prolongs it; `until` None waits for a person. A wait for a person is never shortened."""
    insert: Any = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    statement = insert(Circuit).values(name=name, reason=reason[:200], opened_at=now, until=until)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["name"],
            set_={"reason": statement.excluded.reason, "until": statement.excluded.until, "opened_at": now},
            where=Circuit.until.is_not(None),
        )
    )


def close_circuit(session: Session, name: str) -> bool:
    closed = session.execute(delete(Circuit).where(Circuit.name == name).returning(Circuit.name))
    return closed.scalar_one_or_none() is not None


def mend(session: Session, name: str, *, now: datetime) -> int | None:
    """Closes a circuit and lets the messages go that it blocked: how many; None where it was not open."""
    if not close_circuit(session, name):
        return None
    freed = session.execute(
        update(Delivery)
        .where(Delivery.state == DeliveryState.BLOCKED, Delivery.state_reason == name)
        .values(state=DeliveryState.READY, state_reason="", next_at=now)
        .returning(Delivery.id)
    )
    return len(freed.all())


def whole_channel(channel: Channel) -> str:
    """Circuit of an account or an outside system as a whole."""
    return str(channel)


def fresh_sends(channel: Channel) -> str:
    """Circuit that keeps new messages back during an outage; unanswered ones are still asked about."""
    return f"{channel}:fresh"
