"""Compares a row with the license it is: final values, what changes, and whether that is a renewal."""

from dataclasses import dataclass, field

from reminders.crypto import Vault
from reminders.ledger.content import Content, iso
from reminders.ledger.sheets import SheetRow
from reminders.ledger.stock import Known
from reminders.rules.identity import mask_phone
from reminders.rules.ledger_row import LedgerRow
from reminders.rules.lifecycle import Expiry, LicenseState, RowAction
from reminders.rules.sheet_shape import Field

FOREVER = "长期"
NOTHING = "（无）"


@dataclass
class _Comparison:
    entry: SheetRow
    row: LedgerRow
    known: Known
    vault: Vault
    action: RowAction = RowAction.UNCHANGED
    changes: list[tuple[str, str, str]] = field(default_factory=list)

    def change(self, title: Field, old: str | None, new: str) -> None:
        self.changes.append((title.value, old or NOTHING, new))
        if self.action is RowAction.UNCHANGED:
            self.action = RowAction.CHANGED


def as_new(entry: SheetRow, license_name: str) -> Content:
    """The values of a row that the ledger does not know yet."""
    assert entry.row is not None
    row = entry.row
    state = LicenseState.CANCELLED if row.is_cancelled else LicenseState.ACTIVE
    return _identified(
        entry,
        Content(
            holder_name=row.holder_name,
            license_name=license_name,
            license_no=row.license_no,
            expires=iso(row.expires_on),
            contact_name=row.contact_name,
            phone=row.phone,
            entry_id=row.entry_id,
            holder_kind=row.holder_kind,
            expiry=row.expiry,
            credit_code=row.credit_code,
            id_number=row.id_number,
            issued=iso(row.issued_on),
            companion=iso(row.companion_on),
            state=state,
            number_key=entry.number_key,
            phone_hash=entry.phone_hash,
            id_hash=entry.id_hash,
            holder_id=entry.holder_id,
        ),
    )


def as_faulty(entry: SheetRow) -> Content:
    """The texts as they stand in the sheet, for the page that shows what to correct."""
    holder, license_name, number, expires, contact, phone = entry.raw()
    return Content(holder, license_name, number, expires, contact, phone)


def compare(entry: SheetRow, known: Known, license_name: str, vault: Vault) -> tuple[RowAction, Content]:
    """FAULTY when the row is refused on the way: an expiry earlier than the ledger's needs a remark 更正."""
    assert entry.row is not None
    work = _Comparison(entry, entry.row, known, vault)
    content = _with_dates(work, as_new(entry, license_name))
    if entry.faults:
        return RowAction.FAULTY, as_faulty(entry)
    content = _with_number(work, _with_state(work, content))
    content = _with_contact(work, _with_holder(work, content))
    return work.action, _identified(entry, content)._replace(changes=tuple(work.changes))


def expires_text(expiry: str, expires: str) -> str:
    """What a person reads in the place of an expiry date."""
    return FOREVER if expiry == Expiry.NONE else expires or "未填"


def _with_dates(work: _Comparison, content: Content) -> Content:
    row, known = work.row, work.known
    if row.expiry is Expiry.UNKNOWN:
        content = content._replace(expiry=known.expiry, expires=iso(known.expires_on))
    elif (row.expiry, row.expires_on) != (known.expiry, known.expires_on):
        _new_expiry(work)
    is_renewed = work.action is RowAction.RENEWED
    if row.issued_on and row.issued_on != known.issued_on:
        work.change(Field.ISSUED_ON, iso(known.issued_on), iso(row.issued_on))
    elif not row.issued_on and not is_renewed:  # the old day of issue does not fit a renewed license
        content = content._replace(issued=iso(known.issued_on))
    if row.companion_on and row.companion_on != known.companion_on:
        work.change(Field.COMPANION_ON, iso(known.companion_on), iso(row.companion_on))
    return content._replace(companion=iso(row.companion_on or known.companion_on))


def _new_expiry(work: _Comparison) -> None:
    row, known, entry = work.row, work.known, work.entry
    if known.expires_on and row.expires_on:
        if row.expires_on > known.expires_on:
            work.action = RowAction.RENEWED
        elif not row.is_correction:
            entry.refuse(
                Field.EXPIRES_ON,
                f"比台账里的期满日期 {known.expires_on} 早，可能是旧表；确要改早，请在“备注”列写“更正”再上传",
            )
            return
        else:
            entry.warn(
                Field.EXPIRES_ON, f"更正：期满日期由 {known.expires_on} 改早为 {row.expires_on}，请再核对一次"
            )
    elif known.expiry is not Expiry.UNKNOWN:
        entry.warn(Field.EXPIRES_ON, "与台账比，由有期限变成长期，或由长期变成有期限，请核对")
    old = expires_text(known.expiry, iso(known.expires_on))
    work.change(Field.EXPIRES_ON, old, expires_text(row.expiry, iso(row.expires_on)))


def _with_state(work: _Comparison, content: Content) -> Content:
    row, known = work.row, work.known
    if row.is_cancelled:
        if known.state is not LicenseState.CANCELLED:
            work.change(Field.STATE, "有效", "注销")
        return content
    if work.action is RowAction.RENEWED:
        return content
    if known.state is LicenseState.CANCELLED:
        work.entry.warn(Field.STATE, "台账里这个证照已注销，导入后仍是注销")
    return content._replace(state=known.state)


def _with_number(work: _Comparison, content: Content) -> Content:
    known = work.known
    if work.entry.number_key and not known.number_key:
        work.change(Field.NUMBER, None, work.row.license_no)
    if work.entry.number_key:
        return content
    return content._replace(license_no=known.license_no or "", number_key=known.number_key or "")


def _with_holder(work: _Comparison, content: Content) -> Content:
    """Keeps the holder while name, code and ID agree or are not said; else the values make another."""
    row, known, entry = work.row, work.known, work.entry
    same_name = entry.name_key == known.name_key
    same_code = not row.credit_code or row.credit_code == known.credit_code
    same_id = not entry.id_hash or entry.id_hash == known.id_hash
    if not same_name:
        work.change(Field.HOLDER, known.holder_name, row.holder_name)
    if not same_code:
        work.change(Field.CREDIT_CODE, known.credit_code, row.credit_code)
        if known.credit_code:
            entry.warn(Field.CREDIT_CODE, f"与台账里的 {known.credit_code} 不同，请核对")
    if not same_id:
        work.change(Field.ID_NUMBER, "与台账不同" if known.id_hash else None, "见表格")
    keeps = same_name and same_code and same_id
    code = row.credit_code or (known.credit_code or "" if same_name else "")
    return content._replace(holder_id=known.holder_id if keeps else None, credit_code=code)


def _with_contact(work: _Comparison, content: Content) -> Content:
    row, known, entry = work.row, work.known, work.entry
    if not entry.phone_hash:
        return _with_known_contact(work, content)
    same_phone = entry.phone_hash == known.phone_hash
    name = row.contact_name or (known.contact_name or "" if same_phone else "")
    if not same_phone:
        old = mask_phone(work.vault.open(known.phone_cipher)) if known.phone_cipher else None
        work.change(Field.PHONE, old, mask_phone(row.phone))
    if name != (known.contact_name or ""):
        work.change(Field.CONTACT, known.contact_name, name or NOTHING)
    keeps = same_phone and name == known.contact_name and content.holder_id is not None
    return content._replace(contact_name=name, contact_id=known.contact_id if keeps else None)


def _with_known_contact(work: _Comparison, content: Content) -> Content:
    """The sheet has no phone: the known one stays, also when the holder's name or code was corrected."""
    known = work.known
    if content.holder_id is not None or not known.phone_cipher:
        return content._replace(contact_id=known.contact_id, contact_name=known.contact_name or "")
    phone = work.vault.open(known.phone_cipher)
    return content._replace(
        phone=phone, phone_hash=known.phone_hash or "", contact_name=known.contact_name or ""
    )


def _identified(entry: SheetRow, content: Content) -> Content:
    """The key that keeps two rows of the ledger apart: the number, else the holder together with the day."""
    if content.number_key:
        return content._replace(identity_key=f"no:{content.number_key}")
    if content.credit_code:
        who = f"cc:{content.credit_code}"
    elif entry.id_hash:
        who = f"id:{entry.id_hash}"
    else:
        who = f"np:{entry.name_key}:{entry.phone_hash}"
    return content._replace(identity_key=f"{who}:{content.expires or content.expiry}")
