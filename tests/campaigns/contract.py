"""What every connector must keep. A connector's test file inherits ``Contract`` and gives its ``ground``."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Coroutine
from typing import Any, TypeVar

import pytest
from sqlalchemy import Engine
from tests.campaigns.grounds import ACCOUNT, Ground
from tests.enforce.scene import acting, enforce, kinds, order

from sendepause.enforce import Outcome, Result
from sendepause.enforce import runs as enforcing
from sendepause.errors import Refused, SendepauseError, Unclear, Unreachable
from sendepause.model import AccountBy, CampaignState

T = TypeVar("T")


def run(call: Coroutine[Any, Any, T]) -> T:
    """Each call in a loop of its own: connectors keep nothing that belongs to one."""
    return asyncio.run(call)


def trouble(call: Coroutine[Any, Any, Any]) -> SendepauseError:
    """The error that a call ends with."""
    with pytest.raises(SendepauseError) as caught:
        run(call)
    return caught.value


def pause_all(engine: Engine, ground: Ground) -> list[Outcome]:
    """One run that is ordered to pause whatever the system lists."""
    found = run(ground.connector.list())
    return enforce(acting(engine), ground.connector, [order(campaign) for campaign in found])


class Contract:
    """Sentences about one connector."""

    @pytest.fixture(autouse=True)
    def _quick(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(enforcing, "READ_BACK_AFTER", (0.0, 0.01))

    def test_lists_campaigns_with_account_and_state(self, ground: Ground) -> None:
        ground.put("1", "running")
        ground.put("2", "paused")
        found = {campaign.id: campaign for campaign in run(ground.connector.list())}
        assert found["1"].state is CampaignState.RUNNING
        assert found["2"].state is CampaignState.PAUSED
        assert (found["1"].account, found["1"].account_by) == (ACCOUNT, AccountBy.MARK)
        assert found["1"].system == ground.connector.system.id

    @pytest.mark.parametrize("spelling", ["+49 30 123450", "0049-30-123450", "4930123450@c.us"])
    def test_any_spelling_of_a_number_becomes_e164(self, ground: Ground, spelling: str) -> None:
        ground.put("1", "running", spelling)
        assert run(ground.connector.list())[0].account == ACCOUNT

    @pytest.mark.parametrize("spelling", [None, "", "030 123450", "Marketing"])
    def test_an_unreadable_number_is_no_account(self, ground: Ground, spelling: str | None) -> None:
        ground.put("1", "running", spelling)
        campaign = run(ground.connector.list())[0]
        assert (campaign.account, campaign.account_by) == (None, AccountBy.UNKNOWN)

    def test_a_pause_is_read_back_as_paused_and_again_is_harmless(self, ground: Ground) -> None:
        ground.put("1", "running")
        ground.put("2", "running")
        for _ in range(2):
            run(ground.connector.pause("1"))
            assert run(ground.connector.read_state("1")) is CampaignState.PAUSED
            assert ground.state("1") == "paused"
        assert run(ground.connector.read_state("2")) is CampaignState.RUNNING

    def test_a_resume_lets_it_run_again(self, ground: Ground) -> None:
        ground.put("1", "running")
        version = run(ground.connector.list())[0].version
        run(ground.connector.pause("1"))
        run(ground.connector.resume("1", version))
        assert run(ground.connector.read_state("1")) is CampaignState.RUNNING

    def test_a_state_that_is_not_known_is_unknown_and_never_paused(self, ground: Ground) -> None:
        ground.put("1", "pausing soon")
        assert run(ground.connector.read_state("1")) is CampaignState.UNKNOWN
        assert run(ground.connector.list())[0].state is CampaignState.UNKNOWN

    @pytest.mark.parametrize(
        "id", ["404", "no such id", "../1", "1/../2", "1' OR '1'='1", "99999999999999999999"]
    )
    def test_an_unknown_id_is_unknown_and_touches_no_other(self, ground: Ground, id: str) -> None:
        ground.put("1", "running")
        ground.put("2", "running")
        try:
            run(ground.connector.pause(id))
        except SendepauseError as error:
            assert isinstance(error, Refused)
        assert run(ground.connector.read_state(id)) is CampaignState.UNKNOWN
        assert ground.state("1") == ground.state("2") == "running"

    def test_a_system_that_is_down_is_unreachable(self, ground: Ground) -> None:
        ground.put("1", "running")
        ground.go_down()
        connector = ground.connector
        assert isinstance(trouble(connector.list()), Unreachable)
        assert isinstance(trouble(connector.read_state("1")), Unreachable)
        assert isinstance(trouble(connector.pause("1")), (Unreachable, Unclear))

    def test_no_secret_is_in_any_error_or_repr(self, ground: Ground) -> None:
        ground.put("1", "running")
        ground.go_down()
        connector = ground.connector
        errors = [
            trouble(call) for call in (connector.list(), connector.read_state("1"), connector.pause("1"))
        ]
        told = [text for error in errors for text in traceback.format_exception(error)]
        told += [repr(error) for error in errors] + [repr(connector), str(run(connector.check()))]
        assert ground.secret not in "".join(told)

    def test_what_was_enforced_is_paused_and_written_down(self, ground: Ground, engine: Engine) -> None:
        ground.put("1", "running")
        assert [outcome.result for outcome in pause_all(engine, ground)] == [Result.PAUSED]
        assert kinds(engine) == ["intent", "paused"]

    def test_a_system_that_lies_ends_as_not_paused(self, ground: Ground, engine: Engine) -> None:
        ground.put("1", "running")
        ground.lie()
        assert [outcome.result for outcome in pause_all(engine, ground)] == [Result.NOT_PAUSED]
        assert kinds(engine) == ["intent", "not_paused"]
        assert ground.state("1") == "running"

    def test_a_change_whose_answer_was_lost_counts_once_it_is_read_back(
        self, ground: Ground, engine: Engine
    ) -> None:
        ground.put("1", "running")
        ground.lose_answers()
        assert isinstance(trouble(ground.connector.pause("1")), Unclear)
        ground.put("1", "running")
        assert [outcome.result for outcome in pause_all(engine, ground)] == [Result.PAUSED]
        assert kinds(engine) == ["intent", "paused"]

    def test_a_system_that_goes_down_leaves_the_pause_owed(self, ground: Ground, engine: Engine) -> None:
        ground.put("1", "running")
        orders = [order(campaign) for campaign in run(ground.connector.list())]
        ground.go_down()
        outcomes = enforce(acting(engine), ground.connector, orders)
        assert [outcome.result for outcome in outcomes] == [Result.NOT_PAUSED]
        assert ground.secret not in str(outcomes)
