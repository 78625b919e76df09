"""A person signed in to the holders' pages, who fills in forms as a browser without scripts does."""

import re
from dataclasses import dataclass

from flask import Flask, session
from werkzeug.test import TestResponse

TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


def side_entrance(app: Flask) -> None:
    """`/h5/as/<openid>` signs a person in."""

    @app.get("/h5/as/<openid>")
    def sign_in(openid: str) -> str:
        session["openid"] = openid
        return ""


@dataclass
class Reader:
    """`path` is where forms are found: its token goes with every one of them."""

    app: Flask
    openid: str

    def __post_init__(self) -> None:
        self.client = self.app.test_client()
        self.client.get(f"/h5/as/{self.openid}")

    def get(self, path: str) -> str:
        return self.client.get(path).text

    def post(self, path: str, form_on: str, **fields: object) -> TestResponse:
        token = TOKEN.search(self.get(form_on))
        assert token, form_on
        return self.client.post(path, data={"csrf_token": token[1], **fields}, follow_redirects=True)
