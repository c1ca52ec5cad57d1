"""What a person is asked in Airflow's required actions, in German and English: pauses, resumes and holds.

Every question says what it is about, why it waits, and what each answer does. What comes from outside
stands in it as text that means nothing but itself.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import datetime
from typing import Any

from sendepause import countdown, stages, words
from sendepause.campaigns.base import Backlog
from sendepause.guard import Passage
from sendepause.installation import Installation
from sendepause.model import Act, Campaign, Hold, Kind, Language, Reason
from sendepause.settings import Settings
from sendepause.store import database, folds, ledger, queries


def questions(installation: Installation, items: Collection[str] | None = None) -> list[dict[str, str]]:
    """What waits for a person, as texts in German and English: pauses, resumes and holds.

    ``items``: only these (of the plan, or ``hold:SEQ``), as far as they still wait; None for all that wait.
    """
    now = installation.now()
    with database.session(installation.engine, write=False) as session:
        latest, entries = queries.latest_plan(session), ledger.entries(session)
        campaigns = {campaign.key: campaign for campaign in queries.campaigns(session)}
    waiting = [
        entry
        for entry in (latest.items if latest else ())
        if entry["passage"] and not Passage(entry["passage"]).proceeds
        if items is None or entry["item"] in items
    ]
    holds = [h for h in folds.pending_holds(entries, now) if items is None or f"hold:{h.seq}" in items]
    if not waiting and not holds:
        return []
    settings, _ = installation.read_settings()
    resumed = [
        campaigns[e["subject"]] for e in waiting if e["act"] == Act.RESUME and e["subject"] in campaigns
    ]
    backlogs = stages.backlogs(settings, resumed)
    return [
        *(_question(entry, settings, now, backlogs.get(entry["subject"])) for entry in waiting),
        *(_hold_question(hold, campaigns.get(hold.campaign), settings) for hold in holds),
    ]


_PAUSE_IT = "Kampagne pausieren? / Pause this campaign?"
_WHY = {
    Passage.WAITS_MANY: words.Both(
        "Es sind zu viele neue Pausen auf einmal, die niemand angekündigt hat.",
        "Too many new pauses at once were announced by nobody.",
    ),
    Passage.WAITS_KIND: words.Both(
        "Die Kontoart ist fraglich oder hat sich geändert.", "The kind of account is in doubt or has changed."
    ),
    Passage.WAITS_INFERRED: words.Both(
        "Das Konto, über das die Kampagne sendet, ist nur erschlossen.",
        "The account that the campaign sends from was only inferred.",
    ),
    Passage.WAITS_RESUME: words.Both(
        "Eingeschaltet wird nichts ohne einen Menschen.", "Nothing is switched on without a person."
    ),
}
_QUESTION = words.Both(
    """{what}

Soll Sendepause diese Kampagne pausieren? {why} {reasons}

- **Freigeben**: Die Kampagne wird beim nächsten Lauf pausiert, in höchstens 10 Minuten. Gelöscht wird nichts.
- **Warten**: Sie läuft weiter. Antwortet niemand, gilt kurz vor dem Stichtag, danach nach einer Frist, die
  Voreinstellung unter `guard` in `policy.yaml`.
""",
    """{what}

Should Sendepause pause this campaign? {why} {reasons}

- **Approve**: the campaign is paused at the next run, within 10 minutes. Nothing is deleted.
- **Wait**: it goes on running. If nobody answers, the default under `guard` in `policy.yaml` applies shortly
  before the deadline, or after it, when some hours have passed.
""",
)
_RESUME = words.Both(
    """{what}

Soll diese Kampagne wieder laufen? Sendepause hat sie pausiert. {why} {reasons}

- **Fassung:** {version}
- **Was dann hinausgeht:** {backlog}

- **Freigeben**: Die Kampagne wird beim nächsten Lauf in dieser Fassung fortgesetzt, in höchstens 10 Minuten.
- **Warten**: Sie bleibt pausiert.
""",
    """{what}

Should this campaign run again? Sendepause paused it. {why} {reasons}

- **Version:** {version}
- **What goes out then:** {backlog}

- **Approve**: the campaign goes on in this version at the next run, within 10 minutes.
- **Wait**: it stays paused.
""",
)
_AS_IT_IS = words.Both("wie sie jetzt im System steht", "as it stands in the system now")
_HOLD = words.Both(
    """- **Kampagne:** {campaign}
- **Bis:** {until}
- **Begründung:** {reason}
- **Beantragt von:** {author}

Soll die Kampagne so lange weiterlaufen dürfen? Freigeben kann nur, wer den Aufschub nicht selbst beantragt
hat. Auf persönlichen Konten endet er spätestens {margin} Stunden vor dem Stichtag.

- **Freigeben**: Der Aufschub gilt sofort und endet von selbst.
- **Warten**: Er gilt nicht; angekündigte Pausen bleiben fällig.
""",
    """- **Campaign:** {campaign}
- **Until:** {until}
- **Reason:** {reason}
- **Asked for by:** {author}

Should the campaign be left running until then? Only somebody other than who asked can approve. On personal
accounts it ends {margin} hours before the deadline at the latest.

- **Approve**: the hold is in force at once and ends by itself.
- **Wait**: it is not in force; announced pauses stay due.
""",
)
_WHAT = words.Both(
    "**Kampagne:** {campaign}  \n**Konto:** {account}  \n**Zuständig:** {owner}  \n**Stichtag:** {rule}",
    "**Campaign:** {campaign}  \n**Account:** {account}  \n**Owner:** {owner}  \n**Deadline:** {rule}",
)


def _question(
    entry: dict[str, Any], settings: Settings, now: datetime, backlog: Backlog | None
) -> dict[str, str]:
    name = f"{entry['facts'].get('campaign_name', '')} ({entry['subject']})"
    resume = entry["act"] == Act.RESUME
    asked = "Kampagne fortsetzen? / Resume this campaign?" if resume else _PAUSE_IT
    return {
        "subject": f"{asked} {name}",
        "body": "\n".join(_asked(entry, name, settings, now, language, backlog) for language in Language),
        "item": str(entry["item"]),
        "key": str(entry["subject"]),
    }


def _hold_question(hold: Hold, campaign: Campaign | None, settings: Settings) -> dict[str, str]:
    name = f"{campaign.name if campaign else ''} ({hold.campaign})"
    zone = settings.operators.time_zone
    bodies = [
        _HOLD.in_(language).format(
            campaign=_plain(name),
            until=_plain(words.moment(hold.ends_at, zone, language)),
            reason=_plain(hold.reason),
            author=_plain(hold.author),
            margin=f"{settings.policy.hold_margin_hours:g}",
        )
        for language in Language
    ]
    return {
        "subject": f"Aufschub genehmigen? / Approve this hold? {name}",
        "body": "\n".join(bodies),
        "item": "",
        "key": f"hold:{hold.seq}",
    }


def _asked(
    entry: dict[str, Any],
    name: str,
    settings: Settings,
    now: datetime,
    language: Language,
    backlog: Backlog | None,
) -> str:
    """The question in one language, as Markdown: what it is about, why it waits, what each answer does."""
    account, owner = settings.account_map.get(entry["account"]), settings.owner_of(entry["account"])
    kind = words.label(Kind(entry["facts"]["kind"]), language)
    rule = settings.rule_map.get(entry["enforcement"])
    zone = settings.operators.time_zone
    left = words.countdown(countdown.begins_at(rule), now, zone, language) if rule else ""
    what = _WHAT.in_(language).format(
        campaign=_plain(name),
        account=_plain(f"{account.name if account else ''} ({entry['account']}), {kind}"),
        owner=_plain(owner.name if owner else "–"),
        rule=_plain(f"{rule.title.get(str(language), rule.id)}: {left}" if rule else "–"),
    )
    reasons = " ".join(words.sentence(Reason(reason), language) for reason in entry["reasons"])
    why = _WHY[Passage(entry["passage"])].in_(language)
    if entry["act"] == Act.RESUME:
        version = entry["facts"].get("version") or _AS_IT_IS.in_(language)
        released = words.backlog(
            backlog.kind if backlog else "unknown", backlog.count if backlog else None, language
        )
        return _RESUME.in_(language).format(
            what=what, why=why, reasons=reasons, version=_plain(str(version)), backlog=released
        )
    return _QUESTION.in_(language).format(what=what, why=why, reasons=reasons)


def _plain(text: str) -> str:
    """Text from outside as Markdown that means nothing but itself, on one line."""
    # Airflow makes links of bare addresses; an invisible joiner keeps it from seeing one.
    line = re.sub(r"(?i)(:(?=//)|\bwww(?=\.)|@)", "\\1\u2060", words.on_one_line(text))
    return re.sub(r"([\\`*_{}\[\]<>#|!~])", r"\\\1", line)
