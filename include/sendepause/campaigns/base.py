"""What every connector to a campaign system has, and what it is given.

A connector knows one campaign system and nothing of rules, dates or the ledger. It answers or raises
one of the errors of ``errors.py``; it never decides whether a pause counts: after any answer, also an
error, the caller reads the state, and the state decides.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Protocol, TypeAlias
from urllib.parse import SplitResult, urlsplit
from uuid import UUID

from sendepause.model import AccountBy, Campaign, CampaignState
from sendepause.settings import SystemSettings, e164

log = logging.getLogger(__name__)

MOST_CAMPAIGNS = 10_000  # of one system; more is told as an error, never cut silently
LONGEST_ID = 200  # as wide as the store's column
LONGEST_NAME = 500
_SOMEBODY = re.compile(
    r"\S+@\S+|(?<![\d.])(?!\d{1,3}(?:\.\d{1,3}){3}(?!\d))\+?(?:\d[\s()./_-]{0,3}){7,}"  # no IP address
)


class Level(StrEnum):
    """What a pause switches off."""

    CAMPAIGN = "campaign"
    SESSION = "session"  # the choke point: everything that sends through one gateway session


class Reveals(StrEnum):
    """Whether the system shows which account a campaign sends from."""

    YES = "yes"
    PARTLY = "partly"
    NO = "no"


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a connector can do. What it cannot do turns a decision into a question, never into a lie."""

    list: bool = True
    pause: bool = True
    resume: bool = True
    read_state: bool = True
    stop_running: bool = False  # a pause also ends what is under way; else that runs to its end
    restores_version: bool = False  # a resume brings back exactly what was paused
    reveals_account: Reveals = Reveals.YES
    tells_who_changed: bool = False
    reversible_without_a_person: bool = True
    level: Level = Level.CAMPAIGN


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
        name = parts.hostname if parts else self.host.rpartition("@")[2]
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


class Connector(Protocol):
    """One campaign system. All calls raise the errors of ``errors.py`` and no others that they foresee."""

    system: SystemSettings
    capabilities: Capabilities

    async def list(self) -> Campaigns:
        """Every campaign that is not over for good, all pages; an incomplete list is an error."""
        ...

    async def read_state(self, id: str) -> CampaignState:
        """The state as told now; UNKNOWN for all that is not known for certain, an unknown id too."""
        ...

    async def pause(self, id: str) -> None:
        """Asks for no new starts; harmless when repeated. Says nothing about the state: read it."""
        ...

    async def resume(self, id: str, version: str | None) -> None:
        """Lets it run as it ran before, in the noted ``version`` where the system has versions."""
        ...

    async def check(self) -> Checks:
        """Connection and rights, by reading only. Trouble is a line of the answer, not an exception."""
        ...


def account_of(value: object) -> str | None:
    """The number that a system shows, in E.164; None where it cannot be read for certain.

    Takes any spelling with a country code (``+49 30…``, ``0049…``, ``49…``), Twilio's ``whatsapp:``
    prefix and gateway ids (``4930…:12@s.whatsapp.net``). A national number (``030…``) is not certain.
    """
    text = str(value if value is not None else "").strip().removeprefix("whatsapp:").partition("@")[0]
    text = re.sub(r"^00", "+", text.partition(":")[0])
    try:
        return e164(text) if len(text) <= 40 else None
    except ValueError:
        return None


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

    A row that has no usable id cannot be named, so it is left out and counted in the log.
    """
    found: dict[str, Campaign] = {}
    nameless = 0
    for row in rows:
        id = row.get("id")
        if not isinstance(id, (str, int, UUID)) or not 0 < len(str(id)) <= LONGEST_ID:
            nameless += 1
            continue
        account = account_of(row.get("account"))
        found[str(id)] = Campaign(
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
    if nameless:
        log.warning("%s: %d campaigns without a usable id were left out", system, nameless)
    return list(found.values())
