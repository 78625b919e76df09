"""Plays the WeChat platform against the door, with signing and encryption of its own."""

import base64
import hashlib
import os
import re
import struct
import time
from dataclasses import dataclass, field
from itertools import count
from urllib.parse import urlencode

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from flask import Flask
from werkzeug.test import TestResponse

APP_ID = "wx0000000000000002"
TOKEN = "token-of-the-door-tests"
AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
PREVIOUS_AES_KEY = "GFEDCBA9876543210zyxwvutsrqponmlkjihgfedcba"
ORIGINAL_ID = "gh_door00000001"

# A tap sends the words it shows, so a person reads the words.
TAP = re.compile(r'<a href="weixin://bizmsgmenu\?msgmenucontent=[^"]*">(.*?)</a>')
_ids = count(1)


def sign(*parts: str) -> str:
    return hashlib.sha1("".join(sorted(parts)).encode()).hexdigest()


def seal(text: str | bytes, *, key: str = AES_KEY, app_id: str = APP_ID) -> str:
    data = text.encode() if isinstance(text, str) else text
    body = os.urandom(16) + struct.pack(">I", len(data)) + data + app_id.encode()
    padding = 32 - len(body) % 32
    encryptor = _cipher(key).encryptor()
    return base64.b64encode(
        encryptor.update(body + bytes([padding]) * padding) + encryptor.finalize()
    ).decode()


def unseal(text: str, *, key: str = AES_KEY, app_id: str = APP_ID) -> str:
    decryptor = _cipher(key).decryptor()
    body = decryptor.update(base64.b64decode(text)) + decryptor.finalize()
    body = body[: -body[-1]]
    (length,) = struct.unpack(">I", body[16:20])
    assert body[20 + length :].decode() == app_id
    return body[20 : 20 + length].decode()


def xml(fields: dict[str, str]) -> str:
    return "<xml>" + "".join(f"<{k}><![CDATA[{v}]]></{k}>" for k, v in fields.items()) + "</xml>"


def address(cipher_text: str, *, timestamp: int | None = None, nonce: str = "1320562132", **more: str) -> str:
    stamp = str(int(time.time()) if timestamp is None else timestamp)
    query = {
        "signature": sign(TOKEN, stamp, nonce),
        "timestamp": stamp,
        "nonce": nonce,
        "encrypt_type": "aes",
        "msg_signature": sign(TOKEN, stamp, nonce, cipher_text),
    }
    return "/wechat/callback?" + urlencode(query | more)


def envelope(cipher_text: str) -> bytes:
    return xml({"ToUserName": ORIGINAL_ID, "Encrypt": cipher_text}).encode()


@dataclass
class Holder:
    """A person with a phone: says things, taps, and reads what comes back."""

    app: Flask
    openid: str
    sent: list[dict[str, str]] = field(default_factory=list)

    def say(self, text: str) -> str:
        return self.send(self.message("text", Content=text))

    def tap(self, key: str) -> str:
        return self.event("CLICK", EventKey=key)

    def event(self, name: str, **more: str) -> str:
        return self.send(self.message("event", Event=name, **more))

    def message(self, kind: str, **more: str) -> dict[str, str]:
        fields = {
            "ToUserName": ORIGINAL_ID,
            "FromUserName": self.openid,
            "CreateTime": str(int(time.time())),
            "MsgType": kind,
        }
        if kind != "event":
            fields["MsgId"] = str(6054768590064713000 + next(_ids))
        return fields | more

    def send(self, fields: dict[str, str]) -> str:
        """The text of the answer; `success` when there is nothing to say."""
        self.sent.append(fields)
        answer = self.post(xml(fields))
        assert answer.status_code == 200, answer.text
        return answer.text if answer.text == "success" else read_reply(answer, self.openid)

    def again(self) -> str:
        """The platform's retry of the last message: same content, a new envelope."""
        return self.send(self.sent[-1])

    def post(self, text: str) -> TestResponse:
        cipher_text = seal(text)
        return self.app.test_client().post(
            address(cipher_text), data=envelope(cipher_text), content_type="text/xml"
        )


def read_reply(answer: TestResponse, openid: str) -> str:
    """Checks the answer as the platform would and returns the text shown to the person."""
    outer = fields_of(answer.text)
    parts = (TOKEN, outer["TimeStamp"], outer["Nonce"], outer["Encrypt"])
    assert outer["MsgSignature"] == sign(*parts)
    inner = fields_of(unseal(outer["Encrypt"]))
    assert (inner["MsgType"], inner["ToUserName"]) == ("text", openid)
    assert inner["FromUserName"] == ORIGINAL_ID
    return TAP.sub(r"\1", inner["Content"])


def fields_of(text: str) -> dict[str, str]:
    found = re.findall(r"<(\w+)>(?:<!\[CDATA\[(.*?)\]\]>|([^<]*))</\1>", text, re.DOTALL)
    assert len({name for name, _, _ in found}) == len(found)
    return {name: quoted or plain for name, quoted, plain in found}


def _cipher(key: str) -> Cipher[modes.CBC]:
    raw = base64.b64decode(key + "=")
    return Cipher(algorithms.AES(raw), modes.CBC(raw[:16]))
