"""OAuth, SMS, government site, e-license library and regulator: their contracts, refusals and pages."""

import hashlib
import hmac
import time
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests

from tests.sandbox.bot import APP_ID, BUSINESS_KEY, E_LICENSE_KEY, REGULATOR_KEY, SECRET, Sandbox

ARTICLE = {
    "title": "关于食品经营许可证到期的温馨提示",
    "html": "<p>示例一号药房有限公司</p><script>alert(1)</script>",
    "published_at": "2026-12-20T09:00:00+08:00",
    "digest": "d1",
    "source": "示例科室",
}


def authorize(sandbox: Sandbox, browser: requests.Session, **more: str) -> requests.Response:
    query = {
        "appid": APP_ID,
        "redirect_uri": "http://127.0.0.1:1/h5?next=1",
        "response_type": "code",
        "scope": "snsapi_base",
        "state": "s1",
        **more,
    }
    url = f"{sandbox.url}/connect/oauth2/authorize?{urlencode(query)}"
    return browser.get(url, allow_redirects=False, timeout=10)


def exchange(sandbox: Sandbox, code: str, secret: str = SECRET) -> Any:
    query = {"appid": APP_ID, "secret": secret, "code": code, "grant_type": "authorization_code"}
    return sandbox.get(f"/sns/oauth2/access_token?{urlencode(query)}")


def code_of(answer: requests.Response) -> str:
    query = parse_qs(urlsplit(answer.headers["Location"]).query)
    assert query["next"] == ["1"]
    assert query["state"] == ["s1"]
    return query["code"][0]


def test_page_opened_from_a_phone_signs_in_as_its_person_once(sandbox: Sandbox) -> None:
    openid, browser = sandbox.follower(), requests.Session()
    browser.post(
        f"{sandbox.url}/sandbox/people/{openid}/open", json={"url": "http://127.0.0.1:1/"}, timeout=10
    )
    code = code_of(authorize(sandbox, browser))
    assert exchange(sandbox, code)["openid"] == openid
    assert exchange(sandbox, code)["errcode"] == 40029
    assert exchange(sandbox, "never", secret="wrong")["errcode"] == 40125


def test_code_is_too_old_after_five_minutes(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    code = code_of(authorize(sandbox, requests.Session(), **{"as": sandbox.follower()}))
    later = time.time() + 301
    monkeypatch.setattr(time, "time", lambda: later)
    assert exchange(sandbox, code)["errcode"] == 40029


def test_snapshot_mode_gives_an_openid_that_is_nobodys(sandbox: Sandbox) -> None:
    openid = sandbox.follower(snapshot=True)
    code = code_of(authorize(sandbox, requests.Session(), **{"as": openid}))
    answer = exchange(sandbox, code)
    assert answer["is_snapshotuser"] == 1
    assert answer["openid"] != openid


def test_browser_of_nobody_is_asked_who_it_is(sandbox: Sandbox) -> None:
    openid = sandbox.follower(name="李示例")
    answer = authorize(sandbox, requests.Session())
    assert answer.status_code == 200
    assert "李示例" in answer.text
    assert f"as={openid}" in answer.text
    assert authorize(sandbox, requests.Session(), appid="wx-other").status_code == 400


def test_another_persons_phone_does_not_keep_the_last_ones_session(sandbox: Sandbox) -> None:
    browser = requests.Session()
    browser.cookies.set("wxbot_session", "of the last one", domain="127.0.0.1", path="/h5")
    path = f"{sandbox.url}/sandbox/people/{sandbox.follower()}/open"
    answer = browser.get(path, params={"url": "http://127.0.0.1:1/h5"}, allow_redirects=False, timeout=10)
    assert answer.headers["Location"] == "http://127.0.0.1:1/h5"
    assert "wxbot_session" not in browser.cookies
    assert browser.get(path, params={"url": "javascript:alert(1)"}, timeout=10).status_code == 400


def sms(sandbox: Sandbox, key: str = "sms-key", **fields: Any) -> Any:
    message = {
        "phone": "13800000001",
        "sign": "威海审批",
        "template": "bind_code",
        "params": {"code": "123456"},
        "out_id": "d1e0",
        **fields,
    }
    headers = {"Authorization": f"Bearer {key}"}
    return requests.post(f"{sandbox.url}/sms-api/send", json=message, headers=headers, timeout=10).json()


def test_sms_is_shown_queried_and_never_deduped(sandbox: Sandbox) -> None:
    first, second = sms(sandbox), sms(sandbox)
    assert first["code"] == "OK"
    assert first["biz_id"] != second["biz_id"]
    assert "123456" in sandbox.shown("sms")[0]["content"]
    headers = {"Authorization": "Bearer sms-key"}
    query = requests.get(f"{sandbox.url}/sms-api/query?out_id=d1e0", headers=headers, timeout=10).json()
    assert (query["found"], len(query["messages"])) == (True, 2)
    page = requests.get(f"{sandbox.url}/sms?phone=13800000001", timeout=10).text
    assert "【威海审批】" in page


def test_sms_with_a_wrong_key_or_phone_is_refused(sandbox: Sandbox) -> None:
    assert sms(sandbox, key="wrong")["code"] == "FORBIDDEN"
    assert sms(sandbox, phone="12345")["code"] == "MOBILE_NUMBER_ILLEGAL"
    assert sms(sandbox, sign="")["code"] == "PARAMS_ILLEGAL"
    assert sandbox.shown("sms") == []


def cms(
    sandbox: Sandbox,
    method: str,
    body: bytes = b"",
    *,
    key: str = "cms-key",
    shift_s: int = 0,
    name: str = "n1",
) -> requests.Response:
    stamp, path = str(int(time.time()) + shift_s), f"/cms-api/articles/{name}"
    text = f"{method}\n{path}\n{stamp}\n{hashlib.sha256(body).hexdigest()}"
    signature = hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()
    headers = {"X-Timestamp": stamp, "X-Signature": signature, "Content-Type": "application/json"}
    return requests.request(method, f"{sandbox.url}{path}", data=body, headers=headers, timeout=10)


def test_article_goes_live_once_changes_and_goes(sandbox: Sandbox) -> None:
    body = requests.compat.json.dumps(ARTICLE).encode()
    first = cms(sandbox, "PUT", body)
    assert (first.status_code, cms(sandbox, "PUT", body).status_code) == (201, 200)
    assert len(sandbox.shown("article")) == 1
    page = requests.get(first.json()["url"], timeout=10)
    assert "示例一号药房有限公司" in page.text
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]
    assert ARTICLE["title"] in requests.get(f"{sandbox.url}/cms", timeout=10).text
    changed = requests.compat.json.dumps({**ARTICLE, "digest": "d2"}).encode()
    assert cms(sandbox, "PUT", changed).json()["digest"] == "d2"
    assert cms(sandbox, "GET").json()["live"] is True
    assert cms(sandbox, "DELETE").json()["live"] is False
    assert cms(sandbox, "DELETE").json()["live"] is False
    assert requests.get(first.json()["url"], timeout=10).status_code == 410


def test_unsigned_old_or_altered_article_is_refused(sandbox: Sandbox) -> None:
    assert cms(sandbox, "PUT", b"{}", key="wrong").json()["code"] == "SIGNATURE"
    assert cms(sandbox, "PUT", b"{}", shift_s=-400).json()["code"] == "TIMESTAMP"
    assert cms(sandbox, "PUT", b"{}").status_code == 400
    assert cms(sandbox, "GET").status_code == 404
    assert requests.delete(f"{sandbox.url}/cms-api/articles/n1", timeout=10).status_code == 401


def signed(sandbox: Sandbox, method: str, path: str, value: Any, key: str) -> requests.Response:
    body, stamp = b"" if value is None else requests.compat.json.dumps(value).encode(), str(int(time.time()))
    text = "\n".join((method, path, stamp, hashlib.sha256(body).hexdigest()))
    signature = hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()
    headers = {"X-Timestamp": stamp, "X-Signature": signature, "Content-Type": "application/json"}
    return requests.request(method, f"{sandbox.url}{path}", data=body, headers=headers, timeout=10)


def test_e_license_library_tells_every_change_once_and_again_when_it_changes(sandbox: Sandbox) -> None:
    seen: list[str] = []
    after, has_more = "", True
    while has_more:
        page = signed(
            sandbox, "GET", f"/e-license-api/changes?after={after}&size=5", None, E_LICENSE_KEY
        ).json()
        seen += [record["license_no"] for record in page["items"]]
        after, has_more = page["cursor"], page["has_more"]
    assert len(set(seen)) == len(seen) == 12
    sandbox.post("/e-license/api/licenses", [{"license_no": seen[0], "expires_on": "2031-01-01"}])
    path = f"/e-license-api/changes?after={after}&size=5"
    assert [
        one["expires_on"] for one in signed(sandbox, "GET", path, None, E_LICENSE_KEY).json()["items"]
    ] == ["2031-01-01"]
    assert "示例证照库1号食品有限公司" not in requests.get(f"{sandbox.url}/e-license", timeout=10).text
    assert signed(sandbox, "GET", path, None, "wrong").json()["code"] == "SIGNATURE"
    bad = "/e-license-api/changes?after=x&size=5"
    assert signed(sandbox, "GET", bad, None, E_LICENSE_KEY).status_code == 400


def test_regulator_gives_one_receipt_per_decision(sandbox: Sandbox) -> None:
    decision = {
        "decision_no": "R1-20311220",
        "regulator": "示例市场监督管理局",
        "license_name": "药品经营许可证",
        "holder_name": "示例一号药房有限公司",
        "expires_on": "2031-12-20",
    }
    path = "/regulator-api/decisions/R1-20311220"
    first = signed(sandbox, "PUT", path, decision, REGULATOR_KEY)
    assert first.status_code == 201
    assert signed(sandbox, "PUT", path, decision, REGULATOR_KEY).json() == first.json()
    assert first.json()["receipt_no"] in requests.get(f"{sandbox.url}/regulator", timeout=10).text
    assert signed(sandbox, "PUT", path, {}, REGULATOR_KEY).json()["code"] == "PARAMS_ILLEGAL"
    assert signed(sandbox, "PUT", path, decision, "wrong").json()["code"] == "SIGNATURE"
    unknown = {**decision, "regulator": "未登记的部门"}
    assert signed(sandbox, "PUT", path, unknown, REGULATOR_KEY).status_code == 422


def prompted(sandbox: Sandbox, value: Any, *, key: str = BUSINESS_KEY, shift_s: int = 0) -> requests.Response:
    body, path = requests.compat.json.dumps(value).encode(), "/business-system-api/prompts/d1"
    stamp = str(int(time.time()) + shift_s)
    text = "\n".join(("PUT", path, stamp, hashlib.sha256(body).hexdigest()))
    signature = hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()
    headers = {"X-Timestamp": stamp, "X-Signature": signature, "Content-Type": "application/json"}
    return requests.put(f"{sandbox.url}{path}", data=body, headers=headers, timeout=10)


def test_business_system_shows_one_prompt_and_checks_who_sent_it(sandbox: Sandbox) -> None:
    licenses = {"licenses": [{"holder_name": "示例一号印刷厂", "license_name": "印刷经营许可证"}]}
    assert "还没有收到提示" in requests.get(f"{sandbox.url}/business-system", timeout=10).text
    assert [prompted(sandbox, licenses).status_code for _ in range(3)] == [201, 200, 200]
    assert len(sandbox.shown("prompt")) == 1
    assert "示例一号印刷厂" in requests.get(f"{sandbox.url}/business-system", timeout=10).text
    assert prompted(sandbox, licenses, key="wrong").json()["code"] == "SIGNATURE"
    assert prompted(sandbox, licenses, shift_s=-400).json()["code"] == "TIMESTAMP"
    assert prompted(sandbox, {"licenses": []}).status_code == 400
    assert prompted(sandbox, {"licenses": [{"holder_name": "无账号"}]}).status_code == 422
