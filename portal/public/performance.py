"""What became of the licenses that expired: figures, each with its definition, as page, CSV and JSON."""

import csv
import io
import json
import threading
from datetime import datetime

from flask import url_for
from flask.typing import ResponseReturnValue

from portal.installation import Installation, database, installation, settings
from portal.public import bp
from portal.public.answers import fresh, page
from portal.public.heads import Head
from reminders import clock, editions
from reminders import figures as counting
from reminders.figures import Figures, Line
from reminders.rules.suppression import Hidden

PART_WORDS = {
    "on_time": "按期换证",
    "late": "逾期换证",
    "lapsed": "到期未换证",
    "undecided": "换证不清楚",
    "reached": "确认触达",
    "perhaps_reached": "触达不清楚",
    "not_reached": "没有触达",
    "timely": "按时提醒",
    "not_timely": "没有按时提醒",
    "timeliness_unknown": "时限未核实、无法判断",
}
HIDDEN_WORDS = {Hidden.SMALL: "<5", Hidden.BESIDE: "不列"}
HIDDEN_MEANINGS = {
    Hidden.SMALL: "不足 5 本，为保护持证人不列",
    Hidden.BESIDE: "不列：列出就能推算出不足 5 本的数",
}


@bp.get("/performance")
def performance() -> ResponseReturnValue:
    words = "按期换证、触达和及时提醒的比例，按月份和证照公布。"
    head = Head("提醒成效", "提醒成效", words, url_for("public.performance"), "信息公开")
    tables = (("按期满月份", "月份", _figures().by_month), ("按证照", "证照", _figures().by_kind))
    return page("performance.html", head, figures=_figures(), tables=tables, words=PART_WORDS, shown=_shown)


@bp.get("/performance.csv")
def performance_table() -> ResponseReturnValue:
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow(("分组", "月份或证照", "到期", *PART_WORDS.values()))
    for group, lines in (("月份", _figures().by_month), ("证照", _figures().by_kind)):
        for line in lines:
            writer.writerow((group, line.label, _shown(line.total), *map(_shown, line.counts.values())))
    return fresh("\ufeff" + written.getvalue(), content_type="text/csv; charset=utf-8")


@bp.get("/performance.json")
def performance_data() -> ResponseReturnValue:
    """A count is a number, or a text that says why it is not shown."""
    found = _figures()
    told = {
        "since": found.since.isoformat(),
        "until": found.until.isoformat(),
        "definitions": settings().portal_url + url_for("public.performance"),
        "names": {"expired": "到期", **PART_WORDS},
        "hidden": HIDDEN_MEANINGS,
        "by_month": [_told(line, "month") for line in found.by_month],
        "by_kind": [_told(line, "license_name") for line in found.by_kind],
    }
    return fresh(json.dumps(told, ensure_ascii=False), content_type="application/json")


def _told(line: Line, name: str) -> dict[str, object]:
    return {name: line.label, "expired": line.total, **line.counts}


def _shown(count: object) -> object:
    return HIDDEN_WORDS[count] if isinstance(count, Hidden) else count


class _Counted:
    """Counts at most once in each span of `editions.FIGURES_LAST`, however often the page is asked for."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._span: int | None = None
        self._figures: Figures | None = None

    def figures(self, now: datetime) -> Figures:
        span = editions.span(now)
        with self._lock:
            if self._figures is None or self._span != span:
                with database().read() as session:
                    self._figures = counting.figures(session, now=now)
                self._span = span
            return self._figures


def _figures() -> Figures:
    return _counted(installation()).figures(clock.now())


def _counted(place: Installation) -> _Counted:
    found = place.kept.setdefault("figures", _Counted())
    assert isinstance(found, _Counted)
    return found
