"""Steps of the practice are done by what happened, as often as they ask, and never undone by more."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from reminders.rules import training
from reminders.rules.lifecycle import Role
from reminders.rules.training import Happened

BEGIN = datetime(2026, 11, 2, 1, tzinfo=UTC)


def happened(minutes: dict[str, list[int]], *, is_own: bool = True) -> dict[str, Happened]:
    moments = {
        action: [BEGIN + timedelta(minutes=one) for one in sorted(at)] for action, at in minutes.items()
    }
    return {action: Happened(at if is_own else [], at) for action, at in moments.items()}


def test_step_is_done_when_it_happened_often_enough() -> None:
    steps = {
        one.step.proofs[0]: one
        for task in training.progress(Role.OFFICER, happened({"call.record": [3, 1]}))
        for one in task.steps
    }
    assert (steps["call.record"].at, steps["call.record"].times) == (None, 2)
    tasks = training.progress(Role.OFFICER, happened({"call.record": [9, 3, 1, 20]}))
    done = next(one for task in tasks for one in task.steps if one.step.proofs == ("call.record",))
    assert done.at == BEGIN + timedelta(minutes=9)


def test_what_others_did_counts_only_where_the_learner_plays_them() -> None:
    everything = {action: [1, 2, 3] for action in training.actions(Role.SECURITY_ADMIN) | {"consent.give"}}
    theirs = training.progress(Role.LEAD, happened(everything, is_own=False))
    assert [one.step.by_anybody for task in theirs for one in task.steps if one.at] == [True]


events = st.dictionaries(
    st.sampled_from(sorted(set[str]().union(*map(training.actions, Role)))),
    st.lists(st.integers(0, 10_000), max_size=4),
)


@given(st.sampled_from(Role), events, events)
def test_more_never_undoes_a_step(
    role: Role, first: dict[str, list[int]], more: dict[str, list[int]]
) -> None:
    together = {action: first.get(action, []) + more.get(action, []) for action in first | more}
    before, after = (
        [one.at is not None for task in training.progress(role, happened(one)) for one in task.steps]
        for one in (first, together)
    )
    assert all(now or not then for then, now in zip(before, after, strict=True))


@given(st.sampled_from(Role), events)
def test_task_is_done_with_its_last_step(role: Role, found: dict[str, list[int]]) -> None:
    for task in training.progress(role, happened(found)):
        moments = [one.at for one in task.steps if one.at]
        assert task.at == (max(moments) if len(moments) == len(task.steps) else None)
