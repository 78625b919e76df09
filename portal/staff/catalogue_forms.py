"""The forms of the catalogue desk: an entry and a department as they were typed."""

from dataclasses import replace

from flask import request

from reminders.catalogue_desk import DepartmentFields
from reminders.errors import Invalid
from reminders.rules.catalogue_entry import EntryFields
from reminders.rules.lifecycle import Channel

YES_NO = {"yes": True, "no": False}  # neither: nobody has checked


def typed_fields(now: EntryFields) -> EntryFields:
    """What is not in the form stays as it is. Raises Invalid for what is no number."""
    return replace(
        now,
        license_name=_text("license_name"),
        department_id=request.form.get("department_id", now.department_id, type=int),
        validity_text=_text("validity_text"),
        renewal_earliest=_count("renewal_earliest", "最早申请"),
        renewal_latest=_count("renewal_latest", "最迟申请"),
        unit=_text("unit"),
        also_latest=_count("also_latest", "第二条最迟申请"),
        also_unit=_text("also_unit"),
        companion_latest=_count("companion_latest", "第二个日期的最迟申请"),
        companion_unit=_text("companion_unit"),
        companion_basis=_text("companion_basis"),
        basis=_text("basis"),
        basis_article=_text("basis_article"),
        materials=_text("materials"),
        aliases=_text("aliases"),
        is_online=YES_NO.get(_text("is_online")),
        online_url=_text("online_url"),
    )


def typed_department() -> DepartmentFields:
    method = request.form.get("method", "")
    if method not in set(Channel):
        raise Invalid("请选择提醒方式。")
    return DepartmentFields(_text("counter"), _text("counter_hours"), _text("service_phone"), Channel(method))


def _text(name: str) -> str:
    return " ".join(request.form.get(name, "").split())


def _count(name: str, label: str) -> int | None:
    text = _text(name)
    if text and not (text.isascii() and text.isdigit() and len(text) < 6):
        raise Invalid(f"{label}要写成数字，例如 30；没有的留空。")
    return int(text) if text else None
