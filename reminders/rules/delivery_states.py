"""The state machine of a message: where it stands after each answer or silence of the outside world."""

from dataclasses import dataclass, replace
from datetime import datetime

from reminders.rules.delivery_rules import (
    RECEIPT_WITHIN,
    Hours,
    SendOutcome,
    SendResult,
    next_opening,
    ready_pause,
    unknown_pause,
)
from reminders.rules.lifecycle import Channel, DeliveryState, Purpose

NOT_WRITTEN = "settled a message for which nothing is to be written"


@dataclass(frozen=True)
class Standing:
    """The columns of a delivery that an answer may change; `tries` counts claims of this epoch."""

    id: int
    purpose: Purpose
    state: DeliveryState
    state_reason: str
    tries: int
    next_at: datetime
    ambiguous_since: datetime | None
    intent_at: datetime
    provider_msgid: str | None
    accepted_at: datetime | None
    deadline_at: datetime | None
    final_at: datetime | None


def settled(
    before: Standing, result: SendResult, *, channel: Channel, sending_hours: Hours, now: datetime
) -> Standing:
    """Where a message in `sending` stands after this answer; ABANDONED has none and raises ValueError."""
    match result.outcome:
        case SendOutcome.ACCEPTED:
            return _accepted(before, result, channel, now)
        case SendOutcome.UNKNOWN | SendOutcome.NOT_FOUND:
            since = before.ambiguous_since or before.intent_at
            return _unknown(before, result.code or str(result.outcome), channel, now, since=since)
        case SendOutcome.NOT_SENT | SendOutcome.ACCOUNT_FAULT | SendOutcome.QUOTA:
            return _again(before, result.code, channel, now + ready_pause(before.tries, before.id), now)
        case SendOutcome.NOT_TODAY:
            return _again(before, result.code, channel, next_opening(now, sending_hours), now)
        case SendOutcome.CONFIG_FAULT if before.ambiguous_since is None:
            return replace(
                before, state=DeliveryState.BLOCKED, state_reason=template_circuit(channel, result.kind)
            )
        case SendOutcome.CONFIG_FAULT:
            return _again(before, result.code, channel, now, now)
        case SendOutcome.PERSON_REFUSED | SendOutcome.UNSAYABLE:
            return replace(
                before,
                state=DeliveryState.UNDELIVERABLE,
                state_reason=result.code or str(result.outcome),
                final_at=now,
            )
    raise ValueError(NOT_WRITTEN)


def template_circuit(channel: Channel, kind: str) -> str:
    """The circuit that rests one template, and the reason of the messages that wait for it."""
    return f"{channel}:{kind}"


def _accepted(before: Standing, result: SendResult, channel: Channel, now: datetime) -> Standing:
    """A code, a prompt and a free text need no receipt; a message waits for one, RECEIPT_WITHIN long."""
    is_text = channel is Channel.WECHAT and not result.msgid
    ends_here = before.purpose is Purpose.CODE or channel is Channel.BUSINESS_SYSTEM or is_text
    return replace(
        before,
        state=DeliveryState.ACCEPTED,
        state_reason="",
        ambiguous_since=None,
        provider_msgid=result.msgid or None,  # a platform that tells no id here may tell one in its receipt
        accepted_at=now,
        deadline_at=before.deadline_at if ends_here else now + RECEIPT_WITHIN,
        final_at=now if ends_here else None,
    )


def _again(before: Standing, code: str, channel: Channel, next_at: datetime, now: datetime) -> Standing:
    """This try did not leave, but an earlier one may have: then the message stays unanswered."""
    if before.ambiguous_since is not None:
        return _unknown(before, code, channel, now, since=before.ambiguous_since)
    return replace(before, state=DeliveryState.READY, state_reason=code, next_at=next_at)


def _unknown(before: Standing, code: str, channel: Channel, now: datetime, *, since: datetime) -> Standing:
    return replace(
        before,
        state=DeliveryState.UNKNOWN,
        state_reason=code,
        ambiguous_since=since,
        next_at=now + unknown_pause(before.tries, before.id, channel),
    )
