"""How the government service site names things: config/government_site.toml, checked when read."""

import base64
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from config.settings import DATA, SettingsError
from jobs.gateways.outlets import Masthead
from reminders import clock
from reminders.rules.article import Article

FILE = DATA / "government_site.toml"
VALUES = frozenset(
    {"external_id", "title", "summary", "html", "published_at", "published_ms", "digest", "source",
     "department", "license_name", "url", "attachments"}
)  # fmt: skip
NEEDED = frozenset({"title", "html"})
PLACE = "{external_id}"


@dataclass(frozen=True)
class FieldMapping:
    """`fields` maps the site's name to one of our values; dots in a name make nested objects."""

    path: str
    fields: Mapping[str, str]
    constants: Mapping[str, object]
    answer_digest: str
    answer_live: str
    live_values: frozenset[str]
    answer_url: str
    timestamp_header: str
    signature_header: str

    def body(self, article: Article, masthead: Masthead) -> dict[str, Any]:
        ours = _values(article, masthead)
        made: dict[str, Any] = {}
        for name, value in self.constants.items():
            _put(made, name, value)
        for name, value in self.fields.items():
            _put(made, name, ours[value])
        return made

    def digest(self, answer: Mapping[str, Any]) -> str:
        return str(_get(answer, self.answer_digest) or "")

    def is_live(self, answer: Mapping[str, Any]) -> bool:
        return str(_get(answer, self.answer_live)).lower() in self.live_values

    def url(self, answer: Mapping[str, Any]) -> object:
        return _get(answer, self.answer_url)


def load(path: Path = FILE) -> FieldMapping:
    """Raises SettingsError naming what is missing or not known."""
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
        mapping = FieldMapping(
            path=told["article"]["path"],
            fields=told["fields"],
            constants=told.get("constants", {}),
            answer_digest=told["answer"]["digest"],
            answer_live=told["answer"]["live"],
            live_values=frozenset(str(word).lower() for word in told["answer"]["live_values"]),
            answer_url=told["answer"].get("url", ""),
            timestamp_header=told["headers"]["timestamp"],
            signature_header=told["headers"]["signature"],
        )
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{path.name} cannot be read: {error}") from None
    except (KeyError, TypeError, AttributeError) as error:
        raise SettingsError(f"{path.name} lacks {error}") from None
    _check(mapping, path.name)
    return mapping


def _check(mapping: FieldMapping, name: str) -> None:
    unknown = sorted(set(mapping.fields.values()) - VALUES)
    if unknown:
        raise SettingsError(f"{name}: [fields] names values nobody knows: {', '.join(unknown)}")
    missing = sorted(NEEDED - set(mapping.fields.values()))
    if missing:
        raise SettingsError(f"{name}: [fields] lacks {', '.join(missing)}")
    if PLACE not in mapping.path or not mapping.path.startswith("/"):
        raise SettingsError(f"{name}: path must start with / and hold {PLACE}")


def _values(article: Article, masthead: Masthead) -> dict[str, object]:
    at = article.published_at.astimezone(clock.SHANGHAI)
    return {
        "external_id": article.external_id,
        "title": article.title,
        "summary": article.summary,
        "html": article.html,
        "published_at": at.isoformat(timespec="seconds"),
        "published_ms": int(at.timestamp() * 1000),
        "digest": article.digest,
        "source": masthead.organizer,
        "department": article.department,
        "license_name": article.license_name,
        "url": masthead.permalink(article),
        "attachments": [
            {
                "name": one.name,
                "type": one.media_type,
                "size": one.size,
                "sha256": one.digest,
                "content": base64.b64encode(one.content).decode(),
            }
            for one in article.attachments
        ],
    }


def _put(target: dict[str, Any], name: str, value: object) -> None:
    *above, last = name.split(".")
    for part in above:
        target = target.setdefault(part, {})
    target[last] = value


def _get(source: Any, name: str) -> Any:
    for part in name.split("."):
        source = source.get(part) if isinstance(source, Mapping) else None
    return source
