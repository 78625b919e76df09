"""What the public reads: published notices page by page, one notice, and the feed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, tuple_
from sqlalchemy.orm import Session

from reminders import clock
from reminders.errors import NotFound
from reminders.notices import files
from reminders.rules import notice_html, notice_text
from reminders.rules.lifecycle import Expiry, NoticeState
from reminders.rules.notice_text import PublicRow
from reminders.tables.catalogue import CatalogueEntry
from reminders.tables.ledger import License
from reminders.tables.notices import Notice
from reminders.tables.staff import Department

PAGE = 20
FEED = 30
OFFICE = "办公室"

PLACE = tuple_(Notice.published_at, Notice.id)
NEWEST = (Notice.published_at.desc(), Notice.id.desc())
OLDEST = (Notice.published_at.asc(), Notice.id.asc())

AT_ONCE = 5_000  # ids in one question

Place = tuple[datetime, int]
Dates = Mapping[int, tuple[Expiry, date | None]]
Lines = Select[int, str, datetime | None, str, str]


@dataclass(frozen=True)
class BoardLine:
    id: int
    title: str
    published_at: datetime
    department: str
    license_name: str


@dataclass(frozen=True)
class Wish:
    """Which notices a reader wants: of a kind, of a department, published from `since` to before `until`."""

    entry_id: int | None = None
    department_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None


EVERYTHING = Wish()


@dataclass(frozen=True)
class BoardPage:
    lines: tuple[BoardLine, ...]
    total: int
    number: int
    pages: int

    def beside(self) -> tuple[int, ...]:
        """Numbers worth a link: the ends and the neighbours; 0 stands where some are left out."""
        near = {1, self.pages, *range(max(1, self.number - 2), min(self.pages, self.number + 2) + 1)}
        shown: list[int] = []
        for number in sorted(near):
            if shown and number - shown[-1] > 1:
                shown.append(0)
            shown.append(number)
        return tuple(shown)


@dataclass(frozen=True)
class PublicList:
    """What one notice lists; `renewed` are the license ids of rows whose ledger row moved on."""

    line: BoardLine
    rows: tuple[PublicRow, ...]
    renewed: frozenset[int]


@dataclass(frozen=True)
class Article:
    """A published or withdrawn notice. `renewed` are the license ids of rows whose ledger row moved on.

    `replaced_by` is the newer version of a withdrawn notice, once that is public.
    """

    id: int
    title: str
    body_html: str
    rows: tuple[PublicRow, ...]
    renewed: frozenset[int]
    department: str
    service_phone: str
    license_name: str
    entry_id: int | None
    published_at: datetime
    withdrawn_at: datetime | None
    withdrawn_reason: str
    digest: str
    files: tuple[files.FileLine, ...]
    replaced_by: BoardLine | None
    earlier: BoardLine | None
    later: BoardLine | None


def page(
    session: Session,
    number: int = 1,
    wish: Wish = EVERYTHING,
    *,
    after: Place | None = None,
    before: Place | None = None,
) -> BoardPage:
    """Newest first; a page beyond the last is the last; pages are counted from 1.

    `after` is the last line of the page before, `before` the first line of the page behind: with one of
    them the page is found by key, however far back it lies. A bare number is counted off in the index.
    """
    wanted = _wanted(wish)
    total = session.execute(select(func.count()).select_from(Notice).where(*wanted)).scalar_one()
    pages = max(1, -(-total // PAGE))
    number = min(max(1, number), pages)
    ids = select(Notice.id).where(*wanted)
    if after is not None:
        ids = ids.where(after > PLACE).order_by(*NEWEST)
    elif before is not None:
        ids = ids.where(before < PLACE).order_by(*OLDEST)
    else:
        ids = ids.order_by(*NEWEST).offset((number - 1) * PAGE)
    chosen = _lines().where(Notice.id.in_(ids.limit(PAGE).scalar_subquery())).order_by(*NEWEST)
    return BoardPage(_read(session, chosen), total, number, pages)


def first_year(session: Session, today: date) -> int:
    """The year of the oldest published notice; this year when there is none."""
    published = select(func.min(Notice.published_at)).where(Notice.state == NoticeState.PUBLISHED)
    first = session.execute(published).scalar_one()
    return clock.civil_date(first).year if first else today.year


def latest(session: Session, count: int = FEED) -> tuple[BoardLine, ...]:
    published = _lines().where(Notice.state == NoticeState.PUBLISHED)
    return _read(session, published.order_by(*NEWEST).limit(count))


def of_kind(session: Session, entry_id: int, count: int) -> tuple[BoardLine, ...]:
    """The newest notices about one license kind."""
    published = _lines().where(Notice.state == NoticeState.PUBLISHED, Notice.catalogue_entry_id == entry_id)
    return _read(session, published.order_by(*NEWEST).limit(count))


def bodies(session: Session, notice_ids: tuple[int, ...]) -> dict[int, str]:
    """The text of several notices as HTML, without their lists, for the feed."""
    found = session.execute(select(Notice.id, Notice.body).where(Notice.id.in_(notice_ids)))
    return {notice_id: notice_html.render_body(body) for notice_id, body in found}


def lists(session: Session, since: datetime) -> tuple[PublicList, ...]:
    """The public lists of notices published since then, newest first."""
    live = (Notice.state == NoticeState.PUBLISHED, Notice.published_at >= since, Notice.public_list != "[]")
    lines = _read(session, _lines().where(*live).order_by(*NEWEST))
    texts = dict(session.execute(select(Notice.id, Notice.public_list).where(*live)).all())
    rows = {line.id: notice_text.rows_from_text(texts[line.id]) for line in lines}
    known = _dates_now(session, chain.from_iterable(rows.values()))
    return tuple(PublicList(line, rows[line.id], _renewed(rows[line.id], known)) for line in lines)


def article(session: Session, notice_id: int) -> Article:
    """Raises NotFound for a notice that never was public."""
    found = session.execute(
        select(Notice, Department.name, Department.service_phone, CatalogueEntry.license_name)
        .outerjoin(Department, Department.id == Notice.department_id)
        .outerjoin(CatalogueEntry, CatalogueEntry.id == Notice.catalogue_entry_id)
        .where(Notice.id == notice_id, Notice.state.in_((NoticeState.PUBLISHED, NoticeState.WITHDRAWN)))
    ).one_or_none()
    if found is None or found[0].published_at is None:
        raise NotFound("没有这篇温馨提示。可能是地址不完整，请从温馨提示列表重新查找。")
    notice, department, service_phone, license_name = found
    rows = notice_text.rows_from_text(notice.public_list)
    is_live = notice.state is NoticeState.PUBLISHED
    return Article(
        id=notice.id,
        title=notice.title,
        body_html=notice_html.render_body(notice.body) if is_live else "",
        rows=rows if is_live else (),
        renewed=_renewed(rows, _dates_now(session, rows)) if is_live else frozenset(),
        department=department or OFFICE,
        service_phone=service_phone or "",
        license_name=license_name or "",
        entry_id=notice.catalogue_entry_id,
        published_at=found[0].published_at,
        withdrawn_at=notice.withdrawn_at,
        withdrawn_reason=notice.withdrawn_reason,
        digest=notice.digest,
        files=files.listed(session, notice_id) if is_live else (),
        replaced_by=_newer(session, notice_id),
        earlier=_neighbour(session, notice, later=False),
        later=_neighbour(session, notice, later=True),
    )


def _wanted(wish: Wish) -> list[ColumnElement[bool]]:
    wanted = [Notice.state == NoticeState.PUBLISHED]
    if wish.entry_id is not None:
        wanted.append(Notice.catalogue_entry_id == wish.entry_id)
    if wish.department_id is not None:
        wanted.append(Notice.department_id == wish.department_id)
    if wish.since is not None:
        wanted.append(Notice.published_at >= wish.since)
    if wish.until is not None:
        wanted.append(Notice.published_at < wish.until)
    return wanted


def _newer(session: Session, notice_id: int) -> BoardLine | None:
    newer = _lines().where(Notice.replaces_id == notice_id, Notice.state == NoticeState.PUBLISHED)
    return next(iter(_read(session, newer.order_by(Notice.id.desc()).limit(1))), None)


def _lines() -> Lines:
    return (
        select(
            Notice.id,
            Notice.title,
            Notice.published_at,
            func.coalesce(Department.name, OFFICE),
            func.coalesce(CatalogueEntry.license_name, ""),
        )
        .outerjoin(Department, Department.id == Notice.department_id)
        .outerjoin(CatalogueEntry, CatalogueEntry.id == Notice.catalogue_entry_id)
    )


def _neighbour(session: Session, notice: Notice, *, later: bool) -> BoardLine | None:
    """The published notice next to this one in time."""
    same = Notice.published_at == notice.published_at
    if later:
        beyond = or_(Notice.published_at > notice.published_at, and_(same, Notice.id > notice.id))
        order = (Notice.published_at.asc(), Notice.id.asc())
    else:
        beyond = or_(Notice.published_at < notice.published_at, and_(same, Notice.id < notice.id))
        order = (Notice.published_at.desc(), Notice.id.desc())
    beside = _lines().where(Notice.state == NoticeState.PUBLISHED, beyond).order_by(*order).limit(1)
    return next(iter(_read(session, beside)), None)


def _read(session: Session, query: Lines) -> tuple[BoardLine, ...]:
    return tuple(
        BoardLine(notice_id, title, published_at, department, license_name)
        for notice_id, title, published_at, department, license_name in session.execute(query)
        if published_at is not None
    )


def _dates_now(session: Session, rows: Iterable[PublicRow]) -> Dates:
    """What the ledger says today of every license listed, asked for in pieces a database takes."""
    ids = sorted({row.license_id for row in rows})
    pieces = (ids[start : start + AT_ONCE] for start in range(0, len(ids), AT_ONCE))
    wanted = select(License.id, License.expiry, License.expires_on)
    return {
        license_id: (expiry, expires_on)
        for piece in pieces
        for license_id, expiry, expires_on in session.execute(wanted.where(License.id.in_(piece)))
    }


def _renewed(rows: Iterable[PublicRow], known: Dates) -> frozenset[int]:
    listed = ((row, *known[row.license_id]) for row in rows if row.license_id in known)
    return frozenset(
        row.license_id
        for row, expiry, expires_on in listed
        if expiry is Expiry.NONE or (expires_on is not None and notice_html.has_renewed(row, expires_on))
    )
