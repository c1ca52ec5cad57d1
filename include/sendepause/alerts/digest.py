"""The operators' summary: how it stands, what waits, what is at risk. Posted also when nothing happened."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sendepause import countdown, words
from sendepause.alerts import items
from sendepause.alerts.outbox import Overview
from sendepause.alerts.texts import safe
from sendepause.guard import Passage
from sendepause.model import Act, Enforcement, Finding, Language, Reason, Verdict
from sendepause.store.folds import Switches

_WORDS = {
    Language.DE: {
        "title": "Sendepause: Stand am {when}",
        "rule": "*{title}*: {countdown}",
        "owed": "Ausstehende Pausen: {count}",
        "none_owed": "Keine Pause steht aus.",
        "waiting": "Davon warten auf eine Freigabe: {count}",
        "resumes": "Kampagnen, die auf Freigabe wieder laufen können: {count}",
        "silence": "Stille nach Pausen: bestätigt {confirmed}, offen {open}, gebrochen {broken}",
        "under_way": "Kampagnen, von denen nach der Pause noch etwas im Gang ist: {count}",
        "halted": "Der Halt ist gesetzt: Es wird nichts pausiert.",
        "rehearsal": "Probe: Das Pausieren ist ausgeschaltet, es wird nichts pausiert.",
        "asked": "Offene Fragen an Zuständige und Betriebsteam: {count}",
        "verdicts": "Befunde: {list}",
        "none": "noch keine",
        "details": "Einzelheiten zeigen die Übersicht in Airflow und `sendepause plan`.",
        "alerts": "Mitteilungen: {owed} offen, {sent} gesendet, {refused} nicht zustellbar",
        "ill": "Gestört: {list}",
        "ledger": "Protokoll: {count} Einträge, Prüfsumme des letzten `{hash}`",
        "well": "Alle Datenquellen und Kampagnensysteme sind erreichbar.",
    },
    Language.EN: {
        "title": "Sendepause: how it stands on {when}",
        "rule": "*{title}*: {countdown}",
        "owed": "Pauses that are still owed: {count}",
        "none_owed": "No pause is owed.",
        "waiting": "Of these, waiting for approval: {count}",
        "resumes": "Campaigns that may run again on approval: {count}",
        "silence": "Silence after pauses: confirmed {confirmed}, open {open}, broken {broken}",
        "under_way": "Campaigns of which something is still under way after the pause: {count}",
        "halted": "The halt is on: no campaign is paused.",
        "rehearsal": "Rehearsal: acting is off, no campaign is paused.",
        "asked": "Open questions to owners and operators: {count}",
        "verdicts": "Findings: {list}",
        "none": "none yet",
        "details": "The board in Airflow and `sendepause plan` show the details.",
        "alerts": "Alerts: {owed} owed, {sent} sent, {refused} undeliverable",
        "ill": "Out of order: {list}",
        "ledger": "Ledger: {count} entries, newest hash `{hash}`",
        "well": "All sources and campaign systems can be reached.",
    },
}


def compose(
    language: Language,
    zone: str,
    *,
    as_of: datetime,
    rules: Sequence[Enforcement],
    shown: Sequence[Mapping[str, Any]],
    switches: Switches,
    findings: Mapping[str, Finding],
    ill: Sequence[str],
    alerts: Overview,
    head: tuple[int, str] | None,
) -> tuple[str, list[dict[str, Any]]]:
    """Text and blocks. ``shown``: the plan's items as ``sendepause plan`` prints them, under ``switches``.

    ``head``: number and hash of the newest ledger entry. Posted every day outside the database, it shows
    later that nobody wrote the whole chain anew.
    """
    say = _WORDS[language]
    counts = Counter(finding.verdict for finding in findings.values())
    verdicts = [
        f"{words.label(verdict, language)} ({counts[verdict]})" for verdict in Verdict if counts[verdict]
    ]
    broken = ", ".join(items.named(subject, language) for subject in ill[:20])
    title = say["title"].format(when=words.moment(as_of, zone, language))
    findings_said = say["verdicts"].format(list=words.listed(verdicts, language) or say["none"])
    parts = [
        "\n".join(_rule(rule, as_of, zone, language) for rule in rules),
        _stopped(switches, say),
        "\n".join([*_plan(shown, say), findings_said]),
        say["alerts"].format(owed=alerts.owed, sent=alerts.sent, refused=alerts.refused),
        say["ill"].format(list=broken) if ill else say["well"],
        say["ledger"].format(count=head[0], hash=head[1]) if head else "",
        say["details"],
    ]
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": {"type": "plain_text", "text": title[:150]}},
        *({"type": "section", "text": {"type": "mrkdwn", "text": part[:3000]}} for part in parts if part),
    ]
    return "\n".join([title, *filter(None, parts)]), blocks


def _stopped(switches: Switches, say: Mapping[str, str]) -> str:
    """That nothing is paused at present, if so: it is what matters most."""
    if switches.halted:
        return say["halted"]
    return "" if switches.acting else say["rehearsal"]


def _plan(shown: Sequence[Mapping[str, Any]], say: Mapping[str, str]) -> Iterator[str]:
    """What is owed, what waits, and how far the second proof of the pauses is; what is 0 is left out."""
    acts = Counter(item["act"] for item in shown)
    waits = Counter(item["act"] for item in shown if _waits(item))
    proofs = {
        "confirmed": _campaigns(shown, Reason.SILENCE_CONFIRMED),
        "open": _campaigns(shown, Reason.SILENCE_OPEN),
        "broken": _campaigns(shown, Reason.STILL_SENDING),
    }
    under_way = _campaigns(shown, Reason.STILL_UNDER_WAY)
    yield say["owed"].format(count=acts[Act.PAUSE]) if acts[Act.PAUSE] else say["none_owed"]
    if waits[Act.PAUSE]:
        yield say["waiting"].format(count=waits[Act.PAUSE])
    if waits[Act.RESUME]:
        yield say["resumes"].format(count=waits[Act.RESUME])
    if any(proofs.values()):
        yield say["silence"].format(**proofs)
    if under_way:
        yield say["under_way"].format(count=under_way)
    yield say["asked"].format(count=acts[Act.ASK])


def _waits(item: Mapping[str, Any]) -> bool:
    return bool(item["passage"]) and not Passage(item["passage"]).proceeds


def _campaigns(shown: Sequence[Mapping[str, Any]], reason: Reason) -> int:
    """How many campaigns something holds for, whatever the number of rules that say so."""
    return len({item["subject"] for item in shown if reason in item["reasons"]})


def _rule(rule: Enforcement, as_of: datetime, zone: str, language: Language) -> str:
    say = _WORDS[language]
    title = safe(rule.title.get(str(language)) or next(iter(rule.title.values())))
    left = words.countdown(countdown.begins_at(rule), as_of, zone, language)
    return say["rule"].format(title=title, countdown=left)
