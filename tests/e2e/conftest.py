"""One real Airflow and one server in Slack's shape for all end-to-end tests.

The first test that asks for it waits until the schedule has done its work.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator

import pytest
from tests.e2e.airflow import Installed, installation, wait_for
from tests.slack_server import SlackServer


@pytest.fixture(scope="session")
def slack() -> Iterator[SlackServer]:
    with SlackServer() as server:
        yield server


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory, slack: SlackServer) -> Iterator[Installed]:
    data = tmp_path_factory.mktemp("company")
    with installation(data, slack.base_url) as running:
        running.start()
        running.know_no_night()
        began = time.monotonic()
        wait_for("the loop", running.in_the_loop)
        sys.stderr.write(f"\nfrom healthy to told: {time.monotonic() - began:.0f} s\n")
        yield running
