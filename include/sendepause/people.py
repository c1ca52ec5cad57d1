"""What people decide: the two switches, approvals and holds. Each is a ledger entry under their name.

The stages read them from there before every call to a campaign system; nothing else is told.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from sendepause import keys, stages
from sendepause.alerts import deliveries
from sendepause.errors import BadInput
from sendepause.guard import plan_hash
from sendepause.installation import Installation
from sendepause.model import Act, EntryKind, campaign_key
from sendepause.settings import Settings
from sendepause.store import database, folds, ledger, queries
from sendepause.store.database import Session
from sendepause.store.ledger import Entry


def switch_acting(installation: Installation, on: bool, author: str) -> Entry:
    """Switch acting on or off. On approves, by hash, the pauses of the plan that is shown at this moment."""
    facts: dict[str, Any] = {"on": on}
    now = installation.now()
    if on:
        settings = installation.settings_in_force()
        shown = stages.show(installation, settings, now)
        facts["plan_hash"] = plan_hash(shown.plan)
        facts["items"] = _pauses(shown.items)
    return _write(installation, EntryKind.ACT, author, facts=facts)


def switch_halt(installation: Installation, on: bool, author: str, *, request: str | None = None) -> Entry:
    """The one switch that stops all acting before the next call, and lets it go on.

    ``request`` names the asking, here and below: made again under the same name, it is the same one.
    """
    return _write(installation, EntryKind.HALT, author, facts={"on": on}, request=request)


def approve(
    installation: Installation, key: str, author: str, item: str | None = None, *, request: str | None = None
) -> dict[str, Any]:
    """Approve what waits: ``campaign:SYSTEM/ID``, ``plan:HASH`` (or its beginning), or ``hold:SEQ``.

    What is approved is frozen: the pause of that campaign on that account of that kind. ``item`` is the
    frozen form where it was shown earlier; something else that came in its place is not approved by it.
    A plan's hash names its pauses and approves them alone: each resume needs an approval of its own.

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
        items = _pauses(shown)
    else:
        items = [entry["item"] for entry in shown if entry["subject"] == key and entry["item"]]
    if not items:
        raise BadInput(
            f"Nothing named {key!r} waits for approval in the plan that was shown last.",
            "`sendepause plan` lists what waits.",
            means="Nothing was approved.",
        )
    _write(installation, EntryKind.APPROVE, author, subject=key, facts={"items": items}, request=request)
    return {"approved": items}


def ask_hold(
    installation: Installation,
    campaign: str,
    until: datetime,
    reason: str,
    author: str,
    request: str | None = None,
    *,
    asks: bool = False,
    settings: Settings | None = None,
    also: Callable[[Session, Entry], None] | None = None,
) -> Entry:
    """Ask for a campaign to be left running until a moment; another person has to approve it.

    ``request`` names the asking: made again under the same name, it is the same one. ``asks``: the caller
    sees to it that another person is asked; else the next run of enforcing does. ``settings``: where the
    caller has them, else they are read. ``also`` is written in the same transaction as a new request.

    :raises BadInput: for an unknown campaign, an end in the past, or a missing reason; ``place`` is the
        argument's name.
    """
    key, now = campaign_key(campaign), installation.now()
    with database.session(installation.engine, write=False) as session:
        known = {entry.key for entry in queries.campaigns(session)}
        before = asked_under(session, key, request)
    if before:
        return before
    if key not in known:
        raise BadInput(
            f"There is no campaign {key!r}.",
            "Name it as `sendepause plan` does: SYSTEM/ID.",
            place="campaign",
            means="No hold was asked for.",
        )
    if until <= now:
        raise BadInput("A hold has to end in the future.", place="until", means="No hold was asked for.")
    _check_reason(reason, settings or installation.read_settings()[0])
    facts = {"until": until.isoformat(), "starts": now.isoformat(), "reason": reason.strip()[:1000]}
    with database.session(installation.engine) as session:
        entry = ledger.append(
            session,
            at=now,
            as_of=now,
            author=author,
            kind=EntryKind.HOLD_ASKED,
            subject=key,
            facts=facts,
            once=_once_asked(request),
        )
        if entry is None:  # another process was first
            if again := asked_under(session, key, request):
                return again
            raise BadInput(
                "Under this name a hold was asked for already, for another campaign.",
                place="campaign",
                means="No hold was asked for.",
            )
        if asks:
            queries.note_question(session, f"hold:{entry.seq}", now)
        if also:
            also(session, entry)
    return entry


def asked_under(session: Session, campaign: str, request: str | None) -> Entry | None:
    """The hold that was asked for under this name, for this campaign (item key)."""
    once = _once_asked(request)
    asked = ledger.entries(session, kinds=[EntryKind.HOLD_ASKED], subject=campaign) if once else []
    return next((entry for entry in asked if entry.once == once), None)


def _once_asked(request: str | None) -> str | None:
    return None if request is None else f"{EntryKind.HOLD_ASKED}:{request}"


def _check_reason(reason: str, settings: Settings) -> None:
    if not reason.strip():
        raise BadInput(
            "A hold needs a reason that others can read later.",
            place="reason",
            means="No hold was asked for.",
        )
    if re.search(r"\S@\S", reason) or keys.holds_a_number(reason, settings.account_map):
        raise BadInput(
            "A hold's reason stays in the ledger for ever, and this one seems to hold a customer's number or "
            "an address.",
            "Name a ticket or a department instead.",
            place="reason",
            means="No hold was asked for.",
        )


def confirm(
    installation: Installation, campaign: str, author: str, off: bool = True, *, request: str | None = None
) -> Entry:
    """Somebody says that what nobody can pause from here is switched off; or takes that back.

    It is believed only with silence: fresh data that show no machine.

    :raises BadInput: for an unknown campaign, and for one that can be paused and read from here.
    """
    key = campaign_key(campaign)
    with database.session(installation.engine, write=False) as session:
        known = {entry.key: entry for entry in queries.campaigns(session)}
    if key not in known or known[key].pausable:
        raise BadInput(
            f"{key!r} is nothing that a person has to switch off.",
            "`sendepause plan` names what is, with the reason not_pausable.",
            means="Nothing was confirmed.",
        )
    return _write(installation, EntryKind.CONFIRMED, author, subject=key, facts={"off": off}, request=request)


def try_again(
    installation: Installation, what: str, source: str, id: str, author: str, *, request: str | None = None
) -> Entry:
    """Let a ``message`` that Slack refused be sent again, or a broken ``file`` of a source be read again
    (``id``: its path as it was noted).

    :raises BadInput: where there is no such message or file any more.
    """
    now = installation.now()
    subject = f"delivery:{id}" if what == "message" else f"source:{source}"
    once = None if request is None else f"{EntryKind.RETRY}:{request}"
    with database.session(installation.engine) as session:
        if once and (before := ledger.under(session, once)):
            return before
        known = (
            deliveries.try_again(session, id) if what == "message" else queries.reread(session, source, id)
        )
        if not known:
            raise BadInput(
                "There is nothing to try again: it was mended meanwhile.", means="Nothing was changed."
            )
        entry = ledger.append(
            session, at=now, as_of=now, author=author, kind=EntryKind.RETRY, subject=subject, once=once
        )
    assert entry is not None  # noqa: S101 - for mypy: ``once`` was looked for in this transaction
    return entry


def _pauses(shown: Iterable[Mapping[str, Any]]) -> list[str]:
    return [entry["item"] for entry in shown if entry["act"] == Act.PAUSE]


def _grant(installation: Installation, key: str, author: str) -> Entry:
    with database.session(installation.engine, write=False) as session:
        pending = folds.pending_holds(ledger.entries(session), installation.now())
    waiting = {f"hold:{hold.seq}": hold for hold in pending}
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
    request: str | None = None,
) -> Entry:
    now = installation.now()
    if request is not None:
        once = once or f"{kind}:{request}"
    with database.session(installation.engine) as session:
        if request is not None and (before := ledger.under(session, f"{kind}:{request}")):
            return before
        entry = ledger.append(
            session, at=now, as_of=now, author=author, kind=kind, subject=subject, facts=facts, once=once
        )
    if entry is None:
        raise BadInput(f"{subject} was approved by somebody else just now.", means="Nothing was changed.")
    return entry
