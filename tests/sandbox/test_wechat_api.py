"""The API by the platform's rules: tokens, typed fields, one showing per client_msg_id, restarts."""

import re
import tomllib
from pathlib import Path

import pytest
import requests

from sandbox import server
from sandbox.app import create_app
from tests.sandbox.bot import APP_ID, SECRET, Sandbox, settings_in
from tests.sandbox.conftest import Clock

ROOT = Path(__file__).resolve().parents[2]


def test_stable_token_stays_the_same_until_near_its_end(sandbox: Sandbox, clock: Clock) -> None:
    first = sandbox.token()
    clock.now += 6000
    assert sandbox.token() == first
    clock.now += 1000
    assert sandbox.token() != first
    assert sandbox.send(sandbox.follower(), token=first)["errcode"] == 0
    clock.now += 301
    assert sandbox.send(sandbox.follower(), token=first)["errcode"] == 42001


def test_forced_refresh_kills_the_old_token_but_only_30_seconds_apart(sandbox: Sandbox, clock: Clock) -> None:
    wanted = {"grant_type": "client_credential", "appid": APP_ID, "secret": SECRET, "force_refresh": True}
    first = sandbox.token()
    second = sandbox.post("/cgi-bin/stable_token", wanted)["access_token"]
    assert sandbox.send(sandbox.follower(), token=first)["errcode"] == 40001
    assert sandbox.post("/cgi-bin/stable_token", wanted)["access_token"] == second
    for _ in range(25):
        clock.now += 31
        last = sandbox.post("/cgi-bin/stable_token", wanted)["access_token"]
    clock.now += 31
    assert sandbox.post("/cgi-bin/stable_token", wanted)["access_token"] == last  # 20 a day


def test_plain_token_changes_with_every_call_and_leaves_the_stable_one_alone(
    sandbox: Sandbox, clock: Clock
) -> None:
    stable = sandbox.token()
    path = f"/cgi-bin/token?grant_type=client_credential&appid={APP_ID}&secret={SECRET}"
    first, second = sandbox.get(path)["access_token"], sandbox.get(path)["access_token"]
    assert first != second
    clock.now += 301
    assert sandbox.send(sandbox.follower(), token=first)["errcode"] == 42001
    assert sandbox.send(sandbox.follower(), token=stable)["errcode"] == 0


def test_wrong_secret_and_wrong_token_are_refused(sandbox: Sandbox) -> None:
    wanted = {"grant_type": "client_credential", "appid": APP_ID, "secret": "wrong"}
    assert sandbox.post("/cgi-bin/stable_token", wanted)["errcode"] == 40125
    answer = sandbox.send("anybody", token="never-issued")
    assert answer["errcode"] == 40001
    assert "rid: " in answer["errmsg"]


def test_people_are_checked_before_anything_is_shown(sandbox: Sandbox) -> None:
    assert sandbox.send("oNobody")["errcode"] == 40003
    assert sandbox.send(sandbox.follower(follows=False))["errcode"] == 43004
    sandbox.post("/sandbox/templates", [{"template_id": "OTHER", "content": ""}])
    assert sandbox.send(sandbox.follower())["errcode"] == 40037
    assert sandbox.shown("template") == []


def test_same_client_msg_id_is_shown_once_in_ten_minutes(sandbox: Sandbox, clock: Clock) -> None:
    openid, other = sandbox.follower(), sandbox.follower()
    first = sandbox.send(openid, "d1e0")
    clock.now += 599
    assert sandbox.send(openid, "d1e0") == first
    assert sandbox.send(other, "d1e0")["msgid"] != first["msgid"]
    assert first["msgid"] > 2**53
    clock.now += 1
    assert sandbox.send(openid, "d1e0")["msgid"] != first["msgid"]
    assert len(sandbox.shown("template")) == 3
    assert sandbox.get("/sandbox/state")["deduped"] == 1


def test_messages_without_client_msg_id_are_all_shown(sandbox: Sandbox) -> None:
    openid = sandbox.follower()
    assert sandbox.send(openid)["msgid"] != sandbox.send(openid)["msgid"]


@pytest.mark.parametrize(
    ("key", "value", "shown"),
    [
        ("thing1", "证" * 25, "证" * 20),
        ("thing1", "第一行\n第二行", "第一行"),
        ("character_string2", "SP-2026/001", "SP-2026/001"),
        ("time3", "2026-12-20", "2026-12-20"),
        ("time3", "2026年12月20日 09:30", "2026年12月20日 09:30"),
        ("date4", "2026年12月20日", "2026年12月20日"),
        ("phrase5", "将到期", "将到期"),
        ("phone_number6", "0631-0000000", "0631-0000000"),
    ],
)
def test_typed_value_is_shown_as_the_platform_shows_it(
    sandbox: Sandbox, key: str, value: str, shown: str
) -> None:
    assert sandbox.send(sandbox.follower(), **{key: value})["errcode"] == 0
    assert sandbox.shown("template")[0]["content"]["fields"][0]["value"] == shown


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("thing1", ""),
        ("character_string2", "鲁-001"),
        ("character_string2", "9" * 33),
        ("time3", "明天"),
        ("date4", "20261220"),
        ("phrase5", "五个字以上了"),
        ("phrase5", "ok"),
        ("unheard1", "x"),
        ("first", "您好"),
    ],
)
def test_wrong_typed_value_is_47003_with_its_key(sandbox: Sandbox, key: str, value: str) -> None:
    answer = sandbox.send(sandbox.follower(), **{key: value})
    assert answer["errcode"] == 47003
    assert f"data.{key}.value" in answer["errmsg"]


def test_known_template_labels_its_fields_and_wants_all_of_them(sandbox: Sandbox) -> None:
    content = "证照名称:{{thing1.DATA}}\n期满日期:{{time2.DATA}}"
    sandbox.post("/sandbox/templates", [{"template_id": "T1", "title": "证照到期提醒", "content": content}])
    openid = sandbox.follower()
    assert sandbox.send(openid, thing1="许可证")["errcode"] == 47003
    sandbox.send(openid, thing1="许可证", time2="2026-12-20")
    content = sandbox.shown("template")[0]["content"]
    assert content["title"] == "证照到期提醒"
    assert [field["label"] for field in content["fields"]] == ["证照名称", "期满日期"]


def test_everything_that_matters_survives_a_restart(tmp_path: Path, clock: Clock) -> None:
    settings = settings_in(tmp_path)
    running = server.start(create_app(settings, clock))
    first = Sandbox(running.url, None)  # type: ignore[arg-type]
    openid, token = first.follower(name="李示例"), first.token()
    sent = first.send(openid, "d7e0", token)
    running.stop()
    with (tmp_path / "log.jsonl").open("a") as file:
        file.write('{"seq": 99, "kind": "torn')
    running = server.start(create_app(settings, clock))
    again = Sandbox(running.url, None)  # type: ignore[arg-type]
    assert again.token() == token
    assert again.send(openid, "d7e0", token) == sent
    assert again.send(openid, "d8e0", token)["msgid"] == sent["msgid"] + 1
    assert again.get(f"/cgi-bin/user/info?access_token={token}&openid={openid}")["subscribe"] == 1
    running.stop()


def test_quota_counts_what_was_sent_today(sandbox: Sandbox, clock: Clock) -> None:
    token, openid = sandbox.token(), sandbox.follower()
    sandbox.send(openid)
    clock.now += 86_400
    sandbox.send(openid)
    wanted = {"cgi_path": "/cgi-bin/message/template/send"}
    quota = sandbox.post(f"/cgi-bin/openapi/quota/get?access_token={sandbox.token()}", wanted)["quota"]
    assert (quota["used"], quota["remain"]) == (1, 99_999)
    assert sandbox.send(openid, token=token)["errcode"] == 42001


def test_qr_code_can_be_scanned_by_its_ticket(sandbox: Sandbox) -> None:
    wanted = {"action_name": "QR_STR_SCENE", "action_info": {"scene": {"scene_str": "bind-42"}}}
    ticket = sandbox.post(f"/cgi-bin/qrcode/create?access_token={sandbox.token()}", wanted)["ticket"]
    picture = requests.get(f"{sandbox.url}/cgi-bin/showqrcode", params={"ticket": ticket}, timeout=10)
    assert b"<svg" in picture.content
    openid = sandbox.follower(follows=False)
    sandbox.post(f"/sandbox/people/{openid}/scan", {"scene": ticket})
    assert sandbox.bot.messages[0]["EventKey"] == "qrscene_bind-42"


def test_qr_code_that_ran_out_tells_the_bot_nothing(sandbox: Sandbox, clock: Clock) -> None:
    scene = {"action_info": {"scene": {"scene_str": "bind-43"}}}
    wanted = {"action_name": "QR_STR_SCENE", "expire_seconds": 1, **scene}
    ticket = sandbox.post(f"/cgi-bin/qrcode/create?access_token={sandbox.token()}", wanted)["ticket"]
    openid = sandbox.follower()
    clock.now += 1
    answer = sandbox.post(f"/sandbox/people/{openid}/scan", {"scene": ticket})
    assert (answer["outcome"], answer["reason"]) == ("silent", "二维码已过期")
    assert sandbox.bot.messages == []


def test_templates_of_the_account_are_those_the_product_is_set_up_for(sandbox: Sandbox) -> None:
    chosen = tomllib.loads((ROOT / "config" / "wechat_templates.toml").read_text(encoding="utf-8"))
    listed = sandbox.get(f"/cgi-bin/template/get_all_private_template?access_token={sandbox.token()}")
    contents = {template["template_id"]: template["content"] for template in listed["template_list"]}
    notices = sandbox.get(f"/wxaapi/newtmpl/gettemplate?access_token={sandbox.token()}")
    contents |= {template["priTmplId"]: template["content"] for template in notices["data"]}
    for template in chosen.values():
        keys = set(re.findall(r"\{\{(\w+)\.DATA\}\}", contents[template["template_id"]]))
        assert keys == set(template["fields"])
