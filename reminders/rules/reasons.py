"""Why somebody did a thing, in their own words, as tables and the audit keep it."""

REASON_LENGTH = 200


def reason_of(text: str) -> str:
    """Without blanks around it, cut to what the tables hold; empty where none was given."""
    return text.strip()[:REASON_LENGTH]
