"""The one hardened wechatpy client: a shared stable token, one retry, time limits, no secret in any error."""

import json
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urlencode

import redis
from redis.exceptions import LockError, RedisError
from urllib3.filepost import encode_multipart_formdata
from wechatpy.client import WeChatClient
from wechatpy.exceptions import WeChatClientException

from jobs.gateways.transport import Answer, Transport, json_object
from reminders.errors import GatewayError

TOKEN_FAULTS = frozenset({40001, 40014, 42001})
RENEW_BEFORE_S = 300  # the platform issues the next token five minutes early
SHORTEST_LIFE_S = 30
FORCE_EVERY_S = 3600  # the platform obeys 20 forced refreshes a day, and each kills the token of others
ASK_AGAIN_AFTER_S = 10  # with a token that is refused although the platform says it is good
LOCK_S = 4  # whoever was killed with it holds nobody up longer; asking twice gives the same token twice
WAIT_FOR_LOCK_S = 15
KEPT_IN_MEMORY_S = 60.0
FAILURE_KEPT_S = 2.0  # those who waited for a token that did not come are told so, without asking again
RID = re.compile(r"rid:\s*([0-9A-Za-z-]{1,64})")


class PlatformError(GatewayError):
    """The platform answered with this errcode; `at_token` when the call itself was not even tried.

    `answer` is what else stood beside the code, for example the number of a job that ran before.
    """

    def __init__(
        self, errcode: int, rid: str, *, at_token: bool = False, answer: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(str(errcode), permanent=False, sent=not at_token)
        self.errcode = errcode
        self.rid = rid
        self.at_token = at_token
        self.answer = answer or {}


@dataclass(frozen=True)
class _Token:
    text: str
    good_until_s: float


class HardenedClient(WeChatClient):  # type: ignore[misc]
    """Use `call`; all it raises is a GatewayError. Make it after any fork, share it between threads."""

    def __init__(
        self, app_id: str, secret: str, base_url: str, store: redis.Redis, transport: Transport
    ) -> None:
        super().__init__(app_id, secret, auto_retry=False)
        self.API_BASE_URL = f"{base_url}/cgi-bin/"
        self._transport = transport
        self._http = _Pooled(transport)  # in the place of requests.Session
        self._store = store
        self._keys = f"wx:{app_id}:"
        self._refreshing = threading.Lock()
        self._kept: _Token | None = None
        self._failed: tuple[float, GatewayError] | None = None

    @property
    def access_token(self) -> str:
        kept = self._kept
        if kept is not None and time.monotonic() < kept.good_until_s:
            return kept.text
        return self._refresh(stale=None)

    def call(self, endpoint: str, data: dict[str, Any]) -> dict[str, Any]:
        """POST to /cgi-bin/<endpoint>: the answer when its errcode is 0.

        Raises PlatformError with the errcode; GatewayError for every other failure, with `sent` False only
        when the call itself certainly did not leave.
        """
        return self._trying(lambda token: self._once(endpoint, data, token))

    def fetch(self, endpoint: str, **query: str) -> dict[str, Any]:
        """The same by GET; `query` without the token."""
        return self._trying(lambda token: self._once(endpoint, None, token, query))

    def upload(self, endpoint: str, file_name: str, content: bytes, **query: str) -> dict[str, Any]:
        """The same for a picture, which goes out whole on the second try too; `query` without the token."""
        return self._trying(lambda token: self._upload_once(endpoint, file_name, content, query, token))

    def close(self) -> None:
        self._transport.close()

    def _trying(self, once: Callable[[str], dict[str, Any]]) -> dict[str, Any]:
        token = self.access_token
        try:
            return once(token)
        except PlatformError as error:
            if error.errcode not in TOKEN_FAULTS:
                raise
            fresh = self._refresh(stale=token)
            if fresh == token:
                raise
        return once(fresh)

    def _upload_once(
        self, endpoint: str, file_name: str, content: bytes, query: Mapping[str, str], token: str
    ) -> dict[str, Any]:
        fields = {"media": (file_name, content, "image/png")}
        body, media_type = encode_multipart_formdata(fields)
        address = f"{self.API_BASE_URL}{endpoint}?{urlencode({**query, 'access_token': token})}"
        answer = json_object(
            self._transport.request("POST", address, body=body, headers={"Content-Type": media_type})
        )
        if answer.get("errcode"):
            raise _platform_error(answer["errcode"], answer.get("errmsg"))
        return answer

    def _once(
        self,
        endpoint: str,
        data: dict[str, Any] | None,
        token: str,
        query: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        params = {**(query or {}), "access_token": token}
        try:
            if data is None:
                answer = self.get(endpoint, params=params)
            else:
                answer = self.post(endpoint, data=data, params=params)
        except WeChatClientException as error:
            told = _platform_error(error.errcode, error.errmsg)
            told.answer = _beside(error)
            raise told from None
        except (ValueError, TypeError):
            raise GatewayError("not-understood", permanent=False) from None
        return cast(dict[str, Any], answer)

    def _refresh(self, *, stale: str | None) -> str:
        """A token other than `stale` if there is one; one caller anywhere asks the platform at a time."""
        with self._refreshing:
            kept = self._kept
            if kept is not None and kept.text != stale and time.monotonic() < kept.good_until_s:
                return kept.text
            if self._failed is not None and time.monotonic() < self._failed[0]:
                raise self._failed[1]
            try:
                found = self._shared(stale)
            except GatewayError as error:
                self._failed = (time.monotonic() + FAILURE_KEPT_S, error)
                raise
            self._kept = _Token(found, time.monotonic() + KEPT_IN_MEMORY_S)
            return found

    def _shared(self, stale: str | None) -> str:
        try:
            return self._from_store(stale)
        except (RedisError, LockError) as error:
            word = f"token-store-{type(error).__name__}"
            raise GatewayError(word, permanent=False, sent=False) from None

    def _from_store(self, stale: str | None) -> str:
        place = f"{self._keys}token"
        found = self._stored(place)
        if found and found != stale:
            return found
        with self._store.lock(
            f"{self._keys}token-lock",
            timeout=LOCK_S,
            blocking_timeout=WAIT_FOR_LOCK_S,
            raise_on_release_error=False,
        ):
            found = self._stored(place)
            if found and found != stale:
                return found
            if stale and not self._store.set(f"{self._keys}token-asked", 1, nx=True, ex=ASK_AGAIN_AFTER_S):
                return stale
            text, life_s = self._ask(force=False)
            if text == stale and self._store.set(f"{self._keys}token-forced", 1, nx=True, ex=FORCE_EVERY_S):
                text, life_s = self._ask(force=True)
            self._store.set(place, text, ex=max(life_s - RENEW_BEFORE_S, SHORTEST_LIFE_S))
            return text

    def _stored(self, place: str) -> str:
        found = self._store.get(place)
        return found.decode() if isinstance(found, bytes) else found or ""

    def _ask(self, *, force: bool) -> tuple[str, int]:
        """Token and remaining seconds. Whatever fails here, the call it was wanted for has not left."""
        wanted = {
            "grant_type": "client_credential",
            "appid": self.appid,
            "secret": self.secret,
            "force_refresh": force,
        }
        try:
            answer = json_object(
                self._transport.request(
                    "POST",
                    f"{self.API_BASE_URL}stable_token",
                    body=json.dumps(wanted).encode(),
                    headers={"Content-Type": "application/json"},
                )
            )
            if answer.get("errcode"):
                error = _platform_error(answer["errcode"], answer.get("errmsg"))
                raise PlatformError(error.errcode, error.rid, at_token=True)
            return str(answer["access_token"]), int(answer.get("expires_in", 7200))
        except PlatformError:
            raise
        except (GatewayError, KeyError, ValueError) as error:
            reason = error.reason if isinstance(error, GatewayError) else "not-understood"
            raise GatewayError(f"token-{reason}", permanent=False, sent=False) from None


class _Pooled:
    """What wechatpy asks of its HTTP session, over our transport; only JSON objects come back."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def request(
        self, *, method: str, url: str, params: dict[str, str], timeout: object, data: bytes = b""
    ) -> Any:
        answer = self._transport.request(
            method.upper(),
            f"{url}?{urlencode(params)}",
            body=data,
            headers={"Content-Type": "application/json; charset=utf-8"},
        )
        json_object(answer)
        return _Response(answer)


class _Response:
    def __init__(self, answer: Answer) -> None:
        self.content = answer.body
        self.request = None

    def raise_for_status(self) -> None:
        """Another status than 200 was refused before."""


def _beside(error: WeChatClientException) -> Mapping[str, Any]:
    """The whole answer of a refusal; nothing when there was none."""
    try:
        found = json.loads(error.response.content)
    except (AttributeError, TypeError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _platform_error(errcode: object, errmsg: object) -> PlatformError:
    found = RID.search(str(errmsg))
    try:
        return PlatformError(int(str(errcode)), found.group(1) if found else "")
    except ValueError:
        return PlatformError(-1, "")
