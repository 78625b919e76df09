"""Reads one HTTP/1.1 answer from a connection, with every length bounded and one deadline for all of it."""

import re
import socket
import time
import zlib
from collections.abc import Mapping
from dataclasses import dataclass

# The few headers that decide where an answer ends are looked for, and nothing else: a general parser costs a
# sender more than everything it does with the message.
LARGEST_ANSWER = 262_144
LARGEST_HEAD = 65_536
LONGEST_LINE = 256  # of a chunk's size or a trailer
CHUNK = 16_384
STATUS = re.compile(rb"HTTP/1\.([01]) ([1-5]\d\d)(?: |$)")
WITHOUT_BODY = frozenset({204, 304})
LENGTH = re.compile(rb"\d{1,9}")
SIZE = re.compile(rb"([0-9A-Fa-f]{1,8})[ \t]*(?:;.*)?")


class Garbled(Exception):
    """What came is not a whole HTTP answer; the text is a short word without anything of the answer."""


class TooLong(Exception):
    """The answer is larger, or takes longer, than anybody should wait for."""


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes


class Reader:
    """Bytes of one answer as they come; waits at most until a moment of the monotonic clock."""

    def __init__(
        self, connection: socket.socket, until_s: float, read_s: float, largest: int = LARGEST_ANSWER
    ) -> None:
        self._connection = connection
        self._largest = largest
        self._until_s = until_s
        self._read_s = read_s
        self._found = bytearray()

    def answer(self, method: str) -> tuple[Answer, bool]:
        """The answer, and whether the connection is good for another one.

        Raises Garbled, TooLong, and OSError (TimeoutError among them).
        """
        status, headers, is_new = self._head()
        while 100 <= status < 200:
            status, headers, is_new = self._head()
        stays = is_new and b"close" not in headers.get(b"connection", b"")
        if method == "HEAD" or status in WITHOUT_BODY:
            body = b""
        elif b"transfer-encoding" in headers:
            body = self._chunks(headers[b"transfer-encoding"])
        elif b"content-length" in headers:
            body = self._exactly(_length(headers[b"content-length"]))
        else:
            body, stays = self._rest(), False
        plain = self._unpacked(body, headers.get(b"content-encoding", b"identity"))
        return Answer(status, plain), stays and not self._found

    def _head(self) -> tuple[int, Mapping[bytes, bytes], bool]:
        lines = self._until(b"\r\n\r\n", LARGEST_HEAD).split(b"\r\n")
        found = STATUS.match(lines[0])
        if found is None:
            raise Garbled("no-status-line")
        headers: dict[bytes, bytes] = {}
        for line in lines[1:]:
            name, colon, value = line.partition(b":")
            if not colon or name != name.strip():
                raise Garbled("header-line")
            key, told = name.lower(), value.strip().lower()
            if key == b"content-length" and headers.get(key, told) != told:
                raise Garbled("two-lengths")
            headers[key] = told
        return int(found[2]), headers, found[1] == b"1"

    def _unpacked(self, body: bytes, coding: bytes) -> bytes:
        """Nobody is asked for gzip, and some send it all the same."""
        if coding == b"identity" or not body:
            return body
        if coding not in (b"gzip", b"x-gzip"):
            raise Garbled("content-encoding")
        unpacking = zlib.decompressobj(zlib.MAX_WBITS + 16)
        try:
            plain = unpacking.decompress(body, self._largest + 1)
        except zlib.error:
            raise Garbled("content-encoding") from None
        if len(plain) > self._largest:
            raise TooLong
        if not unpacking.eof:
            raise Garbled("ended-early")
        return plain

    def _chunks(self, coding: bytes) -> bytes:
        if coding != b"chunked":
            raise Garbled("transfer-encoding")
        parts: list[bytes] = []
        while size := self._chunk_size():
            if size + sum(map(len, parts)) > self._largest:
                raise TooLong
            parts.append(self._exactly(size))
            if self._exactly(2) != b"\r\n":
                raise Garbled("chunk-end")
        while self._until(b"\r\n", LONGEST_LINE):
            continue  # a trailer, which nobody reads
        return b"".join(parts)

    def _chunk_size(self) -> int:
        found = SIZE.fullmatch(self._until(b"\r\n", LONGEST_LINE))
        if found is None:
            raise Garbled("chunk-size")
        return int(found[1], 16)

    def _exactly(self, size: int) -> bytes:
        if size > self._largest:
            raise TooLong
        while len(self._found) < size:
            self._more()
        return self._take(size)

    def _until(self, mark: bytes, most: int) -> bytes:
        """Everything before the mark, which is taken off too."""
        while (at := self._found.find(mark)) < 0:
            if len(self._found) > most:
                raise TooLong
            self._more()
        taken = self._take(at + len(mark))
        return taken[:at]

    def _rest(self) -> bytes:
        while self._receive():
            if len(self._found) > self._largest:
                raise TooLong
        return self._take(len(self._found))

    def _take(self, size: int) -> bytes:
        taken = bytes(self._found[:size])
        del self._found[:size]
        return taken

    def _more(self) -> None:
        if not self._receive():
            raise Garbled("ended-early")

    def _receive(self) -> int:
        left_s = self._until_s - time.monotonic()
        if left_s <= 0:
            raise TooLong
        if left_s < self._read_s:
            self._connection.settimeout(left_s)
        part = self._connection.recv(CHUNK)
        self._found += part
        return len(part)


def _length(told: bytes) -> int:
    if LENGTH.fullmatch(told) is None:
        raise Garbled("content-length")
    return int(told)
