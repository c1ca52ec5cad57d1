"""`sendepause preview-thresholds` and what `explain` says of a verdict."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from tests.cli.conftest import Run
from tests.stages.company import OFFERS, Company

from sendepause import stages


@pytest.fixture
def audited(company: Company) -> Company:
    """A machine of three days, read and audited."""
    company.lay_machine(OFFERS, company.clock())
    stages.read(company.installation, company.clock())
    stages.audit(company.installation, company.clock())
    return company


def other(tmp_path: Path, **thresholds: object) -> str:
    file = tmp_path / "other.yaml"
    file.write_text(yaml.safe_dump({"policy": {"thresholds": thresholds}}))
    return str(file)


def test_a_verdict_that_would_change_is_printed_with_its_signal(
    run: Run, audited: Company, tmp_path: Path
) -> None:
    # Whatever else tripped stays, so the pattern alone decides between the two.
    high = {"chain_pace": 1000, "points": 1000, "score": 1, "habits": 3, "clock": 300, "clock_minute": 300}
    now = audited.clock().isoformat()
    said = run("preview-thresholds", other(tmp_path, personal=high), "--as-of", now)
    assert (said.code, said.err) == (0, "")
    (line,) = said.out.splitlines()
    assert line.startswith(f"{OFFERS} Offers: automated -> bulk (")
    assert "chain_pace 60, threshold 30 -> 1000" in line


def test_without_a_change_it_says_so(run: Run, audited: Company, tmp_path: Path) -> None:
    now = audited.clock().isoformat()
    said = run("preview-thresholds", other(tmp_path), "--as-of", now)
    assert said.out == "No verdict would change.\n"


def test_a_policy_that_does_not_check_is_told_with_its_line(
    run: Run, audited: Company, tmp_path: Path
) -> None:
    said = run("preview-thresholds", other(tmp_path, personal={"reach": 3}))
    assert (said.code, said.out) == (2, "")
    assert "other.yaml:4: policy.thresholds.personal.reach is no signal" in said.err


def test_explain_says_since_when_what_it_rests_on_and_what_would_change_it(
    run: Run, audited: Company
) -> None:
    said = run("explain", OFFERS, "--as-of", audited.clock().isoformat()).out
    assert "Finding: automated sending, since Wednesday, 20 November 2019, 09:00." in said
    assert "The figures point to automated sending: 60 different recipients" in said
    assert "Sources: tool, read until Tuesday, 19 November 2019" in said
    assert "Confidence: " in said
    assert "% speaks for a program (180 messages on 3 days)." in said
    assert "What would change the finding: The finding would fall if for 3 days" in said
