"""The drill: one chosen campaign is paused and resumed, to prove the rights before they are needed.

It is a person's own order for one campaign, so it needs no approval and works in a rehearsal too; the halt
stops it as it stops everything. Each step is written down before it is made: a drill that was killed is told
to the operators, and ended by the next one, which resumes what the first one paused and nothing else.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from sendepause import planning, stages
from sendepause.campaigns.base import Checks, Connector
from sendepause.campaigns.line import Line
from sendepause.enforce.runs import NOT_RUNNING, read_back
from sendepause.errors import BadInput, Guarded, Refused, SendepauseError, Unclear
from sendepause.installation import Installation
from sendepause.model import Campaign, CampaignState, EntryKind, campaign_key
from sendepause.store import database, folds, ledger, queries
from sendepause.store.ledger import Entry

log = logging.getLogger(__name__)

LEFT_ALONE = "Nothing was called."
LEFT_OPEN = "The campaign stays paused; the next drill of it resumes it."
STANDING = ("intended", "not_paused", "paused")  # a pause of ours that must not be lifted by a drill


@dataclass(frozen=True, slots=True)
class Rights:
    """What ``check`` says of one system, and whether its token was ever seen to pause."""

    system: str
    ok: bool
    says: str
    can_pause: bool


def report(installation: Installation) -> list[Rights]:
    """Every system with what is wrong with its connection or its rights, by reading only."""
    settings, _ = installation.read_settings()
    connectors = stages.connect_all(settings)
    there = stages.ready(connectors)

    def rights(system: str, told: Checks | SendepauseError) -> Rights:
        if isinstance(told, SendepauseError):
            return Rights(system, False, str(told), False)
        wrong = [f"{one.what} {one.mend}" for one in told if not one.ok]
        says = " ".join(wrong or [one.what for one in told])
        return Rights(system, not wrong, says, there[system].capabilities.pause)

    return [rights(system, told) for system, told in stages.check_all(connectors).items()]


def report_or_raise(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The report for the log; Refused names every system that is not well, so that a run shows red."""
    for one in found:
        log.info("%(system)s: %(says)s", one)
    wrong = [f"{one['system']}: {one['says']}" for one in found if not one["ok"]]
    if wrong:
        raise Refused("\n".join(wrong), "`sendepause check` says the same at any time.")
    return found


def drill(installation: Installation, key: str, author: str) -> dict[str, Any]:
    """Pause one running campaign, read it back, resume it as it ran, read it back.

    :param key: ``campaign:SYSTEM/ID`` or ``SYSTEM/ID``.
    :returns: ``campaign``, ``paused`` and ``resumed`` (bool): False where a real pause came in between.
    :raises BadInput: for an unknown campaign, and one that cannot be resumed without a person.
    :raises Guarded: while the halt is on, or where a real pause of it is owed or stands.
    :raises Refused, Unreachable, Unclear: where the system does not do it; the health of ``drill:SYSTEM``
        keeps what it said, and the operators are told.
    """
    key = campaign_key(key)
    settings, _ = installation.read_settings()
    with database.session(installation.engine, write=False) as session:
        campaigns = {one.key: one for one in queries.campaigns(session)}
    campaign = campaigns.get(key)
    if campaign is None:
        raise BadInput(
            f"There is no campaign {key!r}.", "Name it as `sendepause plan` does.", means=LEFT_ALONE
        )
    connector = stages.connect_all(settings)[campaign.system]
    if isinstance(connector, SendepauseError):
        raise connector
    _check_suitable(connector, campaign)
    return asyncio.run(_Drill(installation, campaign, Line(campaign.system, connector), author).run())


def _check_suitable(connector: Connector, campaign: Campaign) -> None:
    can = connector.capabilities
    if not (campaign.pausable and can.pause and can.resume and can.reversible_without_a_person):
        raise BadInput(
            f"{campaign.key} cannot be paused and resumed without a person, so it is not fit for a drill.",
            "Choose a campaign of a system that can do both.",
            means=LEFT_ALONE,
        )


@dataclass(frozen=True, slots=True)
class _Drill:
    installation: Installation
    campaign: Campaign
    line: Line
    author: str

    async def run(self) -> dict[str, Any]:
        """What the system does not do is kept as its health; what is refused here is not."""
        try:
            resumed = await self._steps()
        except (BadInput, Guarded):
            raise
        except SendepauseError as error:
            self._keep_health(error)
            raise
        self._keep_health(None)
        return {"campaign": self.campaign.key, "paused": True, "resumed": resumed}

    async def _steps(self) -> bool:
        """The steps in order; whether it was resumed at the end, or a real pause took its place."""
        begun, error = self._begun(), None
        if begun is None:
            self._unless_stopped()
            await self._check_running()
            error = await self._pause()
        else:  # an earlier drill was killed on its way: only its end is owed
            self._check_ours(begun)
        resumed = await self._resume()
        self._write("done", paused=error is None, resumed=resumed)
        if error is not None:
            raise error
        return resumed

    def _begun(self) -> Entry | None:
        """How a drill of this campaign was begun that has not ended."""
        with database.session(self.installation.engine, write=False) as session:
            own = ledger.entries(session, kinds=[EntryKind.DRILL], subject=self.campaign.key)
        return own[-1] if own and own[-1].facts.get("step") == "pausing" else None

    def _unless_stopped(self, means: str | None = None) -> None:
        """Guarded where nothing may be called."""
        with database.session(self.installation.engine, write=False) as session:
            halted = folds.switches(ledger.entries(session, kinds=[EntryKind.HALT])).halted
        if halted:
            raise Guarded("The halt is on.", "Lift it first: `sendepause halt off`.", means=means)
        if self._really_paused():
            raise Guarded(
                f"A pause of {self.campaign.key} is owed or stands.", "Choose another campaign.", means=means
            )

    def _really_paused(self) -> bool:
        with database.session(self.installation.engine, write=False) as session:
            records = folds.pauses(ledger.entries(session, kinds=folds.PAUSES)).values()
        return any(r.campaign == self.campaign.key and r.status in STANDING for r in records)

    def _check_ours(self, begun: Entry) -> None:
        """What a person changed since is theirs, and so is the pause of a rule: then the drill is over."""
        taken = planning.touched(self.campaign, begun.at) or self._really_paused()
        if taken:
            self._write("done", resumed=False)
            self._keep_health(None)
            raise Guarded(
                f"{self.campaign.key} was paused or changed by others since a drill of it was killed.",
                "Nothing to do: it stays as it is, and the drill is over.",
            )

    async def _check_running(self) -> None:
        state = await self.line.read(self.campaign.id)
        if state is not CampaignState.RUNNING:
            raise BadInput(
                f"{self.campaign.key} is {state}, and a drill needs one that runs.",
                "Choose another campaign, or switch this one on first.",
                means=LEFT_ALONE,
            )

    async def _pause(self) -> SendepauseError | None:
        """Ask, and read back; the error where it does not rest."""
        error: SendepauseError | None = None
        try:
            await self.line.pause(self.campaign.id, self._begin)
        except Guarded:
            raise
        except SendepauseError as refused:
            error = refused
        state, unread = await read_back(self.line, self.campaign.id, NOT_RUNNING, patient=error is None)
        if state in NOT_RUNNING:
            return None
        return error or unread or self._unmoved("paused", state)

    def _begin(self) -> None:
        """The last thing before the call. If this worker is killed, the operators are told."""
        self._unless_stopped()
        self._write("pausing", version=self.campaign.version)
        self._keep_health(self._unended())

    async def _resume(self) -> bool:
        """Let it run as before, unless a real pause came in between; raises where it does not run."""
        if await self.line.read(self.campaign.id) is CampaignState.RUNNING:
            return True
        begun, error = self._begun(), None
        version = begun.facts.get("version") if begun else None
        try:
            await self.line.resume(self.campaign.id, version, partial(self._unless_stopped, LEFT_OPEN))
        except Guarded:
            if self._really_paused():
                return False
            raise
        except SendepauseError as refused:
            error = refused
        running = (CampaignState.RUNNING,)
        state, unread = await read_back(self.line, self.campaign.id, running, patient=error is None)
        if state is not CampaignState.RUNNING:
            raise error or unread or self._unmoved("resumed", state)
        return True

    def _unended(self) -> Unclear:
        return Unclear(
            f"A drill of {self.campaign.key} was begun and has not ended.",
            "A drill of the same campaign ends it, and resumes it if it is still paused.",
        )

    def _unmoved(self, asked: str, state: CampaignState) -> Refused:
        return Refused(
            f"In a drill the campaign system {self.campaign.system} was to have {asked} the campaign, "
            f"and it is {state}.",
            "Look into the system, and set the campaign by hand as it should be.",
        )

    def _keep_health(self, error: SendepauseError | None) -> None:
        with database.session(self.installation.engine) as session:
            subject = f"drill:{self.campaign.system}"
            told = str(error) if error else ""
            queries.set_health(session, subject, error is None, self.installation.now(), told)

    def _write(self, step: str, **facts: Any) -> None:
        now = self.installation.now()
        told: Mapping[str, Any] = {name: value for name, value in facts.items() if value is not None}
        with database.session(self.installation.engine) as session:
            ledger.append(
                session,
                at=now,
                as_of=now,
                author=self.author,
                kind=EntryKind.DRILL,
                subject=self.campaign.key,
                facts={"step": step, **told},
            )
