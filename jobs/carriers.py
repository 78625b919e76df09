"""How a claimed message is said on each channel: loads what it tells, and hands it to the gateway."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from sqlalchemy.orm import Session

from jobs import sms_templates, templates
from jobs.current_wordings import CurrentWordings
from jobs.gateways.ports import (
    NotAccepted,
    Prompt,
    PromptGateway,
    ReminderGateway,
    SmsGateway,
    SmsMessage,
    SubscriptionGateway,
    SubscriptionMessage,
    TemplateMessage,
    VoiceGateway,
)
from reminders import clock, contents, corrections, tidings
from reminders.claiming import ClaimedDelivery
from reminders.contents import CodeContent, PromptContent, ReminderContent, SmsContent
from reminders.corrections import CorrectionContent
from reminders.rules import correction_text
from reminders.rules.call_script import prompt
from reminders.rules.delivery_rules import SendOutcome
from reminders.rules.template_fields import FieldFault, Value
from reminders.rules.wording import page_path, sms_params, values
from reminders.rules.wording_kinds import FIRST
from reminders.rules.wordings import TemplateKind
from reminders.tidings import TidingsContent

Content = ReminderContent | CodeContent | SmsContent | PromptContent | CorrectionContent | TidingsContent
TOO_LATE_TO_WRITE = frozenset({"45015", "45047"})  # they wrote too long ago, or had enough texts since
NOTHING = "there is nothing to say"
NO_TEMPLATE = "there is no template for this"


class Carrier(Protocol):
    @property
    def wordings(self) -> CurrentWordings: ...

    def load(self, session: Session, delivery_ids: Sequence[int]) -> Mapping[int, Content]:
        """What these messages tell, by their ids; one that has nothing to tell is left out."""

    def hand_over(self, claimed: ClaimedDelivery, content: Content | None) -> str:
        """The provider's message id. Raises NotAccepted or FieldFault."""


@dataclass(frozen=True)
class TemplateCarrier:
    gateway: ReminderGateway
    wordings: CurrentWordings
    page_base: str

    def load(self, session: Session, delivery_ids: Sequence[int]) -> Mapping[int, Content]:
        self.wordings.look(session)
        found = _with_tidings(
            session, contents.reminder_contents(session, delivery_ids), delivery_ids, self.page_base
        )
        return _with_corrections(session, found, delivery_ids)

    def hand_over(self, claimed: ClaimedDelivery, content: Content | None) -> str:
        if isinstance(content, TidingsContent):
            return self._tell(claimed, content)
        if not isinstance(content, ReminderContent | CorrectionContent):
            raise FieldFault(NOTHING)
        page = self.page_base + page_path(content.lines)
        return self._send(claimed, content.openid, page, _values(content))

    def _tell(self, claimed: ClaimedDelivery, content: TidingsContent) -> str:
        """In words of our own while they may be written to; no repetition of those is known as one."""
        if content.may_write and not claimed.is_repeat:
            try:
                self.gateway.send_text(content.openid, content.text)
            except NotAccepted as refusal:
                if refusal.reason not in TOO_LATE_TO_WRITE:
                    raise
            else:
                return ""
        return self._send(claimed, content.openid, content.page, content.values)

    def _send(
        self, claimed: ClaimedDelivery, openid: str, page: str, told: Mapping[str, Value | None]
    ) -> str:
        template = self.wordings.of(templates.WORDING_OF[claimed.kind])
        if template is None:
            raise FieldFault(NO_TEMPLATE)
        return self.gateway.send_template(
            TemplateMessage(
                openid=openid,
                template_id=template.template_id,
                url=page,
                fields=template.fields(told),
                client_msg_id=claimed.client_msg_id,
            )
        )


@dataclass(frozen=True)
class SubscriptionCarrier:
    gateway: SubscriptionGateway
    wordings: CurrentWordings
    page_base: str

    def load(self, session: Session, delivery_ids: Sequence[int]) -> Mapping[int, Content]:
        self.wordings.look(session)
        return _with_corrections(session, contents.reminder_contents(session, delivery_ids), delivery_ids)

    def hand_over(self, claimed: ClaimedDelivery, content: Content | None) -> str:
        if not isinstance(content, ReminderContent | CorrectionContent):
            raise FieldFault(NOTHING)
        page = self.page_base + page_path(content.lines)
        if isinstance(
            content, CorrectionContent
        ):  # what was granted is this one template, made for reminders
            told = correction_text.notice_values(content.lines, content.sentence, content.check_code)
        else:
            told = _values(content)
        template = self.wordings.of(TemplateKind.SUBSCRIPTION)
        if template is None:
            raise FieldFault(NO_TEMPLATE)
        return self.gateway.send_subscription(
            SubscriptionMessage(content.openid, template.template_id, page, template.fields(told))
        )


@dataclass(frozen=True)
class SmsCarrier:
    """Reminders and one-time codes. A try without an answer is asked about before anything is repeated."""

    gateway: SmsGateway
    wordings: CurrentWordings
    voice: VoiceGateway | None = None

    def load(self, session: Session, delivery_ids: Sequence[int]) -> Mapping[int, Content]:
        self.wordings.look(session)
        codes = contents.code_contents(session, delivery_ids)
        others = [delivery_id for delivery_id in delivery_ids if delivery_id not in codes]
        found: dict[int, Content] = {**codes, **(contents.sms_contents(session, others) if others else {})}
        return _with_corrections(session, _with_tidings(session, found, delivery_ids, ""), delivery_ids)

    def hand_over(self, claimed: ClaimedDelivery, content: Content | None) -> str:
        today = clock.civil_date(clock.now())
        if isinstance(content, CodeContent):
            if content.is_spoken and self.voice is not None:
                return self._speak(self.voice, claimed, content)
            params = {"code": content.code}
        elif isinstance(content, SmsContent):
            params = sms_params(content.lines, today, content.check_code)
        elif isinstance(content, TidingsContent):
            params = dict(content.sms)
        elif isinstance(content, CorrectionContent):
            params = correction_text.sms_params(content.lines, content.sentence, content.check_code)
        else:
            raise FieldFault(NOTHING)
        if claimed.is_repeat:
            found = self.gateway.find(content.phone, claimed.client_msg_id, claimed.sent_on or today)
            if found is not None:
                return found
            if not isinstance(content, CodeContent):
                raise NotAccepted(SendOutcome.NOT_FOUND, "not-found")
        template = self.wordings.of(sms_templates.WORDING_OF[claimed.kind])
        if template is None:
            raise FieldFault(NO_TEMPLATE)
        return self.gateway.send(
            SmsMessage(
                content.phone,
                claimed.kind,
                params,
                template.text(params),
                claimed.client_msg_id,
                template.template_id,
                template.ordered(params),
            )
        )

    @staticmethod
    def _speak(voice: VoiceGateway, claimed: ClaimedDelivery, content: CodeContent) -> str:
        """A phone rings once: nobody can say whether an earlier try rang, and they may ask for another."""
        if claimed.is_repeat:
            raise NotAccepted(SendOutcome.UNSAYABLE, "call-not-repeated")
        return voice.speak(content.phone, content.code, claimed.client_msg_id)


@dataclass(frozen=True)
class PromptCarrier:
    gateway: PromptGateway
    wordings: CurrentWordings = field(default_factory=CurrentWordings)

    def load(self, session: Session, delivery_ids: Sequence[int]) -> Mapping[int, Content]:
        self.wordings.look(session)
        return _with_corrections(session, contents.prompt_contents(session, delivery_ids), delivery_ids)

    def hand_over(self, claimed: ClaimedDelivery, content: Content | None) -> str:
        if isinstance(content, CorrectionContent):
            return self.gateway.prompt(_correcting(claimed, content))
        if not isinstance(content, PromptContent):
            raise FieldFault(NOTHING)
        licenses = tuple(
            {
                "license_name": line.license_name,
                "license_no": number,
                "holder_name": line.holder_name,
                "expires_on": str(line.expires_on),
                "apply_by": str(line.apply_by or ""),
                "service_phone": line.service_phone,
            }
            for line, number in zip(content.lines, content.numbers, strict=True)
        )
        wording = self.wordings.of(TemplateKind.PROMPT) or FIRST[TemplateKind.PROMPT]
        text = prompt(content.facts, content.check_code, clock.civil_date(clock.now()), wording)
        return self.gateway.prompt(
            Prompt(f"d{claimed.id}", content.department, licenses, content.check_code, text=text)
        )


def _with_tidings(
    session: Session, found: Mapping[int, Content], delivery_ids: Sequence[int], page_base: str
) -> Mapping[int, Content]:
    others = [delivery_id for delivery_id in delivery_ids if delivery_id not in found]
    if not others:
        return found
    return {**found, **tidings.contents(session, others, page_base, now=clock.now())}


def _with_corrections(
    session: Session, found: Mapping[int, Content], delivery_ids: Sequence[int]
) -> Mapping[int, Content]:
    """What tells neither a reminder, a code nor tidings is a correction; asked for only when there is one."""
    others = [delivery_id for delivery_id in delivery_ids if delivery_id not in found]
    return {**found, **corrections.contents(session, others)} if others else found


def _values(content: ReminderContent | CorrectionContent) -> dict[str, Value | None]:
    if isinstance(content, CorrectionContent):
        return correction_text.values(content.lines, content.sentence, content.check_code)
    return values(content.lines, clock.civil_date(clock.now()), content.check_code)


def _correcting(claimed: ClaimedDelivery, content: CorrectionContent) -> Prompt:
    """Dates only where the ledger was mended since."""
    licenses = tuple(
        {
            "license_name": line.license_name,
            "license_no": number,
            "holder_name": line.holder_name,
            "expires_on": str(line.right_date) if line.is_mended else "",
            "apply_by": str(line.apply_by or "") if line.is_mended else "",
            "service_phone": line.service_phone,
        }
        for line, number in zip(content.lines, content.numbers, strict=True)
    )
    return Prompt(f"d{claimed.id}", content.department, licenses, content.check_code, content.sentence)
