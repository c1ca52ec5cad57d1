"""Lines take turns: each in its order, none waiting for another, at the pace of the gates."""

import threading
import time
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from tests.alerts.conftest import START, Clock

from sendepause.alerts.turns import Pace, Turns

SECOND = timedelta(seconds=1)


@dataclass
class Job:
    name: str
    gate: str = "post"
    not_before: datetime = START


def run(lines, attempt, clock, gates=None, workers=4, minutes=10, stopped=lambda: False):
    turns = Turns(
        {key: deque(jobs) for key, jobs in lines.items()},
        gates or {"post": Pace(10_000, SECOND), "search": Pace(10_000, SECOND)},
        attempt=attempt,
        ready_at=lambda job: job.not_before,
        workers=workers,
        now=clock.now,
        sleep=clock.sleep,
    )
    turns.run(clock.now() + minutes * 60 * SECOND, stopped)


def test_each_line_goes_in_its_order(clock):
    done = []
    lines = {key: [Job(f"{key}{number}") for number in range(20)] for key in "abc"}
    run(lines, lambda job: done.append(job.name) is None, clock)
    for key in "abc":
        assert [name for name in done if name[0] == key] == [f"{key}{number}" for number in range(20)]


def test_a_line_that_hangs_holds_up_no_other():
    class Real:
        now = staticmethod(lambda: datetime.now(UTC))
        sleep = staticmethod(time.sleep)

    others, free = threading.Semaphore(0), threading.Event()

    def attempt(job):
        if job.name == "hangs":
            for _ in range(10):
                assert others.acquire(timeout=10)
            free.set()
        else:
            others.release()
        return True

    lines = {"slow": [Job("hangs")], "quick": [Job(f"quick {number}") for number in range(10)]}
    run(lines, attempt, Real)
    assert free.is_set()


def test_what_is_not_through_is_tried_again_when_it_is_ready(clock):
    tries = []

    def attempt(job):
        tries.append(clock.now())
        job.not_before = clock.now() + 30 * SECOND
        return len(tries) == 3

    run({"a": [Job("a")]}, attempt, clock)
    assert tries == [START, START + 30 * SECOND, START + 60 * SECOND]


def test_a_gate_keeps_its_pace_over_all_lines(clock):
    begun = []
    lines = {str(number): [Job("x"), Job("y")] for number in range(5)}
    gates = {"post": Pace(10, 10 * SECOND, 2 * SECOND)}
    run(lines, lambda job: begun.append(clock.now()) is None, clock, gates, workers=1)
    assert begun == [START + number * 2 * SECOND for number in range(10)]


def test_a_gate_lets_so_many_through_at_once_and_no_more_within_its_time(clock):
    begun = []
    lines = {str(number): [Job("x")] for number in range(7)}
    gates = {"post": Pace(3, 60 * SECOND)}
    run(lines, lambda job: begun.append(clock.now() - START) is None, clock, gates, workers=1)
    assert begun == [0 * SECOND] * 3 + [60 * SECOND] * 3 + [120 * SECOND]


def test_one_gate_does_not_hold_up_the_other(clock):
    begun = {"post": [], "search": []}

    def attempt(job):
        begun[job.gate].append(clock.now() - START)
        return True

    lines = {f"s{number}": [Job("s", "search")] for number in range(3)}
    lines |= {f"p{number}": [Job("p")] for number in range(3)}
    gates = {"post": Pace(9, SECOND, SECOND), "search": Pace(1, 60 * SECOND)}
    run(lines, attempt, clock, gates, workers=1)
    assert begun["post"] == [0 * SECOND, SECOND, 2 * SECOND]
    assert begun["search"] == [0 * SECOND, 60 * SECOND, 120 * SECOND]


def test_nothing_begins_after_the_deadline(clock):
    done = []
    late = Job("late", not_before=START + 601 * SECOND)
    run({"a": [Job("soon")], "b": [late]}, lambda job: done.append(job.name) is None, clock)
    assert done == ["soon"]


def test_when_stopped_nothing_more_begins_and_what_runs_comes_to_its_end(clock):
    done = []
    lines = {"a": [Job(str(number)) for number in range(5)]}
    run(lines, lambda job: done.append(job.name) is None, clock, stopped=lambda: len(done) >= 2)
    assert done == ["0", "1"]


def test_an_exception_of_an_attempt_is_raised(clock):
    def attempt(job):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run({"a": [Job("a")]}, attempt, clock)


def test_thousands_of_lines_are_no_trouble(clock):
    done = []
    lines = {str(number): [Job("x"), Job("y")] for number in range(3000)}
    run(lines, lambda job: done.append(job) is None, clock, workers=8)
    assert len(done) == 6000
    assert isinstance(clock, Clock)
