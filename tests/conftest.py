"""What holds for all tests: how long an example takes tells of the machine, and of no promise.

CI tries the same examples each time, so that what it refuses is the change; everywhere else they differ.
"""

import os

import pytest
from hypothesis import settings

settings.register_profile("usual", deadline=None, max_examples=60, derandomize=bool(os.environ.get("CI")))
settings.load_profile("usual")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The Airflow that tests/e2e shares runs until the end: what needs it comes last, in any order."""
    items.sort(key=lambda item: "e2e" in item.path.parts)
