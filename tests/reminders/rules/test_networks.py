"""Addresses of visitors, behind proxies and without."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reminders.rules.networks import is_within, networks_in, visitor

PROXIES = networks_in("127.0.0.1, ::1, 10.9.0.0/16, fd00:9::/32")


@pytest.mark.parametrize(
    ("peer", "forwarded", "seen"),
    [
        ("203.0.113.9", "", "203.0.113.9"),
        ("203.0.113.9", "10.1.2.3", "203.0.113.9"),  # not our proxy: what it says is not believed
        ("127.0.0.1", "8.8.8.8, 10.1.2.3", "10.1.2.3"),
        ("127.0.0.1", "8.8.8.8, 10.1.2.3, 10.9.0.7", "10.1.2.3"),  # two proxies in a row
        ("::1", "2001:db8::7", "2001:db8::7"),
        ("fd00:9::5", "2001:db8::7", "2001:db8::7"),
        ("::ffff:127.0.0.1", "2001:db8::7", "2001:db8::7"),
        ("127.0.0.1", "", "127.0.0.1"),
        ("127.0.0.1", "127.0.0.1", "127.0.0.1"),
        ("127.0.0.1", "garbage", "garbage"),
    ],
)
def test_visitor_is_the_last_one_that_is_no_proxy(peer: str, forwarded: str, seen: str) -> None:
    assert visitor(peer, forwarded, PROXIES) == seen


@pytest.mark.parametrize(
    ("address", "is_inside"),
    [
        ("10.1.2.3", True),
        ("::ffff:10.1.2.3", True),
        ("11.1.2.3", False),
        ("2001:db8:1::7", True),
        ("2001:db9::7", False),
        ("", False),
        ("10.1.2", False),
        ("garbage", False),
    ],
)
def test_networks_hold_addresses_of_both_kinds(address: str, is_inside: bool) -> None:
    assert is_within(address, networks_in("10.0.0.0/8,2001:db8::/32")) is is_inside


@given(st.ip_addresses().map(str), st.lists(st.ip_addresses().map(str), max_size=4))
def test_stranger_cannot_claim_another_address(peer: str, claimed: list[str]) -> None:
    """Whatever a visitor writes into the header, a proxy of ours appends the address it really saw."""
    if is_within(peer, PROXIES):
        return
    assert visitor(peer, ", ".join(claimed), PROXIES) == peer
    assert visitor("127.0.0.1", ", ".join([*claimed, peer]), PROXIES) == peer


def test_a_list_nobody_understands_is_refused() -> None:
    with pytest.raises(ValueError, match="10"):
        networks_in("10.0.0.0/33")
