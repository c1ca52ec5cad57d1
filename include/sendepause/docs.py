"""The generated pages of ``docs/``: the decision table, made from the table itself, and what an owner reads,
as it is played in ``story/``.

`make docs` writes them; a test fails while what is written differs from what the code says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sendepause import words
from sendepause.model import (
    CampaignState,
    Kind,
    Language,
    Level,
    NoData,
    Phase,
    Reason,
    Silence,
    Tell,
    Verdict,
)
from sendepause.places import ROOT
from sendepause.policy import (
    AccountCase,
    CampaignCase,
    HoldCase,
    Outcome,
    decide_account,
    decide_campaign,
)
from sendepause.story.pages import story

Facts = dict[str, object]
Decide = Callable[[Phase, bool, Facts], Outcome]

FOLDER = ROOT / "docs"

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
_SESSION_COLUMNS: dict[str, Facts] = {
    "closing not opted in": {},
    "closing opted in": {"may_pause_sessions": True},
    "opted in, and nothing automated is left behind it": {"may_pause_sessions": True, "quiet": True},
    "opted in, but only a person can open it again": {"may_pause_sessions": True, "pausable": False},
}
_HAND_COLUMNS: dict[str, Facts] = {
    "nobody confirmed it": {},
    "confirmed, and fresh data do not show silence": {"confirmed": True},
    "confirmed, and fresh data show silence": {"confirmed": True, "quiet": True},
    "hold in force": {"hold": HoldCase.IN_FORCE},
    "known to run": {"state": CampaignState.RUNNING},
}
_STANDING_CASES: dict[str, Facts] = {
    "too early to say whether there is silence": {},
    "silence confirmed": {"silence": Silence.CONFIRMED},
    "silence open: the data prove nothing": {"silence": Silence.OPEN},
    "silence broken: something sends on": {"silence": Silence.BROKEN},
    "something that had begun is still under way": {"under_way": True},
    "it ran after the date, before it was paused": {"breached": True},
    "its system cannot be reached": {"reachable": False},
    "somebody else paused it": {"paused_by_us": False},
}
_PLATFORM_CASES: dict[str, Facts] = {
    "it runs": {"state": CampaignState.RUNNING, "paused_by_us": False},
    "we paused it, and data prove that the account has moved": {"moved": True},
    "the same, but a person changed it after the pause": {"moved": True, "touched": True},
    "we paused it, and nothing proves the move": {},
    "we resumed it": {"state": CampaignState.RUNNING, "paused_by_us": False, "resumed_by_us": True},
}
_ACCOUNT_COLUMNS: dict[str, Facts] = {
    "`bulk` or `automated`, no known campaign": {"verdict": Verdict.AUTOMATED},
    "the same, a known campaign explains it": {"verdict": Verdict.AUTOMATED, "campaign_known": True},
    "`no_data`: source absent or ill": {"verdict": Verdict.NO_DATA, "no_data": NoData.NO_SOURCE},
    "the same, and it was `bulk` or `automated` before": {
        "verdict": Verdict.NO_DATA,
        "no_data": NoData.SOURCE_ILL,
        "held": Verdict.AUTOMATED,
    },
    "`no_data`: silent or too few": {"verdict": Verdict.NO_DATA, "no_data": NoData.SILENT},
    "`watch`": {"verdict": Verdict.WATCH},
    "kind contradicted, else `clear`": {"verdict": Verdict.CLEAR, "contradicted": True},
}

_CONTRADICTIONS = (
    "Where the data prove another kind of account than the declared one, the stricter of the two counts for",
    "every decision, and `contradiction` is told to owner and operators. Where a campaign's mark and what it",
    "sends through name different accounts, the stricter account counts, the same is told on top of whatever",
    "else is decided (`sender_contradicted`), and its pause waits for approval, unless the default applies.",
    "What has no account at all is never acted on: it is told to the operators as `unknown_automation`.",
)

_HEAD = """\
# The decision table

Generated from `include/sendepause/policy.py` by `make docs`; a test fails while the two differ. A cell says
what is done, why, and which alerts are owed to whom.

"""


def decisions() -> str:
    """The decision table."""
    return _HEAD + "\n".join(_sections()) + "\n"


def messages() -> str:
    """What one owner reads, played through; takes a while."""
    return _MESSAGES_HEAD + "".join(_played(language) for language in Language)


PAGES: dict[str, Callable[[], str]] = {"decisions.md": decisions, "messages.md": messages}
"""The generated pages by file name: what makes each, as Markdown."""


def main() -> None:
    """Write the pages."""
    for name, page in PAGES.items():
        (FOLDER / name).write_text(page(), "utf-8")


def _sections() -> Iterator[str]:
    yield "## A running campaign on a personal account\n"
    yield from _table(_CAMPAIGN_COLUMNS, _campaign(Kind.PERSONAL))
    yield "\n## A running campaign on a Business app account, pausing not switched on for that kind\n"
    yield from _table(_CAMPAIGN_COLUMNS, _campaign(Kind.BUSINESS_APP))
    yield "\n## What stands paused on a personal account, in every phase\n"
    yield "A pause is proved twice: by the campaign's state, and by silence in the account's own messages.\n"
    yield from _cases(_STANDING_CASES, Kind.PERSONAL)
    yield "\n## A gateway's session on a personal account: the last resort\n"
    yield from _table(_SESSION_COLUMNS, _campaign(Kind.PERSONAL, level=Level.SESSION))
    yield "\n## What only people can switch off, on a personal account\n"
    unread = {"pausable": False, "state": CampaignState.UNKNOWN}
    yield from _table(_HAND_COLUMNS, _campaign(Kind.PERSONAL, **unread))
    yield "\n## A campaign on the Business Platform, in every phase\n"
    yield "Automated sending is allowed there by its own rules. Nothing is switched on without a person: a"
    yield "resume waits for approval.\n"
    yield from _cases(_PLATFORM_CASES, Kind.BUSINESS_PLATFORM)
    yield "\n## An account's behaviour\n"
    yield from _table(_ACCOUNT_COLUMNS, _account)
    yield "\n## Contradictions\n"
    yield from _CONTRADICTIONS
    yield "\n## Reasons\n"
    yield "| reason | in words |\n| --- | --- |"
    for reason in sorted(Reason):
        yield f"| `{reason}` | {words.sentence(reason, Language.EN)} |"


def _campaign(kind: Kind, **always: object) -> Decide:
    def decide(phase: Phase, last_hours: bool, facts: Facts) -> Outcome:
        values = {"kind": kind, "state": CampaignState.RUNNING, **always, **facts}
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


def _cases(cases: dict[str, Facts], kind: Kind) -> Iterator[str]:
    """What is decided alike in every phase, one line a case.

    :raises ValueError: where a phase decides otherwise: then it needs a table.
    """
    yield "| what is known | decision |\n| --- | --- |"
    decide = _campaign(kind, state=CampaignState.PAUSED, paused_by_us=True)
    for name, facts in cases.items():
        cells = {_cell(decide(phase, last_hours, facts)) for _, phase, last_hours in _ROWS}
        if len(cells) > 1:
            raise ValueError(f"The phases differ where {name}.")
        yield f"| {name} | {cells.pop()} |"


def _cell(outcome: Outcome) -> str:
    reasons = ", ".join(f"`{reason}`" for reason in outcome.reasons)
    told = "; ".join(_told(outcome.tells))
    return f"**{outcome.act}** ({reasons})" + (f"<br>told: {told}" if told else "")


def _told(tells: tuple[Tell, ...]) -> Iterator[str]:
    for stage in dict.fromkeys(tell.stage for tell in tells):
        audiences = " and ".join(tell.audience for tell in tells if tell.stage is stage)
        yield f"{stage} to {audiences}"


_MESSAGES_HEAD = """\
# What an owner reads

Was eine Zuständige in Slack liest, von der Ankündigung bis zum Stichtag, und was auf den Wegen daneben
geschieht: auf Deutsch unter [Auf Deutsch](#auf-deutsch), dann auf [Englisch](#in-english).

What an owner reads in Slack from the notice to the deadline, and what happens on the ways beside it. In
German first, [then in English](#in-english).

Generated by `make docs`: the example company is played through November and December 2019 under the shipped
configuration, by the code that a run uses, with a campaign table, files of messages and answers of its own;
only Slack is a stand-in. A test fails while page and code differ. At each message stands when it comes, by
its reader's clock. How to see what would be said in your own company: [alerts.md](alerts.md). The terms are
in [words.md](words.md).

![The German thread as the board shows it](thread-de.png)
"""


def _played(language: Language) -> str:
    heading = words.Both("Auf Deutsch", "In English").in_(language)
    return f"\n## {heading}\n\n{story(language)}"


if __name__ == "__main__":
    main()
