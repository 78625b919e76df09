"""Versions of wordings: two people, one in force, old ones restored as new, and files taken over once."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from reminders import brakes, clock, message_templates, wordings
from reminders.db import Database
from reminders.errors import Conflict, Invalid, NotFound
from reminders.rules.lifecycle import DeliveryState, Role
from reminders.rules.permissions import Actor
from reminders.rules.wording_kinds import FIRST, KINDS
from reminders.rules.wording_roads import SAID_BY, circuits_of
from reminders.rules.wordings import TEXT, Medium, TemplateKind, TemplateState
from reminders.tables.audit import AuditEntry
from reminders.tables.catalogue import CatalogueEntry
from reminders.tables.ledger import License
from reminders.tables.wordings import TemplateVersion
from tests import builders, builders_channels
from tests.builders import CLOCK, NOW
from tests.reminders.rules.test_wordings import SMS

WRITER = Actor("staff:1", "王示例", Role.OFFICER, 1)
LEAD = Actor("staff:2", "赵示例", Role.LEAD, 2)
OFFICE = Actor("staff:3", "周示例", Role.OFFICE, 3)
SIGNATURE = "示例签名"
LONGER = replace(SMS, parts={TEXT: "尊敬的持证人，您好：" + SMS.parts[TEXT]})


def proposed(session: Session, wording: object = LONGER, **other: object) -> int:
    return message_templates.propose(
        session,
        wording,  # type: ignore[arg-type]
        "说得客气一些",
        signature=SIGNATURE,
        actor=other.get("actor", WRITER),  # type: ignore[arg-type]
        now=NOW,
    )


def test_proposal_counts_only_when_another_person_let_it_out(database: Database) -> None:
    with database.begin() as session:
        message_templates.take_over(session, [SMS], actor=CLOCK, now=NOW)
        version_id = proposed(session)
        assert wordings.in_force(session, SMS.kind) == SMS
        with pytest.raises(Conflict, match="不能自己批准"):
            message_templates.approve(session, version_id, actor=WRITER, now=NOW)
        message_templates.approve(session, version_id, actor=LEAD, now=NOW)
        assert wordings.in_force(session, SMS.kind) == LONGER
        with pytest.raises(Conflict, match="已经处理过"):
            message_templates.approve(session, version_id, actor=OFFICE, now=NOW)
    with database.read() as session:
        shown = message_templates.history(session, SMS.kind)
        assert [(one.number, one.state) for one in shown] == [
            (2, TemplateState.IN_FORCE),
            (1, TemplateState.REPLACED),
        ]
        assert (shown[0].made_by_name, shown[0].decided_by_name) == ("王示例", "赵示例")
        told = session.execute(select(AuditEntry.action).order_by(AuditEntry.id)).scalars().all()
        assert told == ["template.load", "template.propose", "template.approve"]


def test_what_lacks_a_fact_or_changes_nothing_is_refused(database: Database) -> None:
    with database.begin() as session:
        message_templates.take_over(session, [SMS], actor=CLOCK, now=NOW)
        with pytest.raises(Invalid, match="校验码"):
            proposed(session, replace(SMS, parts={TEXT: SMS.parts[TEXT].replace("{check_code}", "")}))
        with pytest.raises(Invalid, match="模板编号超过 128 个字"):
            proposed(session, replace(SMS, template_id="T" * 129))
        with pytest.raises(Conflict, match="没有要保存的改动"):
            proposed(session, SMS)
        with pytest.raises(Invalid, match="为什么"):
            message_templates.propose(session, LONGER, " ", signature=SIGNATURE, actor=WRITER, now=NOW)
        proposed(session)
        with pytest.raises(Conflict, match="等人批准"):
            proposed(session, replace(SMS, template_id="T-9"), actor=OFFICE)


def test_proposal_is_turned_down_with_a_reason_or_taken_back_by_its_writer(database: Database) -> None:
    with database.begin() as session:
        first = proposed(session)
        with pytest.raises(Conflict, match="撤回"):
            message_templates.turn_down(session, first, "太长", actor=WRITER, now=NOW)
        with pytest.raises(Invalid):
            message_templates.turn_down(session, first, "", actor=LEAD, now=NOW)
        message_templates.turn_down(session, first, "太长", actor=LEAD, now=NOW)
        second = proposed(session)
        with pytest.raises(Conflict, match="只有写的人"):
            message_templates.take_back(session, second, actor=LEAD, now=NOW)
        message_templates.take_back(session, second, actor=WRITER, now=NOW)
        assert wordings.in_force(session, SMS.kind) is None
        states = [one.state for one in message_templates.history(session, SMS.kind)]
        assert states == [TemplateState.TAKEN_BACK, TemplateState.TURNED_DOWN]
        with pytest.raises(NotFound):
            message_templates.approve(session, 999, actor=LEAD, now=NOW)


def test_restoring_an_old_version_makes_a_new_one(database: Database) -> None:
    with database.begin() as session:
        [first] = message_templates.take_over(session, [SMS], actor=CLOCK, now=NOW)
        message_templates.approve(session, proposed(session), actor=LEAD, now=NOW)
        third = message_templates.restore(
            session, first, "新的太长", signature=SIGNATURE, actor=OFFICE, now=NOW
        )
        message_templates.approve(session, third, actor=LEAD, now=NOW)
        shown = message_templates.version(session, third)
        assert (shown.number, shown.restored_number, shown.wording) == (3, 1, SMS)
        assert wordings.in_force(session, SMS.kind) == SMS
        before = message_templates.before(session, shown)
        assert before is not None and before.number == 2
        assert session.get_one(TemplateVersion, first).state is TemplateState.REPLACED


def test_files_are_taken_over_once_and_again_when_they_change(database: Database) -> None:
    with database.begin() as session:
        files = [SMS, *FIRST.values()]
        assert len(message_templates.take_over(session, files, actor=CLOCK, now=NOW)) == len(files)
        message_templates.approve(session, proposed(session), actor=LEAD, now=NOW)
        assert message_templates.take_over(session, files, actor=CLOCK, now=NOW) == []
        assert wordings.in_force(session, SMS.kind) == LONGER  # what the console let out stays
        other = replace(SMS, template_id="T-9")
        assert len(message_templates.take_over(session, [other, *files[1:]], actor=CLOCK, now=NOW)) == 1
        assert wordings.in_force(session, SMS.kind) == other
        message_templates.take_over(session, files[1:], actor=CLOCK, now=NOW)
        assert wordings.in_force(session, SMS.kind) is None  # the section left the file


def test_rehearsal_counts_whom_a_change_reaches_in_thirty_days(database: Database) -> None:
    today = clock.civil_date(NOW)
    with database.begin() as session:
        message_templates.take_over(session, [SMS], actor=CLOCK, now=NOW)
        for days in (0, 30, 31):
            row = builders_channels.licensed(session, expires_on=today + timedelta(days=200))
            session.get_one(License, row.id).next_due_on = today + timedelta(days=days)
        session.flush()
        tried = message_templates.rehearse(session, LONGER, signature=SIGNATURE, actor=OFFICE, now=NOW)
        assert tried is not None and tried.before is not None
        assert (tried.messages, tried.after.unsayable, tried.lost) == (2, 0, ())
        assert tried.after.paid - tried.before.paid == tried.dearer
        shorter = replace(SMS, parts={TEXT: "{subject}"})
        tried = message_templates.rehearse(session, shorter, signature=SIGNATURE, actor=OFFICE, now=NOW)
        assert tried is not None and tried.is_breaking
        assert set(tried.lost) == {"expires_on", "advice", "service_phone", "check_code"}
        stranger = Actor("staff:9", "", Role.OFFICER, 9, 999)
        tried = message_templates.rehearse(session, LONGER, signature=SIGNATURE, actor=stranger, now=NOW)
        assert tried is not None and tried.messages == 0


@pytest.mark.parametrize("kind", sorted(TemplateKind))
def test_preview_masks_people_and_stays_in_the_department(database: Database, kind: TemplateKind) -> None:
    wording = FIRST.get(kind, replace(SMS, kind=kind, parts={TEXT: "{code}"}))
    if kind in (TemplateKind.SMS_SINGLE, TemplateKind.SMS_DIGEST):
        wording = replace(SMS, kind=kind)
    with database.begin() as session:
        row = builders_channels.licensed(session)
        row.next_due_on = clock.civil_date(NOW)
        session.flush()
        entry = session.get_one(CatalogueEntry, row.catalogue_entry_id)
        mine = Actor("staff:5", "", Role.OFFICER, 5, entry.department_id)
        seen = message_templates.preview(session, wording, row.id, actor=mine, now=NOW)
        assert seen.license_id == row.id
        assert [one.license_id for one in seen.choices] == [row.id]
        other = builders.department(session)
        stranger = Actor("staff:6", "", Role.OFFICER, 6, other.id)
        with pytest.raises(NotFound):
            message_templates.preview(session, wording, row.id, actor=stranger, now=NOW)
        assert message_templates.preview(session, wording, None, actor=stranger, now=NOW).choices == ()


def test_new_version_closes_the_circuit_of_its_template_and_lets_go_what_it_held_back(
    database: Database,
) -> None:
    with database.begin() as session:
        message_templates.take_over(session, [SMS], actor=CLOCK, now=NOW)
        waiting = builders_channels.sms(session)
        waiting.state, waiting.state_reason = DeliveryState.BLOCKED, "sms:single"
        for name in ("sms:single", "sms:digest", "sms"):
            brakes.open_circuit(session, name, "isv.SMS_TEMPLATE_ILLEGAL", None, now=NOW)
        version_id = proposed(session)
        assert set(brakes.open_circuits(session, now=NOW)) == {"sms:single", "sms:digest", "sms"}
        message_templates.approve(session, version_id, actor=LEAD, now=NOW)
        assert set(brakes.open_circuits(session, now=NOW)) == {"sms:digest", "sms"}
        session.refresh(waiting)
        assert waiting.state is DeliveryState.READY
        closed = session.execute(select(AuditEntry.subject).where(AuditEntry.action == "circuit.close"))
        assert closed.scalars().all() == ["circuit:sms:single"]


def test_every_road_has_its_wording() -> None:
    """What a message is sent with is told by its channel and kind, and each wording rests by itself."""
    assert set(SAID_BY.values()) >= {kind for kind in TemplateKind if KINDS[kind].medium is not Medium.TEXT}
    names = [name for kind in TemplateKind for name in circuits_of(kind)]
    assert len(names) == len(set(names)) == len(SAID_BY)
