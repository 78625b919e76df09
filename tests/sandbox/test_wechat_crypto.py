"""The sandbox's own crypto against the official vector and against wechatpy."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wechatpy.crypto import PrpCrypto

from sandbox import wechat_crypto
from sandbox.wechat_crypto import BadMessage
from tests.sandbox.bot import AES_KEY, APP_ID, CRYPTO, TOKEN

TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=300)
XML_TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=("C",)), min_size=1, max_size=200)


def test_official_example_opens() -> None:
    """The example of the platform's own demo code."""
    sealed = (
        "hyzAe4OzmOMbd6TvGdIOO6uBmdJoD0Fk53REIHvxYtJlE2B655HuD0m8KUePWB3+LrPXo87wzQ1QLvbeUgmBM4x6F8PGHQHFVAFmOD2L"
        "dJF9FrXpbUAh0B5GIItb52sn896wVsMSHGuPE328HnRGBcrS7C41IzDWyWNlZkyyXwon8T332jisa+h6tEDYsVticbSnyU8dKOIbgU6u"
        "x5VTjg3yt+WGzjlpKn6NPhRjpA912xMezR4kw6KWwMrCVKSVCZciVGCgavjIQ6X8tCOp3yZbGpy0VxpAe+77TszTfRd5RJSVO/HTnifJ"
        "pXgCSUdUue1v6h0EIBYYI1BD1DlD+C0CR8e6OewpusjZ4uBl9FyJvnhvQl+q5rv1ixrcpCumEPo5MJSgM9ehVsNPfUM669WuMyVWQLCz"
        "pu9GhglF2PE="
    )
    fields = wechat_crypto.from_xml(wechat_crypto.decrypt(sealed, AES_KEY, "wx2c2769f8efd9abc2"))
    assert (fields["Content"], fields["MsgId"]) == ("abcdteT", "6054768590064713728")


@given(TEXTS)
def test_what_the_sandbox_seals_wechatpy_opens(text: str) -> None:
    sealed = wechat_crypto.encrypt(text, AES_KEY, APP_ID)
    assert PrpCrypto(CRYPTO.key).decrypt(sealed, APP_ID) == text


@given(TEXTS)
def test_what_wechatpy_seals_the_sandbox_opens(text: str) -> None:
    sealed = PrpCrypto(CRYPTO.key).encrypt(text, APP_ID).decode()
    assert wechat_crypto.decrypt(sealed, AES_KEY, APP_ID) == text


@given(XML_TEXTS)
def test_any_text_survives_xml(text: str) -> None:
    read = wechat_crypto.from_xml(wechat_crypto.to_xml({"Content": text, "MsgId": 7}))
    assert read == {"Content": text, "MsgId": "7"}


@given(st.binary(max_size=200))
def test_garbage_is_refused_not_crashed_on(data: bytes) -> None:
    with pytest.raises(BadMessage):
        wechat_crypto.decrypt(data.hex(), AES_KEY, APP_ID)


@pytest.mark.parametrize(
    "xml",
    [
        "<!DOCTYPE x [<!ENTITY a 'b'>]><xml><A>&a;</A></xml>",
        "<xml><A>1</A><A>2</A></xml>",
        "<xml><A>1</A>",
        "<html></html>",
        "success",
    ],
)
def test_odd_xml_is_refused(xml: str) -> None:
    with pytest.raises(BadMessage):
        wechat_crypto.from_xml(xml)


def test_message_for_another_account_is_refused() -> None:
    sealed = wechat_crypto.encrypt("<xml/>", AES_KEY, "wx-somebody-else")
    with pytest.raises(BadMessage, match="AppID"):
        wechat_crypto.decrypt(sealed, AES_KEY, APP_ID)


def test_signature_is_over_the_sorted_parts() -> None:
    assert wechat_crypto.sign("b", "a", "c") == wechat_crypto.sign("c", "b", "a")
    assert wechat_crypto.sign(TOKEN, "1", "2") != wechat_crypto.sign(TOKEN, "1", "3")
