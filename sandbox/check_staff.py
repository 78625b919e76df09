"""Steps of the staff and the public: import by the page, a notice from draft to withdrawal."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

import xlsxwriter

from sandbox import authenticator
from sandbox.check_browser import Browser, Page
from sandbox.check_trip import Trip, Unexpected, expect, expect_not, until
from sandbox.sample_ledger import HEADINGS

KIND = "药品经营许可证"
REASON = "演练结束"
BUSY_S = 120  # an outlet takes several jobs of a worker, each slow beside other work
T = TypeVar("T")


def sign_in(trip: Trip) -> str:
    wrong = _sign_in(trip, Browser(), "officer", "not-the-password")
    expect_not(wrong.text, "今日工作")
    for browser, login in ((trip.officer, "officer"), (trip.lead, "lead")):
        page = _sign_in(trip, browser, login, trip.account(login).password)
        code = authenticator.code(trip.account(login).secret)
        page = browser.submit(page, page.form("code"), {"code": code})
        if page.status != 200 or "/sign-in" in page.url:
            raise Unexpected(f"{login} cannot sign in: {page.status} {page.url} {page.text[:300]}")
    return "officer and lead are in with two factors; a wrong password is refused"


def upload_faulty(trip: Trip) -> str:
    """Nothing is written, and the cell that is wrong is named."""
    path = trip.started.place.folder / "有错的台账.xlsx"
    _write(path, trip, "2027-02-30")
    page = _upload(trip, path)
    expect(page.text, "有误", "期满日期", "5")  # the row as Excel counts it
    trip.officer.submit(page, page.form("discard"))
    return f"the faulty row is found and named: {_around(page.text, '2027-02-30')}"


def upload_mended(trip: Trip) -> str:
    path = trip.started.place.folder / "改好的台账.xlsx"
    _write(path, trip, f"{trip.started.sample.today + timedelta(days=400)}")
    page = _upload(trip, path)
    expect(page.text, "没有错误")
    done = trip.officer.submit(page, page.form("accept"))
    expect(done.text, "已导入")
    again = _upload(trip, path)
    if any("/accept" in form.action for form in again.forms):
        raise Unexpected(f"the same file could be accepted twice: {again.text[:400]}")
    return "the mended sheet is accepted as shown; the same file again is recognised"


def draft_notice(trip: Trip) -> str:
    portal, officer = trip.started.place.portal_url, trip.officer
    page = officer.get(f"{portal}/staff/notices/new")
    form = page.form("period_from")
    entry = next(value for value, label in form.choices["entry"] if label.startswith(KIND))
    first = trip.started.sample.today
    page = officer.submit(page, form, {"entry": entry, "period_from": f"{first}",
                                       "period_to": f"{first + timedelta(days=90)}"})  # fmt: skip
    expect(page.source, trip.holder(0).row.holder)
    trip.notice_title = page.form("title").fields["title"]
    page = officer.submit(page, page.form("title"))  # saved as it is
    expect_not(page.source, trip.holder(0).row.phone, trip.holder(0).row.license_no)
    page = officer.submit(page, page.form("submit"))
    expect(page.text, "审核")
    trip.staff_notice_url = page.url
    return f"generated from the ledger and submitted: {trip.notice_title}"


def own_approval_is_refused(trip: Trip) -> str:
    """The officer has no button; the lead has one, but not for what the lead wrote."""
    if any("/approve" in form.action for form in trip.officer.get(trip.staff_notice_url).forms):
        raise Unexpected("the officer who wrote the notice is offered to approve it")
    portal, lead = trip.started.place.portal_url, trip.lead
    page = lead.get(f"{portal}/staff/notices/new")
    form = next(form for form in page.forms if "title" in form.fields)
    page = lead.submit(page, form, {"title": "示例提示", "body": "这是一篇自己写自己审的示例提示。"})
    page = lead.submit(page, page.form("title"))
    page = lead.submit(page, page.form("submit"))
    own = page.url
    page = lead.submit(page, page.form("approve"))
    if "已发布" in lead.get(own).text or trip.public.get(f"{portal}/notices/").text.count("示例提示"):
        raise Unexpected("a lead could approve an own notice")
    expect(page.text, "不能审核它")
    return f"refused: {_around(page.text, '起草或修改过')}"


def approve_notice(trip: Trip) -> str:
    page = trip.lead.get(trip.staff_notice_url)
    page = trip.lead.submit(page, page.form("approve"))
    expect(page.text, "已发布")
    return f"{trip.account('lead').name} approved what {trip.account('officer').name} wrote"


def portal_shows_it(trip: Trip) -> str:
    portal = trip.started.place.portal_url
    listed = trip.public.get(f"{portal}/notices/")
    trip.notice_url = listed.link(trip.notice_title)
    page = trip.public.get(trip.notice_url)
    expect(page.text, trip.notice_title, trip.holder(0).row.holder, f"{trip.holder(0).row.expires_on}")
    expect_not(page.source, trip.holder(0).row.phone, trip.holder(0).row.license_no)
    expect(trip.public.get(f"{portal}/feed.atom").source, trip.notice_title, urlsplit(trip.notice_url).path)
    return f"list, permalink and feed show it, companies in full, numbers masked: {trip.notice_url}"


def government_site_shows_it(trip: Trip) -> str:
    base = trip.started.place.sandbox_url

    def live() -> str:
        links = trip.public.get(f"{base}/cms").links
        return next((address for address, label in links if trip.notice_title in label), "")

    address = _from_outlet(trip, "the notice on the government site", live)
    expect(trip.public.get(address).text, trip.notice_title, trip.holder(0).row.holder)
    return f"published there by an RQ job: {address}"


def official_account_shows_it(trip: Trip) -> str:
    """The title is shortened there, so the article is known by the address it leads back to."""
    base = trip.started.place.sandbox_url
    number = trip.notice_url.rpartition("/")[2]

    def live() -> str:
        for address, _label in trip.public.get(f"{base}/articles").links:
            if "/articles/article-" in address and f"/notices/{number}?" in trip.public.get(address).source:
                return address
        return ""

    address = _from_outlet(trip, "the article of the official account", live)
    expect(trip.public.get(address).text, trip.holder(0).row.holder)
    return f"an article of the account, found again by its source: {address}"


def withdraw_notice(trip: Trip) -> str:
    page = trip.lead.get(trip.staff_notice_url)
    form = page.form("withdraw")
    page = trip.lead.submit(page, form, {"reason": REASON})
    expect(page.text, "已撤回")
    gone = trip.public.get(trip.notice_url)
    if gone.status != 410 or REASON not in gone.text:
        raise Unexpected(f"the portal answers {gone.status}: {gone.text[:300]}")
    expect_not(trip.public.get(f"{trip.started.place.portal_url}/feed.atom").source, trip.notice_title)
    base = trip.started.place.sandbox_url
    on_site = "the end of the article on the government site"
    _from_outlet(trip, on_site, lambda: trip.notice_title not in trip.public.get(f"{base}/cms").text)
    on_account = "the end of the article of the account"
    _from_outlet(trip, on_account, lambda: "article-" not in trip.public.get(f"{base}/articles").source)
    return "gone from list, feed, government site and account; the permalink says why (410)"


def _from_outlet(trip: Trip, what: str, look: Callable[[], T]) -> T:
    """Gives a busy machine time, and none to an outlet that refused; a failure that passed is noted."""
    try:
        return until(what, look, BUSY_S, trouble=lambda: _refusal(trip))
    except Unexpected as error:
        raise Unexpected(f"{error}; the desk says: {_outlets(trip)}") from None


def _outlets(trip: Trip) -> str:
    """What the notice's page tells the staff about each outlet."""
    text = trip.lead.get(trip.staff_notice_url).text
    return text.partition("发布渠道")[2].partition("更正或撤回")[0].strip()


def _refusal(trip: Trip) -> str:
    """What the desk says when an outlet has failed for good."""
    told = _outlets(trip)
    if "没有成功" in told and told not in trip.hitches:
        trip.hitches.append(told)
    return told if "失败" in told else ""


def _sign_in(trip: Trip, browser: Browser, login: str, password: str) -> Page:
    page = browser.get(f"{trip.started.place.portal_url}/staff/sign-in")
    return browser.submit(page, page.form("password"), {"login": login, "password": password})


def _upload(trip: Trip, path: Path) -> Page:
    page = trip.officer.get(f"{trip.started.place.portal_url}/staff/ledger/imports/")
    return trip.officer.submit(page, page.form("file"), file=path)


def _write(path: Path, trip: Trip, wrong_or_right: str) -> None:
    """A small sheet of the officer's department: one row for sure right, one with the date given."""
    good = date(trip.started.sample.today.year + 2, 6, 15)
    rows = [
        (1, "示例新来药房有限公司", KIND, "SLYP950001", "", "", f"{good}", "钱示例", "13800009501"),
        (2, "示例又一药房有限公司", KIND, "SLYP950002", "", "", wrong_or_right, "冯示例", "13800009502"),
    ]
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("台账")
        sheet.write_row(0, 0, ("威海市行政审批服务局证照到期提醒台账（示例数据）",))
        sheet.write_row(1, 0, ("科室：市场准入二科",))
        sheet.write_row(2, 0, HEADINGS)
        for line, row in enumerate(rows, start=3):
            sheet.write_row(line, 0, row)


def _around(text: str, *wanted: str) -> str:
    """The words around the first of these found, for the report."""
    at = next((text.index(piece) for piece in wanted if piece in text), 0)
    return text[max(0, at - 20) : at + 60].strip()
