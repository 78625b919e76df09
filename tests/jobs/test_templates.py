"""config/wechat_templates.toml: what is shipped works, and what cannot work is refused at start."""

from pathlib import Path

import pytest

from config.settings import SettingsError
from jobs import templates
from reminders.rules.delivery_rules import MessageKind
from reminders.rules.wordings import Wording

GOOD = """
[single]
template_id = "T1"
[single.fields]
thing1 = "subject"
const2 = "date_name"
[single.allowed]
const2 = ["期满日期", "校验日期"]
[digest]
template_id = "T2"
[digest.fields]
number1 = "count"
"""


def read(folder: Path, text: str) -> dict[MessageKind, Wording]:
    place = folder / "wechat_templates.toml"
    place.write_text(text, encoding="utf-8")
    return templates.load(place)


def test_shipped_mapping_is_usable_and_marked_as_sample() -> None:
    found = templates.load()
    assert set(found) == set(MessageKind) - {MessageKind.CODE}
    assert all(template.is_sample and template.has_check_code for template in found.values())
    assert all(len(template.parts) <= 5 for template in found.values())


def test_own_mapping_with_preset_words_is_read(tmp_path: Path) -> None:
    found = read(tmp_path, GOOD)
    single = found[MessageKind.SINGLE]
    assert (single.template_id, single.is_sample, single.has_check_code) == ("T1", False, False)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('thing1 = "subject"', 'first = "subject"', "first"),
        ('thing1 = "subject"', 'thing1 = "price"', "price"),
        ('thing1 = "subject"', 'character_string1 = "subject"', "character_string1"),
        ('number1 = "count"', 'phrase1 = "count"', "phrase1"),
        ('const2 = ["期满日期", "校验日期"]', "", "preset words"),
        ('const2 = ["期满日期", "校验日期"]', 'const2 = ["别的"]', "const2"),
        ('template_id = "T2"', 'template_id = ""', r"\[digest\]"),
        ("[digest.fields]", "[digest.field]", r"\[digest\]"),
        ("[single]", "[single", "wechat_templates.toml"),
    ],
)
def test_mapping_that_cannot_work_is_refused_by_name(tmp_path: Path, old: str, new: str, told: str) -> None:
    assert old in GOOD
    with pytest.raises(SettingsError, match=told):
        read(tmp_path, GOOD.replace(old, new, 1))
