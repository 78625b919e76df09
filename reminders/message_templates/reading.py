"""Reads the versions of a wording: what is in force, what waits for a second person, and what came before."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from reminders.errors import NotFound
from reminders.rules.wording_kinds import FIRST, KINDS, KindRules
from reminders.rules.wordings import TemplateKind, TemplateState, Wording, thawed
from reminders.tables.wordings import TemplateVersion

PAGE = 30


@dataclass(frozen=True)
class VersionView:
    id: int
    kind: TemplateKind
    number: int
    wording: Wording
    state: TemplateState
    reason: str
    restored_number: int | None
    is_from_file: bool
    made_by: str
    made_by_name: str
    made_at: datetime
    decided_by_name: str
    decided_at: datetime | None
    decision_note: str


@dataclass(frozen=True)
class Overview:
    """One kind: what it says now (None: it was never loaded, and no file gives it), and what waits."""

    kind: TemplateKind
    rules: KindRules
    wording: Wording | None
    in_force: VersionView | None
    proposed: VersionView | None


def overview(session: Session) -> tuple[Overview, ...]:
    """Every kind, in the order of the desk."""
    states = (TemplateState.IN_FORCE, TemplateState.PROPOSED)
    found = session.execute(select(TemplateVersion).where(TemplateVersion.state.in_(states))).scalars()
    by = {(row.kind, row.state): _view(row) for row in found}
    return tuple(_overview(kind, rules, by) for kind, rules in KINDS.items())


def history(
    session: Session, kind: TemplateKind, *, before: int | None = None, limit: int = PAGE
) -> tuple[VersionView, ...]:
    """The newest first; `before` is the number of the last one of the page before."""
    query = select(TemplateVersion).where(TemplateVersion.kind == kind)
    if before is not None:
        query = query.where(TemplateVersion.number < before)
    rows = session.execute(query.order_by(TemplateVersion.number.desc()).limit(limit)).scalars()
    return tuple(_view(row) for row in rows)


def version(session: Session, version_id: int) -> VersionView:
    """Raises NotFound."""
    row = session.get(TemplateVersion, version_id)
    if row is None:
        raise NotFound("没有这一版模板。请从“模板”里重新打开。")
    return _view(row)


def before(session: Session, shown: VersionView) -> VersionView | None:
    """What a version is compared with: a proposal with the one in force, any other with the one before it."""
    query = select(TemplateVersion).where(TemplateVersion.kind == shown.kind)
    if shown.state is TemplateState.PROPOSED:
        query = query.where(TemplateVersion.state == TemplateState.IN_FORCE)
    else:
        query = query.where(TemplateVersion.number < shown.number, TemplateVersion.decided_at.is_not(None))
    query = query.order_by(TemplateVersion.number.desc()).limit(1)
    row = session.execute(query).scalar_one_or_none()
    return None if row is None else _view(row)


def _overview(
    kind: TemplateKind, rules: KindRules, by: Mapping[tuple[TemplateKind, TemplateState], VersionView]
) -> Overview:
    current = by.get((kind, TemplateState.IN_FORCE))
    wording = current.wording if current else FIRST.get(kind)
    return Overview(kind, rules, wording, current, by.get((kind, TemplateState.PROPOSED)))


def _view(row: TemplateVersion) -> VersionView:
    return VersionView(
        id=row.id,
        kind=row.kind,
        number=row.number,
        wording=thawed(row.kind, row.template_id, row.content),
        state=row.state,
        reason=row.reason,
        restored_number=row.restored_number,
        is_from_file=row.is_from_file,
        made_by=row.made_by,
        made_by_name=row.made_by_name,
        made_at=row.made_at,
        decided_by_name=row.decided_by_name,
        decided_at=row.decided_at,
        decision_note=row.decision_note,
    )
