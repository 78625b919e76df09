"""Sends messages through the WeChat platform and says in our words what its answers mean."""

from typing import Any

from jobs.gateways.ports import NotAccepted, SubscriptionMessage, TemplateMessage, refused
from jobs.gateways.wechat_client import HardenedClient, PlatformError
from reminders.errors import GatewayError
from reminders.rules.delivery_rules import SendOutcome

SEND = "message/template/send"
SEND_NOTICE = "message/subscribe/bizsend"
SEND_TEXT = "message/custom/send"
DRAW_QR = "qrcode/create"
NO_MENU = 46003

# What each errcode means for the message. A code that is not here counts as unknown: something may have left.
MEANINGS: dict[int, SendOutcome] = {
    40001: SendOutcome.NOT_SENT,  # token
    40014: SendOutcome.NOT_SENT,
    42001: SendOutcome.NOT_SENT,
    45011: SendOutcome.NOT_SENT,  # calls a minute
    45015: SendOutcome.NOT_SENT,  # they wrote too long ago for a free text
    45047: SendOutcome.NOT_SENT,
    43117: SendOutcome.NOT_TODAY,  # too many to this person
    40003: SendOutcome.PERSON_REFUSED,  # no such openid here
    43004: SendOutcome.PERSON_REFUSED,  # does not follow
    43019: SendOutcome.PERSON_REFUSED,  # blacklisted
    43101: SendOutcome.PERSON_REFUSED,  # refused, or the grant is used up
    48002: SendOutcome.PERSON_REFUSED,  # switched messages off
    50005: SendOutcome.PERSON_REFUSED,  # does not follow
    40035: SendOutcome.CONFIG_FAULT,
    40036: SendOutcome.CONFIG_FAULT,
    40037: SendOutcome.CONFIG_FAULT,  # template id
    40039: SendOutcome.CONFIG_FAULT,  # url
    40246: SendOutcome.CONFIG_FAULT,
    41030: SendOutcome.CONFIG_FAULT,  # page
    47003: SendOutcome.CONFIG_FAULT,  # a field's value
    40002: SendOutcome.ACCOUNT_FAULT,
    40013: SendOutcome.ACCOUNT_FAULT,  # AppID
    40125: SendOutcome.ACCOUNT_FAULT,  # AppSecret
    40164: SendOutcome.ACCOUNT_FAULT,  # our address is not on the list
    40243: SendOutcome.ACCOUNT_FAULT,  # AppSecret frozen
    41002: SendOutcome.ACCOUNT_FAULT,
    41004: SendOutcome.ACCOUNT_FAULT,
    48001: SendOutcome.ACCOUNT_FAULT,  # not verified (any more)
    48004: SendOutcome.ACCOUNT_FAULT,  # API banned
    50002: SendOutcome.ACCOUNT_FAULT,
    53500: SendOutcome.ACCOUNT_FAULT,
    61004: SendOutcome.ACCOUNT_FAULT,  # as 40164, in the new guide
    89503: SendOutcome.ACCOUNT_FAULT,  # our address waits for an administrator
    45009: SendOutcome.QUOTA,
    -1: SendOutcome.UNKNOWN,  # busy: it may have been sent
}


class WeChatGateway:
    """One official account."""

    def __init__(self, client: HardenedClient) -> None:
        self._client = client

    def send_template(self, message: TemplateMessage) -> str:
        """The platform's msgid as text, because it is larger than 2**53. Raises NotAccepted."""
        data: dict[str, Any] = {
            "touser": message.openid,
            "template_id": message.template_id,
            "url": message.url,
            "data": {key: {"value": value} for key, value in message.fields.items()},
            "client_msg_id": message.client_msg_id,
        }
        answer = self._call(SEND, data)
        msgid = answer.get("msgid")
        if answer.get("errcode") != 0 or not isinstance(msgid, int | str) or not msgid:
            raise NotAccepted(SendOutcome.UNKNOWN, "answer-without-msgid")
        return str(msgid)

    def send_subscription(self, message: SubscriptionMessage) -> str:
        """Usually empty: only the event that follows is documented to name the msgid. Raises NotAccepted."""
        data: dict[str, Any] = {
            "touser": message.openid,
            "template_id": message.template_id,
            "page": message.page,
            "data": {key: {"value": value} for key, value in message.fields.items()},
        }
        answer = self._call(SEND_NOTICE, data)
        if answer.get("errcode") != 0:
            raise NotAccepted(SendOutcome.UNKNOWN, "answer-without-errcode")
        return str(answer.get("msgid") or "")

    def send_text(self, openid: str, text: str) -> None:
        """A free text (客服消息) to somebody who wrote lately; shown anew if repeated. Raises NotAccepted."""
        answer = self._call(SEND_TEXT, {"touser": openid, "msgtype": "text", "text": {"content": text}})
        if answer.get("errcode") != 0:
            raise NotAccepted(SendOutcome.UNKNOWN, "answer-without-errcode")

    def draw_qr(self, scene: str, seconds: int) -> str:
        """What a QR code says that tells us `scene` when it is scanned, for so many seconds.

        Raises NotAccepted. A repetition makes another code for the same scene.
        """
        told = {"scene": {"scene_str": scene}}
        answer = self._call(
            DRAW_QR, {"expire_seconds": seconds, "action_name": "QR_STR_SCENE", "action_info": told}
        )
        says = answer.get("url")
        if not isinstance(says, str) or not says:
            raise NotAccepted(SendOutcome.UNKNOWN, "answer-without-url")
        return says

    def page_ticket(self) -> tuple[str, int]:
        """The jsapi ticket and its life in seconds. Raises NotAccepted."""
        try:
            answer = self._client.fetch("ticket/getticket", type="jsapi")
        except GatewayError as error:
            raise _meaning(error) from None
        ticket, life_s = answer.get("ticket"), answer.get("expires_in")
        if not isinstance(ticket, str) or not ticket or not isinstance(life_s, int):
            raise NotAccepted(SendOutcome.UNKNOWN, "answer-without-ticket")
        return ticket, life_s

    def quota(self) -> dict[str, Any]:
        """What is left today of the calls that send templates: `quota` and `rate_limit` of the platform."""
        return self._call("openapi/quota/get", {"cgi_path": f"/cgi-bin/{SEND}"})

    def put_menu(self, menu: dict[str, Any]) -> None:
        """Replaces the whole menu of the account."""
        self._call("menu/create", menu)

    def menu(self) -> dict[str, Any]:
        """The menu the account has; an empty one when it has none."""
        try:
            found = self._client.fetch("menu/get")
        except GatewayError as error:
            if isinstance(error, PlatformError) and error.errcode == NO_MENU:
                return {}
            raise _meaning(error) from None
        told = found.get("menu")
        return told if isinstance(told, dict) else {}

    def clear_quota(self) -> None:
        """Starts the day's count of calls anew; 48006 when this month's ten are used up."""
        self._call("clear_quota", {"appid": self._client.appid})

    def check_token(self) -> None:
        """Raises NotAccepted when the platform gives us no token."""
        try:
            _ = self._client.access_token
        except GatewayError as error:
            raise _meaning(error) from None

    def close(self) -> None:
        self._client.close()

    def _call(self, endpoint: str, data: dict[str, Any]) -> dict[str, Any]:
        try:
            return self._client.call(endpoint, data)
        except GatewayError as error:
            raise _meaning(error) from None


def _meaning(error: GatewayError) -> NotAccepted:
    if isinstance(error, PlatformError):
        outcome = MEANINGS.get(error.errcode)
        if error.at_token and outcome not in (SendOutcome.ACCOUNT_FAULT, SendOutcome.QUOTA):
            outcome = SendOutcome.NOT_SENT
        return refused(outcome, str(error.errcode), error.rid)
    return NotAccepted(SendOutcome.UNKNOWN if error.sent else SendOutcome.NOT_SENT, error.reason)
