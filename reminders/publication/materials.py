"""Remembers the pictures an outlet keeps for good, so that each is uploaded once."""

from datetime import datetime

from sqlalchemy.orm import Session

from reminders.tables.notices import OutletMaterial


def material(session: Session, name: str) -> str:
    """The outlet's id of the picture; empty when it is not known to be there."""
    found = session.get(OutletMaterial, name)
    return found.media_id if found else ""


def keep_material(session: Session, name: str, media_id: str, *, now: datetime) -> None:
    session.merge(OutletMaterial(name=name, media_id=media_id, kept_at=now))
    session.flush()


def forget_material(session: Session, name: str) -> None:
    found = session.get(OutletMaterial, name)
    if found is not None:
        session.delete(found)
        session.flush()
