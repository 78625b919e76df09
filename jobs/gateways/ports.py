"""What the sending job asks of an outside system, in our words."""

from dataclasses import dataclass
from datetime import date
from typing import Protocol

from reminders.errors import GatewayError
from reminders.rules.delivery_rules import UNLISTED, MessageKind, SendOutcome


class NotAccepted(GatewayError):
    """The outside system did not say yes; `outcome` is what that means for the message.

    `code` and `rid` are the provider's. The text never holds an address, a token or a person.
    """

    def __init__(self, outcome: SendOutcome, code: str, rid: str = "") -> None:
        super().__init__(
            code,
            permanent=outcome in (SendOutcome.PERSON_REFUSED, SendOutcome.CONFIG_FAULT),
            sent=outcome is SendOutcome.UNKNOWN,
        )
        self.outcome = outcome
        self.rid = rid


def refused(outcome: SendOutcome | None, code: str, rid: str = "") -> NotAccepted:
    """What a provider's code means by its table; None: not listed, so it counts as unanswered and rings."""
    if outcome is None and code:
        return NotAccepted(SendOutcome.UNKNOWN, f"{UNLISTED}{code}", rid)
    return NotAccepted(outcome or SendOutcome.UNKNOWN, code or "no-code", rid)


@dataclass(frozen=True)
class TemplateMessage:
    """A template message; `fields` are fitted to their kinds already."""

    openid: str
    template_id: str
    url: str
    fields: dict[str, str]
    client_msg_id: str


class ReminderGateway(Protocol):
    def send_template(self, message: TemplateMessage) -> str:
        """The provider's message id. The same client_msg_id again within ten minutes shows nothing twice."""

    def send_text(self, openid: str, text: str) -> None:
        """Only to somebody who wrote within 48 hours; there is no id, and a repetition is shown again."""

    def close(self) -> None: ...


@dataclass(frozen=True)
class SubscriptionMessage:
    """A subscription notice; there is no id of ours by which the platform would know a repetition."""

    openid: str
    template_id: str
    page: str
    fields: dict[str, str]


class SubscriptionGateway(Protocol):
    def send_subscription(self, message: SubscriptionMessage) -> str:
        """The provider's message id, empty where it tells none. A repetition is shown again."""


@dataclass(frozen=True)
class SmsMessage:
    """`text` is the whole wording without the signature; `params` fill the platform's registered template.

    `ordered` are the same values in the order in which the platform numbers them.
    """

    phone: str
    template: MessageKind
    params: dict[str, str]
    text: str
    out_id: str
    template_id: str = ""
    ordered: tuple[str, ...] = ()


class SmsGateway(Protocol):
    def send(self, message: SmsMessage) -> str:
        """The platform's message id. A repetition is shown again: ask `find` before one."""

    def find(self, phone: str, out_id: str, sent_on: date) -> str | None:
        """The platform's id of what was sent under this id of ours on this civil day, None when it has none.

        Raises NotAccepted with NOT_SENT when it could not be asked.
        """

    def close(self) -> None: ...


class VoiceGateway(Protocol):
    def speak(self, phone: str, code: str, out_id: str) -> str:
        """Calls, and says the digits; the platform's id of the call. A repetition rings again.

        Raises NotAccepted.
        """

    def close(self) -> None: ...


@dataclass(frozen=True)
class Prompt:
    """What a department's business system shows its user; `prompt_id` makes a repetition harmless."""

    prompt_id: str
    department: str
    licenses: tuple[dict[str, str], ...]
    check_code: str
    correction: str = ""  # what was wrong in an earlier prompt
    text: str = ""  # the whole of it as the bureau words it, empty for a correction


class PromptGateway(Protocol):
    def prompt(self, prompt: Prompt) -> str:
        """The system's reference."""

    def close(self) -> None: ...
