"""QR codes as images inside the page, so that no other site learns what is shared."""

from functools import lru_cache

import segno


@lru_cache(maxsize=256)
def drawn(text: str) -> str:
    """An SVG as a data address, for the `src` of an image."""
    return segno.make(text, error="m").svg_data_uri(scale=4, border=2)
