"""What an entry of the catalogue may be changed to: its fields, their faults, and what moves dates."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from enum import StrEnum

from reminders.errors import Invalid
from reminders.rules import validity
from reminders.rules.lifecycle import Channel, Confidence
from reminders.rules.window import Unit, WindowRule

LONGEST_DISTANCE = {Unit.DAY: 3660, Unit.WORKDAY: 2500, Unit.MONTH: 120}
LONGEST_NAME = 128
LONGEST_TEXT = 4_000
NEED_AN_OFFICER = frozenset({Channel.LETTER, Channel.PHONE, Channel.SMS})
NO_OFFICER = (
    "{name}还没有提醒专员，不能用电话、短信或函告提醒。请先请安全管理员在“账号”里给它开一个提醒专员账号"
    "（命令：reminders staff add 登录名 --name 姓名 --role officer --department {name}），再回来保存。"
)
LONGEST_URL = 200
BETWEEN = "；"  # aliases, as materials
DATE_FIELDS = (
    *("renewal_earliest", "renewal_latest", "unit", "also_latest", "also_unit"),
    *("companion_latest", "companion_unit"),
)
LEGAL_FIELDS = (*DATE_FIELDS, "basis", "basis_article", "companion_basis")
NAMES = {
    "license_name": "证照名称",
    "department_id": "责任科室",
    "validity_text": "证照有效期",
    "renewal_earliest": "最早申请",
    "renewal_latest": "最迟申请",
    "unit": "时限单位",
    "also_latest": "第二条最迟申请",
    "also_unit": "第二条的单位",
    "companion_latest": "第二个日期的最迟申请",
    "companion_unit": "第二个日期的单位",
    "companion_basis": "第二个日期的依据",
    "basis": "依据",
    "basis_article": "条款",
    "confidence": "是否核实",
    "materials": "材料清单",
    "aliases": "别名",
    "is_online": "能不能网上办",
    "online_url": "网上办的网址",
}


class VersionState(StrEnum):
    """Of a version of an entry: it waits for its day, holds, held before, or was called off in time."""

    COMING = "coming"
    HOLDS = "holds"
    HELD = "held"
    CALLED_OFF = "called_off"


@dataclass(frozen=True)
class EntryFields:
    """Names are those of the table `catalogue_entry`; None for `renewal_latest` means: not known."""

    license_name: str
    department_id: int
    validity_text: str
    renewal_earliest: int | None
    renewal_latest: int | None
    unit: str
    also_latest: int | None
    also_unit: str
    companion_latest: int | None
    companion_unit: str
    companion_basis: str
    basis: str
    basis_article: str
    confidence: Confidence
    materials: str
    aliases: str = ""  # split by ；
    is_online: bool | None = None  # None: nobody has checked
    online_url: str = ""


def faults(fields: EntryFields, *, has_companion: bool) -> tuple[str, ...]:
    """Every fault as a sentence; an entry with none of them may be saved."""
    return (*_text_faults(fields), *_window_faults(fields, has_companion=has_companion))


def changed(old: EntryFields, new: EntryFields) -> tuple[str, ...]:
    """Names of the fields that differ."""
    before, after = asdict(old), asdict(new)
    return tuple(name for name in NAMES if before[name] != after[name])


def as_confirmed_as(old: EntryFields, new: EntryFields) -> EntryFields:
    """Whoever changes what the law says takes back that it was confirmed; else it stays as it was."""
    is_legal = any(name in LEGAL_FIELDS for name in changed(old, new))
    return replace(new, confidence=Confidence.MEMORY if is_legal else old.confidence)


def main_rule(fields: EntryFields) -> WindowRule:
    return WindowRule(
        fields.renewal_earliest,
        fields.renewal_latest,
        Unit(fields.unit),
        fields.also_latest,
        Unit(fields.also_unit) if fields.also_unit else None,
    )


def companion_rule(fields: EntryFields) -> WindowRule:
    return WindowRule(None, fields.companion_latest, Unit(fields.companion_unit or Unit.DAY))


def alias_list(text: str) -> tuple[str, ...]:
    return tuple(filter(None, (one.strip() for one in text.split(BETWEEN))))


def frozen(fields: EntryFields) -> str:
    """For a table; `thawed` gives it back unchanged."""
    return json.dumps(asdict(fields), ensure_ascii=False)


def thawed(kept: str, over: EntryFields | None = None) -> EntryFields:
    """What was not known yet when it was kept stays as it is in `over`."""
    read = {**(asdict(over) if over else {}), **json.loads(kept)}
    return EntryFields(**{**read, "confidence": Confidence(read["confidence"])})


def _text_faults(fields: EntryFields) -> Iterator[str]:
    if not 0 < len(fields.license_name) <= LONGEST_NAME:
        yield f"证照名称不能为空，最长 {LONGEST_NAME} 个字。"
    if not fields.basis:
        yield "请写明法律依据：法规名称和文号。条款没有核对过的，留空。"
    if not fields.materials:
        yield "请写明提交材料清单，各项用“；”分开；缺它的证照不发提醒。"
    if max(len(fields.basis), len(fields.materials), len(fields.companion_basis)) > LONGEST_TEXT:
        yield f"依据和材料最长 {LONGEST_TEXT} 个字。"
    if len(fields.basis_article) > 64:
        yield "条款最长 64 个字，例如：第十六条。"
    if any(len(alias) > LONGEST_NAME for alias in alias_list(fields.aliases)):
        yield f"一个别名最长 {LONGEST_NAME} 个字，各个别名用“；”分开。"
    url = fields.online_url
    if url and not (url.startswith("https://") and len(url) <= LONGEST_URL):
        yield f"网上办的网址要以 https:// 开头，最长 {LONGEST_URL} 个字符。"
    if url and not fields.is_online:
        yield "写了网上办的网址，请把“能不能网上办”选成“可以”。"
    try:
        validity.parse(fields.validity_text)
    except Invalid as error:
        yield f"证照有效期：{error.message}"


def _window_faults(fields: EntryFields, *, has_companion: bool) -> Iterator[str]:
    distances = (
        ("最早申请", fields.renewal_earliest, fields.unit),
        ("最迟申请", fields.renewal_latest, fields.unit),
        ("第二条最迟申请", fields.also_latest, fields.also_unit or Unit.DAY),
        ("第二个日期的最迟申请", fields.companion_latest, fields.companion_unit or Unit.DAY),
    )
    for name, distance, unit in distances:
        if unit not in set(Unit):
            yield f"{name}的单位应为 {'、'.join(Unit)} 之一。"
        elif distance is not None and not 0 <= distance <= LONGEST_DISTANCE[Unit(unit)]:
            yield f"{name}应在 0 到 {LONGEST_DISTANCE[Unit(unit)]} {unit}之间。"
    earliest, latest = fields.renewal_earliest, fields.renewal_latest
    if earliest is not None and (latest is None or earliest <= latest):
        yield "最早申请要比最迟申请离期满更远，例如：最早 90 日、最迟 30 日。"
    if fields.also_latest is not None and latest is None:
        yield "有第二条最迟申请的，第一条也要填写。"
    if bool(fields.also_unit) != (fields.also_latest is not None):
        yield "第二条最迟申请和它的单位要同时填写，或者同时留空。"
    if bool(fields.companion_unit) != (fields.companion_latest is not None):
        yield "第二个日期的最迟申请和它的单位要同时填写，或者同时留空。"
    if fields.companion_latest is not None and not has_companion:
        yield "这类证照没有第二个日期，请留空。"
