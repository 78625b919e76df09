"""Takes the pictures of the README from a demo of its own: `./run screenshots`.

Chromium is found on PATH or named by CHROME_PATH. The pictures are written to docs/screenshots/.
"""

import os
import re
import shutil
import sys
import tempfile
from pathlib import Path
from urllib.parse import urljoin

import xlsxwriter
from playwright.sync_api import Browser, Page, expect, sync_playwright

from sandbox import authenticator, demo, demo_installation
from sandbox.demo import Account, Started
from sandbox.demo_installation import Options
from sandbox.demo_processes import Running

PLACE = Path(__file__).resolve().parents[2] / "docs" / "screenshots"
DESK = {"width": 1280, "height": 800}
POCKET = {"width": 390, "height": 844}
HEADINGS = ("序号", "证照持有单位（个人）", "证照名称", "证照编号", "期满日期", "联系人", "联系方式")
KIND = "药品经营许可证"


def main() -> int:
    PLACE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        running = Running(demo_installation.make(Options(Path(folder))))
        try:
            _take_all(demo.start(running))
        finally:
            running.stop()
    return 0


def _take_all(started: Started) -> None:
    with sync_playwright() as player:
        browser = player.chromium.launch(
            executable_path=os.environ.get("CHROME_PATH") or shutil.which("chromium"),
            args=["--headless=new", "--no-sandbox", "--disable-gpu"],
        )
        phone = _page(browser, DESK)
        phone.goto(f"{started.place.sandbox_url}/phone")
        page = _play_a_holder(phone)
        accounts = {account.login: account for account in started.accounts}
        staff_url = f"{started.place.portal_url}/staff/"
        officer = _signed_in(browser, staff_url, accounts["officer"])
        _take(officer, "console")
        _let_holders_visit(officer)
        _read_on(page)
        notice = _work_as_staff(browser, officer, staff_url, accounts["lead"])
        _read_as_the_public(browser, started.place.portal_url, notice)
        browser.close()


def _play_a_holder(phone: Page) -> Page:
    """Follows, binds and asks as the guide says, until the reminder is there and its page is open."""
    for step in ("关注", "发送“同意”", "替我发送", re.compile(r"^发送 \d{6}$"), "发送“我的证照”"):
        phone.locator("#steps").get_by_role("button", name=step, exact=isinstance(step, str)).click()
        phone.wait_for_timeout(1500)
    card = phone.locator("#chat").get_by_role("link", name="查看详情")
    expect(card).to_be_visible(timeout=60_000)
    phone.wait_for_timeout(12_500)  # until the banner of the text message is gone
    card.scroll_into_view_if_needed()
    _take(phone, "phone")
    with phone.context.expect_page() as opened:
        card.click()
    page = opened.value
    page.set_viewport_size(POCKET)  # type: ignore[arg-type]
    page.wait_for_load_state()
    _take(page, "license-page")
    return page


def _let_holders_visit(officer: Page) -> None:
    officer.get_by_role("link", name="预约", exact=True).click()
    officer.get_by_role("link", name="设置预约时段").click()
    officer.fill("#hours", "9:00-10:00 4\n10:00-11:00 4\n13:30-15:00 6")
    officer.get_by_role("button", name="保存").click()


def _read_on(page: Page) -> None:
    """The same page for old eyes and in English, and a time at the counter."""
    page.get_by_role("link", name="长辈模式").click()
    _take(page, "license-page-care")
    page.get_by_role("link", name="退出长辈模式").click()
    page.get_by_role("link", name="选个时间去窗口").first.click()
    _take(page, "visit")
    page.get_by_role("link", name="回到这本证照").click()
    page.get_by_role("link", name="English").click()
    _take(page, "license-page-english")
    page.get_by_role("link", name="中文").click()


def _work_as_staff(browser: Browser, officer: Page, staff_url: str, leading: Account) -> str:
    """The address under which the public reads the notice."""
    officer.get_by_role("link", name="导入", exact=True).click()
    with tempfile.TemporaryDirectory() as folder:
        officer.set_input_files("#file", _faulty_sheet(Path(folder) / "药店台账.xlsx"))
        officer.get_by_role("button", name="上传并检查").click()
    _take(officer, "import")
    officer.get_by_role("button", name="放弃").click()
    officer.get_by_role("link", name="温馨提示", exact=True).click()
    officer.get_by_role("link", name="新建", exact=True).click()
    officer.get_by_role("button", name="生成草稿").click()
    officer.get_by_role("button", name="保存并预览").click()
    officer.get_by_role("button", name="提交审核").click()
    lead = _signed_in(browser, staff_url, leading)
    lead.goto(officer.url)
    _take(lead, "notice")
    lead.get_by_role("button", name="审核通过并发布").click()
    expect(lead.get_by_text("公众页面")).to_be_visible()
    return str(lead.locator("main a[href*='/notices/']:not([href*='staff'])").first.get_attribute("href"))


def _read_as_the_public(browser: Browser, portal_url: str, notice: str) -> None:
    portal = _page(browser, DESK)
    portal.goto(portal_url)
    _take(portal, "portal")
    portal.goto(urljoin(portal_url, notice))
    _take(portal, "public-notice")
    portal.get_by_role("link", name=f"{KIND}怎么换证").click()
    _take(portal, "guide")
    pocket = _page(browser, POCKET)
    pocket.goto(portal_url)
    pocket.get_by_role("link", name="长辈模式").click()
    _take(pocket, "care")


def _signed_in(browser: Browser, staff_url: str, account: Account) -> Page:
    page = _page(browser, DESK)
    page.goto(staff_url)
    page.fill("#login", account.login)
    page.fill("#password", account.password)
    page.get_by_role("button", name="登录").click()
    page.fill("#code", authenticator.code(account.secret))
    page.get_by_role("button", name="继续").click()
    return page


def _faulty_sheet(path: Path) -> Path:
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("台账")
        sheet.write_row(0, 0, ("证照到期提醒台账（示例数据）",))
        sheet.write_row(1, 0, ("科室：市场准入二科",))
        sheet.write_row(2, 0, HEADINGS)
        sheet.write_row(
            3, 0, (1, "示例新一药房有限公司", KIND, "SLYP960001", "2032.6.15", "钱示例", "13800009601")
        )
        sheet.write_row(
            4, 0, (2, "示例新二药房有限公司", "药品经营许可", "SLYP960002", "2027.2.30", "冯示例", "1380000")
        )
        sheet.write_row(5, 0, (3, "", KIND, "SLYP960003", "明年", "陈示例", "13800009603"))
    return path


def _page(browser: Browser, size: dict[str, int]) -> Page:
    return browser.new_context(viewport=size, locale="zh-CN").new_page()  # type: ignore[arg-type]


def _take(page: Page, name: str) -> None:
    path = PLACE / f"{name}.png"
    page.screenshot(path=path)
    sys.stdout.write(f"{path.name} {path.stat().st_size // 1024} KB\n")


if __name__ == "__main__":
    sys.exit(main())
