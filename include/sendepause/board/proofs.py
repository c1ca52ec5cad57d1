"""What is known of a campaign beside its state: whose account it is, what its pause rests on, its holds."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sendepause import planning, second_proof
from sendepause.board.outlook import Level
from sendepause.board.seen import Reader, Seen, spoken
from sendepause.guard import Passage
from sendepause.model import AccountBy, Act, Campaign, CampaignState, Enforcement, Hold, Silence
from sendepause.model import Level as Reach
from sendepause.store.folds import PauseRecord

_LEVELS = {
    Silence.CONFIRMED: Level.OK,
    Silence.BROKEN: Level.RISK,
    Silence.OPEN: Level.ATTENTION,
    Silence.WAITING: None,
}
_SENDERS = 3  # so many of what a campaign sends through are named


@dataclass(frozen=True, slots=True)
class Note:
    """Something that is known. ``mend``: what to do about it, where something has to be done."""

    sentence: str
    level: Level | None = None
    mend: str = ""


def of_account(seen: Seen, campaign: Campaign, reader: Reader) -> Iterator[Note]:
    """How it is known which account a campaign sends from."""
    through = ", ".join(
        planning.sender_name(sender) for sender in campaign.senders[:_SENDERS]
    ) or reader.text("none")
    others = ", ".join(spoken(number) for number in campaign.also)
    foreign = campaign.account is not None and campaign.account not in seen.accounts
    if foreign:
        yield Note(reader.text("account_foreign"), Level.ATTENTION, reader.text("account_foreign_mend"))
    match campaign.account_by:
        case AccountBy.MARK if not foreign:
            yield Note(reader.text("account_marked"))
        case AccountBy.INFERRED:
            yield Note(reader.text("account_inferred", through=through), Level.ATTENTION)
            if others:
                yield Note(reader.text("account_also", others=others), Level.ATTENTION)
        case AccountBy.CONTRADICTED:
            yield Note(
                reader.text("account_contradicted", others=others, through=through),
                Level.ATTENTION,
                mend(reader, campaign),
            )
        case AccountBy.UNKNOWN:
            yield Note(
                reader.text("account_unknown", through=through), Level.ATTENTION, mend(reader, campaign)
            )


def mend(reader: Reader, campaign: Campaign) -> str:
    """How a campaign is assigned to its account."""
    return reader.text("assign", id=campaign.id, system=campaign.system)


def of_pause(seen: Seen, campaign: Campaign, reader: Reader) -> Iterator[Note]:
    """How a campaign can be switched off, and what proves that it is."""
    if campaign.level is Reach.SESSION:
        yield Note(reader.text("choke_point"))
    if not campaign.pausable:
        yield _by_hand(seen, campaign, reader)
    records = seen.records.get(campaign.key, [])
    for record in records:
        rule = seen.title_of(record.enforcement, reader.language) if len(records) > 1 else ""
        for note in _of_record(seen, campaign, record, reader):
            yield Note(f"{rule}: {note.sentence}" if rule else note.sentence, note.level, note.mend)
    yield from _resumable(seen, campaign, reader)


def of_holds(seen: Seen, campaign: Campaign, reader: Reader) -> Iterator[Note]:
    """The holds that were asked for and that are in force, and when each ends."""
    own = [hold for hold in seen.holds if hold.campaign == campaign.key]
    for hold in own:
        if hold.approver is None and reader.now < hold.ends_at:
            asked = {"who": hold.author, "moment": reader.short(hold.ends_at)}
            approve = reader.text("approve", name=f"hold:{hold.seq}")
            yield Note(reader.text("hold_pending", **asked), Level.ATTENTION, approve)
    ends = _ends(seen, campaign, tuple(own), reader.now)
    if ends is not None:
        soon = ends - reader.now <= planning.HOLD_ENDS_SOON
        text = reader.text("hold_ends_soon" if soon else "hold_in_force", moment=reader.short(ends))
        yield Note(text, Level.ATTENTION if soon else None)


def _by_hand(seen: Seen, campaign: Campaign, reader: Reader) -> Note:
    entry = seen.confirmed.get(campaign.key)
    if entry is not None:
        moment = reader.short(entry.as_of)
        return Note(reader.text("by_hand_confirmed", who=entry.author, moment=moment))
    name = shlex.quote(campaign.key.removeprefix("campaign:"))
    return Note(reader.text("by_hand"), Level.ATTENTION, reader.text("by_hand_mend", name=name))


def _of_record(seen: Seen, campaign: Campaign, record: PauseRecord, reader: Reader) -> Iterator[Note]:
    if record.status == "resumed" and campaign.state is CampaignState.RUNNING:
        yield Note(reader.text("resumed_at", moment=reader.short(record.at)), Level.OK)
    if record.status != "paused":
        return
    if campaign.state is CampaignState.PAUSED:
        at = reader.short(record.read_back_at or record.at)
        yield Note(reader.text("verified_at", moment=at), Level.OK)
    if left := second_proof.still_under_way(record.left, reader.language):
        yield Note(left, Level.ATTENTION)
    yield _silence(seen, record, reader)
    if record.resuming and record.last_error:
        yield Note(reader.text("resume_failed", error=record.last_error), Level.ATTENTION)


def _silence(seen: Seen, record: PauseRecord, reader: Reader) -> Note:
    """The second proof: what was heard last, or, before anybody listened, what is proved."""
    pair = (record.enforcement, record.campaign)
    state, listened = seen.silences.get(pair, Silence.WAITING), seen.listened.get(pair)
    if listened is None or listened.episode != record.episode or listened.heard.state is not state:
        proved = reader.text(f"silence_is_{state}", moment=reader.short(record.silence_since))
        return Note(proved, _LEVELS[state])
    heard = listened.heard
    said = second_proof.sentence(heard, reader.language, reader.short)
    help = second_proof.wanted(heard.why, reader.language) if heard.why else ""
    return Note(said, _LEVELS[state], help)


def _resumable(seen: Seen, campaign: Campaign, reader: Reader) -> Iterator[Note]:
    items = [item for item in seen.decisions.get(campaign.key, ()) if item["act"] == Act.RESUME]
    if any(item.get("passage") == Passage.WAITS_RESUME for item in items):
        approve = reader.text("approve", name=shlex.quote(campaign.key))
        yield Note(reader.text("resumable"), Level.ATTENTION, approve)
    elif items:
        yield Note(reader.text("resume_approved"))


def _ends(seen: Seen, campaign: Campaign, holds: tuple[Hold, ...], now: datetime) -> datetime | None:
    """When the hold in force ends under the first of the rules that concern the campaign."""
    rules = {item["enforcement"] for item in seen.decisions.get(campaign.key, ())}
    margin = seen.settings.policy.hold_margin_hours

    def end(rule: Enforcement) -> datetime | None:
        return planning.hold_ends_at(holds, campaign.key, rule, now, margin)

    return min((at for id, rule in seen.rules.items() if id in rules and (at := end(rule))), default=None)
