"""`sendepause explain`: why an account is where it is, in plain sentences."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sendepause import countdown, stages, words
from sendepause.audit import verdict
from sendepause.enforce import PAUSES
from sendepause.errors import BadInput
from sendepause.installation import Installation
from sendepause.model import Act, Kind, Language, Reason
from sendepause.settings import e164
from sendepause.store import database, folds, ledger, queries
from sendepause.store.folds import PauseRecord

_PAUSED = words.Both(
    "Sendepause hat sie am {}, pausiert und nachgelesen, dass die Pause gilt.",
    "Sendepause paused it on {}, and read back that the pause holds.",
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
        entries = [entry for entry in ledger.entries(session, kinds=PAUSES) if entry.as_of <= as_of]
    pauses = folds.pauses(entries)
    shown = stages.show(installation, settings, as_of, [number])
    yield f"{known.name} ({number}), {words.label(known.declared_kind, language)}, {owner.name}"
    if finding:
        yield verdict.sentence(finding, language, zone=known.time_zone)
    else:
        yield words.sentence(Reason.NOT_AUDITED, language)
    for rule in settings.enforcement_list():
        items = [item for item in shown.items if item["enforcement"] == rule.id]
        if items:
            left = words.countdown(countdown.begins_at(rule), as_of, owner.time_zone, language)
            yield f"\n{rule.title.get(language) or rule.id}: {left}"
        for item in items:
            paused = pauses.get((rule.id, item["subject"]))
            yield _item(item, language) + _paused(paused, owner.time_zone, language)


def _paused(record: PauseRecord | None, zone: str, language: Language) -> str:
    """That the campaign does not run because Sendepause paused it, and since when."""
    if record is None or record.status != "paused":
        return ""
    said = _PAUSED.in_(language)
    return " " + said.format(words.moment(record.at, zone, language))


def _item(item: dict[str, object], language: Language) -> str:
    facts = item["facts"]
    assert isinstance(facts, dict) and isinstance(item["reasons"], list)  # noqa: S101 our own JSON
    name = facts.get("campaign_name") or words.label(Kind(facts["kind"]), language)
    reasons = " ".join(words.sentence(Reason(reason), language) for reason in item["reasons"])
    return f"- {name}: {words.label(Act(str(item['act'])), language)}. {reasons}"
