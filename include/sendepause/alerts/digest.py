"""The operators' summary: how it stands, what waits, what is at risk. Posted also when nothing happened."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sendepause import countdown, words
from sendepause.alerts import items
from sendepause.alerts.outbox import Overview
from sendepause.alerts.texts import safe
from sendepause.model import Act, Enforcement, Finding, Language, Verdict

_WORDS = {
    Language.DE: {
        "title": "Sendepause: Stand am {when}",
        "rule": "*{title}*: {countdown}",
        "owed": "Ausstehende Pausen: {count}",
        "none_owed": "Keine Pause steht aus.",
        "waiting": "Davon warten auf eine Freigabe: {count}",
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
    waiting: int,
    findings: Mapping[str, Finding],
    ill: Sequence[str],
    alerts: Overview,
    head: tuple[int, str] | None,
) -> tuple[str, list[dict[str, Any]]]:
    """Text and blocks. ``shown``: the plan's items as ``sendepause plan`` prints them.

    ``head``: number and hash of the newest ledger entry. Posted every day outside the database, it shows
    later that nobody wrote the whole chain anew.
    """
    say = _WORDS[language]
    owed = sum(item["act"] == Act.PAUSE for item in shown)
    asked = sum(item["act"] == Act.ASK for item in shown)
    counts = Counter(finding.verdict for finding in findings.values())
    verdicts = [
        f"{words.label(verdict, language)} ({counts[verdict]})" for verdict in Verdict if counts[verdict]
    ]
    broken = ", ".join(items.named(subject, language) for subject in ill[:20])
    title = say["title"].format(when=words.moment(as_of, zone, language))
    parts = [
        "\n".join(_rule(rule, as_of, zone, language) for rule in rules),
        "\n".join(
            [
                say["owed"].format(count=owed) if owed else say["none_owed"],
                *([say["waiting"].format(count=waiting)] if waiting else []),
                say["asked"].format(count=asked),
                say["verdicts"].format(list=words.listed(verdicts, language) or say["none"]),
            ]
        ),
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


def _rule(rule: Enforcement, as_of: datetime, zone: str, language: Language) -> str:
    say = _WORDS[language]
    title = safe(rule.title.get(str(language)) or next(iter(rule.title.values())))
    left = words.countdown(countdown.begins_at(rule), as_of, zone, language)
    return say["rule"].format(title=title, countdown=left)
