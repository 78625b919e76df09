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
        self._versions: dict[TemplateKind, int] = {}

    def look(self, session: Session) -> None:
        kept = wordings.versions_in_force(session)
        found = {**self._files, **{kind: wording for kind, (_, wording) in kept.items()}}
        granted = self._files.get(TemplateKind.SUBSCRIPTION)
        if granted is not None:
            notice = replace(found[TemplateKind.SUBSCRIPTION], template_id=granted.template_id)
            found[TemplateKind.SUBSCRIPTION] = notice
        self._now, self._versions = found, {kind: version_id for kind, (version_id, _) in kept.items()}

    def of(self, kind: TemplateKind) -> Wording | None:
        return self._now.get(kind)

    def version_of(self, kind: TemplateKind | None) -> int | None:
        """The id of the version that is said now; None for the words of a file that nobody took over yet."""
        return None if kind is None else self._versions.get(kind)
