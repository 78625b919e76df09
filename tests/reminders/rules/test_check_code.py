"""A check code leads back to its message and to no other one, however people type it."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reminders.crypto import Vault
from reminders.rules.check_code import LENGTH, NUMBER_BITS, SIGNS, decode, encode, tidy
from tests.conftest import FIELD_KEYS

VAULT = Vault.from_text(FIELD_KEYS)
OTHER = Vault(keys=VAULT.keys, index_key=bytes(32), current=VAULT.current)
NUMBERS = st.integers(0, (1 << NUMBER_BITS) - 1)
TYPED_FOR = {"0": "0oO", "1": "1iIlL"}


def read(code: str, vault: Vault = VAULT) -> int | None:
    signs = tidy(code)
    return None if signs is None else decode(signs, vault.blind)


@given(NUMBERS)
def test_code_leads_back_to_its_message(number: int) -> None:
    code = encode(number, VAULT.blind)
    assert len(code) == LENGTH + 1
    assert set(code) <= set(SIGNS) | {"-"}
    assert read(code) == number


@given(NUMBERS, st.randoms(use_true_random=False))
def test_code_is_understood_however_it_is_typed(number: int, chance: random.Random) -> None:
    typed = ""
    for sign in encode(number, VAULT.blind).replace("-", ""):
        sign = chance.choice(TYPED_FOR.get(sign, sign + sign.lower()))
        typed += sign + chance.choice(["", "", "-", " ", "—", " - "])
    assert read(chance.choice(["", " "]) + typed) == number


def test_one_changed_sign_is_never_another_message() -> None:
    """Chance lets one of 2**20 through; 310 changes of 300 codes are 93,000 tries of one fixed sample."""
    accepted = 0
    for number in range(1, 301):
        code = encode(number, VAULT.blind).replace("-", "")
        for place in range(LENGTH):
            for sign in SIGNS.replace(code[place], ""):
                accepted += decode(code[:place] + sign + code[place + 1 :], VAULT.blind) is not None
    assert accepted <= 1


def test_invented_codes_are_not_accepted() -> None:
    chance = random.Random(20221001)
    tries = ("".join(chance.choices(SIGNS, k=LENGTH)) for _ in range(100_000))
    assert sum(decode(code, VAULT.blind) is not None for code in tries) <= 2


def test_codes_of_messages_in_a_row_have_nothing_in_common() -> None:
    codes = [encode(number, VAULT.blind).replace("-", "") for number in range(2_000)]
    assert len(set(codes)) == 2_000
    for place in range(LENGTH):
        assert {code[place] for code in codes} == set(SIGNS)


@given(NUMBERS)
def test_another_installation_does_not_know_the_code(number: int) -> None:
    """The one in a million that passes names a number nobody can choose."""
    assert read(encode(number, VAULT.blind), OTHER) != number


@pytest.mark.parametrize(
    "text", ["", "7K3M2", "7K3M2QXP9T1", "7K3M2-QXPUT", "核验7K3M2QX", "7K3M2/QXP9", "😀" * 10]
)
def test_what_is_no_code_is_not_read(text: str) -> None:
    assert tidy(text) is None


@pytest.mark.parametrize("number", [-1, 1 << NUMBER_BITS])
def test_number_without_a_code_is_refused(number: int) -> None:
    with pytest.raises(ValueError, match="check code"):
        encode(number, VAULT.blind)


def test_the_way_codes_are_made_stays_the_same() -> None:
    """Messages that people kept must be confirmed after every upgrade."""
    assert [encode(number, VAULT.blind) for number in (0, 1, 123_456_789)] == [
        "V4ESG-G77QK",
        "K80S5-C996B",
        "YH8GJ-JMGEW",
    ]
