"""A small threaded HTTP server: keep-alive, a long backlog, and a socket the faults may cut."""

import contextlib
import io
import socket
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote
from wsgiref.types import WSGIApplication, WSGIEnvironment

BACKLOG = 1024
LARGEST_BODY = 20 * 1024 * 1024
IDLE_S = 75


class _Server(ThreadingHTTPServer):
    request_queue_size = BACKLOG
    daemon_threads = True
    block_on_close = False
    app: WSGIApplication

    def __init__(self, address: tuple[str, int], app: WSGIApplication) -> None:
        self.app = app
        self._open: set[socket.socket] = set()
        super().__init__(address, _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def end(self) -> None:
        """Closes the door and every connection kept alive, as the death of a process would."""
        self.shutdown()
        self.server_close()
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), OSError):  # a connection that went away is no news here
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "sandbox"
    sys_version = ""
    disable_nagle_algorithm = True
    wbufsize = 65536  # headers and body leave together
    timeout = IDLE_S
    server: _Server

    def _serve(self) -> None:
        body = self._body()
        if body is None:
            return
        started: list[tuple[str, list[tuple[str, str]]]] = []

        def start(
            status: str, headers: list[tuple[str, str]], exc_info: Any = None, /
        ) -> Callable[[bytes], Any]:
            started[:] = [(status, headers)]
            return self.wfile.write

        answer = self.server.app(self._environ(body), start)
        try:
            data = b"".join(answer)
        finally:
            close = getattr(answer, "close", None)
            if close:
                close()
        if self.connection.fileno() < 0:  # a fault cut it
            self.close_connection = True
            return
        self._answer(*started[0], data)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = _serve  # noqa: N815
    do_OPTIONS = do_MKCOL = do_MOVE = _serve  # noqa: N815 - WebDAV

    def _body(self) -> bytes | None:
        try:
            length = int(self.headers.get("Content-Length", "0"))
        except ValueError:
            length = -1
        if "Transfer-Encoding" in self.headers or not 0 <= length <= LARGEST_BODY:
            self.close_connection = True
            self.send_error(411 if length == 0 else 413)
            return None
        return self.rfile.read(length)

    def _answer(self, status: str, headers: list[tuple[str, str]], data: bytes) -> None:
        code, _, reason = status.partition(" ")
        self.send_response(int(code), reason)
        for name, value in headers:
            if name.lower() not in ("content-length", "connection", "date", "server"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def _environ(self, body: bytes) -> WSGIEnvironment:
        path, _, query = self.path.partition("?")
        host, port = self.server.server_address[:2]
        environ: WSGIEnvironment = {
            "REQUEST_METHOD": self.command,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote(path, "latin-1"),
            "QUERY_STRING": query,
            "RAW_URI": self.path,
            "SERVER_NAME": str(host),
            "SERVER_PORT": str(port),
            "SERVER_PROTOCOL": self.request_version,
            "REMOTE_ADDR": self.client_address[0],
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
            "sandbox.socket": self.connection,
        }
        for name in set(self.headers):
            key = "HTTP_" + name.upper().replace("-", "_")
            if key not in ("HTTP_CONTENT_TYPE", "HTTP_CONTENT_LENGTH"):
                environ[key] = ",".join(self.headers.get_all(name) or [])
        return environ

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet: what matters is in the sandbox's own log."""


@dataclass(frozen=True)
class RunningServer:
    url: str
    server: _Server

    def stop(self) -> None:
        self.server.end()


def start(app: WSGIApplication, host: str = "127.0.0.1", port: int = 0) -> RunningServer:
    """Serves from a background thread; port 0 takes a free one."""
    server = _Server((host, port), app)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True, name="sandbox-http").start()
    return RunningServer(_url(server), server)


def serve(app: WSGIApplication, host: str, port: int) -> None:
    """Serves until the process is told to end."""
    server = _Server((host, port), app)
    sys.stdout.write(f"sandbox: {_url(server)}\n")
    sys.stdout.flush()
    server.serve_forever()


def _url(server: _Server) -> str:
    name = server.server_address[0]
    shown = socket.gethostname() if name in ("0.0.0.0", "::") else name
    return f"http://{shown!s}:{server.server_address[1]}"
