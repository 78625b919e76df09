"""How a follower comes to be bound to licenses: every way wants a proof, and each tells nothing before it."""

from reminders.binding.bringing import PassOutcome, PassResult, bring, bring_held, is_given_out
from reminders.binding.browsers import (
    address_is_used_up,
    confirm_in_browser,
    forget_visitors,
    is_by_phone,
    known_visitor,
    spend_address,
    visitor,
)
from reminders.binding.connecting import CONNECT_WITHIN, connect_code
from reminders.binding.desk import (
    Counter,
    counter,
    issue_paper_code,
    issue_receipt,
    receipt,
    withdraw,
)
from reminders.binding.phone_code import CodeResult, Outcome, cancel, confirm, start
from reminders.binding.together import More, Offered, more, offered, set_role, take

__all__ = [
    "CONNECT_WITHIN",
    "CodeResult",
    "Counter",
    "More",
    "Offered",
    "Outcome",
    "PassOutcome",
    "PassResult",
    "address_is_used_up",
    "bring",
    "bring_held",
    "cancel",
    "confirm",
    "confirm_in_browser",
    "connect_code",
    "counter",
    "forget_visitors",
    "is_by_phone",
    "is_given_out",
    "issue_paper_code",
    "issue_receipt",
    "known_visitor",
    "more",
    "offered",
    "receipt",
    "set_role",
    "spend_address",
    "start",
    "take",
    "visitor",
    "withdraw",
]
