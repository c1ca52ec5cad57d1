"""A migrated Airflow of its own for tests: one for each test process.

In a test module: ``from tests.airflow_home import airflow_home, run``. Airflow reads its environment once,
when it is imported, so whatever needs it runs in a process of its own.
"""

from __future__ import annotations

import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PATIENCE_SECONDS = 240


@pytest.fixture(scope="session")
def airflow_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a migrated Airflow without DAGs; below it ``data`` and ``config`` are Sendepause's."""
    return _migrated(tmp_path_factory.getbasetemp())


def environment(home: Path, **changed: str) -> dict[str, str]:
    """The environment of that Airflow's processes. ``changed``: what is to be another."""
    ours = {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_FOLDER": str(home / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "plugins"),
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "CRITICAL",
        "AIRFLOW__API_AUTH__JWT_SECRET": "a secret of this test alone, long enough for HS512: " + "x" * 64,
        "PYTHONPATH": str(ROOT / "include"),
        "SENDEPAUSE_DATA": str(home / "data"),
        "SENDEPAUSE_CONFIG": str(home / "config"),
    }
    return {**os.environ, **ours, **changed}


def run(home: Path, *arguments: str, **changed: str) -> str:
    """What Python prints in that Airflow."""
    done = subprocess.run(
        [sys.executable, *arguments],
        env=environment(home, **changed),
        cwd=home,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


@cache  # each module that imports the fixture has one of its own
def _migrated(folder: Path) -> Path:
    home = folder / "airflow-home"
    home.mkdir()
    run(home, "-m", "airflow", "db", "migrate")
    return home
