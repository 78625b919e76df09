"""What this door was told and the database it works on; opened in each process after it was forked."""

import os
import threading
from dataclasses import dataclass, field

from flask import current_app

from config.settings import Settings
from reminders import db
from reminders.crypto import Vault
from reminders.db import Database

KEY = "portal.installation"


@dataclass
class Installation:
    settings: Settings
    kept: dict[str, object] = field(default_factory=dict)  # what a part of the site computes seldom
    _opened: Database | None = None
    _opened_by: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def database(self) -> Database:
        """One database per process: connections must not cross a fork."""
        with self._lock:
            if self._opened is None or self._opened_by != os.getpid():
                vault = Vault.from_text(self.settings.field_keys)
                self._opened = db.open_database(
                    self.settings.database_url, vault, is_practice=self.settings.practice
                )
                self._opened_by = os.getpid()
            return self._opened


def installation() -> Installation:
    found = current_app.extensions[KEY]
    assert isinstance(found, Installation)
    return found


def settings() -> Settings:
    return installation().settings


def database() -> Database:
    return installation().database()
