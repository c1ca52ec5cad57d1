"""Many orders over several systems: who waits for whom, who is left alone, what is kept."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Engine
from tests.enforce.scene import (
    NOW,
    acting,
    ask_hold,
    campaign,
    enforce,
    grant_hold,
    keep_watch,
    kinds,
    newest,
    order,
    records,
    resuming,
    switch,
    told,
    written,
)
from tests.enforce.unruly import Unruly

from sendepause.campaigns.line import DOWN_AFTER, SHORT, Line
from sendepause.enforce import Order, Result, Watched, watch
from sendepause.errors import Refused, Unclear, Unreachable
from sendepause.model import CampaignState, Decision, EntryKind, Phase, Reason, Stage

IDS = [str(number) for number in range(1, 9)]


def system(name: str, ids: list[str] = IDS, *, at_once: int = 1, seconds: float = 5) -> Unruly:
    """A system whose campaigns all run."""
    made = Unruly(name, at_once=at_once, seconds=seconds)
    for id in ids:
        made.put(id, "running")
        made.runs[id] = 1
    return made


def orders(*systems: Unruly) -> list[Order]:
    """A pause of everything, the systems by turns."""
    return [order(campaign(id, one.system.id)) for id in IDS for one in systems if id in one.rows]


def calls(system: Unruly, *whats: str) -> list[str]:
    return [id for what, id in system.calls if what in whats]


class Hanging(Unruly):
    """Answers nothing until ``free`` lets it."""

    free: Callable[[], bool]

    async def read_state(self, id: str) -> CampaignState:
        while not self.free():
            await asyncio.sleep(0)
        return await super().read_state(id)


def test_a_system_that_hangs_holds_up_no_other(engine: Engine) -> None:
    """It answers once the other one has done everything: if that waited, nothing would ever end."""
    hanging, well = Hanging("hanging", at_once=1), system("well")
    hanging.put("1", "running")
    hanging.free = lambda: all(well.state(id) == "paused" for id in IDS)
    found = enforce(acting(engine), {"hanging": hanging, "well": well}, orders(hanging, well))
    assert {one.result for one in found} == {Result.PAUSED}


def test_a_system_that_is_down_is_left_alone_and_the_others_are_done(engine: Engine) -> None:
    down, well = system("down"), system("well")
    down.go_down()
    found = enforce(acting(engine), {"down": down, "well": well}, orders(down, well))
    assert [one.result for one in found] == [Result.NOT_PAUSED, Result.PAUSED] * len(IDS)
    assert len(down.calls) == DOWN_AFTER


def test_a_long_wait_that_a_system_asks_for_leaves_it_alone_and_keeps_what_was_done(engine: Engine) -> None:
    busy = system("busy")

    until_then: list[int] = []

    def from_the_third_on(what: str, id: str) -> None:
        if what == "pause" and len(calls(busy, "pause")) > 2:
            until_then.append(len(busy.calls))
            raise Unreachable("429", retry_after=10 * SHORT)

    busy.before_call = from_the_third_on
    found = enforce(acting(engine), busy, orders(busy), again_after=(0, 0))
    assert [one.result for one in found] == [Result.PAUSED] * 2 + [Result.NOT_PAUSED] * 6
    assert calls(busy, "pause") == ["1", "2", "3"]
    assert until_then == [len(busy.calls)]  # nothing at all is called after that answer
    assert len(told(engine, Stage.PAUSED)) == 2


def test_a_short_wait_is_waited_for(engine: Engine) -> None:
    busy = system("busy")
    refused: list[str] = []

    def once_each(what: str, id: str) -> None:
        if what == "read" and id not in refused:
            refused.append(id)
            raise Unreachable("429", retry_after=0.002)

    busy.before_call = once_each
    found = enforce(acting(engine), busy, orders(busy))
    assert {one.result for one in found} == {Result.PAUSED}
    assert refused == IDS  # more in a row than a system that is down would be asked


def test_halt_is_read_after_a_wait_that_a_system_asks_for(engine: Engine) -> None:
    busy = system("busy", ["1"])
    acting(engine)

    def wait_and_halt(what: str, id: str) -> None:
        switch(engine, EntryKind.HALT, True)
        raise Unreachable("429", retry_after=0.002)

    busy.before_call = wait_and_halt
    assert enforce(engine, busy, orders(busy))[0].result is Result.STOPPED
    assert calls(busy, "pause") == []


def test_a_line_is_busy_for_as_long_as_the_longest_wait_that_it_was_told() -> None:
    ground = Unruly("busy")
    line = Line("busy", ground)

    async def calls_at_once() -> float:
        waits = iter((300.0, 100.0))

        async def told(id: str) -> CampaignState:
            wait = next(waits)
            await asyncio.sleep(0)  # both calls are under way before the first is answered
            raise Unreachable("429", retry_after=wait)

        ground.read_state = told  # type: ignore[method-assign]
        await asyncio.gather(line.read("1"), line.read("2"), return_exceptions=True)
        with pytest.raises(Unreachable, match="left alone") as caught:
            await line.read("3")
        return caught.value.retry_after or 0

    assert 200 < asyncio.run(calls_at_once()) <= 300
    assert line.unanswered == 0  # whoever says when to come again is up


def _raising(error: Exception) -> Callable[[str, str], None]:
    def raising(what: str, id: str) -> None:
        raise error

    return raising


def test_when_the_time_is_over_the_rest_is_left_and_the_next_run_goes_on(engine: Engine) -> None:
    one = system("one")
    found = enforce(acting(engine), one, orders(one), seconds=0)
    assert [each.result for each in found] == [Result.LEFT] * len(IDS)
    assert one.calls == [] and kinds(engine) == []
    found = enforce(engine, one, orders(one), seconds=60)
    assert {each.result for each in found} == {Result.PAUSED}


def test_time_that_ends_in_the_middle_keeps_what_was_done(engine: Engine) -> None:
    one = system("one")

    def hurry(what: str, id: str) -> None:
        if what == "pause" and len(calls(one, "pause")) == 3:
            loop = asyncio.get_running_loop()
            time = loop.time
            loop.time = lambda: time() + 1000  # type: ignore[method-assign]

    one.after_call = hurry
    found = enforce(acting(engine), one, orders(one), seconds=500)
    assert [each.result for each in found] == [Result.PAUSED] * 3 + [Result.LEFT] * 5
    one.after_call = lambda what, id: None
    assert {each.result for each in enforce(engine, one, orders(one))} == {Result.PAUSED}
    assert calls(one, "pause") == IDS


def test_no_wait_for_another_try_goes_beyond_the_runs_time(engine: Engine) -> None:
    one = system("one", ["1"])
    one.go_down()
    (outcome,) = enforce(acting(engine), one, orders(one), seconds=30, again_after=(60,))
    assert outcome.result is Result.NOT_PAUSED and isinstance(outcome.error, Unreachable)


def test_what_is_in_force_goes_first(engine: Engine) -> None:
    one = system("one")
    given = orders(one)
    late = [order(campaign("7", "one"), Reason.DATE_PASSED), order(campaign("8", "one"), Reason.DATE_PASSED)]
    in_force = [Order(_in_force(each), each.campaign) for each in late]
    found = enforce(acting(engine), one, [*given[:6], *in_force])
    assert calls(one, "pause") == ["7", "8", *IDS[:6]]
    assert [each.order.campaign.id for each in found] == IDS  # the answer is in the order of the orders


def _in_force(late: Order) -> Decision:
    return replace(late.decision, phase=Phase.IN_FORCE)


@pytest.mark.parametrize(
    ("error", "tries"), [(Unreachable("Nobody answers."), 3), (Unclear("?"), 3), (Refused("No."), 1)]
)
def test_only_what_may_pass_by_itself_is_tried_again(engine: Engine, error: Exception, tries: int) -> None:
    one = system("one", ["1"])
    one.before_call = lambda what, id: _raising(error)(what, id) if what == "pause" else None
    (outcome,) = enforce(acting(engine), one, orders(one), again_after=(0, 0))
    assert outcome.result is Result.NOT_PAUSED and outcome.error is error
    assert calls(one, "pause") == ["1"] * tries


def test_what_passed_meanwhile_is_done_in_the_same_run(engine: Engine) -> None:
    one = system("one")

    def first_three(what: str, id: str) -> None:
        if what == "pause" and len(calls(one, "pause")) <= 3:
            raise Unreachable("Nobody answers.")

    one.before_call = first_three
    found = enforce(acting(engine), one, orders(one), again_after=(0,))
    assert {each.result for each in found} == {Result.PAUSED}
    assert sorted(told(engine, Stage.PAUSED)) == sorted(each.order.campaign.key for each in found)


def test_campaigns_that_are_never_answered_for_do_not_hold_up_the_same_others_for_ever(
    engine: Engine,
) -> None:
    one = system("one")
    one.before_call = lambda what, id: _raising(Unreachable("500"))(what, id) if id in "123" else None
    acting(engine)
    for minutes in range(0, 200, 10):
        now = NOW + timedelta(minutes=minutes)
        found = enforce(engine, one, orders(one), now=lambda now=now: now)  # type: ignore[misc]
    assert [each.result for each in found] == [Result.NOT_PAUSED] * 3 + [Result.PAUSED] * 5


def test_a_hold_granted_after_the_decision_stops_its_order_alone(engine: Engine) -> None:
    one = system("one")
    asked = ask_hold(acting(engine), "campaign:one/5")
    decided_at = newest(engine)
    one.after_call = lambda what, id: grant_hold(engine, asked) if (what, id) == ("pause", "2") else None
    found = enforce(engine, one, orders(one), decided_at=decided_at)
    assert [each.order.campaign.id for each in found if each.result is Result.STOPPED] == ["5"]
    assert calls(one, "pause") == [id for id in IDS if id != "5"]


def test_a_hold_that_the_decision_knew_is_the_decisions_own_affair(engine: Engine) -> None:
    one = system("one", ["1"])
    grant_hold(acting(engine), ask_hold(engine, "campaign:one/1"))
    (outcome,) = enforce(engine, one, orders(one), decided_at=newest(engine))
    assert outcome.result is Result.PAUSED


def test_halt_after_the_pause_ends_no_running_work(engine: Engine) -> None:
    one = system("one", ["1"])
    acting(engine)
    one.after_call = lambda what, id: switch(engine, EntryKind.HALT, True)
    (outcome,) = enforce(engine, one, orders(one))
    assert outcome.result is Result.PAUSED and calls(one, "stop_running") == []
    assert [record.left for record in records(engine).values()] == [1]


def test_a_watch_ends_running_work_only_while_acting_is_on_and_writes_that_it_ended(engine: Engine) -> None:
    one = system("one", ["1"])
    enforce(acting(engine), one, orders(one))
    silent = [campaign("1", "one")]
    one.runs["1"] = 2
    switch(engine, EntryKind.HALT, True)
    keep_watch(engine, {"one": one}, silent)
    assert one.runs["1"] == 2 and [record.left for record in records(engine).values()] == [2]
    switch(engine, EntryKind.HALT, False)
    keep_watch(engine, {"one": one}, silent)
    assert one.runs["1"] == 0 and [record.left for record in records(engine).values()] == [0]
    entries = len(written(engine, EntryKind.DRAINED))
    keep_watch(engine, {"one": one}, silent)
    assert len(written(engine, EntryKind.DRAINED)) == entries


def test_a_watch_that_nobody_lets_act_only_looks(engine: Engine) -> None:
    one = system("one", ["1"])
    enforce(acting(engine), one, orders(one))
    one.runs["1"] = 2
    (seen,) = asyncio.run(watch({"one": one}, [campaign("1", "one")]))
    assert isinstance(seen, Watched) and seen.under_way["left"] == {"running": 2, "waiting": 0}
    assert one.runs["1"] == 2


def test_a_broadcast_that_was_resumed_and_came_to_its_end_counts_as_resumed(engine: Engine) -> None:
    one = system("one", ["1"])
    enforce(acting(engine), one, orders(one))
    one.lies = True
    assert enforce(engine, one, [resuming(campaign("1", "one"))])[0].result is Result.NOT_RESUMED
    one.put("1", "done")  # the resume took effect after we had looked
    assert enforce(engine, one, [resuming(campaign("1", "one"))])[0].result is Result.RESUMED


def test_what_came_to_its_end_while_paused_has_nothing_left_to_resume(engine: Engine) -> None:
    one = system("one", ["1"])
    enforce(acting(engine), one, orders(one))
    one.put("1", "done")
    assert enforce(engine, one, [resuming(campaign("1", "one"))])[0].result is Result.NOT_RUNNING
    assert kinds(engine) == ["intent", "paused"]


def test_a_resume_brings_back_the_version_noted_at_the_pause(engine: Engine) -> None:
    one = system("one", ["1"])
    one.versions["1"] = "v1"
    enforce(acting(engine), one, [order(each) for each in asyncio.run(one.list())])
    one.versions["1"] = "v2"  # somebody publishes while it is paused
    enforce(engine, one, [resuming(each) for each in asyncio.run(one.list())])
    assert one.resumed == [("1", "v1")]


def test_what_is_written_together_is_written_once_each(engine: Engine) -> None:
    """Two rules pause the same campaigns at once: the entries of both share transactions, and no ``once``."""
    one = system("one", at_once=4)
    both = [order(campaign(id, "one"), rule=rule) for id in IDS for rule in ("this", "that")]
    enforce(acting(engine), one, both)
    for id in IDS:
        assert one.state(id) == "paused"
        entries = written(engine, subject=f"campaign:one/{id}")
        rules = {each.enforcement for each in entries}
        assert rules
        for rule in rules:
            assert [str(each.kind) for each in entries if each.enforcement == rule] == ["intent", "paused"]
