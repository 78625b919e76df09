"""Which wording says a message of a kind on a channel, and which circuits rest for a fault of it."""

from collections.abc import Mapping
from types import MappingProxyType

from reminders.rules.delivery_rules import MessageKind
from reminders.rules.delivery_states import template_circuit
from reminders.rules.lifecycle import Channel
from reminders.rules.wordings import TemplateKind

SAID_BY: Mapping[tuple[Channel, MessageKind], TemplateKind] = MappingProxyType(
    {
        (Channel.WECHAT, MessageKind.SINGLE): TemplateKind.WECHAT_SINGLE,
        (Channel.WECHAT, MessageKind.DIGEST): TemplateKind.WECHAT_DIGEST,
        (Channel.WECHAT, MessageKind.CORRECTION): TemplateKind.WECHAT_CORRECTION,
        (Channel.WECHAT, MessageKind.NEWS): TemplateKind.WECHAT_NEWS,
        (Channel.WECHAT, MessageKind.VISIT): TemplateKind.WECHAT_VISIT,
        (Channel.SUBSCRIPTION, MessageKind.SINGLE): TemplateKind.SUBSCRIPTION,
        (Channel.SUBSCRIPTION, MessageKind.DIGEST): TemplateKind.SUBSCRIPTION,
        (Channel.SUBSCRIPTION, MessageKind.CORRECTION): TemplateKind.SUBSCRIPTION,
        (Channel.SMS, MessageKind.SINGLE): TemplateKind.SMS_SINGLE,
        (Channel.SMS, MessageKind.DIGEST): TemplateKind.SMS_DIGEST,
        (Channel.SMS, MessageKind.CORRECTION): TemplateKind.SMS_CORRECTION,
        (Channel.SMS, MessageKind.VISIT): TemplateKind.SMS_VISIT,
        (Channel.SMS, MessageKind.CODE): TemplateKind.SMS_CODE,
        (Channel.BUSINESS_SYSTEM, MessageKind.SINGLE): TemplateKind.PROMPT,
        (Channel.BUSINESS_SYSTEM, MessageKind.DIGEST): TemplateKind.PROMPT,
    }
)
# Said in words of our own while the platform lets us write freely: which of the two it was, nobody keeps.
PERHAPS_FREE = frozenset({(Channel.WECHAT, MessageKind.NEWS), (Channel.WECHAT, MessageKind.VISIT)})


def said_by(channel: Channel, kind: MessageKind) -> TemplateKind | None:
    """None where it cannot be told."""
    return None if (channel, kind) in PERHAPS_FREE else SAID_BY.get((channel, kind))


def circuits_of(wording: TemplateKind) -> tuple[str, ...]:
    return tuple(template_circuit(*road) for road, kind in SAID_BY.items() if kind is wording)
