"""Text that wants to run stays text: on the portal, at the desk, and on the pages of other sites."""

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, sync_playwright
from werkzeug.serving import make_server

from jobs.gateways import static_pages
from jobs.gateways.outlets import Masthead
from reminders.rules import account_text, rendition
from reminders.rules.article import Article
from tests.builders import NOW
from tests.portal.conftest import PASSWORD, Portal
from tests.portal.test_notices_desk import draft

CHROMIUM = shutil.which("chromium")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: apt install chromium"),
]
PAYLOADS = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<body onload=alert(1)>",
    "<details open ontoggle=alert(1)>",
    "<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "<a href='javascript:alert(1)'>x</a>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](data:text/html,<script>alert(1)</script>)",
    "[x](vbscript:alert(1))",
    "[x]( javascript:alert(1))",
    "![x](x' onerror='alert(1))",
    "<javascript:alert(1)>",
    "[x]: javascript:alert(1)\n\n[x]",
    '"><script>alert(1)</script>',
    "'-alert(1)-'",
    "{{ 7*7 }}{% raw %}<script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "</textarea><script>alert(1)</script>",
    "</p><script src=//example.com/x.js></script>",
    "<meta http-equiv=refresh content='0;url=javascript:alert(1)'>",
    "<object data='data:text/html,<script>alert(1)</script>'></object>",
    "<style>@import 'javascript:alert(1)'</style>",
    "| a | b |\n|---|---|\n| <img src=x onerror=alert(1)> | <script>alert(1)</script> |",
    "`<script>alert(1)</script>`",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;img src=x onerror=alert(1)&#62;",
    "<<script>alert(1)//<</script>",
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as player:
        opened = player.chromium.launch(
            executable_path=CHROMIUM, args=["--headless=new", "--no-sandbox", "--disable-gpu"]
        )
        yield opened
        opened.close()


@pytest.fixture
def base(portal: Portal) -> Iterator[str]:
    running = make_server("127.0.0.1", 0, portal.app, threaded=True)
    thread = threading.Thread(target=running.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{running.server_port}"
    running.shutdown()
    thread.join()
    running.server_close()


def publish_payloads(portal: Portal) -> None:
    """Every payload in the body of one notice; the worst of them as titles of others."""
    officer, lead = portal.signed_in("wang"), portal.signed_in("zhao")
    titles = ("换证温馨提示", *(payload[:90] for payload in PAYLOADS[:4]))
    for number, title in enumerate(titles, 1):
        draft(officer, title, "\n\n".join(PAYLOADS))
        officer.get(f"/staff/notices/{number}")
        officer.post(f"/staff/notices/{number}/submit", {"version": 1})
        lead.get(f"/staff/notices/{number}")
        lead.post(f"/staff/notices/{number}/approve", {"digest": lead.hidden("digest")})


def test_nothing_runs_on_any_page(portal: Portal, base: str, browser: Browser, tmp_path: Path) -> None:
    publish_payloads(portal)
    page = browser.new_context().new_page()
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: (dialogs.append(page.url), dialog.dismiss()))
    page.goto(f"{base}/staff/sign-in")
    page.fill("[name=login]", "zhao")
    page.fill("[name=password]", PASSWORD)
    page.click("main button")
    page.fill("[name=code]", portal.next_code("zhao"))
    page.click("main button")
    desk = [f"/staff/notices/{n}{how}" for n in range(1, 6) for how in ("", "?as=phone", "?as=print")]
    for path in ["/", "/notices/", *(f"/notices/{n}" for n in range(1, 6)), "/staff/notices/", *desk]:
        answer = page.goto(base + path)
        assert answer is not None
        assert answer.status == 200, path
    assert dialogs == []


def test_nothing_runs_where_no_policy_of_ours_protects(browser: Browser, tmp_path: Path) -> None:
    """The pages of other sites come without our headers: there the markup alone must be harmless."""
    shown = rendition.render(PAYLOADS[0], "\n\n".join(PAYLOADS), "[]")
    told = Article(
        notice_id=1,
        external_id="notice-1-v1",
        title=shown.title,
        summary=shown.summary,
        html=shown.html,
        digest="d",
        published_at=NOW,
        department=PAYLOADS[1],
        license_name=PAYLOADS[2],
        body_html=shown.body_html,
    )
    masthead = Masthead(PAYLOADS[3], PAYLOADS[4], "http://localhost")
    article = account_text.content(shown.body_html, (), "", has_files=False)
    pages = {"/static": static_pages.notice_page(told, masthead), "/account": article.encode()}
    app = Flask("other-site")
    for path, content in pages.items():
        app.add_url_rule(path, path, lambda content=content: content)
    running = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=running.serve_forever).start()
    page = browser.new_context().new_page()
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: (dialogs.append(page.url), dialog.dismiss()))
    for path in pages:
        page.goto(f"http://127.0.0.1:{running.server_port}{path}")
        page.wait_for_timeout(300)
        for link in page.locator("a").all():
            assert (link.get_attribute("href") or "").split(":")[0].lower() not in (
                "javascript",
                "data",
                "vbscript",
            )
        assert page.locator("script, iframe, object, style, meta[http-equiv]").count() == 0
    running.shutdown()
    assert dialogs == []
