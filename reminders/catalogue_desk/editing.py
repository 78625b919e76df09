"""Saves a version of an entry from a day on; the clock lets it come into force when that day is reached."""

from dataclasses import replace
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from reminders import audit, clock, windows
from reminders.catalogue_desk.departments import has_officer
from reminders.catalogue_desk.reading import NOT_YOURS, fields_of, in_reach
from reminders.errors import Conflict, Invalid, NotFound
from reminders.rules import validity
from reminders.rules.catalogue_entry import (
    DATE_FIELDS,
    NEED_AN_OFFICER,
    NO_OFFICER,
    EntryFields,
    VersionState,
    alias_list,
    as_confirmed_as,
    changed,
    faults,
    frozen,
    thawed,
)
from reminders.rules.identity import name_key
from reminders.rules.lifecycle import Confidence
from reminders.rules.permissions import Actor, department_scope
from reminders.rules.reasons import reason_of
from reminders.tables.catalogue import CatalogueEntry
from reminders.tables.catalogue_versions import CatalogueVersion
from reminders.tables.staff import Department

FIRST_REASON = "目录文件"


def save(
    session: Session,
    entry_id: int,
    fields: EntryFields,
    effective_on: date,
    reason: str,
    *,
    actor: Actor,
    now: datetime,
) -> int:
    """The id of the version. One that holds from today counts at once, a later one on its day.

    Whoever changes the window or its basis takes back that it was confirmed; see `confirm`. Raises NotFound,
    Invalid naming every fault, Conflict when nothing was changed or that day has its version already.
    """
    row = in_reach(session, entry_id, actor=actor, to_change=True)
    old = fields_of(row)
    fields = as_confirmed_as(old, fields)
    _check(session, row, old, fields, actor)
    return _save(session, row, fields, effective_on, reason, actor=actor, now=now)


def confirm(
    session: Session, entry_id: int, basis: str, article: str, reason: str, *, actor: Actor, now: datetime
) -> int:
    """The supervising section read the rule itself: the window counts as confirmed from today.

    Raises NotFound, Invalid without a basis, an article or a word about where it was read, or where there is
    no window to confirm; Conflict as `save`.
    """
    row = in_reach(session, entry_id, actor=actor, to_change=True)
    if row.renewal_latest is None:
        raise Invalid("还没有写明最迟申请，没有可以核实的时限。请先请责任科室补上时限。")
    if not basis.strip() or not article.strip():
        raise Invalid("请写明依据和条款：核实是指读过条文。没有读到条文的，先不要核实。")
    fields = replace(
        fields_of(row),
        basis=basis.strip(),
        basis_article=article.strip(),
        confidence=Confidence.CONFIRMED,
    )
    problems = faults(fields, has_companion=bool(row.companion_name))
    if problems:
        raise Invalid("不能保存：" + "".join(problems))
    return _save(session, row, fields, clock.civil_date(now), reason, actor=actor, now=now)


def call_off(session: Session, version_id: int, *, actor: Actor, now: datetime) -> int:
    """Before its day. The entry's id. Raises NotFound, Conflict when it holds or held already."""
    version = session.get(CatalogueVersion, version_id)
    if version is None:
        raise NotFound(NOT_YOURS)
    row = in_reach(session, version.entry_id, actor=actor, to_change=True)
    session.refresh(version)
    if version.state is not VersionState.COMING:
        raise Conflict("这一版已经生效或取消，请刷新页面。要改回去，请另写一版。")
    version.state = VersionState.CALLED_OFF
    session.flush()
    detail = {"number": version.number, "effective_on": str(version.effective_on)}
    audit.record(
        session, "catalogue_version.call_off", f"catalogue_entry:{row.id}", detail, actor=actor, now=now
    )
    return row.id


def come_into_force(session: Session, today: date, *, actor: Actor, now: datetime) -> int:
    """How many versions came into force; run by the clock before it plans, twice as well as once."""
    due = session.execute(
        select(CatalogueVersion)
        .where(CatalogueVersion.state == VersionState.COMING, CatalogueVersion.effective_on <= today)
        .order_by(CatalogueVersion.effective_on, CatalogueVersion.id)
        .with_for_update(skip_locked=True)
    )
    count = 0
    for version in due.scalars().all():
        row = session.get_one(CatalogueEntry, version.entry_id, with_for_update=True)
        _put_in_force(session, row, version, actor=actor, now=now)
        count += 1
    return count


def _check(
    session: Session, row: CatalogueEntry, old: EntryFields, fields: EntryFields, actor: Actor
) -> None:
    problems = list(faults(fields, has_companion=bool(row.companion_name)))
    problems += _taken(session, row.id, fields)
    if fields.department_id != old.department_id and department_scope(actor) is not None:
        problems.append("只有办公室能把事项划给别的科室。")
    elif fields.department_id != old.department_id:
        problems += _without_officer(session, fields.department_id)
    if problems:
        raise Invalid("不能保存：" + "".join(problems))
    if not changed(old, fields):
        raise Conflict("和现在的一样，没有要保存的改动。")


def _taken(session: Session, entry_id: int, fields: EntryFields) -> list[str]:
    """Names and aliases of the whole catalogue tell kinds apart: none may stand for two."""
    others = session.execute(
        select(CatalogueEntry.license_name, CatalogueEntry.aliases).where(CatalogueEntry.id != entry_id)
    )
    known = {name_key(one): name for name, aliases in others for one in (name, *alias_list(aliases))}
    problems = []
    if name_key(fields.license_name) in known:
        problems.append("目录里已有同名的证照，请换一个名称。")
    for alias in alias_list(fields.aliases):
        if name_key(alias) in known:
            problems.append(f"别名“{alias}”已经指“{known[name_key(alias)]}”，请删去或换一个。")
    return problems


def _without_officer(session: Session, department_id: int) -> list[str]:
    """The department stays locked, so that its last officer's account is not closed meanwhile."""
    row = session.get(Department, department_id, with_for_update=True)
    if row is None or row.method not in NEED_AN_OFFICER or has_officer(session, department_id):
        return []
    return [NO_OFFICER.format(name=row.name)]


def _save(
    session: Session,
    row: CatalogueEntry,
    fields: EntryFields,
    effective_on: date,
    reason: str,
    *,
    actor: Actor,
    now: datetime,
) -> int:
    why, today = reason_of(reason), clock.civil_date(now)
    if not why:
        raise Invalid("请写明为什么改，例如：新办法自某日起施行。")
    if effective_on < today:
        raise Invalid("生效日期不能早于今天。")
    if not row.is_active:
        raise Conflict("这类证照已停用。要改它，请先恢复启用。")
    _keep_first(session, row, now=now)
    version = _add(session, row.id, fields, effective_on, why, actor=actor, now=now)
    detail = {"number": version.number, "effective_on": str(effective_on), "reason": why}
    audit.record(session, "catalogue_version.save", f"catalogue_entry:{row.id}", detail, actor=actor, now=now)
    if effective_on == today:
        _put_in_force(session, row, version, actor=actor, now=now)
    return version.id


def _keep_first(session: Session, row: CatalogueEntry, *, now: datetime) -> None:
    """What the files said becomes version 1, so that history begins with it."""
    known = select(CatalogueVersion.id).where(CatalogueVersion.entry_id == row.id)
    if session.execute(known.limit(1)).first():
        return
    actor = Actor(ref="system:files", name=FIRST_REASON)
    since = clock.civil_date(row.updated_at)
    first = _add(session, row.id, fields_of(row), since, FIRST_REASON, actor=actor, now=row.updated_at)
    first.state, first.in_force_at = VersionState.HOLDS, row.updated_at
    session.flush()


def _add(
    session: Session,
    entry_id: int,
    fields: EntryFields,
    effective_on: date,
    reason: str,
    *,
    actor: Actor,
    now: datetime,
) -> CatalogueVersion:
    of_entry = CatalogueVersion.entry_id == entry_id
    same_day = select(CatalogueVersion.id).where(
        of_entry,
        CatalogueVersion.state == VersionState.COMING,
        CatalogueVersion.effective_on == effective_on,
    )
    if session.execute(same_day).first():
        raise Conflict("那一天已经有一版在等着生效。请先取消那一版。")
    newest = session.execute(select(func.max(CatalogueVersion.number)).where(of_entry)).scalar_one()
    version = CatalogueVersion(
        entry_id=entry_id,
        number=(newest or 0) + 1,
        effective_on=effective_on,
        content=frozen(fields),
        state=VersionState.COMING,
        reason=reason,
        made_by=actor.ref,
        made_by_name=actor.name,
        made_at=now,
    )
    session.add(version)
    session.flush()
    return version


def _put_in_force(
    session: Session, row: CatalogueEntry, version: CatalogueVersion, *, actor: Actor, now: datetime
) -> None:
    """Windows, ladders and due days are computed anew only where a date can move."""
    holding = select(CatalogueVersion).where(
        CatalogueVersion.entry_id == row.id, CatalogueVersion.state == VersionState.HOLDS
    )
    for before in session.execute(holding).scalars():
        before.state = VersionState.HELD
    old, fields = fields_of(row), thawed(version.content, fields_of(row))
    names = changed(old, fields)
    for name in names:
        setattr(row, name, getattr(fields, name))
    told = validity.parse(fields.validity_text)
    row.validity_years_min, row.validity_years_max = told.min_years, told.max_years
    row.updated_at, row.edited_at = now, now
    version.state, version.in_force_at = VersionState.HOLDS, now
    session.flush()
    if any(name in DATE_FIELDS for name in names):
        windows.recompute(session, [row.id])
    detail = {name: [str(getattr(old, name)), str(getattr(fields, name))] for name in names}
    audit.record(session, "catalogue_entry.change", f"catalogue_entry:{row.id}", detail, actor=actor, now=now)
