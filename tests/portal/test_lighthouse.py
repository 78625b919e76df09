"""Public pages under programs of others: Lighthouse gives 0.95 or more, html-validate finds nothing."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.node_programs import NoNode, program
from tests.portal.conftest import FOOD, Portal
from tests.portal.test_browser import CHROMIUM, OTHERS, PAGES, base

__all__ = ["base"]  # a fixture

LEAST = 0.95
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
LOOKED_AT = ("/", "/notices/", "/notices/1", f"/catalogue/{FOOD}", "/search?q=yaopin")
UNINDEXED = "/search"  # by intention, so it is not asked whether robots may list it
WITHIN_S = 120
TRIES = 3
# The browser gave no trace of the page, as may happen on a busy machine: nothing was seen, so look again.
NO_TRACE = ("NO_NAVSTART", "NO_FCP", "NO_TRACING_STARTED", "TRACING_ALREADY_STARTED", "PROTOCOL_TIMEOUT")
RULES = {"require-sri": "off"}  # everything comes from this site itself

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def installed(name: str) -> Path:
    try:
        return program(name)
    except NoNode as reason:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"SKIPPED LOUDLY: {name} did not look at any page ({reason})")


@pytest.fixture(scope="module")
def lighthouse() -> Path:
    return installed("lighthouse")


@pytest.fixture
def validator(tmp_path: Path) -> Iterator[list[str]]:
    found = installed("html-validate")
    settings = tmp_path / "htmlvalidate.json"
    told = {"root": True, "extends": ["html-validate:standard", "html-validate:document"], "rules": RULES}
    settings.write_text(json.dumps(told), encoding="utf-8")
    yield [str(found), "--config", str(settings), "--formatter", "json"]


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: apt install chromium")
@pytest.mark.parametrize("url", LOOKED_AT)
def test_page_reaches_the_score_in_every_category(lighthouse: Path, base: str, url: str) -> None:
    """Two looks that came to an end at most: the speed of a busy machine is not the page's."""
    scores = look(lighthouse, base, url)
    if min(scores.values()) < LEAST:
        again = look(lighthouse, base, url)
        scores = {name: max(score, again[name]) for name, score in scores.items()}
    print(url, scores)
    assert {name: score for name, score in scores.items() if score < LEAST} == {}


def look(lighthouse: Path, base: str, url: str) -> dict[str, float]:
    command = [
        *(str(lighthouse), base + url, "--quiet", "--output=json", "--output-path=stdout"),
        *("--only-categories=" + ",".join(CATEGORIES), "--disable-full-page-screenshot"),
        "--chrome-flags=--headless=new --no-sandbox --disable-gpu",
        *(["--skip-audits=is-crawlable"] if url.startswith(UNINDEXED) else []),
    ]
    environ = {**os.environ, "CHROME_PATH": str(CHROMIUM)}
    for _ in range(TRIES):
        done = subprocess.run(command, env=environ, capture_output=True, timeout=WITHIN_S, check=False)
        if not any(fault in done.stderr.decode() for fault in NO_TRACE):
            break
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    told = json.loads(done.stdout)
    failed = [
        f"{name}: {audit['title']} {audit.get('displayValue', '')}"
        for name, audit in told["audits"].items()
        if audit["score"] is not None and audit["score"] < 1
    ]
    print(url, *failed, sep="\n  ")
    return {name: told["categories"][name]["score"] for name in CATEGORIES}


def test_pages_are_valid_html(validator: list[str], portal: Portal, base: str, tmp_path: Path) -> None:
    client = portal.app.test_client()
    names = {}
    for number, url in enumerate((*PAGES.values(), *OTHERS)):
        page = tmp_path / f"{number}.html"
        page.write_bytes(client.get(url).data)
        names[str(page)] = url
    with (tmp_path / "found.json").open("wb") as told:  # to a pipe it would leave without its last words
        subprocess.run([*validator, *names], stdout=told, timeout=WITHIN_S, check=False)
    found = [
        f"{names[page['filePath']]}:{fault['line']}: {fault['ruleId']}: {fault['message']}"
        for page in json.loads((tmp_path / "found.json").read_text(encoding="utf-8"))
        for fault in page["messages"]
    ]
    assert not found, "\n".join(found)


def test_validator_sees_faults(validator: list[str], tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text(
        '<!doctype html><html lang="zh"><head><title>x</title></head><p><div></div></p><img src="x">'
    )
    done = subprocess.run([*validator, str(page)], capture_output=True, timeout=WITHIN_S, check=False)
    found = {fault["ruleId"] for fault in json.loads(done.stdout)[0]["messages"]}
    assert {"element-permitted-content", "wcag/h37"} & found, found
