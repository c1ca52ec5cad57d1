"""The example company: a dealer in vehicle parts, its campaign system and four weeks of its messages.

Written once below ``data/example/``, from a seed: files of the shapes in which real ones arrive, so that
a first start shows every situation that Sendepause knows. All people, numbers and words are invented.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import pendulum

from sendepause import configuration
from sendepause.errors import BadInput
from sendepause.example import campaigns, inbox, traffic
from sendepause.example.campaigns import person_switches_on
from sendepause.example.company import CAST, HOLD, SWITCHED_ON_AGAIN, SWITCHED_ON_BY, Traffic
from sendepause.example.traffic import Message, Way
from sendepause.model import Account
from sendepause.settings import Settings

__all__ = [
    "CAST",
    "HOLD",
    "SWITCHED_ON_AGAIN",
    "SWITCHED_ON_BY",
    "Written",
    "coming_seventh",
    "person_switches_on",
    "write",
]

NEW_BRANCH = "new-branch"  # the entry of calendar.yaml whose date is moved
_DONE = "written.json"  # the last file to be written: where it stands, the example is whole


@dataclass(frozen=True, slots=True)
class Written:
    """Where the example lies and how much it is."""

    config: Path
    database: Path
    files: int
    messages: int


def write(data: Path, config_source: Path, now: datetime, seed: int = 7) -> Written:
    """The example below ``data/example``, as it stands at ``now`` (aware); a whole one is left as it is.

    ``config_source`` is the shipped configuration. Its copy gets the coming 7 December as the new
    branch's date. A first call that was interrupted starts over.

    :raises BadInput: if the configuration does not check, or is not the example's.
    """
    folder = data / "example"
    done = folder / _DONE
    if not done.exists():
        shutil.rmtree(folder, ignore_errors=True)
        settings = _configure(config_source, folder / "config", now)
        campaigns.create(folder / "crm.sqlite", now)
        messages = _fill_inbox(folder / "inbox", settings, now, seed)
        files = _settle(folder / "inbox", now)
        draft = done.with_suffix(".draft")
        draft.write_text(json.dumps({"files": files, "messages": messages, "seed": seed}), "utf-8")
        draft.replace(done)
    counts = json.loads(done.read_text("utf-8"))
    return Written(folder / "config", folder / "crm.sqlite", counts["files"], counts["messages"])


def coming_seventh(now: datetime, zone: str = "Europe/Berlin") -> date:
    """The next 7 December whose first moment in ``zone`` is still to come at ``now``."""
    this_year = pendulum.datetime(pendulum.instance(now).in_timezone(zone).year, 12, 7, tz=zone)
    return (this_year if now < this_year else this_year.add(years=1)).date()


def _configure(source: Path, target: Path, now: datetime) -> Settings:
    shutil.copytree(source, target)
    calendar = target / "calendar.yaml"
    text, changed = re.subn(
        rf"(- id: {NEW_BRANCH}\n(?:.*\n)*?\s+date: )\S+",
        rf"\g<1>{coming_seventh(now)}",
        calendar.read_text("utf-8"),
        count=1,
    )
    if not changed:
        raise BadInput(
            f"The calendar in {source} has no entry {NEW_BRANCH} with a date.",
            "Take the shipped include/config for the example.",
            place="calendar.yaml",
        )
    calendar.write_text(text, "utf-8")
    return configuration.load(target)


def _settle(inbox: Path, now: datetime) -> int:
    """Dates the files an hour back, and counts them: what was written just now may still be growing, and
    no source would read it yet."""
    files = [file for file in inbox.rglob("*") if file.is_file()]
    stamp = (now - timedelta(hours=1)).timestamp()
    for file in files:
        os.utime(file, (stamp, stamp))
    return len(files)


def _fill_inbox(folder: Path, settings: Settings, now: datetime, seed: int) -> int:
    """Writes all traffic and returns the number of its messages."""
    accounts = {account.number: account for account in settings.account_list()}
    listed: dict[Way, list[tuple[Account, Message]]] = {way: [] for way in Way}
    for part in CAST:
        account = accounts[part.number]
        for way, messages in traffic.perform(account, part, now, seed).items():
            listed[way] += ((account, message) for message in messages)
            if way is Way.PHONE and part.phone:
                inbox.chat_exports(folder / "exports", account, part.phone, messages)
        if part.damaged or part.traffic is Traffic.BROKEN:
            inbox.damaged_export(folder / "exports", account, "Kfz Ludwig")
    inbox.tool_lists(folder / "campaign-tool", listed[Way.TOOL])
    inbox.webhooks(folder / "webhooks", listed[Way.WEBHOOK])
    return sum(map(len, listed.values()))
