"""An officer prints a QR code, a stranger scans it with the phone at the platform, agrees, and is bound."""

from collections.abc import Iterator
from typing import Any

import pypdfium2
import pytest
import requests
import zxingcpp
from sqlalchemy import select

from config.settings import Settings
from jobs import bind_qr
from reminders import binding, clock, worklist
from reminders.db import Database
from reminders.tables.bindings import Binding
from reminders.tables.deliveries import DeliveryItem, Reminder
from reminders.tables.passes import BindPass
from sandbox import server
from tests import builders_binding, builders_console
from tests.builders_console import Corner
from tests.jobs.conftest import Platform, platform, redis_running, store, told
from tests.portal.conftest import FOOD, Portal, either_portal, settings
from tests.postgres import free_port
from wxbot.app import create_app

__all__ = ["either_portal", "platform", "redis_running", "settings", "store", "told"]  # fixtures
STRANGER = "o-trip-stranger"


@pytest.fixture
def bot_url() -> str:
    return f"http://127.0.0.1:{free_port()}"


@pytest.fixture
def here(told: Settings, database: Database, bot_url: str) -> Iterator[Settings]:
    """The real WeChat door, to which the platform brings its events."""
    url = database.engine.url.render_as_string(hide_password=False)
    settings = told.model_copy(update={"database_url": url})
    app = create_app(settings)
    running = server.start(app, port=int(bot_url.rpartition(":")[2]))
    yield settings
    running.stop()
    app.extensions["wxbot"].database.close()


def act(platform: Platform, action: str, **given: str) -> str:
    url = f"{platform.url}/sandbox/people/{STRANGER}/{action}"
    answer: dict[str, Any] = requests.post(url, json=given, timeout=30).json()
    assert answer["outcome"] in ("reply", "silent"), answer
    return str(answer["text"])


def test_stranger_scans_the_receipt_and_is_bound(
    here: Settings, database: Database, platform: Platform
) -> None:
    platform.people(STRANGER)
    platform.change(STRANGER, follows=False)
    with database.begin() as session:
        firm = builders_binding.firm(session, on=clock.civil_date(clock.now()))
        officer = builders_binding.officer(session, firm.department_id)
        binding.issue_receipt(session, firm.license_ids[2:], actor=officer, now=clock.now())
    assert bind_qr.draw_wanted(here) == 1
    (printed,) = requests.get(f"{platform.url}/sandbox/tickets", timeout=5).json()

    assert "隐私告知" in act(platform, "scan", scene=printed["ticket"])
    assert "已绑定 2 本证照" in act(platform, "text", content="同意")
    assert "不能用了" in act(platform, "scan", scene=printed["ticket"])
    with database.read() as session:
        bound = session.execute(select(Binding.license_id).order_by(Binding.license_id)).scalars().all()
        kept = session.execute(select(BindPass)).scalar_one()
    assert tuple(bound) == firm.license_ids[2:]
    assert (kept.qr_cipher, kept.scene_cipher) == (None, None)


def test_code_printed_on_a_signed_letter_binds_what_the_letter_is_about(
    here: Settings, either_portal: Portal, platform: Platform
) -> None:
    """From the desk to the phone: signed, drawn, printed as a PDF, seen by a camera, scanned, bound."""
    platform.people(STRANGER)
    with either_portal.database.begin() as session:
        corner = Corner(FOOD, "本科示例", clock.now())
        letter = builders_console.letter(session, corner)
        about = select(Reminder.license_id).join(DeliveryItem).where(DeliveryItem.delivery_id == letter)
        license_id = session.execute(about).scalar_one()
        writer = corner.writer(session)
        batch = worklist.prepare(session, [letter], actor=writer, now=clock.now())
    lead = either_portal.signed_in("zhao")
    lead.get(f"/staff/letters/batches/{batch}")
    lead.post(f"/staff/letters/batches/{batch}/issue")
    assert bind_qr.draw_wanted(here) == 1
    lead.get(f"/staff/letters/batches/{batch}")
    lead.post(f"/staff/letters/batches/{batch}/file", {"kind": "pdf"})
    assert lead.last is not None
    (says,) = seen_by_a_camera(lead.last.data)

    ticket = says.rpartition("?scan=")[2]  # the pretended platform's own address of a code
    assert "隐私告知" in act(platform, "scan", scene=ticket)
    assert "已绑定 1 本证照" in act(platform, "text", content="同意")
    with either_portal.database.read() as session:
        assert session.execute(select(Binding.license_id)).scalars().all() == [license_id]


def seen_by_a_camera(pdf: bytes) -> list[str]:
    """What the QR codes on the pages say, at the resolution of an office printer."""
    said = []
    for page in pypdfium2.PdfDocument(pdf):
        picture = page.render(scale=300 / 72, grayscale=True)
        shades = memoryview(bytes(picture.buffer)).cast("B", shape=[picture.height, picture.stride])
        said += [one.text for one in zxingcpp.read_barcodes(shades)]
    return said
