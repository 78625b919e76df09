"""What the steps of the check share: who plays, what was seen so far, and how to wait for a thing."""

import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import requests

from sandbox.check_browser import Browser, Page
from sandbox.demo import Account, Started
from sandbox.sample_ledger import Row

DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
WECHAT = "Mozilla/5.0 (Linux; Android 14) MicroMessenger/8.0.50"
T = TypeVar("T")


class Unexpected(Exception):
    """What came was not what had to come; the text says both."""


@dataclass
class Holder:
    """A person of the sandbox, played through its test driver's side."""

    base: str
    openid: str
    row: Row
    seen: list[str] = field(default_factory=list)  # every text the bot answered
    browser: Browser = field(default_factory=lambda: Browser(agent=WECHAT))

    def act(self, action: str, **given: str) -> str:
        """Does it on the phone; the text answered. Raises Unexpected on the platform's error line."""
        answer = post(f"{self.base}/sandbox/people/{self.openid}/{action}", given)
        if answer["outcome"] not in ("reply", "silent"):
            raise Unexpected(f"{action} {given}: {answer['outcome']} ({answer['reason']})")
        self.seen.append(answer["text"])
        return str(answer["text"])

    def say(self, content: str) -> str:
        return self.act("text", content=content)

    def open(self, url: str) -> Page:
        """Opens a page in WeChat's browser, as this person."""
        return self.browser.get(_with_query(f"{self.base}/sandbox/people/{self.openid}/open", url=url))

    def messages(self, channel: str = "template") -> list[dict[str, Any]]:
        return [one for one in shown(self.base) if one["channel"] == channel and one["openid"] == self.openid]

    def codes(self) -> list[str]:
        texts = [one["content"] for one in shown(self.base)
                 if one["channel"] == "sms" and one["phone"] == self.row.phone]  # fmt: skip
        return [code for text in texts for code in re.findall(r"(?<!\d)\d{6}(?!\d)", text)]


@dataclass
class Trip:
    """One journey through a fresh demo."""

    started: Started
    holders: dict[str, Holder] = field(default_factory=dict)  # by license number
    apply_by: str = ""  # of the first holder's license, as the reminder said it
    reminder_url: str = ""
    notice_url: str = ""  # where the public reads it
    staff_notice_url: str = ""  # where the staff work on it
    notice_title: str = ""
    hitches: list[str] = field(default_factory=list)  # failures of outlets that were tried again
    officer: Browser = field(default_factory=Browser)
    lead: Browser = field(default_factory=Browser)
    public: Browser = field(default_factory=Browser)

    def holder(self, position: int) -> Holder:
        """The person of this hero of the sample; the same one every time."""
        row, _note = self.started.sample.heroes[position]
        if row.license_no not in self.holders:
            base = self.started.place.sandbox_url
            people = requests.get(f"{base}/sandbox/people", timeout=10).json()
            openid = next(person["openid"] for person in people if person["phone"] == row.phone)
            self.holders[row.license_no] = Holder(base, openid, row)
        return self.holders[row.license_no]

    def account(self, login: str) -> Account:
        return next(one for one in self.started.accounts if one.login == login)

    def reminders(self, *command: str) -> str:
        """What `reminders …` printed."""
        return self.started.running.run(*command)


def shown(base: str) -> list[dict[str, Any]]:
    """The sandbox's own record of what people really saw."""
    lines = requests.get(f"{base}/sandbox/shown", timeout=10).content.decode().splitlines()
    return [json.loads(line) for line in lines]


def post(address: str, given: object) -> dict[str, Any]:
    answer = requests.post(address, json=given, timeout=30)
    if answer.status_code != 200:
        raise Unexpected(f"{address}: {answer.status_code} {answer.text[:300]}")
    return dict(answer.json())


def expect(text: str, *wanted: str) -> None:
    """Every wanted piece stands in the text. Raises Unexpected with both."""
    missing = [piece for piece in wanted if piece not in text]
    if missing:
        raise Unexpected(f"expected {missing} in:\n{text[:1200]}")


def expect_not(text: str, *unwanted: str) -> None:
    found = [piece for piece in unwanted if piece in text]
    if found:
        raise Unexpected(f"did not expect {found} in:\n{text[:1200]}")


def until(
    what: str, look: Callable[[], T], within_s: float = 30, trouble: Callable[[], str] = lambda: ""
) -> T:
    """The first thing `look` finds. Raises Unexpected when it finds nothing in time.

    A long wait shall hide no fault: it ends as soon as `trouble` has something to say.
    """
    deadline = time.monotonic() + within_s
    while True:
        found = look()
        if found:
            return found
        if told := trouble():
            raise Unexpected(f"{what} will not come: {told}")
        if time.monotonic() > deadline:
            raise Unexpected(f"{what} did not come within {within_s:.0f} s")
        time.sleep(0.2)


def _with_query(address: str, **query: str) -> str:
    return requests.Request("GET", address, params=query).prepare().url or address
