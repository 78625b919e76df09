"""Sealed fields open only unaltered and with the key that sealed them; look-up values are stable."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reminders.crypto import SealBroken, Vault


def keys(*names: str) -> str:
    made = [f"{name}:{base64.b64encode(name.encode().ljust(16, b'.')).decode()}" for name in names]
    return ",".join([f"index:{base64.b64encode(b'i' * 32).decode()}", *made])


OLD, BOTH = Vault.from_text(keys("k1")), Vault.from_text(keys("k1", "k2"))


@given(st.text())
def test_what_was_sealed_opens_and_never_looks_the_same(text: str) -> None:
    one, other = BOTH.seal(text), BOTH.seal(text)
    assert BOTH.open(one) == BOTH.open(other) == text
    assert one != other


def test_old_values_open_after_a_new_key_came_and_new_ones_need_it() -> None:
    assert BOTH.open(OLD.seal("13800000001")) == "13800000001"
    with pytest.raises(SealBroken):
        OLD.open(BOTH.seal("13800000001"))


@given(st.data())
def test_altered_bytes_do_not_open(data: st.DataObject) -> None:
    sealed = bytearray(OLD.seal("13800000001"))
    place = data.draw(st.integers(0, len(sealed) - 1))
    sealed[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(SealBroken):
        OLD.open(bytes(sealed))


def test_look_up_value_survives_key_rotation_and_tells_values_apart() -> None:
    assert OLD.blind("13800000001") == BOTH.blind("13800000001") != OLD.blind("13800000002")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "index"),
        (keys(), "sealing key"),
        (keys("k1") + ",k1:AAAA", "twice"),
        (keys("k1") + ",k2:AAAA", "16 bytes"),
        (keys("k1") + ",k2:%%%", "base64"),
    ],
)
def test_unusable_keys_are_named_at_start(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        Vault.from_text(text)
