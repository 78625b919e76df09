"""Drafts, published articles and mass sends of the account, with the platform's rules."""

import re
import secrets
import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from sandbox.callbacks import Courier
from sandbox.faults import Faults
from sandbox.log import SHOWN, Entry, Log
from sandbox.template_messages import Refused

PUBLISH_S = 0.15  # the platform looks the article through
MASS_S = 0.15
MASS_PER_MONTH = 4
TITLE, AUTHOR, DIGEST, CONTENT, SOURCE = 32, 16, 128, 20_000, 1_024
TAGS = frozenset(
    {"p", "br", "strong", "em", "section", "span", "table", "tbody", "thead", "tr", "td", "th", "img",
     "h1", "h2", "h3", "h4", "ul", "ol", "li", "blockquote"}
)  # fmt: skip
PUBLISHING, PUBLISHED, FAILED, DELETED = 1, 0, 3, 5
ADMIN = "o-account-administrator"


@dataclass
class Job:
    """One freepublish or mass send; `status` as freepublish/get tells it, or the words of mass/get."""

    number: str
    media_id: str
    status: Any
    article_id: str = ""


@dataclass
class AccountArticles:
    log: Log
    faults: Faults
    courier: Courier
    url: str = ""
    materials: dict[str, Entry] = field(default_factory=dict)  # media_id -> name, url
    drafts: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    jobs: dict[str, Job] = field(default_factory=dict)
    articles: dict[str, dict[str, Any]] = field(default_factory=dict)  # article_id -> what is public
    mass: dict[str, Job] = field(default_factory=dict)  # msg_id -> Job
    mass_ids: dict[str, str] = field(default_factory=dict)  # clientmsgid -> msg_id
    counts: Counter[str] = field(default_factory=Counter)

    def read(self, entry: Entry) -> None:
        kind, value = entry["kind"], entry.get("value")
        if kind == "material":
            self.materials[entry["media_id"]] = entry
        elif kind == "draft":
            self.drafts[entry["media_id"]] = value or []
        elif kind == "draft_gone":
            self.drafts.pop(entry["media_id"], None)
        elif kind == "publish_job":
            self.jobs[entry["number"]] = Job(
                entry["number"], entry["media_id"], entry["status"], entry["article_id"]
            )
        elif kind == "account_article":
            self.articles[entry["article_id"]] = dict(entry["value"])
        elif kind == "mass_job":
            self.mass[entry["number"]] = Job(
                entry["number"], entry["media_id"], entry["status"], entry["article_id"]
            )
            self.mass_ids[entry["client_msg_id"]] = entry["number"]

    # --- drafts ---

    def add_draft(self, articles: Any) -> str:
        if not isinstance(articles, list) or not 1 <= len(articles) <= 8:
            raise Refused(45008, "article size out of limit")
        for one in articles:
            self._check(one)
        with self.log.lock:
            media_id = f"draft-{secrets.token_urlsafe(24)}"
            self.log.append("draft", media_id=media_id, value=[dict(one) for one in articles])
        self.counts["drafts_added"] += 1
        return media_id

    def _check(self, one: Mapping[str, Any]) -> None:
        content = str(one.get("content") or "")
        if not 1 <= len(str(one.get("title") or "")) <= TITLE:
            raise Refused(45003, "title size out of limit")
        if len(str(one.get("author") or "")) > AUTHOR:
            raise Refused(45110, "author size out of limit")
        if len(str(one.get("digest") or "")) > DIGEST:
            raise Refused(45004, "description size out of limit")
        if not content or len(content) >= CONTENT or len(content.encode()) >= 2**20:
            raise Refused(45002, "content size out of limit")
        if len(str(one.get("content_source_url") or "").encode()) > SOURCE:
            raise Refused(45005, "url size out of limit")
        if one.get("thumb_media_id") not in self.materials:
            raise Refused(40007, "invalid media_id")
        if "\\u" in content:
            raise Refused(45166, "invalid content")
        self._check_content(content)

    def _check_content(self, content: str) -> None:
        reader = _Tags()
        reader.feed(content)
        if reader.tags - TAGS or reader.others:
            raise Refused(45166, "invalid content")
        known = {entry["url"] for entry in self.materials.values()}
        if any(source not in known for source in reader.images):
            raise Refused(45166, "invalid content")  # the platform would filter the picture out

    # --- publishing ---

    def submit(self, media_id: str) -> str:
        if media_id not in self.drafts:
            raise Refused(40007, "invalid media_id")
        number = str(2_247_483_650 + len(self.jobs))
        self._note_job("publish_job", number, media_id, PUBLISHING, "")
        threading.Timer(PUBLISH_S, self._publish, (number,)).start()
        return number

    def _publish(self, number: str) -> None:
        with self.log.lock:
            job = self.jobs[number]
            articles = self.drafts.get(job.media_id)
            refused = self.faults.strike("publish:result", frozenset({"status"}))
            if articles is None or refused:
                status = int(refused.value) if refused else FAILED
                self._note_job("publish_job", number, job.media_id, status, "")
                article_id = ""
            else:
                status, article_id = PUBLISHED, self._bring_out(job.media_id, articles, "free")
                self._note_job("publish_job", number, job.media_id, PUBLISHED, article_id)
        self.courier.later(ADMIN, _publish_event(number, status, article_id, self.address(article_id)))

    def _bring_out(self, media_id: str, articles: list[dict[str, Any]], how: str) -> str:
        article_id = f"article-{secrets.token_urlsafe(18)}"
        value = {"news_item": articles, "how": how, "live": True}
        self.log.append("account_article", article_id=article_id, value=value)
        source = str(articles[0].get("content_source_url") or "")
        self.log.append(
            SHOWN,
            channel="mass_article" if how == "mass" else "account_article",
            client_msg_id=source,
            msgid=article_id,
            content={"title": articles[0]["title"]},
        )
        self.log.append("draft_gone", media_id=media_id)
        return article_id

    def delete(self, article_id: str) -> None:
        with self.log.lock:
            known = self.articles.get(article_id)
            if known is None or not known["live"]:
                raise Refused(53600, "article_id invalid")
            self.log.append("account_article", article_id=article_id, value={**known, "live": False})

    def address(self, article_id: str) -> str:
        return f"{self.url}/articles/{article_id}" if article_id else ""

    # --- mass send ---

    def send_all(self, media_id: str, client_msg_id: str) -> str:
        """Raises Refused(45065) for a clientmsgid that was used; its text is the msg_id of then."""
        if len(client_msg_id.encode()) > 32:
            raise Refused(45067, "clientmsgid size out of limit")
        with self.log.lock:
            if client_msg_id in self.mass_ids:
                raise Refused(45065, self.mass_ids[client_msg_id])
            if media_id not in self.drafts:
                raise Refused(40007, "invalid media_id")
            if len(self.mass) >= MASS_PER_MONTH:
                raise Refused(45028, "has no masssend quota")
            number = str(1_000_000_000 + len(self.mass))
            self._note_job("mass_job", number, media_id, "SENDING", "", client_msg_id)
        threading.Timer(MASS_S, self._mass_sent, (number, client_msg_id)).start()
        return number

    def _mass_sent(self, number: str, client_msg_id: str) -> None:
        with self.log.lock:
            job = self.mass[number]
            refused = self.faults.strike("mass:result", frozenset({"status"}))
            told = "send success"
            if refused:
                told = str(refused.value)
                self._note_job("mass_job", number, job.media_id, "SEND_FAIL", "", client_msg_id)
            else:
                article_id = self._bring_out(job.media_id, self.drafts[job.media_id], "mass")
                self._note_job("mass_job", number, job.media_id, "SEND_SUCCESS", article_id, client_msg_id)
        self.courier.later(ADMIN, _mass_event(number, told))

    def delete_mass(self, number: str) -> None:
        with self.log.lock:
            job = self.mass.get(number)
            if job is None or not job.article_id:
                raise Refused(40059, "invalid msg id")
            if self.articles[job.article_id]["live"]:
                self.delete(job.article_id)
            client_msg_id = next(key for key, value in self.mass_ids.items() if value == number)
            self._note_job("mass_job", number, job.media_id, "DELETE", job.article_id, client_msg_id)

    def _note_job(
        self, kind: str, number: str, media_id: str, status: Any, article_id: str, client_msg_id: str = ""
    ) -> None:
        self.log.append(
            kind,
            number=number,
            media_id=media_id,
            status=status,
            article_id=article_id,
            client_msg_id=client_msg_id,
        )


class _Tags(HTMLParser):
    """Tags, pictures, and whether anything is there that the platform strips."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.images: list[str] = []
        self.others = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        told = {name: value or "" for name, value in attrs}
        if tag == "img":
            self.images.append(told.get("src", ""))
        self.others |= any(re.match(r"on|srcdoc", name) for name in told)


def _publish_event(number: str, status: int, article_id: str, address: str) -> dict[str, Any]:
    told: dict[str, Any] = {"publish_id": number, "publish_status": status}
    if article_id:
        told["article_id"] = article_id
        told["article_detail"] = {"count": 1, "item": {"idx": 1, "article_url": address}}
    return {"MsgType": "event", "Event": "PUBLISHJOBFINISH", "PublishEventInfo": told}


def _mass_event(number: str, status: str) -> dict[str, Any]:
    counts = {"TotalCount": 100, "FilterCount": 80, "SentCount": 75, "ErrorCount": 5}
    return {
        "MsgType": "event",
        "Event": "MASSSENDJOBFINISH",
        "MsgID": int(number),
        "Status": status,
        **counts,
    }
