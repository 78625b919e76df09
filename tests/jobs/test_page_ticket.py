"""The ticket that signs pages is asked for once, kept sealed, and renewed before it runs out."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from config.settings import Settings
from jobs import page_ticket
from reminders import clock, page_tickets
from reminders.db import Database
from reminders.tables.tickets import PageTicket
from tests.jobs.conftest import Platform

PATH = "/cgi-bin/ticket/getticket"


@pytest.fixture
def here(told: Settings, database: Database) -> Settings:
    url = database.engine.url.render_as_string(hide_password=False)
    return told.model_copy(update={"database_url": url})


def test_ticket_is_fetched_once_and_sealed(here: Settings, database: Database) -> None:
    assert page_ticket.fetch(here)
    assert not page_ticket.fetch(here)
    with database.read() as session:
        ticket = page_tickets.current(session, now=clock.now())
        sealed = session.execute(select(PageTicket.ticket_cipher)).scalar_one()
    assert ticket and ticket.startswith("sandbox-")
    assert sealed and ticket.encode() not in sealed


def test_ticket_is_renewed_before_its_end_by_one_of_two(here: Settings, database: Database) -> None:
    assert page_ticket.fetch(here)
    soon = clock.now() + timedelta(hours=2) - page_tickets.RENEW_BEFORE
    with database.begin() as session:
        assert page_tickets.is_wanted(session, now=soon)
        assert page_tickets.claim(session, now=soon)
    with database.begin() as session:
        assert not page_tickets.claim(session, now=soon)
        assert page_tickets.claim(session, now=soon + page_tickets.TRY_AGAIN_AFTER)


def test_refusal_leaves_the_page_without_a_button(
    here: Settings, database: Database, platform: Platform
) -> None:
    platform.fault("errcode", PATH, value="48001")
    assert not page_ticket.fetch(here)
    with database.read() as session:
        assert page_tickets.current(session, now=clock.now()) is None
        assert page_tickets.is_wanted(session, now=clock.now() + timedelta(minutes=2))
