"""One account: why it is where it is, what that rests on, and what was done about it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Query, Request, Response

from sendepause import states, words
from sendepause.alerts import deliveries, outbox
from sendepause.alerts.outbox import Shown
from sendepause.audit import verdict
from sendepause.board import lines, mrkdwn, pictures, rendering
from sendepause.board.lines import AccountLine, AlertLine, CampaignLine, EntryLine
from sendepause.board.mrkdwn import Part
from sendepause.board.pictures import Picture
from sendepause.board.rendering import language_of
from sendepause.board.seen import Reader
from sendepause.board.source import Desk, Source
from sendepause.model import Account, Finding, Reason
from sendepause.settings import e164
from sendepause.store import findings, ledger
from sendepause.store.folds import answered_subject


class Most(NamedTuple):
    """So much is shown of each kind, the newest first."""

    entries: int = 50
    alerts: int = 25
    verdicts: int = 30
    messages: int = 5


PAGE = Most()


@dataclass(frozen=True, slots=True)
class VerdictLine:
    """A verdict that was in force from a moment on."""

    at: str
    verdict: str
    label: str
    why: str


@dataclass(frozen=True, slots=True)
class SourceLine:
    """How far one source reaches for the account."""

    name: str
    until: str


@dataclass(frozen=True, slots=True)
class ToldLine:
    """A message as its readers saw it."""

    at: str
    channel: str
    language: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class OneAccount:
    """Everything on the page, in words."""

    as_of: str
    line: AccountLine
    state: str
    state_label: str
    zone: str
    finding: str
    confidence: str
    rests_on: tuple[SourceLine, ...]
    missing: tuple[str, ...]
    pictures: tuple[Picture, ...]
    verdicts: tuple[VerdictLine, ...]
    campaigns: tuple[CampaignLine, ...]
    alerts: tuple[AlertLine, ...]
    told: tuple[ToldLine, ...]
    entries: tuple[EntryLine, ...]
    dry_run: str  # addresses, relative to the board
    report: str


def router(source: Source) -> APIRouter:
    """The page."""
    routes = APIRouter()

    @routes.get("/account")
    def page(
        request: Request,
        number: Annotated[str, Query(max_length=32)] = "",
    ) -> Response:
        language = language_of(request)
        with source.desk(language) as desk:
            account = known(desk, number)
            shown = None if account is None else one_account(desk, account)
        if shown is None:
            told = (desk.reader.text("no_such_account"),)
            values = {"title": "not_found", "told": told, "mend": ""}
            return rendering.page(request, "trouble.html", language, 404, **values)
        return rendering.page(request, "account.html", language, shown=shown, here="accounts")

    return routes


def known(desk: Desk, number: str) -> Account | None:
    """The account of a number in any usual spelling; None where it is none."""
    try:
        return desk.seen.accounts.get(e164(number))
    except ValueError:
        return None


def one_account(desk: Desk, account: Account, most: Most = PAGE) -> OneAccount:
    """The account at this moment."""
    session, seen, reader = desk.session, desk.seen, desk.reader
    number = account.number
    finding = findings.latest_findings(session, accounts=[number]).get(number)
    state = seen.states.get(number)
    campaigns = seen.campaigns_of.get(number, [])
    subjects = [f"account:{number}", *(one.key for one in campaigns)]
    alerts = outbox.alerts(session, subjects=subjects, limit=most.alerts)
    # What was decided about holds, and what owners answered, stands under these names in the ledger.
    subjects += [f"hold:{hold.seq}" for hold in seen.holds if hold.campaign in subjects]
    subjects += dict.fromkeys(answered_subject(one.delivery) for one in alerts if one.delivery)
    entries = ledger.search(session, subjects=subjects, limit=most.entries)
    return OneAccount(
        as_of=reader.text("as_of", moment=reader.long(reader.now), zone=reader.zone),
        line=lines.account_line(seen, account, finding, reader),
        state=str(state or ""),
        state_label=states.label(state, reader.language) if state else "",
        zone=account.time_zone,
        finding=verdict.sentence(finding, reader.language, zone=reader.zone) if finding else "",
        confidence=_confidence(finding, reader),
        rests_on=tuple(
            SourceLine(one.source, reader.short(one.read_until))
            for one in seen.reaches
            if one.account == number
        ),
        missing=tuple(_missing(desk, account)),
        pictures=tuple(pictures.of_account(desk, account, finding)),
        verdicts=tuple(_verdicts(desk, number, most.verdicts)),
        campaigns=tuple(lines.campaign_line(seen, one, reader) for one in campaigns),
        alerts=tuple(lines.alert_line(seen, one, reader) for one in alerts),
        told=tuple(_told(desk, alerts, most.messages)),
        entries=tuple(lines.entry_line(seen, one, reader) for one in entries),
        dry_run=lines.address("plan", account=number),
        report=lines.address("report", number=number),
    )


def _told(desk: Desk, alerts: Sequence[Shown], most: int) -> Iterator[ToldLine]:
    """The newest messages that were sent about the account, each once."""
    sent = dict.fromkeys(one.delivery for one in alerts if one.sent_at is not None and one.delivery)
    for id in list(sent)[:most]:
        message = deliveries.sent(desk.session, id)
        at, parts = desk.reader.short(message.sent_at), mrkdwn.parts(message.blocks)
        yield ToldLine(at, message.channel, message.language, tuple(parts))


def _confidence(finding: Finding | None, reader: Reader) -> str:
    if finding is None or finding.confidence is None:
        return ""
    return reader.text("confidence", share=round(100 * finding.confidence))


def _missing(desk: Desk, account: Account) -> Iterator[str]:
    """What would make the verdict surer."""
    seen, reader = desk.seen, desk.reader
    until = seen.data_until.get(account.number)
    if any(one.number == account.number for one in seen.without_source):
        yield reader.text("missing_source")
    elif until is None:
        yield reader.text("missing_data")
    elif reader.now - until > timedelta(days=seen.settings.policy.fresh_days):
        yield reader.text("missing_fresh", moment=reader.short(until))
    if account.number not in seen.judged:
        yield words.sentence(Reason.NOT_AUDITED, reader.language)


def _verdicts(desk: Desk, number: str, most: int) -> Iterator[VerdictLine]:
    """The verdicts in force, the newest first: one line for each change."""
    reader = desk.reader
    for finding in findings.changes(desk.session, number, most):
        yield VerdictLine(
            at=reader.short(finding.as_of),
            verdict=finding.verdict,
            label=words.label(finding.verdict, reader.language),
            why=verdict.sentence(finding, reader.language, zone=reader.zone),
        )
