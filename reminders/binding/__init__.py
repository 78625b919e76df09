"""How a follower comes to be bound to licenses: every way wants a proof, and each tells nothing before it."""

from reminders.binding.bringing import PassOutcome, PassResult, bring, bring_held, is_given_out
from reminders.binding.desk import (
    Counter,
    counter,
    issue_paper_code,
    issue_receipt,
    receipt,
    withdraw,
)
from reminders.binding.phone_code import CodeResult, Outcome, cancel, confirm, start

__all__ = [
    "CodeResult",
    "Counter",
    "Outcome",
    "PassOutcome",
    "PassResult",
    "bring",
    "bring_held",
    "cancel",
    "confirm",
    "counter",
    "is_given_out",
    "issue_paper_code",
    "issue_receipt",
    "receipt",
    "start",
    "withdraw",
]
