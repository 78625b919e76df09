"""到期自查 tells four words and nothing else, however it is asked; corrections reach the department."""

import random
import re
import statistics
import time
from datetime import timedelta

import pytest
from sqlalchemy import event

from reminders import clock, page_reports, self_check
from reminders.db import Database
from reminders.errors import LimitReached, NotFound
from reminders.limits import forget_old
from reminders.rules.lifecycle import Expiry, LicenseState, Role
from reminders.rules.permissions import Actor
from reminders.rules.standing import STANDINGS, Standing, standing, worst
from reminders.rules.status import StatusKey
from reminders.tables.bindings import LimitCount
from reminders.tables.reports import PageReport
from tests import builders
from tests.builders import NOW
from tests.builders_ledger import credit_code
from tests.portal.conftest import FOOD, Portal
from tests.portal.test_public_portal import publish

NUMBER, NAME = "SC1063710020000", "示例0号食品有限公司"
UNKNOWN_NAME, UNKNOWN_NUMBER = "示例九号食品有限公司", "SC9999999999999"


def ask(portal: Portal, number: str, name: str, address: str = "203.0.113.9") -> str:
    answer = portal.app.test_client().post(
        "/self-check", data={"number": number, "name": name}, environ_base={"REMOTE_ADDR": address}
    )
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in answer.headers
    return answer.get_data(as_text=True)


def word_of(page: str) -> str:
    found = re.search(r'class="standing-word">([^<]+)<', page)
    assert found, page
    return found[1]


def test_four_words(database: Database) -> None:
    today = clock.civil_date(NOW)
    with database.begin() as session:
        entry = builders.entry(session, earliest=90, latest=30)
        holder = builders.holder(session, name="示例一号药房有限公司", credit_code=credit_code(7))
        for number, days, more in (
            ("A1", 800, {}),
            ("A2", 80, {}),
            ("A3", 10, {}),
            ("A4", -1, {}),
            ("A5", 800, {"state": LicenseState.CANCELLED}),
            ("A6", 80, {"state": LicenseState.RENEWING}),
        ):
            builders.license(
                session,
                entry_id=entry.id,
                expires_on=today + timedelta(days=days),
                holder_id=holder.id,
                license_no=number,
                **more,
            )
        builders.license(session, entry_id=entry.id, expires_on=None, holder_id=holder.id, license_no="A7")
        builders.license(
            session,
            entry_id=entry.id,
            expires_on=None,
            expiry=Expiry.NONE,
            holder_id=holder.id,
            license_no="A8",
        )
    wanted = ["valid", "closing", "closing", "expired", "ask", "ask", "ask", "valid"]
    with database.begin() as session:
        told = [
            self_check.check(session, f"a {number}", "示例一号药房有限公司 ", asker="address:1", now=NOW)
            for number in range(1, 9)
        ]
        whole = self_check.check(session, credit_code(7), "示例一号药房有限公司", asker="address:1", now=NOW)
        other = self_check.check(session, "A1", "示例二号药房有限公司", asker="address:1", now=NOW)
    assert told == wanted
    assert whole is Standing.EXPIRED
    assert other is Standing.ASK


def test_every_status_has_a_word_and_the_most_urgent_wins() -> None:
    assert {standing(key) for key in StatusKey} == set(Standing)
    assert set(StatusKey) - set(STANDINGS) == {StatusKey.RENEWING, StatusKey.CANCELLED, StatusKey.UNKNOWN}
    assert worst([Standing.VALID, Standing.ASK, Standing.CLOSING]) is Standing.CLOSING
    assert worst([]) is Standing.ASK


def test_page_tells_the_word_and_nothing_of_the_license(portal: Portal) -> None:
    page = ask(portal, NUMBER, NAME)
    assert word_of(page) == "将到期"
    for secret in (NUMBER, NAME, "食品生产许可证", str(clock.civil_date(clock.now()).year + 1)):
        assert secret not in page.partition("<main")[2].partition("</main>")[0]


def test_unknown_and_mismatching_read_and_work_alike(portal: Portal) -> None:
    statements: list[int] = []

    def count(*_: object) -> None:
        statements[-1] += 1

    answers = []
    engine = portal.app.extensions["portal.installation"].database().engine
    event.listen(engine, "before_cursor_execute", count)
    for number, name in ((NUMBER, UNKNOWN_NAME), (UNKNOWN_NUMBER, NAME), (UNKNOWN_NUMBER, UNKNOWN_NAME)):
        statements.append(0)
        answers.append(ask(portal, number, name))
    assert len(set(answers)) == 1
    assert word_of(answers[0]) == "请联系科室"
    assert len(set(statements)) == 1


def test_unknown_and_mismatching_take_equally_long(sqlite_database: Database) -> None:
    with sqlite_database.begin() as session:
        entry = builders.entry(session)
        for number in range(500):
            holder = builders.holder(session, name=f"示例{number}号有限公司")
            builders.license(
                session, entry_id=entry.id, expires_on=None, holder_id=holder.id, license_no=f"N{number}"
            )
    took: dict[str, list[float]] = {"mismatching": [], "unknown": []}
    with sqlite_database.begin() as session:
        for number in range(300):
            for kind, text in (("mismatching", f"N{number}"), ("unknown", f"X{number}")):
                started = time.perf_counter()
                self_check.check(session, text, "示例无此单位", asker=f"{kind}{number}", now=NOW)
                took[kind].append(time.perf_counter() - started)
    ratio = statistics.median(took["mismatching"]) / statistics.median(took["unknown"])
    assert 0.75 < ratio < 1.33


def test_ten_thousand_guesses_learn_nothing(sqlite_database: Database) -> None:
    """From one address almost all are refused; from ten thousand addresses every answer is the same."""
    dice = random.Random(7)
    with sqlite_database.begin() as session:
        entry = builders.entry(session)
        for number in range(50):
            holder = builders.holder(session, name=f"示例{number}号有限公司")
            builders.license(
                session, entry_id=entry.id, expires_on=None, holder_id=holder.id, license_no=f"鲁{number:06d}"
            )
    told, refused = set(), 0
    for guess in range(10_000):
        number, name = f"鲁{dice.randrange(50):06d}", f"示例猜测{guess}号有限公司"
        asker = "address:one" if guess < 5_000 else f"address:{guess}"
        try:
            with sqlite_database.begin() as session:
                told.add(self_check.check(session, number, name, asker=asker, now=NOW))
        except LimitReached:
            refused += 1
    assert told == {Standing.ASK}
    assert refused >= 10_000 - self_check.BY_ADDRESS.most - 50 * self_check.BY_NUMBER.most


def test_limit_by_address_holds_in_the_database_and_names_a_way_out(portal: Portal) -> None:
    for _ in range(self_check.BY_ADDRESS.most):
        ask(portal, f"SC{_}", NAME)
    refused = ask(portal, NUMBER, NAME)
    assert "查询次数太多" in refused
    assert word_of(ask(portal, NUMBER, NAME, "203.0.113.10")) == "将到期"
    with portal.database.begin() as session:
        addresses = {row.subject_hash for row in session.query(LimitCount)}
        assert not any("203.0.113" in one for one in addresses)
        forget_old(session, now=clock.now() + timedelta(days=3))


@pytest.mark.parametrize(("number", "name"), [("", NAME), (NUMBER, " "), ("　", "　")])
def test_empty_field_asks_again(portal: Portal, number: str, name: str) -> None:
    page = ask(portal, number, name)
    assert 'role="alert"' in page
    assert "都填上" in page


def test_report_reaches_the_department_sealed_and_is_closed_once(portal: Portal) -> None:
    with portal.database.begin() as session:
        notice_id = publish(session)
    visitor = portal.visitor()
    page = visitor.get(f"/report?notice={notice_id}")
    assert "换证温馨提示" in page
    page = visitor.post("/report", {"notice": notice_id, "words": "名单第 1 行 13800000100 <b>不对</b>"})
    assert "收到了，谢谢" in page
    with portal.database.read() as session:
        row = session.query(PageReport).one()
        assert b"13800000100" not in row.words_cipher
    lead, other = portal.signed_in("zhao"), portal.signed_in("qian")
    assert "&lt;b&gt;不对&lt;/b&gt;" in lead.get("/staff/page-reports/")
    assert "没有等着处理的更正" in other.get("/staff/page-reports/")
    other.post(f"/staff/page-reports/{row.id}/close")
    lead.get("/staff/page-reports/")
    assert "已处理" in lead.post(f"/staff/page-reports/{row.id}/close")
    assert "已经有人处理了" in lead.post(f"/staff/page-reports/{row.id}/close")


@pytest.mark.parametrize("words", ["", "错", "长" * 501])
def test_report_that_says_nothing_or_too_much_is_shown_again(portal: Portal, words: str) -> None:
    answer = portal.app.test_client().post("/report", data={"kind": FOOD, "words": words})
    assert answer.status_code == 400
    assert words in answer.get_data(as_text=True)


def test_report_is_limited_and_a_closed_page_takes_none(database: Database) -> None:
    with database.begin() as session:
        for _ in range(page_reports.BY_ADDRESS.most):
            page_reports.report(session, "哪里写错了", asker="address:1", now=NOW)
        with pytest.raises(LimitReached):
            page_reports.report(session, "哪里写错了", asker="address:1", now=NOW)
        with pytest.raises(NotFound):
            page_reports.report(session, "哪里写错了", notice_id=7, asker="address:2", now=NOW)
        office = Actor(ref="staff:9", name="办公室", role=Role.OFFICE)
        assert len(page_reports.open_reports(session, actor=office)) == page_reports.BY_ADDRESS.most
