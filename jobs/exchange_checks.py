"""What `reminders doctor` looks at of whom we exchange licenses with: the library, the regulators."""

from collections.abc import Iterator

from config.settings import Settings
from jobs import wiring
from jobs.findings import Finding, broken, later, well
from jobs.gateways.transport import Transport
from reminders.errors import GatewayError

LIBRARY, REGULATORS = "e-license library", "regulators"


def exchange_checks(told: Settings) -> Iterator[Finding]:
    """Reads one record of the library; the regulators' platform is only asked whether it answers."""
    yield _library(told)
    yield _regulators(told)


def _library(told: Settings) -> Finding:
    gateway = wiring.e_license(told)
    if gateway is None:
        return later(LIBRARY, "none: the ledger lives on imports", "set E_LICENSE_URL and E_LICENSE_KEY")
    try:
        gateway.changes("", 1)
    except GatewayError as error:
        return broken(LIBRARY, error.reason, "check E_LICENSE_URL, E_LICENSE_KEY and this machine's clock")
    finally:
        gateway.close()
    return well(LIBRARY, "answers to our signature")


def _regulators(told: Settings) -> Finding:
    if not told.has_regulators:
        return later(REGULATORS, "renewal decisions wait: no platform", "set REGULATOR_URL and REGULATOR_KEY")
    transport = Transport(1)
    try:
        transport.request("GET", told.regulator_url)
    except GatewayError as error:
        return broken(REGULATORS, error.reason, "check REGULATOR_URL, and that this machine reaches it")
    finally:
        transport.close()
    return well(REGULATORS, "answers")
