"""The wordings a sender says: those the console let out last, else those of the files."""

from collections.abc import Iterable
from dataclasses import replace

from sqlalchemy.orm import Session

from reminders import wordings
from reminders.rules.wordings import TemplateKind, Wording


class CurrentWordings:
    """Looked at again with every batch, so that a new version counts at once in every process.

    What people granted to subscription notices they granted to one template of the platform: its id is always
    that of the file.
    """

    def __init__(self, files: Iterable[Wording] = ()) -> None:
        self._files = {one.kind: one for one in files}
        self._now = dict(self._files)

    def look(self, session: Session) -> None:
        found = {**self._files, **wordings.all_in_force(session)}
        granted = self._files.get(TemplateKind.SUBSCRIPTION)
        if granted is not None:
            notice = replace(found[TemplateKind.SUBSCRIPTION], template_id=granted.template_id)
            found[TemplateKind.SUBSCRIPTION] = notice
        self._now = found

    def of(self, kind: TemplateKind) -> Wording | None:
        return self._now.get(kind)
