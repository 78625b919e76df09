"""How a follower comes to be bound to licenses: every way wants a proof, and each tells nothing before it."""

from reminders.binding.appealing import appeal, report_stranger, standing
from reminders.binding.appeals_desk import appeals, close_appeal, count_open, read_appeals
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
from reminders.binding.elsewhere import Elsewhere, count_elsewhere, elsewhere, start_elsewhere
from reminders.binding.inviting import (
    invite,
    invite_by_qr,
    leave_holder,
    mark_news_seen,
    my_holders,
    news,
    only_holder,
    own_invitation,
    receivers,
    remove,
    set_role_of,
)
from reminders.binding.leaving import leave, unbind
from reminders.binding.newcomers import Newcomer, Reported, newcomers, report_newcomer
from reminders.binding.phone_code import CodeResult, Outcome, cancel, confirm, start
from reminders.binding.returning import Left, come_back, come_back_to_last, count_left, left
from reminders.binding.together import More, Offered, more, offered, set_role, take

__all__ = [
    "CONNECT_WITHIN",
    "CodeResult",
    "Counter",
    "Elsewhere",
    "Left",
    "More",
    "Newcomer",
    "Offered",
    "Outcome",
    "PassOutcome",
    "PassResult",
    "Reported",
    "address_is_used_up",
    "appeal",
    "appeals",
    "bring",
    "bring_held",
    "cancel",
    "close_appeal",
    "come_back",
    "come_back_to_last",
    "confirm",
    "confirm_in_browser",
    "connect_code",
    "count_elsewhere",
    "count_left",
    "count_open",
    "counter",
    "elsewhere",
    "forget_visitors",
    "invite",
    "invite_by_qr",
    "is_by_phone",
    "is_given_out",
    "issue_paper_code",
    "issue_receipt",
    "known_visitor",
    "leave",
    "leave_holder",
    "left",
    "mark_news_seen",
    "more",
    "my_holders",
    "newcomers",
    "news",
    "offered",
    "only_holder",
    "own_invitation",
    "read_appeals",
    "receipt",
    "receivers",
    "remove",
    "report_newcomer",
    "report_stranger",
    "set_role",
    "set_role_of",
    "spend_address",
    "standing",
    "start",
    "start_elsewhere",
    "take",
    "unbind",
    "visitor",
    "withdraw",
]
