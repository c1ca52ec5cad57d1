"""`sendepause explain`: why an account is where it is, in plain sentences."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sendepause import countdown, second_proof, stages, words
from sendepause.audit import telling
from sendepause.audit.wording import number
from sendepause.errors import BadInput
from sendepause.installation import Installation
from sendepause.model import Account, AccountBy, Act, Finding, Kind, Language, NoData, Owner, Reason, Verdict
from sendepause.settings import Settings, e164
from sendepause.store import database, findings, folds, ledger, queries
from sendepause.store.database import Session
from sendepause.store.folds import PauseRecord
from sendepause.store.silences import Listened, silences

MOST_SURE = 0.99  # nothing is said to be certain

_PAUSED = words.Both(
    "Sendepause hat sie am {}, pausiert und nachgelesen, dass die Pause gilt.",
    "Sendepause paused it on {}, and read back that the pause holds.",
)
_VERDICT = words.Both("Befund: {label}, seit {since}.", "Finding: {label}, since {since}.")
_AFTER = words.Both(
    "Befund: {label}, seit {since}; vorher: {before}.", "Finding: {label}, since {since}; before: {before}."
)
_UNSINCE = words.Both("Befund: {label}.", "Finding: {label}.")
_SOURCES = words.Both("Datenquellen: {}.", "Sources: {}.")
_NO_SOURCES = words.Both("Datenquellen: keine.", "Sources: none.")
_SOURCE = words.Both("{name}, gelesen bis {until}", "{name}, read until {until}")
_SURE = words.Both(
    "Gewissheit: {} % spricht für ein Programm (über {} Nachrichten an {} Tagen).",
    "Confidence: {}% speaks for a program ({} messages on {} days).",
)
_COMPARED = words.Both("Vergleich: {}", "Compared: {}")
_MISSING = words.Both("Was fehlt: {}", "What is missing: {}")
_OUTLOOK = words.Both("Was den Befund ändern würde: {}", "What would change the finding: {}")
_INFERRED = words.Both(
    "Das Konto ist nur erschlossen; gesendet wird über {}.",
    "The account is only inferred; messages go through {}.",
)


def explain(installation: Installation, account: str, as_of: datetime) -> Iterator[str]:
    """Lines for people, in the language of the account's owner.

    :raises BadInput: where the number is none, or no account.
    """
    settings, _ = installation.read_settings()
    try:
        number = e164(account)
    except ValueError as error:
        raise BadInput(f"{account!r} {error}.", means="Nothing was looked up.") from error
    known = settings.account_map.get(number)
    if known is None:
        raise BadInput(
            f"{number} is no account.", "accounts.yaml lists them.", means="Nothing was looked up."
        )
    owner = settings.owner_map()[known.owner]
    language = owner.language
    with database.session(installation.engine, write=False) as session:
        finding = queries.latest_findings(session, as_of, [number]).get(number)
        verdict = list(_verdict(session, settings, known, owner, finding))
        entries = [entry for entry in ledger.entries(session, kinds=folds.PAUSES) if entry.as_of <= as_of]
        listened = {pair: one for pair, one in silences(session).items() if one.heard_at <= as_of}
    pauses = folds.pauses(entries)
    shown = stages.show(installation, settings, as_of, [number])
    yield f"{known.name} ({number}), {words.label(known.declared_kind, language)}, {owner.name}"
    yield from verdict
    for rule in settings.enforcement_list():
        items = [item for item in shown.items if item["enforcement"] == rule.id]
        if items:
            left = words.countdown(countdown.begins_at(rule), as_of, owner.time_zone, language)
            yield f"\n{rule.title.get(language) or rule.id}: {left}"
        for item in items:
            paused = pauses.get((rule.id, item["subject"]))
            yield _item(item, language) + _paused(paused, owner.time_zone, language)
            heard = listened.get((rule.id, item["subject"]))
            more = [*_inferred(item, language), *_after(paused, heard, owner.time_zone, language)]
            yield from (f"  {line}" for line in more)


def _verdict(
    session: Session, settings: Settings, account: Account, owner: Owner, finding: Finding | None
) -> Iterator[str]:
    """The verdict and since when, what it rests on, how sure it is, what is missing, what would change it."""
    language, zone = owner.language, account.time_zone
    if finding is None:
        yield words.sentence(Reason.NOT_AUDITED, language)
        return
    yield _in_force(session, finding, zone, language)
    yield telling.told(finding, language, zone=zone)
    yield from _sources(session, settings, account, finding, language)
    measured = finding.held.finding if finding.held else finding
    if finding.verdict is Verdict.AUTOMATED and measured.confidence is not None:  # of a program, not of bulk
        yield _sure(measured.recent or measured, measured.confidence, language)
    for said, lines in (
        (_COMPARED, telling.compared(finding, language)),
        (_MISSING, telling.missing(finding, language)),
        (_OUTLOOK, iter([telling.outlook(finding, language)])),
    ):
        if text := " ".join(line for line in lines if line):
            yield said.in_(language).format(text)


def _in_force(session: Session, finding: Finding, zone: str, language: Language) -> str:
    label = words.label(finding.verdict, language)
    if finding.since is None:
        return _UNSINCE.in_(language).format(label=label)
    before, since = findings.last_other(session, finding), words.moment(finding.since, zone, language)
    if before is None:
        return _VERDICT.in_(language).format(label=label, since=since)
    return _AFTER.in_(language).format(label=label, since=since, before=words.label(before.verdict, language))


def _sources(
    session: Session, settings: Settings, account: Account, finding: Finding, language: Language
) -> Iterator[str]:
    """Which sources tell of the account, and how far each reaches; nothing of one that was never read."""
    known = {source.id for source in settings.sources}
    named = [
        _SOURCE.in_(language).format(
            name=reach.source, until=words.moment(reach.read_until, account.time_zone, language)
        )
        for reach in queries.reaches(session)
        if reach.account == account.number and reach.source in known
    ]
    if named:
        yield _SOURCES.in_(language).format("; ".join(named))
    elif finding.no_data is NoData.NO_SOURCE:
        yield _NO_SOURCES.in_(language)


def _sure(measured: Finding, confidence: float, language: Language) -> str:
    percent = round(100 * min(confidence, MOST_SURE))
    return _SURE.in_(language).format(percent, number(measured.messages, language), measured.days)


def _inferred(item: dict[str, Any], language: Language) -> Iterator[str]:
    """What an account that nobody stated was concluded from."""
    facts = item["facts"]
    if facts.get("account_by") == AccountBy.INFERRED:
        yield _INFERRED.in_(language).format(", ".join(facts.get("senders", ())) or "?")


def _after(
    record: PauseRecord | None, listened: Listened | None, zone: str, language: Language
) -> Iterator[str]:
    """What goes on after our pause, and how far its second proof is."""
    if record is None or record.status != "paused":
        return
    if left := second_proof.still_under_way(record.left, language):
        yield f"{left}."
    if listened is not None and listened.episode == record.episode:
        heard = listened.heard
        yield second_proof.sentence(heard, language, lambda at: words.moment(at, zone, language))
        if heard.why:
            yield second_proof.wanted(heard.why, language)


def _paused(record: PauseRecord | None, zone: str, language: Language) -> str:
    """That the campaign does not run because Sendepause paused it, and since when."""
    if record is None or record.status != "paused":
        return ""
    said = _PAUSED.in_(language)
    return " " + said.format(words.moment(record.at, zone, language))


def _item(item: dict[str, Any], language: Language) -> str:
    facts = item["facts"]
    name = facts.get("campaign_name") or words.label(Kind(facts["kind"]), language)
    reasons = " ".join(words.sentence(Reason(reason), language) for reason in item["reasons"])
    return f"- {name}: {words.label(Act(item['act']), language)}. {reasons}"
