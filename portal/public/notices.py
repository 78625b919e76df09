"""Warm reminder notices as the public reads them: the list, and one notice."""

import re
from datetime import UTC, date, datetime, time, timedelta

from flask import request, url_for
from flask.typing import ResponseReturnValue

from portal.installation import database
from portal.public import bp, heads
from portal.public.answers import number, page
from portal.public.codes import drawn
from portal.public.guides import departments
from portal.public.heads import Head
from reminders import catalogue, clock
from reminders.notices import board
from reminders.notices.board import BoardLine, Place, Wish

RELATED = 3  # other notices about the same kind of license
RECENT = {"30": "近 30 天", "90": "近 3 个月", "365": "近一年"}
YEAR = re.compile(r"20\d\d")
PLACE = re.compile(r"(\d{1,17})-(\d{1,18})")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


@bp.get("/notices/")
def notices() -> ResponseReturnValue:
    today = clock.civil_date(clock.now())
    period = request.args.get("period", "")
    wish = Wish(number(request.args, "kind"), number(request.args, "department"), *_span(period, today))
    after, before = _place("after"), _place("before")
    with database().read() as session:
        found = board.page(session, number(request.args, "page") or 1, wish, after=after, before=before)
        entries = catalogue.entries(session)
        years = range(today.year, board.first_year(session, today) - 1, -1)
    return page(
        "notices.html",
        Head("温馨提示", "温馨提示", "证照到期前的集中提醒。", url_for("public.notices"), "通知公告"),
        page=found,
        entries=entries,
        departments=departments(entries),
        years=years,
        periods=RECENT,
        wish=wish,
        period=period,
        place=_written,
    )


@bp.get("/notices/<int(max=999999999):notice_id>")
def notice(notice_id: int) -> ResponseReturnValue:
    today = clock.civil_date(clock.now())
    with database().read() as session:
        article = board.article(session, notice_id)
        same_kind = board.of_kind(session, article.entry_id, RELATED + 1) if article.entry_id else ()
    related = [line for line in same_kind if line.id != notice_id][:RELATED]
    code = 410 if article.withdrawn_at else 200
    head = heads.of_notice(article)
    is_over = bool(article.rows) and all(row.expires_on < today for row in article.rows)
    told = {"article": article, "related": related, "today": today, "is_over": is_over}
    return page("notice.html", head, code, **told, qr=drawn(head.url))


def _span(period: str, today: date) -> tuple[datetime | None, datetime | None]:
    """The last so many days, or one calendar year; anything else asks for all."""
    if period in RECENT:
        return clock.civil_moment(today - timedelta(days=int(period)), time.min), None
    if YEAR.fullmatch(period):
        start = date(int(period), 1, 1)
        return clock.civil_moment(start, time.min), clock.civil_moment(
            start.replace(year=start.year + 1), time.min
        )
    return None, None


def _written(line: BoardLine) -> str:
    """A line's place in the list, for the address of the page that goes on from it."""
    return f"{(line.published_at - EPOCH) // MICROSECOND}-{line.id}"


def _place(name: str) -> Place | None:
    written = PLACE.fullmatch(request.args.get(name, ""))
    return (EPOCH + int(written[1]) * MICROSECOND, int(written[2])) if written else None
