"""All that the sandbox knows, built once per process from its settings and its log."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

from flask import current_app, request

from sandbox.account_articles import AccountArticles
from sandbox.callbacks import Courier
from sandbox.customer_messages import CustomerMessages
from sandbox.faults import Faults
from sandbox.log import Entry, Log
from sandbox.people import People
from sandbox.settings import Settings
from sandbox.subscription_notices import SubscriptionNotices
from sandbox.template_messages import TemplateMessages
from sandbox.tokens import Tokens

KEPT = frozenset({"menu", "hints", "jsapi_ticket"})  # the latest of each counts


@dataclass
class World:
    settings: Settings
    log: Log
    faults: Faults
    people: People
    tokens: Tokens
    courier: Courier
    templates: TemplateMessages
    notices: SubscriptionNotices
    texts: CustomerMessages
    account: AccountArticles
    latest: dict[str, Any] = field(default_factory=dict)
    chats: dict[str, list[Entry]] = field(default_factory=dict)
    opened: dict[str, list[str]] = field(default_factory=dict)  # pages each person opened
    sms: list[Entry] = field(default_factory=list)
    articles: dict[str, Entry] = field(default_factory=dict)
    tickets: dict[str, Entry] = field(default_factory=dict)
    decisions: dict[str, Entry] = field(default_factory=dict)
    licenses: list[dict[str, Any]] = field(default_factory=list)  # every change, oldest first
    prompts: dict[str, Entry] = field(default_factory=dict)
    codes: dict[str, dict[str, Any]] = field(default_factory=dict)  # OAuth codes, gone with the process
    counts: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def read(self, entry: Entry) -> None:
        kind = entry["kind"]
        if entry.get("openid") and kind in ("shown", "did", "follow", "unfollow"):
            self.chats.setdefault(entry["openid"], []).append(entry)
        if kind == "shown" and entry["channel"] in ("sms", "voice"):
            self.sms.append(entry)
        elif kind in KEPT:
            self.latest[kind] = entry["value"]
        elif kind == "article":
            self.articles[entry["external_id"]] = entry
        elif kind == "opened":
            self.opened.setdefault(entry["openid"], []).append(entry["url"])
        elif kind == "ticket":
            self.tickets[entry["ticket"]] = entry
        elif kind == "decision":
            self.decisions[entry["decision_no"]] = entry
        elif kind == "prompt":
            self.prompts[entry["prompt_id"]] = entry
        elif kind == "license":
            self.licenses.append(entry["value"])

    def url(self) -> str:
        return self.settings.url or request.host_url.rstrip("/")


def build(settings: Settings, now: Callable[[], float] = time.time) -> World:
    log = Log(settings.folder / "log.jsonl", now)
    faults = Faults()
    courier = Courier(settings, faults)
    people = People(log)
    templates = TemplateMessages(log, people, faults, courier)
    notices = SubscriptionNotices(log, people, faults, courier)
    texts = CustomerMessages(log, people, faults)
    account = AccountArticles(log, faults, courier, settings.url)
    world = World(settings, log, faults, people, Tokens(log), courier, templates, notices, texts, account)
    log.add_reader(account.read)
    log.add_reader(world.read)
    log.replay()
    people.ensure_somebody()
    return world


def world() -> World:
    """The world of the application that serves this request."""
    return cast(World, current_app.extensions["sandbox"])
