"""An SFTP server over a folder, for tests: one user, one host key, a thread for each connection."""

import os
import socket
import threading
from pathlib import Path
from typing import Any

import paramiko
from paramiko import SFTPAttributes, SFTPHandle, SFTPServer, SFTPServerInterface

USER, PASSWORD = "publisher", "made-up-password"


class Door(paramiko.ServerInterface):
    def __init__(self, client_key: paramiko.PKey | None) -> None:
        self._client_key = client_key

    def check_auth_password(self, username: str, password: str) -> int:
        is_right = (username, password) == (USER, PASSWORD)
        return paramiko.AUTH_SUCCESSFUL if is_right else paramiko.AUTH_FAILED

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        is_right = username == USER and key == self._client_key
        return paramiko.AUTH_SUCCESSFUL if is_right else paramiko.AUTH_FAILED

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return paramiko.OPEN_SUCCEEDED

    def get_allowed_auths(self, username: str) -> str:
        return "password,publickey"


class Handle(SFTPHandle):
    def stat(self) -> Any:
        return SFTPAttributes.from_stat(os.fstat(self.readfile.fileno()))


class Folder(SFTPServerInterface):
    root: Path

    def _at(self, path: str) -> Path:
        return self.root / path.lstrip("/")

    def open(self, path: str, flags: int, attr: Any) -> Any:
        mode = "wb" if flags & os.O_WRONLY or flags & os.O_RDWR else "rb"
        try:
            file = self._at(path).open(mode)
        except OSError as error:
            return SFTPServer.convert_errno(error.errno or 0)
        handle = Handle(flags)
        handle.readfile = handle.writefile = file
        return handle

    def stat(self, path: str) -> Any:
        return self._try(lambda: SFTPAttributes.from_stat(self._at(path).stat()))

    lstat = stat

    def remove(self, path: str) -> Any:
        return self._do(lambda: self._at(path).unlink())

    def mkdir(self, path: str, attr: Any) -> Any:
        return self._do(lambda: self._at(path).mkdir())

    def rmdir(self, path: str) -> Any:
        return self._do(lambda: self._at(path).rmdir())

    def posix_rename(self, oldpath: str, newpath: str) -> Any:
        return self._do(lambda: self._at(oldpath).replace(self._at(newpath)))

    def _do(self, act: Any) -> Any:
        found = self._try(act)
        return found if isinstance(found, int) else paramiko.SFTP_OK

    def _try(self, act: Any) -> Any:
        try:
            return act()
        except OSError as error:
            return SFTPServer.convert_errno(error.errno or 0)


class Server:
    """`host_key` is what a client pins; `stop` also ends the connections that are open."""

    def __init__(self, root: Path, client_key: paramiko.PKey | None = None) -> None:
        self._key = paramiko.ECDSAKey.generate()
        self._client_key = client_key
        self._folder = type("Here", (Folder,), {"root": root})
        self._transports: list[paramiko.Transport] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self.host_key = f"{self._key.get_name()} {self._key.get_base64()}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                plug, _ = self._socket.accept()
            except OSError:
                return
            transport = paramiko.Transport(plug)
            transport.add_server_key(self._key)
            transport.set_subsystem_handler("sftp", SFTPServer, self._folder)
            self._transports.append(transport)
            transport.start_server(server=Door(self._client_key), event=threading.Event())

    def drop(self) -> None:
        for transport in self._transports:
            transport.close()
        self._transports.clear()

    def stop(self) -> None:
        self._socket.close()
        self.drop()
