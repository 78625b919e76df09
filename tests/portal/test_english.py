"""English pages: every kind has a name, every rule a sentence, and the language is marked."""

import pytest

from portal.public.english import window_in_english
from reminders.rules.english_names import NAMES
from reminders.rules.window import Unit, WindowRule
from tests.portal.conftest import Portal


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (WindowRule(None, 30, Unit.WORKDAY), "At least 30 working days before expiry"),
        (WindowRule(6, 2, Unit.MONTH), "From 6 months before expiry until 2 months before expiry"),
        (WindowRule(30, 0, Unit.DAY), "From 30 days before expiry until the day of expiry"),
        (WindowRule(None, 1, Unit.MONTH), "At least 1 month before expiry"),
        (
            WindowRule(None, 2, Unit.MONTH, 60, Unit.DAY),
            "At least 2 months before expiry, and at least 60 days before expiry",
        ),
        (WindowRule(None, None, Unit.DAY), "Not confirmed: please ask the department"),
    ],
)
def test_rule_in_words(rule: WindowRule, words: str) -> None:
    assert window_in_english(rule) == words


def test_every_kind_has_an_english_page(portal: Portal) -> None:
    visitor = portal.visitor()
    index = visitor.get("/en/")
    assert '<html lang="en">' in index
    for entry_id, name in enumerate(NAMES.values(), start=1):
        assert f'href="/en/guides/{entry_id}"' in index
        assert name.replace("'", "&#39;") in visitor.get(f"/en/guides/{entry_id}")
    assert len(NAMES) == 25
    assert "residence permit" in visitor.get("/en/guides/15")
    visitor.get("/en/guides/99")
    assert visitor.status == 404
