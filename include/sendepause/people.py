"""What people decide: the two switches, approvals and holds. Each is a ledger entry under their name.

The stages read them from there before every call to a campaign system; nothing else is told.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import datetime
from typing import Any

from sendepause import countdown, keys, stages, words
from sendepause.errors import BadInput
from sendepause.guard import Passage, plan_hash
from sendepause.installation import Installation
from sendepause.model import EntryKind, Hold, Kind, Language, Reason
from sendepause.settings import Settings
from sendepause.store import database, folds, ledger, queries
from sendepause.store.database import Session
from sendepause.store.ledger import Entry


def switch_acting(installation: Installation, on: bool, author: str) -> Entry:
    """Switch acting on or off. On approves, by hash, the plan that is shown at this moment."""
    facts: dict[str, Any] = {"on": on}
    now = installation.now()
    if on:
        settings = installation.settings_in_force()
        shown = stages.show(installation, settings, now)
        facts["plan_hash"] = plan_hash(shown.plan)
        facts["items"] = [item["item"] for item in shown.items if item["item"]]
    return _write(installation, EntryKind.ACT, author, facts=facts)


def switch_halt(installation: Installation, on: bool, author: str) -> Entry:
    """The one switch that stops all acting before the next call, and lets it go on."""
    return _write(installation, EntryKind.HALT, author, facts={"on": on})


def approve(installation: Installation, key: str, author: str, item: str | None = None) -> dict[str, Any]:
    """Approve what waits: ``campaign:SYSTEM/ID``, ``plan:HASH`` (or its beginning), or ``hold:SEQ``.

    What is approved is frozen: the pause of that campaign on that account of that kind. ``item`` is the
    frozen form where it was shown earlier; something else that came in its place is not approved by it.

    :raises BadInput: where nothing of that name waits, or one's own hold is to be approved.
    """
    if key.startswith("hold:"):
        return {"approved": [_grant(installation, key, author).subject]}
    with database.session(installation.engine, write=False) as session:
        latest = queries.latest_plan(session)
    shown = latest.items if latest else ()
    if item is not None:
        items = [item]
    elif latest and key.startswith("plan:") and len(key) >= 13 and f"plan:{latest.hash}".startswith(key):
        items = [entry["item"] for entry in shown if entry["item"]]
    else:
        items = [entry["item"] for entry in shown if entry["subject"] == key and entry["item"]]
    if not items:
        raise BadInput(
            f"Nothing named {key!r} waits for approval in the plan that was shown last.",
            "`sendepause plan` lists what waits.",
            means="Nothing was approved.",
        )
    _write(installation, EntryKind.APPROVE, author, subject=key, facts={"items": items})
    return {"approved": items}


def ask_hold(installation: Installation, campaign: str, until: datetime, reason: str, author: str) -> Entry:
    """Ask for a campaign to be left running until a moment; another person has to approve it.

    :raises BadInput: for an unknown campaign, an end in the past, or a missing reason.
    """
    key = campaign if campaign.startswith("campaign:") else f"campaign:{campaign}"
    now = installation.now()
    with database.session(installation.engine, write=False) as session:
        known = {entry.key for entry in queries.campaigns(session)}
    if key not in known:
        raise BadInput(
            f"There is no campaign {key!r}.",
            "Name it as `sendepause plan` does: SYSTEM/ID.",
            means="No hold was asked for.",
        )
    if until <= now:
        raise BadInput("A hold has to end in the future.", means="No hold was asked for.")
    if not reason.strip():
        raise BadInput("A hold needs a reason that others can read later.", means="No hold was asked for.")
    accounts = installation.read_settings()[0].account_map
    if re.search(r"\S@\S", reason) or keys.holds_a_number(reason, accounts):
        raise BadInput(
            "A hold's reason stays in the ledger for ever, and this one seems to hold a customer's number or "
            "an address.",
            "Name a ticket or a department instead.",
            means="No hold was asked for.",
        )
    facts = {"until": until.isoformat(), "starts": now.isoformat(), "reason": reason.strip()[:1000]}
    return _write(installation, EntryKind.HOLD_ASKED, author, subject=key, facts=facts)


def pending_holds(session: Session, now: datetime) -> list[Hold]:
    """Holds that were asked for, are not over, and wait for another person."""
    return [hold for hold in folds.holds(ledger.entries(session)) if not hold.approver and now < hold.ends_at]


def questions(installation: Installation, items: Collection[str] | None = None) -> list[dict[str, str]]:
    """What the guard stopped and a person has to say, as texts in German and English.

    ``items``: only these, as far as they still wait; None for all that wait.
    """
    with database.session(installation.engine, write=False) as session:
        latest = queries.latest_plan(session)
    waiting = [
        entry
        for entry in (latest.items if latest else ())
        if entry["passage"] and not Passage(entry["passage"]).proceeds
        if items is None or entry["item"] in items
    ]
    if not waiting:
        return []
    settings, _ = installation.read_settings()
    now = installation.now()
    return [_question(entry, settings, now) for entry in waiting]


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
_WHAT = words.Both(
    "**Kampagne:** {campaign}  \n**Konto:** {account}  \n**Zuständig:** {owner}  \n**Stichtag:** {rule}",
    "**Campaign:** {campaign}  \n**Account:** {account}  \n**Owner:** {owner}  \n**Deadline:** {rule}",
)


def _question(entry: dict[str, Any], settings: Settings, now: datetime) -> dict[str, str]:
    name = f"{entry['facts'].get('campaign_name', '')} ({entry['subject']})"
    return {
        "subject": f"Kampagne pausieren? / Pause this campaign? {name}",
        "body": "\n".join(_asked(entry, name, settings, now, language) for language in Language),
        "item": str(entry["item"]),
        "key": str(entry["subject"]),
    }


def _asked(entry: dict[str, Any], name: str, settings: Settings, now: datetime, language: Language) -> str:
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
    return _QUESTION.in_(language).format(what=what, why=why, reasons=reasons)


def _plain(text: str) -> str:
    """Text from outside as Markdown that means nothing but itself, on one line."""
    line = "".join(c if c.isprintable() else " " for c in text)
    # Airflow makes links of bare addresses; an invisible joiner keeps it from seeing one.
    line = re.sub(r"(?i)(:(?=//)|\bwww(?=\.)|@)", "\\1\u2060", " ".join(line.split()))
    return re.sub(r"([\\`*_{}\[\]<>#|!~])", r"\\\1", line)


def _grant(installation: Installation, key: str, author: str) -> Entry:
    with database.session(installation.engine, write=False) as session:
        waiting = {f"hold:{hold.seq}": hold for hold in pending_holds(session, installation.now())}
    if key not in waiting:
        raise BadInput(
            f"No {key!r} waits for approval.",
            f"Waiting: {', '.join(waiting) or 'none'}.",
            means="Nothing was approved.",
        )
    if folds.same_person(waiting[key].author, author):
        raise BadInput(
            "Nobody approves their own hold.",
            "Ask a second person to approve it.",
            means="The hold is not in force.",
        )
    once = folds.once_hold_granted(waiting[key].seq)
    return _write(installation, EntryKind.HOLD_GRANTED, author, subject=key, once=once)


def _write(
    installation: Installation,
    kind: EntryKind,
    author: str,
    *,
    subject: str = "",
    facts: dict[str, Any] | None = None,
    once: str | None = None,
) -> Entry:
    now = installation.now()
    with database.session(installation.engine) as session:
        entry = ledger.append(
            session, at=now, as_of=now, author=author, kind=kind, subject=subject, facts=facts, once=once
        )
    if entry is None:
        raise BadInput(f"{subject} was approved by somebody else just now.", means="Nothing was changed.")
    return entry
