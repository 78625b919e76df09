"""What every outlet adapter must keep, whatever happens to calls, answers and the process that makes them.

An adapter comes with a `Bench`: the gateway over a wire that can be cut, and a look at what the public sees.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from jobs.gateways.outlets import Lost, OutletGateway, StillWorking
from jobs.gateways.transport import Answer, Transport
from reminders.errors import GatewayError
from reminders.rules.article import Article, Attachment, IndexLine

NOW = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)
MOST_TRIES = 40
MOST_CALLS = 40  # more calls than any adapter needs for one publication


class Killed(BaseException):
    """The process is gone at this point."""


@dataclass
class Wire:
    """Counts what goes out; `plan` says what happens to the n-th: lost before or after, or doubled."""

    calls: int = 0
    plan: dict[int, str] = field(default_factory=dict)

    def act(self, do: Callable[[], Any]) -> Any:
        mood = self.plan.get(self.calls, "")
        self.calls += 1
        if mood == "before":
            raise GatewayError("lost", permanent=False)
        answer = do()
        if mood == "after":
            raise GatewayError("lost", permanent=False)
        if mood == "twice":
            do()
        return answer

    def spoil(self, number: int, mood: str) -> None:
        self.calls, self.plan = 0, {number: mood}

    def heal(self) -> int:
        """How many calls went out since the last `spoil`."""
        self.plan = {}
        return self.calls


class WiredTransport(Transport):
    def __init__(self, wire: Wire) -> None:
        super().__init__(2, connect_s=2, read_s=5)
        self._wire = wire

    def request(self, *args: Any, **named: Any) -> Answer:
        found: Answer = self._wire.act(lambda: Transport.request(self, *args, **named))
        return found


class WiredStore:
    """Cuts the wire of a store that has no HTTP."""

    def __init__(self, store: Any, wire: Wire) -> None:
        self._store = store
        self._wire = wire

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._store, name)
        if name not in ("put", "get", "remove"):
            return found
        return lambda *args: self._wire.act(lambda: found(*args))


@dataclass
class KeptSteps:
    """The row of the database: what was kept survives; at `dies_at` or `lost_at` the holder ends."""

    kept: dict[str, str] = field(default_factory=dict)
    dies_at: int = 0
    lost_at: int = 0
    count: int = 0

    def get(self, name: str) -> str:
        return self.kept.get(name, "")

    def keep(self, **values: str) -> None:
        self.count += 1
        if self.count == self.lost_at:
            raise Lost
        self.kept.update(values)
        if self.count == self.dies_at:
            raise Killed


@dataclass
class Bench:
    """`shown` says how many copies of an article the public sees; `spoil` changes the page unseen."""

    gateway: OutletGateway
    wire: Wire
    shown: Callable[[str], int]
    spoil: Callable[[str], None]
    live: list[IndexLine] = field(default_factory=list)

    def carry(self, article: Article, steps: KeptSteps, *, is_live: bool = True) -> str:
        """As the job does: again after every failure that is not for good; the proof of the end."""
        others = [line for line in self.live if line.external_id != article.external_id]
        for _ in range(MOST_TRIES):
            try:
                if is_live:
                    self.gateway.publish(article, others, steps)
                else:
                    self.gateway.withdraw(article, others, steps)
                return self.gateway.prove(article, steps, is_live=is_live)
            except GatewayError as error:
                assert not error.permanent, error.reason
            except StillWorking as pause:
                time.sleep(min(pause.after_s, 0.05))
        raise AssertionError("never done")

    def stands(self, article: Article) -> None:
        self.live.append(IndexLine(article.external_id, article.title, article.published_at, "科室", "证照"))


def article(number: int, version: int = 1, *, text: str = "请尽早办理。") -> Article:
    file = Attachment("示例名单.csv", "text/csv", b"a,b\r\n1,2\r\n", "0" * 64)
    return Article(
        notice_id=number,
        external_id=f"notice-{number}-v{version}",
        title=f"第 {number} 篇换证温馨提示",
        summary=text,
        html=f"<p>{text}</p>",
        digest=f"{number:032d}{version:032d}",
        published_at=NOW + timedelta(minutes=number),
        department="示例科室",
        license_name="示例许可证",
        body_html=f"<p>{text}</p>",
        attachments=(file,),
    )


class OutletContract:
    """Inherit, and give a `bench` fixture."""

    def test_published_article_is_seen_once_and_proved(self, bench: Bench) -> None:
        assert bench.carry(article(1), KeptSteps())
        assert bench.shown("notice-1-v1") == 1

    def test_publishing_again_changes_nothing(self, bench: Bench) -> None:
        steps = KeptSteps()
        for _ in range(3):
            bench.carry(article(2), steps)
        assert bench.shown("notice-2-v1") == 1

    def test_process_that_forgot_everything_makes_no_second_one(self, bench: Bench) -> None:
        """As after a restored backup: the memory of the row is older than the world."""
        bench.carry(article(3), KeptSteps())
        bench.carry(article(3), KeptSteps(kept={"tried": "1"}))
        assert bench.shown("notice-3-v1") == 1

    def test_new_version_takes_the_place_of_the_old(self, bench: Bench) -> None:
        old, new = article(4), article(4, 2, text="名单已更正。")
        steps = KeptSteps()
        bench.carry(old, steps)
        bench.carry(new, KeptSteps())
        bench.stands(new)
        bench.carry(old, steps, is_live=False)
        assert (bench.shown("notice-4-v1"), bench.shown("notice-4-v2")) == (0, 1)

    @pytest.mark.parametrize("mood", ["before", "after", "twice"])
    def test_any_one_call_may_be_lost_or_doubled(self, bench: Bench, mood: str) -> None:
        for number in range(MOST_CALLS):
            steps, told = KeptSteps(), article(100 + number)
            bench.wire.spoil(number, mood)
            bench.carry(told, steps)
            published = bench.wire.heal()
            assert bench.shown(told.external_id) == 1, f"call {number} {mood}"
            bench.wire.spoil(number, mood)
            bench.carry(told, steps, is_live=False)
            withdrawn = bench.wire.heal()
            assert bench.shown(told.external_id) == 0, f"call {number} {mood}"
            if number >= max(published, withdrawn):
                return
        raise AssertionError("more calls than the contract looks at")

    def test_process_may_die_after_anything_it_remembered(self, bench: Bench) -> None:
        for number in range(1, MOST_CALLS):
            steps, told = KeptSteps(dies_at=number), article(200 + number)
            try:
                bench.carry(told, steps)
            except Killed:
                bench.carry(told, KeptSteps(kept=steps.kept))
            assert bench.shown(told.external_id) == 1, f"step {number}"
            if steps.count < number:
                return
        raise AssertionError("more steps than the contract looks at")

    def test_holder_that_lost_the_row_touches_nothing_more(self, bench: Bench) -> None:
        """A late answer: another process did it all and took it back meanwhile."""
        for number in range(1, MOST_CALLS):
            late, told = KeptSteps(lost_at=number), article(300 + number)
            try:
                bench.carry(told, late)
            except Lost:
                steps = KeptSteps(kept=dict(late.kept))
                bench.carry(told, steps)
                assert bench.shown(told.external_id) == 1, f"step {number}"
                bench.carry(told, steps, is_live=False)
                with pytest.raises(Lost):
                    late.count = 0
                    late.lost_at = 1
                    bench.carry(told, late)
                assert bench.shown(told.external_id) == 0, f"step {number}"
            if late.count < number:
                return
        raise AssertionError("more steps than the contract looks at")

    def test_withdrawn_article_is_gone_and_stays_gone(self, bench: Bench) -> None:
        steps = KeptSteps()
        bench.carry(article(5), steps)
        for _ in range(2):
            assert bench.carry(article(5), steps, is_live=False)
            assert bench.shown("notice-5-v1") == 0

    def test_withdrawing_what_never_arrived_is_no_failure(self, bench: Bench) -> None:
        bench.carry(article(6), KeptSteps(), is_live=False)
        assert bench.shown("notice-6-v1") == 0

    def test_others_stay_when_one_goes(self, bench: Bench) -> None:
        first, second = article(7), article(8)
        bench.carry(first, KeptSteps())
        bench.stands(first)
        steps = KeptSteps()
        bench.carry(second, steps)
        assert (bench.shown("notice-7-v1"), bench.shown("notice-8-v1")) == (1, 1)
        bench.carry(second, steps, is_live=False)
        assert (bench.shown("notice-7-v1"), bench.shown("notice-8-v1")) == (1, 0)

    def test_changed_page_is_no_proof(self, bench: Bench) -> None:
        steps = KeptSteps()
        bench.carry(article(9), steps)
        bench.spoil("notice-9-v1")
        with pytest.raises(GatewayError) as refused:
            bench.gateway.prove(article(9), steps, is_live=True)
        assert not refused.value.permanent

    def test_page_that_stands_is_no_proof_of_its_end(self, bench: Bench) -> None:
        steps = KeptSteps()
        bench.carry(article(10), steps)
        with pytest.raises(GatewayError):
            bench.gateway.prove(article(10), steps, is_live=False)

    def test_doctor_is_answered(self, bench: Bench) -> None:
        assert bench.gateway.check()


def copies(index: str, pages: Sequence[str], external_id: str) -> int:
    """Of an outlet that keeps files: links in the index, if the page is there at all."""
    links = index.count(f'href="notices/{external_id}/index.html"')
    assert bool(links) == (external_id in pages), "index and pages disagree"
    return links
