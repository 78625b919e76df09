"""What `reminders doctor` says of the outlets: each is asked something that changes nothing."""

from collections.abc import Iterator

from config.settings import Settings, SettingsError
from jobs import outlets, wiring
from jobs.findings import Finding, broken, later, well
from reminders.errors import GatewayError

NAME, ACCOUNT = "government site", "official account"
ACCOUNT_CURES = {
    "48001": "the account may not publish: look at its 认证 and 接口权限",
    "48004": "the interface was banned: 公众平台 → 通知中心 says why",
    "53500": "publishing was banned: 公众平台 → 通知中心 says why",
    "40164": "put this machine's address on the IP 白名单",
}
CURES = {
    "address-inside": "it is inside our own network: set GOVERNMENT_SITE_PRIVATE=true if it should be",
    "address-not-found": "check GOVERNMENT_SITE_URL and the name server",
    "host-key-changed": "compare the key with the site's office, then set GOVERNMENT_SITE_HOST_KEY",
    "host-key-not-set": "set GOVERNMENT_SITE_HOST_KEY to the line of `ssh-keyscan`, after comparing it",
    "sftp-sign-in-refused": "check GOVERNMENT_SITE_USER and GOVERNMENT_SITE_KEY",
    "folder-not-writable": "make the folder of GOVERNMENT_SITE_URL, and let this user write to it",
    "http-401": "check GOVERNMENT_SITE_USER and GOVERNMENT_SITE_KEY",
    "http-403": "check GOVERNMENT_SITE_USER and GOVERNMENT_SITE_KEY",
}


def outlet_checks(told: Settings) -> Iterator[Finding]:
    """The account is asked with its token by the check of WeChat; here only whether it may publish."""
    yield _account(told)
    yield government_site(told)


def _account(told: Settings) -> Finding:
    if not told.official_account_articles:
        cure = "once the account is verified (认证), set OFFICIAL_ACCOUNT_ARTICLES=true"
        return later(ACCOUNT, "notices are not published as articles", cure)
    store = wiring.open_redis(told)
    account = outlets.official_account(told, store, outlets.NoShelf())
    try:
        return well(ACCOUNT, account.check())
    except GatewayError as error:
        return broken(ACCOUNT, error.reason, ACCOUNT_CURES.get(error.reason, "see docs/runbook.md, WeChat"))
    finally:
        account.close()
        store.close()


def government_site(told: Settings) -> Finding:
    if not told.government_site_url:
        return later(
            NAME, "not set up, notices stay on our portal", "set GOVERNMENT_SITE_URL when it is known"
        )
    try:
        site = outlets.government_site(told)
    except SettingsError as error:
        return broken(NAME, str(error), "mend config/government_site.toml")
    except GatewayError as error:
        return broken(NAME, error.reason, CURES.get(error.reason, "see docs/runbook.md"))
    try:
        told_back = site.check()
    except GatewayError as error:
        cure = CURES.get(error.reason, "check GOVERNMENT_SITE_URL, and that the server runs")
        return broken(NAME, f"{told.government_site_kind}: {error.reason}", cure)
    finally:
        site.close()
    if told.government_site_kind != "api" and not told.government_site_public_url:
        return later(
            NAME,
            f"{told.government_site_kind}: {told_back}",
            "set GOVERNMENT_SITE_PUBLIC_URL, so that pages are proved where the public sees them",
        )
    return well(NAME, f"{told.government_site_kind}: {told_back}")
