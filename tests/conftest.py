"""What holds for all tests: how long an example takes tells of the machine, and of no promise.

With `--dist loadfile` the tests of a file come to one process, and so do all of tests/e2e/: they share an
Airflow.
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

import pytest
from hypothesis import settings

settings.register_profile("usual", deadline=None, max_examples=60)
settings.load_profile("usual")


@pytest.hookimpl(optionalhook=True)  # xdist's
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    if config.getoption("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling

    class Scheduling(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = PurePosixPath(super()._split_scope(nodeid))
            return str(file.parent if file.parent.name == "e2e" else file)

    return Scheduling(config, log)
