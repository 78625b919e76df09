"""What the same holder has under another phone is offered after binding, and bound only with a proof."""

import re

from flask import Flask

from reminders.db import Database
from tests import builders
from tests.wxbot.browser import Reader
from tests.wxbot.conftest import Pharmacy
from tests.wxbot.platform import Holder
from tests.wxbot.test_bind_pages import ME, bound, type_code

OTHERS = "/h5/bind/others"


def test_other_phone_proves_the_rest(
    app: Flask, wang: Holder, database: Database, pharmacy: Pharmacy
) -> None:
    told = pharmacy.bind(wang)
    assert "同一持证人还有 2 本证照，登记在别的手机下" in told
    assert OTHERS in told
    reader = Reader(app, ME)
    page = reader.get(OTHERS)
    assert page.count("发验证码到它登记的手机") == 1
    assert page.count("台账里没有它的手机") == 1
    for secret in (pharmacy.other_phone, pharmacy.other_phone[-4:], pharmacy.numbers[2], "期满"):
        assert secret not in page, "only the kind is told before the proof"
    [license_id] = re.findall(r'name="license" value="(\d+)"', page)
    before = len(pharmacy.codes())
    reader.post(OTHERS, license=license_id)
    assert (reader.status, reader.goes_to) == (303, "/h5/bind/code")
    [code] = pharmacy.codes()[before:]
    assert (ME, pharmacy.ids[2]) not in bound(database)
    type_code(reader, "000000" if code != "000000" else "111111")
    assert (ME, pharmacy.ids[2]) not in bound(database)
    type_code(reader, code)
    assert bound(database) == {(ME, one) for one in pharmacy.ids[:3]}
    assert "台账里没有它的手机" in reader.get(OTHERS)


def test_nobody_asks_a_code_for_what_is_not_their_holders(
    app: Flask, wang: Holder, database: Database, pharmacy: Pharmacy
) -> None:
    with database.begin() as session:
        contact = builders.contact(session)
        foreign = builders.license(
            session,
            entry_id=builders.entry(session).id,
            expires_on=None,
            holder_id=contact.holder_id,
            contact_id=contact.id,
        ).id
    pharmacy.bind(wang)
    reader = Reader(app, ME)
    before = len(pharmacy.codes())
    for license_id in (foreign, 999_999, pharmacy.ids[0]):
        reader.get(OTHERS)
        reader.post(OTHERS, license=license_id)
        assert reader.status == 409
    assert len(pharmacy.codes()) == before
    Holder(app, "oExample-new").event("subscribe")
    stranger = Reader(app, "oExample-new")
    assert "同一持证人的证照都绑定了" in stranger.get(OTHERS)


def test_license_without_a_phone_gets_no_code(app: Flask, wang: Holder, pharmacy: Pharmacy) -> None:
    pharmacy.bind(wang)
    reader = Reader(app, ME)
    before = len(pharmacy.codes())
    reader.get(OTHERS)
    reader.post(OTHERS, license=pharmacy.ids[3])
    assert len(pharmacy.codes()) == before
