"""Where things lie on this machine, as the environment says it.

``SENDEPAUSE_DATA``: local folder for the SQLite store, the example and relative sources; default ``data/``
beside ``include/``. ``SENDEPAUSE_CONFIG``: the configuration; default the loaded example's, else the one
that is shipped. ``SENDEPAUSE_EVENTS``: where events and day rows lie, a path or an object-store URL;
default the data folder.
"""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = Path(__file__).resolve().parents[1] / "config"


def data_folder() -> Path:
    """The local data folder."""
    return Path(os.environ.get("SENDEPAUSE_DATA") or ROOT / "data").resolve()


def example_configuration() -> Path:
    """Where the loaded example keeps its configuration."""
    return data_folder() / "example" / "config"


def configuration_folder() -> Path:
    """The configuration folder in use."""
    named = os.environ.get("SENDEPAUSE_CONFIG")
    if named:
        return Path(named)
    return example_configuration() if example_configuration().exists() else SHIPPED


def events_base() -> str:
    """Where events and day rows lie: a path or an object-store URL."""
    return os.environ.get("SENDEPAUSE_EVENTS") or str(data_folder())


def airflow_home() -> Path:
    """Where `make up` keeps Airflow's own files."""
    return data_folder() / "airflow"
