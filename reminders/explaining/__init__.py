"""Explains why a license is or is not reminded on a day, in the planner's own terms."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session

from reminders import brakes, clock, reach, resting
from reminders.crypto import Vault
from reminders.db import vault_of
from reminders.errors import NotFound
from reminders.explaining import history
from reminders.five_facts import five_facts
from reminders.reach import Reach
from reminders.rules.due import Decision, Ruling, decide, missing_facts
from reminders.rules.explanation import (
    CONFIRMED,
    Reached,
    Rung,
    brake_sentences,
    date_sentences,
    declined_sentence,
    reach_sentence,
    rung_sentence,
    verdict_sentence,
)
from reminders.rules.facts import MAIN_DATE, FiveFacts
from reminders.rules.identity import mask_holder, mask_phone, number_key
from reminders.rules.lifecycle import Channel, DateKind, Expiry, Stage
from reminders.rules.routing import next_channel
from reminders.rules.stages import Step
from reminders.rules.status import license_status
from reminders.rules.window import Window
from reminders.tables.bindings import Confirmation
from reminders.tables.catalogue import CatalogueEntry
from reminders.tables.holders import Contact, Holder
from reminders.tables.ledger import License
from reminders.tables.staff import Department
from reminders.tables.windows import RenewalWindow


@dataclass(frozen=True)
class DateExplanation:
    """One date of a license; `channel` says how the step of the decision would travel today."""

    kind: DateKind
    date_name: str
    expires_on: date
    apply_by: date | None
    decision: Decision
    channel: Channel | None
    ladder: tuple[Rung, ...]
    sentences: tuple[str, ...]


@dataclass(frozen=True)
class LicenseExplanation:
    """A license with its main date, and a companion date where it has one."""

    license_id: int
    license_no: str | None
    license_name: str
    sentences: tuple[str, ...]
    dates: tuple[DateExplanation, ...]


@dataclass(frozen=True)
class Explanation:
    on: date
    licenses: tuple[LicenseExplanation, ...]
    sentences: tuple[str, ...]  # what holds for all: the brakes

    def lines(self) -> list[str]:
        """The whole explanation as text, one sentence a line."""
        told: list[str] = []
        for license_ in self.licenses:
            told += license_.sentences
            for date_ in license_.dates:
                told += [f"  {sentence}" for sentence in date_.sentences]
        return told + list(self.sentences)


@dataclass(frozen=True)
class _Case:
    license: License
    entry: CatalogueEntry
    department: Department
    holder: Holder
    reach: Reach
    masked_phone: str


def explain(session: Session, license_no: str, on: date, *, now: datetime) -> Explanation:
    """Every license with this number, of whatever kind. Raises NotFound for a number nobody has."""
    found = _cases(session, License.number_key == number_key(license_no))
    if not found:
        raise NotFound(f"台账里没有编号为 {license_no} 的证照，请核对编号；没有编号的证照请在台账页面查看。")
    return _explanation(session, found, on, now)


def explain_license(session: Session, license_id: int, on: date, *, now: datetime) -> Explanation:
    """The same for one row of the ledger, which may lack a number. Raises NotFound."""
    found = _cases(session, License.id == license_id)
    if not found:
        raise NotFound("台账里没有这本证照。")
    return _explanation(session, found, on, now)


def _explanation(session: Session, found: list[_Case], on: date, now: datetime) -> Explanation:
    circuits = brakes.open_circuits(session, now=now)
    resting = {brakes.whole_channel(Channel.WECHAT), brakes.fresh_sends(Channel.WECHAT)} & circuits.keys()
    return Explanation(
        on,
        tuple(_license(session, case, on, clock.civil_date(now)) for case in found),
        tuple(
            brake_sentences(is_on=brakes.sending_is_on(session), is_wechat_resting=bool(resting)),
        ),
    )


def _cases(session: Session, chosen: ColumnElement[bool]) -> list[_Case]:
    rows = session.execute(
        select(License, CatalogueEntry, Department, Holder, Contact.phone_cipher)
        .join(CatalogueEntry, CatalogueEntry.id == License.catalogue_entry_id)
        .join(Department, Department.id == CatalogueEntry.department_id)
        .join(Holder, Holder.id == License.holder_id)
        .outerjoin(Contact, Contact.id == License.contact_id)
        .where(chosen)
        .order_by(License.catalogue_entry_id, License.id)
    ).all()
    reached = reach.of_licenses(session, [row[0].id for row in rows])
    vault = vault_of(session)
    return [_Case(row[0], row[1], row[2], row[3], reached[row[0].id], _masked(vault, row[4])) for row in rows]


def _masked(vault: Vault, sealed: bytes | None) -> str:
    return mask_phone(vault.open(sealed)) if sealed else ""


def _license(session: Session, case: _Case, on: date, today: date) -> LicenseExplanation:
    license_, entry = case.license, case.entry
    number = f"编号 {license_.license_no}" if license_.license_no else "编号缺失"
    who = mask_holder(case.holder.name, case.holder.kind)
    dates = [(DateKind.MAIN, license_.expires_on), (DateKind.COMPANION, license_.companion_on)]
    explained = [_date(session, case, kind, day, on, today) for kind, day in dates if day is not None]
    sentences = [
        f"《{entry.license_name}》{number}，持证人 {who}，{case.department.name}（目录第 {entry.id} 项）",
        f"{on} 的状态：{_status(session, case, on)}",
    ]
    if not explained:
        # Without any date there is no ladder; the ruling says why.
        decision = _decide(case, DateKind.MAIN, (), {}, on, is_confirmed=False)
        sentences.append(verdict_sentence(decision, (), (), on, today))
    return LicenseExplanation(
        license_.id, license_.license_no, entry.license_name, tuple(sentences), tuple(explained)
    )


def _date(
    session: Session, case: _Case, kind: DateKind, expires_on: date, on: date, today: date
) -> DateExplanation:
    license_ = case.license
    window = _window(session, license_, kind, expires_on)
    steps = history.steps(session, license_, kind, expires_on)
    reminders = history.reminders_of(session, license_, kind, expires_on, known_on=on)
    done = {reminder.stage: reminder.due_on for reminder in reminders}
    rungs = history.rungs(steps, reminders, history.sent_with(session, reminders))
    is_confirmed = _is_confirmed(session, license_, kind, expires_on)
    kept_back = select(resting.answered(license_.id, kind, expires_on))
    is_answered = bool(session.execute(kept_back).scalar())
    decision = _decide(case, kind, steps, done, on, is_confirmed=is_confirmed, is_answered=is_answered)
    channel = None
    facts = _facts(case, kind, expires_on, window)
    sentences = date_sentences(facts, window.legal_last_day if window else None)
    sentences += [rung_sentence(rung, on) for rung in rungs]
    sentences += [CONFIRMED] if is_confirmed else []
    sentences += [declined_sentence(case.reach.declined)] if case.reach.declined else []
    sentences.append(verdict_sentence(decision, rungs, _missing(case, kind), on, today))
    if decision.step is not None and decision.ruling is Ruling.DUE:
        stage, found = decision.step.stage, case.reach
        channel = next_channel(
            stage, found.method, reachable=found.channels, tried=(), declined=found.declined
        )
        told = Reached(found.bound, found.following, found.method, case.masked_phone)
        sentences.append(reach_sentence(channel, stage, told))
    return DateExplanation(
        kind, facts.date_name, expires_on, facts.apply_by, decision, channel, rungs, tuple(sentences)
    )


def _decide(
    case: _Case,
    kind: DateKind,
    steps: Sequence[Step],
    done: Mapping[Stage, date],
    on: date,
    *,
    is_confirmed: bool,
    is_answered: bool = False,
) -> Decision:
    """A companion date is reminded whatever the shape of the main one."""
    return decide(
        steps,
        done,
        on,
        confirmed=is_confirmed,
        state=case.license.state,
        expiry=case.license.expiry if kind is DateKind.MAIN else Expiry.DATED,
        is_active_entry=case.entry.is_active,
        is_paused_entry=case.entry.paused_at is not None,
        is_complete_entry=not _missing(case, kind),
        is_answered=is_answered,
        wants_fewer=case.reach.wants_fewer,
    )


def _missing(case: _Case, kind: DateKind) -> tuple[str, ...]:
    entry, department = case.entry, case.department
    latest = entry.renewal_latest if kind is DateKind.MAIN else entry.companion_latest
    return missing_facts(latest, department.counter, department.service_phone, entry.materials)


def _status(session: Session, case: _Case, on: date) -> str:
    license_ = case.license
    row = license_.expires_on and _window(session, license_, DateKind.MAIN, license_.expires_on)
    window = Window(row.opens_on, row.apply_by, row.legal_last_day, row.is_estimate) if row else None
    return license_status(
        state=license_.state, expiry=license_.expiry, expires_on=license_.expires_on, window=window, today=on
    ).word


def _window(session: Session, license_: License, kind: DateKind, expires_on: date) -> RenewalWindow | None:
    return session.get(RenewalWindow, (license_.catalogue_entry_id, kind, expires_on))


def _is_confirmed(session: Session, license_: License, kind: DateKind, expires_on: date) -> bool:
    heard = exists().where(
        Confirmation.license_id == license_.id,
        Confirmation.date_kind == kind,
        Confirmation.expires_on == expires_on,
    )
    return bool(session.execute(select(heard)).scalar())


def _facts(case: _Case, kind: DateKind, expires_on: date, window: RenewalWindow | None) -> FiveFacts:
    entry, department = case.entry, case.department
    return five_facts(
        entry,
        department,
        window,
        holder_name=mask_holder(case.holder.name, case.holder.kind),
        license_no=case.license.license_no,
        date_name=MAIN_DATE if kind is DateKind.MAIN else entry.companion_name,
        expires_on=expires_on,
    )
