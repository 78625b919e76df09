"""One license typed in at a desk: it becomes a sheet of one row and takes the road of every import."""

import io
from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from reminders import spreadsheet
from reminders.errors import NotFound
from reminders.ledger.comparing import FOREVER
from reminders.rules.lifecycle import Expiry
from reminders.rules.permissions import Actor, department_scope
from reminders.rules.sheet_shape import Field
from reminders.spreadsheet import Column
from reminders.tables.catalogue import CatalogueEntry
from reminders.tables.holders import Contact, Holder
from reminders.tables.ledger import License

TYPED = (
    Field.HOLDER,
    Field.LICENSE,
    Field.NUMBER,
    Field.CREDIT_CODE,
    Field.ID_NUMBER,
    Field.EXPIRES_ON,
    Field.CONTACT,
    Field.PHONE,
    Field.STATE,
    Field.REMARK,
)


def known(session: Session, license_id: int, *, actor: Actor) -> dict[Field, str]:
    """What the ledger holds of a license, to be changed; phone and ID number stay out, empty keeps them.

    Raises NotFound outside the actor's departments.
    """
    query = (
        select(License, Holder, CatalogueEntry.license_name, Contact.name)
        .join(Holder, Holder.id == License.holder_id)
        .join(CatalogueEntry, CatalogueEntry.id == License.catalogue_entry_id)
        .outerjoin(Contact, Contact.id == License.contact_id)
        .where(License.id == license_id)
    )
    if (scope := department_scope(actor)) is not None:
        query = query.where(CatalogueEntry.department_id == scope)
    found = session.execute(query).one_or_none()
    if found is None:
        raise NotFound("没有这本证照，或者它不归您的科室。请回到台账重新选择。")
    license_, holder, license_name, contact = found
    forever = FOREVER if license_.expiry is Expiry.NONE else ""
    return {
        Field.HOLDER: holder.name,
        Field.LICENSE: license_name,
        Field.NUMBER: license_.license_no or "",
        Field.CREDIT_CODE: holder.credit_code or "",
        Field.EXPIRES_ON: license_.expires_on.isoformat() if license_.expires_on else forever,
        Field.CONTACT: contact or "",
    }


def sheet(texts: Mapping[Field, str]) -> bytes:
    """The row as a file in the form of Annex 2, which is kept like every file that was imported."""
    target = io.BytesIO()
    spreadsheet.write_table(
        target,
        sheet_name="台账",
        lines_above=("在工作台登记的证照",),
        columns=[Column(one.value, 20) for one in TYPED],
        rows=[[texts.get(one, "") for one in TYPED]],
    )
    return target.getvalue()
