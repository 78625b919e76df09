"""A million mangled messages through the parser of callbacks: each is read or refused, none is a crash."""

import random
from base64 import b64decode, b64encode
from collections import Counter
from datetime import UTC, datetime

import pytest

from tests.wxbot.platform import AES_KEY, APP_ID, ORIGINAL_ID, TOKEN, envelope, seal, sign, xml
from wxbot.envelope import DEEPEST, Keys, Query, Refused, listed, open_message, read_fields

NOW = datetime.fromtimestamp(1793500000, UTC)
KEYS = Keys(APP_ID, TOKEN, (AES_KEY,), "")
SENT = {"FromUserName": "oExample-wang", "ToUserName": ORIGINAL_ID, "CreateTime": "1793500000"}
SEEDS = [
    xml(SENT | {"MsgType": "text", "Content": "我的证照", "MsgId": "6054768590064713728"}),
    xml(
        SENT
        | {"MsgType": "event", "Event": "TEMPLATESENDJOBFINISH", "MsgID": "200163836", "Status": "success"}
    ),
    xml(SENT | {"MsgType": "event", "Event": "subscribe_msg_popup_event"}).replace(
        "</xml>",
        "<SubscribeMsgPopupEvent><List><TemplateId>VRR0</TemplateId>"
        "<SubscribeStatusString>accept</SubscribeStatusString></List></SubscribeMsgPopupEvent></xml>",
    ),
    xml(
        SENT
        | {"MsgType": "event", "Event": "SCAN", "EventKey": "b1_token", "Ticket": "gQH47joAAAAAAAAAASxodHRw"}
    ),
]
PIECES = (
    *(
        b"<",
        b">",
        b"</",
        b"/>",
        b"]]>",
        b"<![CDATA[",
        b"<!DOCTYPE a>",
        b"<!ENTITY a 'b'>",
        b"<?xml version='1.0'?>",
    ),
    *(
        b"&amp;",
        b"&#0;",
        b"&#xD800;",
        b"&#99999999;",
        b"&b;",
        b"\x00",
        b"\xff\xfe",
        b"\xef\xbb\xbf",
        b"\xed\xa0\x80",
    ),
    *(
        b"<a>" * 9,
        b"<a/>" * 301,
        b" " * 70_000,
        b"<List>",
        b"</List>",
        b"xmlns:a=''",
        b"<a:b/>",
        b"--",
        b"<!--",
        b"\r",
    ),
)


def mangled(chance: random.Random) -> bytes:
    """A message with one to four places cut, doubled, moved, flipped or filled with what parsers choke on."""
    body = bytearray(chance.choice(SEEDS).encode())
    for _ in range(chance.randint(1, 4)):
        start = chance.randrange(len(body) + 1)
        end = min(len(body), start + chance.choice((0, 1, 2, 8, 40)))
        match chance.randrange(5):
            case 0:
                del body[start:end]
            case 1:
                body[start:start] = body[start:end]
            case 2:
                body[start:start] = chance.choice(PIECES)
            case 3 if start < len(body):
                body[start] ^= 1 << chance.randrange(8)
            case _:
                place = chance.randrange(len(body) + 1)
                body[place:place] = body[start:end]
    return bytes(body)


@pytest.mark.slow
def test_mangled_message_is_read_or_refused(count: int = 1_000_000) -> None:
    chance, read, refused = random.Random(20261128), 0, 0
    for _ in range(count):
        try:
            fields = read_fields(mangled(chance))
        except Refused:
            refused += 1
            continue
        read += 1
        listed(fields, "SubscribeMsgPopupEvent")
        assert all(name.count(".") < DEEPEST for name in fields)
    assert read > count / 20, "hardly anything got past the first sign: the pieces are too coarse"
    assert refused > count / 20


@pytest.mark.slow
def test_damaged_block_behind_the_right_signature_is_read_or_refused(count: int = 20_000) -> None:
    """What whoever knows the token could send: mangled text well sealed, or a block damaged afterwards."""
    chance, outcomes = random.Random(20261129), Counter[bool]()
    for number in range(count):
        block = bytearray(b64decode(seal(mangled(chance)[:2_000])))
        if number % 2:
            block[chance.randrange(len(block))] ^= 1 << chance.randrange(8)
            block = block[: len(block) - chance.choice((0, 0, 1, 16, 48))]
        sealed = b64encode(block).decode()
        query = Query(sign(TOKEN, "1793500000", "1", sealed), "1793500000", "1")
        try:
            open_message(KEYS, query, envelope(sealed), NOW)
        except Refused:
            outcomes[False] += 1
        else:
            outcomes[True] += 1
    assert min(outcomes[True], outcomes[False]) > count / 20, outcomes
