"""How long things take on the way to a person: leases, windows of the provider, pauses, quiet hours."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from reminders import clock
from reminders.rules.lifecycle import Channel

# Phone and letter deliveries wait for people and are never claimed.
SENT_BY_MACHINE = (Channel.WECHAT, Channel.SUBSCRIPTION, Channel.SMS, Channel.BUSINESS_SYSTEM)

LEASE = timedelta(seconds=60)
HTTP_MAX = timedelta(seconds=12)
# Within this time the platform answers a repeated client_msg_id without showing the message again
# (10 minutes, less clock skew, queueing and the lease of a sender that died).
CUTOFF = timedelta(seconds=480)
WINDOW = timedelta(seconds=600)
GRACE = timedelta(minutes=30)  # a receipt may still come this long after the window
RECEIPT_WITHIN = timedelta(hours=24)
REVIEW_OPEN = timedelta(hours=48)
EVENT_KEPT_OPEN = timedelta(hours=48)
LAST_EPOCH_UNKNOWN = 1
LAST_EPOCH_FAILED = 3
MOST_A_WEEK = 3  # reminder messages to one person, unless a last day is near
WEEK = timedelta(days=7)
NEAR = timedelta(days=7)  # before apply_by: then neither the week's count nor a resting channel may hold up

UNKNOWN_PAUSES_S = (2, 5, 10, 20, 40, 80, 120, 120)
# An SMS platform shows every repetition: it is asked what became of a try, and only then asked to send again.
ASK_PAUSES_S = (60, 180, 600)
# The platform takes no id of ours for these, and cannot be asked: only its event can tell.
NEVER_REPEATED = frozenset({Channel.SUBSCRIPTION})
READY_PAUSE_S = 5
LONGEST_READY_PAUSE_S = 900
ASK_AGAIN = timedelta(seconds=UNKNOWN_PAUSES_S[-1])

# A sender must not write, nor start a send, when its claim is older than this: the reaper decides.
ABANDON_AFTER_S = (LEASE - HTTP_MAX - timedelta(seconds=5)).total_seconds()

OUTAGE_PAUSE = timedelta(seconds=30)
OUTAGE_RESULTS = 10  # fewer results than this say nothing about the platform
OUTAGE_SHARE = 0.8
ACCOUNT_PAUSE = timedelta(minutes=10)
NOON, AFTERNOON = time(12), time(13, 30)

Hours = tuple[time, time]
ANY_TIME: Hours = (time(0), time.max)  # an installation that waits for nobody's office, as the demo


UNLISTED = "unlisted:"  # before a provider's code that none of our tables knows


class SendOutcome(StrEnum):
    """What one try to send came to."""

    ACCEPTED = "accepted"
    NOT_SENT = "not_sent"  # certainly not acted upon: connection refused, token, rate
    NOT_TODAY = "not_today"  # certainly not sent; this person had too many messages
    PERSON_REFUSED = "person_refused"
    CONFIG_FAULT = "config_fault"  # this template or field mapping
    ACCOUNT_FAULT = "account_fault"  # the account, its secret or our address
    QUOTA = "quota"
    UNKNOWN = "unknown"
    NOT_FOUND = "not_found"  # asked about an unanswered try, the provider knows nothing of it
    UNSAYABLE = "unsayable"  # the facts do not fit the template; a person must call
    ABANDONED = "abandoned"  # the lease ran low before anything was tried: nothing is written


class MessageKind(StrEnum):
    """Which template says it."""

    SINGLE = "single"
    DIGEST = "digest"
    CODE = "code"
    CORRECTION = "correction"
    NEWS = "news"
    VISIT = "visit"


class ReceiptStatus(StrEnum):
    """Words of TEMPLATESENDJOBFINISH, of which FREQ_LIMIT is not documented, and of SMS reports."""

    SUCCESS = "success"
    USER_BLOCK = "failed:user block"
    SYSTEM_FAILED = "failed: system failed"
    FREQ_LIMIT = "failed:freq limit"
    # Ours, for what SMS platforms say in words of their own.
    WRONG_NUMBER = "failed:wrong number"
    REFUSED = "failed:refused"


@dataclass(frozen=True)
class SendResult:
    """Answer to one claimed delivery; `code` and `rid` are the provider's, never secret or personal."""

    delivery_id: int
    fence: int
    outcome: SendOutcome
    kind: MessageKind
    code: str = ""
    rid: str = ""
    msgid: str | None = None
    version_id: int | None = None  # of the wording it was said with


def client_msg_id(delivery_id: int, epoch: int) -> str:
    """The key by which the provider recognises a repeated send; at most 32 ASCII characters."""
    return f"d{delivery_id}e{epoch}"


def receipt_status(text: str) -> ReceiptStatus | None:
    """The platform writes a blank after the colon in one of its words only; blanks decide nothing here."""
    plain = "".join(text.split()).lower()
    return next((status for status in ReceiptStatus if "".join(status.split()) == plain), None)


def spread(delivery_id: int) -> float:
    """A steady value in [0, 1) by which deliveries are spread out over a pause."""
    return (delivery_id * 2654435761 % 4096) / 4096


def unknown_pause(tries: int, delivery_id: int, channel: Channel = Channel.WECHAT) -> timedelta:
    """Pause before asking again with the same id, ± 20 %; eight tries by WeChat fit into CUTOFF."""
    pauses = ASK_PAUSES_S if channel is Channel.SMS else UNKNOWN_PAUSES_S
    seconds = pauses[min(max(tries, 1), len(pauses)) - 1]
    return timedelta(seconds=seconds * (0.8 + 0.4 * spread(delivery_id)))


def is_asked_enough(tries: int) -> bool:
    """Whether the provider was asked about a try as often as it is worth; `tries` counts the send too."""
    return tries > len(ASK_PAUSES_S)


def ready_pause(tries: int, delivery_id: int) -> timedelta:
    seconds = min(READY_PAUSE_S * 2 ** min(max(tries, 1) - 1, 10), LONGEST_READY_PAUSE_S)
    return timedelta(seconds=seconds * (0.8 + 0.4 * spread(delivery_id)))


def in_hours(now: datetime, hours: Hours) -> bool:
    """Whether people may be disturbed at this moment by a clock in Weihai."""
    start, end = hours
    return start <= now.astimezone(clock.SHANGHAI).time() < end


def next_opening(now: datetime, hours: Hours) -> datetime:
    """The start of the sending hours of the next civil day."""
    return clock.civil_moment(clock.civil_date(now) + timedelta(days=1), hours[0])


def next_midnight(now: datetime) -> datetime:
    """When the platform counts its daily quota anew."""
    return clock.civil_moment(clock.civil_date(now) + timedelta(days=1), time(0))


def next_call(now: datetime) -> datetime:
    """Who did not answer is rung in another half of the day: after a try in the morning, this afternoon."""
    if now.astimezone(clock.SHANGHAI).time() < NOON:
        return clock.civil_moment(clock.civil_date(now), AFTERNOON)
    return next_midnight(now)


def day_start(day: date) -> datetime:
    return clock.civil_moment(day, time(0))


def is_outage(results: int, failed: int) -> bool:
    """Whether so many answers are missing that fresh sends should rest."""
    return results >= OUTAGE_RESULTS and failed >= results * OUTAGE_SHARE
