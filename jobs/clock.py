"""The clock process: plans, rings, reaps and sweeps on time; `python -m jobs.clock`."""

import signal
import sys
import threading
from dataclasses import dataclass, field

import structlog

from config import logs, settings
from config.settings import Settings
from jobs import bind_qr, deliver, outlets, page_ticket, read_imports, refresh, share, wiring, write_imports
from jobs import own_messages as sending_own
from jobs.bell import Bell
from jobs.errands import Errand
from jobs.schedule import Chore, run_until
from reminders import (
    alarms,
    auditing,
    binding,
    books,
    catalogue_desk,
    clock,
    deliveries,
    departures,
    kept_replies,
    library,
    limits,
    message_templates,
    own_messages,
    page_tickets,
    passes,
    planning,
    publication,
    receipts,
    roads,
    settling,
    sharing,
    sms_replies,
    tidings,
)
from reminders.db import Database
from reminders.errors import Conflict
from reminders.ledger import before, reading, tasks
from reminders.notices import publishing
from reminders.rules.lifecycle import AlarmKind
from reminders.rules.permissions import system

RING_S = 1.0
LOAD_WORDINGS_S = 300.0
RING_PUBLICATIONS_S = 0.25  # one look into an index, so that a reader waits no second more
BEAT_S = 5.0
REAP_S = 5.0
SWEEP_S = 5.0
EXPIRE_S = 10.0
FORGET_S = 86_400.0
WATCH_S = 60.0
FOLLOW_AUDIT_S = 60.0
LINKS, STRETCHES = 500, 20  # of the chain, in one transaction and in one minute
BALANCE_S = 6 * 3_600.0
PUBLISH_QUEUE, PUBLISH_ENTRY = "work", "jobs.publish.drain"

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Clock:
    """The chores. Each may run twice, late, or in two processes at once without harm.

    Somebody looks at a screen while a QR code is drawn, and a queue may be busy for a minute: the small
    calls to the platform are errands of the clock itself.
    """

    told: Settings
    database: Database
    bell: Bell
    drawing: Errand = field(default_factory=Errand)
    signing: Errand = field(default_factory=Errand)
    trying: Errand = field(default_factory=Errand)

    def chores(self) -> list[Chore]:
        return [
            Chore("plan", self.told.plan_every_s, self.plan),
            Chore("load_wordings", LOAD_WORDINGS_S, self.load_wordings),
            Chore("ring", RING_S, self.ring),
            Chore("publish_scheduled", RING_S, self.publish_scheduled),
            Chore("ring_publications", RING_PUBLICATIONS_S, self.ring_publications),
            Chore("draw_bind_qr", RING_S, self.draw_bind_qr),
            Chore("send_own_messages", RING_S, self.send_own_messages),
            Chore("ring_shares", RING_S, self.ring_shares),
            Chore("ring_imports", RING_S, self.ring_imports),
            Chore("ring_refresh", BEAT_S, self.ring_refresh),
            Chore("fetch_page_ticket", BEAT_S, self.fetch_page_ticket),
            Chore("reap", REAP_S, self.reap),
            Chore("sweep", SWEEP_S, self.sweep),
            Chore("expire", EXPIRE_S, self.expire),
            Chore("beat", BEAT_S, self.bell.beat),
            Chore("watch", WATCH_S, self.watch),
            Chore("tell_visits", WATCH_S, self.tell_visits),
            Chore("follow_audit", FOLLOW_AUDIT_S, self.follow_audit),
            Chore("balance", BALANCE_S, self.balance),
            Chore("forget", FORGET_S, self.forget),
        ]

    def plan(self) -> None:
        """A date nobody can trust is not planned: it rings until a person or the clocks are right again."""
        now = clock.now()
        with self.database.begin() as session:  # not in the long transaction: senders need these rows
            roads.open_roads(session, wiring.means(self.told))
        try:
            with self.database.begin() as session:
                today = planning.today(session, now=now)
                catalogue_desk.come_into_force(session, today, actor=system("clock"), now=now)
                report = planning.plan(
                    session,
                    today,
                    sending_hours=self.told.sending_hours,
                    actor=system("clock"),
                    now=now,
                    cap=self.told.run_cap,
                )
                alarms.tell(session, AlarmKind.CLOCK_DIFFERS, None, now=now)
        except Conflict as refused:
            log.warning("plan_refused", reason=refused.message)
            with self.database.begin() as session:
                alarms.tell(session, AlarmKind.CLOCK_DIFFERS, refused.message, now=now)
            return
        log.info("planned", report=str(report))

    def tell_visits(self) -> None:
        """In the afternoon, of the visits of tomorrow."""
        with self.database.begin() as session:
            told = tidings.tell_of_visits(session, now=clock.now())
        if told:
            log.info("visits_told", messages=told)

    def load_wordings(self) -> None:
        """The first versions of all wordings, and later what the operator changed in the files."""
        files = wiring.wordings_of_files(self.told)
        with self.database.begin() as session:
            made = message_templates.take_over(session, files, actor=system("clock"), now=clock.now())
        if made:
            log.info("wordings_loaded", versions=len(made))

    def watch(self) -> None:
        with self.database.begin() as session:
            ringing = alarms.watch(session, now=clock.now())
        if ringing:
            log.warning("alarms", kinds=ringing)

    def balance(self) -> None:
        """Yesterday's books and today's, and whether each due date has a next step."""
        now = clock.now()
        with self.database.read() as session:
            fault = books.fault(session, clock.civil_date(now), actor=system("clock"))
        with self.database.begin() as session:
            alarms.tell(session, AlarmKind.BOOKS_UNBALANCED, fault, now=now)

    def follow_audit(self) -> None:
        """In short transactions: each holds back whoever writes to the audit."""
        for _ in range(STRETCHES):
            with self.database.begin() as session:
                if not auditing.advance(session, LINKS, now=clock.now()):
                    return

    def ring(self) -> None:
        if self.told.sending == "off":
            return
        with self.database.read() as session:
            due = deliveries.due(session, sending_hours=self.told.sending_hours, now=clock.now())
        if due:
            self.bell.ring(deliver.QUEUE, deliver.ENTRY)

    def publish_scheduled(self) -> None:
        """Looks without a lock first: most seconds nothing is due."""
        now = clock.now()
        with self.database.read() as session:
            due = publishing.is_due(session, now=now)
        if due:
            with self.database.begin() as session:
                published = publishing.publish_scheduled(session, now=now)
            log.info("published_on_time", notices=published)

    def ring_publications(self) -> None:
        wanted = outlets.configured(self.told)
        with self.database.read() as session:
            due = bool(wanted) and publication.due(session, outlets=wanted, now=clock.now())
        if due:
            self.bell.ring(PUBLISH_QUEUE, PUBLISH_ENTRY)

    def draw_bind_qr(self) -> None:
        with self.database.read() as session:
            due = passes.qr_is_wanted(session, now=clock.now())
        if due:
            self.drawing.start("bind_qr", lambda: bind_qr.draw_wanted(self.told))

    def send_own_messages(self) -> None:
        """Codes and trials of colleagues; the brake of the settings holds them too."""
        if self.told.sending == "off":
            return
        with self.database.read() as session:
            due = own_messages.is_wanted(session)
        if due:
            self.trying.start("own_messages", lambda: sending_own.send_wanted(self.told))

    def ring_shares(self) -> None:
        """At once: a regulator learns of a renewal within seconds."""
        if not self.told.has_regulators:
            return
        with self.database.read() as session:
            due = sharing.due(session, now=clock.now())
        if due:
            self.bell.ring(share.QUEUE, share.ENTRY)

    def ring_imports(self) -> None:
        with self.database.read() as session:
            to_read = reading.is_waiting(session, now=clock.now())
            to_write = tasks.is_waiting(session, now=clock.now())
        if to_read:
            self.bell.ring(read_imports.QUEUE, read_imports.ENTRY)
        if to_write:
            self.bell.ring(write_imports.QUEUE, write_imports.ENTRY)

    def ring_refresh(self) -> None:
        if not self.told.has_e_license:
            return
        with self.database.read() as session:
            due = library.is_due(session, now=clock.now())
        if due:
            self.bell.ring(refresh.QUEUE, refresh.ENTRY)

    def fetch_page_ticket(self) -> None:
        """Only where a page needs it: that of the subscription notice."""
        if wiring.notice_template(self.told) is None:
            return
        with self.database.read() as session:
            due = page_tickets.is_wanted(session, now=clock.now())
        if due:
            self.signing.start("page_ticket", lambda: page_ticket.fetch(self.told))

    def reap(self) -> None:
        with self.database.begin() as session:
            silent = settling.reap(session, now=clock.now())
        if silent:
            log.warning("senders_fell_silent", messages=silent)

    def sweep(self) -> None:
        """Again at once while a full batch was found: receipts come in storms."""
        matched = receipts.BATCH
        while matched >= receipts.BATCH:
            with self.database.begin() as session:
                matched = receipts.sweep(session, sending_hours=self.told.sending_hours, now=clock.now())

    def expire(self) -> None:
        now = clock.now()
        with self.database.begin() as session:
            settling.expire_unknown(session, sending_hours=self.told.sending_hours, now=now)
            settling.expire_codes(session, now=now)
            settling.expire_tidings(session, now=now)
            settling.release_unblocked(session, now=now)
            settling.leave_resting(session, sending_hours=self.told.sending_hours, now=now)
            receipts.mark_unconfirmed(session, now=now)

    def forget(self) -> None:
        with self.database.begin() as session:
            limits.forget_old(session, now=clock.now())
            before.forget_old(session, now=clock.now())
            kept_replies.forget_old(session, now=clock.now())
            sms_replies.forget_old(session, now=clock.now())
            passes.forget_expired(session, now=clock.now())
            own_messages.forget_old(session, now=clock.now())
            binding.forget_visitors(session, now=clock.now())
            departures.forget_old(session, now=clock.now())


def main() -> int:
    try:
        told = settings.load()
        database = wiring.open_database(told)
    except settings.SettingsError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    logs.set_up(told.log_level)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    connection = wiring.open_redis(told)
    try:
        run_until(stop, Clock(told, database, Bell(connection)).chores())
    finally:
        database.close()
        connection.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
