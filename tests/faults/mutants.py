"""Seven seeded faults: each takes away one rule that keeps reminders from being lost or doubled."""

from collections.abc import Mapping, Sequence

from tests.faults.tree import Edit

MUTANTS: Mapping[str, Sequence[Edit]] = {
    "no-lease-guard": (
        Edit(
            "jobs/sending.py",
            "return time.monotonic() - self.claimed_at_s > ABANDON_AFTER_S",
            "return False",
        ),
    ),
    "forget-ambiguous": (
        Edit(
            "reminders/rules/delivery_states.py",
            "    if before.ambiguous_since is not None:\n        return _unknown(",
            "    if False and before.ambiguous_since is not None:\n        return _unknown(",
        ),
    ),
    "fresh-id-each-try": (
        Edit(
            "reminders/claiming/taking.py",
            'literal("e") + cast(Delivery.epoch, String)',
            'literal("e") + cast(Delivery.epoch, String) + literal("t") + cast(Delivery.attempt, String)',
        ),
    ),
    "no-cut-off": (
        Edit(
            "reminders/claiming/candidates.py",
            'return and_(is_worth, Delivery.ambiguous_since > bindparam("cutoff"))',
            "return and_(is_worth, Delivery.ambiguous_since.is_not(None))",
        ),
    ),
    "no-unresolved-index": (
        Edit(
            "reminders/tables/deliveries.py",
            '            "uq_delivery_one_open",\n            "channel",\n            "recipient_hash",\n'
            "            unique=True,",
            '            "uq_delivery_one_open",\n            "channel",\n            "recipient_hash",\n'
            "            unique=False,",
        ),
    ),
    "no-fence": (
        Edit(
            "reminders/settling/__init__.py",
            "if fence == fences[standing.id]}",
            "if fences[standing.id]}",
        ),
        Edit(
            "reminders/settling/__init__.py",
            'Delivery.id == bindparam("its_id"), Delivery.fence == bindparam("its_fence"), SENDING',
            'Delivery.id == bindparam("its_id"), SENDING',
        ),
    ),
    "unknown-last": (
        Edit(
            "reminders/claiming/__init__.py",
            "rows = candidates.unanswered(session, channel, batch, now)",
            "rows = candidates.fresh(session, channel, batch, most, sending_hours, now)",
        ),
        Edit(
            "reminders/claiming/__init__.py",
            "rows += candidates.fresh(session, channel, batch - len(rows), most, sending_hours, now)",
            "rows += candidates.unanswered(session, channel, batch - len(rows), now)",
        ),
    ),
}
