"""Steps a holder makes in WeChat: follow, help, bind, ask, unbind."""

import re

from sandbox.check_trip import Holder, Trip, Unexpected, expect, expect_not, until


def follow(trip: Trip) -> str:
    text = trip.holder(0).act("follow")
    expect(text, "绑定")
    return f"{trip.holder(0).row.contact} follows and is greeted ({len(text)} characters)"


def ask_for_help(trip: Trip) -> str:
    expect(trip.holder(0).say("帮助"), "绑定", "到期")
    return "帮助 tells what one can do"


def ask_before_binding(trip: Trip) -> str:
    """Somebody who proved nothing learns nothing."""
    holder = trip.holder(0)
    text = holder.say("我的证照")
    expect_not(text, holder.row.holder, f"{holder.row.expires_on}")
    return "before binding, 我的证照 shows nothing"


def agree(trip: Trip) -> str:
    """Nothing is bound, and no code is sent, before the notice was agreed to."""
    holder = trip.holder(0)
    shown = holder.say(f"绑定 {holder.row.license_no}")
    expect(shown, "同意", "退订")
    expect_not(shown, "验证码")
    if shown != holder.say("绑定 SLYP555555"):
        raise Unexpected(f"the notice differs by what was asked:\n{shown}")
    expect(holder.say("同意"), "证照编号")
    return "the privacy notice comes before anything is bound, and 同意 is one word"


def start_binding(trip: Trip) -> str:
    holder = trip.holder(0)
    unknown = holder.say("绑定 SLYP555555").replace("SLYP555555", "…")
    text = _ask_code(holder, holder.row.license_no)
    if text.replace(holder.row.license_no, "…") != unknown:
        raise Unexpected(f"a known and an unknown number are answered differently:\n{text}\n---\n{unknown}")
    return "绑定 NUMBER is answered alike whether or not the license exists, without a digit of the phone"


def receive_code(trip: Trip) -> str:
    code = until("the code by SMS", trip.holder(0).codes)[-1]
    return f"a code of {len(code)} digits arrived at the phone of the ledger"


def send_code(trip: Trip) -> str:
    holder = trip.holder(0)
    wrong = f"{(int(holder.codes()[-1]) + 1) % 1_000_000:06d}"
    expect_not(holder.say(wrong), "绑定成功")
    expect(holder.say(holder.codes()[-1]), "绑定成功")
    return "a wrong code is refused, the right one binds"


def list_licenses(trip: Trip) -> str:
    holder = trip.holder(0)
    text = holder.say("我的证照")
    own = [row for row in trip.started.sample.rows if row.phone == holder.row.phone]
    expect(text, *(row.license_name for row in own))
    return f"我的证照 shows {len(own)} licenses of this phone"


def ask_for_one(trip: Trip) -> str:
    holder = trip.holder(0)
    text = holder.say(holder.row.license_no)
    expect(text, holder.row.license_name, f"{holder.row.expires_on}")
    return f"{holder.row.license_no} shows its expiry {holder.row.expires_on}"


def unbind(trip: Trip) -> str:
    holder = trip.holder(0)
    text = holder.say("解绑")
    for _question in range(3):
        if asked := re.search(r"确认解绑\w*", text):  # the word to reply, inside a link or not
            text = holder.say(asked[0])
        elif "全部" in text:
            text = holder.say("解绑全部")
    expect_not(holder.say("我的证照"), holder.row.holder, f"{holder.row.expires_on}")
    return "解绑 ends it: 我的证照 shows nothing again"


def bind(holder: Holder) -> None:
    """The short way, for a second person."""
    holder.act("follow")
    holder.say("同意")
    _ask_code(holder, holder.row.license_no)
    expect(holder.say(until("the code by SMS", holder.codes)[-1]), "绑定成功")


def _ask_code(holder: Holder, number: str) -> str:
    text = holder.say(f"绑定 {number}")
    expect(text, "验证码")
    expect_not(text, holder.row.phone, holder.row.phone[-4:], holder.row.holder)
    return text
