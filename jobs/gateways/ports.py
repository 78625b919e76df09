"""What the sending job asks of an outside system, in our words."""

from dataclasses import dataclass
from typing import Protocol

from reminders.errors import GatewayError
from reminders.rules.delivery_rules import SendOutcome


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

    def close(self) -> None: ...


class CodeGateway(Protocol):
    def send_code(self, phone: str, code: str, out_id: str, *, maybe_sent: bool) -> str:
        """The provider's message id; when an earlier try may have left, asks before sending again."""

    def close(self) -> None: ...
