"""The operators' summary counts what is proved, and says first that nothing is paused, if so."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from sendepause.alerts import digest
from sendepause.alerts.outbox import Overview
from sendepause.model import Language
from sendepause.store.folds import Switches

AT = datetime(2019, 12, 9, 8, tzinfo=UTC)
ACTING = Switches(acting=True)


def item(subject: str, act: str, *reasons: str, passage: str | None = None) -> dict[str, Any]:
    return {"subject": subject, "act": act, "reasons": list(reasons), "passage": passage}


def said(*shown: dict[str, Any], switches: Switches = ACTING, language: Language = Language.EN) -> list[str]:
    text, blocks = digest.compose(
        language,
        "Europe/Berlin",
        as_of=AT,
        rules=(),
        shown=shown,
        switches=switches,
        findings={},
        ill=(),
        alerts=Overview(0, 0, 0, 0, []),
        head=None,
    )
    assert len(blocks) < 50
    return text.splitlines()


def test_the_second_proofs_are_counted_once_a_campaign_whatever_the_rules() -> None:
    lines = said(
        item("campaign:crm/1", "none", "not_running", "silence_confirmed"),
        item("campaign:crm/1", "none", "not_running", "silence_confirmed"),
        item("campaign:crm/2", "ask", "not_running", "silence_open", "still_under_way"),
        item("campaign:crm/3", "ask", "not_running", "still_sending"),
    )
    assert "Silence after pauses: confirmed 1, open 1, broken 1" in lines
    assert "Campaigns of which something is still under way after the pause: 1" in lines
    assert "Open questions to owners and operators: 2" in lines


def test_what_is_nought_is_not_said() -> None:
    assert not [line for line in said() if "Silence" in line or "under way" in line or "run again" in line]


def test_resumes_that_wait_are_no_pauses_that_wait() -> None:
    lines = said(
        item("campaign:crm/1", "pause", passage="waits_many"),
        item("campaign:crm/2", "pause", passage="announced"),
        item("campaign:crm/3", "resume", passage="waits_resume"),
        item("campaign:crm/4", "resume", passage="approved"),
    )
    assert "Pauses that are still owed: 2" in lines
    assert "Of these, waiting for approval: 1" in lines
    assert "Campaigns that may run again on approval: 1" in lines


@pytest.mark.parametrize(
    ("switches", "expected"),
    [
        (Switches(acting=True, halted=True), "The halt is on: no campaign is paused."),
        (Switches(), "Rehearsal: acting is off, no campaign is paused."),
    ],
)
def test_that_nothing_is_paused_is_said_before_all_counts(switches: Switches, expected: str) -> None:
    lines = said(switches=switches)
    assert lines.index(expected) < lines.index("No pause is owed.")
    assert expected not in said()


def test_german_says_the_same() -> None:
    shown = [item("campaign:crm/1", "ask", "silence_open")]
    german, english = said(*shown, language=Language.DE), said(*shown)
    assert "Stille nach Pausen: bestätigt 0, offen 1, gebrochen 0" in german
    assert len(german) == len(english)
