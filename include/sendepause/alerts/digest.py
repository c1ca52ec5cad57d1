"""The operators' summary: how it stands, what waits, what is at risk. Posted also when nothing happened."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sendepause import countdown, words
from sendepause.alerts.outbox import Overview
from sendepause.alerts.texts import safe
from sendepause.model import Act, Enforcement, Finding, Language, Phase, Verdict

_WORDS = {
    Language.DE: {
        "title": "Sendepause: Stand am {when}",
        "in_force": "*{title}*: in Kraft seit {date}",
        "left": "*{title}*: {left}, Beginn {date}",
        "owed": "Pausen, die noch ausstehen: {count}",
        "none_owed": "Keine Pause steht aus.",
        "waiting": "Davon warten auf eine Person: {count}",
        "asked": "Offene Fragen an Eigentümer und Betrieb: {count}",
        "verdicts": "Befunde: {list}",
        "alerts": "Meldungen: {owed} offen, {sent} gesendet, {refused} nicht zustellbar",
        "ill": "Gestört: {list}",
        "ledger": "Ledger: {count} Einträge, letzter Hash `{hash}`",
        "well": "Alle Quellen und Kampagnensysteme sind erreichbar.",
    },
    Language.EN: {
        "title": "Sendepause: how it stands on {when}",
        "in_force": "*{title}*: in force since {date}",
        "left": "*{title}*: {left}, begins {date}",
        "owed": "Pauses that are still owed: {count}",
        "none_owed": "No pause is owed.",
        "waiting": "Of these, waiting for a person: {count}",
        "asked": "Open questions to owners and operators: {count}",
        "verdicts": "Findings: {list}",
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
        f"{words.label(verdict, language)} {counts[verdict]}" for verdict in Verdict if counts[verdict]
    ]
    title = say["title"].format(when=words.moment(as_of, zone, language))
    parts = [
        "\n".join(_rule(rule, as_of, zone, language) for rule in rules),
        "\n".join(
            [
                say["owed"].format(count=owed) if owed else say["none_owed"],
                *([say["waiting"].format(count=waiting)] if waiting else []),
                say["asked"].format(count=asked),
                say["verdicts"].format(list=words.listed(verdicts, language) or "0"),
            ]
        ),
        say["alerts"].format(owed=alerts.owed, sent=alerts.sent, refused=alerts.refused),
        say["ill"].format(list=", ".join(safe(name) for name in ill[:20])) if ill else say["well"],
        say["ledger"].format(count=head[0], hash=head[1]) if head else "",
    ]
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": {"type": "plain_text", "text": title[:150]}},
        *({"type": "section", "text": {"type": "mrkdwn", "text": part[:3000]}} for part in parts if part),
    ]
    return "\n".join([title, *filter(None, parts)]), blocks


def _rule(rule: Enforcement, as_of: datetime, zone: str, language: Language) -> str:
    say = _WORDS[language]
    title = safe(rule.title.get(str(language)) or next(iter(rule.title.values())))
    date = words.moment(countdown.begins_at(rule), zone, language)
    if countdown.phase_at(rule, as_of) is Phase.IN_FORCE:
        return say["in_force"].format(title=title, date=date)
    left = words.time_left(countdown.hours_left(rule, as_of), language)
    return say["left"].format(title=title, left=left, date=date)
