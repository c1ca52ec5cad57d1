"""The words of the design as types. Plain values: no I/O, no clock, no library beyond pendulum's dates.

All moments are aware datetimes. An *item key* names what an alert or a ledger entry is about:
``campaign:SYSTEM/ID``, ``account:+49…``, ``system:ID``, ``source:ID``, ``plan:HASH`` or ``hold:SEQ``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What an account is; the order is from the strictest to the most permissive."""

    PERSONAL = "personal"
    BUSINESS_APP = "business_app"
    BUSINESS_PLATFORM = "business_platform"

    @property
    def strictness(self) -> int:
        """0 for the strictest kind; the stricter of two kinds is the one with the smaller number."""
        return list(Kind).index(self)


class Evidence(StrEnum):
    """What data say of an account's kind, by the way they came."""

    CONSUMER = "consumer"  # a chat export or an unofficial gateway: only consumer products have these
    PLATFORM = "platform"  # Cloud API webhooks: only the Business Platform sends these


class Resolution(StrEnum):
    """How finely a source tells time."""

    MS = "ms"
    S = "s"
    MIN = "min"


class Direction(StrEnum):
    OUT = "out"
    IN = "in"


class Language(StrEnum):
    DE = "de"
    EN = "en"


class Verdict(StrEnum):
    CLEAR = "clear"
    WATCH = "watch"
    BULK = "bulk"
    AUTOMATED = "automated"
    NO_DATA = "no_data"

    @property
    def rank(self) -> int:
        """The order in which verdicts rise, from -1; that there are no data is the lowest."""
        return -1 if self is Verdict.NO_DATA else list(Verdict).index(self)


class NoData(StrEnum):
    """Why there is no verdict."""

    NO_SOURCE = "no_source"  # nobody connected a source to the account
    SOURCE_ILL = "source_ill"  # a source exists and could not be read, or is too old
    SILENT = "silent"  # the source is well and the number sends nothing: evidence, not ignorance
    TOO_FEW = "too_few"  # fresh, but under 20 sends and no fact of bulk


class Phase(StrEnum):
    ANNOUNCED = "announced"
    WARNING = "warning"
    PAUSING = "pausing"
    IN_FORCE = "in_force"


class CampaignState(StrEnum):
    RUNNING = "running"
    PAUSED = "paused"
    DONE = "done"
    UNKNOWN = "unknown"  # anything that a connector does not know for certain


class Act(StrEnum):
    NONE = "none"
    WARN = "warn"
    PAUSE = "pause"
    HOLD = "hold"
    RESUME = "resume"
    ASK = "ask"


class Stage(StrEnum):
    """What an alert is about: a closed set, also the order in which a person meets them."""

    FOUND = "found"
    WARNED = "warned"
    LAST_CALL = "last_call"
    PAUSED = "paused"
    NOT_PAUSED = "not_paused"
    UNDONE = "undone"
    SILENCE_CONFIRMED = "silence_confirmed"
    UNKNOWN_AUTOMATION = "unknown_automation"
    NO_DATA = "no_data"
    CONTRADICTION = "contradiction"
    HOLD_ASKED = "hold_asked"
    HOLD_GRANTED = "hold_granted"
    HOLD_ENDS = "hold_ends"
    MOVED = "moved"
    RESUMED = "resumed"
    SOURCE_ILL = "source_ill"
    UNDELIVERABLE = "undeliverable"
    GUARD_STOPPED = "guard_stopped"
    HALT_STILL_ON = "halt_still_on"
    BREACH = "breach"


class Audience(StrEnum):
    OWNER = "owner"
    OPERATORS = "operators"


class Form(StrEnum):
    """Why a Slack message is sent: of the same alerts there may be several."""

    NOTICE = "notice"  # the first one of a stage and day
    CONTINUED = "continued"  # what came later that day and cannot wait
    REMINDER = "reminder"
    LAST_REMINDER = "last_reminder"  # on the last day before a pause
    UNANSWERED = "unanswered"  # nobody answered: to the backup channel, then to the operators
    ROOT = "root"  # begins a thread, and shows how the accounts stand
    DIGEST = "digest"


class Answer(StrEnum):
    """What an owner may answer to a message, by its buttons."""

    READ = "read"
    MOVED = "moved"  # "we have changed over"
    HOLD = "hold"  # asked for a hold, by the form


class AccountState(StrEnum):
    """How an account stands under one enforcement, the most pressing first."""

    BREACH = "breach"
    PAUSE_DUE = "pause_due"  # a pause is owed, waits for approval, or is not confirmed
    BY_HAND = "by_hand"  # a person has to switch something off, or to say what sends
    ANNOUNCED = "announced"  # something runs, and its pause is ahead
    NO_DATA = "no_data"
    CONSPICUOUS = "conspicuous"
    HELD = "held"
    PAUSED = "paused"  # the state was read back; silence is not confirmed
    SILENT = "silent"  # paused, and silent since
    CLEAR = "clear"  # nothing to do
    ALLOWED = "allowed"  # on the Platform


class Reason(StrEnum):
    """Why a decision is as it is: a closed set, put into words by ``words.py``."""

    PLATFORM_ALLOWED = "platform_allowed"
    NOT_RUNNING = "not_running"
    STATE_UNKNOWN = "state_unknown"
    NOT_YET = "not_yet"  # announced: shown, nothing owed
    AUTOMATED_ON_PERSONAL = "automated_on_personal"
    AUTOMATED_ON_BUSINESS_APP = "automated_on_business_app"
    NOTICE_FIRST = "notice_first"  # pausing, but the owner was not told yet: told now, paused next day
    SHORT_NOTICE = "short_notice"  # 24 hours or less: paused without a full day's notice
    TOLD_BEFORE = "told_before"
    DATE_PASSED = "date_passed"
    HELD = "held"
    HOLD_OVER = "hold_over"
    SWITCHED_ON_AGAIN = "switched_on_again"
    SYSTEM_UNREACHABLE = "system_unreachable"
    ACCOUNT_UNKNOWN = "account_unknown"
    PAUSING_NOT_SWITCHED_ON = "pausing_not_switched_on"  # business app: warn and ask only
    BEHAVES_AUTOMATED = "behaves_automated"
    BEHAVES_BULK = "behaves_bulk"
    WATCHED = "watched"
    SENDER_UNKNOWN = "sender_unknown"  # behaviour without a known campaign: which tool sends?
    CAMPAIGN_KNOWN = "campaign_known"  # behaviour explained by a campaign that has its own decision
    NO_SOURCE = "no_source"
    SOURCE_ILL = "source_ill"
    TOO_FEW = "too_few"
    SILENT = "silent"
    NOT_AUDITED = "not_audited"
    KIND_CONTRADICTED = "kind_contradicted"
    BREACH_SUSPECTED = "breach_suspected"
    CLEAR = "clear"
    SENDER_CONTRADICTED = "sender_contradicted"  # mark and content name different accounts
    NOT_PAUSABLE = "not_pausable"  # nothing can be called: a person has to switch it off
    CONFIRMED = "confirmed"  # a person said that it is switched off
    CHOKE_POINT = "choke_point"  # the whole gateway session is closed, as the last resort
    CHOKE_POINT_LATER = "choke_point_later"
    CHOKE_POINT_OFF = "choke_point_off"  # the operators did not opt in
    CHOKE_POINT_QUIET = "choke_point_quiet"  # nothing automated is left behind it
    SILENCE_CONFIRMED = "silence_confirmed"  # the second proof of a pause
    SILENCE_OPEN = "silence_open"  # no fresh data: the second proof is missing
    STILL_SENDING = "still_sending"  # a machine was heard after the pause
    STILL_UNDER_WAY = "still_under_way"  # runs that the pause did not end
    MOVED = "moved"  # the account is on the Platform now, as data prove
    TOUCHED = "touched"  # a person changed it after our pause: it is theirs
    MOVE_UNPROVEN = "move_unproven"  # declared as moved, and nothing proves it yet


class EntryKind(StrEnum):
    """What a ledger entry records."""

    ACT = "act"  # acting switched on or off
    HALT = "halt"
    APPROVE = "approve"
    HOLD_ASKED = "hold_asked"
    HOLD_GRANTED = "hold_granted"
    HOLD_ENDED = "hold_ended"
    INTENT = "intent"
    WITHDRAWN = "withdrawn"  # a halt or a hold came before anything was called for the intent
    PAUSED = "paused"
    NOT_PAUSED = "not_paused"
    UNDONE = "undone"
    DRAINED = "drained"  # what was still under way after a pause
    RESUME_INTENT = "resume_intent"
    NOT_RESUMED = "not_resumed"
    RESUMED = "resumed"
    GUARD_STOPPED = "guard_stopped"
    BREACH = "breach"
    SILENCE_CONFIRMED = "silence_confirmed"
    SENDING_SEEN = "sending_seen"  # a machine sends on after a pause
    CONFIRMED = "confirmed"  # a person said that what nobody can pause from here is switched off
    DRILL = "drill"  # one campaign is paused and resumed to prove the rights
    ANNOUNCED = "announced"  # the pauses that a sent message announced, frozen with their hash
    ANSWERED = "answered"  # an owner answered a message
    CONFIGURATION = "configuration"  # a configuration came into force
    RETRY = "retry"  # a person had a refused message sent, or a broken file read, again


class Silence(StrEnum):
    """What an account's own events say after a pause."""

    WAITING = "waiting"  # it is too early to say
    OPEN = "open"  # no data reach far enough
    CONFIRMED = "confirmed"  # fresh data, and no machine in them: the second proof
    BROKEN = "broken"  # a machine sends on


@dataclass(frozen=True, slots=True)
class Owner:
    id: str
    name: str
    channel: str  # a Slack channel id, never a name
    language: Language
    time_zone: str
    users: tuple[str, ...] = ()
    backup_channel: str | None = None
    region: str | None = None  # ISO 3166-2, or a country alone: whose public holidays are quiet


@dataclass(frozen=True, slots=True)
class Account:
    number: str  # E.164, the account's id everywhere
    name: str
    declared_kind: Kind
    owner: str  # an owner's id
    time_zone: str
    branch: str | None = None
    role: str | None = None
    export_names: tuple[str, ...] = ()  # how the account is named inside chat exports


@dataclass(frozen=True, slots=True)
class Enforcement:
    """A dated rule. It begins at the first moment of ``date`` in ``time_zone``."""

    id: str
    title: dict[str, str]  # language -> title
    date: date
    time_zone: str
    warning_days: int
    pausing_days: int
    source: str  # where the rule comes from
    kinds: tuple[Kind, ...] = (Kind.PERSONAL, Kind.BUSINESS_APP)
    branches: tuple[str, ...] = ()  # empty: all
    accounts: tuple[str, ...] = ()  # E.164; empty: all


def campaign_key(named: str) -> str:
    """The item key of a campaign that a person names with or without its beginning: ``SYSTEM/ID``."""
    return named if named.startswith("campaign:") else f"campaign:{named}"


class AccountBy(StrEnum):
    """How certain it is which account a campaign sends from."""

    MARK = "mark"  # an explicit mark, a column, a mapping
    INFERRED = "inferred"  # from what the campaign's content sends through
    CONTRADICTED = "contradicted"  # the mark says one number, the content another
    UNKNOWN = "unknown"


class Level(StrEnum):
    """What a pause switches off."""

    CAMPAIGN = "campaign"
    SESSION = "session"  # the choke point: everything that sends through one gateway session


class Via(StrEnum):
    """The interface through which a campaign hands its messages over."""

    WAHA = "waha"
    WWEBJS = "wwebjs"
    EVOLUTION = "evolution"
    CLOUD_API = "cloud_api"
    TWILIO = "twilio"
    UNKNOWN = "unknown"  # an address that only the running campaign knows

    @property
    def evidence(self) -> Evidence | None:
        """What sending this way proves of the account's kind."""
        if self in (Via.WAHA, Via.WWEBJS):  # an Evolution API instance may be either: its directory tells
            return Evidence.CONSUMER
        return Evidence.PLATFORM if self in (Via.CLOUD_API, Via.TWILIO) else None


@dataclass(frozen=True, slots=True)
class Sender:
    """What a campaign's content sends through, as read from it.

    ``gateway``: the base URL (``https://host:port/prefix``, no user, no query, no slash at its end), ""
    where the interface has one address for all. ``name``: a session, an instance, a phone number id, or
    with Twilio the number itself; "" where an expression hides it.
    """

    via: Via
    gateway: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class DirectoryEntry:
    """Which account a gateway's session, or a phone number id, belongs to; what inference looks up."""

    sender: Sender
    account: str  # E.164
    evidence: Evidence | None = None  # of the account's kind, where the entry proves it


@dataclass(frozen=True, slots=True)
class Campaign:
    """A job in a campaign system that sends by itself, as the system showed it at ``seen_at``."""

    system: str
    id: str
    name: str
    account: str | None  # E.164 where the number can be read as one, else None
    state: CampaignState
    account_by: AccountBy = AccountBy.MARK
    changed_by: str | None = None  # who changed it last, where the system tells
    changed_at: datetime | None = None
    version: str | None = None  # what has to be restored by a resume, where the system has versions
    level: Level = Level.CAMPAIGN
    pausable: bool = True  # what cannot be paused from here is asked about
    senders: tuple[Sender, ...] = ()  # what its content sends through
    also: tuple[str, ...] = ()  # further numbers that mark or content name, E.164

    @property
    def key(self) -> str:
        """The item key, ``campaign:SYSTEM/ID``."""
        return f"campaign:{self.system}/{self.id}"


@dataclass(frozen=True, slots=True)
class Hold:
    """An exemption for one campaign. ``seq`` is the ledger entry in which it was asked for."""

    seq: int
    campaign: str  # item key
    author: str
    reason: str
    starts_at: datetime
    ends_at: datetime
    approver: str | None = None  # None: asked for, not granted


@dataclass(frozen=True, slots=True)
class Signal:
    """One measured number and what it was held against."""

    name: str
    value: float | None  # None: could not be measured (too few, or the resolution does not show it)
    threshold: float | None  # None: evidence for the reader, held against nothing
    unit: str
    source: str
    tripped: bool
    sample: int | None = None  # how many sends, replies, texts or gaps the value rests on; None: not told


@dataclass(frozen=True, slots=True)
class Change:
    """A number of the last days, a day, held against the account's own weeks before and against its peers."""

    name: str  # of ``audit.baseline.NUMBERS``
    since: date  # the first local day on which it stood out, else the first of the last days
    value: float  # the most on one of those days
    usual: float  # the account's own median of a day before them
    tripped: bool  # a sudden change, that the peers did not make alike
    peers: float | None = None  # the median of what is usual for accounts of its kind and role
    peers_now: float | None = None  # the median of what they have in the last days


@dataclass(frozen=True, slots=True)
class Finding:
    """The verdict on one account for the window that ends at ``as_of``.

    ``verdict`` is the one in force. What the window alone gives is ``measured``: a verdict rises at once
    and falls after some days (``audit.steadiness``); until it has, ``held`` keeps what it rests on.
    """

    account: str
    as_of: datetime
    window_days: int
    verdict: Verdict
    signals: tuple[Signal, ...] = ()
    messages: int = 0  # sends in the window
    days: int = 0  # active local days in the window
    no_data: NoData | None = None  # why the window gives no verdict
    newest_at: datetime | None = None  # newest event of the account, either direction
    confidence: float | None = None  # 0 to 1, of what was measured; None: not known
    measured: Verdict | None = None  # None: as ``verdict``
    since: datetime | None = None  # of the first audit since which the verdict is in force; None: not known
    recent: Finding | None = None  # the last days judged alone, where they say more than the whole window
    changes: tuple[Change, ...] = ()  # the last days held against the account's own past and its peers
    held: Held | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """A verdict that the newest window no longer gives, and what it rests on."""

    finding: Finding  # the last one that measured it
    lower_since: date | None = None  # the local day that data had reached when less was measured first
    lower: Finding | None = None  # the one with the highest verdict since then; None: no data since


@dataclass(frozen=True, slots=True)
class Tell:
    """Something is owed to somebody: one alert for each channel of the audience."""

    stage: Stage
    audience: Audience


@dataclass(frozen=True, slots=True)
class Decision:
    """What is to happen to one campaign or account at a moment, and why."""

    enforcement: str
    subject: str  # item key
    account: str | None
    act: Act
    reasons: tuple[Reason, ...]
    phase: Phase
    tells: tuple[Tell, ...] = ()
    facts: dict[str, Any] = field(
        default_factory=dict
    )  # numbers and names that the words need; no personal data


@dataclass(frozen=True, slots=True)
class Plan:
    """All decisions of a moment."""

    as_of: datetime
    decisions: tuple[Decision, ...]
