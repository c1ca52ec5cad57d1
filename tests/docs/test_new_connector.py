"""The connector that ``docs/new_connector.md`` shows is a connector, and keeps what every one keeps."""

from __future__ import annotations

import inspect
import re
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import Engine
from tests import stores
from tests.campaigns.contract import run
from tests.docs.taktgeber_server import TOKEN, serve

from sendepause import campaigns
from sendepause.campaigns.base import Access, Connector, UnderWay
from sendepause.model import AccountBy
from sendepause.places import ROOT
from sendepause.settings import SystemSettings
from sendepause.store import database

PAGE = (ROOT / "docs" / "new_connector.md").read_text("utf-8")
EXAMPLE, LINE, TEST = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
LONGEST = 70  # lines; "about sixty" is promised

exec(compile(TEST, "docs/new_connector.md", "exec"), globals())  # noqa: S102 - gives TestTaktgeber


@pytest.fixture(autouse=True)
def _added(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The example lies in its file and is registered, as the page says."""
    found = re.fullmatch(r'\s*"(\w+)": "([\w.]+):\w+",\n', LINE)
    assert found, LINE
    file = tmp_path / "taktgeber.py"
    file.write_text(EXAMPLE)
    spec = spec_from_file_location(found[2], file)
    assert spec and spec.loader
    module = module_from_spec(spec)
    monkeypatch.setitem(sys.modules, found[2], module)
    spec.loader.exec_module(module)
    monkeypatch.setitem(campaigns.CONNECTORS, found[1], LINE.split('"')[3])


@pytest.fixture
def engine(tmp_path: Path) -> Any:
    """A migrated, empty store, for the contract."""
    connected: Engine = database.connect(f"sqlite:///{tmp_path}/store.db")
    stores.migrate(connected)
    yield connected
    connected.dispose()


def example() -> SystemSettings:
    (block,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    (system,) = yaml.safe_load(block)["campaign_systems"]
    return SystemSettings(**system)


def test_the_example_stays_as_short_as_the_page_says() -> None:
    assert len(EXAMPLE.splitlines()) <= LONGEST


def test_the_configuration_that_the_page_shows_lists_what_it_says() -> None:
    with serve() as server:
        server.put(1, "on", "whatsapp")
        server.put(2, "on", "reports")
        server.put(3, "on", "account:+4930123450")
        server.put(7, "on")
        connector = campaigns.connect(example(), Access("http", server.url, password=TOKEN))
        found = {one.id: one for one in run(connector.list())}
        assert set(found) == {"1", "3", "7"}
        assert (found["3"].account, found["3"].account_by) == ("+4930123450", AccountBy.MARK)
        assert [check.ok for check in run(connector.check())] == [True]


def test_what_runs_on_after_a_pause_is_told_and_can_be_stopped() -> None:
    with serve() as server:
        server.put(1, "on", "whatsapp")
        server.runs[1] = {"active": 2, "waiting": 1}
        connector = campaigns.connect(example(), Access("http", server.url, password=TOKEN))
        assert connector.capabilities.list_running and connector.capabilities.stop_running
        run(connector.pause("1"))
        assert run(connector.under_way("1")) == UnderWay(running=2, waiting=1)
        run(connector.stop_running("1"))
        assert run(connector.under_way("1")).none


def test_the_page_says_what_every_method_promises() -> None:
    methods = {name for name, _ in inspect.getmembers(Connector, inspect.isfunction) if name[0] != "_"}
    assert set(re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)) == methods
