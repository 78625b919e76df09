"""A WeChat callback with one indexed query: our bot against wechatpy's README in Flask with the ORM."""

import subprocess
import time
from collections.abc import Callable
from urllib.parse import urlencode

from sandbox import wechat_crypto
from tests.bench import ground
from tests.bench.measure import Sample, Sizes, check, compare
from tests.bench.serving import AES_KEY, APP_ID, ORIGINAL_ID, TOKEN, loaded, served

FOLLOWERS = 2_000  # who write in turns, so that no limit per person strikes


def run(sizes: Sizes) -> None:
    licenses, messages = sizes.pick(1_000_000, 20_000), sizes.pick(6_000, 600)
    with ground.databases() as found:
        for name, database in found:
            ground.fill(database, licenses)
            with (
                served(database, "wxbot.app:create_app()") as ours,
                served(database, "tests.bench.naive_bot:create_app()") as naive,
            ):
                compare(f"callback with one query, {licenses:,} licenses, {name}",
                        _measured(ours, messages), _measured(naive, messages),
                        rounds=sizes.rounds, goal="≥ 3×")  # fmt: skip


def _measured(server: subprocess.Popen[bytes], messages: int) -> Callable[[], Sample]:
    port = int(server.port)  # type: ignore[attr-defined]

    def measure() -> Sample:
        sample, first = loaded(server, [_request(port, number) for number in range(messages)])
        check("证" in _opened(first), "no license in the reply")
        return sample

    return measure


def _request(port: int, number: int) -> bytes:
    timestamp, nonce = str(int(time.time())), f"{time.perf_counter_ns()}"
    sender = ground.openid(2 * (number % FOLLOWERS + 1))
    xml = wechat_crypto.to_xml({
        "ToUserName": ORIGINAL_ID, "FromUserName": sender, "CreateTime": timestamp, "MsgType": "text",
        "Content": "我的证照", "MsgId": str(time.time_ns()),
    })  # fmt: skip
    sealed = wechat_crypto.encrypt(xml, AES_KEY, APP_ID)
    body = wechat_crypto.to_xml({"ToUserName": ORIGINAL_ID, "Encrypt": sealed}).encode()
    query = urlencode({
        "signature": wechat_crypto.sign(TOKEN, timestamp, nonce), "timestamp": timestamp, "nonce": nonce,
        "openid": sender, "encrypt_type": "aes",
        "msg_signature": wechat_crypto.sign(TOKEN, timestamp, nonce, sealed),
    })  # fmt: skip
    head = f"POST /wechat/callback?{query} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: text/xml\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def _opened(reply: str) -> str:
    sealed = str(wechat_crypto.from_xml(reply)["Encrypt"])
    return wechat_crypto.decrypt(sealed, AES_KEY, APP_ID)
