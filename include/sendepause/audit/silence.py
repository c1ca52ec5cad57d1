"""Silence after a pause: the second proof, read from the account's messages instead of the campaign system.

A pause is proved first by the campaign's state. What counts is that the machine stopped: from ``grace``
after the pause on, a machine's sends are an alarm, and their absence in data that reach far enough is the
second proof. What people write by hand is neither.

**What shows a machine.** ``campaign``: a message that bears the paused campaign's id. ``content``: a text
that went to many before the pause goes to many again. ``rhythm``: the audit says ``bulk`` or ``automated``
of what was sent since. What bears another known campaign's id, or its text, is that campaign's.

**What shows silence.** Only a source that would have heard the machine, and that reaches ``quiet`` further
than the grace, and beyond the hour at which the campaign was due by its habit of the weeks before: a day
without a weekly campaign proves nothing. A log of all chats reaches as far as its newest message. A tool's
list is heard only where it showed the machine before. An export is one chat, and one without a newer line
may be an old one, however late it was laid down: it reaches as far as its newest line, and the account as
far as the fifth of its recipients' chats.

Each source is judged alone: two that see one account tell of the same messages. All times are elapsed
times between instants, so a changing clock makes nothing longer or shorter.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

import polars as pl

from sendepause.audit.activity import day_rows
from sendepause.audit.signals import BY_NAME, MINIMUM_SENDS
from sendepause.audit.verdict import judge
from sendepause.model import Silence, Verdict

MASS_TEXT = int(BY_NAME["same_to_many"].held.limit or 0)
"""A text that so many counterparts got before the pause is the campaign's, whoever labelled it."""

SENT_AGAIN = 10
"""So many counterparts that get such a text again within a day: a machine. The 313 people of the labelled
cases whose texts are known sent one text to 6 at most in a day, and to 17 in all of their messages."""

SEEN_AGAIN = 2
"""From here on, below ``SENT_AGAIN``, nothing is proved in either direction."""

ANSWERED_WITHIN = timedelta(hours=24)
"""What follows an incoming message of that counterpart so soon answers it: a person's "Guten Tag" to each
customer who writes is no campaign. The same day in which WhatsApp lets a business answer freely (its
customer service window)."""

CHATS = 5
"""So many recipients' chats stand for all: of a run that reaches half of its list, five chats miss all
once in 32 times."""

WEEK = timedelta(days=7)


class Why(StrEnum):
    """Why silence is still open."""

    NO_WITNESS = "no_witness"  # no source showed what the machine sent before the pause
    STALE = "stale"  # the sources do not reach far enough after the pause
    UNCLEAR = "unclear"  # something stands out that may be a machine, or another campaign that may run


class By(StrEnum):
    """What showed that a machine sent."""

    CAMPAIGN = "campaign"
    CONTENT = "content"
    RHYTHM = "rhythm"


class Hears(StrEnum):
    """What a source sees of an account."""

    ALL = "all"  # every chat: a gateway's or the Platform's webhooks, a phone's database
    TOOL = "tool"  # what one tool sends
    CHATS = "chats"  # the chats that somebody exported


@dataclass(frozen=True, slots=True)
class Witness:
    """A source of the account that was read without a gap, and until when (aware)."""

    source: str
    hears: Hears
    read_until: datetime


@dataclass(frozen=True, slots=True)
class Heard:
    """What was heard since a pause. Moments in UTC; the counts are those of the source that shows most."""

    state: Silence
    since: datetime  # the pause and its grace
    until: datetime | None = None  # how far data reach that can show silence; None: none can
    sends: int = 0  # everything that the account sent since
    machine: int = 0  # of these a machine's; where the rhythm shows it, all that no other campaign sent
    by: tuple[By, ...] = ()
    last: datetime | None = None  # the newest of the machine's
    verdict: Verdict = Verdict.NO_DATA  # the audit's, of what was sent since; the gravest of the sources
    due: datetime | None = None  # when it would have sent first since, by its habit; None: it is not known
    why: Why | None = None  # only while open
    sources: tuple[str, ...] = ()  # those that reach to ``until`` or show the machine

    @property
    def unexplained(self) -> bool:
        """Whether a machine sends that is not the paused campaign: the rhythm alone shows it."""
        return self.state is Silence.BROKEN and self.by == (By.RHYTHM,)


def listen(
    events: pl.DataFrame,
    *,
    campaigns: Collection[str],
    paused_at: datetime,
    grace: timedelta,
    quiet: timedelta,
    witnesses: Iterable[Witness],
    as_of: datetime,
    others: Collection[str] = (),
    others_until: datetime | None = None,
    window_days: int = 28,
    zone: str = "UTC",
) -> Heard:
    """What the messages of one account say at ``as_of`` of a campaign that was paused at ``paused_at``.

    :param events: schema ``frames.EVENTS``, of one account, in any order. What counts are the
        ``window_days`` before the pause, and of the time since it the last ``window_days``.
    :param campaigns: what stands for the paused campaign in ``campaign_id``.
    :param quiet: so long after the grace the data have to reach at least, whatever the campaign's habit.
    :param others: what stands for other known campaigns of the account, and ``others_until``: until when
        the last of them may have sent without a label (None: there is none). While one still may, what a
        machine sends without a label proves nothing.
    :param zone: the account's time zone (IANA), for the audit's local days.

    A message of the grace is no alarm: it was on its way. Aware moments throughout.
    """
    paused_at, as_of = _utc(paused_at), _utc(as_of)
    since = paused_at + grace
    shared = others_until is not None and _utc(others_until) + grace >= as_of
    alone = since if shared or others_until is None else max(since, _utc(others_until) + grace)
    marked = _marked(events, campaigns, others, paused_at, as_of, timedelta(days=window_days))
    before = marked.filter(pl.col("sent_at") < paused_at)
    after = marked.filter(pl.col("sent_at") > max(since, as_of - timedelta(days=window_days)))
    reached = dict(_reached(before, after, witnesses))
    until = min(max(reached.values()), as_of) if reached else None
    found = [
        _judge(part, alone=alone, shared=shared, as_of=as_of, days=window_days, zone=zone)
        for part in after.partition_by("source")
    ]
    seen = [one for one in found if one.by]
    due = _due(before, since)
    needed = alone + quiet if due is None else max(alone + quiet, due + grace)
    # Too early is also before the campaign was due: no export could help until then.
    state, why = _state(bool(seen), any(one.unclear for one in found), until, needed, as_of)
    return Heard(
        state=state,
        since=since,
        until=until,
        sends=max((one.sends for one in found), default=0),
        machine=max((one.machine for one in seen), default=0),
        by=tuple(by for by in By if any(by in one.by for one in seen)),
        last=max((one.last for one in seen if one.last), default=None),
        verdict=max((one.verdict for one in found), key=_GRAVITY.index, default=Verdict.NO_DATA),
        due=due,
        why=why,
        sources=_sources(seen, reached, needed),
    )


def _sources(seen: list[_Found], reached: dict[str, datetime], needed: datetime) -> tuple[str, ...]:
    far = {source for source, at in reached.items() if at >= needed}
    return tuple(sorted({one.source for one in seen} or far))


def _state(
    broken: bool, unclear: bool, until: datetime | None, needed: datetime, as_of: datetime
) -> tuple[Silence, Why | None]:
    if broken:
        return Silence.BROKEN, None
    if as_of < needed:
        return Silence.WAITING, None
    if unclear:
        return Silence.OPEN, Why.UNCLEAR
    if until is None:
        return Silence.OPEN, Why.NO_WITNESS
    return (Silence.OPEN, Why.STALE) if until < needed else (Silence.CONFIRMED, None)


# Whose message is it


def _marked(
    events: pl.DataFrame,
    campaigns: Collection[str],
    others: Collection[str],
    paused_at: datetime,
    as_of: datetime,
    window: timedelta,
) -> pl.DataFrame:
    """The events that count, in order, with ``ours`` (sent), ``labelled`` (bears the campaign's id),
    ``texted`` (the campaign's text, in answer to nobody), ``other`` (another known campaign's)."""
    ours = pl.col("direction") == "out"
    known = events.filter(pl.col("sent_at").is_between(paused_at - window, as_of)).sort(
        "sent_at", "position", "event_id"
    )
    heard = known.filter(~ours).select("source", "counterpart", "sent_at", heard_at="sent_at").drop_nulls()
    marked = known.join_asof(
        heard,
        on="sent_at",
        by=["source", "counterpart"],
        tolerance=ANSWERED_WITHIN,
        check_sortedness=False,
    ).with_columns(
        ours=ours,
        labelled=ours & pl.col("campaign_id").is_in(list(campaigns)).fill_null(False),
        other=ours & pl.col("campaign_id").is_in(list(others)).fill_null(False),
        answers=pl.col("heard_at").is_not_null(),
    )
    own = _texts(marked.filter("labelled"))
    foreign = _texts(marked.filter("other")) - own
    marked = marked.with_columns(
        other=pl.col("other")
        | (ours & ~pl.col("labelled") & pl.col("content").is_in(list(foreign)).fill_null(False))
    )
    unasked = marked.filter("ours", ~pl.col("other"), ~pl.col("answers"), pl.col("sent_at") < paused_at)
    reach = unasked.group_by("source", "content").agg(pl.col("counterpart").drop_nulls().n_unique())
    texts = own | _texts(reach.filter(pl.col("counterpart") >= MASS_TEXT))
    return marked.with_columns(
        texted=ours
        & ~pl.col("other")
        & ~pl.col("answers")
        & pl.col("content").is_in(list(texts)).fill_null(False)
    )


def _texts(frame: pl.DataFrame) -> set[str]:
    return set(frame["content"].drop_nulls())


# What shows a machine

_GRAVITY = (Verdict.NO_DATA, Verdict.CLEAR, Verdict.WATCH, Verdict.BULK, Verdict.AUTOMATED)


@dataclass(frozen=True, slots=True)
class _Found:
    """What one source shows."""

    source: str
    sends: int
    machine: int
    by: frozenset[By]
    unclear: bool
    last: datetime | None
    verdict: Verdict


def _judge(
    after: pl.DataFrame, *, alone: datetime, shared: bool, as_of: datetime, days: int, zone: str
) -> _Found:
    """One source's events after the grace.

    What bears no label is the machine's only from ``alone`` on, when no other campaign may have sent it;
    where it is ``shared`` with one, it makes things unclear.
    """
    sent = after.filter("ours", ~pl.col("other"), pl.col("sent_at") > alone)
    again = sent.filter("texted", pl.col("counterpart").is_not_null())
    many = _in_a_day(again).filter(pl.col("people") >= SENT_AGAIN)
    verdict = _rhythm(after.filter(~pl.col("other"), pl.col("sent_at") > alone), as_of, days, zone)
    rhythm = verdict in (Verdict.BULK, Verdict.AUTOMATED)
    shown = {
        By.CAMPAIGN: after.filter("labelled"),
        By.CONTENT: sent.filter(pl.col("texted") & pl.col("content").is_in(many["content"].implode())),
        By.RHYTHM: sent.filter(pl.lit(rhythm)),
    }
    counted = {by: part for by, part in shown.items() if len(part) and not (shared and by is not By.CAMPAIGN)}
    machine = pl.concat([after.clear(), *counted.values()]).unique("event_id")
    last = machine["sent_at"].max()
    stands_out = rhythm or verdict is Verdict.WATCH or again["counterpart"].n_unique() >= SEEN_AGAIN
    return _Found(
        source=str(after["source"][0]),
        sends=int(after["ours"].sum()),
        machine=len(machine),
        by=frozenset(counted),
        unclear=stands_out and not counted,
        last=last if isinstance(last, datetime) else None,
        verdict=verdict,
    )


def _in_a_day(sent: pl.DataFrame) -> pl.DataFrame:
    """For each text the most ``people`` that got it within 24 hours."""
    windows = sent.group_by_dynamic("sent_at", every="1h", period="24h", group_by="content")
    reached = windows.agg(people=pl.col("counterpart").n_unique())
    return reached.group_by("content").agg(pl.col("people").max())


def _rhythm(events: pl.DataFrame, as_of: datetime, days: int, zone: str) -> Verdict:
    """The audit's verdict; below its minimum of sends not even a fact can hold."""
    if events["ours"].sum() < MINIMUM_SENDS:
        return Verdict.NO_DATA
    account = str(events["account_id"][0])
    rows = day_rows(events, {account: zone})
    (finding,) = judge(rows, as_of, window_days=days, fresh_days=days, accounts=[account])
    return finding.verdict


# What shows silence


def _reached(
    before: pl.DataFrame, after: pl.DataFrame, witnesses: Iterable[Witness]
) -> Iterator[tuple[str, datetime]]:
    """How far each source reaches that would have heard the machine go on."""
    for witness in witnesses:
        own = before.filter("ours", pl.col("source") == witness.source)
        shown = own.filter(pl.col("labelled") | pl.col("texted"))
        if witness.hears is Hears.CHATS:
            newest = _chats(shown, after.filter(pl.col("source") == witness.source))
            if newest is not None:
                yield witness.source, newest
        elif len(own if witness.hears is Hears.ALL else shown):
            yield witness.source, _utc(witness.read_until)


def _chats(shown: pl.DataFrame, after: pl.DataFrame) -> datetime | None:
    """The moment until which at least ``CHATS`` chats of former recipients are known."""
    people = shown["counterpart"].drop_nulls().unique()
    if len(people) < CHATS:
        return None
    known = pl.concat([shown, after]).filter(pl.col("counterpart").is_in(people.implode()))
    newest = known.group_by("counterpart").agg(pl.col("sent_at").max())["sent_at"]
    found = newest.sort(descending=True)[CHATS - 1]
    return found if isinstance(found, datetime) else None


def _due(before: pl.DataFrame, since: datetime) -> datetime | None:
    """When the campaign would have sent first after ``since``, if each week were like those before."""
    ages = (since - sent for sent in before.filter(pl.col("labelled") | pl.col("texted"))["sent_at"])
    return min((since + WEEK - age % WEEK for age in ages), default=None)


def _utc(moment: datetime) -> datetime:
    """A plain moment in UTC, in which sums are elapsed time; ValueError where it has no time zone."""
    if moment.tzinfo is None:
        raise ValueError("the moment needs a time zone")
    return datetime.fromisoformat(moment.astimezone(UTC).isoformat())
