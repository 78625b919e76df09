"""One approved notice as every outlet receives it, and the shorter words that narrow outlets need."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from reminders.rules.notice_text import PublicRow

ACCOUNT_TITLE = 32  # characters the official account shows
ACCOUNT_SUMMARY = 120
_BRACKETS = re.compile(r"（[^（）]*）|\([^()]*\)")
_MARKS = re.compile(r"(?m)^\s*(?:#{1,6}|[-*+]|\d+\.|>)\s+|[*_`]+")
_LINKS = re.compile(r"\[([^\]]*)\]\([^)]*\)")


@dataclass(frozen=True)
class Attachment:
    """A file of a notice. `digest` is the SHA-256 of the content."""

    name: str
    media_type: str
    content: bytes
    digest: str

    @property
    def size(self) -> int:
        return len(self.content)


@dataclass(frozen=True)
class IndexLine:
    """Another notice of the same outlet, as its index and its feed name it."""

    external_id: str
    title: str
    published_at: datetime
    department: str
    license_name: str


@dataclass(frozen=True)
class Article:
    """What an outlet shows. `digest` tells later whether this very notice is live; `html` has no title."""

    notice_id: int
    external_id: str
    title: str
    summary: str
    html: str
    digest: str
    published_at: datetime
    department: str = ""
    license_name: str = ""
    body_html: str = ""
    rows: Sequence[PublicRow] = ()
    attachments: tuple[Attachment, ...] = ()


def external_id(notice_id: int, version: int) -> str:
    """The name under which outlets keep the notice: the same for every try, another for every version."""
    return f"notice-{notice_id}-v{version}"


def account_title(title: str) -> str:
    """The title in 32 characters: what stands in brackets goes first, the end only if nothing else helps."""
    shorter = title if len(title) <= ACCOUNT_TITLE else _BRACKETS.sub("", title)
    return shorter if len(shorter) <= ACCOUNT_TITLE else shorter[: ACCOUNT_TITLE - 1] + "…"


def summary(body: str) -> str:
    """The beginning of the text in one line, without marks, cut at a sentence when one ends in time."""
    plain = " ".join(_MARKS.sub("", _LINKS.sub(r"\1", body)).split())
    if len(plain) <= ACCOUNT_SUMMARY:
        return plain
    cut = plain[:ACCOUNT_SUMMARY]
    end = max(cut.rfind(sign) for sign in "。！？")
    return cut[: end + 1] if end > 0 else cut[:-1] + "…"
