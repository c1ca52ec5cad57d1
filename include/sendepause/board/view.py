"""What the board shows of a moment. Reads one transaction of the store and writes nothing.

``seen.py`` gathers, ``outlook.py`` says whether a date will be met, ``lines.py`` puts rows into words.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from sendepause import countdown, words
from sendepause.alerts import outbox
from sendepause.board import lines, proofs
from sendepause.board.lines import AccountLine, AlertLine, CampaignLine, EntryLine, Page
from sendepause.board.outlook import Level, Loop, Standing, outlook
from sendepause.board.seen import Reader, Seen, look, spoken
from sendepause.board.texts import ago
from sendepause.configuration import BadConfiguration
from sendepause.model import Account, CampaignState, Enforcement, Language, Phase, Silence
from sendepause.settings import Settings
from sendepause.store import folds, ledger, queries
from sendepause.store.database import Session

NEWEST = 25  # so many ledger entries and alerts are shown
LISTED = 50  # so many lines of each coverage list
FAULTS = 10  # so many errors of a broken configuration


Health = Mapping[str, queries.Health]


@dataclass(frozen=True, slots=True)
class Asked:
    """Which rows of the long tables the reader wants: those that hold ``q``, and which page of them."""

    q: str = ""
    page: int = 1
    campaigns_page: int = 1


@dataclass(slots=True)
class Memory:
    """What one page leaves to the next, so that the large tables are read once after each change."""

    seen: Seen | None = None


@dataclass(frozen=True, slots=True)
class Number:
    """A counted thing. ``start`` and ``share`` place it on a bar of 100."""

    name: str
    label: str
    value: str
    start: float
    share: float


@dataclass(frozen=True, slots=True)
class DateCard:
    """One enforcement: how long until it begins, and whether it will be met."""

    id: str
    title: str
    phase: str  # model.Phase
    phase_label: str
    left: str
    begins: str
    level: Level
    outlook: str
    numbers: tuple[Number, ...]
    besides: str
    silences: str  # how far the second proof of the pauses is
    source: str


@dataclass(frozen=True, slots=True)
class Notice:
    """Something an operator has to know before anything else."""

    level: Level
    sentence: str
    details: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Switch:
    """One thing that is on or off, well or ill."""

    label: str
    state: str
    level: Level
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Gap:
    """One line of a coverage list: a thing, more about it, what is wrong, and what to do about it."""

    subject: str
    name: str
    detail: str = ""
    mend: str = ""


@dataclass(frozen=True, slots=True)
class Gaps:
    """One coverage list, cut at ``LISTED``; ``total`` counts all of it."""

    key: str
    total: int
    lines: tuple[Gap, ...]

    @property
    def more(self) -> int:
        """How many lines were left out."""
        return self.total - len(self.lines)


@dataclass(frozen=True, slots=True)
class Overview:
    """Everything on the page, in words."""

    as_of: str
    notices: tuple[Notice, ...]
    dates: tuple[DateCard, ...]
    switches: tuple[Switch, ...]
    accounts: Page[AccountLine]
    campaigns: Page[CampaignLine]
    coverage: tuple[Gaps, ...]
    entries: tuple[EntryLine, ...]
    head: ledger.Entry | None
    alerts: tuple[AlertLine, ...]
    alert_counts: Mapping[str, str]


def overview(
    session: Session,
    settings: Settings,
    now: datetime,
    language: Language,
    asked: Asked | None = None,
    trouble: BadConfiguration | None = None,
    memory: Memory | None = None,
) -> Overview:
    """The board at ``now`` (aware), with times in the operators' zone.

    :param asked: which rows of the long tables; the first ones by default.
    :param trouble: what is wrong with the configuration files while the last valid one is in force.
    :param memory: what one page leaves to the next.
    """
    asked = asked or Asked()
    reader = Reader(language, settings.operators.time_zone, now)
    seen = look(session, settings, now, memory.seen if memory else None)
    if memory is not None:
        memory.seen = seen
    health, loop = queries.health(session), _loop(session, seen)
    alerts = outbox.overview(session, limit=NEWEST)
    head = ledger.head(session)
    newest = ledger.entries(session, after_seq=max(head.seq - NEWEST, 0)) if head else []
    accounts = lines.paged(lines.choose_accounts(seen, asked.q), asked.page)
    campaigns = lines.paged(lines.choose_campaigns(seen, asked.q), asked.campaigns_page)
    return Overview(
        as_of=reader.text("as_of", moment=reader.long(now), zone=reader.zone),
        notices=tuple(_notices(seen, health, loop, alerts.owed, reader, trouble)),
        dates=tuple(_date_card(rule, seen, loop, reader) for rule in _by_nearness(seen, now)),
        switches=tuple(_switches(seen, health, loop, reader, trouble)),
        accounts=_account_page(session, seen, accounts, reader),
        campaigns=lines.mapped(campaigns, lambda one: lines.campaign_line(seen, one, reader)),
        coverage=tuple(_coverage(seen, health, queries.broken_files(session), reader)),
        entries=tuple(lines.entry_line(seen, entry, reader) for entry in reversed(newest)),
        head=head,
        alerts=tuple(lines.alert_line(seen, alert, reader) for alert in alerts.rows),
        alert_counts={
            state: reader.number(getattr(alerts, state)) for state in ("owed", "sent", "overtaken", "refused")
        },
    )


def _loop(session: Session, seen: Seen) -> Loop:
    enforced = queries.heartbeats(session).get("enforce")
    return Loop(
        acting=seen.acting.acting and not seen.halt.halted,
        enforced_at=enforced.finished_at if enforced else None,
    )


def _by_nearness(seen: Seen, now: datetime) -> list[Enforcement]:
    """The next date first; behind what is to come, what is in force, the newest first."""
    past = [rule for rule in seen.rules.values() if countdown.phase_at(rule, now) is Phase.IN_FORCE]
    coming = [rule for rule in seen.rules.values() if rule not in past]
    return [*coming, *reversed(past)]


def _account_page(session: Session, seen: Seen, chosen: Page[Account], reader: Reader) -> Page[AccountLine]:
    findings = queries.latest_findings(session, accounts=[account.number for account in chosen.rows])
    return lines.mapped(
        chosen, lambda account: lines.account_line(seen, account, findings.get(account.number), reader)
    )


def _date_card(rule: Enforcement, seen: Seen, loop: Loop, reader: Reader) -> DateCard:
    language = reader.language
    counts = seen.standings[rule.id]
    heard = seen.heard[rule.id]
    level, sentence = outlook(rule, counts, heard, loop, reader.now, language)
    phase = countdown.phase_at(rule, reader.now)
    moment = words.moment(countdown.begins_at(rule), rule.time_zone, language)
    begins = reader.text("since" if phase is Phase.IN_FORCE else "until", moment=moment)
    return DateCard(
        id=rule.id,
        title=rule.title.get(str(language), rule.id),
        phase=phase,
        phase_label=words.label(phase, language),
        left=words.time_left(countdown.hours_left(rule, reader.now), language),
        begins=f"{begins} ({rule.time_zone})",
        level=level,
        outlook=sentence,
        numbers=tuple(_numbers(counts, reader)),
        besides=reader.text("besides", held=counts[Standing.HELD], stopped=counts[Standing.STOPPED]),
        silences=reader.text("silences", **{str(one): heard[one] for one in Silence}) if heard else "",
        source=reader.text("source", source=rule.source),
    )


def _numbers(counts: Mapping[Standing, int], reader: Reader) -> Iterator[Number]:
    """The four numbers of a card; the parts of the bar add up to all counted campaigns."""
    running = sum(count for member, count in counts.items() if member.runs)
    owed, waiting = counts[Standing.OWED], counts[Standing.WAITING]
    parts = {
        "verified": (counts[Standing.VERIFIED], counts[Standing.VERIFIED] + counts[Standing.STOPPED]),
        "owed": (owed, owed),
        "waiting": (waiting, waiting),
        "running": (running, running - owed - waiting),
    }
    whole = sum(counts.values()) or 1
    start = 0.0
    found = {}
    for name, (value, part) in parts.items():
        share = 100 * part / whole
        found[name] = Number(name, reader.text(name), reader.number(value), round(start, 2), round(share, 2))
        start += share
    return (found[name] for name in ("running", "verified", "owed", "waiting"))


def _notices(
    seen: Seen, health: Health, loop: Loop, owed: int, reader: Reader, trouble: BadConfiguration | None
) -> Iterator[Notice]:
    if seen.halt.halted:
        yield Notice(Level.RISK, reader.text("notice_halt"))
    late = loop.late_by(reader.now)
    if loop.enforced_at is None:
        yield Notice(Level.RISK, reader.text("notice_never"))
    elif late is not None:
        yield Notice(Level.RISK, reader.text("notice_late", ago=ago(late, reader.language)))
    if not seen.acting.acting:
        phases = {countdown.phase_at(rule, reader.now) for rule in seen.rules.values()}
        level = Level.RISK if phases & {Phase.PAUSING, Phase.IN_FORCE} else Level.ATTENTION
        yield Notice(level, reader.text("notice_rehearsal"))
    if trouble is not None:
        faults = tuple(str(fault) for fault in trouble.faults[:FAULTS])
        yield Notice(Level.ATTENTION, reader.text("notice_configuration"), faults)
    slack = health.get("slack")
    if slack is not None and not slack.ok:
        details = (slack.detail,) if slack.detail else ()
        yield Notice(Level.ATTENTION, reader.text("notice_slack", n=owed), details)


def _switches(
    seen: Seen, health: Health, loop: Loop, reader: Reader, trouble: BadConfiguration | None
) -> Iterator[Switch]:
    acting, halted = seen.acting.acting, seen.halt.halted
    yield Switch(
        reader.text("acting"),
        reader.text("acting_on" if acting else "acting_off"),
        Level.OK if acting else Level.ATTENTION,
        _since(seen.acting, reader),
    )
    yield Switch(
        reader.text("halt"),
        reader.text("halt_on" if halted else "halt_off"),
        Level.RISK if halted else Level.OK,
        _since(seen.halt, reader) if halted else "",
    )
    at = loop.enforced_at
    yield Switch(
        reader.text("enforced"),
        reader.text("never") if at is None else ago(reader.now - at, reader.language),
        Level.OK if at and loop.late_by(reader.now) is None else Level.RISK,
        reader.short(at),
    )
    slack = health.get("slack")
    state = "slack_untried" if slack is None else "slack_ok" if slack.ok else "slack_off"
    since = reader.text("since", moment=reader.short(slack.since)) if slack else ""
    yield Switch(
        reader.text("slack"), reader.text(state), Level.OK if slack and slack.ok else Level.ATTENTION, since
    )
    yield Switch(
        reader.text("configuration"),
        reader.text("configuration_broken" if trouble else "configuration_ok"),
        Level.ATTENTION if trouble else Level.OK,
        reader.text("hash", hash=seen.settings.hash[:12]),
    )


def _since(moved: folds.Switches, reader: Reader) -> str:
    """When and by whom one switch came to stand as it does."""
    since = moved.acting_since or moved.halted_since
    if since is None or moved.by is None:
        return reader.text("never_moved")
    return reader.text("since_by", moment=reader.short(since), who=moved.by)


def _coverage(
    seen: Seen, health: Health, broken: Iterable[queries.FileState], reader: Reader
) -> Iterator[Gaps]:
    yield _gaps(
        "no_source",
        [
            Gap(spoken(account.number), account.name, seen.owners.get(account.owner, account.owner))
            for account in seen.without_source
        ],
    )
    yield _gaps(
        "ill",
        [
            Gap(
                seen.name_of(subject, reader),
                reader.text("since", moment=reader.short(state.since)),
                state.detail,
            )
            for subject, state in sorted(health.items())
            if not state.ok and subject.startswith(("source:", "system:", "drill:"))
        ],
    )
    yield _gaps(
        "broken",
        [
            Gap(file.path, file.source, ": ".join(part for part in (file.place, file.reason) if part))
            for file in broken
        ],
    )
    yield _gaps(
        "unknown",
        [
            Gap(
                spoken(campaign.account),
                campaign.name,
                f"{campaign.system}: {words.label(campaign.state, reader.language)}",
                reader.text("account_foreign_mend") if campaign.account else proofs.mend(reader, campaign),
            )
            for campaign in seen.campaigns
            if campaign.account not in seen.accounts
            and campaign.state not in (CampaignState.PAUSED, CampaignState.DONE)
        ],
    )


def _gaps(key: str, found: list[Gap]) -> Gaps:
    return Gaps(key, len(found), tuple(found[:LISTED]))
