"""The configuration: YAML files in one folder, read and checked with pydantic.

Files: ``owners.yaml``, ``accounts.yaml`` (or ``accounts.csv``), ``campaign_systems.yaml``,
``sources.yaml``, ``calendar.yaml``, ``policy.yaml``. All errors are told at once, each with file, line,
field and mend. Secrets are not in here: systems and sources name Airflow connections.

Which folder that is, ``places.py`` says.
"""

from __future__ import annotations

import re
from datetime import date, time
from functools import cache, cached_property
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import available_timezones

import phonenumbers
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from sendepause import model
from sendepause.locales import date_order
from sendepause.model import Kind, Language

# Digits, what people put between them, and the marks of writing direction that phones add. Letters would be
# read as digits or as the begin of an extension; 493023125101.0 is a number out of a spreadsheet.
_SPELLING = re.compile(r"\+?(?!\d{7,}\.)[\d\s()./\-\u2010-\u2015\u200e\u200f\u202a-\u202e\u2060-\u2069+]+")


def e164(value: str) -> str:
    """A phone number with its country code, in any spelling, as E.164; ValueError says what is wrong."""
    if not _SPELLING.fullmatch(value):
        raise ValueError("is no phone number with a country code; write it like +49 30 23125101")
    try:
        number = phonenumbers.parse(value if value.strip().startswith("+") else "+" + value)
    except phonenumbers.NumberParseException as error:
        raise ValueError("is no phone number with a country code; write it like +49 30 23125101") from error
    if not phonenumbers.is_possible_number(number):
        raise ValueError("has too few or too many digits for a phone number of its country")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


_zones = cache(available_timezones)  # it walks the time zone folders: milliseconds each time


def _zone(value: str) -> str:
    if value not in _zones():
        raise ValueError("is no time zone; write it like Europe/Berlin")
    return value


Number = Annotated[str, AfterValidator(e164)]
Zone = Annotated[str, AfterValidator(_zone)]
_SECRET = re.compile(
    r"(?:proxy-)?authorization|cookie|password|passwd|secret|(?:access|auth|api|bearer|x)?[-_]?token"
    r"|(?:x-)?(?:api|auth|secret|private)[-_]?key|client[-_]?secret",
    re.IGNORECASE,
)
_IN_THE_CONNECTION = "put it into the Airflow connection: these files are copied into the store"


def _without_secrets(value: Any, place: str = "") -> Any:
    """Settings in which no key is called as a secret is; ValueError names the key, never its value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in inner:
        if isinstance(part, str) and _SECRET.fullmatch(str(key)):
            raise ValueError(f"holds a secret under {place}{key}; {_IN_THE_CONNECTION}")
        _without_secrets(part, f"{place}{key}.")
    return value


def _without_credentials(value: str) -> str:
    if "://" in value and "@" in urlsplit(value).netloc:
        raise ValueError(f"holds credentials; {_IN_THE_CONNECTION}")
    return value


def _connection_id(value: str) -> str:
    if not re.fullmatch(r"[\w.#()-]{1,200}", value):
        raise ValueError(
            "is no id of an Airflow connection; its address and its secret belong into the connection"
        )
    return value


def _locale(value: str) -> str:
    date_order(value)  # ValueError, with an example, where it is unknown
    return value


def _region(value: str) -> str:
    import holidays  # only where a region is named: it takes a while

    country, _, division = value.partition("-")
    known = holidays.list_supported_countries(include_aliases=False)
    if country not in known or (division and division not in known[country]):
        raise ValueError(
            "is no region whose holidays are known; write it like DE-BY, or DE for all of Germany"
        )
    return value


def _clock(value: Any) -> time:
    # YAML reads 20:00 without quotation marks as the number 1200
    if not isinstance(value, str) or not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d(:00)?", value):
        raise ValueError('is no time of day; write it in quotation marks, like "20:00"')
    return time.fromisoformat(value)


Locale = Annotated[str, AfterValidator(_locale)]
Region = Annotated[str, AfterValidator(_region)]
Clock = Annotated[time, BeforeValidator(_clock)]
Id = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
ConnectionId = Annotated[str, AfterValidator(_connection_id)]
Hours = Annotated[float, Field(ge=0, le=24 * 365)]
Limit = Annotated[float, Field(gt=0, le=1_000_000, strict=True, allow_inf_nan=False)]
Channel = Annotated[str, StringConstraints(pattern=r"^[CGD][A-Z0-9]{2,}$")]
SlackUser = Annotated[str, StringConstraints(pattern=r"^[UW][A-Z0-9]{2,}$")]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class OwnerSettings(_Section):
    """Somebody who answers for accounts. ``channel`` is a Slack channel id, never a name.

    ``region``: whose public holidays are quiet, in ISO 3166-2 (``DE-BY``), or a country alone (``DE``).
    """

    id: Id
    name: str = Field(min_length=1)
    channel: Channel
    users: tuple[SlackUser, ...] = ()
    backup_channel: Channel | None = None
    language: Language
    time_zone: Zone = "Europe/Berlin"
    region: Region | None = None


class OperatorSettings(_Section):
    """Those who run Sendepause: their channel gets what no owner can mend."""

    channel: Channel
    language: Language = Language.EN
    time_zone: Zone = "Europe/Berlin"


class AccountSettings(_Section):
    """One WhatsApp number that the company sends from."""

    number: Number
    name: str = Field(min_length=1)
    declared_kind: Kind
    owner: Id
    branch: str | None = None
    role: str | None = None
    time_zone: Zone = "Europe/Berlin"
    export_names: tuple[str, ...] = ()


class SystemSettings(_Section):
    """One campaign system. ``settings`` belongs to the connector and is checked by it.

    ``accounts`` assigns by hand: campaign id -> number, or null for what sends no WhatsApp messages.
    """

    id: Id
    connector: Id
    connection: ConnectionId | None = None  # where nothing can be called
    accounts: dict[str, Number | None] = {}
    at_once: int = Field(default=4, ge=1, le=64, description="calls at the same time")
    timeout_seconds: float = Field(default=30, gt=0, le=300)
    settings: Annotated[dict[str, Any], AfterValidator(_without_secrets)] = {}


COLUMN_ROLES = (
    "sent_at",
    "date",
    "time",
    "from",
    "to",
    "contact",
    "group",
    "direction",
    "own",
    "text",
    "type",
    "media",
    "id",
    "campaign",
    "account",
    "template",
    "category",
    "error",
)
"""What a table's column can be; ``sources.csv_words`` has their usual names."""


def _roles(columns: dict[str, str]) -> dict[str, str]:
    unknown = [role for role in columns if role not in COLUMN_ROLES]
    if unknown:
        raise ValueError(
            f"names {', '.join(unknown)}, which no column can be; left of each colon stands one of:"
            f" {', '.join(COLUMN_ROLES)}"
        )
    empty = [role for role, name in columns.items() if not name.strip()]
    if empty:
        raise ValueError(f"names no column for {', '.join(empty)}")
    return columns


SourceKind = Literal[
    "chat_export",
    "cloud_api_webhook",
    "cloud_api_receiver",
    "csv",
    "table",
    "chat_exporter_json",
    "evolution",
    "waha",
    "baileys",
    "whatsapp_web_js",
    "n8n_executions",
    "chatwoot",
]


RECEIVER: SourceKind = "cloud_api_receiver"
QUERY_KINDS: tuple[SourceKind, ...] = ("table", "evolution", "chatwoot")


class SourceSettings(_Section):
    """Where data come from: files of one kind in a folder or at an object-store URL (``location``), or the
    rows of a ``query`` through an Airflow connection.

    ``chat_export`` reads one folder for each account, named by its number in E.164 (``+49…/*.txt``),
    or everything below ``location`` for the one ``account``. ``locale`` (like ``en_US``) says which of day
    and month comes first where the files do not show it. ``columns`` maps our column names to those of a
    table. ``watermark`` is the column by which a query goes on where it ended: its greatest value so far is
    bound as ``:watermark``. ``cloud_api_receiver`` has
    neither: Meta sends its webhooks to this Airflow (``receiving``).
    """

    id: Id
    kind: SourceKind
    location: Annotated[str, AfterValidator(_without_credentials), Field(min_length=1)] | None = None
    query: Annotated[str, Field(min_length=1)] | None = None
    watermark: str | None = None
    account: Number | None = None
    time_zone: Zone | None = None
    locale: Locale | None = None
    columns: Annotated[dict[str, str], AfterValidator(_roles)] = {}
    connection: ConnectionId | None = None

    @model_validator(mode="after")
    def _from_somewhere(self) -> SourceSettings:
        if self.kind == RECEIVER:
            if self.location is not None or self.query is not None:
                raise ValueError("has neither location nor query: Meta sends it")
        elif (self.location is None) == (self.query is None):
            raise ValueError("needs a location, or a query through a connection, and not both")
        if self.query is None and self.watermark is not None:
            raise ValueError("has a watermark, which belongs to a query")
        if self.query is not None:
            self._check_query(self.query)
        return self

    def _check_query(self, query: str) -> None:
        if self.kind not in QUERY_KINDS:
            raise ValueError(f"has a query, whose rows are of one of these kinds: {', '.join(QUERY_KINDS)}")
        if self.connection is None:
            raise ValueError("has a query, and no connection to the database it is to run in")
        if self.watermark is None:
            raise ValueError("has a query, and no watermark: the column by which it goes on where it ended")
        if not re.search(r"(?<![:\w\\]):watermark\b", query):
            raise ValueError(
                f"has a query that reads everything each time; let it end with something like"
                f" WHERE {self.watermark} >= :watermark"
            )


class ScopeSettings(_Section):
    """Whom an enforcement hits; an empty list means all."""

    kinds: tuple[Kind, ...] = (Kind.PERSONAL, Kind.BUSINESS_APP)
    branches: tuple[str, ...] = ()
    accounts: tuple[Number, ...] = ()


class EnforcementSettings(_Section):
    """A dated rule: in force from the first moment of ``date`` in ``time_zone``."""

    id: Id
    title: dict[Language, str] = Field(min_length=1)
    scope: ScopeSettings = ScopeSettings()
    date: date
    time_zone: Zone
    warning_days: int = Field(default=30, ge=1, le=365)
    pausing_days: int = Field(default=5, ge=1, le=60)
    source: str = Field(min_length=1)


class GuardSettings(_Section):
    """When a plan waits for a person; see ``guard.py``."""

    surprises: int = Field(default=3, ge=0, description="so many new items proceed unasked")
    default: Literal["pause", "wait"] = "pause"
    default_hours_before: Hours = 12
    default_hours_after: Hours = 2


class AlertSettings(_Section):
    """When owners are left in peace, by their own clock, and how soon they have to answer."""

    quiet_from: Clock = time(20)
    quiet_until: Clock = time(7)
    answer_hours: Hours = Field(
        default=24, gt=0, description="without an answer the backup channel is told, then the operators"
    )


class PolicySettings(_Section):
    """What the operators choose. The decision table itself is code (``policy.py``)."""

    pause_business_app: bool = False
    pause_sessions: bool = Field(
        default=False, description="close a gateway's whole session, as the last resort in the last hours"
    )
    fresh_days: int = Field(default=7, ge=1, le=90)
    window_days: int = Field(default=28, ge=7, le=90)
    hold_margin_hours: Hours = Field(default=48, ge=24)
    silence_grace_minutes: float = Field(
        default=60, ge=0, le=1440, description="what is sent so soon after a pause was on its way"
    )
    silence_hours: Hours = Field(
        default=24, gt=0, description="so long a silence has to be to count as proof"
    )
    thresholds: dict[Kind, dict[str, Limit]] = Field(
        default={}, description="of signals, for the accounts of a kind that differs"
    )
    keep_events_days: int = Field(default=90, ge=35, le=3660)
    far_hours: float = Field(
        default=24, gt=0, le=168, description="an as_of further from real time only shows"
    )
    sandbox: bool = False
    guard: GuardSettings = GuardSettings()
    alerts: AlertSettings = AlertSettings()


class Settings(_Section):
    """The whole configuration, checked. ``hash`` is that of its files' content."""

    owners: tuple[OwnerSettings, ...]
    operators: OperatorSettings
    accounts: tuple[AccountSettings, ...]
    campaign_systems: tuple[SystemSettings, ...] = ()
    sources: tuple[SourceSettings, ...] = ()
    enforcements: tuple[EnforcementSettings, ...]
    policy: PolicySettings = PolicySettings()
    hash: str = ""

    def account_list(self) -> list[model.Account]:
        """The accounts as model values."""
        return list(self.account_map.values())

    @cached_property
    def account_map(self) -> dict[str, model.Account]:
        """Number -> account; made once, there may be ten thousands."""
        return {account.number: model.Account(**account.model_dump()) for account in self.accounts}

    @cached_property
    def limits(self) -> dict[str, dict[str, float]]:
        """Number -> the thresholds of its kind, of those accounts whose kind has any of its own."""
        found = self.policy.thresholds
        return {one.number: found[one.declared_kind] for one in self.accounts if found.get(one.declared_kind)}

    def owner_map(self) -> dict[str, model.Owner]:
        """Owner id -> owner."""
        return dict(self._owners)

    def owner_of(self, number: str | None) -> model.Owner | None:
        """Who answers for a number, if it is an account's."""
        account = self.account_map.get(number or "")
        return self._owners.get(account.owner) if account else None

    @cached_property
    def _owners(self) -> dict[str, model.Owner]:
        return {owner.id: model.Owner(**owner.model_dump()) for owner in self.owners}

    @cached_property
    def rule_map(self) -> dict[str, model.Enforcement]:
        """Enforcement id -> enforcement."""
        return {rule.id: rule for rule in self.enforcement_list()}

    def enforcement_list(self) -> list[model.Enforcement]:
        """The calendar, ordered by date."""
        found = [
            model.Enforcement(
                **entry.model_dump(exclude={"scope", "title"}),
                title={str(language): title for language, title in entry.title.items()},
                kinds=entry.scope.kinds,
                branches=entry.scope.branches,
                accounts=entry.scope.accounts,
            )
            for entry in self.enforcements
        ]
        return sorted(found, key=lambda enforcement: (enforcement.date, enforcement.id))
