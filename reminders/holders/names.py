"""Names the kinds of licenses, for lists that say nothing else about them."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from reminders.tables.catalogue import CatalogueEntry
from reminders.tables.ledger import License


def license_names(session: Session, license_ids: Iterable[int]) -> dict[int, str]:
    found = session.execute(
        select(License.id, CatalogueEntry.license_name)
        .join(CatalogueEntry, CatalogueEntry.id == License.catalogue_entry_id)
        .where(License.id.in_(list(license_ids)))
    )
    return {row.id: row.license_name for row in found}
