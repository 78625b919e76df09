"""Logs as JSON lines without personal data or secrets."""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

# Query parameters that carry secrets in WeChat and SMS addresses, and things that look like a phone or an ID.
SECRET_PARAMETERS = re.compile(
    r"(?i)\b(access_token|secret|appsecret|signature|code|refresh_token|api_key|phone)=[^&\s\"']+"
)
LONG_DIGITS = re.compile(r"(?<![A-Za-z0-9_.])(1\d{10}|\d{17}[\dXx])(?![A-Za-z0-9_]|\.\d)")


def scrub(text: str) -> str:
    """The text with secrets and things that look like a phone or an ID number blanked out."""
    return LONG_DIGITS.sub("[hidden]", SECRET_PARAMETERS.sub(r"\1=[hidden]", text))


def set_up(level: str) -> None:
    """One JSON object a line on standard error; also for libraries that use `logging`."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _scrub_event,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _scrub_event,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for noisy in ("urllib3", "wechatpy", "rq.worker", "alembic"):
        logging.getLogger(noisy).setLevel(max(logging.WARNING, root.level))


def _scrub_event(_logger: object, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for key, value in event.items():
        if isinstance(value, str):
            event[key] = scrub(value)
    return event
