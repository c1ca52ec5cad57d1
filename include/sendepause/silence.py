"""Listens to the accounts of all pauses that stand, and writes down what is proved: ``audit/silence.py``.

It runs after reading, and it never pauses, resumes or holds anything up. What goes into the ledger:
``silence_confirmed`` once an episode, ``sending_seen`` once an episode and day on which a machine sent.
Both hold counts, moments, the account and the ids of sources, and nothing of whom was written to or what.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from sendepause import events
from sendepause.audit.silence import Heard, Hears, Witness, listen
from sendepause.keys import Pseudonymiser, spelled
from sendepause.model import Account, Campaign, CampaignState, EntryKind, Level, Silence
from sendepause.settings import Settings
from sendepause.store import database, folds, ledger, queries
from sendepause.store.database import Engine, Session
from sendepause.store.folds import PauseRecord
from sendepause.store.ledger import Entry
from sendepause.store.queries import FileState, Reach
from sendepause.store.silences import Listened, save_silences, silences

HEARS = {"chat_export": Hears.CHATS, "csv": Hears.TOOL, "table": Hears.TOOL}
"""What sources of a kind see; all others see every chat of an account."""

IDLE = (CampaignState.PAUSED, CampaignState.DONE)

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class _Pause:
    """A pause that stands. ``at``: when it was made, as far as we know no earlier."""

    record: PauseRecord
    campaign: Campaign
    account: Account
    at: datetime


@dataclass(frozen=True, slots=True)
class _Known:
    """What the store knows, read at one moment."""

    pauses: tuple[_Pause, ...]
    campaigns: tuple[Campaign, ...]  # those that are listed
    reaches: tuple[Reach, ...]
    broken: tuple[FileState, ...]
    former: Mapping[tuple[str, str], Listened]


def listen_all(
    engine: Engine,
    base: str | Path,
    settings: Settings,
    keys: Pseudonymiser,
    *,
    as_of: datetime,
    now: Callable[[], datetime],
    author: str,
) -> list[tuple[PauseRecord, Listened]]:
    """Listen for every pause that stands, and write down what is proved and what was heard.

    :param base: folder or object-store URL of the event store; only the buckets of the accounts and the
        days around their pauses are read.
    :param as_of: the run's clock (aware): nothing after it counts. ``now`` is real time, for the ledger.
    :returns: the pauses by enforcement and campaign, as they stood before, each with what is heard of it:
        what was proved once stays so until a machine is heard, and that stays so for the episode. Left
        out are pauses whose campaign's number is unknown or no account of the configuration: nothing of
        such numbers is kept that could be heard.
    :raises Unreachable: where the store does not answer; again is safe.
    """
    as_of = datetime.fromisoformat(as_of.astimezone(UTC).isoformat())
    with database.session(engine, write=False) as session:
        known = _known(session, settings)
    ear = _Ear(settings, keys, known, as_of)
    listened = [
        (pause.record, ear.listened(pause, heard))
        for pauses, heard in _with_events(base, known.pauses, settings.policy.window_days, as_of)
        for pause in pauses
    ]
    with database.session(engine) as session:
        standing = {record.intent_seq for record in _standing(ledger.entries(session))}
        listened = [(record, one) for record, one in listened if record.intent_seq in standing]
        for record, one in listened:
            _note(session, record, one, as_of, now(), author)
        save_silences(session, [one for _, one in listened])
    return sorted(listened, key=lambda pair: (pair[1].enforcement, pair[1].campaign))


def unexplained(listened: Iterable[Listened]) -> dict[str, Heard]:
    """The accounts, by number, on which a machine sends though all known campaigns are paused, and which
    is none of those campaigns: an automation that nobody told us of."""
    heard = defaultdict[str, list[Heard]](list)
    for one in listened:
        if one.heard.state is Silence.BROKEN:
            heard[one.account].append(one.heard)
    return {account: own[0] for account, own in heard.items() if all(one.unexplained for one in own)}


# What the store knows


def _known(session: Session, settings: Settings) -> _Known:
    entries = ledger.entries(session)
    made = {(e.enforcement, e.subject): e for e in entries if e.kind is EntryKind.PAUSED}
    campaigns = {one.key: one for one in queries.campaigns(session, include_gone=True)}
    sources = {source.id for source in settings.sources}

    def pauses() -> Iterator[_Pause]:
        for record in _standing(entries):
            campaign = campaigns.get(record.campaign)
            account = settings.account_map.get(campaign.account or "") if campaign else None
            if campaign is not None and account is not None:
                entry = made[record.enforcement, record.campaign]
                yield _Pause(record, campaign, account, _made_at(entry, settings.policy.far_hours))

    return _Known(
        pauses=tuple(pauses()),
        campaigns=tuple(queries.campaigns(session)),
        reaches=tuple(reach for reach in queries.reaches(session) if reach.source in sources),
        broken=tuple(queries.broken_files(session)),
        former=silences(session),
    )


def _standing(entries: Sequence[Entry]) -> list[PauseRecord]:
    return [one for one in folds.pauses(entries).values() if one.status == "paused" and not one.resuming]


def _made_at(entry: Entry, far_hours: float) -> datetime:
    """When a pause was made. A run may be late: messages are dated by real time, so that counts where it
    is later than the run's clock, unless the two are so far apart that somebody plays a date through."""
    late = entry.at - entry.as_of
    return entry.at if timedelta() < late <= timedelta(hours=far_hours) else entry.as_of


def _with_events(
    base: str | Path, pauses: Iterable[_Pause], window_days: int, as_of: datetime
) -> Iterator[tuple[list[_Pause], pl.DataFrame]]:
    """The pauses of each account with its events, one bucket of accounts in memory at a time."""
    buckets = defaultdict[int, dict[str, list[_Pause]]](lambda: defaultdict(list))
    for pause in pauses:
        buckets[events.bucket_of(pause.account.number)][pause.account.number].append(pause)
    window = timedelta(days=window_days)
    for own in buckets.values():
        days = {
            (begin + _DAY * step).date()
            for of_account in own.values()
            for pause in of_account
            for begin, end in ((pause.at - window, pause.at), (max(pause.at, as_of - window), as_of))
            for step in range((end.date() - begin.date()).days + 1)
        }
        found = events.scan(base, days, accounts=own.keys()).collect()
        parts = found.partition_by("account_id", as_dict=True)
        for number, of_account in own.items():
            yield of_account, parts.get((number,), found.clear())


# What is heard


@dataclass(frozen=True, slots=True)
class _Ear:
    """What all pauses of a run are listened to with."""

    settings: Settings
    keys: Pseudonymiser
    known: _Known
    as_of: datetime

    def listened(self, pause: _Pause, found: pl.DataFrame) -> Listened:
        """What the account's events say of a pause."""
        policy, record = self.settings.policy, pause.record
        others = [one for one in self.known.campaigns if _may_speak_for(one, pause)]
        heard = listen(
            found,
            campaigns=self._named([pause.campaign]),
            paused_at=pause.at,
            grace=timedelta(minutes=policy.silence_grace_minutes),
            quiet=timedelta(hours=policy.silence_hours),
            witnesses=self._witnesses(pause),
            as_of=self.as_of,
            others=self._named(others) - self._named([pause.campaign]),
            others_until=max((until for one in others if (until := self._until(one))), default=None),
            window_days=policy.window_days,
            zone=pause.account.time_zone,
        )
        former = self.known.former.get((record.enforcement, record.campaign))
        if former is not None and former.episode != record.episode:
            former = None
        return Listened(
            enforcement=record.enforcement,
            campaign=record.campaign,
            episode=record.episode,
            account=pause.account.number,
            heard_at=self.as_of,
            heard=_kept(heard, record, former),
        )

    def _named(self, campaigns: Iterable[Campaign]) -> set[str]:
        """What stands for campaigns in events: tools' lists name them by their id, or by their name."""
        names = [name for one in campaigns for name in (one.id, one.name) if name]
        return set(self.keys.campaign(pl.Series(names, dtype=pl.String)))

    def _until(self, other: Campaign) -> datetime | None:
        """Until when another campaign may have sent; None where it has long been at rest."""
        ours = [pause.at for pause in self.known.pauses if pause.campaign.key == other.key]
        if other.state not in IDLE:
            return self.as_of
        return max(ours) if ours else other.changed_at

    def _witnesses(self, pause: _Pause) -> Iterator[Witness]:
        """The sources that were read without a gap since the pause."""
        kinds = {source.id: source.kind for source in self.settings.sources}
        gaps = {file.source for file in self.known.broken if self._is_gap(file, pause)}
        for reach in self.known.reaches:
            if reach.account == pause.account.number and reach.source not in gaps:
                hears = HEARS.get(kinds[reach.source], Hears.ALL)
                yield Witness(reach.source, hears, reach.read_until)

    def _is_gap(self, file: FileState, pause: _Pause) -> bool:
        """Whether a file that cannot be read may hold what the account sent after the pause."""
        account = next((source.account for source in self.settings.sources if source.id == file.source), None)
        folder = spelled(file.path.partition("/")[0])
        owner = account or (folder if folder in self.settings.account_map else pause.account.number)
        return owner == pause.account.number and file.read_at >= pause.at


def _may_speak_for(other: Campaign, pause: _Pause) -> bool:
    """Whether what the account sends may be another campaign's, and rightly so.

    A session is no campaign, only its way out; and where that is closed, no campaign goes through it. What
    nobody can pause from here is to be switched off by hand: where it sends on, that is to be heard.
    """
    both = other.level is Level.CAMPAIGN and pause.campaign.level is Level.CAMPAIGN
    own = other.key == pause.campaign.key
    return both and not own and other.pausable and pause.account.number in (other.account, *other.also)


def _kept(heard: Heard, record: PauseRecord, former: Listened | None) -> Heard:
    """What was proved in this episode stays proved: a machine that was heard, else a silence."""
    if heard.state is Silence.BROKEN or record.silence is None:
        return heard
    if record.silence == "confirmed":
        return replace(heard, state=Silence.CONFIRMED, why=None)
    told = former.heard if former is not None else heard
    return replace(heard, state=Silence.BROKEN, why=None, machine=told.machine, by=told.by, last=told.last)


def _note(
    session: Session, record: PauseRecord, one: Listened, as_of: datetime, at: datetime, author: str
) -> None:
    """The ledger's entry for what is proved, where it is new."""
    heard, pair = one.heard, (record.enforcement, record.campaign, record.episode)
    facts: dict[str, Any] = {
        "episode": record.episode,
        "account": one.account,
        "since": heard.since.isoformat(),
        "until": heard.until.isoformat() if heard.until else None,
        "sends": heard.sends,
        "due": heard.due.isoformat() if heard.due else None,
        "sources": list(heard.sources),
    }
    if heard.state is Silence.CONFIRMED:
        kind, once = EntryKind.SILENCE_CONFIRMED, folds.once_silence_confirmed(*pair)
    elif heard.state is Silence.BROKEN and heard.last is not None:
        kind, once = EntryKind.SENDING_SEEN, folds.once_sending_seen(*pair, heard.last.date())
        facts |= {
            "machine": heard.machine,
            "by": [str(by) for by in heard.by],
            "last": heard.last.isoformat(),
        }
    else:
        return
    ledger.append(
        session,
        at=at,
        as_of=as_of,
        author=author,
        kind=kind,
        subject=record.campaign,
        enforcement=record.enforcement,
        facts=facts,
        once=once,
    )
