"""The command line in this process, on a small real installation; and in a child where that matters."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.stages.company import Company
from tests.stages.conftest import clock, company, quick

from sendepause import cli

__all__ = ["clock", "company", "quick"]

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Said:
    """What a command answered."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Standard output, which is one JSON object a line and nothing else."""
        return [json.loads(line) for line in self.out.splitlines()]


Run = Callable[..., Said]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """``run("plan", "--as-of", …)``: the command line's entry point, in this process."""
    # Else it would let Airflow look for connections in a database that there is not.
    monkeypatch.setenv("_AIRFLOW_PROCESS_CONTEXT", "client")
    monkeypatch.setenv("SENDEPAUSE_AUTHOR", "anna")

    def run(*arguments: str) -> Said:
        capsys.readouterr()
        try:
            cli.main(arguments)
            code: Any = 0
        except SystemExit as ended:
            code = ended.code
        printed = capsys.readouterr()
        return Said(int(code or 0), printed.out, printed.err)

    return run


def child(*arguments: str, code: str = "", folder: Path = ROOT, **environment: str) -> Said:
    """``python -m sendepause ARGUMENTS`` (or ``-c CODE``) in a process and a world of its own."""
    bare = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AIRFLOW", "_AIRFLOW", "SENDEPAUSE", "PYTEST"))
    }
    command = ["-c", code] if code else ["-m", "sendepause"]
    done = subprocess.run(
        [sys.executable, *command, *arguments],
        env={**bare, "PYTHONPATH": str(ROOT / "include"), **environment},
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        timeout=120,
    )
    return Said(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def today(company: Company) -> Company:
    """The company as it is now, years after the date; the command line has the real clock."""
    company.at(datetime.now(UTC))
    company.enforce()
    return company
