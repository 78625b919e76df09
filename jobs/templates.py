"""Reads config/wechat_templates.toml, refusing at start what cannot work, and fills its templates."""

import tomllib
from collections.abc import Callable, Mapping
from datetime import date, time
from pathlib import Path
from typing import Any, TypeVar

from config import settings
from reminders.rules import correction_text, tidings
from reminders.rules.correction_text import WrongLine
from reminders.rules.delivery_rules import MessageKind
from reminders.rules.lifecycle import HolderKind
from reminders.rules.template_fields import PRESET, FieldFault, Value, kind_of
from reminders.rules.tidings import News, VisitLine
from reminders.rules.wording import VALUE_NAMES, Line, values
from reminders.rules.wordings import TemplateKind, Wording

PLACE = settings.DATA / "wechat_templates.toml"
KINDS = (MessageKind.SINGLE, MessageKind.DIGEST)
# May be left out: a correction and a visit then take the next channel, news wait for the next contact.
OPTIONAL = (MessageKind.CORRECTION, MessageKind.NEWS, MessageKind.VISIT)
NOTICE = "subscription"
LINES = {MessageKind.SINGLE: (1,), MessageKind.DIGEST: (2,), NOTICE: (1, 2)}  # so many it may say
WORDING_OF = {
    MessageKind.SINGLE: TemplateKind.WECHAT_SINGLE,
    MessageKind.DIGEST: TemplateKind.WECHAT_DIGEST,
    MessageKind.CORRECTION: TemplateKind.WECHAT_CORRECTION,
    MessageKind.NEWS: TemplateKind.WECHAT_NEWS,
    MessageKind.VISIT: TemplateKind.WECHAT_VISIT,
    NOTICE: TemplateKind.SUBSCRIPTION,
}
Found = TypeVar("Found")
_DAY = date(2027, 1, 20)
_CHECK_CODE = "7K3M2-QXP9T"
_WRONG = WrongLine(
    license_id=1,
    license_name="示例许可证",
    holder_name="示例一号药房有限公司",
    holder_kind=HolderKind.COMPANY,
    date_name="期满日期",
    told_date=_DAY,
    right_date=_DAY.replace(year=2028),
    apply_by=_DAY,
    service_phone="0631-5000001",
    told_on=_DAY,
)
_NEWS = News(1, [("示例一号药房有限公司", HolderKind.COMPANY)], "0631-5000001", _DAY)
_VISIT = VisitLine("示例许可证", _DAY, time(9), time(10), "示例大厅 1 号窗口", "0631-5000001")
KNOWN: dict[str, tuple[str, ...]] = {
    MessageKind.CORRECTION: correction_text.VALUE_NAMES,
    MessageKind.NEWS: tidings.NEWS_NAMES,
    MessageKind.VISIT: tidings.VISIT_NAMES,
}
_TRIAL = Line(
    license_id=1,
    license_name="示例许可证",
    holder_name="示例一号药房有限公司",
    holder_kind=HolderKind.COMPANY,
    date_name="期满日期",
    expires_on=_DAY,
    opens_on=_DAY,
    apply_by=_DAY,
    service_phone="0631-5000001",
)


def load(place: Path = PLACE) -> dict[MessageKind, Wording]:
    """Raises SettingsError that names the file, the template and the field."""

    def read(content: Mapping[str, Any]) -> dict[MessageKind, Wording]:
        found = {kind: _template(kind, content) for kind in KINDS}
        return found | {kind: _template(kind, content) for kind in OPTIONAL if kind in content}

    return _read(place, read)


def load_notice(place: Path = PLACE) -> Wording | None:
    """That of the subscription notices, which say one license or several; None where there is none.

    Raises SettingsError as `load` does.
    """
    return _read(place, lambda content: _template(NOTICE, content) if NOTICE in content else None)


def _read(place: Path, read: Callable[[Mapping[str, Any]], Found]) -> Found:
    try:
        return read(tomllib.loads(place.read_text(encoding="utf-8")))
    except (OSError, tomllib.TOMLDecodeError, FieldFault) as error:
        raise settings.SettingsError(f"{place.name} is not usable: {error}") from None


def _template(kind: str, content: Mapping[str, Any]) -> Wording:
    part = content.get(kind)
    if not isinstance(part, dict) or not part.get("template_id") or not part.get("fields"):
        raise FieldFault(f"[{kind}] needs a template_id and fields")
    fields = {str(key): str(name) for key, name in part["fields"].items()}
    allowed = {str(key): tuple(map(str, words)) for key, words in part.get("allowed", {}).items()}
    known = KNOWN.get(kind, VALUE_NAMES)
    for key, name in fields.items():
        if name not in known:
            raise FieldFault(f"[{kind}] {key}: no value is called {name} ({', '.join(known)})")
        if kind_of(key) in PRESET and not allowed.get(key):
            raise FieldFault(f"[{kind}] {key}: its preset words must be listed under [{kind}.allowed]")
    parts = {key: f"{{{name}}}" for key, name in fields.items()}
    template = Wording(WORDING_OF[kind], parts, str(part["template_id"]), allowed)
    try:
        for told in _trials(kind):
            template.fields(told)
    except FieldFault as error:
        raise FieldFault(f"[{kind}] {error}") from None
    return template


def _trials(kind: str) -> list[dict[str, Value | None]]:
    if kind == MessageKind.CORRECTION:
        return [correction_text.values([_WRONG] * number, "期满日期写错了", _CHECK_CODE) for number in (1, 2)]
    if kind == MessageKind.NEWS:
        return [tidings.news_values(_NEWS, _CHECK_CODE)]
    if kind == MessageKind.VISIT:
        return [tidings.visit_values([_VISIT] * number, _CHECK_CODE) for number in (1, 2)]
    return [values([_TRIAL] * number, _DAY, _CHECK_CODE) for number in LINES[kind]]
