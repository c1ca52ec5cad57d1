"""A system that fails, lies and lags, and people who switch in between: what holds all the same."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy.orm import Session
from tests.campaigns.contract import run
from tests.campaigns.grounds import MemoryGround
from tests.enforce import scene

from sendepause.enforce import Result, Seen, look
from sendepause.enforce.pausing import OPEN
from sendepause.errors import Refused, SendepauseError, Unclear, Unreachable
from sendepause.model import CampaignState, Decision, EntryKind, Stage
from sendepause.store import database, folds, ledger

IDS = ("1", "2")
STATES = st.sampled_from(["running", "running", "running", "paused", "done", "melting"])
Fault = Callable[[MemoryGround], None]


def _raising(error: SendepauseError, what: str) -> Callable[[str, str], None]:
    def fault(called: str, id: str) -> None:
        if called == what:
            raise error

    return fault


def well(system: MemoryGround) -> None:
    system.before_call = system.after_call = lambda what, id: None
    system.lies, system.lag = False, 0


def lying(system: MemoryGround) -> None:
    system.lies = True


def lagging(system: MemoryGround) -> None:
    system.lag = 2


def lagging_long(system: MemoryGround) -> None:
    system.lag = 4


def down(system: MemoryGround) -> None:
    system.go_down()


def losing_answers(system: MemoryGround) -> None:
    system.lose_answers()


def refusing(system: MemoryGround) -> None:
    system.before_call = _raising(Refused("The right to pause is missing."), "pause")


def unreadable(system: MemoryGround) -> None:
    system.before_call = _raising(Unreachable("Nobody answers."), "read")


def losing_half(system: MemoryGround) -> None:
    system.before_call = _raising(Unclear("Something went wrong."), "pause")


def stubborn(system: MemoryGround) -> None:
    """A person, or a tool, switches on again at once."""
    system.after_call = lambda what, id: system.put(id, "running") if what == "pause" else None


FAULTS: list[Fault] = [
    well, lying, lagging, lagging_long, down, losing_answers, refusing, unreadable, losing_half, stubborn,
]  # fmt: skip


class Hands(RuleBasedStateMachine):
    template: Path
    met: Counter[tuple[str, str]]  # (fault, result), over all examples

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(dir=self.template.parent))
        shutil.copy(self.template, self.folder / "store.db")
        self.engine = database.connect(f"sqlite:///{self.folder}/store.db")
        self.system = MemoryGround(at_once=2)
        self.now = scene.NOW
        self.halted = False

    @initialize()
    def begin(self) -> None:
        scene.acting(self.engine)
        for id in IDS:
            self.system.put(id, "running")

    @rule(on=st.booleans())
    def halt(self, on: bool) -> None:
        scene.switch(self.engine, EntryKind.HALT, on)
        self.halted = on

    @rule(
        fault=st.sampled_from(FAULTS),
        before=st.dictionaries(st.sampled_from(IDS), STATES),
        between=st.dictionaries(st.sampled_from(IDS), STATES, max_size=1),
        minutes=st.sampled_from([10, 70]),
    )
    def enforcing_runs(
        self, fault: Fault, before: dict[str, str], between: dict[str, str], minutes: int
    ) -> None:
        """People switch before the run, and between its look and its calls; the system is as it is."""
        well(self.system)
        self.now += timedelta(minutes=minutes)
        self._people_switch(before)
        seen = run(look({"memory": self.system}))["memory"]
        assert isinstance(seen, Seen)
        scene.notice(self.engine, seen.campaigns)
        orders = [scene.order(one) for one in seen.campaigns if one.state is CampaignState.RUNNING]
        self._people_switch(between)
        fault(self.system)
        calls = self._pauses()
        outcomes = scene.enforce(self.engine, self.system, orders, now=lambda: self.now, owe=self._owe)
        assert len(outcomes) == len(orders)
        assert not self.halted or self._pauses() == calls
        self.met.update((fault.__name__, str(outcome.result)) for outcome in outcomes)

    def _people_switch(self, states: dict[str, str]) -> None:
        for id, state in states.items():
            self.system.put(id, state)

    def _owe(self, session: Session, decision: Decision, stage: Stage) -> None:
        if stage is Stage.PAUSED:
            assert self.system.state(decision.subject.removeprefix("campaign:memory/")) in ("paused", "done")
        scene.owe_one(session, decision, stage)

    def _pauses(self) -> int:
        return sum(what == "pause" for what, _ in self.system.calls)

    @invariant()
    def each_episode_is_written_once(self) -> None:
        entries = scene.written(self.engine)
        once = Counter(
            (entry.kind, entry.subject, entry.facts["episode"])
            for entry in entries
            if entry.kind is not EntryKind.NOT_PAUSED
        )
        assert not once or max(once.values()) == 1
        paused = [entry.subject for entry in entries if entry.kind is EntryKind.PAUSED]
        assert not Counter(scene.told(self.engine, Stage.PAUSED)) - Counter(paused)

    def teardown(self) -> None:
        """Once the system is well and nobody halts, what still runs is paused, and nothing stays owed."""
        self.halt(False)
        running = {id for id in IDS if self.system.state(id) == "running"}
        for _ in range(2):
            self.enforcing_runs(well, {}, {}, 10)
        with database.session(self.engine, write=False) as session:
            records = folds.pauses(ledger.entries(session))
        for id in IDS:
            assert self.system.state(id) == "paused" if id in running else self.system.state(id) != "running"
            record = records.get((scene.RULE, f"campaign:memory/{id}"))
            if id in running:
                assert record is not None and record.status == "paused"
            elif record is not None and record.status in OPEN:
                assert self.system.state(id) == "melting"
        self.each_episode_is_written_once()
        self.engine.dispose()
        shutil.rmtree(self.folder)


@pytest.mark.filterwarnings("ignore::hypothesis.errors.HypothesisWarning")
def test_whatever_the_system_and_the_people_do(tmp_path: Path) -> None:
    Hands.template, Hands.met = tmp_path / "template.db", Counter()
    engine = database.connect(f"sqlite:///{Hands.template}")
    database.migrate(engine)
    engine.dispose()
    run_state_machine_as_test(
        Hands,
        settings=settings(
            max_examples=12,
            stateful_step_count=10,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    met = {result for _, result in Hands.met}
    assert met >= {Result.PAUSED, Result.NOT_PAUSED, Result.STOPPED}, "too tame to show anything"
