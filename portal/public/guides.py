"""The catalogue of license kinds, and a guide for each: how and when it is renewed."""

from flask import url_for
from flask.typing import ResponseReturnValue

from portal.installation import database
from portal.public import bp, heads
from portal.public.answers import page
from portal.public.heads import Head
from reminders import catalogue, clock
from reminders.catalogue import EntryView
from reminders.notices import board

RELATED = 6


@bp.get("/catalogue/")
def kinds() -> ResponseReturnValue:
    with database().read() as session:
        entries = catalogue.entries(session)
    head = Head(
        "证照目录",
        "证照目录",
        f"到期前提醒的 {len(entries)} 种证照：有效期、申请换证时限和审批科室。",
        url_for("public.kinds"),
        "政策文件",
    )
    return page("catalogue.html", head, entries=entries, departments=departments(entries))


@bp.get("/guides/")
def guides() -> ResponseReturnValue:
    with database().read() as session:
        entries = catalogue.entries(session)
    head = Head(
        "办事指南",
        "办事指南",
        "按科室查找每种证照的换证指南：时限、材料、地点、电话和依据。",
        url_for("public.guides"),
        "办事服务",
    )
    return page("guides.html", head, entries=entries, departments=departments(entries))


@bp.get("/catalogue/<int(max=999999999):entry_id>")
def kind(entry_id: int) -> ResponseReturnValue:
    today = clock.civil_date(clock.now())
    with database().read() as session:
        entry = catalogue.entry(session, entry_id)
        examples = catalogue.examples(session, entry, today)
        lines = board.of_kind(session, entry_id, RELATED)
    return page("entry.html", heads.of_guide(entry), entry=entry, examples=examples, lines=lines)


def departments(entries: list[EntryView]) -> list[tuple[int, str]]:
    return list(dict.fromkeys((entry.department_id, entry.department) for entry in entries))
