"""Schema history; `upgrade` brings any database to the newest revision."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine

HERE = Path(__file__).parent


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Runs every migration that is missing. Safe to run again, and from several processes on PostgreSQL."""
    command.upgrade(config_for(engine), revision)


def config_for(engine: Engine) -> Config:
    config = Config()
    config.set_main_option("script_location", str(HERE))
    config.attributes["engine"] = engine
    return config
