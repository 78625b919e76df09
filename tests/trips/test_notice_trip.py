"""Trip (d): a notice from the ledger over review to portal, feed and government site, and back."""

from collections.abc import Iterator
from datetime import timedelta
from xml.etree import ElementTree

import pytest
from sqlalchemy import select

from jobs import publish
from jobs.gateways.government_site import GovernmentApi
from reminders import clock
from reminders.rules.lifecycle import Outlet, PublicationState
from reminders.tables.notices import Publication
from tests.jobs.test_publish import Site, api, site
from tests.portal.conftest import FOOD, Portal, filled, portal, settings

__all__ = ["filled", "portal", "settings", "site"]  # fixtures


@pytest.fixture
def gateway(site: Site) -> Iterator[GovernmentApi]:
    made = api(site.url)
    yield made
    made.close()


def test_notice_travels_to_the_public_and_back(
    portal: Portal,
    site: Site,
    gateway: GovernmentApi,
) -> None:
    officer, lead, visitor = portal.signed_in("wang"), portal.signed_in("zhao"), portal.visitor()
    today = clock.civil_date(clock.now())
    officer.get("/staff/notices/new")
    period = {"period_from": today, "period_to": today + timedelta(days=90)}
    page = officer.post("/staff/notices/generate", {"entry": FOOD, **period})
    assert "示例0号食品有限公司" in page
    assert "13800000100" not in page
    officer.get("/staff/notices/1")
    officer.post("/staff/notices/1/submit", {"version": 1})
    visitor.get("/notices/1")
    assert visitor.status == 404

    assert "温馨提示待审核" in lead.get("/staff/")
    lead.get("/staff/notices/1")
    lead.post("/staff/notices/1/approve", {"digest": lead.hidden("digest")})
    page = visitor.get("/notices/1")
    assert visitor.status == 200
    assert "示例0号食品有限公司" in page
    assert "SC10＊＊＊＊0000" in page
    assert "SC1063710020000" not in page
    assert len(ElementTree.fromstring(visitor.get("/feed.atom")).findall("{*}entry")) == 1

    assert publish.publish_due(portal.database, {Outlet.GOVERNMENT_SITE: gateway}) == 1
    assert site.articles["notice-1-v1"]["live"] is True
    assert "示例0号食品有限公司" in str(site.articles["notice-1-v1"]["html"])
    assert "已上线" in lead.get("/staff/notices/1")

    lead.post("/staff/notices/1/withdraw", {"reason": "名单有误，已重发"})
    page = visitor.get("/notices/1")
    assert visitor.status == 410
    assert "名单有误，已重发" in page
    assert "示例0号食品有限公司" not in page
    assert not ElementTree.fromstring(visitor.get("/feed.atom")).findall("{*}entry")
    publish.publish_due(portal.database, {Outlet.GOVERNMENT_SITE: gateway})
    assert site.articles["notice-1-v1"]["live"] is False
    with portal.database.read() as session:
        states = set(session.execute(select(Publication.state)).scalars())
    assert states == {PublicationState.GONE}
