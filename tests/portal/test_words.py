"""Members of different StrEnums that are written alike never take each other's words."""

import ast
import inspect

import pytest

from portal import words
from portal.share_words import SHARE_WORDS
from reminders.rules.lifecycle import ImportState, SmsFault
from reminders.rules.share_state import ShareState
from reminders.rules.supervision import NAMES


def written() -> list[list[tuple[object, str]]]:
    """The tables of the module as they stand in its text, an entry for each line, equal ones too."""
    tree = ast.parse(inspect.getsource(words))
    return [
        [
            (eval(ast.unparse(key), vars(words)), ast.literal_eval(value))
            for key, value in zip(table.keys, table.values, strict=True)
            if isinstance(key, ast.Attribute) and isinstance(value, ast.Constant)
        ]
        for table in ast.walk(tree)
        if isinstance(table, ast.Dict)
    ]


def test_no_table_says_two_things_of_one_word() -> None:
    """A later entry would silently take the place of an equal one."""
    clashes = []
    for table in written():
        said: dict[object, str] = {}
        clashes += [(one, text) for one, text in table if said.setdefault(one, text) != text]
    assert clashes == []


def test_names_of_figures_take_no_others_place() -> None:
    [table] = [dict(one) for one in written() if ImportState.READING in dict(one)]
    assert {one: table[one] for one in NAMES if one in table and table[one] != NAMES[one]} == {}


@pytest.mark.parametrize(("table", "kind"), [(SHARE_WORDS, ShareState), (words.SMS_FAULTS, SmsFault)])
def test_every_member_with_a_table_of_its_own_has_a_word(
    table: dict[object, str], kind: type[ShareState | SmsFault]
) -> None:
    assert set(table) == set(kind)
    assert [words.word(one) for one in kind] == [table[one] for one in kind]
