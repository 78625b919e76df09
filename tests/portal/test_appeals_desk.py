"""An appeal is an officer's task: called back, found true or not, and bound only by the officer's word."""

from sqlalchemy import select, update

from reminders import binding, clock, consents, holders
from reminders.rules.lifecycle import BindHow
from reminders.rules.service_words import AppealClosing
from reminders.tables.appeals import Appeal
from reminders.tables.audit import AuditEntry
from reminders.tables.bindings import Binding
from reminders.tables.holders import Contact
from reminders.tables.ledger import License
from tests.portal.conftest import Portal

DESK = "/staff/appeals/"
PHONE = "13900000009"


def appealed(portal: Portal, number: str = "") -> int:
    """Somebody in WeChat who cannot get the code; the appeal's id."""
    with portal.database.begin() as session:
        typed = (
            number or session.execute(select(License.license_no).order_by(License.id)).scalars().first() or ""
        )
        me = holders.heard_from(session, "oExample-zhang", now=clock.now())
        consents.give(session, me, now=clock.now())
        binding.appeal(session, me, typed, "张示例", PHONE, "换号了", now=clock.now())
        return session.execute(select(Appeal.id).order_by(Appeal.id.desc())).scalars().first() or 0


def bindings(portal: Portal) -> list[tuple[int, BindHow]]:
    with portal.database.read() as session:
        rows = session.execute(select(Binding.license_id, Binding.how).where(Binding.unbound_at.is_(None)))
        return [(row.license_id, row.how) for row in rows]


def test_appeal_is_called_back_and_found_true(portal: Portal) -> None:
    appeal_id = appealed(portal)
    officer = portal.signed_in("wang")
    assert "绑定申诉" in officer.get("/staff/")
    page = officer.get(DESK)
    for words in ("张示例", PHONE, "换号了", "示例0号食品有限公司"):
        assert words in page
    assert "13800000100" not in page
    assert "请写明核对的结果" in officer.post(f"{DESK}{appeal_id}/close", {"closing": "verified"})
    assert bindings(portal) == []
    told = {"closing": "verified", "note": "电话核对无误", "phone_is_dead": "yes"}
    assert "现在没有要核对的绑定申诉" in officer.post(f"{DESK}{appeal_id}/close", told)
    assert bindings(portal) == [(1, BindHow.APPEAL)]
    with portal.database.read() as session:
        assert session.execute(select(Contact.wrong_at).order_by(Contact.id)).scalars().first() is not None
        kept = session.get_one(Appeal, appeal_id)
        assert (kept.closing, bool(kept.closed_by)) == (AppealClosing.VERIFIED, True)
        assert PHONE.encode() not in kept.typed_cipher
        said = " ".join(session.execute(select(AuditEntry.detail)).scalars())
    assert PHONE not in said
    officer.get(DESK)
    assert "已经处理过" in officer.post(f"{DESK}{appeal_id}/close", told)


def test_what_is_not_true_binds_nobody(portal: Portal) -> None:
    appeal_id = appealed(portal)
    officer = portal.signed_in("wang")
    officer.get(DESK)
    officer.post(f"{DESK}{appeal_id}/close", {"closing": "turned_down", "note": "不是该单位人员"})
    assert bindings(portal) == []
    assert "没有要核对" in officer.get(DESK)


def test_other_department_neither_sees_nor_closes_it(portal: Portal) -> None:
    appeal_id = appealed(portal)
    stranger = portal.signed_in("qian")
    assert "张示例" not in stranger.get(DESK)
    assert "没有找到这条申诉" in stranger.post(
        f"{DESK}{appeal_id}/close", {"closing": "verified", "note": "x"}
    )
    assert bindings(portal) == []


def test_what_named_nothing_is_seen_and_cannot_bind(portal: Portal) -> None:
    appeal_id = appealed(portal, "鲁示例不存在0001")
    officer = portal.signed_in("wang")
    assert "没有对上台账" in officer.get(DESK)
    told = {"closing": "verified", "note": "核对过"}
    assert "没有对上台账里的证照" in officer.post(f"{DESK}{appeal_id}/close", told)
    assert bindings(portal) == []


def test_stranger_is_removed_by_the_officer(portal: Portal) -> None:
    with portal.database.begin() as session:
        now = clock.now()
        people = [holders.heard_from(session, f"oExample-{name}", now=now) for name in ("zhang", "li")]
        license_id = session.execute(select(License.id).order_by(License.id)).scalars().first() or 0
        rows = [
            Binding(follower_id=one, license_id=license_id, how=BindHow.PHONE_CODE, bound_at=now)
            for one in people
        ]
        session.add_all(rows)
        session.flush()
        binding.report_stranger(session, people[0], rows[1].id, now=now)
        appeal_id = session.execute(select(Appeal.id)).scalar_one()
        session.execute(update(Appeal).values(created_at=now))
    officer = portal.signed_in("wang")
    assert "不认识的接收人" in officer.get(DESK)
    officer.post(f"{DESK}{appeal_id}/close", {"closing": "verified", "note": "不是该单位人员"})
    with portal.database.read() as session:
        left = (
            session.execute(select(Binding.follower_id).where(Binding.unbound_at.is_(None))).scalars().all()
        )
    assert left == [people[0]]
