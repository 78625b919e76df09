"""Every route of the console × every role × a row of the own and of another department, generated.

A route without a declared permission, or with an id the table below does not know, fails here.
"""

import hashlib
import io
import re
from collections.abc import Callable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

import openpyxl
import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.routing import Rule

from config.settings import Settings
from portal.session import permission_of
from reminders import clock, tables
from reminders.catalogue_desk.reading import fields_of
from reminders.db import Database
from reminders.rules.lifecycle import Role
from reminders.rules.permissions import GRANTS, NEEDS_DEPARTMENT, Permission
from reminders.rules.wording_kinds import FIRST
from reminders.rules.wordings import TemplateKind
from reminders.tables.catalogue import CatalogueEntry
from reminders.tables.letters import LetterPaper
from reminders.tables.notices import Notice
from reminders.tables.supervision import SampleRow
from tests import builders_console as made
from tests import builders_renewals as renewals
from tests import builders_trials as trials
from tests.builders_console import Corner
from tests.portal.conftest import FOOD, PEOPLE, Portal, Visitor

CIVIL = 10  # 民办非企业单位登记证书, of 社会民生科
OWN, OTHER = "本科示例", "别科示例"
Form = Mapping[str, object]
Fill = Callable[[Session, int], Form]
DOOR = (
    "staff.sign_in.",
    "staff.single_sign_on.",
)  # before signing in, or to leave: test_console_access has it


def nothing(session: Session, number: int) -> Form:
    return {}


def told(**values: object) -> Fill:
    return lambda session, number: values


def tracking(session: Session, number: int) -> Form:
    papers = session.execute(select(LetterPaper.id).where(LetterPaper.batch_id == number)).scalars()
    return {"posted_on": TODAY, **{f"tracking_{one}": f"EA{one:09d}CN" for one in papers}}


def drawn(session: Session, number: int) -> Form:
    rows = session.execute(select(SampleRow.license_id).where(SampleRow.sample_id == number)).scalars()
    return {"license": next(iter(rows)), "verdict": "good"}


def digest(session: Session, number: int) -> Form:
    return {"digest": session.get_one(Notice, number).digest, "sure": "yes"}


def chosen(session: Session, number: int) -> Form:
    return {"license": [number], "days": 15}


def entry_form(session: Session, number: int) -> Form:
    fields = fields_of(session.get_one(CatalogueEntry, number))
    typed = {name: "" if value is None else value for name, value in asdict(fields).items()}
    return {**typed, "materials": f"申请表；材料{number}", "effective_on": TODAY, "reason": "修订"}


def department_form(session: Session, number: int) -> Form:
    told = {"counter": "示例大厅", "counter_hours": "工作日", "service_phone": "0631-0000009"}
    return {**told, "method": "business_system"}


def call_script(session: Session, number: int) -> Form:
    parts = FIRST[TemplateKind.CALL].parts | {"closing": "再见。"}
    return {f"part_{name}": text for name, text in parts.items()} | {"reason": "短一些", "sure": "yes"}


def subject(session: Session, number: int) -> Form:
    """Nobody else's at the city's single sign-on."""
    return {"subject": f"city-{number}"}


@dataclass(frozen=True)
class Thing:
    """What the id of a route names: how one is made, and the form that changes it."""

    make: Callable[[Session, Corner], int]
    form: Fill = nothing
    is_common: bool = False  # belongs to the installation, not to a department
    only: AbstractSet[Role] = frozenset(Role)  # who may, of those the route lets in


READ_THE_LAW = {"basis": "示例法", "basis_article": "第一条", "reason": "读过"}
NOBODY: AbstractSet[Role] = frozenset()  # only whoever wrote it
TODAY = f"{clock.civil_date(clock.now())}"
NEXT_YEAR = f"{clock.civil_date(clock.now()) + timedelta(days=365)}"
THINGS = {
    "staff.handbook.show": Thing(lambda session, corner: 0, is_common=True),
    "staff.home.see": Thing(made.alarm, is_common=True),
    "staff.appointments.note": Thing(made.visit, told(state="came", on=TODAY)),
    "staff.feedback.close": Thing(made.words_of_a_holder, told(reply="谢谢")),
    "staff.holders.show": Thing(made.holder_id),
    "staff.holders.note": Thing(made.holder_id, told(words="周三下午在")),
    "staff.holders.reveal": Thing(made.contact_id, told(reason="来电核对")),
    "staff.holders.why": Thing(made.license_id),
    "staff.ledger_rows.change": Thing(made.license_id),
    "staff.holders.note_progress": Thing(made.license_id, told(stage="accepted", number="受2026-0001")),
    "staff.absences.end": Thing(made.absence, only={Role.LEAD}),
    "staff.accounts.invite": Thing(made.account, is_common=True),
    "staff.accounts.unlock": Thing(made.account, is_common=True),
    "staff.accounts.set_active": Thing(made.account, told(active="no"), is_common=True),
    "staff.accounts.link": Thing(made.account, subject, is_common=True),
    "staff.accounts.unlink": Thing(made.linked_account, is_common=True),
    "staff.imports.show": Thing(made.sheet),
    "staff.imports.accept": Thing(made.sheet),
    "staff.imports.discard": Thing(made.sheet),
    "staff.imports.call_off": Thing(renewals.sheet_on_its_way),
    "staff.imports.mend": Thing(made.sheet),
    "staff.imports.columns": Thing(made.sheet),
    "staff.imports.lay_out": Thing(made.sheet, told(**{"s0.read": "yes"})),
    "staff.imports.bad_rows": Thing(made.sheet),
    "staff.imports.undo": Thing(made.accepted_sheet, told(sure="yes")),
    "staff.auditing.import_": Thing(made.accepted_sheet, is_common=True),
    "staff.bind_passes.show": Thing(made.license_id),
    "staff.bind_passes.issue_receipt": Thing(made.license_id, chosen),
    "staff.bind_passes.issue_code": Thing(made.license_id, chosen),
    "staff.bind_passes.receipt": Thing(made.bind_pass),
    "staff.bind_passes.withdraw": Thing(made.bind_pass),
    "staff.appeals.close": Thing(made.appeal, told(closing="turned_down", note="核对过")),
    "staff.corrections.show": Thing(made.correction),
    "staff.corrections.record": Thing(made.correction_by_hand, told(outcome="told")),
    "staff.corrections.phone": Thing(made.correction_by_hand),
    "staff.corrections.letter": Thing(made.correction_letter),
    "staff.corrections.letter_file": Thing(made.correction_letter, told(kind="docx")),
    "staff.shares.retry": Thing(renewals.share),
    "staff.shares.name_regulator": Thing(renewals.kind, told(name="示例另一监管局"), is_common=True),
    "staff.letters.draw_qr": Thing(made.letter),
    "staff.worklist.reveal": Thing(made.call),
    "staff.worklist.record": Thing(made.call, told(outcome="told")),
    "staff.letters.show": Thing(made.letter),
    "staff.letters.receive": Thing(made.posted_letter, told(received_on=TODAY)),
    "staff.letters.give_back": Thing(made.posted_letter, told(note="查无此人")),
    "staff.letter_batches.show": Thing(made.signed_batch),
    "staff.letter_batches.issue": Thing(made.unsigned_batch),
    "staff.letter_batches.dissolve": Thing(made.unsigned_batch),
    "staff.letter_batches.file": Thing(made.signed_batch, told(kind="pdf")),
    "staff.letter_batches.post": Thing(made.signed_batch, tracking),
    "staff.letter_batches.void": Thing(made.signed_letter, told(reason="写错了")),
    "staff.inspections.sample": Thing(made.sample),
    "staff.inspections.find": Thing(made.sample, drawn),
    "staff.inspections.answer": Thing(made.order, told(reply="改好了")),
    "staff.inspections.close": Thing(made.answered_order),
    "staff.inspections.send_back": Thing(made.answered_order, told(deadline_on=NEXT_YEAR)),
    "staff.answers.phone": Thing(made.answer),
    "staff.answers.close": Thing(made.answer, told(closing="done")),
    "staff.notices.show": Thing(made.draft),
    "staff.notices.edit": Thing(made.draft),
    "staff.notices.save": Thing(made.draft, told(title="改过", body="改过的正文", version=1)),
    "staff.notices.submit": Thing(made.draft, told(version=1)),
    "staff.notices.approve": Thing(made.submitted, digest),
    "staff.notices.give_back": Thing(made.submitted, told(reason="请改日期")),
    "staff.notices.withdraw": Thing(made.published, told(reason="写错了")),
    "staff.notices.replace": Thing(made.published, told(reason="写错了")),
    "staff.notice_outlets.retry": Thing(made.not_published),
    "staff.notice_outlets.confirm_mass_send": Thing(made.pushable),
    "staff.notice_outlets.mass_send": Thing(made.pushable, digest),
    "staff.page_reports.close": Thing(made.report),
    "staff.books.decide": Thing(made.stuck_message, told(received="yes")),
    "staff.replies.read": Thing(made.reply),
    "staff.catalogue.entry": Thing(made.entry_in_force, is_common=True),
    "staff.catalogue.look": Thing(made.entry_in_force, entry_form),
    "staff.catalogue.save": Thing(made.entry_in_force, entry_form),
    "staff.catalogue.confirm": Thing(made.entry_in_force, told(**READ_THE_LAW)),
    "staff.catalogue.call_off": Thing(made.coming_version),
    "staff.catalogue.pause": Thing(made.entry_in_force, told(reason="法规修订")),
    "staff.catalogue.retire": Thing(made.entry_in_force, told(reason="事项取消")),
    "staff.catalogue.resume": Thing(made.paused_entry),
    "staff.catalogue.take_up": Thing(made.retired_entry),
    "staff.catalogue.department": Thing(made.department_id),
    "staff.catalogue.save_department": Thing(made.department_id, department_form),
    "staff.message_templates.show": Thing(made.no_template, is_common=True),
    "staff.message_templates.look": Thing(made.no_template, call_script, is_common=True),
    "staff.message_templates.check": Thing(made.no_template, call_script, is_common=True),
    "staff.message_templates.propose": Thing(made.no_template, call_script, is_common=True),
    "staff.message_templates.history": Thing(made.no_template, is_common=True),
    "staff.message_templates.version": Thing(made.proposed_template, is_common=True),
    "staff.message_templates.approve": Thing(made.proposed_template, is_common=True),
    "staff.message_templates.turn_down": Thing(made.proposed_template, told(note="再想想"), is_common=True),
    "staff.message_templates.take_back": Thing(made.proposed_template, only=NOBODY),
    "staff.message_templates.restore": Thing(made.old_template, told(reason="还是它好"), is_common=True),
    "staff.message_templates.try_typed": Thing(made.no_template, call_script, is_common=True),
    "staff.message_templates.try_version": Thing(made.proposed_template, only=NOBODY),
    "staff.message_templates.trial": Thing(trials.trial, only=NOBODY),
    "staff.own_account.show_qr": Thing(trials.own_qr, only=NOBODY),
    "staff.sending.confirm": Thing(made.held_run, is_common=True),
    "staff.sending.discard": Thing(made.held_run, is_common=True),
}
# Audit, limits and sign-in moments tell of every request; what a stranger may not change is the rest.
ALWAYS_WRITTEN = {"audit_entry", "audit_head", "limit_count"}


@pytest.fixture
def settings(settings: Settings) -> Settings:
    more = {"official_account_articles": True, "oidc_issuer": "https://sso.example.gov.cn"}
    return settings.model_copy(update=more)


def staff_rules(app: Flask) -> list[Rule]:
    found = [rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/staff")]
    return [rule for rule in found if not rule.endpoint.startswith(DOOR)]


def is_post(rule: Rule) -> bool:
    return "POST" in (rule.methods or set())


def address(rule: Rule, number: int) -> str:
    numbered = re.sub(r"<int(?:\(.*?\))?:\w+>", str(number), rule.rule)
    return (
        numbered.replace("<outlet>", "government_site").replace("<slug>", "today").replace("<kind>", "call")
    )


def corners(login: str) -> dict[str, Corner]:
    """The kinds of the person's own department and of another one."""
    now = clock.now()
    own, other = (CIVIL, FOOD) if PEOPLE[login][1] == "社会民生科" else (FOOD, CIVIL)
    return {"own": Corner(own, OWN, now), "other": Corner(other, OTHER, now)}


def snapshot(database: Database) -> str:
    """One digest of every row a route may change."""
    found = hashlib.sha256()
    with database.read() as session:
        for table in tables.metadata.sorted_tables:
            if table.name not in ALWAYS_WRITTEN:
                for row in session.execute(select(table).order_by(*table.primary_key.columns)):
                    found.update(repr(tuple(row)).encode())
    return found.hexdigest()


def cells(portal: Portal, visitor: Visitor, login: str) -> Iterator[str]:
    """Goes through every route that names a row, for the own and for another department."""
    role = PEOPLE[login][0]
    for rule in staff_rules(portal.app):
        if not rule.arguments:
            continue
        thing = THINGS[rule.endpoint]
        permission = permission_of(portal.app.view_functions[rule.endpoint])
        for whose, corner in corners(login).items():
            with portal.database.begin() as session:
                number = thing.make(session, corner)
                form = thing.form(session, number)
            may_change = is_post(rule) and permission in GRANTS[role]
            before = snapshot(portal.database) if may_change else ""
            visitor.get("/staff/")  # for a form token
            page = visitor.post(address(rule, number), dict(form)) if is_post(rule) else ""
            page = page or visitor.get(address(rule, number))
            is_mine = thing.is_common or whose == "own" or role not in NEEDS_DEPARTMENT
            is_mine = is_mine and role in thing.only
            has_changed = may_change and snapshot(portal.database) != before
            cell = f"{rule.endpoint} × {role} × {whose}"
            if permission not in GRANTS[role]:
                is_right = visitor.status == 403
            elif is_mine:
                is_right = visitor.status == 200 and (
                    has_changed or not is_post(rule) or rule.endpoint in READS
                )
            else:
                is_right = not has_changed and OTHER not in page and visitor.status in {200, 404, 409}
            if not is_right:
                yield f"{cell}: {visitor.status} changed={has_changed}"


READS = {
    "staff.holders.reveal",
    "staff.worklist.reveal",
    "staff.corrections.phone",
    "staff.corrections.letter_file",
    "staff.answers.phone",
    "staff.accounts.unlock",
    "staff.letter_batches.file",
    "staff.catalogue.look",
    "staff.message_templates.look",
    "staff.message_templates.check",
    "staff.message_templates.try_typed",  # of a call: refused, because no provider sends one
    "staff.imports.bad_rows",
}  # sent by a form because it is written down, but changes no row


def test_every_route_that_names_a_row_is_in_the_matrix(portal: Portal) -> None:
    rules = [rule for rule in staff_rules(portal.app) if rule.arguments]
    assert {rule.endpoint for rule in rules} == set(THINGS)
    for rule in staff_rules(portal.app):
        assert permission_of(portal.app.view_functions[rule.endpoint]) is not None, rule.endpoint


@pytest.mark.parametrize("login", PEOPLE)
def test_no_cell_is_wrong(either_portal: Portal, login: str) -> None:
    visitor = either_portal.signed_in(login)
    assert list(cells(either_portal, visitor, login)) == []


@pytest.mark.parametrize("login", PEOPLE)
def test_no_page_shows_a_row_of_another_department(either_portal: Portal, login: str) -> None:
    """Everything there is exists in both departments; every page is opened by everybody who may."""
    with either_portal.database.begin() as session:
        for corner in corners(login).values():
            for thing in {id(one.make): one.make for one in THINGS.values()}.values():
                thing(session, corner)
    visitor, role = either_portal.signed_in(login), PEOPLE[login][0]
    shown: dict[str, set[str]] = {OWN: set(), OTHER: set()}
    for rule in staff_rules(either_portal.app):
        if rule.arguments or is_post(rule):
            continue
        page = visitor.get(rule.rule)
        permission = permission_of(either_portal.app.view_functions[rule.endpoint])
        assert (visitor.status == 403) == (permission not in GRANTS[role]), rule.rule
        for mark, pages in shown.items():
            if mark in page:
                pages.add(rule.rule)
    if role in NEEDS_DEPARTMENT:
        assert shown[OTHER] == set()
        assert len(shown[OWN]) >= 8, shown  # the pages do show rows, so their absence says something
    elif role is Role.AUDIT_ADMIN:  # reads titles of notices, which become public, and nothing of a holder
        assert shown[OWN] == shown[OTHER] == {"/staff/audit/"}
        assert not re.search(f"(?:{OWN}|{OTHER})\\d", visitor.get("/staff/audit/"))
    elif Permission.SEE_LEDGER in GRANTS[role]:
        assert shown[OWN] == shown[OTHER]
        assert len(shown[OWN]) >= 6
    else:
        assert shown == {OWN: set(), OTHER: set()}


@pytest.mark.parametrize("login", ["wang", "zhao", "sun"])
def test_exported_file_holds_own_rows_only(either_portal: Portal, login: str) -> None:
    with either_portal.database.begin() as session:
        for corner in corners(login).values():
            made.license(session, corner)
    visitor = either_portal.signed_in(login)
    visitor.get("/staff/ledger/")
    visitor.post("/staff/ledger/export", {"within": "all"})
    assert visitor.last is not None
    sheet: Any = openpyxl.load_workbook(io.BytesIO(visitor.last.data)).active
    text = "".join(str(cell.value) for row in sheet.iter_rows() for cell in row)
    assert OWN in text
    assert (OTHER in text) == (login == "sun")


def test_nothing_is_made_from_rows_of_another_department(either_portal: Portal) -> None:
    visitor = either_portal.signed_in("wang")
    visitor.get("/staff/notices/new")
    before = snapshot(either_portal.database)
    visitor.post("/staff/notices/generate", {"entry": CIVIL, "period_from": TODAY, "period_to": TODAY})
    assert snapshot(either_portal.database) == before
