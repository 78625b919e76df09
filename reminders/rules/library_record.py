"""Turns records of the e-license library into rows of a ledger sheet, so that both take one road."""

from collections.abc import Mapping, Sequence

from reminders.rules.sheet_shape import Field

# The library's field behind each of our columns; what it does not say stays empty.
FIELDS: Mapping[Field, str] = {
    Field.HOLDER: "holder_name",
    Field.LICENSE: "license_name",
    Field.NUMBER: "license_no",
    Field.CREDIT_CODE: "credit_code",
    Field.ID_NUMBER: "id_number",
    Field.ISSUED_ON: "issued_on",
    Field.EXPIRES_ON: "expires_on",
    Field.CONTACT: "contact_name",
    Field.PHONE: "phone",
    Field.STATE: "state",
}
TITLES = tuple(field.value for field in FIELDS)
LONGEST = 300


def rows_of(records: Sequence[Mapping[str, object]]) -> list[list[str]]:
    """The titles, then one row for each record; the newest of a number alone when it comes twice."""
    newest = {(str(one.get("license_name")), str(one.get("license_no")) or str(at)): one
              for at, one in enumerate(records)}  # fmt: skip
    return [list(TITLES), *([_cell(one.get(name)) for name in FIELDS.values()] for one in newest.values())]


def _cell(value: object) -> str:
    return "" if value is None else str(value)[:LONGEST]
