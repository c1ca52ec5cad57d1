"""Intent, act, verify: what a run does, writes down and owes."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta

import pytest
from sqlalchemy import Engine
from tests.campaigns.grounds import MemoryGround
from tests.enforce.scene import (
    AS_OF,
    NOW,
    RULE,
    acting,
    campaign,
    enforce,
    kinds,
    notice,
    order,
    owe_one,
    switch,
    told,
    written,
)

from sendepause.campaigns.base import Campaigns
from sendepause.enforce import Result, carry_out, look
from sendepause.errors import Refused, SendepauseError, Unreachable
from sendepause.model import CampaignState, EntryKind, Reason, Stage

ONE = "campaign:memory/1"


@pytest.fixture
def system() -> MemoryGround:
    ground = MemoryGround()
    ground.put("1", "running")
    return ground


def pauses(system: MemoryGround) -> list[str]:
    return [id for what, id in system.calls if what == "pause"]


def test_a_pause_is_written_down_before_it_is_asked_for(engine: Engine, system: MemoryGround) -> None:
    seen: list[list[str]] = []
    system.before_call = lambda what, id: seen.append(kinds(engine)) if what == "pause" else None
    outcomes = enforce(acting(engine), system, [order(campaign("1"))])
    assert [outcome.result for outcome in outcomes] == [Result.PAUSED]
    assert seen == [["intent"]]
    assert kinds(engine) == ["intent", "paused"]
    assert told(engine, Stage.PAUSED) == [ONE]


def test_again_is_safe(engine: Engine, system: MemoryGround) -> None:
    acting(engine)
    for _ in range(3):
        assert enforce(engine, system, [order(campaign("1"))])[0].result is Result.PAUSED
    assert pauses(system) == ["1"]
    assert kinds(engine) == ["intent", "paused"]
    assert told(engine, Stage.PAUSED) == [ONE]


def test_a_system_that_lies_is_not_believed(engine: Engine, system: MemoryGround) -> None:
    system.lie()
    (outcome,) = enforce(acting(engine), system, [order(campaign("1"))])
    assert outcome.result is Result.NOT_PAUSED
    assert isinstance(outcome.error, Refused) and "still runs" in outcome.error.what
    assert kinds(engine) == ["intent", "not_paused"]
    assert told(engine, Stage.PAUSED) == []
    assert told(engine, Stage.NOT_PAUSED) == [ONE]


def test_a_lost_answer_after_the_change_counts_as_paused(engine: Engine, system: MemoryGround) -> None:
    system.lose_answers()
    assert enforce(acting(engine), system, [order(campaign("1"))])[0].result is Result.PAUSED


def test_a_state_that_comes_a_little_late_is_waited_for(engine: Engine, system: MemoryGround) -> None:
    system.lag = 2
    assert enforce(acting(engine), system, [order(campaign("1"))])[0].result is Result.PAUSED


def test_a_failed_pause_is_owed_and_made_later(engine: Engine, system: MemoryGround) -> None:
    acting(engine)
    whole = system.before_call
    system.go_down()
    (outcome,) = enforce(engine, system, [order(campaign("1"))])
    assert outcome.result is Result.NOT_PAUSED
    assert isinstance(outcome.error, Unreachable)
    system.before_call = whole
    assert enforce(engine, system, [order(campaign("1"))])[0].result is Result.PAUSED
    assert kinds(engine) == ["intent", "not_paused", "paused"]


def test_the_same_trouble_is_written_down_once_an_hour(engine: Engine, system: MemoryGround) -> None:
    acting(engine)
    system.go_down()
    for minutes in (0, 10, 20, 61, 71):
        enforce(engine, system, [order(campaign("1"))], now=lambda m=minutes: NOW + timedelta(minutes=m))
    assert kinds(engine) == ["intent", "not_paused", "not_paused"]
    assert told(engine, Stage.NOT_PAUSED) == [ONE, ONE]
    (_, entry, _) = written(engine)
    assert entry.facts["error"] == "Unreachable" and entry.facts["says"] == "Nobody answers."


def test_another_trouble_in_the_same_hour_is_another_fact(engine: Engine, system: MemoryGround) -> None:
    acting(engine)
    system.go_down()
    enforce(engine, system, [order(campaign("1"))])
    system.before_call = lambda what, id: None
    system.lie()
    enforce(engine, system, [order(campaign("1"))])
    assert [entry.facts["error"] for entry in written(engine, EntryKind.NOT_PAUSED)] == [
        "Unreachable",
        "Refused",
    ]


def test_an_open_intent_that_took_effect_is_completed_without_a_call(
    engine: Engine, system: MemoryGround
) -> None:
    acting(engine)
    system.lie()
    enforce(engine, system, [order(campaign("1"))])
    system.put("1", "paused")  # the pause took effect after we had looked, or a person made it
    system.calls.clear()
    assert enforce(engine, system, [order(campaign("1"))])[0].result is Result.PAUSED
    assert system.calls == [("read", "1")]
    assert kinds(engine) == ["intent", "not_paused", "paused"]


def test_what_a_person_paused_first_is_not_claimed(engine: Engine, system: MemoryGround) -> None:
    system.put("1", "paused")
    assert enforce(acting(engine), system, [order(campaign("1"))])[0].result is Result.NOT_RUNNING
    assert kinds(engine) == [] and pauses(system) == []


def test_a_state_that_is_not_known_is_never_told_as_paused(engine: Engine, system: MemoryGround) -> None:
    system.after_call = lambda what, id: system.put("1", "melting")
    (outcome,) = enforce(acting(engine), system, [order(campaign("1"))])
    assert outcome.result is Result.NOT_PAUSED
    assert told(engine, Stage.PAUSED) == []


def test_a_campaign_that_came_to_its_end_is_no_longer_owed(engine: Engine, system: MemoryGround) -> None:
    acting(engine)
    system.lie()
    enforce(engine, system, [order(campaign("1"))])
    system.put("1", "done")
    assert enforce(engine, system, [order(campaign("1"))])[0].result is Result.PAUSED
    assert written(engine)[-1].facts["state"] == "done"


def test_after_the_date_the_breach_is_written_once_an_episode(engine: Engine, system: MemoryGround) -> None:
    acting(engine)
    late = order(campaign("1"), Reason.AUTOMATED_ON_PERSONAL, Reason.DATE_PASSED)
    system.lie()
    enforce(engine, system, [late])
    system.lies = False
    enforce(engine, system, [late])
    assert kinds(engine) == ["intent", "breach", "not_paused", "paused"]
    assert told(engine, Stage.BREACH) == [ONE]


def test_a_breach_is_written_too_when_the_intent_is_older_than_the_date(
    engine: Engine, system: MemoryGround
) -> None:
    acting(engine)
    system.lie()
    enforce(engine, system, [order(campaign("1"))])
    enforce(engine, system, [order(campaign("1"), Reason.DATE_PASSED)])
    assert kinds(engine) == ["intent", "not_paused", "breach"]


def test_a_fresh_installation_calls_and_writes_nothing(engine: Engine, system: MemoryGround) -> None:
    assert enforce(engine, system, [order(campaign("1"))])[0].result is Result.STOPPED
    assert kinds(engine) == [] and system.calls == []


def test_halt_stops_before_the_next_call(engine: Engine) -> None:
    system = MemoryGround(at_once=1)
    for id in "123456":
        system.put(id, "running")

    def halt_after_the_second(what: str, id: str) -> None:
        if len(pauses(system)) == 2:
            switch(engine, EntryKind.HALT, True)

    system.after_call = halt_after_the_second
    outcomes = enforce(acting(engine), system, [order(campaign(id)) for id in "123456"])
    assert [outcome.result for outcome in outcomes] == [Result.PAUSED] * 2 + [Result.STOPPED] * 4
    assert pauses(system) == ["1", "2"]  # the pause under way was still read back and written down
    switch(engine, EntryKind.HALT, False)
    enforce(engine, system, [order(campaign(id)) for id in "123456"])
    assert sorted(told(engine, Stage.PAUSED)) == [f"campaign:memory/{id}" for id in "123456"]


def test_halt_between_the_intent_and_the_call_stops_the_call(engine: Engine, system: MemoryGround) -> None:
    acting(engine)
    system.before_call = lambda what, id: switch(engine, EntryKind.HALT, True)  # while the state is read
    assert enforce(engine, system, [order(campaign("1"))])[0].result is Result.STOPPED
    assert pauses(system) == []
    assert kinds(engine) == ["intent", "withdrawn"]


def test_a_pause_that_a_person_makes_after_we_withdrew_is_theirs(
    engine: Engine, system: MemoryGround
) -> None:
    acting(engine)
    system.before_call = lambda what, id: switch(engine, EntryKind.HALT, True) if what == "read" else None
    assert enforce(engine, system, [order(campaign("1"))])[0].result is Result.STOPPED
    assert kinds(engine) == ["intent", "withdrawn"]
    system.put("1", "paused")
    assert notice(engine, [campaign("1", state=CampaignState.PAUSED)]) == (0, 0)
    assert kinds(engine) == ["intent", "withdrawn"]


def test_acting_switched_off_in_the_middle_stops_too(engine: Engine) -> None:
    system = MemoryGround(at_once=1)
    for id in "12":
        system.put(id, "running")
    system.after_call = lambda what, id: switch(engine, EntryKind.ACT, False)
    outcomes = enforce(acting(engine), system, [order(campaign(id)) for id in "12"])
    assert [outcome.result for outcome in outcomes] == [Result.PAUSED, Result.STOPPED]


def test_what_people_switched_on_again_is_noted_once_and_paused_as_a_new_episode(
    engine: Engine, system: MemoryGround
) -> None:
    acting(engine)
    for episode in (1, 2):
        enforce(engine, system, [order(campaign("1"))])
        system.put("1", "running")
        assert notice(engine, [campaign("1")]) == (0, 1)
        assert notice(engine, [campaign("1")]) == (0, 0)
        assert written(engine)[-1].facts["episode"] == episode
    assert kinds(engine) == ["intent", "paused", "undone"] * 2
    assert told(engine, Stage.PAUSED) == [ONE, ONE]


def test_undone_is_noted_for_every_rule_that_had_paused_it(engine: Engine, system: MemoryGround) -> None:
    acting(engine)
    enforce(engine, system, [order(campaign("1"))])
    system.put("1", "running")
    enforce(engine, system, [order(campaign("1"), rule="another-2020")])
    system.put("1", "running")
    assert notice(engine, [campaign("1")]) == (0, 2)
    assert {entry.enforcement for entry in written(engine, EntryKind.UNDONE)} == {RULE, "another-2020"}


@pytest.mark.parametrize("state", [CampaignState.PAUSED, CampaignState.DONE])
def test_an_open_intent_that_is_listed_as_still_is_completed_without_an_order(
    engine: Engine, system: MemoryGround, state: CampaignState
) -> None:
    acting(engine)
    system.lie()
    enforce(engine, system, [order(campaign("1"))])
    assert notice(engine, [campaign("1")]) == (0, 0)
    assert notice(engine, [campaign("1", state=state)]) == (1, 0)
    assert notice(engine, [campaign("1", state=state)]) == (0, 0)
    assert kinds(engine) == ["intent", "not_paused", "paused"]


def test_what_others_paused_is_not_ours(engine: Engine) -> None:
    assert notice(engine, [campaign("1", state=CampaignState.PAUSED)]) == (0, 0)


def test_an_unknown_state_undoes_nothing(engine: Engine, system: MemoryGround) -> None:
    enforce(acting(engine), system, [order(campaign("1"))])
    assert notice(engine, [campaign("1", state=CampaignState.UNKNOWN)]) == (0, 0)


def test_a_hand_that_was_not_heard_yet_is_noted_and_not_overruled(
    engine: Engine, system: MemoryGround
) -> None:
    acting(engine)
    enforce(engine, system, [order(campaign("1"))])
    system.put("1", "running")  # after the plan was made
    assert enforce(engine, system, [order(campaign("1"))])[0].result is Result.UNDONE
    assert pauses(system) == ["1"]
    assert kinds(engine) == ["intent", "paused", "undone"]
    assert enforce(engine, system, [order(campaign("1"))])[0].result is Result.PAUSED  # the next plan's order


class Hanging(MemoryGround):
    """A system that takes every call and never answers."""

    async def read_state(self, id: str) -> CampaignState:
        self.calls.append(("read", id))
        await asyncio.sleep(60)
        raise AssertionError

    async def pause(self, id: str) -> None:
        await self.read_state(id)

    async def list(self) -> Campaigns:
        await asyncio.sleep(60)
        raise AssertionError


def test_a_system_that_hangs_holds_up_no_other_and_is_soon_left_alone(engine: Engine) -> None:
    hanging, well = Hanging("hanging", seconds=0.05), MemoryGround("well")
    ids = [str(number) for number in range(40)]
    for id in ids:
        hanging.put(id, "running")
        well.put(id, "running")
    orders = [order(campaign(id, system)) for id in ids for system in ("hanging", "well")]
    begun = time.monotonic()
    outcomes = enforce(acting(engine), {"hanging": hanging, "well": well}, orders)
    assert time.monotonic() - begun < 10  # 40 times three timeouts, four at once, would take longer
    results = {
        system: {o.result for o in outcomes if o.order.campaign.system == system}
        for system in ("hanging", "well")
    }
    assert results == {"hanging": {Result.NOT_PAUSED}, "well": {Result.PAUSED}}
    assert len(hanging.calls) < 12
    assert len(told(engine, Stage.NOT_PAUSED)) == 40


def test_no_more_calls_at_once_than_the_system_allows(engine: Engine) -> None:
    class Counting(MemoryGround):
        now = most = 0

        async def pause(self, id: str) -> None:
            self.now += 1
            self.most = max(self.most, self.now)
            await asyncio.sleep(0.01)
            await super().pause(id)
            self.now -= 1

    system = Counting(at_once=3)
    for id in range(10):
        system.put(str(id), "running")
    enforce(acting(engine), system, [order(campaign(str(id))) for id in range(10)])
    assert system.most == 3


def test_a_system_without_a_connector_is_owed_and_said(engine: Engine) -> None:
    (outcome,) = enforce(acting(engine), {}, [order(campaign("1", "gone"))])
    assert outcome.result is Result.NOT_PAUSED
    assert isinstance(outcome.error, Refused) and "not connected" in outcome.error.what


def test_a_fault_of_a_connector_is_one_outcome_and_tells_no_secret(
    engine: Engine, system: MemoryGround
) -> None:
    system.put("2", "running")

    def fault(what: str, id: str) -> None:
        if id == "1":
            raise KeyError("token=hunter2")

    system.before_call = fault
    first, second = enforce(acting(engine), system, [order(campaign("1")), order(campaign("2"))])
    assert (first.result, second.result) == (Result.NOT_PAUSED, Result.PAUSED)
    assert "KeyError" in str(first.error) and "hunter2" not in str(written(engine))


def test_what_cannot_be_owed_is_not_written_and_the_others_are(engine: Engine, system: MemoryGround) -> None:

    system.put("2", "running")

    def broken(session, decision, stage):  # type: ignore[no-untyped-def]
        if decision.subject == ONE:
            raise LookupError("nobody answers for this account")
        owe_one(session, decision, stage)

    call = carry_out(
        acting(engine),
        {"memory": system},
        [order(campaign("1")), order(campaign("2"))],
        as_of=AS_OF,
        now=lambda: NOW,
        author="enforce",
        owe=broken,
    )
    with pytest.raises(ExceptionGroup, match="1 of 2"):
        asyncio.run(call)
    assert kinds(engine, ONE) == ["intent"]
    assert kinds(engine, "campaign:memory/2") == ["intent", "paused"]
    assert enforce(engine, system, [order(campaign("1"))])[0].result is Result.PAUSED
    assert pauses(system).count("1") == 1


def test_looking_asks_all_at_once_and_keeps_what_came(system: MemoryGround) -> None:
    down = MemoryGround("down")
    down.go_down()
    hanging = Hanging("hanging", seconds=0.01)
    found = asyncio.run(look({"memory": system, "down": down, "hanging": hanging}))
    assert [one.id for one in found["memory"].campaigns] == ["1"]  # type: ignore[union-attr]
    assert isinstance(found["down"], Unreachable) and isinstance(found["hanging"], SendepauseError)
