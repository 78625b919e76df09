"""Reads config/sms_templates.toml, refusing at start what cannot be sent."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from config import settings
from reminders.rules import sms_text
from reminders.rules.delivery_rules import MessageKind
from reminders.rules.wordings import TEXT, TemplateKind, Wording

PLACE = settings.DATA / "sms_templates.toml"
WORDING_OF = {
    MessageKind.CODE: TemplateKind.SMS_CODE,
    MessageKind.SINGLE: TemplateKind.SMS_SINGLE,
    MessageKind.DIGEST: TemplateKind.SMS_DIGEST,
    MessageKind.CORRECTION: TemplateKind.SMS_CORRECTION,
    MessageKind.VISIT: TemplateKind.SMS_VISIT,
}
ALLOWED = {
    MessageKind.CODE: {"code"},
    MessageKind.SINGLE: {"subject", "expires_on", "advice", "service_phone", "check_code"},
    MessageKind.DIGEST: {"subject", "expires_on", "advice", "service_phone", "check_code"},
    MessageKind.CORRECTION: {
        *("subject", "holder_name", "correction", "right_date", "told_on", "service_phone", "check_code")
    },
    MessageKind.VISIT: {"subject", "visit_on", "visit_time", "counter", "service_phone", "check_code"},
}
# A correction then takes the next channel; of a visit nobody is told by SMS.
MAY_BE_LEFT_OUT = frozenset({MessageKind.CORRECTION, MessageKind.VISIT})


def load(place: Path = PLACE) -> dict[MessageKind, Wording]:
    """Raises SettingsError that names the file, the template and what is wrong."""
    try:
        content = tomllib.loads(place.read_text(encoding="utf-8"))
        wanted = [kind for kind in ALLOWED if kind in content or kind not in MAY_BE_LEFT_OUT]
        return {kind: _template(kind, content) for kind in wanted}
    except (OSError, tomllib.TOMLDecodeError, ValueError) as error:
        raise settings.SettingsError(f"{place.name} is not usable: {error}") from None


def _template(kind: MessageKind, content: Mapping[str, Any]) -> Wording:
    part = content.get(kind)
    if not isinstance(part, dict) or not part.get("template_id") or not part.get("text"):
        raise ValueError(f"[{kind}] needs a template_id and a text")
    text, params = str(part["text"]), tuple(map(str, part.get("params", ())))
    used = sms_text.placeholders(text)
    unknown = sorted({*used, *params} - ALLOWED[kind])
    if unknown:
        raise ValueError(f"[{kind}] does not know {', '.join(unknown)}: {', '.join(sorted(ALLOWED[kind]))}")
    if sorted(set(used)) != sorted(params):
        raise ValueError(f"[{kind}] params must name each placeholder of the text once")
    if kind is not MessageKind.CODE and "check_code" not in used:
        raise ValueError(f"[{kind}] lacks {{check_code}}, which tells our messages from a swindler's")
    if "http" in text or "www." in text:
        raise ValueError(f"[{kind}] has a link; a reminder by SMS carries none")
    return Wording(WORDING_OF[kind], {TEXT: text}, str(part["template_id"]), params=params)
