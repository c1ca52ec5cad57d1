"""A company played through the calendar, on a store of its own, by the code that a run uses.

The caller says what people and campaign tools do, and when. All else follows: data are read and judged,
campaigns listed, decided about and paused, alerts gathered and sent, answers taken. Slack takes everything.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from sendepause import answering, campaigns, countdown, people, silence, stages
from sendepause.alerts import addressing, answerable, gathering, previews, slack, threads
from sendepause.alerts.answers import ACTIONS, FORM, Field
from sendepause.alerts.previews import Said
from sendepause.alerts.slack import WebClient
from sendepause.campaigns.base import Access, Connector
from sendepause.configuration import BadConfiguration
from sendepause.example import campaigns as crm
from sendepause.example import inbox
from sendepause.example.company import Part
from sendepause.example.traffic import Message, Way
from sendepause.installation import Installation
from sendepause.keys import Pseudonymiser
from sendepause.model import Account, Answer, Audience
from sendepause.settings import Settings
from sendepause.sources.ingest import ingest
from sendepause.store import database
from sendepause.systems import look_at_systems

OPERATORS = "Betriebsteam"  # who acts for them

_PSEUDONYMS = Pseudonymiser(b"an invented key, under which nothing real is kept")
_SETTLED = 3600  # s: a file that was written just now may still be growing, and would not be read
_ACTIONS = {answer: action for action, answer in ACTIONS.items()}
_DAYS_AGO = 40  # the campaign's last change before the play


class Line(NamedTuple):
    """A message between the company and a customer, and the way in which it becomes known."""

    account: Account
    part: Part
    way: Way
    message: Message


@dataclass(frozen=True)
class _Installation(Installation):
    """One whose configuration is handed in."""

    settings: Settings | None = None

    def read_settings(self) -> tuple[Settings, BadConfiguration | None]:
        if self.settings is None:
            return super().read_settings()
        return self.settings, None


class _Slack(WebClient):
    """Takes every message, and gives it a name."""

    def __init__(self) -> None:
        super().__init__()
        self.names = count(1)

    def chat_postMessage(self, **told: Any) -> dict[str, Any]:  # type: ignore[override]
        return {"ok": True, "ts": f"{next(self.names)}.000000", "message": {"thread_ts": told["thread_ts"]}}

    def chat_update(self, **told: Any) -> dict[str, Any]:  # type: ignore[override]
        return {"ok": True}


class Play:
    """The company and its clock. ``campaign``: which of the example's is running; None: none is known."""

    def __init__(self, folder: Path, settings: Settings, begin: datetime, campaign: str | None) -> None:
        self.now, self.settings, self.folder, self.campaign = begin, settings, folder, campaign
        engine = database.connect(f"sqlite:///{folder}/store.db")
        database.migrate(engine)
        self.installation = _Installation(engine, folder, str(folder), self._clock, settings)
        self.crm = folder / "crm.sqlite"
        jobs = [replace(job, days_ago=_DAYS_AGO) for job in crm.JOBS if job.id == campaign]
        crm.create(self.crm, begin, jobs)
        for source in settings.sources:
            (folder / (source.location or "")).mkdir(parents=True, exist_ok=True)
        self._slack = _Slack()
        self._before: dict[str, int] = {}  # the messages that are known already, with their version
        people.switch_acting(self.installation, True, OPERATORS)

    # What people do

    def configure(self, settings: Settings) -> None:
        """Somebody changes the configuration."""
        self.settings = settings
        self.installation = replace(self.installation, settings=settings)

    def set_campaign(self, status: str, by: str) -> None:
        """A person changes the campaign in its tool."""
        at = self.now.replace(tzinfo=None).isoformat(" ", "microseconds")
        with closing(sqlite3.connect(self.crm)) as connection, connection:
            connection.execute(
                "UPDATE campaigns SET status = ?, changed_by = ?, changed_at = ?", (status, by, at)
            )

    def press(self, said: Said, answer: Answer, user: str) -> None:
        """Somebody presses a button below a message."""
        with database.session(self.installation.engine, write=False) as session:
            asked = answerable.find(session, said.delivery)
        if asked is not None:
            place = {"type": "message", "channel_id": asked.channel, "message_ts": asked.ts}
            action = {"action_id": _ACTIONS[answer], "value": said.delivery}
            told = {"type": "block_actions", "trigger_id": "1.2.3", "channel": {"id": asked.channel}}
            answering.take(
                self.installation, {**told, "user": {"id": user}, "container": place, "actions": [action]}
            )

    def fill(self, said: Said, until: date, reason: str, user: str) -> None:
        """Somebody asks for a hold by the form of a message, for the first campaign that it names."""
        with database.session(self.installation.engine, write=False) as session:
            asked = answerable.find(session, said.delivery)
        if asked is not None:
            values = {
                Field.CAMPAIGN: {"selected_option": {"value": str(asked.named[0].alert)}},
                Field.UNTIL: {"selected_date": until.isoformat()},
                Field.REASON: {"value": reason},
            }
            state = {"values": {str(field): {str(field): value} for field, value in values.items()}}
            view = {"callback_id": FORM, "id": "V0PLAY", "private_metadata": said.delivery, "state": state}
            answering.take(self.installation, {"type": "view_submission", "user": {"id": user}, "view": view})

    def approve(self, key: str) -> None:
        """One of the operators approves what waits."""
        people.approve(self.installation, key, OPERATORS)

    # What a run does

    def read(self, lines: Sequence[Line]) -> None:
        """The files of all sources hold these messages, and are read and judged."""
        self._lay([line for line in lines if line.message.at < self.now])
        ingest(
            self.installation.engine,
            self.installation.events,
            self.settings,
            _PSEUDONYMS,
            as_of=self.now,
            now=self._clock,
            data=self.folder,
        )
        stages.beat(self.installation, "read", self.now, {})
        stages.audit(self.installation, self.now)

    def run(self, *, reachable: bool = True) -> None:
        """Look, decide, act, look again, listen, decide, and tell. ``reachable``: the tool answers."""
        access = Access(kind="sqlite", host=str(self.crm if reachable else self.folder / "gone.sqlite"))
        connectors: dict[str, Connector] = {
            system.id: campaigns.connect(system, access) for system in self.settings.campaign_systems
        }
        look_at_systems(self.installation, self.settings, connectors, self.now)
        shown = stages.decide(self.installation, self.settings, self.now)
        if reachable:  # trying again what does not answer would take minutes, and say the same
            acted = stages.act(self.installation, self.settings, connectors, shown, self.now)
            if acted:
                look_at_systems(self.installation, self.settings, connectors, self.now)
            if acted or self._listen():
                stages.decide(self.installation, self.settings, self.now)
        self._tell()

    def said(self) -> list[Said]:
        """The messages that were sent, or show something else, since this was asked last."""
        with database.session(self.installation.engine, write=False) as session:
            found = previews.said(session)
        new = [one for one in found if self._before.get(one.delivery) != one.version]
        self._before = {one.delivery: one.version for one in found}
        return new

    def _clock(self) -> datetime:
        return self.now

    def _sleep(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def _listen(self) -> bool:
        """Whether anything was listened to."""
        heard = silence.listen_all(
            self.installation.engine,
            self.installation.events,
            self.settings,
            _PSEUDONYMS,
            as_of=self.now,
            now=self._clock,
            author=stages.AUTHOR,
        )
        return bool(heard)

    def _tell(self) -> None:
        begun = self.now
        with database.session(self.installation.engine) as session:
            desk = addressing.desk(self.settings, answers=True)
            gathering.gather(session, desk, self.now)
            threads.refresh(session, self.settings, self.now, answers=True)
        slack.deliver(
            self.installation.engine,
            self._slack,
            now=self._clock,
            sleep=self._sleep,
            operators=addressing.operators(self.settings, Audience.OPERATORS),
        )
        self.now = begun

    def _lay(self, lines: Sequence[Line]) -> None:
        folder = self.folder / "example" / "inbox"
        told = {way: [(one.account, one.message) for one in lines if one.way is way] for way in Way}
        phones = {one.account.number: one for one in lines if one.way is Way.PHONE}
        for number, line in phones.items():
            own = [message for account, message in told[Way.PHONE] if account.number == number]
            if line.part.phone:
                inbox.chat_exports(folder / "exports", line.account, line.part.phone, own)
        inbox.tool_lists(folder / "campaign-tool", told[Way.TOOL])
        inbox.webhooks(folder / "webhooks", told[Way.WEBHOOK])
        stamp = self.now.timestamp() - _SETTLED
        for file in folder.rglob("*.*"):
            os.utime(file, (stamp, stamp))


@contextmanager
def play(settings: Settings, begin: datetime, campaign: str | None) -> Iterator[Play]:
    """A play in a folder that vanishes with its end; ``begin`` is aware."""
    with TemporaryDirectory() as folder:
        played = Play(Path(folder), settings, countdown.in_utc(begin), campaign)
        try:
            yield played
        finally:
            played.installation.engine.dispose()
