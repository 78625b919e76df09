"""The desk of holders' answers: each department sees its own, and what came of one is kept."""

from sqlalchemy import select

from reminders import answers, clock
from reminders.rules.lifecycle import AnswerKind
from reminders.tables.answers import Answer
from reminders.tables.audit import AuditEntry
from reminders.tables.ledger import License
from tests import builders
from tests.portal.conftest import Portal, Visitor


def answered(portal: Portal, kind: AnswerKind, note: str = "", phone: str = "", nth: int = 0) -> int:
    with portal.database.begin() as session:
        row = session.execute(select(License).order_by(License.id)).scalars().all()[nth]
        person = builders.follower(session)
        builders.binding(session, license_id=row.id, follower_id=person.id)
        return answers.give(session, person.id, row.id, kind, note=note, phone=phone, now=clock.now())


def test_help_waits_with_its_promise_until_it_was_given(portal: Portal) -> None:
    officer = portal.signed_in("wang")
    assert "现在没有要核对的回答" in officer.get("/staff/answers/")
    answer_id = answered(portal, AnswerKind.HELP, "下午三点后")
    assert "1</span>预约与帮办" in officer.get("/staff/")
    page = officer.get("/staff/answers/")
    for told in ("请帮办联系我", "下午三点后", "示例0号食品有限公司", "答应", "138＊＊＊＊0100"):
        assert told in page
    assert "13800000100" not in page
    page = officer.post(f"/staff/answers/{answer_id}/close", {"closing": "done", "note": "已联系"})
    assert "已记录" in page
    assert "现在没有要核对的回答" in page
    assert "已经处理过" in officer.post(f"/staff/answers/{answer_id}/close", {"closing": "done"})


def test_other_phone_is_shown_once_and_who_asked_is_kept(portal: Portal) -> None:
    answer_id = answered(portal, AnswerKind.HELP, phone="139-0000-0042")
    officer, stranger = portal.signed_in("wang"), portal.signed_in("qian")
    page = officer.get("/staff/answers/")
    assert "139＊＊＊＊0042" in page
    assert "13900000042" not in page
    stranger.get("/staff/")
    assert "没有找到另留的电话" in stranger.post(f"/staff/answers/{answer_id}/phone")
    assert "tel:13900000042" in officer.post(f"/staff/answers/{answer_id}/phone")
    assert "13900000042" not in officer.get("/staff/answers/")
    with portal.database.read() as session:
        asked = session.execute(select(AuditEntry).where(AuditEntry.action == "answer.reveal_phone"))
        [entry] = asked.scalars()
        assert entry.subject == f"answer:{answer_id}"
        assert "13900000042" not in entry.detail
    officer.post(f"/staff/answers/{answer_id}/close", {"closing": "done"})
    assert "没有找到另留的电话" in officer.post(f"/staff/answers/{answer_id}/phone")


def test_untrue_needs_a_note_and_ends_the_answer(portal: Portal) -> None:
    answer_id = answered(portal, AnswerKind.OUT_OF_BUSINESS)
    officer = portal.signed_in("wang")
    officer.get("/staff/answers/")
    assert "请写明核对的结果" in officer.post(f"/staff/answers/{answer_id}/close", {"closing": "untrue"})
    assert "请选" in officer.post(f"/staff/answers/{answer_id}/close", {"closing": "x"})
    officer.post(f"/staff/answers/{answer_id}/close", {"closing": "untrue", "note": "仍在营业"})
    with portal.database.read() as session:
        assert session.execute(select(Answer.ended_at)).scalar_one() is not None


def test_other_department_and_the_supervisor_cannot_close(portal: Portal) -> None:
    answer_id = answered(portal, AnswerKind.HELP)
    stranger = portal.signed_in("qian")
    assert "现在没有要核对的回答" in stranger.get("/staff/answers/")
    stranger.get("/staff/")
    assert "没有找到" in stranger.post(f"/staff/answers/{answer_id}/close", {"closing": "done"})
    chief = portal.signed_in("sun")
    assert "请帮办联系我" in chief.get("/staff/answers/")
    chief.get("/staff/")
    chief.post(f"/staff/answers/{answer_id}/close", {"closing": "done"})
    assert chief.status == 403


def test_each_number_of_the_first_page_opens_a_list_of_as_many(either_portal: Portal) -> None:
    closed = answered(either_portal, AnswerKind.HELP)
    answered(either_portal, AnswerKind.BOOK, nth=1)
    answered(either_portal, AnswerKind.OUT_OF_BUSINESS, nth=2)
    officer = either_portal.signed_in("wang")
    for text, count in (("预约与帮办", 2), ("待核对", 1)):
        assert _opened(officer, text) == (count, count), text
    assert officer.get("/staff/answers/").count('class="sheet" data-row') == 3
    page = officer.get("/staff/answers/?group=check")
    assert "不再经营" in page
    assert "请帮办联系我" not in page
    assert 'href="/staff/answers/">全部</a>' in page
    officer.post(f"/staff/answers/{closed}/close", {"closing": "done", "group": "help"})
    assert officer.get("/staff/answers/?group=help").count('class="sheet" data-row') == 1
    assert _opened(officer, "预约与帮办") == (1, 1)
    assert officer.get("/staff/answers/?group=x").count('class="sheet" data-row') == 2


def _opened(person: Visitor, text: str) -> tuple[int, int]:
    """The number of a queue on the first page, and the rows of the list that its link opens."""
    before = person.get("/staff/").partition(f"</span>{text}")[0].rpartition("<a data-row")[2]
    link = before.partition('href="')[2].partition('"')[0]
    return int(before.rpartition(">")[2]), person.get(link).count('class="sheet" data-row')


def test_name_on_an_answer_opens_the_record(portal: Portal) -> None:
    answered(portal, AnswerKind.HELP)
    officer = portal.signed_in("wang")
    link = officer.get("/staff/answers/").partition('href="/staff/holders/')[2].partition('"')[0]
    assert "示例0号食品有限公司" in officer.get(f"/staff/holders/{link}")
    assert officer.status == 200
