"""`reminders doctor` on the library and the regulators: missing, refusing, well."""

from config.settings import Settings
from jobs.exchange_checks import exchange_checks
from jobs.findings import Mark
from tests.jobs.conftest import Platform
from tests.sandbox.bot import E_LICENSE_KEY, REGULATOR_KEY


def marks(told: Settings) -> list[Mark]:
    return [found.mark for found in exchange_checks(told)]


def test_missing_refusing_and_well(told: Settings, platform: Platform) -> None:
    assert marks(told) == [Mark.READY_LATER, Mark.READY_LATER]
    library = {"e_license_url": f"{platform.url}/e-license-api", "e_license_key": E_LICENSE_KEY}
    regulators = {"regulator_url": f"{platform.url}/regulator-api", "regulator_key": REGULATOR_KEY}
    assert marks(told.model_copy(update=library | regulators)) == [Mark.WELL, Mark.WELL]
    wrong = {"e_license_key": "another", "regulator_url": "http://127.0.0.1:9"}
    assert marks(told.model_copy(update=library | regulators | wrong)) == [Mark.BROKEN, Mark.BROKEN]
