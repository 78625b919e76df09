"""Every text colour reaches 4.5:1 on the grounds it stands on, in both modes."""

import re
from pathlib import Path

import pytest

import wxbot

SHEET = (Path(wxbot.__file__).parent / "static" / "tokens.css").read_text(encoding="utf-8")
LIGHT, DARK = (
    dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", part)) for part in SHEET.split("@media", maxsplit=1)
)
PAIRS = [
    *((text, ground) for text in ("text", "quiet", "link") for ground in ("ground", "card")),
    *((tone, f"{tone}-ground") for tone in ("green", "amber", "red", "blue", "grey")),
    ("on-brand", "brand"),
]


@pytest.mark.parametrize("mode", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), PAIRS)
def test_contrast_is_enough(mode: dict[str, str], text: str, ground: str) -> None:
    light, dark = sorted((luminance(mode[text]), luminance(mode[ground])), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 4.5


def luminance(colour: str) -> float:
    """WCAG 2.2 relative luminance."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
