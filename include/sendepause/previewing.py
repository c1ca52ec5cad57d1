"""What would be said now, to whom, and what would wait: found out without writing or sending anything.

The plan of the moment owes what it owes, as if acting were on, into a copy of the outbox in memory; the code
that gathers messages gathers them there, and again at later moments until nothing waits any more.
"""

from __future__ import annotations

import html
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from sendepause import countdown, deciding, guard, words
from sendepause.alerts import addressing, gathering, outbox, previews, threads
from sendepause.alerts.facts import Fact, Key, Recipient
from sendepause.alerts.gathering import Desk, Group
from sendepause.alerts.previews import Said
from sendepause.deciding import Shown
from sendepause.errors import BadInput
from sendepause.installation import (
    SLACK_CONNECTION,
    Installation,
    answers_possible,
    find_access,
    required_actions,
)
from sendepause.model import Decision, Form, Language, Stage
from sendepause.settings import Settings
from sendepause.store import database, folds, ledger, queries
from sendepause.store.database import Session

OPERATORS = "operators"  # in place of an owner's id

_SETTLED = ("sent", "refused")
_FIRST = frozenset({Form.NOTICE, Form.CONTINUED, Form.ROOT})
_DAYS = 14  # that a message is looked for at most: no quiet time is longer


class Wait(StrEnum):
    """Why a message does not leave now."""

    ACTING_OFF = "acting_off"  # a rehearsal tells owners nothing
    NO_SLACK = "no_slack"
    PAUSE = "pause"  # it tells of a pause that comes first
    QUIET = "quiet"  # its readers are left in peace
    TOLD = "told"  # a message of its kind was said today


@dataclass(frozen=True, slots=True)
class Ways:
    """What can be done over Slack. ``link``: where in Airflow open questions are answered."""

    connected: bool = True
    answers: bool = False
    link: str | None = None


@dataclass(frozen=True, slots=True)
class Preview:
    """A message before it is sent. ``at``: when it leaves, as far as nothing changes until then.

    ``view``: the form that is meant, as ``views.open`` takes it. ``picture``: what the picture at its end
    shows, in words.
    """

    said: Said
    at: datetime
    waits: tuple[Wait, ...] = ()
    view: Mapping[str, Any] | None = None
    picture: str | None = None

    def json(self) -> dict[str, Any]:
        """As ``sendepause preview --json`` prints it; ``blocks`` are what Slack's Block Kit Builder takes."""
        said = self.said
        return {
            "channel": said.channel,
            "owner": said.owner,
            "audience": str(said.audience),
            "language": str(said.language),
            "stage": str(said.stage or ""),
            "form": str(said.form),
            "at": self.at.isoformat(),
            "waits": [str(wait) for wait in self.waits],
            "text": said.text,
            "blocks": said.blocks,
            **({"view": self.view} if self.view else {}),
            **({"picture": self.picture} if self.picture else {}),
        }

    def lines(self) -> Iterator[str]:
        """As ``sendepause preview`` prints it for people."""
        said = self.said
        what = "form" if self.view else ", ".join(filter(None, [said.stage, said.form]))
        when = words.moment(self.at, said.time_zone, Language.EN)
        yield f"== {said.channel} ({said.owner or OPERATORS}): {what}"
        why = "; ".join(_WHY[wait] for wait in self.waits)
        yield f"== {when} ({said.time_zone}){f'; waits: {why}' if why else ''}"
        yield from html.unescape(said.text).splitlines()
        for block in said.blocks:
            if block.get("type") == "input":
                yield f"{block['label']['text']} {block.get('hint', {}).get('text', '')}".strip()
            if block.get("type") == "actions":
                yield " ".join(f"[ {element['text']['text']} ]" for element in block["elements"])
        if self.picture:
            yield f"( {self.picture} )"
        yield ""


_WHY = {
    Wait.ACTING_OFF: "acting is off, so owners are told nothing",
    Wait.NO_SLACK: f"there is no Slack connection {SLACK_CONNECTION}",
    Wait.PAUSE: "the campaign is paused first",
    Wait.QUIET: "quiet time",
    Wait.TOLD: "a message of its kind was said today",
}


@dataclass(frozen=True, slots=True)
class _Owed:
    """What is true. ``withheld`` is told only while acting is on, ``after``: once a pause was made."""

    facts: list[Fact]
    withheld: frozenset[Key]
    after: frozenset[Key]


def ways() -> Ways:
    """How it is with Airflow's connections."""
    return Ways(find_access(SLACK_CONNECTION) is not None, answers_possible(), required_actions())


def check_owner(settings: Settings, owner: str | None) -> None:
    """:raises BadInput: where there is no such owner."""
    if owner not in (None, OPERATORS, *settings.owner_map()):
        raise BadInput(f"There is no owner {owner!r}.", f"`owners.yaml` names them; or take {OPERATORS!r}.")


def now(
    installation: Installation, settings: Settings, ways: Ways, as_of: datetime, owner: str | None = None
) -> list[Preview]:
    """The messages that would be said at ``as_of``, what leaves first at first; those of one owner, if given.

    :raises BadInput: where there is no such owner.
    """
    check_owner(settings, owner)
    as_of = countdown.in_utc(as_of)
    shown = deciding.show(installation, settings, as_of)
    desk = addressing.desk(settings, answers=ways.answers, link=ways.link)
    with database.session(installation.engine, write=False) as session, previews.in_memory() as copy:
        owed = _owed(session, settings, shown, as_of)
        previews.copy_outbox(session, copy, as_of)
        queries.save_plan(copy, shown.items, hash="", as_of=as_of, shown_at=as_of, accepted=True)
        known = {one.delivery: one.version for one in previews.said(copy) if one.state in _SETTLED}
        outbox.owe_all(copy, _addressed(settings, owed.facts, owner), as_of)
        outbox.settle(copy, {fact.key for fact in owed.facts}, as_of)
        found = [*_gathered(copy, settings, desk, known, as_of)]
    found = [(at, said) for at, said in found if _reads(owner, [said.owner])]
    waits = [(*_held(said, owed, ways), *_waits(said, desk, as_of, at)) for at, said in found]
    return sorted(_previews(found, waits), key=_place)


def _previews(found: Sequence[tuple[datetime, Said]], waits: Sequence[tuple[Wait, ...]]) -> Iterator[Preview]:
    """The messages; one that begins a thread waits for what all the others in it wait for."""
    threads = defaultdict[tuple[str, str], list[tuple[Wait, ...]]](list)
    for (_, said), why in zip(found, waits, strict=True):
        if said.form is not Form.ROOT:
            threads[said.channel, said.enforcement].append(why)
    for (at, said), why in zip(found, waits, strict=True):
        others = threads[said.channel, said.enforcement]
        if said.form is Form.ROOT and not said.version and others:
            why = tuple(wait for wait in Wait if all(wait in other for other in others))
        yield Preview(said, at, why)


def _addressed(
    settings: Settings, facts: Iterable[Fact], owner: str | None
) -> Iterator[tuple[Fact, list[Recipient]]]:
    for fact in facts:
        readers = [one for one in addressing.recipients(settings, fact) if _reads(owner, [one.owner_id])]
        if readers:
            yield fact, readers


def _owed(session: Session, settings: Settings, shown: Shown, as_of: datetime) -> _Owed:
    """What is true now, what would be true if acting were on, and what the pauses of now would owe."""
    switches = folds.switches(ledger.entries(session, kinds=folds.SWITCHES))
    told = (session, settings, shown.plan, shown.passages, as_of)
    facts = addressing.owed(*told)
    here = {fact.key for fact in facts}
    acting = facts if switches.acting else addressing.owed(*told, switches=replace(switches, acting=True))
    withheld = [fact for fact in acting if fact.key not in here]
    pauses = (
        fact
        for decision in _pauses(shown, switches)
        for fact in addressing.of_outcome(session, settings, decision, Stage.PAUSED, as_of)
    )
    after = [fact for fact in pauses if fact.key not in here]
    return _Owed(
        [*facts, *withheld, *after],
        frozenset(fact.key for fact in (*withheld, *(() if switches.acting else after))),
        frozenset(fact.key for fact in after),
    )


def _pauses(shown: Shown, switches: folds.Switches) -> list[Decision]:
    """What would be paused now. Switching acting on approves the plan that is shown at that moment."""
    if switches.halted:
        return []
    pauses = guard.pauses(shown.plan)
    if not switches.acting:
        return pauses
    due = {(one.enforcement, one.subject) for one in guard.proceeding(shown.plan, shown.passages)}
    return [one for one in pauses if (one.enforcement, one.subject) in due]


def _gathered(
    copy: Session, settings: Settings, desk: Desk, known: dict[str, int], as_of: datetime
) -> Iterator[tuple[datetime, Said]]:
    """Every message with the moment at which it leaves: what is due now, then what waits."""
    for at in (as_of, *_moments(settings, desk, as_of)):
        gathering.gather(copy, desk, at)
        threads.refresh(copy, settings, at, answers=desk.answers)
        for one in previews.said(copy):
            new = known.get(one.delivery) != one.version
            known[one.delivery] = one.version
            # what is changed or reminded of later has its own preview then
            if new and (at == as_of or (one.form in _FIRST and not one.version)):
                yield at, one
        if not previews.untold(copy):
            return


def _moments(settings: Settings, desk: Desk, as_of: datetime) -> list[datetime]:
    """When something that waits may leave: quiet times end, days begin, the last hours begin."""
    zones = {settings.operators.time_zone, *(owner.time_zone for owner in desk.owners.values())}
    moments = {as_of + gathering.TOGETHER}
    moments |= {begins - timedelta(hours=countdown.LAST_HOURS) for begins in desk.begins.values()}
    for zone in map(ZoneInfo, zones):
        today = as_of.astimezone(zone).date()
        for days in range(_DAYS + 1):
            for clock in (time(0), desk.quiet_until):
                moments.add(datetime.combine(today + timedelta(days=days), clock, zone))
    return sorted(at for at in map(countdown.in_utc, moments) if as_of < at <= as_of + timedelta(days=_DAYS))


def _held(said: Said, owed: _Owed, ways: Ways) -> Iterator[Wait]:
    """What keeps a message back however late it is."""
    keys = {(*name, said.stage) for name in said.names}
    if keys & owed.withheld:
        yield Wait.ACTING_OFF
    if not ways.connected:
        yield Wait.NO_SLACK
    if keys & owed.after:
        yield Wait.PAUSE


def _waits(said: Said, desk: Desk, as_of: datetime, at: datetime) -> Iterator[Wait]:
    """Why a message leaves at ``at`` and not now."""
    if at == as_of or said.stage is None:
        return
    reader = Group(
        channel=said.channel,
        enforcement=said.enforcement,
        stage=said.stage,
        language=said.language,
        audience=said.audience,
        owner=said.owner or "",
        time_zone=said.time_zone,
        backup_channel="",
    )
    yield Wait.QUIET if gathering.leaves_in_peace(desk, reader, as_of) else Wait.TOLD


def _place(preview: Preview) -> tuple[Any, ...]:
    """What leaves first at first; in one channel what begins a thread, then in the order of the stages."""
    said = preview.said
    stage = list(Stage).index(said.stage) if said.stage else -1
    return preview.at, said.channel, said.enforcement, said.form is not Form.ROOT, stage, said.delivery


def _reads(owner: str | None, readers: Iterable[str | None]) -> bool:
    return owner is None or any(owner == (reader or OPERATORS) for reader in readers)
