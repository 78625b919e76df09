"""What an import row will write, as it is sealed beside the sheet until somebody accepts it."""

import json
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from reminders.crypto import Vault

_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


@dataclass(frozen=True)
class Change:
    """One value that differs from the ledger; phones are masked already."""

    title: str
    old: str
    new: str


class Content(NamedTuple):
    """Final values of a license after accepting; dates in ISO form, "" for none.

    `holder_id` and `contact_id` name rows that stay as they are; None means they are made from the values.
    For a faulty row only the texts of the sheet are filled in, as they stand there.
    """

    holder_name: str = ""
    license_name: str = ""
    license_no: str = ""
    expires: str = ""
    contact_name: str = ""
    phone: str = ""
    entry_id: int = 0
    holder_kind: str = ""
    expiry: str = ""
    credit_code: str = ""
    id_number: str = ""
    issued: str = ""
    companion: str = ""
    state: str = ""
    identity_key: str = ""
    number_key: str = ""
    holder_id: int | None = None
    contact_id: int | None = None
    phone_hash: str = ""
    id_hash: str = ""
    changes: tuple[tuple[str, str, str], ...] = ()


def sealed(content: Content, vault: Vault) -> bytes:
    return vault.seal(_JSON.encode(content))


def opened(cipher: bytes, vault: Vault) -> Content:
    """Raises SealBroken when the row was altered."""
    values = json.loads(vault.open(cipher))
    values[-1] = tuple(tuple(change) for change in values[-1])
    return Content(*values)


def iso(day: date | None) -> str:
    return day.isoformat() if day else ""


def day_of(text: str) -> date | None:
    return date.fromisoformat(text) if text else None
