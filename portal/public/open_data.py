"""Open data: what the site shows, as tables that spreadsheets and programs read."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import timedelta

from flask import url_for
from flask.typing import ResponseReturnValue

from portal.installation import database, settings
from portal.public import bp
from portal.public.answers import fresh, page
from portal.public.heads import Head
from portal.words import iso_moment
from reminders import catalogue, clock
from reminders.notices import board

LISTS_REACH_BACK = timedelta(days=366)
MOST_NOTICES = 5_000
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet would run what begins with one of these
KINDS = (
    *("序号", "审批事项", "证照名称", "审批科室", "证照有效期", "办理对象", "申请换证时限", "是否核实"),
    *("依据", "提交材料"),
)
NOTICES = ("编号", "标题", "发布时间", "科室", "证照", "网址")
LISTS = (
    "温馨提示编号",
    "证照名称",
    "证照持有单位",
    "证照编号",
    "期满日期",
    "最迟申请日",
    "是否估算",
    "是否已换证",
)


@bp.get("/open-data/")
def open_data() -> ResponseReturnValue:
    head = Head(
        "开放数据",
        "开放数据",
        "目录、温馨提示和公开名单的数据文件。",
        url_for("public.open_data"),
        "信息公开",
    )
    return page("open_data.html", head)


@bp.get("/open-data/catalogue.csv")
def kinds_table() -> ResponseReturnValue:
    with database().read() as session:
        entries = catalogue.entries(session)
    rows = (
        (
            *(entry.id, entry.item_name, entry.license_name, entry.department, entry.validity_text),
            *(entry.holder_kind, entry.window_text, "是" if entry.confidence.value == "confirmed" else "否"),
            *(f"{entry.basis}{entry.basis_article}", "；".join(entry.materials)),
        )
        for entry in entries
    )
    return _table(KINDS, rows)


@bp.get("/open-data/notices.csv")
def notices_table() -> ResponseReturnValue:
    with database().read() as session:
        lines = board.latest(session, MOST_NOTICES)
    rows = (
        (
            *(line.id, line.title, iso_moment(line.published_at), line.department, line.license_name),
            settings().portal_url + url_for("public.notice", notice_id=line.id),
        )
        for line in lines
    )
    return _table(NOTICES, rows)


@bp.get("/open-data/lists.csv")
def lists_table() -> ResponseReturnValue:
    """The lists of the last year, masked as they were published; who renewed since is told as on the page."""
    with database().read() as session:
        lists = board.lists(session, clock.now() - LISTS_REACH_BACK)
    rows = (
        (
            *(one.line.id, one.line.license_name, row.holder_name, row.license_no),
            *(row.expires_on.isoformat(), row.apply_by.isoformat() if row.apply_by else ""),
            *("是" if told else "否" for told in (row.is_estimate, row.license_id in one.renewed)),
        )
        for one in lists
        for row in one.rows
    )
    return _table(LISTS, rows)


def _table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> ResponseReturnValue:
    """CSV with a byte order mark, without which Excel reads Chinese as noise."""
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow(header)
    writer.writerows([_plain(cell) for cell in row] for row in rows)
    return fresh("\ufeff" + written.getvalue(), content_type="text/csv; charset=utf-8")


def _plain(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA_SIGNS) else cell
