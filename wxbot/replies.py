"""Builds passive replies that no text can break and no phone cuts."""

from wechatpy.replies import TextReply

from wxbot import taps
from wxbot.envelope import ILLEGAL

LONGEST = 600  # characters that are read; WeChat cuts a text reply at 2048 bytes
LARGEST = 2000  # bytes
CUT = "……"


def text_reply(fields: dict[str, str], text: str, at: int) -> str:
    """The XML of a text answer to the message with these fields."""
    reply = TextReply(
        source=neutral(fields.get("ToUserName", "")),
        target=neutral(fields["FromUserName"]),
        content=neutral(fit(text)),
        time=at,
    )
    return str(reply.render())


def neutral(text: str) -> str:
    """Nothing in the result ends a CDATA section or is a sign XML forbids."""
    return ILLEGAL.sub("", text).replace("]]>", "]]＞")


def fit(text: str) -> str:
    """With taps where they find room; at most 600 characters and 2000 bytes, cut at a line's end so that no
    link is left half."""
    for whole in (taps.tappable(text), text):
        if len(taps.visible(whole)) <= LONGEST and len(whole.encode()) <= LARGEST:
            return whole
    lines = text.split("\n")
    while len(lines) > 1 and (_size(lines) > LARGEST or sum(map(len, lines)) + len(lines) > LONGEST):
        # The last line holds the next step, so what goes is the line before it.
        del lines[-2 if len(lines) > 2 else -1]
    whole = "\n".join([*lines[:-1], CUT, lines[-1]] if len(lines) > 1 else lines)
    return whole if len(whole) <= LONGEST and len(whole.encode()) <= LARGEST else _hard_cut(whole)


def _size(lines: list[str]) -> int:
    return len("\n".join([*lines, CUT]).encode())


def _hard_cut(text: str) -> str:
    return text[:LONGEST].encode()[: LARGEST - len(CUT.encode())].decode(errors="ignore")[: LONGEST - 2] + CUT
