"""Words read one by one give the very letters that the library gives for the whole name."""

from hypothesis import given
from hypothesis import strategies as st
from pypinyin import Style, lazy_pinyin

from reminders.rules.identity import name_key
from reminders.rules.search_keys import LONGEST, initials

SIGNS = "威海市银行重庆长江行乐单仇曾解查参朝阳厦门会计食品药房有限公司（）·2026ABé,。 𪚥"


@given(st.text(alphabet=SIGNS, max_size=30))
def test_initials_are_those_of_the_whole_name(name: str) -> None:
    letters = "".join(lazy_pinyin(name_key(name), style=Style.FIRST_LETTER)).lower()
    assert initials(name) == "".join(one for one in letters if one.isascii() and one.isalnum())[:LONGEST]
