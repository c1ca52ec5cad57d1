"""The generated parts of ``docs/``: the decision table as Markdown, made from the table itself.

`make docs` writes them; a test fails while what is written differs from what the code says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from sendepause import words
from sendepause.model import CampaignState, Kind, Language, NoData, Phase, Reason, Tell, Verdict
from sendepause.places import ROOT
from sendepause.policy import AccountCase, CampaignCase, HoldCase, Outcome, decide_account, decide_campaign

Facts = dict[str, object]
Decide = Callable[[Phase, bool, Facts], Outcome]

PAGE = ROOT / "docs" / "decisions.md"

_ROWS: tuple[tuple[str, Phase, bool], ...] = (
    ("announced", Phase.ANNOUNCED, False),
    ("warning", Phase.WARNING, False),
    ("pausing, more than 24 h left", Phase.PAUSING, False),
    ("pausing, 24 h or less", Phase.PAUSING, True),
    ("in force", Phase.IN_FORCE, False),
)
_CAMPAIGN_COLUMNS: dict[str, Facts] = {
    "not told yet": {},
    "told on an earlier day": {"told": True},
    "hold in force": {"hold": HoldCase.IN_FORCE},
    "a person switched it on again": {"undone": True},
    "system unreachable": {"reachable": False},
    "state unknown": {"state": CampaignState.UNKNOWN},
}
_ACCOUNT_COLUMNS: dict[str, Facts] = {
    "`bulk` or `automated`, no known campaign": {"verdict": Verdict.AUTOMATED},
    "the same, a known campaign explains it": {"verdict": Verdict.AUTOMATED, "campaign_known": True},
    "`no_data`: source absent or ill": {"verdict": Verdict.NO_DATA, "no_data": NoData.NO_SOURCE},
    "`no_data`: silent or too few": {"verdict": Verdict.NO_DATA, "no_data": NoData.SILENT},
    "`watch`": {"verdict": Verdict.WATCH},
    "kind contradicted, else `clear`": {"verdict": Verdict.CLEAR, "contradicted": True},
}

_HEAD = """\
# The decision table

Generated from `include/sendepause/policy.py` by `make docs`; a test fails while the two differ. A cell says
what is done, why, and which alerts are owed to whom.

"""


def page() -> str:
    """The whole page, Markdown."""
    return _HEAD + "\n".join(_sections()) + "\n"


def main() -> None:
    """Write the page."""
    Path(PAGE).write_text(page(), "utf-8")


def _sections() -> Iterator[str]:
    yield "## A running campaign on a personal account\n"
    yield from _table(_CAMPAIGN_COLUMNS, _campaign(Kind.PERSONAL))
    yield "\n## A running campaign on a Business app account, pausing not switched on for that kind\n"
    yield from _table(_CAMPAIGN_COLUMNS, _campaign(Kind.BUSINESS_APP))
    yield "\n## An account's behaviour\n"
    yield from _table(_ACCOUNT_COLUMNS, _account)
    yield "\n## The Business Platform\n"
    yield "Automated sending is allowed there by its own rules; only contradictions of kind are told."
    yield "\n## Reasons\n"
    yield "| reason | in words |\n| --- | --- |"
    for reason in sorted(Reason):
        yield f"| `{reason}` | {words.sentence(reason, Language.EN)} |"


def _campaign(kind: Kind) -> Decide:
    def decide(phase: Phase, last_hours: bool, facts: Facts) -> Outcome:
        values = {"kind": kind, "state": CampaignState.RUNNING, **facts}
        return decide_campaign(CampaignCase(phase=phase, last_hours=last_hours, **values))  # type: ignore[arg-type]

    return decide


def _account(phase: Phase, last_hours: bool, facts: Facts) -> Outcome:
    values = {"kind": Kind.PERSONAL, **facts}
    return decide_account(AccountCase(phase=phase, last_hours=last_hours, **values))  # type: ignore[arg-type]


def _table(columns: dict[str, Facts], decide: Decide) -> Iterator[str]:
    yield f"| phase | {' | '.join(columns)} |"
    yield f"| --- |{' --- |' * len(columns)}"
    for name, phase, last_hours in _ROWS:
        cells = [_cell(decide(phase, last_hours, facts)) for facts in columns.values()]
        yield f"| {name} | {' | '.join(cells)} |"


def _cell(outcome: Outcome) -> str:
    reasons = ", ".join(f"`{reason}`" for reason in outcome.reasons)
    told = "; ".join(_told(outcome.tells))
    return f"**{outcome.act}** ({reasons})" + (f"<br>told: {told}" if told else "")


def _told(tells: tuple[Tell, ...]) -> Iterator[str]:
    for stage in dict.fromkeys(tell.stage for tell in tells):
        audiences = " and ".join(tell.audience for tell in tells if tell.stage is stage)
        yield f"{stage} to {audiences}"


if __name__ == "__main__":
    main()
