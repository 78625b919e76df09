"""Poster and card: one sheet of A4 each, with the account's code and nothing of the installation's inside."""

import os
import re
import shutil
import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import sync_playwright
from werkzeug.serving import make_server

from portal.installation import KEY
from portal.public.codes import drawn
from tests.portal.conftest import Portal

QR_TEXT = "http://weixin.qq.com/r/example"
CHROMIUM = os.environ.get("CHROME_PATH") or shutil.which("chromium")


def told(portal: Portal, **more: str) -> None:
    here = portal.app.extensions[KEY]
    here.settings = here.settings.model_copy(update=more)


def test_code_is_that_of_the_account_and_never_another(portal: Portal) -> None:
    officer = portal.signed_in("wang")
    assert "还没有设置公众号的二维码" in officer.get("/staff/publicity/")
    assert "在微信里搜索公众号" in officer.get("/staff/publicity/poster")
    assert "data:image" not in officer.get("/staff/publicity/card")
    told(portal, wechat_qr_text=QR_TEXT)
    for path in ("poster", "card"):
        page = officer.get(f"/staff/publicity/{path}")
        assert drawn(QR_TEXT).replace("&", "&amp;").replace("'", "&#39;") in page
        assert "威海政务审批" in page or path == "card"
    assert "还没有设置" not in officer.get("/staff/publicity/")


@pytest.fixture
def base(portal: Portal) -> Iterator[str]:
    told(portal, wechat_qr_text=QR_TEXT, service_phone="0631-5000000")
    running = make_server("127.0.0.1", 0, portal.app, threaded=True)
    thread = threading.Thread(target=running.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{running.server_port}"
    running.shutdown()
    thread.join()
    running.server_close()


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: apt install chromium")
def test_each_prints_on_one_sheet(base: str, portal: Portal) -> None:
    cookie = portal.signed_in("wang").client.get_cookie("staff_session")
    assert cookie
    with sync_playwright() as player:
        opened = player.chromium.launch(
            executable_path=CHROMIUM, args=["--headless=new", "--no-sandbox", "--disable-gpu"]
        )
        page = opened.new_page()
        page.context.add_cookies([{"name": "staff_session", "value": cookie.value, "url": base}])
        for name in ("poster", "card"):
            page.goto(f"{base}/staff/publicity/{name}")
            assert page.locator(".account-code").first.is_visible(), name
            printed = page.pdf(prefer_css_page_size=True, print_background=True)
            assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 1, name
            box = re.search(rb"/MediaBox\s*\[0 0 ([0-9.]+) ([0-9.]+)\]", printed)
            assert box and (round(float(box[1])), round(float(box[2]))) in ((595, 842), (596, 842))
        opened.close()
