"""Reads the wording in force: what senders, calls and letters say at this moment."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from reminders.rules.wording_kinds import FIRST
from reminders.rules.wordings import TemplateKind, TemplateState, Wording, thawed
from reminders.tables.wordings import TemplateVersion


def versions_in_force(session: Session) -> dict[TemplateKind, tuple[int, Wording]]:
    """One look for every kind, with the id of its version; one that was never saved is left out."""
    columns = (TemplateVersion.id, TemplateVersion.kind, TemplateVersion.template_id, TemplateVersion.content)
    found = session.execute(select(*columns).where(TemplateVersion.state == TemplateState.IN_FORCE))
    return {
        kind: (number, thawed(kind, template_id, content)) for number, kind, template_id, content in found
    }


def all_in_force(session: Session) -> dict[TemplateKind, Wording]:
    return {kind: wording for kind, (_, wording) in versions_in_force(session).items()}


def version_id(session: Session, kind: TemplateKind) -> int | None:
    """Of the version in force, None while the first wording counts."""
    query = select(TemplateVersion.id).where(TemplateVersion.kind == kind)
    return session.execute(query.where(TemplateVersion.state == TemplateState.IN_FORCE)).scalar_one_or_none()


def in_force(session: Session, kind: TemplateKind) -> Wording | None:
    return all_in_force(session).get(kind)


def spoken(session: Session, kind: TemplateKind) -> Wording:
    """Of a kind that needs no platform: what the console saved, else the first wording."""
    return in_force(session, kind) or FIRST[kind]
