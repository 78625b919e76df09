"""Goes through a workbook row by row: checked rows with their place, and what is wrong with whole sheets."""

import difflib
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from reminders.crypto import Vault
from reminders.errors import Invalid
from reminders.rules import identity, ledger_row, sheet_shape
from reminders.rules.ledger_row import Fault, Kinds, LedgerRow
from reminders.rules.sheet_shape import AS_FOUND, Field, Layout, Shape, letter
from reminders.spreadsheet import Sheet, Workbook

RAW = (Field.HOLDER, Field.LICENSE, Field.NUMBER, Field.EXPIRES_ON, Field.CONTACT, Field.PHONE)
SAME = "与{place}是同一个证照，请只保留正确的一行"
SAME_UNNUMBERED = "与{place}看起来是同一个证照；如果是两个，请补填证照编号"


@dataclass(slots=True)
class SheetRow:
    """One row on its way to a decision."""

    sheet: str
    row_no: int
    row: LedgerRow | None
    faults: tuple[Fault, ...]
    warnings: tuple[Fault, ...]
    columns: Shape
    cells: Sequence[str]
    number_key: str = ""
    name_key: str = ""
    phone_hash: str = ""
    id_hash: str = ""
    holder_id: int | None = None  # somebody said that the row is this holder's

    def refuse(self, field: Field, message: str) -> None:
        self.faults = (*self.faults, self.note(field, message))

    def warn(self, field: Field, message: str) -> None:
        self.warnings = (*self.warnings, self.note(field, message))

    def note(self, field: Field, message: str) -> Fault:
        column = self.columns.columns.get(field)
        return Fault("" if column is None else letter(column), field.value, message)

    def raw(self) -> tuple[str, ...]:
        """The texts as they stand in the sheet, in the order of RAW."""
        return tuple(map(self.text, RAW))

    def text(self, field: Field) -> str:
        """What stands in the sheet under this title; "" where it has no such column."""
        place = self.columns.columns.get(field)
        return self.cells[place] if place is not None and place < len(self.cells) else ""

    def marks(self) -> Iterator[tuple[Hashable, ...]]:
        """By what a row without a number can be known, the surest first."""
        assert self.row is not None
        if self.row.credit_code:
            yield (self.row.entry_id, "credit", self.row.credit_code)
        if self.id_hash:
            yield (self.row.entry_id, "id", self.id_hash)
        if self.phone_hash:
            yield (self.row.entry_id, "name", self.name_key, self.phone_hash)


@dataclass(frozen=True)
class Reading:
    rows: list[SheetRow]
    faults: list[str]  # about whole sheets
    counts: Counter[Hashable]  # how many rows without a number share a key


@dataclass(frozen=True)
class Plan:
    """How a person wants a file read: `department` stands in where a sheet names none; `layouts` by sheet;
    `titles` that this department taught us; `edits` are texts put in place of cells, by sheet and row;
    `holders` are those of the ledger that somebody took a row for."""

    department: str = ""
    layouts: Mapping[str, Layout] = field(default_factory=dict)
    titles: Mapping[str, Field] = field(default_factory=dict)
    edits: Mapping[tuple[str, int], Mapping[Field, str]] = field(default_factory=dict)
    holders: Mapping[tuple[str, int], int] = field(default_factory=dict)


def read(workbook: Workbook, kinds: Kinds, vault: Vault, plan: Plan, *, today: date) -> Reading:
    """Every row of the sheets that are to be read; a sheet without a usable header is one fault."""
    rows: list[SheetRow] = []
    faults: list[str] = []
    for sheet in workbook.sheets:
        if not any(map(any, sheet.rows)) or not plan.layouts.get(sheet.name, AS_FOUND).is_read:
            continue
        try:
            shape = _shape(sheet, kinds, plan)
        except Invalid as reason:
            faults.append(f"工作表“{sheet.name}”：{reason.message}" if sheet.name else reason.message)
            continue
        before = len(rows)
        rows.extend(_checked(sheet, shape, kinds, vault, plan, today))
        if len(rows) == before:
            faults.append(f"工作表“{sheet.name}”：表头下面没有数据行")
    if not rows and not faults:
        faults.append("文件里没有数据")
    return Reading(rows, faults, _refuse_doubles(rows))


def _shape(sheet: Sheet, kinds: Kinds, plan: Plan) -> Shape:
    """The shape with the department it is about: named above the header, by the sheet's name, or as told."""
    shape = sheet_shape.find(sheet.rows, plan.layouts.get(sheet.name, AS_FOUND), plan.titles)
    named = shape.department or (sheet.name if sheet.name in kinds.departments else plan.department)
    if named and named not in kinds.departments:
        close = difflib.get_close_matches(named, kinds.departments, n=1, cutoff=0.5)
        hint = f"是不是“{close[0]}”？" if close else f"目录里有：{'、'.join(sorted(kinds.departments))}。"
        raise Invalid(f"“科室：{named}”不在目录里。{hint}")
    return replace(shape, department=named)


def _checked(
    sheet: Sheet, found: Shape, kinds: Kinds, vault: Vault, plan: Plan, today: date
) -> Iterator[SheetRow]:
    title = sheet.rows[found.header]
    for index, original in enumerate(sheet.rows[found.header + 1 :], start=found.header + 2):
        if ledger_row.is_blank(original, found) or original == title:
            continue
        edit = plan.edits.get((sheet.name, index)) if plan.edits else None
        shape, cells = _edited(found, original, edit) if edit else (found, original)
        checked = ledger_row.check(cells, shape, kinds, department=shape.department, today=today)
        row = checked.row
        if row is None:
            yield SheetRow(sheet.name, index, None, checked.faults, checked.warnings, shape, cells)
            continue
        yield SheetRow(
            sheet=sheet.name,
            row_no=index,
            row=row,
            faults=(),
            warnings=checked.warnings,
            columns=shape,
            cells=cells,
            number_key=identity.number_key(row.license_no),
            name_key=identity.name_key(row.holder_name),
            phone_hash=vault.blind(row.phone) if row.phone else "",
            id_hash=vault.blind(f"id:{row.id_number}") if row.id_number else "",
            holder_id=plan.holders.get((sheet.name, index)) if plan.holders else None,
        )


def _edited(shape: Shape, cells: Sequence[str], edit: Mapping[Field, str]) -> tuple[Shape, list[str]]:
    """The row with a person's texts in place of the sheet's; a column the sheet has not is put behind it."""
    columns = dict(shape.columns)
    width = max(len(cells), *(column + 1 for column in columns.values()))
    changed = [*cells, *[""] * (width - len(cells))]
    for title, text in edit.items():
        if title not in columns:
            columns[title] = len(changed)
            changed.append("")
        changed[columns[title]] = text
    return replace(shape, columns=columns), changed


def _refuse_doubles(rows: list[SheetRow]) -> Counter[Hashable]:
    """Marks every row that another row of the file repeats, naming the other."""
    counts: Counter[Hashable] = Counter()
    groups: defaultdict[Hashable, list[SheetRow]] = defaultdict(list)
    for entry in rows:
        row = entry.row
        if row is None:
            continue
        if entry.number_key:
            groups[row.entry_id, entry.number_key].append(entry)
            continue
        keys = tuple(entry.marks())
        counts.update(keys)
        groups[(keys[0], row.expires_on)].append(entry)
    for group in groups.values():
        for entry, other in zip(group, group[1:] + group[:1], strict=True):
            if other is not entry:
                words = SAME if entry.number_key else SAME_UNNUMBERED
                entry.refuse(Field.NUMBER, words.format(place=_place(other, entry)))
    return counts


def _place(other: SheetRow, seen_from: SheetRow) -> str:
    sheet = "" if other.sheet == seen_from.sheet else f"工作表“{other.sheet}”"
    return f"{sheet}第 {other.row_no} 行"
