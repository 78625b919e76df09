"""What `reminders doctor` looks at: each check says how it stands and, when it is not well, what to do."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import date, datetime, timedelta

import redis
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from rq import Worker
from sqlalchemy.exc import SQLAlchemyError

from config.settings import Settings, SettingsError
from jobs import (
    bell,
    deliver,
    exchange_checks,
    outlet_checks,
    sign_on_checks,
    sms_templates,
    templates,
    wiring,
)
from jobs.current_wordings import CurrentWordings
from jobs.findings import Finding, broken, later, well
from jobs.gateways.ports import NotAccepted
from reminders import alarms, catalogue, clock, deliveries, migrations, planning, typesetting, windows
from reminders.db import Database
from reminders.rules.plan_guard import LARGEST_SKEW
from reminders.rules.wordings import TemplateKind, Wording

ENTRIES = 25  # Annex 1
PLAN_WITHIN = timedelta(hours=26)
FOOTER = (
    *("contractor", "office_address", "service_phone", "complaint_phone"),
    *("icp_number", "police_number", "site_code", "wechat_qr_text"),
)  # what a Chinese government site must show; a missing one hides its line


def all_checks(told: Settings, database: Database, store: redis.Redis) -> Iterator[Finding]:
    """In the order in which faults should be mended; what rests on a broken thing is not looked at."""
    yield well("settings", "all are there and readable")
    yield from _database(told, database)
    yield from _redis(told, store)
    yield _wechat(told, store)
    said = _said(told, database)
    yield from _templates(said)
    yield _sms(told, said)
    yield _notices(told)
    yield from outlet_checks.outlet_checks(told)
    yield from exchange_checks.exchange_checks(told)
    yield sign_on_checks.sign_on_check(told)
    yield _fonts()
    yield _footer(told)


def _fonts() -> Finding:
    """Those embedded in letters and reports; the screen has its own."""
    missing = typesetting.missing_fonts()
    if missing:
        return broken("fonts", missing, "install the packages of requirements.lock again")
    return well("fonts", "Noto Serif SC and Noto Sans SC, to embed in PDF")


def _database(told: Settings, database: Database) -> Iterator[Finding]:
    try:
        with database.engine.connect() as connection:
            current = MigrationContext.configure(connection).get_current_revision()
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", None) or type(error).__name__).strip()
        yield broken("database", reason, "check DATABASE_URL, and that the server runs")
        return
    yield well("database", database.engine.dialect.name)
    head = ScriptDirectory.from_config(migrations.config_for(database.engine)).get_current_head()
    if current != head:
        yield broken("schema", f"at {current or 'nothing'}, newest is {head}", "run `reminders migrate`")
        return
    yield well("schema", f"newest ({head})")
    for check in (_clocks, _planned, _queue, _alarms, _catalogue, _workdays):
        yield check(told, database, clock.now())


def _clocks(_told: Settings, database: Database, now: datetime) -> Finding:
    """Also says which civil day it is, because that is counted in Weihai whatever this machine's zone is."""
    with database.read() as session:
        skew = abs(planning.database_now(session) - now)
    day = f"it is {clock.civil_date(now)} in Weihai"
    if skew > LARGEST_SKEW:
        return broken("time", f"{day}; database differs by {skew}", "run a time service on both machines")
    return well("time", day)


def _planned(told: Settings, database: Database, now: datetime) -> Finding:
    with database.read() as session:
        last = deliveries.last_planned(session)
    if last is None:
        return later("planning", "has never run", "start the clock process: `./run up clock`")
    if now - last > PLAN_WITHIN:
        return broken("planning", f"last run ended {last:%Y-%m-%d %H:%M} UTC", "look at the clock's log")
    return well("planning", f"last run ended {last:%Y-%m-%d %H:%M} UTC")


def _queue(told: Settings, database: Database, now: datetime) -> Finding:
    with database.read() as session:
        status = deliveries.sending_status(session, now=now)
    if told.sending == "off" or not status.is_on:
        return later("sending", "stopped", "`reminders sending start`, and SENDING=on")
    if status.circuits:
        names = ", ".join(f"{c.name} ({c.reason})" for c in status.circuits)
        cures = "；".join(dict.fromkeys(circuit.cure for circuit in status.circuits))
        return broken("sending", f"resting: {names}", f"{cures}; `reminders sending resume NAME`")
    if status.blocked or status.review:
        told_ = f"{status.blocked} blocked, {status.review} to be looked at"
        return later("sending", told_, "see `reminders sending status`")
    return well("sending", f"on, {sum(status.waiting.values())} waiting")


def _alarms(_told: Settings, database: Database, now: datetime) -> Finding:
    with database.read() as session:
        ringing = alarms.ringing_now(session, now=now)
    if not ringing:
        return well("alarms", "none")
    return later("alarms", " ".join(f"{one.kind}: {one.text}" for one in ringing), "do what each says")


def _catalogue(_told: Settings, database: Database, _now: datetime) -> Finding:
    with database.read() as session:
        entries = catalogue.entries(session)
    if len(entries) != ENTRIES:
        return broken("catalogue", f"{len(entries)} of {ENTRIES} entries", "run `reminders catalogue load`")
    lacking = [entry for entry in entries if entry.missing_facts]
    if lacking:
        names = "；".join(f"{e.license_name}（{'、'.join(e.missing_facts)}）" for e in lacking)
        return later(
            "catalogue", f"nothing is sent from: {names}", "complete config/catalogue.csv and load it"
        )
    if any(entry.is_sample for entry in entries):
        return later(
            "catalogue", "counters and phones are samples", "fill in config/departments.csv and load it"
        )
    return well("catalogue", f"{ENTRIES} entries, complete")


def _workdays(_told: Settings, database: Database, now: datetime) -> Finding:
    next_year = clock.civil_date(now).year + 1
    with database.read() as session:
        workdays = windows.load_workdays(session)
    if workdays.is_estimated(date(next_year, 1, 1)):
        cure = "after the State Council notice: `reminders workdays import FILE`"
        return later("workdays", f"{next_year} is an estimate, and marked as one to holders", cure)
    return well("workdays", f"known up to {next_year}")


def _redis(told: Settings, store: redis.Redis) -> Iterator[Finding]:
    try:
        store.ping()
        beats = bool(store.get(bell.HEARTBEAT_KEY))
        workers = {queue: _workers(store, queue) for queue in (deliver.QUEUE, "work")}
    except redis.RedisError as error:
        yield broken("redis", type(error).__name__, "check REDIS_URL, and that the server runs")
        return
    yield well("redis", "answers")
    yield (
        well("clock", "alive")
        if beats
        else broken("clock", "no sign of life in the last 30 s", "start it: `./run up clock`")
    )
    for queue, number in workers.items():
        role = "sender" if queue == deliver.QUEUE else "worker"
        yield (
            well(role, f"{number} running")
            if number
            else broken(role, "none is running", f"start one: `./run up {role}`")
        )


def _workers(store: redis.Redis, queue: str) -> int:
    """By their heartbeats, which are there again soon after a flush; RQ's own list of workers is not."""
    pattern = f"{Worker.redis_worker_namespace_prefix}{queue}-*"
    return sum(not key.endswith(b":executions") for key in store.scan_iter(pattern))


def _wechat(told: Settings, store: redis.Redis) -> Finding:
    gateway = wiring.wechat_gateway(told, store)
    try:
        gateway.check_token()
    except NotAccepted as error:
        return broken("wechat", f"no token: {error.reason}", "see the WeChat section of docs/runbook.md")
    finally:
        gateway.close()
    return well("wechat", "gives us a token")


def _said(told: Settings, database: Database) -> CurrentWordings | None:
    """The versions in force over the files; None where the files are broken, which is told below."""
    try:
        said = CurrentWordings(wiring.wordings_of_files(told))
    except SettingsError:
        return None
    with suppress(SQLAlchemyError), database.read() as session:
        said.look(session)
    return said


def _sms(told: Settings, said: CurrentWordings | None) -> Finding:
    if not told.has_sms:
        return later("sms", "no platform: codes cannot be sent", "set SMS_PROVIDER and its keys")
    try:
        sms_templates.load()
    except SettingsError as error:
        return broken("sms", str(error), "mend config/sms_templates.toml")
    real = told.sms_provider in ("tencent", "aliyun")
    if real and any(template.is_sample for template in _of(said, sms_templates.WORDING_OF.values())):
        cure = "put the platform's own in, at the desk of templates or in config/sms_templates.toml"
        return later("sms", "template ids are samples", cure)
    if real and not told.sms_report_token:
        return later("sms", "no reports come in", "set SMS_REPORT_TOKEN and tell the platform the address")
    return well("sms", told.sms_provider)


def _of(said: CurrentWordings | None, kinds: Iterable[TemplateKind]) -> list[Wording]:
    return [found for kind in kinds if said is not None and (found := said.of(kind)) is not None]


def _templates(said: CurrentWordings | None) -> Iterator[Finding]:
    try:
        templates.load()
    except SettingsError as error:
        yield broken("templates", str(error), "mend config/wechat_templates.toml")
        return
    kinds = [kind for kind in templates.WORDING_OF.values() if kind is not TemplateKind.SUBSCRIPTION]
    found = _of(said, kinds)
    if any(template.is_sample for template in found):
        cure = (
            "put the account's own in, at the console's desk of templates or in config/wechat_templates.toml"
        )
        yield later("templates", "ids are samples", cure)
        return
    unmarked = sorted(template.kind for template in found if not template.has_check_code)
    if unmarked:
        cure = "give them a character_string field for check_code: by it people tell ours from others"
        yield later("templates", f"no check code in {', '.join(unmarked)}", cure)
        return
    yield well("templates", f"{len(found)} mapped")


def _notices(told: Settings) -> Finding:
    try:
        template = wiring.notice_template(told)
    except SettingsError as error:
        return broken("notices", str(error), "mend [subscription] of config/wechat_templates.toml")
    if template is None:
        cure = "apply for a long-term template (runbook, Subscription notices), or leave it: others follow"
        return later("notices", "no subscription template of our own", cure)
    return well("notices", "mapped")


def _footer(told: Settings) -> Finding:
    missing = [name.upper() for name in FOOTER if not getattr(told, name)]
    if missing:
        return later("site footer", f"empty: {', '.join(missing)}", "a public site must show them; set them")
    return well("site footer", "complete")
