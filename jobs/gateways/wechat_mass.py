"""Pushes an article to every follower of the account: at most four a month, and an administrator confirms."""

import hashlib
from collections.abc import Sequence

from jobs.gateways.outlets import Steps, StillWorking, not_proved
from jobs.gateways.wechat_articles import PAUSES_S, AccountArticles
from jobs.gateways.wechat_client import PlatformError
from reminders import clock
from reminders.errors import GatewayError
from reminders.rules.article import Article, IndexLine

WAY = "mass"
SENT, SENDING, DELETED = "SEND_SUCCESS", "SENDING", "DELETE"
SENT_BEFORE, NO_MESSAGE = 45065, 40059
NO_QUOTA, TOO_MANY = 45028, 45066
WINDOW_S = 23 * 3600  # the platform knows a clientmsgid for a day; beyond it, sending again might double


class MassSend:
    """The same account by its other door; nothing of it is in the list of published articles."""

    def __init__(self, account: AccountArticles) -> None:
        self._account = account

    def publish(self, article: Article, others: Sequence[IndexLine], steps: Steps) -> str:
        if not steps.get("job"):
            self._send(article, steps)
        status = self._status(steps)
        if status == SENDING:
            asked = int(steps.get("asked") or 0)
            steps.keep(asked=str(asked + 1))
            raise StillWorking(PAUSES_S[min(asked, len(PAUSES_S) - 1)])
        if status != SENT:
            raise GatewayError(f"mass-{status.lower() or 'unknown'}", permanent=True)
        return ""

    def withdraw(self, article: Article, others: Sequence[IndexLine], steps: Steps) -> None:
        """Takes the article off; who has read it has read it."""
        if not steps.get("job") and steps.get("since"):
            self._send(article, steps)  # it may have left: the same clientmsgid tells its number, once
        if not steps.get("job"):
            return
        if self._status(steps) == SENDING:
            raise StillWorking(2)
        steps.keep()
        try:
            self._account.call("message/mass/delete", {"msg_id": steps.get("job"), "article_idx": 0})
        except PlatformError as error:
            if error.errcode != NO_MESSAGE:
                raise

    def prove(self, article: Article, steps: Steps, *, is_live: bool) -> str:
        status = self._status(steps) if steps.get("job") else ""
        if (status == SENT) is not is_live:
            raise not_proved()
        return f"message {steps.get('job') or 'never sent'}: {status or 'absent'}"

    def check(self) -> str:
        return self._account.check()

    def close(self) -> None:
        self._account.close()

    def _send(self, article: Article, steps: Steps) -> None:
        since = float(steps.get("since") or clock.now().timestamp())
        if clock.now().timestamp() - since > WINDOW_S:
            raise GatewayError("mass-unknown", permanent=True)
        media_id = self._account.find_or_add_draft(article, steps, WAY) if not steps.get("since") else ""
        media_id = media_id or steps.get("draft")
        steps.keep(since=f"{since:.3f}")
        wanted = {
            "filter": {"is_to_all": True},
            "mpnews": {"media_id": media_id},
            "msgtype": "mpnews",
            "send_ignore_reprint": 0,
            "clientmsgid": client_msg_id(article.external_id),
        }
        try:
            told = self._account.call("message/mass/sendall", wanted)
        except PlatformError as error:
            if error.errcode == SENT_BEFORE and error.answer.get("msg_id"):
                told = dict(error.answer)
            else:
                error.permanent = error.permanent or error.errcode == NO_QUOTA
                raise
        steps.keep(job=str(told["msg_id"]))

    def _status(self, steps: Steps) -> str:
        told = self._account.call("message/mass/get", {"msg_id": steps.get("job")})
        status = str(told.get("msg_status", ""))
        return SENDING if status.upper() in ("", SENDING) else status.upper()


def client_msg_id(external_id: str) -> str:
    """At most 32 bytes, the same for every try of one version."""
    return hashlib.sha256(f"mass|{external_id}".encode()).hexdigest()[:32]
