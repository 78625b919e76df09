"""What the publishing job asks of an outlet; every adapter must pass tests/jobs/outlet_contract.py."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from reminders.errors import GatewayError
from reminders.rules.article import Article, IndexLine

NOT_PROVED = "not-proved"


class StillWorking(Exception):
    """The outlet took the wish and has not carried it out yet; ask again after so many seconds."""

    def __init__(self, after_s: float) -> None:
        super().__init__(f"{after_s:g} s")
        self.after_s = after_s


class Steps(Protocol):
    """What one publication remembers between two calls, even when the process dies in between."""

    def get(self, name: str) -> str: ...

    def keep(self, **values: str) -> None:
        """Committed when it returns. Raises Lost when somebody else owns the publication by now."""


class Lost(Exception):
    """Another process took this publication over; nothing more may leave from here."""


@dataclass(frozen=True)
class Masthead:
    """Who publishes, as pages and feeds of an outlet say it."""

    organizer: str
    site_name: str
    portal_url: str

    def permalink(self, article: Article) -> str:
        return f"{self.portal_url}/notices/{article.notice_id}"


class OutletGateway(Protocol):
    """All three may be called again at any time with the same article and change nothing the second time.

    They raise GatewayError, StillWorking or Lost. `others` are the rest of what is live at this outlet.
    """

    def publish(self, article: Article, others: Sequence[IndexLine], steps: Steps) -> str:
        """The public address under which the article is live ("" when the outlet tells none)."""

    def withdraw(self, article: Article, others: Sequence[IndexLine], steps: Steps) -> None:
        """Takes the article off; one that is not there counts as taken off."""

    def prove(self, article: Article, steps: Steps, *, is_live: bool) -> str:
        """Fetches back, and says what was compared. Raises GatewayError(NOT_PROVED) when it differs."""

    def check(self) -> str:
        """For `reminders doctor`: what answers there. Raises GatewayError."""

    def close(self) -> None: ...


def not_proved() -> GatewayError:
    return GatewayError(NOT_PROVED, permanent=False)
