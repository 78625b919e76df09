"""A notice is written by one person, published by another, exactly as read, and holds nothing personal."""

from datetime import date, timedelta

import pytest
from sqlalchemy.orm import Session

from reminders import audit
from reminders.db import Database
from reminders.errors import Conflict, Forbidden, Invalid, NotFound
from reminders.notices import board, desk, review, writing
from reminders.notices.writing import Period
from reminders.rules.lifecycle import HolderKind, LicenseState, NoticeState, Outlet, Role
from reminders.rules.permissions import Actor, system
from reminders.tables.notices import Notice
from tests import builders
from tests.builders import NOW

PERIOD = Period(date(2026, 12, 1), date(2027, 2, 28))
SITE = (Outlet.GOVERNMENT_SITE,)


class Office:
    """One department with an officer and a lead, a supervisor over all, and a kind of license."""

    def __init__(self, session: Session) -> None:
        self.department = builders.department(session)
        self.entry = builders.entry(session, department_id=self.department.id)
        self.officer = self._person(session, Role.OFFICER, self.department.id)
        self.lead = self._person(session, Role.LEAD, self.department.id)
        self.supervisor = self._person(session, Role.SUPERVISOR, None)
        other = builders.department(session)
        self.stranger = self._person(session, Role.LEAD, other.id)

    def _person(self, session: Session, role: Role, department_id: int | None) -> Actor:
        return builders.actor(builders.staff(session, role=role, department_id=department_id))


def written(session: Session, office: Office, body: str = "请尽早办理。", title: str = "换证温馨提示") -> int:
    return writing.draft(session, title, body, actor=office.officer, now=NOW)


def submitted(session: Session, office: Office) -> tuple[int, str]:
    notice_id = written(session, office)
    writing.submit(session, notice_id, version=1, actor=office.officer, now=NOW)
    return notice_id, seen_digest(session, notice_id, office.lead)


def seen_digest(session: Session, notice_id: int, actor: Actor) -> str:
    return desk.show(session, notice_id, date(2026, 11, 2), actor=actor).digest


def test_generated_notice_lists_companies_and_only_counts_persons(database: Database) -> None:
    with database.begin() as session:
        office = Office(session)
        company = builders.holder(session, name="示例一号药房有限公司")
        contact = builders.contact(session, holder_id=company.id, name="李示例", phone="13800000001")
        builders.license(
            session,
            entry_id=office.entry.id,
            expires_on=date(2026, 12, 20),
            holder_id=company.id,
            contact_id=contact.id,
            license_no="鲁AA1000010012",
        )
        person = builders.holder(session, name="张示例甲", kind=HolderKind.PERSON)
        builders.license(session, entry_id=office.entry.id, expires_on=date(2027, 1, 5), holder_id=person.id)
        builders.license(session, entry_id=office.entry.id, expires_on=date(2027, 3, 1))
        builders.license(
            session,
            entry_id=office.entry.id,
            expires_on=date(2027, 1, 1),
            state=LicenseState.CANCELLED,
        )
        notice_id = writing.generate(session, office.entry.id, PERIOD, actor=office.officer, now=NOW)
        shown = desk.show(session, notice_id, date(2026, 11, 2), actor=office.officer)
    assert [(row.holder_name, row.license_no, row.expires_on, row.apply_by) for row in shown.rows] == [
        ("示例一号药房有限公司", "鲁AA1＊＊＊＊0012", date(2026, 12, 20), date(2026, 11, 20))
    ]
    assert "另有 1 名个人" in shown.body
    everything = shown.title + shown.body + shown.body_html + str(shown.rows)
    assert not any(secret in everything for secret in ("张示例甲", "李示例", "13800000001", "1000010012"))
    for fact in ("2026-12-01", "期满前90日至期满前30日", "示例大厅 1 号窗口", "0631-5000001", "延续申请书"):
        assert fact in shown.body
    assert shown.personal == ()


def test_entry_without_a_fact_is_not_written_about(sqlite_database: Database) -> None:
    with sqlite_database.begin() as session:
        department = builders.department(session, service_phone="")
        entry = builders.entry(session, department_id=department.id, latest=None, earliest=None)
        officer = builders.actor(builders.staff(session, department_id=department.id))
        with pytest.raises(Invalid, match="申请换证时限、服务电话"):
            writing.generate(session, entry.id, PERIOD, actor=officer, now=NOW)


def test_author_cannot_publish_what_they_wrote(sqlite_database: Database) -> None:
    with sqlite_database.begin() as session:
        office = Office(session)
        notice_id = writing.draft(session, "标题", "正文", actor=office.lead, now=NOW)
        writing.submit(session, notice_id, version=1, actor=office.officer, now=NOW)
        digest = seen_digest(session, notice_id, office.lead)
        with pytest.raises(Forbidden, match="另一位同事"):
            review.approve(session, notice_id, digest, outlets=(), actor=office.lead, now=NOW)


def test_whoever_edited_cannot_publish_either(sqlite_database: Database) -> None:
    with sqlite_database.begin() as session:
        office = Office(session)
        notice_id = written(session, office)
        writing.edit(session, notice_id, "标题", "改过", version=1, actor=office.lead, now=NOW)
        writing.submit(session, notice_id, version=2, actor=office.officer, now=NOW)
        digest = seen_digest(session, notice_id, office.lead)
        with pytest.raises(Forbidden):
            review.approve(session, notice_id, digest, outlets=(), actor=office.lead, now=NOW)
        review.approve(session, notice_id, digest, outlets=(), actor=office.supervisor, now=NOW)


def test_publishing_asks_for_the_permission(sqlite_database: Database) -> None:
    with sqlite_database.begin() as session:
        office = Office(session)
        notice_id, digest = submitted(session, office)
        second = builders.actor(builders.staff(session, department_id=office.department.id))
        for actor in (second, system("clock")):
            with pytest.raises(Forbidden):
                review.approve(session, notice_id, digest, outlets=(), actor=actor, now=NOW)


def test_one_changed_byte_voids_the_approval(sqlite_database: Database) -> None:
    with sqlite_database.begin() as session:
        office = Office(session)
        notice_id, digest = submitted(session, office)
        session.get_one(Notice, notice_id).body += "。"
        session.flush()
        for seen in (digest, seen_digest(session, notice_id, office.lead)):
            with pytest.raises(Conflict, match="作废"):
                review.approve(session, notice_id, seen, outlets=(), actor=office.lead, now=NOW)


def test_edit_after_submission_makes_it_a_draft_again(sqlite_database: Database) -> None:
    with sqlite_database.begin() as session:
        office = Office(session)
        notice_id, digest = submitted(session, office)
        writing.edit(session, notice_id, "标题", "改过", version=1, actor=office.officer, now=NOW)
        with pytest.raises(Conflict, match="待审核"):
            review.approve(session, notice_id, digest, outlets=(), actor=office.lead, now=NOW)


def test_two_writers_do_not_overwrite_each_other(sqlite_database: Database) -> None:
    with sqlite_database.begin() as session:
        office = Office(session)
        notice_id = written(session, office)
        writing.edit(session, notice_id, "标题", "甲", version=1, actor=office.officer, now=NOW)
        with pytest.raises(Conflict, match="又被改过"):
            writing.edit(session, notice_id, "标题", "乙", version=1, actor=office.lead, now=NOW)


@pytest.mark.parametrize(
    ("title", "body", "place"),
    [
        ("联系 13800000001", "正文", "标题有手机号"),
        ("标题", "电话 １３８－００００－０００１", "正文有手机号"),
        ("标题", "电话 138**0000**0001", "手机号"),
        ("标题", "证件 371002199001010013 号", "正文有"),
    ],
)
def test_personal_number_is_refused_with_its_place(
    sqlite_database: Database, title: str, body: str, place: str
) -> None:
    with sqlite_database.begin() as session:
        office = Office(session)
        notice_id = written(session, office, body, title)
        with pytest.raises(Invalid, match=place):
            writing.submit(session, notice_id, version=1, actor=office.officer, now=NOW)


def test_personal_number_in_a_listed_name_is_refused(sqlite_database: Database) -> None:
    with sqlite_database.begin() as session:
        office = Office(session)
        holder = builders.holder(session, name="示例商行13800000001")
        builders.license(session, entry_id=office.entry.id, expires_on=date(2026, 12, 9), holder_id=holder.id)
        notice_id = writing.generate(session, office.entry.id, PERIOD, actor=office.officer, now=NOW)
        with pytest.raises(Invalid, match="名单第 1 行有"):
            writing.submit(session, notice_id, version=1, actor=office.officer, now=NOW)
        row = desk.show(session, notice_id, date(2026, 11, 2), actor=office.officer).rows[0]
        writing.edit(
            session,
            notice_id,
            "标题",
            "正文",
            version=1,
            dropped=[row.license_id],
            actor=office.officer,
            now=NOW,
        )
        writing.submit(session, notice_id, version=2, actor=office.officer, now=NOW)


def test_published_notice_is_on_the_board_at_once_and_gone_when_withdrawn(database: Database) -> None:
    with database.begin() as session:
        office = Office(session)
        notice_id, digest = submitted(session, office)
        assert board.page(session).total == 0
        with pytest.raises(NotFound):
            board.article(session, notice_id)
        review.approve(session, notice_id, digest, outlets=SITE, actor=office.lead, now=NOW)
        assert [line.id for line in board.page(session).lines] == [notice_id]
        review.withdraw(session, notice_id, "名单有误", actor=office.lead, now=NOW)
        gone = board.article(session, notice_id)
        assert board.page(session).total == 0
        assert audit.first_broken_link(session) is None
    assert (gone.body_html, gone.rows, gone.withdrawn_reason) == ("", (), "名单有误")


def test_returned_notice_tells_its_author_why(sqlite_database: Database) -> None:
    with sqlite_database.begin() as session:
        office = Office(session)
        notice_id, _ = submitted(session, office)
        with pytest.raises(Invalid):
            review.return_to_author(session, notice_id, " ", actor=office.lead, now=NOW)
        review.return_to_author(session, notice_id, "期间写错了", actor=office.lead, now=NOW)
        shown = desk.show(session, notice_id, date(2026, 11, 2), actor=office.officer)
    assert (shown.state, shown.returned_reason) == (NoticeState.DRAFT, "期间写错了")


def test_other_department_sees_nothing(sqlite_database: Database) -> None:
    with sqlite_database.begin() as session:
        office = Office(session)
        notice_id, digest = submitted(session, office)
        assert desk.lines(session, actor=office.stranger) == []
        with pytest.raises(NotFound):
            desk.show(session, notice_id, date(2026, 11, 2), actor=office.stranger)
        with pytest.raises(NotFound):
            review.approve(session, notice_id, digest, outlets=(), actor=office.stranger, now=NOW)
        with pytest.raises(NotFound):
            writing.generate(session, office.entry.id, PERIOD, actor=office.stranger, now=NOW)


def test_rows_that_renewed_since_are_marked(sqlite_database: Database) -> None:
    with sqlite_database.begin() as session:
        office = Office(session)
        kept_id = builders.license(session, entry_id=office.entry.id, expires_on=date(2026, 12, 9)).id
        renewed = builders.license(session, entry_id=office.entry.id, expires_on=date(2026, 12, 10))
        notice_id = writing.generate(session, office.entry.id, PERIOD, actor=office.officer, now=NOW)
        writing.submit(session, notice_id, version=1, actor=office.officer, now=NOW)
        digest = seen_digest(session, notice_id, office.lead)
        review.approve(session, notice_id, digest, outlets=(), actor=office.lead, now=NOW)
        renewed.expires_on = date(2031, 12, 10)
        session.flush()
        article = board.article(session, notice_id)
        renewed_id = renewed.id
    assert article.renewed == {renewed_id}
    assert {row.license_id for row in article.rows} == {kept_id, renewed_id}


def test_board_pages_count_everything_once(sqlite_database: Database) -> None:
    with sqlite_database.begin() as session:
        office = Office(session)
        ids = []
        for number in range(board.PAGE + 3):
            notice_id, digest = submitted(session, office)
            moment = NOW + timedelta(minutes=number // 2)  # two at a time share their moment
            review.approve(session, notice_id, digest, outlets=(), actor=office.lead, now=moment)
            ids.append(notice_id)
        first, second, beyond = (board.page(session, number) for number in (1, 2, 99))
        middle = board.article(session, ids[10])
        neighbours = [session.get_one(Notice, line.id).id for line in (middle.earlier, middle.later) if line]
    assert (first.total, first.pages, beyond.number) == (board.PAGE + 3, 2, 2)
    assert [line.id for line in (*first.lines, *second.lines)] == ids[::-1]
    assert neighbours == [ids[9], ids[11]]
