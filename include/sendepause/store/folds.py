"""What the ledger's entries add up to: the switches, pauses, holds, approvals. Pure, no SQL.

Every function takes the entries in the order in which they were written. The facts that it reads:

| kind | subject | facts |
| --- | --- | --- |
| ``act``, ``halt`` | "" | ``on`` (bool); ``act`` also ``plan_hash`` and ``items``, the plan approved by it |
| ``approve`` | the item | ``plan_hash``, ``items`` (list of item keys) where a whole plan is approved |
| ``intent``, ``paused`` | the campaign | ``version``, ``changed_by``, if the campaign system tells them |
| ``paused``, ``drained`` | the campaign | ``under_way``, ``left`` (``running``, ``waiting``), if any |
| ``not_paused``, ``not_resumed`` | the campaign | ``error`` (its kind, such as ``Unreachable``) |
| ``silence_confirmed`` | the campaign | ``since``, ``until``, ``sends``, ``sources``, ``account`` |
| ``sending_seen`` | the campaign | also ``machine``, ``by``, ``last`` |
| ``hold_asked`` | the campaign | ``until``, ``starts`` (ISO 8601 with offset), ``reason`` |
| ``hold_granted``, ``hold_ended`` | ``hold:SEQ`` | |
| ``guard_stopped`` | the campaign | ``items``: the very pause that waits, see ``guard.item`` |
| ``answered`` | ``delivery:ID`` | ``answer``, ``owner``, ``stage``, ``subjects``; ``hold``, ``until`` |

The ``once_…`` functions name what may be written one time only, see ``ledger.append``.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Literal

from sendepause.model import EntryKind, Hold
from sendepause.store.given import Given as Given
from sendepause.store.given import answered_subject as answered_subject
from sendepause.store.given import answers as answers
from sendepause.store.given import once_answered as once_answered
from sendepause.store.ledger import Entry

SWITCHES = (EntryKind.ACT, EntryKind.HALT)  # what each fold reads; all else says nothing of it
HOLDS = (EntryKind.HOLD_ASKED, EntryKind.HOLD_GRANTED, EntryKind.HOLD_ENDED)
PAUSES = (
    EntryKind.INTENT,
    EntryKind.WITHDRAWN,
    EntryKind.PAUSED,
    EntryKind.NOT_PAUSED,
    EntryKind.UNDONE,
    EntryKind.DRAINED,
    EntryKind.RESUME_INTENT,
    EntryKind.NOT_RESUMED,
    EntryKind.RESUMED,
    EntryKind.BREACH,
    EntryKind.SILENCE_CONFIRMED,
    EntryKind.SENDING_SEEN,
)

Status = Literal["intended", "withdrawn", "paused", "not_paused", "undone", "resumed"]
ENDED: tuple[Status, ...] = ("withdrawn", "undone", "resumed")


@dataclass(frozen=True, slots=True)
class Switches:
    """The two switches. ``…_since``: the run's clock when a switch came to stand as it does, if ever."""

    acting: bool = False  # a fresh installation rehearses
    halted: bool = False
    acting_since: datetime | None = None
    halted_since: datetime | None = None
    by: str | None = None  # who moved a switch last


@dataclass(frozen=True, slots=True)
class PauseRecord:
    """The newest episode of one campaign under one enforcement: a streak from an intent to its end."""

    enforcement: str
    campaign: str  # item key
    episode: int  # from 1
    status: Status
    intent_seq: int  # the ledger entry that opened the episode
    at: datetime  # the run's clock when the status came about
    version: str | None = None  # what a resume has to restore
    changed_by: str | None = None  # who had changed the campaign last when we read it
    last_error: str | None = None  # the kind of the newest error, while the pause is still owed
    breach: bool = False  # it ran on, or again, while the rule was in force
    resuming: bool = False  # a resume was begun: running again is then our own doing
    read_back_at: datetime | None = None  # real time of the entry that completed the pause
    left: int | None = 0  # runs still under way when last looked; None: the system could not say

    silence: Literal["confirmed", "broken"] | None = None  # the second proof; once broken it stays so
    silence_since: datetime | None = None  # the run's clock when that came about

    @property
    def open(self) -> bool:
        """Whether the pause is still ours to complete, verify and one day resume."""
        return self.status not in ENDED


def switches(entries: Iterable[Entry]) -> Switches:
    """How the two switches stand."""
    now = Switches()
    for entry in entries:
        if entry.kind is EntryKind.ACT:
            on = entry.facts.get("on") is True
            moved = on != now.acting or now.acting_since is None
            since = entry.as_of if moved else now.acting_since
            now = replace(now, acting=on, acting_since=since, by=entry.author)
        elif entry.kind is EntryKind.HALT:
            on = entry.facts.get("on") is not False  # one that cannot be read halts
            moved = on != now.halted or now.halted_since is None
            since = entry.as_of if moved else now.halted_since
            now = replace(now, halted=on, halted_since=since, by=entry.author)
    return now


def pauses(entries: Iterable[Entry]) -> dict[tuple[str, str], PauseRecord]:
    """The newest episode of every pause, by (enforcement, campaign).

    An intent opens an episode if none is open; one that was withdrawn before anything was called ends it.
    Errors keep it open, ``paused`` completes it (and an error that is reported after that changes
    nothing); it ends when a person switches the campaign on again (``undone``) or we resume it. A breach
    that is written before the intent of the episode in which it is mended counts to that episode.
    """
    records: dict[tuple[str, str], PauseRecord] = {}
    breached: set[tuple[str, str]] = set()  # breaches with no open episode yet
    for entry in entries:
        key = (entry.enforcement, entry.subject)
        known = records.get(key)
        if known is not None and known.open:
            records[key] = _moved(known, entry)
        elif entry.kind is EntryKind.BREACH:
            breached.add(key)
        elif entry.kind is EntryKind.INTENT:
            opened = _opened(entry, 1 if known is None else known.episode + 1)
            records[key] = replace(opened, breach=key in breached)
            breached.discard(key)
    return records


def holds(entries: Iterable[Entry]) -> list[Hold]:
    """All holds that were asked for, with their approver if granted, in the order of asking.

    Nobody grants their own hold. A hold that was ended early ends at that moment. One whose times
    cannot be read exempts from nothing and is left out.
    """
    found: dict[str, Hold] = {}
    for entry in entries:
        if entry.kind is EntryKind.HOLD_ASKED:
            hold = _hold(entry)
            if hold is not None:
                found[f"hold:{entry.seq}"] = hold
        elif entry.subject in found:
            found[entry.subject] = _held(found[entry.subject], entry)
    return list(found.values())


def pending_holds(entries: Iterable[Entry], now: datetime) -> list[Hold]:
    """Holds that were asked for, are not over, and wait for another person."""
    return [hold for hold in holds(entries) if not hold.approver and now < hold.ends_at]


def same_person(one: str, other: str) -> bool:
    """Whether two authors are one name, however it is spelled: case, width, blanks, invisible marks."""
    return _name(one) == _name(other)


def approvals(entries: Iterable[Entry]) -> frozenset[str]:
    """The item keys that a person approved, one by one or with the plan that was shown.

    Switching acting on approves, by hash, the plan shown at that moment (``plan:HASH``) and its items.
    """
    return frozenset(item for entry in entries for item in _approved(entry))


def confirmations(entries: Iterable[Entry]) -> dict[str, datetime]:
    """Campaigns that a person said are switched off, where nobody can look; with the moment of saying so."""
    found: dict[str, datetime] = {}
    for entry in entries:
        if entry.kind is EntryKind.CONFIRMED:
            if entry.facts.get("off") is True:
                found[entry.subject] = entry.as_of
            else:
                found.pop(entry.subject, None)
    return found


def announced(entries: Iterable[Entry]) -> dict[str, datetime]:
    """The items that sent messages announced, with the moment of the first one."""
    found: dict[str, datetime] = {}
    for entry in entries:
        if entry.kind is EntryKind.ANNOUNCED:
            for item in _items(entry):
                found.setdefault(item, entry.as_of)
    return found


def waits(entries: Sequence[Entry]) -> dict[str, datetime]:
    """The items that the guard stopped and nobody approved yet, with the ``as_of`` of the first stop.

    A pause that was made all the same (by the guard's default) ends the waiting.
    """
    approved = approvals(entries)
    waiting: dict[tuple[str, str], dict[str, datetime]] = {}  # by rule and subject, which has several items
    for entry in entries:
        if entry.kind is EntryKind.GUARD_STOPPED:
            for item in _items(entry):
                waiting.setdefault((entry.enforcement, entry.subject), {}).setdefault(item, entry.as_of)
        elif entry.kind is EntryKind.PAUSED:
            waiting.pop((entry.enforcement, entry.subject), None)
    return {item: at for items in waiting.values() for item, at in items.items() if item not in approved}


def once_intent(enforcement: str, campaign: str, episode: int) -> str:
    """One intent an episode."""
    return _once(EntryKind.INTENT, enforcement, campaign, episode)


def once_withdrawn(enforcement: str, campaign: str, episode: int) -> str:
    """An episode is withdrawn once."""
    return _once(EntryKind.WITHDRAWN, enforcement, campaign, episode)


def once_paused(enforcement: str, campaign: str, episode: int) -> str:
    """One completed pause an episode."""
    return _once(EntryKind.PAUSED, enforcement, campaign, episode)


def once_not_paused(enforcement: str, campaign: str, episode: int, error: str) -> str:
    """One entry an episode and kind of error: a system that is down all night is one fact, not 60."""
    return f"{_once(EntryKind.NOT_PAUSED, enforcement, campaign, episode)}:{error}"


def once_undone(enforcement: str, campaign: str, episode: int) -> str:
    """An episode is undone by a person once."""
    return _once(EntryKind.UNDONE, enforcement, campaign, episode)


def once_drained(enforcement: str, campaign: str, episode: int, hour: str) -> str:
    """One entry an episode and hour about work that was still under way."""
    return f"{_once(EntryKind.DRAINED, enforcement, campaign, episode)}:{hour}"


def once_not_resumed(enforcement: str, campaign: str, episode: int, error: str) -> str:
    """One entry an episode and kind of error, as for :func:`once_not_paused`."""
    return f"{_once(EntryKind.NOT_RESUMED, enforcement, campaign, episode)}:{error}"


def once_resume_intent(enforcement: str, campaign: str, episode: int) -> str:
    """One begun resume an episode."""
    return _once(EntryKind.RESUME_INTENT, enforcement, campaign, episode)


def once_resumed(enforcement: str, campaign: str, episode: int) -> str:
    """One completed resume an episode."""
    return _once(EntryKind.RESUMED, enforcement, campaign, episode)


def once_breach(enforcement: str, campaign: str, episode: int) -> str:
    """One breach an episode."""
    return _once(EntryKind.BREACH, enforcement, campaign, episode)


def once_silence_confirmed(enforcement: str, campaign: str, episode: int) -> str:
    """One confirmed silence an episode."""
    return _once(EntryKind.SILENCE_CONFIRMED, enforcement, campaign, episode)


def once_sending_seen(enforcement: str, campaign: str, episode: int, day: date) -> str:
    """One entry an episode and day on which a machine sent."""
    return f"{_once(EntryKind.SENDING_SEEN, enforcement, campaign, episode)}:{day}"


def once_guard_stopped(item: str, episode: int) -> str:
    """One stop of an item an episode: what was paused after all, and runs again, waits anew."""
    return f"{EntryKind.GUARD_STOPPED}:{item}:{episode}"


def next_episode(record: PauseRecord | None) -> int:
    """The episode that a pause would belong to now."""
    if record is None:
        return 1
    return record.episode if record.open else record.episode + 1


def once_hold_granted(seq: int) -> str:
    """A hold is granted once."""
    return f"{EntryKind.HOLD_GRANTED}:hold:{seq}"


def once_hold_ended(seq: int) -> str:
    """A hold ends once."""
    return f"{EntryKind.HOLD_ENDED}:hold:{seq}"


def _once(kind: EntryKind, enforcement: str, campaign: str, episode: int) -> str:
    return f"{kind}:{enforcement}:{campaign}:{episode}"


def _opened(entry: Entry, episode: int) -> PauseRecord:
    return PauseRecord(
        enforcement=entry.enforcement,
        campaign=entry.subject,
        episode=episode,
        status="intended",
        intent_seq=entry.seq,
        at=entry.as_of,
        version=_text(entry, "version"),
        changed_by=_text(entry, "changed_by"),
    )


def _moved(record: PauseRecord, entry: Entry) -> PauseRecord:
    """An open episode after one more entry of its campaign."""
    record = replace(
        record,
        version=_text(entry, "version") or record.version,
        changed_by=_text(entry, "changed_by") or record.changed_by,
    )
    match entry.kind:
        case EntryKind.PAUSED:
            return replace(
                record,
                status="paused",
                at=entry.as_of,
                last_error=None,
                left=left(entry),
                read_back_at=entry.at,
            )
        case EntryKind.DRAINED:
            return replace(record, left=left(entry))
        case EntryKind.NOT_RESUMED:
            return replace(record, last_error=_text(entry, "error"))
        case EntryKind.NOT_PAUSED if record.status != "paused":  # a late report unmakes no pause
            error = _text(entry, "error")
            return replace(record, status="not_paused", at=entry.as_of, last_error=error)
        case EntryKind.WITHDRAWN if record.status == "intended":
            return replace(record, status="withdrawn", at=entry.as_of)
        case EntryKind.UNDONE:
            return replace(record, status="undone", at=entry.as_of, resuming=False)
        case EntryKind.RESUMED:
            return replace(record, status="resumed", at=entry.as_of, resuming=False)
        case EntryKind.RESUME_INTENT:
            return replace(record, resuming=True)
        case EntryKind.BREACH:
            return replace(record, breach=True)
        case EntryKind.SILENCE_CONFIRMED if record.silence is None:
            return replace(record, silence="confirmed", silence_since=entry.as_of)
        case EntryKind.SENDING_SEEN if record.silence != "broken":
            return replace(record, silence="broken", silence_since=entry.as_of)
        case _:
            return record


def left(entry: Entry) -> int | None:
    """How many runs went on after a pause, as its entry says."""
    counts = entry.facts.get("left", {})
    if entry.facts.get("under_way") == "unknown" or not isinstance(counts, dict):
        return None
    return sum(count for count in counts.values() if isinstance(count, int))


def _hold(entry: Entry) -> Hold | None:
    starts = entry.facts.get("starts")
    ends_at = _moment(entry.facts.get("until"))
    starts_at = entry.as_of if starts is None else _moment(starts)
    if starts_at is None or ends_at is None:
        return None
    reason = str(entry.facts.get("reason", ""))
    return Hold(entry.seq, entry.subject, entry.author, reason, starts_at, ends_at)


def _held(hold: Hold, entry: Entry) -> Hold:
    """A hold after an entry about it."""
    if entry.kind is EntryKind.HOLD_ENDED:
        return replace(hold, ends_at=min(hold.ends_at, entry.as_of))
    by_another = not same_person(entry.author, hold.author)
    if entry.kind is EntryKind.HOLD_GRANTED and hold.approver is None and by_another:
        return replace(hold, approver=entry.author)
    return hold


def _name(author: str) -> str:
    shown = (c for c in unicodedata.normalize("NFKC", author) if unicodedata.category(c) != "Cf")
    return " ".join("".join(shown).split()).casefold()


def _moment(value: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return None if moment.tzinfo is None else moment


def _approved(entry: Entry) -> Iterator[str]:
    switched_on = entry.kind is EntryKind.ACT and entry.facts.get("on") is True
    if not switched_on and entry.kind is not EntryKind.APPROVE:
        return
    if entry.subject:
        yield entry.subject
    plan_hash = _text(entry, "plan_hash")
    if plan_hash:
        yield f"plan:{plan_hash}"
    yield from _items(entry)


def _items(entry: Entry) -> tuple[str, ...]:
    items = entry.facts.get("items")
    return tuple(str(item) for item in items) if isinstance(items, list) else ()


def _text(entry: Entry, name: str) -> str | None:
    value = entry.facts.get(name)
    return None if value is None else str(value)
