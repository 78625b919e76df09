"""The site in brief for people who read English, holders of a foreigner's work permit first of all."""

from flask import url_for
from flask.typing import ResponseReturnValue

from portal.installation import database
from portal.public import bp
from portal.public.answers import page
from portal.public.heads import Head
from reminders import catalogue, clock
from reminders.rules.english_names import name_in_english
from reminders.rules.window import Unit, WindowRule

WORK_PERMIT = 15
UNITS = {
    Unit.DAY: ("day", "days"),
    Unit.WORKDAY: ("working day", "working days"),
    Unit.MONTH: ("month", "months"),
}


@bp.get("/en/")
def english() -> ResponseReturnValue:
    with database().read() as session:
        entries = catalogue.entries(session)
    head = Head(
        "Licence expiry reminders in English",
        "English",
        "When and where to renew licences and permits issued in Weihai.",
        url_for("public.english"),
        keywords=("Weihai", "licence renewal", "work permit", "expiry reminder"),
    )
    return page("english.html", head, entries=entries, name_of=name_in_english, window=window_in_english)


@bp.get("/en/guides/<int(max=999999999):entry_id>")
def english_guide(entry_id: int) -> ResponseReturnValue:
    today = clock.civil_date(clock.now())
    with database().read() as session:
        entry = catalogue.entry(session, entry_id)
        examples = catalogue.examples(session, entry, today)
    name = name_in_english(entry.license_name)
    head = Head(
        f"Renewing a {name}",
        "English",
        f"{name}: when to apply, where to go, whom to call.",
        url_for("public.english_guide", entry_id=entry_id),
        keywords=(name, "Weihai", "renewal"),
    )
    values = {"entry": entry, "examples": examples, "name": name, "is_permit": entry_id == WORK_PERMIT}
    return page("english_guide.html", head, **values, window=window_in_english(entry.rule))


def window_in_english(rule: WindowRule) -> str:
    """The rule in words; where it is not known, whom to ask."""
    if rule.latest is None:
        return "Not confirmed: please ask the department"
    close = "the day of expiry" if rule.latest == 0 else f"{_span(rule.latest, rule.unit)} before expiry"
    if rule.earliest is not None:
        return f"From {_span(rule.earliest, rule.unit)} before expiry until {close}"
    if rule.also_latest is None or rule.also_unit is None:
        return f"At least {close}"
    return f"At least {close}, and at least {_span(rule.also_latest, rule.also_unit)} before expiry"


def _span(count: int, unit: Unit) -> str:
    return f"{count} {UNITS[unit][count != 1]}"
