"""Fuzzes one reader with atheris, coverage-guided: ``python tests/fuzz/run.py KIND [libFuzzer's options]``.

What it finds is written to ``crash-…`` in the folder in which it runs. ``make fuzz`` takes all kinds in turn.
"""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(include=["sendepause.sources"]):
    from targets import CASES, KINDS, read_or_refuse

    from sendepause.sources import READERS, reader

    for known in READERS:
        reader(known)  # imported when it is first used: now, so that its way is seen


def main() -> None:
    """Begin with the cases, then change them for as long as ``-max_total_time`` says."""
    _, kind, *options = sys.argv
    assert kind in KINDS, f"one of {', '.join(KINDS)}"
    atheris.Setup(
        [sys.argv[0], *options, "-max_len=20000", str(CASES)], lambda data: read_or_refuse(kind, data)
    )
    atheris.Fuzz()


if __name__ == "__main__":
    main()
