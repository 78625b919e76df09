"""The HTTP transport of the gateways: what it reads, what it refuses, and whether anything may have left."""

import gzip
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
from hypothesis import given
from hypothesis import strategies as st

from jobs.gateways.http_answer import LARGEST_ANSWER, Answer, Garbled, Reader, TooLong
from jobs.gateways.transport import Transport
from reminders.errors import GatewayError

OK = b"HTTP/1.1 200 OK\r\n"
FIXED = OK + b"Content-Length: 5\r\n\r\nhello"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n3;x=y\r\nhel\r\n2\r\nlo\r\n0\r\nTrailer: x\r\n\r\n"
GZIP = gzip.compress(b"hello")
PACKED = OK + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(GZIP) + GZIP
UNTIL_CLOSED = OK + b"Content-Type: text/plain\r\n\r\nhello"


class Pieces:
    """A connection that brings these bytes in pieces of a given size, and then ends."""

    def __init__(self, content: bytes, size: int = 1 << 20) -> None:
        self.content, self.size = content, size

    def recv(self, most: int) -> bytes:
        size = min(most, self.size)
        part, self.content = self.content[:size], self.content[size:]
        return part

    def settimeout(self, _seconds: float) -> None: ...


def read(content: bytes, method: str = "POST", size: int = 1 << 20) -> tuple[Answer, bool]:
    return Reader(Pieces(content, size), time.monotonic() + 5, 1).answer(method)  # type: ignore[arg-type]


@contextmanager
def server(*answers: bytes | Callable[[socket.socket], None]) -> Iterator[tuple[str, list[bytes]]]:
    """Answers one request after the other on as many connections as come; keeps what it was asked."""
    listener = socket.create_server(("127.0.0.1", 0))
    asked: list[bytes] = []
    waiting = list(answers)

    def talk(connection: socket.socket) -> None:
        with connection:
            while waiting and (got := connection.recv(65536)):
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


@pytest.mark.parametrize("size", [1, 2, 7, 1 << 20])
@pytest.mark.parametrize(
    ("content", "stays"), [(FIXED, True), (CHUNKED, True), (PACKED, True), (UNTIL_CLOSED, False)]
)
def test_answer_is_read_whole_however_it_comes(content: bytes, stays: bool, size: int) -> None:
    assert read(content, size=size) == (Answer(200, b"hello"), stays)


def test_connection_is_not_used_again_when_anything_is_odd() -> None:
    assert not read(OK + b"Connection: Close\r\nContent-Length: 0\r\n\r\n")[1]
    assert not read(FIXED.replace(b"1.1", b"1.0"))[1]
    assert not read(FIXED + b"more")[1]


def test_answers_without_a_body_end_at_their_head() -> None:
    assert read(b"HTTP/1.1 204 No Content\r\n\r\n") == (Answer(204, b""), True)
    assert read(OK + b"Content-Length: 5\r\n\r\n", method="HEAD") == (Answer(200, b""), True)
    assert read(b"HTTP/1.1 100 Continue\r\n\r\n" + FIXED)[0] == Answer(200, b"hello")


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "ended-early"),
        (FIXED[:-1], "ended-early"),
        (b"<html>not HTTP</html>\r\n\r\n", "no-status-line"),
        (OK + b"no colon\r\n\r\n", "header-line"),
        (OK + b"Content-Length : 5\r\n\r\nhello", "header-line"),
        (OK + b"Content-Length: -5\r\n\r\n", "content-length"),
        (OK + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello", "two-lengths"),
        (OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n", "transfer-encoding"),
        (OK + b"Content-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello", "content-encoding"),
        (OK + b"Content-Encoding: br\r\nContent-Length: 5\r\n\r\nhello", "content-encoding"),
        (PACKED[:-1].replace(b"Content-Length", b"X"), "ended-early"),
        (CHUNKED.replace(b"3;x=y", b"-3"), "chunk-size"),
        (CHUNKED.replace(b"hel\r\n", b"hell\r"), "chunk-end"),
    ],
)
def test_garbled_answer_is_refused_by_a_word(content: bytes, word: str) -> None:
    with pytest.raises(Garbled, match=f"^{word}$"):
        read(content)


@pytest.mark.parametrize(
    "content",
    [
        OK + b"X: " + b"x" * 70_000,
        OK + b"Content-Length: %d\r\n\r\n" % (LARGEST_ANSWER + 1),
        OK + b"\r\n" + b"x" * (LARGEST_ANSWER + 1),
        OK + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(bytes(LARGEST_ANSWER + 1)),
        OK + b"Transfer-Encoding: chunked\r\n\r\nFFFFFFFF\r\n",
        OK + b"Transfer-Encoding: chunked\r\n\r\n" + b"1" * 300,
        OK + b"Transfer-Encoding: chunked\r\n\r\n" + (b"8000\r\n" + b"x" * 0x8000 + b"\r\n") * 9,
    ],
)
def test_endless_answer_is_given_up(content: bytes) -> None:
    with pytest.raises(TooLong):
        read(content)


@given(
    st.one_of(st.binary(max_size=200), st.binary(max_size=60).map(lambda tail: OK + tail)), st.integers(1, 9)
)
def test_any_bytes_are_an_answer_or_refused(content: bytes, size: int) -> None:
    try:
        answer, _ = read(content, size=size)
    except (Garbled, TooLong):
        return
    assert len(answer.body) <= len(content)


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
    with pytest.raises(GatewayError) as refused:
        Transport(1).request("GET", "http://127.0.0.1:9/", headers={"X": "a\r\nY: b"})
    assert (refused.value.sent, refused.value.permanent) == (False, True)


def test_silence_and_a_reset_may_have_been_acted_upon() -> None:
    with server(lambda connection: time.sleep(1), lambda connection: None) as (base, _asked):
        for word in ("read-timeout", "ended-early"):
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
