"""The generated pages of ``docs/``: the decision table, made from the table itself, and what an owner reads,
made by the decisions and texts that a run uses.

`make docs` writes them; a test fails while what is written differs from what the code says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sendepause import configuration, words
from sendepause.alerts import addressing, texts
from sendepause.audit.signals import BY_NAME
from sendepause.model import (
    Act,
    Audience,
    Campaign,
    CampaignState,
    Finding,
    Hold,
    Kind,
    Language,
    Level,
    NoData,
    Phase,
    Reason,
    Signal,
    Silence,
    Stage,
    Tell,
    Verdict,
)
from sendepause.places import ROOT
from sendepause.planning import World, make_plan
from sendepause.policy import (
    AccountCase,
    CampaignCase,
    HoldCase,
    Outcome,
    decide_account,
    decide_campaign,
)
from sendepause.settings import Settings

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


def pages() -> dict[str, str]:
    """The generated pages by file name, Markdown."""
    return {"decisions.md": decisions(), "messages.md": messages()}


def decisions() -> str:
    """The decision table."""
    return _HEAD + "\n".join(_sections()) + "\n"


def messages() -> str:
    """What one owner reads from the first notice to the pause, and after switching on again."""
    settings = configuration.load(ROOT / "include" / "config")
    return _MESSAGES_HEAD + "\n".join(line for each in Language for line in _story(settings, each))


def main() -> None:
    """Write the pages."""
    for name, page in pages().items():
        (FOLDER / name).write_text(page, "utf-8")


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

Was eine Zuständige oder ein Zuständiger in Slack liest, von der Ankündigung bis zur Pause und nach dem
Wiedereinschalten. Erst auf Deutsch, [dann auf Englisch](#in-english).

What an owner reads in Slack, from the notice to the pause, and after switching on again. In German first,
[then in English](#in-english).

Generated by `make docs` from the decisions and texts that a run uses, for an invented campaign of the
example company under the shipped configuration; a test fails while the two differ. The terms are in
[words.md](words.md).
"""

_NUMBER = "+492214710102"
_BERLIN = ZoneInfo("Europe/Berlin")


@dataclass(frozen=True, slots=True)
class _Step:
    """One moment of the story: what is true then, and the one message that must follow from it."""

    at: datetime
    stage: Stage
    story: words.Both
    told: bool = True
    undone: bool = False
    held: bool = False


def _at(day: int, hour: int, minute: int, month: int = 12) -> datetime:
    return datetime(2019, month, day, hour, minute, tzinfo=_BERLIN)


_NOTICE = _at(7, 0, 10, month=11)
_STORY: tuple[_Step, ...] = (
    _Step(
        _NOTICE,
        Stage.WARNED,
        words.Both("30 Tage vorher: die Ankündigung", "30 days before: the notice"),
        told=False,
    ),
    _Step(
        _at(2, 0, 10),
        Stage.PAUSED,
        words.Both("5 Tage vorher: Die Kampagne läuft noch", "5 days before: the campaign is still running"),
    ),
    _Step(
        _at(3, 8, 20),
        Stage.UNDONE,
        words.Both("Jemand schaltet sie wieder ein", "Somebody switches it on again"),
        undone=True,
    ),
    _Step(
        _at(6, 0, 10),
        Stage.PAUSED,
        words.Both("24 Stunden vorher: Sie läuft immer noch", "24 hours before: it is still running"),
        undone=True,
    ),
    _Step(
        _at(9, 10, 10),
        Stage.PAUSED,
        words.Both(
            "Nach dem Stichtag schaltet sie jemand wieder ein: Der nächste Lauf pausiert sie sofort",
            "After the deadline somebody switches it on again: the next run pauses it at once",
        ),
        undone=True,
    ),
    _Step(
        _at(20, 14, 30, month=11),
        Stage.HOLD_GRANTED,
        words.Both(
            "Stattdessen: Nach der Ankündigung wird ein Aufschub genehmigt",
            "Instead: after the notice, a hold is granted",
        ),
        held=True,
    ),
    _Step(
        _at(2, 0, 10),
        Stage.HOLD_ENDS,
        words.Both("5 Tage vorher: Der Aufschub endet bald", "5 days before: the hold ends soon"),
        held=True,
    ),
    _Step(
        _at(5, 0, 10),
        Stage.PAUSED,
        words.Both("2 Tage vorher: Der Aufschub ist zu Ende", "2 days before: the hold is over"),
        held=True,
    ),
)


def _story(settings: Settings, language: Language) -> Iterator[str]:
    yield f"\n## {words.Both('Auf Deutsch', 'In English').in_(language)}\n"
    for number, step in enumerate(_STORY, start=1):
        when = words.moment(step.at, _BERLIN.key, language)
        yield f"### {number}. {step.story.in_(language)}\n\n{when}\n"
        yield from _quoted(_message(settings, step, language))


def _message(settings: Settings, step: _Step, language: Language) -> texts.Message:
    """What a run of that moment tells the owner.

    :raises ValueError: where it tells something else, or nothing: then the story is no longer true.
    """
    world = _world(settings, step)
    (decision,) = (each for each in make_plan(world).decisions if each.subject.startswith("campaign:"))
    stages = [tell.stage for tell in decision.tells if tell.audience is Audience.OWNER]
    if decision.act is Act.PAUSE:
        stages.append(Stage.PAUSED)  # the pause that follows at once
    if step.stage not in stages:
        raise ValueError(f"At {step.at} an owner is told {stages}, not {step.stage}.")
    fact = addressing.fact_of(settings, decision, step.stage, Audience.OWNER, world.findings)
    (message,) = texts.compose(
        step.stage, Audience.OWNER, language, _BERLIN.key, [{**fact.facts, "subject": fact.subject}], step.at
    )
    return message


def _world(settings: Settings, step: _Step) -> World:
    (rule,) = (each for each in settings.enforcement_list() if each.id == "whatsapp-2019")
    campaign = Campaign(
        system="crm",
        id="k-bremsen",
        name="Bremsenaktion Köln",
        account=_NUMBER,
        state=CampaignState.RUNNING,
        changed_by="t.lenzen",
        changed_at=step.at.replace(minute=0) if step.undone else _at(14, 9, 0, month=10),
    )
    key = (rule.id, campaign.key)
    asked = _at(20, 14, 0, month=11)
    hold = Hold(7, campaign.key, "t.lenzen", "Umzug", asked, _at(6, 12, 0), approver="betrieb")
    return World(
        as_of=step.at,
        accounts=(settings.account_map[_NUMBER],),
        enforcements=(rule,),
        campaigns=(campaign,),
        findings={_NUMBER: _finding(step.at)},
        holds=(hold,) if step.held else (),
        undone=frozenset({key} if step.undone else ()),
        told_at={key: _NOTICE} if step.told else {},
    )


def _finding(as_of: datetime) -> Finding:
    rules = ((BY_NAME["chain_pace"], 62.0), (BY_NAME["reach_hour"], 88.0))
    signals = tuple(
        Signal(rule.name, value, rule.held.limit, rule.held.unit, rule.source[Language.EN], tripped=True)
        for rule, value in rules
    )
    return Finding(_NUMBER, as_of, 28, Verdict.AUTOMATED, signals, messages=1240, days=12)


def _quoted(message: texts.Message) -> Iterator[str]:
    """A message as Markdown: Slack's one star for bold is two there."""
    for line in message.text.replace("*", "**").splitlines():
        yield f"> {line}  "
    yield ""


if __name__ == "__main__":
    main()
