"""What every account of the example company does, and what an honest audit says of it.

Names, owners, zones and numbers are in the configuration (``include/config``); this is the script that
its numbers play. ``verdict`` is documentation and test at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sendepause.model import NoData, Verdict


class Phone(StrEnum):
    """The shape in which an account's chats are exported."""

    ANDROID = "android"  # minutes; one text file a chat
    IOS = "ios"  # seconds; one ZIP archive a chat


class Traffic(StrEnum):
    """How an account is used; each is a function in ``traffic.py``."""

    PERSON = "person"
    CANNED = "canned"  # a person with canned answers
    PASTES = "pastes"  # a person who pastes one text to many by hand
    BROADCASTS = "broadcasts"  # a person with a broadcast list
    REMINDERS = "reminders"  # a machine on a phone, known to no campaign system
    CAMPAIGN_TOOL = "campaign_tool"  # a machine whose tool writes lists of what it sent
    BOT = "bot"  # answers by itself, on the Platform
    NOTIFIER = "notifier"  # writes to many by itself, on the Platform
    FEW = "few"
    STALE = "stale"  # a person; the last export is old
    SILENT = "silent"  # customers write, nobody answers
    BROKEN = "broken"  # the only export is damaged
    NOTHING = "nothing"  # no source at all


@dataclass(frozen=True, slots=True)
class Part:
    """One account's part. ``chats``: its customers; ``daily``: conversations on a working day."""

    number: str  # E.164
    traffic: Traffic
    verdict: Verdict
    why: str
    phone: Phone | None = None
    no_data: NoData | None = None
    chats: int = 9
    daily: float = 4
    damaged: bool = False  # one damaged export lies beside the good ones


_NO = Verdict.NO_DATA
_AUTO = Verdict.AUTOMATED
_CLEAR = Verdict.CLEAR
_A, _I = Phone.ANDROID, Phone.IOS

CAST: tuple[Part, ...] = (
    # Hamburg
    Part("+494066969101", Traffic.PERSON, _CLEAR, "writes a lot, as people do", _I, chats=18, daily=17),
    Part("+494066969102", Traffic.CAMPAIGN_TOOL, _AUTO, "two campaigns on a personal account", _I, chats=6),
    Part("+494066969103", Traffic.PERSON, _CLEAR, "one customer at a time, as the app is meant", _A),
    Part("+494066969104", Traffic.BOT, _AUTO, "a bot on the Platform, where bots are allowed", chats=60),
    Part("+494066969105", Traffic.FEW, _NO, "too few for a verdict", _A, NoData.TOO_FEW, chats=4),
    # Köln
    Part("+492214710101", Traffic.PERSON, _CLEAR, "one damaged export beside good ones", _A, damaged=True),
    Part("+492214710102", Traffic.PASTES, Verdict.BULK, "one text to many, by hand", _A, chats=34, daily=8),
    Part("+492214710103", Traffic.REMINDERS, _AUTO, "a machine that no campaign explains", _I, chats=38),
    Part("+492214710104", Traffic.CAMPAIGN_TOOL, _AUTO, "campaigns on a Business app account"),
    # Frankfurt
    Part("+496990009101", Traffic.PERSON, _CLEAR, "an ordinary counter", _A),
    Part("+496990009102", Traffic.NOTHING, _NO, "nobody connected a source", no_data=NoData.NO_SOURCE),
    Part("+496990009103", Traffic.STALE, _NO, "the last export is old", _I, NoData.SOURCE_ILL),
    Part("+496990009104", Traffic.NOTIFIER, _AUTO, "notices on the Platform, allowed", chats=60),
    # München
    Part("+498999998101", Traffic.PERSON, _CLEAR, "an ordinary counter", _I),
    Part("+498999998102", Traffic.PERSON, _CLEAR, "declared Platform, yet it has chat exports", _A),
    Part("+498999998103", Traffic.SILENT, _NO, "customers write, nobody answers", _I, NoData.SILENT, chats=5),
    Part("+498999998104", Traffic.BROKEN, _NO, "its only export is damaged", _I, NoData.SOURCE_ILL),
    # London
    Part("+447700900101", Traffic.PERSON, _CLEAR, "an ordinary counter, in English", _I),
    Part("+447700900102", Traffic.CAMPAIGN_TOOL, _AUTO, "campaigns on a personal account", _I, chats=6),
    Part("+447700900103", Traffic.BROADCASTS, Verdict.BULK, "a broadcast list", _A, chats=26, daily=7),
    Part("+447700900104", Traffic.BOT, _AUTO, "a bot on the Platform, in English", chats=50),
    # Berlin
    Part(
        "+493023125101", Traffic.CANNED, Verdict.WATCH, "a person with canned answers", _I, chats=10, daily=6
    ),
    Part("+493023125102", Traffic.CAMPAIGN_TOOL, _AUTO, "one campaign held, one not", _I, chats=6),
    Part("+493023125103", Traffic.CAMPAIGN_TOOL, _AUTO, "a campaign that is warned of"),
)


@dataclass(frozen=True, slots=True)
class HoldExample:
    """The exemption that the Berlin branch asks for: its campaign may run a while longer."""

    campaign: str  # item key
    author: str
    approver: str
    reason: str
    days: int  # that it is asked for

    def ends_at(self, now: datetime, begins: datetime, margin_hours: float) -> datetime:
        """When it ends, asked for at ``now``: after ``days``, or the margin before the date ``begins``."""
        return min(now + timedelta(days=self.days), begins - timedelta(hours=margin_hours))


HOLD = HoldExample(
    campaign="campaign:crm/b-inspektion",
    author="Jana Kolbe",
    approver="Daniel Okafor",
    reason="Die laufenden Inspektionstermine sind bestätigt; der Umzug auf die Platform ist bestellt.",
    days=7,
)

SWITCHED_ON_AGAIN = "hh-winterreifen"  # paused by the package, then switched on again by a person
SWITCHED_ON_BY = "w.harmsen"
