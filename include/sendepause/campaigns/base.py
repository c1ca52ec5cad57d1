"""What every connector to a campaign system has, and what it is given.

A connector knows one campaign system and nothing of rules, dates or the ledger. It answers or raises
one of the errors of ``errors.py``; it never decides whether a pause counts: after any answer, also an
error, the caller reads the state, and the state decides.
"""

from __future__ import annotations

import logging
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, ClassVar, TypeAlias
from urllib.parse import SplitResult, urlsplit
from uuid import UUID

from sendepause.errors import BadInput, Refused
from sendepause.model import AccountBy, Campaign, CampaignState, DirectoryEntry
from sendepause.model import Level as Level
from sendepause.settings import SystemSettings, e164

log = logging.getLogger(__name__)

MARK = re.compile(r"\s*account\s*:\s*(\S.*)", re.IGNORECASE | re.DOTALL)  # as a tag: account:+493023125101
MOST_CAMPAIGNS = 10_000  # of one system; more is told as an error, never cut silently
LONGEST_ID = 200  # as wide as the store's column
LONGEST_NAME = 500
NUMBER_SERVERS = ("", "c.us", "s.whatsapp.net")  # after the @ of a WhatsApp id whose digits are a number
_SOMEBODY = re.compile(
    r"(?<!\S)\S+@\S+|(?<![\d.])(?!\d{1,3}(?:\.\d{1,3}){3}(?!\d))\+?(?:\d[\s()./_-]{0,3}){7,}"  # no IP address
)


class BacklogKind(StrEnum):
    """What waits for a resume."""

    NOTHING = "nothing"  # it goes on from now
    RUNS = "runs"  # runs that were missed or queued meanwhile start at once
    MESSAGES = "messages"  # messages that fell due meanwhile go out at once
    REST = "rest"  # a broadcast goes on where it stopped
    UNKNOWN = "unknown"


class Reveals(StrEnum):
    """Whether the system shows which account a campaign sends from."""

    YES = "yes"
    PARTLY = "partly"
    NO = "no"


class GoesOn(StrEnum):
    """What goes on sending after a pause was read back, if nothing else is done."""

    NOTHING = "nothing"
    HANDED_OVER = "handed_over"  # messages that a worker or a gateway holds already
    RUNNING = "running"  # what runs goes to its end
    WAITING = "waiting"  # and what waits wakes up later and sends


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a connector can do. What it cannot do turns a decision into a question, never into a lie."""

    list: bool = True
    pause: bool = True
    resume: bool = True
    read_state: bool = True
    list_running: bool = False  # shows what is under way after a pause
    stop_running: bool = False  # can end what is under way; else that runs to its end
    goes_on: GoesOn = GoesOn.HANDED_OVER
    backlog: bool = False  # can say what a resume would release
    restores_version: bool = False  # a resume brings back exactly what was paused
    reveals_account: Reveals = Reveals.YES
    tells_who_changed: bool = False
    reversible_without_a_person: bool = True
    level: Level = Level.CAMPAIGN


@dataclass(frozen=True, slots=True)
class UnderWay:
    """What of a campaign is under way now: executions that run, and that wait to go on later."""

    running: int = 0
    waiting: int = 0
    complete: bool = True  # False: the system does not list everything, there may be more

    @property
    def none(self) -> bool:
        """Nothing is under way, as far as the system tells."""
        return not (self.running or self.waiting)


@dataclass(frozen=True, slots=True)
class Backlog:
    """What a resume would release at once. ``count`` None: nobody can say how much."""

    kind: BacklogKind
    count: int | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """One line of ``sendepause check``: what was looked at, and the mend where it is not ok."""

    ok: bool
    what: str
    mend: str = ""


@dataclass(frozen=True, slots=True, repr=False)
class Access:
    """What a connector gets of an Airflow connection; the fields are Airflow's.

    ``host`` may be a whole URL. Nothing but the kind and the host's bare name is ever shown.
    """

    kind: str = ""
    host: str = ""
    port: int | None = None
    schema: str = ""
    login: str | None = None
    password: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def shown(self) -> str:
        """The host without credentials, path or query: all that a person needs to recognise it."""
        parts = self._parts()
        name = parts.hostname if parts else re.split("[/?#]", self.host.rpartition("@")[2])[0]
        return (name or self.schema or "?")[:200]

    def __repr__(self) -> str:
        return f"Access(kind={self.kind!r}, host={self.shown!r})"

    def base_url(self) -> str:
        """The base URL of an HTTP API without a slash at its end, read as Airflow's HttpHook reads it.

        ValueError where the host is no address.
        """
        url = self.host if "://" in self.host else f"{self.schema or 'http'}://{self.host}"
        parts = urlsplit(url)
        netloc = parts.netloc.rpartition("@")[2]
        if self.port and parts.port is None:
            netloc = f"{netloc}:{self.port}"
        return f"{parts.scheme}://{netloc}{parts.path}".rstrip("/")

    def _parts(self) -> SplitResult | None:
        """The host where it is a URL that can be read as one."""
        try:
            return urlsplit(self.host) if "://" in self.host else None
        except ValueError:
            return urlsplit("//?")

    def scrub(self, text: str) -> str:
        """``text`` with every secret of this connection blotted out, for errors that quote a library."""
        parts = self._parts()
        secrets = [
            self.password,
            parts.password if parts else None,
            parts.query if parts else None,
            *(str(value) for value in self.extra.values() if not isinstance(value, (bool, int, float))),
        ]
        for secret in sorted((s for s in secrets if s and len(s) > 2), key=len, reverse=True):
            text = text.replace(secret, "•••")
        return text


def unnamed(text: str) -> str:
    """``text`` without what looks like a phone number or an e-mail address, for what others' programs say."""
    return _SOMEBODY.sub("…", text)


Campaigns: TypeAlias = list[Campaign]
Checks: TypeAlias = list[Check]
Directory: TypeAlias = list[DirectoryEntry]


class Connector(ABC):
    """One campaign system. All calls raise the errors of ``errors.py`` and no others that they foresee.

    A connector keeps nothing that belongs to an event loop: each call may come in another one.
    """

    needs_connection: ClassVar[bool] = True
    system: SystemSettings
    capabilities: Capabilities

    @abstractmethod
    def __init__(self, system: SystemSettings, access: Access) -> None:
        """Nothing is called yet. BadInput for settings that cannot be used."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.system.id!r})"  # never the connection

    @abstractmethod
    async def list(self) -> Campaigns:
        """Every campaign that is not over for good, all pages; an incomplete list is an error.

        The account is set where an explicit mark names it (``AccountBy.MARK``). What the content sends
        through is told as ``senders``; which account that is, the caller infers.
        """

    @abstractmethod
    async def read_state(self, id: str) -> CampaignState:
        """The state as told now; UNKNOWN for all that is not known for certain, an unknown id too."""

    @abstractmethod
    async def check(self) -> Checks:
        """Connection and rights, by reading only. Trouble is a line of the answer, not an exception."""

    async def pause(self, id: str) -> None:
        """Asks for no new starts; harmless when repeated. Says nothing about the state: read it."""
        raise self._cannot("pause")

    async def resume(self, id: str, version: str | None) -> None:
        """Lets it run as it ran before, in the noted ``version`` where the system has versions."""
        raise self._cannot("resume")

    async def under_way(self, id: str) -> UnderWay:
        """What runs or waits now, whether or not the campaign is paused."""
        raise self._cannot("list what runs of")

    async def stop_running(self, id: str) -> None:
        """Asks for the end of what is under way. Says nothing about its success: look again."""
        raise self._cannot("stop what runs of")

    async def backlog(self, id: str) -> Backlog:
        """What a resume would release at once; reads only."""
        return Backlog(BacklogKind.UNKNOWN)

    async def directory(self) -> Directory:
        """Which account each session, instance or phone number id belongs to, as far as the system knows."""
        return []

    def _cannot(self, what: str) -> Refused:
        return Refused(
            f"The connector {self.system.connector} of {self.system.id} cannot {what} a campaign.",
            "Do it in the system itself.",
        )


def account_of(value: object) -> str | None:
    """The number that a system shows, in E.164; None where it cannot be read for certain.

    Takes any spelling with a country code (``+49 30…``, ``0049…``, ``49…``), Twilio's ``whatsapp:``
    prefix and gateway ids (``4930…:12@s.whatsapp.net``). A national number (``030…``) is not certain, and
    the digits of other ids (``…@lid``, ``…@g.us``) are no number at all.
    """
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # out of a column of numbers
    text, _, server = str(value if value is not None else "").strip().removeprefix("whatsapp:").partition("@")
    text = re.sub(r"^00", "+", text.partition(":")[0])
    try:
        return e164(text) if len(text) <= 40 and server in NUMBER_SERVERS else None
    except ValueError:
        return None


def marked(tags: Iterable[object]) -> str | None:
    """The account that the tags name (``account:+49 30 …``), in E.164; None where none does for certain.

    Two tags that name two numbers are no mark.
    """
    found = {account_of(match[1]) for tag in tags if (match := MARK.fullmatch(str(tag)))}
    return found.pop() if len(found) == 1 else None


def moment_of(value: object) -> datetime | None:
    """A moment as a system shows it (datetime, ISO 8601, epoch seconds), aware; without a zone it is UTC."""
    try:
        if isinstance(value, str) and value:
            value = datetime.fromisoformat(value)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        return None
    if not isinstance(value, datetime):
        return None
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def text_of(value: object, longest: int) -> str | None:
    """A short text from outside, bounded and without control characters; None where there is none."""
    if value is None or value == "":
        return None
    return "".join(c for c in str(value)[: longest * 2] if c.isprintable())[:longest] or None


def campaigns_of(
    system: str, state_of: Callable[[object], CampaignState], rows: Iterable[Mapping[str, Any]]
) -> Campaigns:
    """Campaigns out of rows with our field names (``id``, ``name``, ``account``, ``state``, …).

    A row that has no usable id cannot be named, so it is left out and counted in the log; BadInput where no
    row has one. Of two rows with one id that disagree nothing is certain.
    """
    found: dict[str, Campaign] = {}
    nameless = 0
    for row in rows:
        id = row.get("id")
        if isinstance(id, bool) or not isinstance(id, (str, int, UUID, Decimal)):
            id = ""
        if not 0 < len(str(id)) <= LONGEST_ID:
            nameless += 1
            continue
        account = account_of(row.get("account"))
        one = Campaign(
            system=system,
            id=str(id),
            name=text_of(row.get("name"), LONGEST_NAME) or str(id),
            account=account,
            state=state_of(row.get("state")),
            account_by=AccountBy.MARK if account else AccountBy.UNKNOWN,
            changed_by=text_of(row.get("changed_by"), LONGEST_ID),
            changed_at=moment_of(row.get("changed_at")),
            version=text_of(row.get("version"), LONGEST_ID),
        )
        found[one.id] = _certain(one, found.get(one.id, one))
    if nameless and not found:
        raise BadInput(
            f"The campaign system {system} lists {nameless} campaigns, and none of them has a usable id.",
            f"Look at where its settings say that the id stands; an id has up to {LONGEST_ID} characters.",
        )
    if nameless:
        log.warning("%s: %d campaigns without a usable id were left out", system, nameless)
    return list(found.values())


def _certain(one: Campaign, other: Campaign) -> Campaign:
    """What two rows with the same id agree on."""
    if one.state is not other.state:
        one = replace(one, state=CampaignState.UNKNOWN)
    return one if one.account == other.account else replace(one, account=None, account_by=AccountBy.UNKNOWN)
