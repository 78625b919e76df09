"""Opens and closes WeChat's encrypted envelopes; refuses everything that is not exactly one of them."""

import hashlib
import hmac
import re
import struct
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from xml.parsers import expat

from wechatpy.crypto import PrpCrypto, WeChatCrypto
from wechatpy.exceptions import InvalidAppIdException

LARGEST_BODY = 64 * 1024
MOST_ELEMENTS = 300
DEEPEST = 8
CLOCK_SKEW_S = 300
NONCE = re.compile(r"[A-Za-z0-9_-]{1,64}")
TIMESTAMP = re.compile(r"\d{1,12}")
ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, section 2.2
DECLARATION = re.compile(r"<!\s*(DOCTYPE|ENTITY|ELEMENT|ATTLIST|NOTATION)", re.IGNORECASE)


class Refused(Exception):
    """The request is not an authentic message; `status` is the HTTP answer, the text a reason for the log."""

    def __init__(self, reason: str, status: int = 400) -> None:
        super().__init__(reason)
        self.status = status


@dataclass(frozen=True)
class Keys:
    """What WeChat and this installation share. `aes_keys`: the current one first, then the previous."""

    app_id: str
    token: str
    aes_keys: tuple[str, ...]
    original_id: str


@dataclass(frozen=True)
class Query:
    """The signed part of a callback's address."""

    signature: str
    timestamp: str
    nonce: str


def check_echo(keys: Keys, query: Query, now: datetime) -> None:
    """URL verification: the plain signature over token, time and nonce. Raises Refused."""
    _check(query, sign(keys.token, query.timestamp, query.nonce), now)


def open_message(keys: Keys, query: Query, body: bytes, now: datetime) -> dict[str, str]:
    """The fields of an authentic message. Raises Refused.

    `msg_signature` covers the cipher text; the plain `signature` does not and is never looked at.
    """
    if body.lstrip()[:1] in (b"{", b"["):
        raise Refused("JSON: the console must be set to XML", 415)
    cipher_text = read_fields(body).get("Encrypt", "")
    if not cipher_text:
        raise Refused("not in safe mode")
    _check(query, sign(keys.token, query.timestamp, query.nonce, cipher_text), now)
    fields = read_fields(_decrypt(keys, cipher_text).encode())
    if not fields.get("FromUserName") or not fields.get("MsgType"):
        raise Refused("no sender or no type")
    if keys.original_id and fields.get("ToUserName") != keys.original_id:
        raise Refused("meant for another account", 403)
    return fields


def close_reply(keys: Keys, xml: str, query: Query) -> str:
    """The encrypted answer to a request."""
    crypto = WeChatCrypto(keys.token, keys.aes_keys[0], keys.app_id)
    return str(crypto.encrypt_message(xml, query.nonce, query.timestamp))


def sign(*parts: str) -> str:
    """SHA-1 over the sorted parts, as the platform defines it."""
    return hashlib.sha1("".join(sorted(parts)).encode(), usedforsecurity=False).hexdigest()


def read_fields(body: bytes) -> dict[str, str]:
    """Text of the elements directly below the root, and one floor deeper as `above.below`, the first of each.

    The third floor is kept for `listed`; still deeper ones only count against the limits. Raises Refused on
    anything that is not one small plain XML document without doubled fields.
    """
    if len(body) > LARGEST_BODY:
        raise Refused("too large", 413)
    try:
        text = ILLEGAL.sub("", body.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise Refused("not UTF-8") from error
    if DECLARATION.search(text):
        raise Refused("document type declaration")
    reader = _Reader()
    try:
        reader.parser.Parse(text.encode(), True)
    except expat.ExpatError as error:
        raise Refused("not XML") from error
    return reader.fields


def listed(fields: Mapping[str, str], name: str) -> list[dict[str, str]]:
    """The elements of a list that `read_fields` met as `above.below`, each with its own texts."""
    found: dict[str, dict[str, str]] = {}
    for path, text in fields.items():
        if path.startswith(f"{name}."):
            place, _, key = path[len(name) + 1 :].partition(".")
            found.setdefault(place, {})[key] = text
    return list(found.values())


class _Reader:
    """Collects the fields while expat walks; a tree is never built, so depth costs nothing."""

    def __init__(self) -> None:
        self.fields: dict[str, str] = {}
        self.depth = self.elements = 0
        self.above = self.below = ""
        self.words: list[str] = []
        self.parser = expat.ParserCreate("utf-8")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text

    def _start(self, name: str, _attributes: dict[str, Any]) -> None:
        self.depth += 1
        self.elements += 1
        if self.depth > DEEPEST or self.elements > MOST_ELEMENTS:
            raise Refused("too many elements")
        if self.depth == 2:
            self.above = name
        elif self.depth == 3:
            self.below = f"{self.above}.{name}.{self.elements}"
        self.words.clear()

    def _text(self, data: str) -> None:
        if 2 <= self.depth <= 4:
            self.words.append(data)

    def _end(self, name: str) -> None:
        if self.depth == 2:
            if name in self.fields:
                raise Refused("a field stands twice")
            self.fields[name] = "".join(self.words).strip()
        if self.depth == 3:
            self.fields.setdefault(f"{self.above}.{name}", "".join(self.words).strip())
        if self.depth == 4:
            self.fields.setdefault(f"{self.below}.{name}", "".join(self.words).strip())
        self.words.clear()
        self.depth -= 1


def _check(query: Query, expected: str, now: datetime) -> None:
    if not NONCE.fullmatch(query.nonce) or not TIMESTAMP.fullmatch(query.timestamp):
        raise Refused("unsigned")
    if not hmac.compare_digest(expected.encode(), query.signature.encode()):
        raise Refused("wrong signature", 403)
    if abs(now.timestamp() - int(query.timestamp)) > CLOCK_SKEW_S:
        raise Refused("too old or from the future", 403)


def _decrypt(keys: Keys, cipher_text: str) -> str:
    for key in keys.aes_keys:
        try:
            return str(_cipher(key).decrypt(cipher_text, keys.app_id))
        except (InvalidAppIdException, ValueError, IndexError, struct.error):
            continue
    raise Refused("cannot be decrypted, or for another app", 403)


@lru_cache(maxsize=4)
def _cipher(encoding_aes_key: str) -> PrpCrypto:
    return PrpCrypto(b64decode(encoding_aes_key + "="))
