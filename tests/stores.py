"""Empty, migrated stores for tests, in a moment: each test process migrates one of a kind and copies it then.

That a store is migrated, from whatever it was, is for tests/store/test_database.py to show.
"""

from __future__ import annotations

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path

from sqlalchemy import Engine

from sendepause.store import database


def migrate(engine: Engine) -> None:
    """As ``database.migrate`` does, for a store on SQLite that does not exist yet; others it migrates."""
    path = Path(engine.url.database or "")
    if engine.dialect.name == "sqlite" and not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.copy(_template(), path)
    else:
        database.migrate(engine)


@cache
def _template() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="store-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    engine = database.connect(f"sqlite:///{folder}/empty.db")
    database.migrate(engine)
    engine.dispose()  # the last connection writes all of it into the one file
    return folder / "empty.db"
