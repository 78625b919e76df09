"""The callback's gate: what is authentic gets through, everything else is refused without a 500."""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from structlog.testing import capture_logs

from reminders.db import Database
from reminders.tables.deliveries import ProviderEvent
from tests.wxbot import platform
from tests.wxbot.platform import AES_KEY, APP_ID, TOKEN, Holder, address, envelope, seal, sign, xml
from wxbot import callback, wording
from wxbot.envelope import Keys, Query, Refused, open_message

TEXT = {
    "ToUserName": platform.ORIGINAL_ID,
    "FromUserName": "oExample-wang",
    "CreateTime": "1409735668",
    "MsgType": "text",
    "Content": "帮助",
    "MsgId": "1",
}
BOMB = "<!DOCTYPE x [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;'>]><xml><A>&b;</A></xml>"
DEEP = "<xml>" + "<a>" * 2000 + "</a>" * 2000 + "</xml>"


@pytest.fixture
def client(sqlite_app: Flask) -> FlaskClient:
    return sqlite_app.test_client()


def post(client: FlaskClient, cipher_text: str, body: bytes | None = None, **query: str) -> int:
    where = address(cipher_text, **query)  # type: ignore[arg-type]
    return client.post(where, data=envelope(cipher_text) if body is None else body).status_code


def test_official_example_opens() -> None:
    """The example of the platform's own demo code, with its signature."""
    sealed = (
        "hyzAe4OzmOMbd6TvGdIOO6uBmdJoD0Fk53REIHvxYtJlE2B655HuD0m8KUePWB3+LrPXo87wzQ1QLvbeUgmBM4x6F8PGHQHFVAFmOD2L"
        "dJF9FrXpbUAh0B5GIItb52sn896wVsMSHGuPE328HnRGBcrS7C41IzDWyWNlZkyyXwon8T332jisa+h6tEDYsVticbSnyU8dKOIbgU6u"
        "x5VTjg3yt+WGzjlpKn6NPhRjpA912xMezR4kw6KWwMrCVKSVCZciVGCgavjIQ6X8tCOp3yZbGpy0VxpAe+77TszTfRd5RJSVO/HTnifJ"
        "pXgCSUdUue1v6h0EIBYYI1BD1DlD+C0CR8e6OewpusjZ4uBl9FyJvnhvQl+q5rv1ixrcpCumEPo5MJSgM9ehVsNPfUM669WuMyVWQLCz"
        "pu9GhglF2PE="
    )
    keys = Keys("wx2c2769f8efd9abc2", "spamtest", (AES_KEY,), "")
    query = Query("5d197aaffba7e9b25a30732f161a50dee96bd5fa", "1409735669", "1320562132")
    fields = open_message(keys, query, envelope(sealed), datetime.fromtimestamp(1409735669, UTC))
    assert (fields["Content"], fields["MsgId"]) == ("abcdteT", "6054768590064713728")


def test_url_is_verified_only_with_the_right_signature(client: FlaskClient) -> None:
    stamp = str(int(time.time()))
    good = {"timestamp": stamp, "nonce": "1", "signature": sign(TOKEN, stamp, "1"), "echostr": "<b>7</b>"}
    for path in ("/wechat/callback", "/wechat/callback/"):
        answer = client.get(path, query_string=good)
        assert (answer.status_code, answer.text, answer.mimetype) == (200, "<b>7</b>", "text/plain")
    wrong = client.get("/wechat/callback", query_string=good | {"signature": "0" * 40})
    assert wrong.status_code == 403
    assert "7" not in wrong.text
    assert client.get("/wechat/callback").status_code == 400


def test_previous_key_still_opens_and_the_answer_uses_the_current_one(sqlite_app: Flask) -> None:
    sealed = seal(xml(TEXT), key=platform.PREVIOUS_AES_KEY)
    answer = sqlite_app.test_client().post(address(sealed), data=envelope(sealed))
    assert "绑定" in platform.read_reply(answer, TEXT["FromUserName"])


def test_control_signs_in_a_real_message_are_survived(sqlite_app: Flask) -> None:
    assert "绑定：" in Holder(sqlite_app, "oExample-wang").say("帮\x08助\x0b")


HOSTILE_INSIDE = {
    "bomb": BOMB,
    "doctype": "<!DOCTYPE xml>" + xml(TEXT),
    "doctype in disguise": "<!\x00DOCTYPE xml>" + xml(TEXT),
    "deep": DEEP,
    "many": "<xml>" + "<a/>" * 5000 + "</xml>",
    "two types": xml(TEXT).replace("</xml>", "<MsgType>image</MsgType></xml>"),
    "no type": xml({"FromUserName": "oExample-wang", "ToUserName": platform.ORIGINAL_ID}),
    "no sender": xml({"MsgType": "text", "ToUserName": platform.ORIGINAL_ID}),
    "strange sender": xml(TEXT | {"FromUserName": "o'; DROP TABLE x"}),
    "another account": xml(TEXT | {"ToUserName": "gh_other"}),
    "half": xml(TEXT)[:-9],
    "empty": "",
    "json": json.dumps(TEXT),
    "html": "<html></html>",
    "utf-16 declared": '<?xml version="1.0" encoding="utf-16"?>' + xml(TEXT)[:-2],
}


@pytest.mark.parametrize("name", HOSTILE_INSIDE)
def test_hostile_content_is_refused_even_when_sealed_and_signed(client: FlaskClient, name: str) -> None:
    assert post(client, seal(HOSTILE_INSIDE[name])) in (400, 403)


def hostile_bodies() -> Iterator[tuple[str, bytes]]:
    good = seal(xml(TEXT))
    yield "empty", b""
    yield "plain mode", xml(TEXT).encode()
    yield "json", json.dumps({"Encrypt": good}).encode()
    yield "doctype", b"<!DOCTYPE xml>" + envelope(good)
    yield "bomb", BOMB.encode()
    yield "deep", DEEP.encode()
    yield "deep and huge", (b"<a>" * 20_000)
    yield "two envelopes", envelope(good).replace(b"</xml>", f"<Encrypt>{good}</Encrypt></xml>".encode())
    yield "other cipher text", envelope(seal(xml(TEXT)))
    yield "latin", "<xml><Encrypt>é</Encrypt></xml>".encode("latin-1")
    yield "utf-16", envelope(good).decode().encode("utf-16")
    yield "binary", bytes(range(256))


# Bodies differ from run to run (random padding), so only their names may stand in the test ids.
@pytest.mark.parametrize("name", [name for name, _ in hostile_bodies()])
def test_hostile_body_is_refused(client: FlaskClient, name: str) -> None:
    body = dict(hostile_bodies())[name]
    started = time.monotonic()
    assert post(client, seal(xml(TEXT)), body) in (400, 403, 413, 415)
    assert time.monotonic() - started < 1


def test_too_large_a_body_is_refused(client: FlaskClient) -> None:
    assert post(client, "x", b"<xml>" + b" " * 70_000 + b"</xml>") == 413


@pytest.mark.parametrize(
    "sealed",
    [
        seal(xml(TEXT), app_id="wxffffffffffffffff"),
        seal(xml(TEXT), key="Z" * 42 + "8"),
        "AAAA",
        "A" * 44,
        "!!!",
        "é",
        "A" * 4001,
    ],
    ids=["other account", "other key", "short", "not a block", "not base64", "not ascii", "odd length"],
)
def test_what_cannot_be_decrypted_is_refused(client: FlaskClient, sealed: str) -> None:
    assert post(client, sealed) in (400, 403)


def test_old_future_unsigned_and_plain_requests_are_refused(client: FlaskClient) -> None:
    good = seal(xml(TEXT))
    now = int(time.time())
    assert post(client, good) == 200
    assert client.post(address(good, timestamp=now - 301), data=envelope(good)).status_code == 403
    assert client.post(address(good, timestamp=now + 303), data=envelope(good)).status_code == 403
    assert post(client, good, encrypt_type="raw") == 400
    assert post(client, good, msg_signature="") == 403
    assert post(client, good, msg_signature="é") == 403
    assert post(client, good, timestamp="1e9") == 400  # type: ignore[arg-type]
    assert post(client, good, nonce="a]]>b") == 400
    stamp = str(now)
    plain = {"timestamp": stamp, "nonce": "1", "signature": sign(TOKEN, stamp, "1")}
    forged = client.post("/wechat/callback", query_string=plain, data=xml(TEXT))
    assert forged.status_code == 400
    assert client.post(address(good), json={"Encrypt": good}).status_code == 415
    assert client.put("/wechat/callback").status_code == 405


def test_wrong_host_is_refused(client: FlaskClient) -> None:
    good = seal(xml(TEXT))
    answer = client.post(address(good), data=envelope(good), headers={"Host": "evil.example"})
    assert answer.status_code == 400


GOOD = seal(xml(TEXT))


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 4), st.integers(0, 2000), st.integers(1, 255), st.booleans())
def test_no_mutation_of_a_valid_request_is_accepted(part: int, place: int, change: int, is_cut: bool) -> None:
    """One changed or lost sign in anything that is signed, and the door stays shut."""
    stamp, nonce = "1793500000", "1320562132"
    values = [GOOD, sign(TOKEN, stamp, nonce, GOOD), stamp, nonce, APP_ID]
    original = values[part]
    place %= len(original)
    swapped = "" if is_cut else chr(33 + (ord(original[place]) - 33 + 1 + change % 93) % 94)
    values[part] = original[:place] + swapped + original[place + 1 :]
    cipher_text, signature, told_stamp, told_nonce, app_id = values
    keys = Keys(app_id, TOKEN, (AES_KEY,), platform.ORIGINAL_ID)
    body = f"<xml><Encrypt><![CDATA[{cipher_text}]]></Encrypt></xml>".encode()
    with pytest.raises(Refused):
        open_message(
            keys, Query(signature, told_stamp, told_nonce), body, datetime.fromtimestamp(int(stamp), UTC)
        )


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_are_refused_never_crashed_on(body: bytes) -> None:
    keys = Keys(APP_ID, TOKEN, (AES_KEY,), "")
    with pytest.raises(Refused):
        open_message(keys, Query("0" * 40, "1793500000", "1"), body, datetime.fromtimestamp(1793500000, UTC))


def receipt(holder: Holder, msgid: str, status: str = "success") -> dict[str, str]:
    return holder.message("event", Event="TEMPLATESENDJOBFINISH", MsgID=msgid, Status=status)


def test_receipts_of_one_second_are_all_kept_and_copies_are_not(
    app: Flask, database: Database, wang: Holder
) -> None:
    first = receipt(wang, "3500000000000000001")
    second = first | {"MsgID": "3500000000000000002"}
    for fields in (first, second, first, second):
        assert wang.send(fields) == "success"
    with database.read() as session:
        found = (
            session.execute(select(ProviderEvent.provider_msgid).order_by(ProviderEvent.id)).scalars().all()
        )
    assert found == ["3500000000000000001", "3500000000000000002"]


def test_busy_database_is_apologised_for_in_time_and_a_receipt_is_asked_for_again(
    sqlite_app: Flask, sqlite_database: Database
) -> None:
    li = Holder(sqlite_app, "oExample-li")
    told = receipt(li, "3500000000000000003")
    with sqlite_database.begin() as session, capture_logs() as logged:
        session.execute(select(1))  # from here on it holds SQLite's one lock for writing
        started = time.monotonic()
        assert li.event("subscribe") == wording.BUSY
        assert time.monotonic() - started < 4.5
        assert li.post(xml(told)).status_code == 503
    assert [line["event"] for line in logged].count("callback failed") == 2
    assert li.send(told) == "success"
    with sqlite_database.read() as session:
        assert session.execute(select(ProviderEvent.provider_msgid)).scalars().all() == [told["MsgID"]]


def test_digest_sees_every_field_that_tells_messages_apart() -> None:
    fields = TEXT | {"Event": "e", "EventKey": "k", "Status": "s"}
    changed = [fields | {name: "other"} for name in fields if name != "Content"]
    digests = {callback.digest(one) for one in [fields, *changed]}
    assert len(digests) == len(changed) + 1
    assert callback.digest(fields | {"Content": "other"}) == callback.digest(fields)


def test_broken_database_is_answered_with_an_apology(sqlite_app: Flask, sqlite_database: Database) -> None:
    with sqlite_database.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE binding")
    assert "系统忙" in Holder(sqlite_app, "oExample-wang").say("我的证照")


def test_callback_is_measured_and_ready(sqlite_app: Flask) -> None:
    Holder(sqlite_app, "oExample-wang").say("帮助")
    client = sqlite_app.test_client()
    assert 'wxbot_callback_seconds_count{kind="text"} 1.0' in client.get("/metrics").text
    assert client.get("/healthz").status_code == 200
    assert client.get("/readyz").json["ready"] is True


def test_unmigrated_database_is_not_ready(sqlite_app: Flask, sqlite_database: Database) -> None:
    with sqlite_database.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM alembic_version")
    answer = sqlite_app.test_client().get("/readyz")
    assert answer.status_code == 503
    assert "reminders migrate" in answer.text
