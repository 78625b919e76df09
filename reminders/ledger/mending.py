"""Mends a preview in the console: single cells, and how its sheets are read."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from reminders import audit, spreadsheet
from reminders.db import vault_of
from reminders.errors import Conflict, Invalid, NotFound
from reminders.ledger import content, keeping, previewing, sheets, twins
from reminders.rules import sheet_shape
from reminders.rules.lifecycle import ImportState, RowAction
from reminders.rules.permissions import Actor
from reminders.rules.sheet_shape import AS_FOUND, Field, Layout, letter
from reminders.spreadsheet import Workbook
from reminders.tables.ledger import ColumnTitle, ImportRow, LedgerImport

PERSONAL = frozenset({Field.PHONE, Field.ID_NUMBER})  # never shown in full, so an empty text means: as it is
MOST_TEXT = 200
SAMPLE_ROWS = 3
TITLE_LONGEST = 40
Texts = Mapping[int, Mapping[Field, str]]  # position of a row → texts of its cells


@dataclass(frozen=True)
class FileKept:
    """The bytes of a preview's file, to be read by `spreadsheet.read` outside of any transaction."""

    name: str
    data: bytes


@dataclass(frozen=True)
class ColumnSeen:
    column: int
    letter: str
    title: str
    field: Field | None
    samples: tuple[str, ...]


@dataclass(frozen=True)
class SheetSeen:
    """A sheet as it is read now; `header` counts from 1 as Excel shows it, `fault` says why it cannot be."""

    name: str
    is_read: bool
    header: int
    rows: int
    columns: tuple[ColumnSeen, ...]
    fault: str


def file_of(session: Session, import_id: int, *, actor: Actor) -> FileKept:
    """Raises NotFound, Conflict when it was handled already, Invalid when the bytes are not kept."""
    made = open_import(session, import_id, actor, to_write=False)
    if made.content_cipher is None:
        raise Invalid("这份文件是在更新系统之前上传的，不能在这里修改。请在原文件里改好，重新上传")
    return FileKept(made.file_name, vault_of(session).open_bytes(made.content_cipher))


def mend(
    session: Session, import_id: int, workbook: Workbook, texts: Texts, *, actor: Actor, now: datetime
) -> tuple[int, int]:
    """Puts texts into cells of faulty rows and checks the whole file again.

    Returns how many rows were faulty before and are now. A text equal to the sheet's, or an empty one in
    the place of a phone, changes nothing. Raises NotFound, Conflict, Invalid.
    """
    made = open_import(session, import_id, actor)
    plan = keeping.plan_of(session, made)
    edits = {place: dict(known) for place, known in plan.edits.items()}
    for sheet, row_no, told in _changed(session, import_id, texts):
        edits.setdefault((sheet, row_no), {}).update(told)
    return _again(session, made, workbook, replace(plan, edits=edits), actor, now)


def rename_kind(
    session: Session,
    import_id: int,
    workbook: Workbook,
    texts: Texts,
    position: int,
    right: str,
    *,
    actor: Actor,
    now: datetime,
) -> tuple[int, int]:
    """Takes a name of the catalogue in every faulty row that names the kind as this one does, beside
    `texts`. As `mend`."""
    vault = vault_of(session)
    found = session.execute(
        select(ImportRow.position, ImportRow.content_cipher).where(
            ImportRow.import_id == import_id, ImportRow.action == RowAction.FAULTY
        )
    )
    written = {place: content.opened(sealed, vault).license_name for place, sealed in found}
    told = {place: dict(cells) for place, cells in texts.items()}
    for place, name in written.items():
        if position in written and name == written[position]:
            told.setdefault(place, {})[Field.LICENSE] = right
    return mend(session, import_id, workbook, told, actor=actor, now=now)


def same_company(
    session: Session, import_id: int, workbook: Workbook, position: int, *, actor: Actor, now: datetime
) -> tuple[int, int]:
    """Takes a row for the one company of its name in the ledger, by its code if it has one. As `mend`."""
    made = open_import(session, import_id, actor)
    row = session.get(ImportRow, (import_id, position))
    if row is None:
        raise NotFound("没有这一行，请刷新后再试")
    name = content.opened(row.content_cipher, vault_of(session)).holder_name
    code, holder_id = twins.code_of(session, name), twins.holder_without_code(session, name)
    plan, place = keeping.plan_of(session, made), (row.sheet, row.row_no)
    if code is not None:
        edits = {one: dict(known) for one, known in plan.edits.items()}
        edits.setdefault(place, {})[Field.CREDIT_CODE] = code
        plan = replace(plan, edits=edits)
    elif holder_id is not None:
        plan = replace(plan, holders={**plan.holders, place: holder_id})
    else:
        raise Conflict("台账里同名的单位已有变动，请补填信用代码")
    return _again(session, made, workbook, plan, actor, now)


def seen(session: Session, import_id: int, workbook: Workbook, *, actor: Actor) -> list[SheetSeen]:
    """How each sheet with anything in it is read now. Raises NotFound, Conflict."""
    made = open_import(session, import_id, actor, to_write=False)
    plan = keeping.plan_of(session, made)
    return [_seen(sheet, plan) for sheet in workbook.sheets if any(map(any, sheet.rows))]


def lay_out(
    session: Session,
    import_id: int,
    workbook: Workbook,
    layouts: Mapping[str, Layout],
    *,
    actor: Actor,
    now: datetime,
) -> tuple[int, int]:
    """Reads the file as told and remembers the titles for this department. As `mend`.

    Texts put into cells before are kept where the sheet is read with the same row of titles.
    """
    made = open_import(session, import_id, actor)
    for name, layout in layouts.items():
        _refuse_doubled(name, layout)
    for sheet in workbook.sheets:
        _teach(session, made.department_id, sheet, layouts.get(sheet.name, AS_FOUND), now)
    session.flush()
    plan = replace(keeping.plan_of(session, made), layouts=dict(layouts))
    return _again(session, made, workbook, plan, actor, now)


def open_import(session: Session, import_id: int, actor: Actor, *, to_write: bool = True) -> LedgerImport:
    """The preview, locked where something is to be written. Raises NotFound, Conflict when it was handled."""
    query = select(LedgerImport).where(LedgerImport.id == import_id)
    made = session.execute(query.with_for_update() if to_write else query).scalar_one_or_none()
    if made is None or not previewing.may_see(made, actor):
        raise NotFound("没有这次导入")
    if made.state is not ImportState.PREVIEW:
        raise Conflict(previewing.BUSY.get(made.state, "这次导入已经处理过了，不能再改"))
    return made


def _changed(session: Session, import_id: int, texts: Texts) -> Iterator[tuple[str, int, dict[Field, str]]]:
    vault = vault_of(session)
    found = session.execute(
        select(ImportRow.sheet, ImportRow.row_no, ImportRow.position, ImportRow.content_cipher)
        .where(ImportRow.import_id == import_id, ImportRow.action == RowAction.FAULTY)
        .where(ImportRow.position.in_(list(texts)))
    )
    for sheet, row_no, position, sealed in found:
        values = content.opened(sealed, vault)
        shown = dict(zip(sheets.RAW, values[: len(sheets.RAW)], strict=True))
        told = {
            title: text.strip()[:MOST_TEXT]
            for title, text in texts[position].items()
            if text.strip() != shown.get(title, "") and (text.strip() or title not in PERSONAL)
        }
        if told:
            yield sheet, row_no, told


def _again(
    session: Session,
    made: LedgerImport,
    workbook: Workbook,
    plan: sheets.Plan,
    actor: Actor,
    now: datetime,
) -> tuple[int, int]:
    before = json.loads(made.counts)[RowAction.FAULTY]
    keeping.keep(session, made, plan)
    counts = previewing.fill(session, made, workbook, plan, now=now)
    subject = f"ledger_import:{made.id}"
    audit.record(session, "ledger.mend", subject, {"counts": counts}, actor=actor, now=now)
    return before, counts[RowAction.FAULTY]


def _seen(sheet: spreadsheet.Sheet, plan: sheets.Plan) -> SheetSeen:
    layout = plan.layouts.get(sheet.name, AS_FOUND)
    header, columns = sheet_shape.guess(sheet.rows, layout, plan.titles)
    try:
        sheet_shape.find(sheet.rows, layout, plan.titles)
        fault = ""
    except Invalid as reason:
        fault = reason.message
    meaning = {column: field for field, column in columns.items()}
    titles = sheet.rows[header] if header < len(sheet.rows) else []
    below = [row for row in sheet.rows[header + 1 :] if any(row)]
    return SheetSeen(
        name=sheet.name,
        is_read=layout.is_read,
        header=header + 1,
        rows=len(below),
        columns=tuple(
            ColumnSeen(column, letter(column), title, meaning.get(column), _samples(below, column, meaning))
            for column, title in enumerate(titles)
            if title or column in meaning
        ),
        fault=fault,
    )


def _samples(rows: list[list[str]], column: int, meaning: Mapping[int, Field]) -> tuple[str, ...]:
    """The first texts below a title, of columns that cannot name a person or a phone."""
    if meaning.get(column) not in (Field.LICENSE, Field.EXPIRES_ON, Field.ISSUED_ON, Field.COMPANION_ON):
        return ()
    texts = (row[column] for row in rows[:SAMPLE_ROWS] if column < len(row))
    return tuple(text[:20] for text in texts if text)


def _refuse_doubled(name: str, layout: Layout) -> None:
    told = Counter(field for field in layout.columns.values() if field)
    if doubled := [field.value for field, count in told.items() if count > 1]:
        raise Invalid(f"工作表“{name}”：有两列都选成了“{doubled[0]}”，请只留一列")


def _teach(
    session: Session, department_id: int | None, sheet: spreadsheet.Sheet, layout: Layout, now: datetime
) -> None:
    if not layout.is_read or layout.header is None or layout.header >= len(sheet.rows):
        return
    known = keeping.taught(session, department_id)
    titles = sheet.rows[layout.header]
    _, by_title = sheet_shape.guess(sheet.rows, Layout(header=layout.header), known)
    for column, field in layout.columns.items():
        key = sheet_shape.title_key(titles[column])[:TITLE_LONGEST] if column < len(titles) else ""
        if key in known and field is None:
            mine = ColumnTitle.department_id.is_not_distinct_from(department_id)
            session.execute(delete(ColumnTitle).where(mine, ColumnTitle.title_key == key))
        elif key and field and by_title.get(field) != column:
            session.add(ColumnTitle(department_id=department_id, title_key=key, field=field, told_at=now))
