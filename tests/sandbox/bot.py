"""A bot and a sandbox that talk to each other in tests; the bot is built on wechatpy, the oracle."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from xml.etree import ElementTree

import requests
from flask import Flask, Response, request
from wechatpy.crypto import WeChatCrypto
from wechatpy.replies import TextReply

from sandbox import server
from sandbox.server import RunningServer
from sandbox.settings import Settings

APP_ID, SECRET = "wx0000000000000001", "0" * 32
TOKEN, AES_KEY = "token-of-the-tests", "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
ORIGINAL_ID = "gh_test00000001"
CRYPTO = WeChatCrypto(TOKEN, AES_KEY, APP_ID)

Behaviour = Callable[["Bot", dict[str, str], bytes], Any]


BUSINESS_KEY = "business-system-key"
E_LICENSE_KEY = "e-license-library-key"
REGULATOR_KEY = "regulators-platform-key"
OIDC_SECRET = "secret-of-the-console"


def settings_in(folder: Any, wxbot_url: str = "http://127.0.0.1:9") -> Settings:
    return Settings(
        app_id=APP_ID,
        app_secret=SECRET,
        token=TOKEN,
        aes_key=AES_KEY,
        folder=folder,
        wxbot_url=wxbot_url,
        original_id=ORIGINAL_ID,
        sms_key="sms-key",
        cms_key="cms-key",
        business_key=BUSINESS_KEY,
        e_license_key=E_LICENSE_KEY,
        regulator_key=REGULATOR_KEY,
        oidc_client_secret=OIDC_SECRET,
    )


def echo(bot: "Bot", message: dict[str, str], body: bytes) -> str:
    if message["MsgType"] != "text":
        return "success"
    return bot.reply(message, f"收到：{message['Content']}")


@dataclass
class Bot:
    """Keeps every message and raw body it got; `behave` decides the answer."""

    behave: Behaviour = echo
    messages: list[dict[str, str]] = field(default_factory=list)
    requests: list[tuple[str, bytes]] = field(default_factory=list)
    running: RunningServer | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def start(self) -> str:
        app = Flask("bot")
        app.add_url_rule("/wechat/callback", "callback", self._callback, methods=["POST"])
        app.add_url_rule("/wechat/callback", "verify", self._verify, methods=["GET"])
        self.running = server.start(app)
        return self.running.url

    def events(self, name: str) -> list[dict[str, str]]:
        with self.lock:
            return [message for message in self.messages if message.get("Event") == name]

    def reply(self, message: dict[str, str], content: str) -> str:
        answer = TextReply(source=message["ToUserName"], target=message["FromUserName"], content=content)
        return str(CRYPTO.encrypt_message(answer.render(), "nonce", str(int(time.time()))))

    def _verify(self) -> str:
        return request.args["echostr"]

    def _callback(self) -> Any:
        body = request.get_data()
        args = request.args
        xml = CRYPTO.decrypt_message(body, args["msg_signature"], args["timestamp"], args["nonce"])
        message = {child.tag: child.text or "" for child in ElementTree.fromstring(xml)}
        with self.lock:
            self.messages.append(message)
            self.requests.append((request.url, body))
        return self.behave(self, message, body)


@dataclass
class Sandbox:
    """The sandbox by HTTP, as tests and the bot see it."""

    url: str
    bot: Bot

    def post(self, path: str, value: Any = None) -> Any:
        return requests.post(f"{self.url}{path}", json=value, timeout=30).json()

    def get(self, path: str) -> Any:
        return requests.get(f"{self.url}{path}", timeout=30).json()

    def token(self) -> str:
        wanted = {"grant_type": "client_credential", "appid": APP_ID, "secret": SECRET}
        return str(self.post("/cgi-bin/stable_token", wanted)["access_token"])

    def follower(self, **fields: Any) -> str:
        return str(self.post("/sandbox/people", {"name": "张示例", "follows": True, **fields})["openid"])

    def send(self, openid: str, client_msg_id: str = "", token: str = "", **data: str) -> Any:
        message = {
            "touser": openid,
            "template_id": "T1",
            "url": "http://127.0.0.1/h5",
            "data": {key: {"value": value} for key, value in (data or {"thing1": "食品经营许可证"}).items()},
            "client_msg_id": client_msg_id,
        }
        return self.post(f"/cgi-bin/message/template/send?access_token={token or self.token()}", message)

    def shown(self, channel: str) -> list[dict[str, Any]]:
        lines = requests.get(f"{self.url}/sandbox/shown", timeout=30).iter_lines()
        entries = [requests.compat.json.loads(line) for line in lines]
        return [entry for entry in entries if entry["channel"] == channel]


def within(seconds: float, condition: Callable[[], bool]) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if condition():
            return True
        time.sleep(0.02)
    return False


def refuse(bot: Bot, message: dict[str, str], body: bytes) -> Response:
    return Response("Bad Gateway", status=502)
