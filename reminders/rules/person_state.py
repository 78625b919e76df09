"""Says of a due date of a license, in one of five words, how the person stands who must hear of it."""

from dataclasses import dataclass
from enum import StrEnum

from reminders.rules.lifecycle import Channel, DeliveryState


class PersonState(StrEnum):
    """In this order the first that is true counts; see WORDS for what people read."""

    CONFIRMED_REACHED = "confirmed_reached"
    DELIVERED = "delivered"
    FAILED_NEXT_STEP = "failed_next_step"
    NO_CHANNEL_ON_WORKLIST = "no_channel_on_worklist"
    NOT_YET_DUE = "not_yet_due"


WORDS: dict[object, str] = {
    PersonState.CONFIRMED_REACHED: "已确认知悉",
    PersonState.DELIVERED: "已送达",
    PersonState.FAILED_NEXT_STEP: "未送达，下一步已安排",
    PersonState.NO_CHANNEL_ON_WORKLIST: "无联系渠道，在工作清单",
    PersonState.NOT_YET_DUE: "未到提醒日",
}


class Carried(StrEnum):
    """What one message, call or letter did for the reminder in it."""

    TOLD = "told"
    UNDER_WAY = "under_way"  # nobody knows yet, or it waits to be sent, rung or written
    TAKEN = "taken"  # the provider took it and no receipt came; the next stage follows it up
    ENDED_BY_HAND = "ended_by_hand"  # an officer wrote down how it ended
    FAILED = "failed"


UNDER_WAY = frozenset(
    {
        DeliveryState.READY,
        DeliveryState.SENDING,
        DeliveryState.ACCEPTED,
        DeliveryState.UNKNOWN,
        DeliveryState.BLOCKED,
        DeliveryState.REVIEW,
    }
)
BY_HAND = frozenset({Channel.PHONE, Channel.LETTER})


@dataclass(frozen=True)
class DueFacts:
    """About one date of one license: the current reminder is that of the last stage planned for this date.

    `is_reached`: a stage is reached that is not planned yet. `is_planned`: there is a current reminder.
    `has_no_channel`: it stands on the list of those nobody can tell. `is_confirmed`: the person opened,
    asked, answered or was spoken to about this date, or an application is in. `carried`: what its messages
    did, those dropped from a message left out.
    """

    is_reached: bool = False
    is_planned: bool = False
    is_confirmed: bool = False
    has_no_channel: bool = False
    carried: frozenset[Carried] = frozenset()


def carried(state: DeliveryState, channel: Channel) -> Carried:
    """A message of which nobody knows whether it arrived is still looked at, so it is under way."""
    if state is DeliveryState.DELIVERED:
        return Carried.TOLD
    if state in UNDER_WAY:
        return Carried.UNDER_WAY
    if state is DeliveryState.UNCONFIRMED:
        return Carried.TAKEN
    if state is DeliveryState.UNDELIVERABLE and channel in BY_HAND:
        return Carried.ENDED_BY_HAND
    return Carried.FAILED


def person_state(facts: DueFacts) -> PersonState:
    """Always exactly one.

    What is under way counts as a next step: an open message is followed by its receipt or the next channel,
    an open call by its outcome. So does a stage that the next planning run will find.
    """
    if facts.is_confirmed:
        return PersonState.CONFIRMED_REACHED
    if Carried.TOLD in facts.carried:
        return PersonState.DELIVERED
    if facts.carried & {Carried.UNDER_WAY, Carried.TAKEN}:
        return PersonState.FAILED_NEXT_STEP
    if facts.has_no_channel:
        return PersonState.NO_CHANNEL_ON_WORKLIST
    if facts.carried - {Carried.FAILED} or facts.is_planned or facts.is_reached:
        return PersonState.FAILED_NEXT_STEP
    return PersonState.NOT_YET_DUE


def is_stranded(facts: DueFacts) -> bool:
    """Planned, not told, and nothing follows: what must never be, and is named when it is."""
    if person_state(facts) is not PersonState.FAILED_NEXT_STEP:
        return False
    return facts.is_planned and not facts.is_reached and not facts.carried - {Carried.FAILED}
