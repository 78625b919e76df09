"""Work of made-up colleagues that waits for a learner: notices to review, letters to sign, an order."""

from datetime import timedelta

from sandbox import authenticator, demo
from sandbox.check_browser import Browser, NotThere, Page
from sandbox.check_trip import until
from sandbox.demo import Account, Started

KIND = "药品经营许可证"
COLLEAGUES = (
    ("colleague1", "何示例", "officer", "提醒专员（同事）", "市场准入二科"),
    ("colleague2", "许示例", "supervisor", "业务科（同事）", ""),
)
LOGINS = tuple(one[0] for one in COLLEAGUES)
ORDER = "示例：台账有 2 行没有联系方式，请补上后回复。"
NOTICES = 2  # one to give back, one to approve
PLANNED_S = 60


def lay_out(started: Started) -> None:
    """Through the pages, as people would. Raises NotThere where a page does not offer what it should."""
    demo.say("practice: letting two colleagues prepare work")
    staff = f"{started.place.portal_url}/staff"
    officer, supervisor = (_signed_in(started, login) for login in LOGINS)
    for _ in range(NOTICES):
        _submit_notice(officer, staff)
    page = supervisor.get(f"{staff}/inspections/")
    form = page.form("deadline_on")
    department = next(value for value, label in form.choices["department"] if label == COLLEAGUES[0][4])
    deadline = f"{demo.today() + timedelta(days=14)}"
    supervisor.submit(page, form, {"department": department, "deadline_on": deadline, "text": ORDER})
    _prepare_letter(officer, staff)


def _signed_in(started: Started, login: str) -> Browser:
    account: Account = next(one for one in started.accounts if one.login == login)
    browser = Browser()
    page = browser.get(f"{started.place.portal_url}/staff/sign-in")
    page = browser.submit(page, page.form("password"), {"login": login, "password": account.password})
    page = browser.submit(page, page.form("code"), {"code": authenticator.code(account.secret)})
    if "/sign-in" in page.url:
        raise NotThere(f"{login} cannot sign in: {page.status} {page.url}")
    return browser


def _submit_notice(officer: Browser, staff: str) -> None:
    page = officer.get(f"{staff}/notices/new")
    form = page.form("period_from")
    entry = next(value for value, label in form.choices["entry"] if label.startswith(KIND))
    page = officer.submit(page, form, {"entry": entry, "period_to": f"{demo.today() + timedelta(days=200)}"})
    page = officer.submit(page, page.form("title"))
    officer.submit(page, page.form("submit"))


def _prepare_letter(officer: Browser, staff: str) -> None:
    """A call to a number that is none becomes a letter, and the letter a batch that waits for a signature."""

    def calls() -> list[Page]:
        page = officer.get(f"{staff}/worklist/")
        return [page] if any("/outcome" in form.action for form in page.forms) else []

    [page] = until("calls on the worklist", calls, within_s=PLANNED_S)
    form = page.form("/outcome")
    form.fields["outcome"] = "wrong_number"
    officer.submit(page, form)

    def letters() -> list[Page]:
        page = officer.get(f"{staff}/letters/")
        return [page] if any("all" in button for form in page.forms for button in form.buttons) else []

    [page] = until("a letter to write", letters, within_s=PLANNED_S)
    form = page.form("把待寄的全部编成一批")
    form.fields["all"] = "yes"
    form.buttons.clear()
    officer.submit(page, form)
