"""Says from which address a visitor came, and whether staff may come from there."""

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network
LONGEST = 64


def networks_in(text: str) -> tuple[Network, ...]:
    """A list of CIDR separated by commas; a single address is a network of one. Raises ValueError."""
    return tuple(ip_network(part.strip(), strict=False) for part in text.split(",") if part.strip())


def visitor(peer: str, forwarded: str, proxies: Sequence[Network]) -> str:
    """The last address that none of our proxies has: what stands before it in the header may be made up."""
    chain = [*(part.strip() for part in forwarded.split(",") if part.strip()), peer]
    while len(chain) > 1 and is_within(chain[-1], proxies):
        chain.pop()
    return chain[-1][:LONGEST]


def is_within(address: str, networks: Sequence[Network]) -> bool:
    """An IPv4 address shown as ::ffff:10.1.2.3 counts as itself; what is no address is nowhere."""
    try:
        found = ip_address(address)
    except ValueError:
        return False
    if isinstance(found, IPv6Address) and found.ipv4_mapped:
        found = found.ipv4_mapped
    return any(found in network for network in networks)
