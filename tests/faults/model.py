"""A small model of the way of messages to one person, searched to the last state.

`python -m tests.faults.model` tells what it finds. It knows what docs/architecture.md says of claims and
answers, leases and receipts, and nothing of the code. Time passes in steps; the spans keep the order of the
real ones (guard < lease < cut-off < window). With all rules on, no state is reachable in which a person was
shown a message twice without the mark for it, in which the database says more than the person saw, or in
which a receipt could mean two messages. With any rule off there is a shortest story of how it happens.
"""

import sys
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product
from typing import NamedTuple

GUARD, LEASE, CUTOFF, WINDOW, GRACE = 1, 2, 3, 5, 1
NEVER = WINDOW + GRACE + 2  # ages are not counted beyond this
LAST_EPOCH = 1


@dataclass(frozen=True)
class Rules:
    """What may be taken away to see what it is good for."""

    guard: bool = True  # a sender whose claim is old neither sends nor writes
    ambiguous: bool = True  # a later refusal does not undo that an earlier try may have left
    dedupe: bool = True  # the id of a repeated send is the same, so the provider knows it
    cut_off: bool = True  # nobody asks again with an id the provider may have forgotten
    fence: bool = True  # only whom the claim belongs to writes down an answer
    one_open: bool = True  # at most one unresolved message of a person


class Row(NamedTuple):
    """A message in the database; `holder` is the sender whose fence is the row's."""

    state: str = "ready"
    holder: int = -1
    age: int = 0  # of the last claim
    ambiguous: int | None = None  # its age
    epoch: int = 0


class Sender(NamedTuple):
    """A sender with a message in its hands."""

    row: int
    epoch: int
    age: int = 0
    stage: str = "claimed"  # then answered, then writing
    answer: str = ""


class Shown(NamedTuple):
    """What the provider did for one key: how often it was shown, and how long ago it first was."""

    times: int = 0
    age: int = 0


class World(NamedTuple):
    rows: tuple[Row, ...]
    senders: tuple[Sender | None, ...] = (None, None)
    shown: tuple[tuple[Shown, ...], ...] = ()  # by message and epoch
    receipts: tuple[int, ...] = ()  # on their way, by the message they speak of


Step = tuple[str, World]


@dataclass(frozen=True)
class Found:
    """`story` is the shortest way to a broken promise, empty when there is none."""

    states: int
    story: tuple[str, ...]


def search(rules: Rules, *, messages: int = 1, most: int = 2_000_000) -> Found:
    """Breadth first over everything that can happen. Raises RuntimeError beyond so many states."""
    first = World(
        tuple(Row() for _ in range(messages)),
        shown=tuple((Shown(),) * (LAST_EPOCH + 1) for _ in range(messages)),
    )
    came_from: dict[World, tuple[str, World | None]] = {first: ("", None)}
    waiting = deque([first])
    next_states = _two_messages if messages > 1 else _one_message
    while waiting:
        world = waiting.popleft()
        if broken(world):
            return Found(len(came_from), _story(came_from, world))
        for name, after in next_states(world, rules):
            if after not in came_from:
                came_from[after] = (name, world)
                waiting.append(after)
        if len(came_from) > most:
            raise RuntimeError(f"more than {most} states")
    return Found(len(came_from), ())


def broken(world: World) -> bool:
    for row, shown in zip(world.rows, world.shown, strict=True):
        total = sum(key.times for key in shown)
        if any(key.times > 1 for key in shown) or (total > 1 and row.epoch == 0):
            return True
        if row.state in ("accepted", "delivered") and not total:
            return True
    return sum(row.state in ("sending", "unknown") for row in world.rows) > 1


def _one_message(world: World, rules: Rules) -> Iterator[Step]:
    yield "time passes", _older(world)
    yield from _steps(world, rules)


def _two_messages(world: World, rules: Rules) -> Iterator[Step]:
    """Which message a receipt without an id belongs to plays no part in time: leases may just run out."""
    if any(row.state == "sending" and row.age <= LEASE for row in world.rows):
        rows = tuple(row._replace(age=LEASE + 1) if row.state == "sending" else row for row in world.rows)
        yield "leases run out", world._replace(rows=rows)
    yield from _steps(world, rules)


def _steps(world: World, rules: Rules) -> Iterator[Step]:
    for place, sender in enumerate(world.senders):
        if sender is None:
            yield from _claims(world, rules, place)
        else:
            yield f"sender {place} dies", _with_sender(world, place, None)
            yield from _goes_on(world, rules, place, sender)
    for number, row in enumerate(world.rows):
        if row.state == "sending" and row.age > LEASE:
            since = row.age if row.ambiguous is None else row.ambiguous
            yield (
                "reaped",
                _with_row(world, number, row._replace(state="unknown", holder=-1, ambiguous=since)),
            )
        if row.state == "unknown" and row.ambiguous is not None and row.ambiguous > WINDOW + GRACE:
            yield "given up", _with_row(world, number, _given_up(row))
    yield from _receipts(world)


def _claims(world: World, rules: Rules, place: int) -> Iterator[Step]:
    for number, row in enumerate(world.rows):
        fresh = row.state == "ready"
        asked_again = row.state == "unknown" and (not rules.cut_off or (row.ambiguous or 0) < CUTOFF)
        others = [other for n, other in enumerate(world.rows) if n != number]
        busy = any(other.state in ("sending", "unknown") for other in others)
        if (fresh or asked_again) and not (busy and rules.one_open):
            taken = _with_row(world, number, row._replace(state="sending", holder=place, age=0))
            yield f"sender {place} claims {number}", _with_sender(taken, place, Sender(number, row.epoch))


def _goes_on(world: World, rules: Rules, place: int, sender: Sender) -> Iterator[Step]:
    if rules.guard and sender.age > GUARD and sender.stage != "writing":
        yield f"sender {place} is too late and lets go", _with_sender(world, place, None)
    elif sender.stage == "claimed":
        yield from _sends(world, rules, place, sender)
    elif sender.stage == "answered":
        yield (
            f"sender {place} looks at its lease",
            _with_sender(world, place, sender._replace(stage="writing")),
        )
    else:
        yield f"sender {place} writes {sender.answer}", _written(world, rules, place, sender)


def _sends(world: World, rules: Rules, place: int, sender: Sender) -> Iterator[Step]:
    for answer in ("refused", "silence"):
        after = sender._replace(stage="answered", answer=answer)
        yield f"sender {place}: {answer}, nothing shown", _with_sender(world, place, after)
    key = world.shown[sender.row][sender.epoch]
    is_known = rules.dedupe and key.times > 0 and key.age <= WINDOW
    for answer, arrives in product(("ok", "silence"), (True, False)):
        after = _with_sender(world, place, sender._replace(stage="answered", answer=answer))
        if not is_known:
            after = _now_shown(after, sender, is_receipted=arrives)
        elif not arrives:
            continue
        yield f"sender {place}: {'known already' if is_known else 'shown'}, {answer}", after


def _now_shown(world: World, sender: Sender, *, is_receipted: bool) -> World:
    keys = list(world.shown[sender.row])
    keys[sender.epoch] = Shown(min(keys[sender.epoch].times + 1, 2), 0)
    shown = list(world.shown)
    shown[sender.row] = tuple(keys)
    receipts = tuple(sorted({*world.receipts, sender.row})) if is_receipted else world.receipts
    return world._replace(shown=tuple(shown), receipts=receipts)


def _written(world: World, rules: Rules, place: int, sender: Sender) -> World:
    row, after = world.rows[sender.row], _with_sender(world, place, None)
    if row.state != "sending" or (rules.fence and row.holder != place):
        return after
    if sender.answer == "ok":
        new = row._replace(state="accepted", holder=-1, ambiguous=None)
    elif sender.answer == "silence" or (rules.ambiguous and row.ambiguous is not None):
        since = row.age if row.ambiguous is None else row.ambiguous
        new = row._replace(state="unknown", holder=-1, ambiguous=since)
    else:
        new = row._replace(state="ready", holder=-1, ambiguous=None)
    return _with_row(after, sender.row, new)


def _given_up(row: Row) -> Row:
    if row.epoch < LAST_EPOCH:
        return Row(epoch=row.epoch + 1)
    return row._replace(state="review", ambiguous=None, age=0)


def _receipts(world: World) -> Iterator[Step]:
    """One message: the receipt has its id. Several: it has none, and means the only open one there is."""
    for told in world.receipts:
        left = world._replace(receipts=tuple(other for other in world.receipts if other != told))
        if len(world.rows) == 1:
            candidates = [0] if world.rows[0].state in ("unknown", "accepted") else []
        else:
            rivals = [
                n for n, row in enumerate(world.rows) if row.state in ("sending", "unknown", "accepted")
            ]
            is_single = len(rivals) == 1 and world.rows[rivals[0]].state != "sending"
            candidates = rivals if is_single else []
        for number in candidates:
            row = world.rows[number]
            done = row._replace(state="delivered", holder=-1, ambiguous=None, age=0)
            yield f"receipt for {told} is taken for {number}", _with_row(left, number, done)


def _older(world: World) -> World:
    rows = tuple(
        row._replace(
            age=min(row.age + 1, NEVER) if row.state == "sending" else row.age,
            ambiguous=None if row.ambiguous is None else min(row.ambiguous + 1, NEVER),
        )
        for row in world.rows
    )
    senders = tuple(s and s._replace(age=min(s.age + 1, GUARD + 1)) for s in world.senders)
    shown = tuple(
        tuple(key if not key.times else key._replace(age=min(key.age + 1, WINDOW + 1)) for key in keys)
        for keys in world.shown
    )
    return world._replace(rows=rows, senders=senders, shown=shown)


def _with_row(world: World, number: int, row: Row) -> World:
    """Ages that play no part any more are forgotten, so that equal worlds are seen to be equal."""
    kept = row if row.state == "sending" else row._replace(age=0)
    return world._replace(rows=tuple(kept if n == number else old for n, old in enumerate(world.rows)))


def _with_sender(world: World, place: int, sender: Sender | None) -> World:
    return world._replace(senders=tuple(sender if n == place else old for n, old in enumerate(world.senders)))


def _story(came_from: dict[World, tuple[str, World | None]], world: World) -> tuple[str, ...]:
    steps = []
    found: World | None = world
    while found is not None:
        name, found = came_from[found]
        steps.append(name)
    return tuple(reversed(steps[:-1]))


def main() -> int:
    sound = search(Rules())
    pair = search(Rules(), messages=2)
    print(
        f"model: all rules on: {sound.states} and {pair.states} states; "
        f"{'BROKEN' if sound.story or pair.story else 'no promise can be broken'}"
    )
    stories = [sound.story, pair.story]
    for name in Rules.__dataclass_fields__:
        found = search(replace(Rules(), **{name: False}), messages=2 if name == "one_open" else 1)
        print(f"\nmodel: without {name} ({found.states} states):")
        print("\n".join(f"  {step}" for step in found.story) or "  nothing found")
        stories.append(() if found.story else ("nothing",))
    return int(any(stories))


if __name__ == "__main__":
    sys.exit(main())
