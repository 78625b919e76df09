"""The public page of outcomes: defined, downloadable, and silent about small counts."""

import csv
import io
import json
import re
from datetime import timedelta

from sqlalchemy.orm import Session

from reminders import clock
from reminders.tables.ledger import License
from tests import builders
from tests.portal.conftest import FOOD, Portal


def expired(session: Session, count: int, entry_id: int) -> None:
    today = clock.civil_date(clock.now())
    for _ in range(count):
        row: License = builders.license(
            session, entry_id=entry_id, expires_on=today.replace(day=1) - timedelta(days=20)
        )
        row.created_at = clock.now() - timedelta(days=200)


def test_empty_page_says_since_when_and_what_comes(portal: Portal) -> None:
    page = portal.visitor().get("/performance")
    assert "还没有期满的证照" in page
    assert "每个数字是什么意思" in page


def test_page_table_and_data_tell_the_same(portal: Portal) -> None:
    with portal.database.begin() as session:
        expired(session, 8, FOOD)
        expired(session, 6, 1)
    client = portal.app.test_client()
    page = client.get("/performance").text
    assert "食品生产许可证" in page
    rows = list(csv.reader(io.StringIO(client.get("/performance.csv").data.decode("utf-8-sig"))))
    assert rows[1][:3] == ["月份", rows[1][1], "14"]
    told = json.loads(client.get("/performance.json").data)
    assert told["by_month"][0]["expired"] == 14
    assert {line["license_name"]: line["lapsed"] for line in told["by_kind"]} == {
        "食品生产许可证": 8,
        "药品经营许可证": 6,
    }
    titles = re.findall(r'<th scope="col"[^>]*>([^<]+)', page.partition("</thead>")[0])
    assert set(titles[1:]) <= set(rows[0]), "a column has one name, wherever it is shown"
    meanings = re.findall(r"<dt>([^<]+)</dt>", page)
    assert set(titles[1:]) <= set(meanings)
    assert {"到期", *rows[0][3:]} == set(told["names"].values())
    assert "示例" not in page.partition("<main")[2].partition("</main>")[0].replace("示例信息", "")


def test_small_counts_are_hidden_everywhere(portal: Portal) -> None:
    with portal.database.begin() as session:
        expired(session, 3, FOOD)
    client = portal.app.test_client()
    assert "&lt;5" in client.get("/performance").text
    assert ",<5," in client.get("/performance.csv").text
    assert json.loads(client.get("/performance.json").data)["by_kind"][0]["expired"] == "<5"
    assert set(client.get("/performance.json").json["hidden"]) == {"<5", "*"}


def test_figures_are_counted_once_for_all_three(portal: Portal) -> None:
    client = portal.app.test_client()
    client.get("/performance")
    kept = portal.app.extensions["portal.installation"].kept["figures"]
    first = kept._figures
    client.get("/performance?again")
    client.get("/performance.csv")
    assert kept._figures is first
