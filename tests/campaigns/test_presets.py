"""The presets keep the contract, and their settings are laid under the user's own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from tests.campaigns.api import KEY, Scripted
from tests.campaigns.contract import Contract, run, trouble
from tests.campaigns.tools import Chatwoot, ChatwootRules, Listmonk, Mautic, Tool, Waha, running

from sendepause import campaigns
from sendepause.campaigns.base import Access
from sendepause.campaigns.http_api_settings import presets
from sendepause.errors import BadInput, Refused, Unreachable
from sendepause.model import CampaignState, Level
from sendepause.places import ROOT
from sendepause.settings import SystemSettings

TOOLS: list[type[Tool]] = [Chatwoot, ChatwootRules, Listmonk, Mautic, Waha]


@pytest.fixture(params=TOOLS, ids=lambda kind: kind.preset)
def ground(request: pytest.FixtureRequest) -> Iterator[Tool]:
    with running(request.param()) as tool:
        yield tool


class TestPresets(Contract):
    def test_a_resume_lets_it_run_again(self, ground: Tool) -> None:
        ground.put("1", "running")
        version = run(ground.connector.list())[0].version
        run(ground.connector.pause("1"))
        run(ground.connector.resume("1", version))
        assert run(ground.connector.read_state("1")) is CampaignState.RUNNING

    def test_a_state_that_is_not_known_is_unknown_and_never_paused(self, ground: Tool) -> None:
        ground.put("1", "pausing soon")
        assert run(ground.connector.read_state("1")) is CampaignState.UNKNOWN
        listed = run(ground.connector.list())
        assert [one.state for one in listed] == (
            [] if ground.preset == "listmonk" else [CampaignState.UNKNOWN]
        )


def test_every_preset_has_its_stand_in() -> None:
    assert presets() == [tool.preset for tool in TOOLS]


def test_a_page_for_people_is_an_error_and_never_an_empty_list(ground: Tool) -> None:
    ground.put("1", "running")
    page = b"<!DOCTYPE html><html><body><form>Log in</form></body></html>"
    for status, kind in ((503, Unreachable), (502, Unreachable), (200, (BadInput, Refused))):
        for call in ("list", "read_state"):
            ground.scripted = [Scripted(status, body=page)]
            connector = ground.connector
            error = trouble(connector.list() if call == "list" else connector.read_state("1"))
            assert isinstance(error, kind)


@pytest.mark.parametrize(
    "body", [b"{}", b'{"message": "maintenance"}', b"null", b'"down"', b'{"errors": []}']
)
def test_an_answer_of_another_shape_is_an_error_and_never_an_empty_list(ground: Tool, body: bytes) -> None:
    ground.scripted = [Scripted(200, body=body)]
    assert isinstance(trouble(ground.connector.list()), BadInput)


@pytest.mark.parametrize(("status", "said"), [(401, "valid secret"), (403, "right to")])
def test_a_missing_right_is_refused_with_its_mend(ground: Tool, status: int, said: str) -> None:
    ground.put("1", "running")
    ground.scripted = [Scripted(status)]
    assert said in trouble(ground.connector.list()).mend


def test_an_empty_tool_is_an_empty_list(ground: Tool) -> None:
    assert run(ground.connector.list()) == []


def test_what_is_paused_or_runs_already_is_not_called_for_again(ground: Tool) -> None:
    ground.put("1", "running")
    version = run(ground.connector.list())[0].version
    for wanted in (ground.connector.pause, lambda id: ground.connector.resume(id, version)):
        run(wanted("1"))
        before = dict(ground.rows["1"])
        run(wanted("1"))
        assert ground.rows["1"] == before


def test_an_unknown_preset_names_the_known_ones() -> None:
    with pytest.raises(BadInput, match=r"listmonk, mautic, waha"):
        Waha().connect(preset="mailchimp")


def test_a_preset_whose_blank_is_not_filled_says_which() -> None:
    with pytest.raises(BadInput, match=r"settings\.fill: account_id"):
        Chatwoot().connect(fill={})


@pytest.mark.parametrize("account_id", ["3/../4", "3?x=1", "../.."])
def test_a_filled_blank_leads_nowhere_else(account_id: str) -> None:
    with running(Chatwoot()) as tool:
        assert isinstance(trouble(tool.connect(fill={"account_id": account_id}).list()), Refused)
        assert all(
            "/accounts/" in path and path.count("/") == 5 and "?" not in path for _, path in tool.calls
        )


def test_own_settings_win_key_by_key() -> None:
    with running(Waha()) as tool:
        tool.put("1", "running", account=None)
        tool.rows["1"]["config"] = {"metadata": {"number": "+49 30 123450"}}
        tool.rows["1"]["status"] = "HUMMING"
        own: dict[str, Any] = {
            "fields": {"account": "config.metadata.number"},
            "states": {"running": ["HUMMING"]},
            "level": "campaign",
        }
        found = run(tool.connect(**own).list())
        assert [(one.account, one.state, one.level) for one in found] == [
            ("+4930123450", CampaignState.RUNNING, Level.CAMPAIGN)
        ]
        run(tool.connect(**own).pause("1"))
        assert tool.rows["1"]["status"] == "STOPPED"  # the rest is the preset's


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"pause": []}, "pause names no call"),
        ({"states": {"paused": []}}, "nothing says when"),
        ({"numbers": {"whatsapp": "030 12"}}, r"settings\.numbers\.whatsapp"),
        ({"surprise": KEY}, r"settings\.surprise"),
    ],
)
def test_own_settings_that_cannot_work_are_refused_at_once(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(BadInput, match=said) as caught:
        Waha().connect(**settings)
    assert KEY not in str(caught.value)


def examples() -> list[dict[str, Any]]:
    """The http_api systems that the documentation shows."""
    page = (ROOT / "docs" / "campaign_systems.md").read_text("utf-8")
    blocks = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    systems = [system for block in blocks for system in yaml.safe_load(block).get("campaign_systems", [])]
    return [system for system in systems if system["connector"] == "http_api"]


@pytest.mark.parametrize("example", examples(), ids=lambda example: example["id"])
def test_every_example_of_the_documentation_can_be_used(example: dict[str, Any]) -> None:
    campaigns.connect(SystemSettings(**example), Access("http", "http://tool.example", password=KEY))


def test_every_preset_has_its_example() -> None:
    assert {one["settings"]["preset"] for one in examples() if "preset" in one["settings"]} == set(presets())
