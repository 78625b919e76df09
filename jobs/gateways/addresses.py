"""Keeps publishing from being turned against our own network: looks where a target really leads."""

import socket
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

from reminders.errors import GatewayError

INSIDE = "address-inside"
NOT_FOUND = "address-not-found"
SCHEMES = ("http", "https", "sftp")
_NAT64 = IPv6Network("64:ff9b::/96")


@dataclass(frozen=True)
class Guard:
    """`may_be_inside` is for sandboxes, practice, and a site inside the bureau's own network."""

    may_be_inside: bool

    def refuse_inside(self, url: str) -> None:
        """Raises GatewayError unless every address the host has is a public one."""
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError:
            raise GatewayError(NOT_FOUND, permanent=True, sent=False) from None
        if parts.scheme not in SCHEMES or not host or parts.username or parts.password:
            raise GatewayError(NOT_FOUND, permanent=True, sent=False)
        if self.may_be_inside:
            return
        try:
            found = socket.getaddrinfo(host, port or 443, proto=socket.IPPROTO_TCP)
        except (OSError, UnicodeError):
            raise GatewayError(NOT_FOUND, permanent=False, sent=False) from None
        if not found or not all(is_public(str(address[0])) for *_, address in found):
            raise GatewayError(INSIDE, permanent=True, sent=False)


def is_public(address: str) -> bool:
    """Whether it is an address of the open internet, however it is written or wrapped."""
    found: IPv4Address | IPv6Address = ip_address(address.partition("%")[0])
    if isinstance(found, IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour or (found.teredo[1] if found.teredo else None)
        if inner is not None:
            found = inner
        elif found in _NAT64:
            found = IPv4Address(int(found) & 0xFFFFFFFF)
    return found.is_global and not found.is_multicast
