"""Remembers which documents of a license's list one holder has ready."""

import hashlib
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from reminders.errors import NotFound
from reminders.tables.bindings import Binding
from reminders.tables.checklists import MaterialTick
from reminders.tables.ledger import License

NOT_YOURS = "没有找到这本证照，或者它没有绑定在您的微信上。请在公众号里回复“我的证照”查看。"
MOST = 60


def mark(item: str) -> str:
    """What stands for one document of the list."""
    return hashlib.sha256(item.encode()).hexdigest()


def ticked(session: Session, follower_id: int, license_id: int) -> set[str]:
    """Marks of what this person has ready for the present date of the license."""
    found = session.execute(
        select(MaterialTick.item_hash)
        .join(License, License.id == MaterialTick.license_id)
        .where(MaterialTick.follower_id == follower_id, MaterialTick.license_id == license_id)
        .where(MaterialTick.expires_on == License.expires_on)
    )
    return set(found.scalars())


def tick(session: Session, follower_id: int, license_id: int, marks: Iterable[str], *, now: datetime) -> None:
    """Exactly these are ready now. Raises NotFound for a license that is not bound to this person."""
    bound = select(License.expires_on).join(Binding, Binding.license_id == License.id)
    row = session.execute(
        bound.where(
            License.id == license_id, Binding.follower_id == follower_id, Binding.unbound_at.is_(None)
        ).with_for_update(of=Binding)
    ).one_or_none()
    if row is None:
        raise NotFound(NOT_YOURS)
    session.execute(
        delete(MaterialTick)
        .where(MaterialTick.follower_id == follower_id, MaterialTick.license_id == license_id)
        .execution_options(synchronize_session=False)
    )
    if row.expires_on is not None:
        session.add_all(
            MaterialTick(
                follower_id=follower_id,
                license_id=license_id,
                expires_on=row.expires_on,
                item_hash=one,
                ticked_at=now,
            )
            for one in sorted(set(marks))[:MOST]
        )
    session.flush()
