"""A person in front of pages, who sends forms with the token of the page before, without scripts."""

import re
from dataclasses import dataclass, field

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
WECHAT = "Mozilla/5.0 (Linux; Android 14) MicroMessenger/8.0.50"


@dataclass
class Reader:
    """`openid` is whom WeChat vouched for; "" is a browser outside of WeChat."""

    app: Flask
    openid: str = ""
    address: str = "192.0.2.1"
    client: FlaskClient = field(init=False)
    page: str = ""
    last: TestResponse | None = None

    def __post_init__(self) -> None:
        self.client = self.app.test_client()
        if self.openid:
            with self.client.session_transaction(path="/h5/") as kept:
                kept["openid"] = self.openid

    def get(self, path: str, agent: str = "") -> str:
        headers = {"User-Agent": agent} if agent else {}
        return self._read(self.client.get(path, headers=headers, environ_base=self._from))

    def post(self, path: str, **values: object) -> str:
        """Without following where the answer leads."""
        token = TOKEN.search(self.page)
        data = {"csrf_token": token[1] if token else "", **values}
        return self._read(self.client.post(path, data=data, environ_base=self._from))

    @property
    def status(self) -> int:
        assert self.last is not None
        return self.last.status_code

    @property
    def goes_to(self) -> str:
        assert self.last is not None
        return str(self.last.headers.get("Location", ""))

    @property
    def _from(self) -> dict[str, str]:
        return {"REMOTE_ADDR": self.address}

    def _read(self, answer: TestResponse) -> str:
        self.last = answer
        if TOKEN.search(answer.text):
            self.page = answer.text
        return answer.text
