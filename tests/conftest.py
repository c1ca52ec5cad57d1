"""What holds for all tests: how long an example takes tells of the machine, and of no promise.

CI tries the same examples each time, so that what it refuses is the change; everywhere else they differ.
"""

import os

import pytest
from hypothesis import settings

settings.register_profile("usual", deadline=None, max_examples=60, derandomize=bool(os.environ.get("CI")))
settings.load_profile("usual")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What shares the one Airflow of tests/e2e runs in one process, as each file's tests do where processes
    share the work by groups. It takes longest, so it begins."""
    of_airflow = {item: "installed" in getattr(item, "fixturenames", ()) for item in items}
    items.sort(key=lambda item: not of_airflow[item])
    for item in items:
        item.add_marker(pytest.mark.xdist_group("e2e" if of_airflow[item] else str(item.path)))
