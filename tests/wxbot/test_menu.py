"""The menu keeps WeChat's limits, and every button leads somewhere."""

import json

from config.settings import DATA
from reminders.rules.intents import Intent, from_menu

BUTTONS = json.loads((DATA / "wechat_menu.json").read_text(encoding="utf-8"))["button"]


def test_lengths_and_counts_are_within_the_platforms_limits() -> None:
    assert 1 <= len(BUTTONS) <= 3
    for top in BUTTONS:
        assert len(top["name"]) <= 4
        assert len(top["name"].encode()) <= 16
        assert 1 <= len(top["sub_button"]) <= 5
        for button in top["sub_button"]:
            assert len(button["name"]) <= 8
            assert len(button["name"].encode()) <= 60
            assert len(button.get("key", "").encode()) <= 128
            assert len(button.get("url", "").encode()) <= 900  # 1024 with the real host


def test_every_click_is_understood_and_every_view_is_ours() -> None:
    for button in (button for top in BUTTONS for button in top["sub_button"]):
        if button["type"] == "click":
            assert from_menu(button["key"]).intent is not Intent.UNKNOWN
        else:
            assert button["type"] == "view"
            assert button["url"].startswith(("{WXBOT_URL}/", "{PORTAL_URL}/"))
