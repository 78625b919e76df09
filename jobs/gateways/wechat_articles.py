"""Publishes articles on the official account; each step is looked up before it is repeated."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

from jobs.gateways import account_draft, cover
from jobs.gateways.outlets import Masthead, Steps, StillWorking, not_proved
from jobs.gateways.wechat_client import HardenedClient, PlatformError
from reminders import clock
from reminders.errors import GatewayError
from reminders.rules.article import Article, IndexLine, account_title

WAY = "account"
PAGE = 20  # the platform's most
PAGES = 5  # looked through, newest first, when searching for our own
RESUBMIT_AFTER_S = 3.0  # a submission whose draft is untouched by then did not arrive
LOOK_S = 0.3  # how soon to look again for a submission nobody answered for
COMES_WITHIN_S = 600.0  # so long an article may still come out of a submission nobody answered for
PAUSES_S = (0.3, 0.5, 1, 1, 2, 3, 5, 8, 13, 20, 30, 60, 120, 300)
DONE, RUNNING = 0, 1  # publish_status; 2 originality, 3 failed, 4 refused by review, 5 and 6 taken down
NO_MEDIA, NO_ARTICLE, NO_JOB = 40007, 53600, 53502
# The same article, or this account, will be refused again; a person must act. Other codes are tried again.
FOR_GOOD = frozenset(
    {40164, 40243, 45002, 45003, 45004, 45005, 45110, 45166, 47001, 48001, 48004, 50002, 53500, 53504, 53505,
     61004, 89503}
)  # fmt: skip


class Shelf(Protocol):
    """Keeps the ids of pictures the account has, so that each is uploaded once."""

    def get(self, name: str) -> str: ...

    def keep(self, name: str, media_id: str) -> None: ...

    def forget(self, name: str) -> None: ...


class AccountArticles:
    """One official account. A draft is used up by its publication, so that it is never published twice."""

    def __init__(
        self,
        client: HardenedClient,
        shelf: Shelf,
        masthead: Masthead,
        *,
        resubmit_after_s: float = RESUBMIT_AFTER_S,
    ) -> None:
        self._client = client
        self._shelf = shelf
        self._masthead = masthead
        self._resubmit_after_s = resubmit_after_s

    def publish(self, article: Article, others: Sequence[IndexLine], steps: Steps) -> str:
        if not steps.get("article") and not steps.get("job"):
            self._find_or_submit(article, steps)
        if not steps.get("article"):
            self._await_result(article, steps)
        return steps.get("url")

    def withdraw(self, article: Article, others: Sequence[IndexLine], steps: Steps) -> None:
        """The published article, and the draft of one that never got so far."""
        if not steps.get("article") and steps.get("job"):
            self._settle_job(article, steps)
        article_id = steps.get("article") or self._published(article)[0]
        if article_id:
            steps.keep()
            self._gone(lambda: self.call("freepublish/delete", {"article_id": article_id}), NO_ARTICLE)
            steps.keep(deleted=article_id, article="", url="", draft="", job="", since="")
            return
        media_id = self._draft_of(article, WAY)
        if media_id:
            steps.keep()
            self._gone(lambda: self.call("draft/delete", {"media_id": media_id}), NO_MEDIA)
        elif steps.get("since") and self._age_s(steps) < COMES_WITHIN_S:
            raise StillWorking(1)  # submitted, used up, and not to be seen yet
        steps.keep(draft="", job="", since="")

    def prove(self, article: Article, steps: Steps, *, is_live: bool) -> str:
        if not is_live:
            if self._published(article)[0] or self._is_public(steps.get("deleted"), article):
                raise not_proved()
            return f"absent: {article.external_id}"
        article_id = steps.get("article")
        if not self._is_public(article_id, article):
            raise not_proved()
        return f"title and source of {article_id}"

    def check(self) -> str:
        self.call("draft/batchget", {"offset": 0, "count": 1, "no_content": 1})
        return "the account lets us publish"

    def close(self) -> None:
        self._client.close()

    # --- shared with the mass send ---

    def find_or_add_draft(self, article: Article, steps: Steps, way: str) -> str:
        """The one draft of this article for this way; the draft box is looked through before one is added."""
        media_id = steps.get("draft") or self._draft_of(article, way)
        if not media_id:
            made = self._compose(article, steps, way)
            steps.keep()
            try:
                media_id = str(self.call("draft/add", {"articles": [made]})["media_id"])
            except PlatformError as error:
                if error.errcode == NO_MEDIA:  # somebody emptied the library of the account
                    self._shelf.forget(cover.name_of(article.license_name))
                raise
        steps.keep(draft=media_id)
        return media_id

    def call(self, endpoint: str, data: dict[str, Any]) -> dict[str, Any]:
        try:
            return self._client.call(endpoint, data)
        except PlatformError as error:
            error.permanent = error.errcode in FOR_GOOD
            raise

    # --- steps ---

    def _find_or_submit(self, article: Article, steps: Steps) -> None:
        article_id, url = self._published(article)
        if article_id:
            steps.keep(article=article_id, url=url, job="", since="")
            return
        if steps.get("since"):
            self._seek_submission(article, steps)
        media_id = self.find_or_add_draft(article, steps, WAY)
        steps.keep(since=f"{clock.now().timestamp():.3f}")
        try:
            told = self.call("freepublish/submit", {"media_id": media_id})
        except GatewayError as error:
            self._note_refusal(error, steps)
            raise
        steps.keep(job=str(told["publish_id"]))

    def _seek_submission(self, article: Article, steps: Steps) -> None:
        """Nobody answered for it: its draft, used up or not, tells whether it arrived.

        Raises StillWorking while an article may come of it. The draft that is still there may be submitted
        again: it is used up once, so no second article comes of it.
        """
        age_s = self._age_s(steps)
        is_used_up = not self._draft_of(article, WAY)
        if age_s < (COMES_WITHIN_S if is_used_up else self._resubmit_after_s):
            raise StillWorking(max(LOOK_S, age_s / 4))
        if is_used_up:
            steps.keep(draft="", since="")

    def _note_refusal(self, error: GatewayError, steps: Steps) -> None:
        """A refusal by the platform, or a call that never left, is no submission that may have arrived."""
        if isinstance(error, PlatformError) and error.errcode == NO_MEDIA:
            steps.keep(draft="")
        elif isinstance(error, PlatformError) or not error.sent:
            steps.keep(since="")

    def _await_result(self, article: Article, steps: Steps) -> None:
        self._settle_job(article, steps)
        if not steps.get("article"):
            raise StillWorking(0)

    def _settle_job(self, article: Article, steps: Steps) -> None:
        """What became of the submission. Raises StillWorking while it runs, GatewayError when it failed."""
        try:
            told = self.call("freepublish/get", {"publish_id": steps.get("job")})
        except PlatformError as error:
            if error.errcode != NO_JOB:
                raise
            steps.keep(job="")
            return
        status = int(told.get("publish_status", RUNNING))
        if status == RUNNING:
            asked = int(steps.get("asked") or 0)
            steps.keep(asked=str(asked + 1))
            raise StillWorking(PAUSES_S[min(asked, len(PAUSES_S) - 1)])
        if status == DONE:
            items = (told.get("article_detail") or {}).get("item") or [{}]
            url = str(items[0].get("article_url", ""))
            steps.keep(article=str(told["article_id"]), url=url, job="", since="")
            return
        article_id, url = self._published(article)  # another submission of the same draft came first
        steps.keep(article=article_id, url=url, job="", since="", draft="")
        if not article_id:
            raise GatewayError(f"publish-status-{status}", permanent=True)

    def _compose(self, article: Article, steps: Steps, way: str) -> dict[str, object]:
        if not steps.get("code"):
            address = account_draft.source_url(article, self._masthead, way)
            picture = account_draft.code_picture(address)
            steps.keep(code=str(self._client.upload("media/uploadimg", "code.png", picture)["url"]))
        cover_id = self._cover(article.license_name)
        return account_draft.draft(article, self._masthead, way, cover_id, steps.get("code"))

    def _cover(self, kind: str) -> str:
        """The permanent picture of this kind of license; the library is asked before it is uploaded."""
        name = cover.name_of(kind)
        media_id = self._shelf.get(name)
        if media_id:
            return media_id
        listed = self.call("material/batchget_material", {"type": "image", "offset": 0, "count": PAGE})
        found = [one["media_id"] for one in listed.get("item", []) if one.get("name") == name]
        media_id = found[0] if found else self._upload_cover(name, kind)
        self._shelf.keep(name, media_id)
        return media_id

    def _upload_cover(self, name: str, kind: str) -> str:
        told = self._client.upload("material/add_material", name, cover.cover(kind), type="image")
        return str(told["media_id"])

    # --- looking up ---

    def _draft_of(self, article: Article, way: str) -> str:
        wanted = account_draft.source_url(article, self._masthead, way)
        return next((key for key, _ in self._listed("draft/batchget", "media_id", wanted)), "")

    def _published(self, article: Article) -> tuple[str, str]:
        """The id and address of our article among those that are public; empty when there is none."""
        wanted = account_draft.source_url(article, self._masthead, WAY)
        return next(self._listed("freepublish/batchget", "article_id", wanted), ("", ""))

    def _listed(self, endpoint: str, key: str, wanted: str) -> Iterator[tuple[str, str]]:
        for page in range(PAGES):
            asked = {"offset": page * PAGE, "count": PAGE, "no_content": 1}
            items = self.call(endpoint, asked).get("item") or []
            for item in items:
                told = ((item.get("content") or {}).get("news_item") or [{}])[0]
                if told.get("content_source_url") == wanted:
                    yield str(item[key]), str(told.get("url", ""))
            if len(items) < PAGE:
                return

    def _is_public(self, article_id: str, article: Article) -> bool:
        if not article_id:
            return False
        try:
            told = self.call("freepublish/getarticle", {"article_id": article_id})
        except PlatformError as error:
            if error.errcode == NO_ARTICLE:
                return False
            raise
        item = (told.get("news_item") or [{}])[0]
        same_source = item.get("content_source_url") == account_draft.source_url(article, self._masthead, WAY)
        same_title = item.get("title") == account_title(article.title)
        return same_source and same_title and not item.get("is_deleted")

    def _age_s(self, steps: Steps) -> float:
        return clock.now().timestamp() - float(steps.get("since") or 0)

    def _gone(self, delete: Callable[[], object], absent: int) -> None:
        try:
            delete()
        except PlatformError as error:
            if error.errcode != absent:
                raise
