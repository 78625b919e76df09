"""Sends what colleagues wait for at a screen: codes to their own phone, and wordings they try out."""

import contextlib

import structlog

from config.settings import Settings
from jobs import sms_templates, wiring
from jobs.current_wordings import CurrentWordings
from jobs.gateways.ports import NotAccepted, SmsMessage, SubscriptionMessage, TemplateMessage
from reminders import clock, own_messages
from reminders.own_messages import OwnWanted
from reminders.rules import trial_message
from reminders.rules.delivery_rules import SendOutcome
from reminders.rules.lifecycle import Channel
from reminders.rules.template_fields import FieldFault
from reminders.rules.trial_message import NO_ADDRESS, NO_CHANNEL, UNSAYABLE
from reminders.rules.wordings import TemplateKind

PAGE = "/h5/licenses"
KIND_OF = {wording: kind for kind, wording in sms_templates.WORDING_OF.items()}

log = structlog.get_logger(__name__)


def send_wanted(told: Settings) -> int:
    """How many were handed over. Each is taken once, and never sent again, whatever became of it."""
    sent = 0
    with contextlib.ExitStack() as stack:
        database = wiring.open_database(told)
        stack.callback(database.close)
        with database.begin() as session:
            wanted = own_messages.claim(session, now=clock.now())
        codes = CurrentWordings(wiring.wordings_of_files(told))
        if any(one.wording is None for one in wanted):
            with database.read() as session:
                codes.look(session)
        for one in wanted:
            outcome, answer = _answer(told, stack, one, codes)
            log.info("own_message", id=one.id, channel=one.channel, outcome=outcome, code=answer)
            with database.begin() as session:
                own_messages.settle(session, one.id, outcome, answer)
            sent += outcome is SendOutcome.ACCEPTED
    return sent


def _answer(
    told: Settings, stack: contextlib.ExitStack, one: OwnWanted, codes: CurrentWordings
) -> tuple[SendOutcome, str]:
    if one.is_stale or not (one.code or one.wording):
        return SendOutcome.ABANDONED, ""
    if not (one.phone if one.channel is Channel.SMS else one.openid):
        return SendOutcome.PERSON_REFUSED, NO_ADDRESS
    try:
        if one.channel is Channel.SMS:
            return _by_sms(told, stack, one, codes)
        return _by_wechat(told, stack, one)
    except NotAccepted as refusal:
        return refusal.outcome, refusal.reason
    except FieldFault:
        return SendOutcome.UNSAYABLE, UNSAYABLE


def _by_sms(
    told: Settings, stack: contextlib.ExitStack, one: OwnWanted, codes: CurrentWordings
) -> tuple[SendOutcome, str]:
    gateway, wording = wiring.sms_gateway(told), one.wording or codes.of(TemplateKind.SMS_CODE)
    if gateway is None or wording is None:
        return SendOutcome.CONFIG_FAULT, NO_CHANNEL
    stack.callback(gateway.close)
    today = clock.civil_date(clock.now())
    params = {"code": one.code} if one.wording is None else trial_message.params(wording, today)
    used = {name: params[name] for name in wording.params or params}
    message = SmsMessage(
        one.phone,
        KIND_OF[one.kind],
        used,
        wording.text(params),
        f"own{one.id}",
        wording.template_id,
        wording.ordered(params),
    )
    return SendOutcome.ACCEPTED, gateway.send(message)


def _by_wechat(told: Settings, stack: contextlib.ExitStack, one: OwnWanted) -> tuple[SendOutcome, str]:
    if one.wording is None:
        return SendOutcome.ABANDONED, ""
    store = wiring.open_redis(told)
    stack.callback(store.close)
    gateway = wiring.wechat_gateway(told, store)
    stack.callback(gateway.close)
    fields = trial_message.fields(one.wording, clock.civil_date(clock.now()))
    page, template_id = told.wxbot_url + PAGE, one.wording.template_id
    if one.channel is Channel.SUBSCRIPTION:
        told_id = gateway.send_subscription(SubscriptionMessage(one.openid, template_id, page, fields))
    else:
        told_id = gateway.send_template(
            TemplateMessage(one.openid, template_id, page, fields, f"own{one.id}")
        )
    return SendOutcome.ACCEPTED, told_id
