"""Systems that fail, lie and lag, and people who switch in between: what holds all the same."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy.orm import Session
from tests import stores
from tests.enforce import scene
from tests.enforce.unruly import FAULTS, Fault, Unruly, well

from sendepause.enforce import Order, Outcome, Result, Seen, look
from sendepause.enforce.pausing import OPEN
from sendepause.model import Campaign, CampaignState, Decision, EntryKind, Reason, Stage
from sendepause.store import database

SYSTEMS = ("a", "b", "c")
PLACES = [(system, id) for system in SYSTEMS for id in ("1", "2")]
PLATFORM = "+4930999999"  # there sending by itself is allowed
STILL = ("paused", "done")

place = st.sampled_from(PLACES)
state = st.sampled_from(["running", "running", "running", "paused", "done", "melting"])
faults = st.fixed_dictionaries({system: st.sampled_from(FAULTS) for system in SYSTEMS})
middle = st.one_of(  # what happens in the middle of a run, at one of its calls
    st.none(),
    st.tuples(st.just("halt"), st.just(("", "")), st.just("")),
    st.tuples(st.just("hold"), place, st.just("")),
    st.tuples(st.just("switch"), place, state),
)


class Hands(RuleBasedStateMachine):
    """Three systems with two campaigns each. Every run is followed by all invariants."""

    template: Path
    met: Counter[str]  # results over all examples, to see that they are not too tame

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(dir=self.template.parent))
        shutil.copy(self.template, self.folder / "store.db")
        self.engine = database.connect(f"sqlite:///{self.folder}/store.db")
        self.systems = {system: Unruly(system) for system in SYSTEMS}
        self.now = scene.NOW
        self.halted = False
        self.held: set[tuple[str, str]] = set()
        for system in self.systems.values():
            system.at_call = partial(self._called, system)
        self.forbidden: list[str] = []  # an exception in a call would count as the system's trouble
        self.in_the_middle: Callable[[], None] | None = None
        self.countdown = 0

    @initialize()
    def begin(self) -> None:
        scene.acting(self.engine)
        for system, id in PLACES:
            self.systems[system].put(id, "running")
            self.systems[system].runs[id], self.systems[system].versions[id] = 1, "v0"

    # What people do.

    @rule(on=st.sampled_from([False, False, True]))
    def halt(self, on: bool) -> None:
        scene.switch(self.engine, EntryKind.HALT, on)
        self.halted = on

    @rule(where=place, state=state)
    def somebody_switches(self, where: tuple[str, str], state: str) -> None:
        system, id = where
        account = self.systems[system].rows.get(id, ("", scene.campaign(id).account))[1]
        self.systems[system].put(id, state, account)
        self.systems[system].runs[id] = 2 if state == "running" else 0

    @rule()
    def somebody_switches_everything_on(self) -> None:
        for where in PLACES:
            self.somebody_switches(where, "running")

    @rule(where=place)
    def somebody_deletes(self, where: tuple[str, str]) -> None:
        self.systems[where[0]].rows.pop(where[1], None)

    @rule(where=place, account=st.sampled_from([PLATFORM, scene.campaign("1").account, None]))
    def somebody_moves_it_to_another_number(self, where: tuple[str, str], account: str | None) -> None:
        system, id = where
        if id in self.systems[system].rows:
            self.systems[system].rows[id] = (self.systems[system].state(id), account)

    @rule(where=place, version=st.sampled_from(["v1", "v2"]))
    def somebody_publishes(self, where: tuple[str, str], version: str) -> None:
        self.systems[where[0]].versions[where[1]] = version

    def somebody_holds(self, where: tuple[str, str]) -> None:
        """Both campaigns of its system."""
        for system, id in PLACES:
            if system == where[0]:
                scene.grant_hold(self.engine, scene.ask_hold(self.engine, f"campaign:{system}/{id}"))
                self.held.add((system, id))

    # What we do.

    @rule(
        faults=faults,
        happens=middle,
        at_call=st.integers(1, 9),
        minutes=st.sampled_from([10, 70]),
        in_force=st.booleans(),
        hurried=st.sampled_from([False] * 7 + [True]),
        the_way_back=st.booleans(),
    )
    def enforcing_runs(
        self,
        faults: dict[str, Fault],
        happens: tuple[str, tuple[str, str], str] | None,
        at_call: int,
        minutes: int,
        in_force: bool,
        hurried: bool,
        the_way_back: bool,
    ) -> None:
        """Look, note, decide; then systems fall ill, and people do something in the middle of the calls."""
        self._all_well()
        self.now += timedelta(minutes=minutes)
        if the_way_back:
            self._all_that_we_paused_moves_to_the_platform()
        orders = self._decide(in_force)
        for system, fault in faults.items():
            fault(self.systems[system])
        self._expect(happens, at_call)
        outcomes = scene.enforce(
            self.engine,
            self.systems,
            orders,
            now=lambda: self.now,
            owe=self._owe,
            decided_at=scene.newest(self.engine),
            seconds=0 if hurried else None,
            again_after=(0,),
        )
        self.in_the_middle = None
        self.met.update(str(outcome.result) for outcome in outcomes)
        assert [outcome.order for outcome in outcomes] == orders
        assert not hurried or {outcome.result for outcome in outcomes} <= {Result.LEFT}
        if not (happens or hurried or self.halted):
            self._the_well_ones_were_done(outcomes, faults)

    @rule(faults=faults, happens=middle, at_call=st.integers(1, 8), minutes=st.sampled_from([10, 70]))
    def watching_runs(
        self,
        faults: dict[str, Fault],
        happens: tuple[str, tuple[str, str], str] | None,
        at_call: int,
        minutes: int,
    ) -> None:
        self._all_well()
        self.now += timedelta(minutes=minutes)
        for system, fault in faults.items():
            fault(self.systems[system])
        standing = {r.campaign for r in scene.records(self.engine).values() if r.status == "paused"}
        silent = [one for one in map(self._campaign, PLACES) if one.key in standing]
        self._expect(happens, at_call)
        scene.keep_watch(self.engine, self.systems, silent, self.now)
        self.in_the_middle = None

    def _all_that_we_paused_moves_to_the_platform(self) -> None:
        """So a resume is decided and approved."""
        for system, id in PLACES:
            record = scene.records(self.engine).get((scene.RULE, f"campaign:{system}/{id}"))
            if record is not None and record.status == "paused":
                self.somebody_moves_it_to_another_number((system, id), PLATFORM)

    def _decide(self, in_force: bool) -> list[Order]:
        """A pause of what runs on a consumer's number; a resume of ours where the rule fell away."""
        seen = [one for one in asyncio.run(look(self.systems)).values() if isinstance(one, Seen)]
        campaigns = [campaign for one in seen for campaign in one.campaigns]
        assert len(seen) == len(SYSTEMS)
        scene.notice(self.engine, campaigns)
        records = scene.records(self.engine)
        reasons = (Reason.DATE_PASSED,) if in_force else ()
        orders = []
        for one in campaigns:
            record = records.get((scene.RULE, one.key))
            if (one.system, one.id) in self.held:
                continue
            if one.account != PLATFORM and one.state is CampaignState.RUNNING:
                orders.append(scene.order(one, *reasons))
            elif (
                one.account == PLATFORM
                and one.state is CampaignState.PAUSED  # the table resumes nothing else
                and record is not None
                and record.status == "paused"
            ):
                orders.append(scene.resuming(one))
        return orders

    def _campaign(self, where: tuple[str, str]) -> Campaign:
        return scene.campaign(where[1], where[0])

    def _all_well(self) -> None:
        for system in self.systems.values():
            system.well()

    def _expect(self, happens: tuple[str, tuple[str, str], str] | None, at_call: int) -> None:
        self.countdown = at_call
        match happens:
            case ("halt", _, _):
                self.in_the_middle = partial(self.halt, True)
            case ("hold", where, _):
                self.in_the_middle = partial(self.somebody_holds, where)
            case ("switch", where, state):
                self.in_the_middle = partial(self.somebody_switches, where, state)

    # What is looked at in each call.

    def _called(self, system: Unruly, what: str, id: str) -> None:
        self.countdown -= 1
        if self.in_the_middle is not None and self.countdown <= 0 and what in ("read", "under_way"):
            happens, self.in_the_middle = self.in_the_middle, None
            happens()
        key = f"campaign:{system.system.id}/{id}"
        if what in ("pause", "resume", "stop_running") and self.halted:
            self.forbidden.append(f"{what} {key} in spite of the halt")
        if what in ("pause", "resume") and (system.system.id, id) in self.held:
            self.forbidden.append(f"{what} {key} in spite of a hold")
        if what == "resume":
            record = scene.records(self.engine)[scene.RULE, key]
            if record.status != "paused" or not record.resuming:
                self.forbidden.append(f"{what} {key} without a pause of ours")

    def _owe(self, session: Session, decision: Decision, stage: Stage) -> None:
        system, id = decision.subject.removeprefix("campaign:").split("/")
        shown = self.systems[system].shown[id]
        if stage is Stage.PAUSED:
            assert shown in (CampaignState.PAUSED, CampaignState.DONE), "told as paused without being seen so"
        if stage is Stage.RESUMED:
            assert shown in (CampaignState.RUNNING, CampaignState.DONE)
        scene.owe_one(session, decision, stage)

    def _the_well_ones_were_done(self, outcomes: list[Outcome], faults: dict[str, Fault]) -> None:
        owed = {
            one.order.campaign.system
            for one in outcomes
            if one.result not in (Result.PAUSED, Result.RESUMED, Result.UNDONE)
        }
        ill = {system for system, fault in faults.items() if fault is not well}
        assert owed <= ill, "the trouble of one system held up another"

    # What holds after every step.

    @invariant()
    def no_call_was_made_that_was_forbidden(self) -> None:
        assert self.forbidden == []

    @invariant()
    def the_chain_is_whole_and_each_episode_is_written_once(self) -> None:
        repeated = (EntryKind.NOT_PAUSED, EntryKind.NOT_RESUMED, EntryKind.DRAINED)
        once = Counter(
            (entry.kind, entry.subject, entry.facts["episode"])
            for entry in scene.written(self.engine)
            if "episode" in entry.facts and entry.kind not in repeated
        )
        assert not once or max(once.values()) == 1

    @invariant()
    def what_was_written_is_told_once(self) -> None:
        for kind, stage in ((EntryKind.PAUSED, Stage.PAUSED), (EntryKind.RESUMED, Stage.RESUMED)):
            # What was noticed and not done in a run is told by the stage that noticed it.
            entries = (entry for entry in scene.written(self.engine, kind) if entry.author == "enforce")
            written = Counter(entry.subject for entry in entries)
            told = Counter(scene.told(self.engine, stage))
            assert told == written if stage is Stage.RESUMED else not told - written

    @invariant()
    def what_was_shown_running_again_counts_as_paused_no_longer(self) -> None:
        for record in scene.records(self.engine).values():
            system, id = record.campaign.removeprefix("campaign:").split("/")
            if record.status == "paused" and not record.resuming:
                assert self.systems[system].shown[id] is not CampaignState.RUNNING

    @invariant()
    def a_resume_restores_the_version_that_was_paused(self) -> None:
        for name, system in self.systems.items():
            noted = [
                (entry.subject.removeprefix(f"campaign:{name}/"), entry.facts.get("version"))
                for entry in scene.written(self.engine, EntryKind.INTENT)
                if entry.subject.startswith(f"campaign:{name}/")
            ]
            assert set(system.resumed) <= set(noted)

    def teardown(self) -> None:
        """Once the systems are well and nobody halts, what runs and must not is paused; nothing is owed."""
        self.halt(False)
        for _ in range(3):
            self.enforcing_runs(dict.fromkeys(SYSTEMS, well), None, 0, 70, False, False, False)
        self.watching_runs(dict.fromkeys(SYSTEMS, well), None, 0, 70)
        for where in PLACES:
            self._came_to_its_end(where)
        self.engine.dispose()
        shutil.rmtree(self.folder)

    def _came_to_its_end(self, where: tuple[str, str]) -> None:
        system, id = where
        found, account = self.systems[system].rows.get(id, ("gone", None))
        record = scene.records(self.engine).get((scene.RULE, f"campaign:{system}/{id}"))
        if where in self.held:
            return
        if account == PLATFORM:
            assert record is None or record.status != "paused" or found not in ("paused", "running")
            return
        assert found != "running"
        if record is not None and record.status == "paused" and found == "paused":
            assert self.systems[system].runs[id] == 0 and record.left == 0
        if record is not None and record.status in OPEN:
            assert found in ("melting", "gone")


@pytest.mark.filterwarnings("ignore::hypothesis.errors.HypothesisWarning")
def test_whatever_the_systems_and_the_people_do(tmp_path: Path) -> None:
    Hands.template, Hands.met = tmp_path / "template.db", Counter()
    engine = database.connect(f"sqlite:///{Hands.template}")
    stores.migrate(engine)
    engine.dispose()
    run_state_machine_as_test(
        Hands,
        settings=settings(
            max_examples=30,
            stateful_step_count=12,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert set(Hands.met) >= {"paused", "not_paused"}, "too tame to show anything"
