"""Reads the wording in force: what senders, calls and letters say at this moment."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from reminders.rules.wording_kinds import FIRST
from reminders.rules.wordings import TemplateKind, TemplateState, Wording, thawed
from reminders.tables.wordings import TemplateVersion


def all_in_force(session: Session) -> dict[TemplateKind, Wording]:
    """One look for every kind; one that was never saved is left out."""
    columns = (TemplateVersion.kind, TemplateVersion.template_id, TemplateVersion.content)
    found = session.execute(select(*columns).where(TemplateVersion.state == TemplateState.IN_FORCE))
    return {kind: thawed(kind, template_id, content) for kind, template_id, content in found}


def in_force(session: Session, kind: TemplateKind) -> Wording | None:
    return all_in_force(session).get(kind)


def spoken(session: Session, kind: TemplateKind) -> Wording:
    """Of a kind that needs no platform: what the console saved, else the first wording."""
    return in_force(session, kind) or FIRST[kind]
