"""`make bench`: what the stages cost, as ratios to a bare pass over the same data in the same run.

Prints a line for each measurement, and one JSON object on the last line. Sizes are small enough for a
laptop; ``BENCH_SCALE=10`` makes them ten times as large, and ``BENCH_LARGE=1`` audits 100 million events.
"""

from __future__ import annotations

import json
import os
import resource
from collections.abc import Callable
from typing import Any

from tests.bench_auditing import auditing
from tests.bench_board import board
from tests.bench_delivering import delivering
from tests.bench_enforcing import against_mapped_tasks, enforcing
from tests.bench_reading import reading
from tests.bench_receiving import receiving

SCALE = float(os.environ.get("BENCH_SCALE", "1"))


def main() -> None:
    """Run everything and print the figures."""
    figures: dict[str, Any] = {"scale": SCALE, "cores": os.cpu_count()}
    measures: dict[str, Callable[[], dict[str, Any]]] = {
        "reading": lambda: reading(SCALE),
        "auditing": lambda: auditing(SCALE),
        "enforcing": lambda: enforcing(SCALE),
        "enforcing_as_mapped_tasks": lambda: against_mapped_tasks(SCALE),
        "receiving": lambda: receiving(SCALE),
        "delivering": lambda: delivering(SCALE),
        "board": lambda: board(SCALE),
    }
    for name, measure in measures.items():
        figures[name] = measure()
        print(name, figures[name], flush=True)  # noqa: T201
    figures["peak_mib"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    print(json.dumps(figures))  # noqa: T201


if __name__ == "__main__":
    main()
