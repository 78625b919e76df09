"""The HTTP transport of the gateways: what it reads, what it refuses, and whether anything may have left."""

import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from jobs.gateways.transport import LARGEST_ANSWER, Answer, Transport
from reminders.errors import GatewayError

OK = b"HTTP/1.1 200 OK\r\n"
FIXED = OK + b"Content-Length: 5\r\n\r\nhello"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n3;x=y\r\nhel\r\n2\r\nlo\r\n0\r\nTrailer: x\r\n\r\n"
UNTIL_CLOSED = OK + b"Content-Type: text/plain\r\n\r\nhello"


def whole_request(connection: socket.socket) -> bytes:
    """Head and body, or nothing when the other side left."""
    got = b""
    while part := connection.recv(65536):
        got += part
        head, mark, body = got.partition(b"\r\n\r\n")
        length = re.search(rb"Content-Length: (\d+)", head)
        if mark and len(body) >= int(length[1] if length else 0):
            return got
    return b""


@contextmanager
def server(*answers: bytes | Callable[[socket.socket], None]) -> Iterator[tuple[str, list[bytes]]]:
    """Answers one request after the other on as many connections as come; keeps what it was asked."""
    listener = socket.create_server(("127.0.0.1", 0))
    asked: list[bytes] = []
    waiting = list(answers)

    def talk(connection: socket.socket) -> None:
        with connection:
            while waiting and (got := whole_request(connection)):
                asked.append(got)
                answer = waiting.pop(0)
                if callable(answer):
                    answer(connection)
                    return
                connection.sendall(answer)

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=talk, args=(connection,), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", asked
    finally:
        listener.close()


def dripping(content: bytes, size: int) -> Callable[[socket.socket], None]:
    """Sends these bytes in pieces, and then ends."""

    def answer(connection: socket.socket) -> None:
        for start in range(0, len(content), size):
            connection.sendall(content[start : start + size])

    return answer


def read(content: bytes, size: int = 1 << 20) -> Answer:
    with server(dripping(content, size)) as (base, _asked):
        return Transport(1, read_s=1).request("POST", base, body=b"x")


@pytest.mark.parametrize("size", [1, 7, 1 << 20])
@pytest.mark.parametrize("content", [FIXED, CHUNKED, UNTIL_CLOSED])
def test_answer_is_read_whole_however_it_comes(content: bytes, size: int) -> None:
    assert read(content, size) == Answer(200, b"hello")


def test_answer_without_a_body_ends_at_its_head() -> None:
    assert read(b"HTTP/1.1 204 No Content\r\n\r\n") == Answer(204, b"")
    assert read(b"HTTP/1.1 100 Continue\r\n\r\n" + FIXED) == Answer(200, b"hello")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        FIXED[:-1],
        b"<html>not HTTP</html>\r\n\r\n",
        CHUNKED[:-20],
        CHUNKED.replace(b"3;x=y", b"zz"),
        OK + b"X: " + b"x" * 70_000,
        OK + b"Content-Length: %d\r\n\r\n" % (LARGEST_ANSWER + 1) + bytes(LARGEST_ANSWER + 1),
        OK + b"\r\n" + b"x" * (LARGEST_ANSWER + 1),
    ],
)
def test_answer_that_is_none_may_have_been_acted_upon(content: bytes) -> None:
    with pytest.raises(GatewayError) as caught:
        read(content)
    assert caught.value.sent


def test_connection_is_used_again_and_a_closed_one_is_not() -> None:
    def answer_and_leave(connection: socket.socket) -> None:
        connection.sendall(FIXED)

    with server(FIXED, answer_and_leave, FIXED) as (base, asked):
        transport = Transport(2)
        for number in range(3):
            assert transport.request("POST", f"{base}/a?n={number}", body=b"x").body == b"hello"
            time.sleep(0.05)  # for the closing to arrive
        transport.close()
    assert [line.split(b" ")[1] for line in asked] == [b"/a?n=0", b"/a?n=1", b"/a?n=2"]
    assert b"Content-Length: 1\r\n" in asked[0]


def test_refused_connection_left_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(GatewayError) as refused:
        Transport(1).request("GET", f"http://127.0.0.1:{port}/")
    assert (refused.value.sent, refused.value.reason) == (False, "ConnectionRefusedError")


@pytest.mark.parametrize(
    "url", ["http://a b/", "ftp://127.0.0.1/", "http://127.0.0.1:99999/", "http://x/\x7f\xe9"]
)
def test_address_that_cannot_be_is_refused(url: str) -> None:
    with pytest.raises(GatewayError) as refused:
        Transport(1).request("GET", url)
    assert not refused.value.sent


def test_header_cannot_smuggle_another_one() -> None:
    with server(FIXED) as (base, asked):
        with pytest.raises(GatewayError) as refused:
            Transport(1).request("GET", base, headers={"X": "a\r\nY: b"})
        assert (refused.value.sent, refused.value.permanent) == (False, True)
        assert asked == []


def test_silence_and_a_reset_may_have_been_acted_upon() -> None:
    with server(lambda connection: time.sleep(1), lambda connection: None) as (base, _asked):
        for word in ("read-timeout", "RemoteDisconnected"):
            with pytest.raises(GatewayError, match=word) as lost:
                Transport(1, read_s=0.2).request("POST", base, body=b"x")
            assert lost.value.sent


def test_certificate_nobody_vouches_for_is_refused_before_anything_left(tmp_path: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(self_signed(tmp_path))
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            try:
                context.wrap_socket(listener.accept()[0], server_side=True)
            except OSError:
                return

        threading.Thread(target=serve, daemon=True).start()
        with pytest.raises(GatewayError) as refused:
            Transport(1).request("POST", f"https://127.0.0.1:{listener.getsockname()[1]}/", body=b"secret")
    assert (refused.value.sent, refused.value.reason) == (False, "SSLCertVerificationError")


def self_signed(folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(days=1))
    place = folder / "server.pem"
    place.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        + made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    )
    return place
