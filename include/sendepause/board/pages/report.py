"""The evidence report: one page that stands alone, to be printed or handed to counsel."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from markupsafe import Markup

from sendepause import states, words
from sendepause.alerts import outbox
from sendepause.board import lines, needs, rendering
from sendepause.board.date_cards import DateCard, date_cards
from sendepause.board.lines import AccountLine, AlertLine, CampaignLine, EntryLine
from sendepause.board.pages import account as account_page
from sendepause.board.pages import overview
from sendepause.board.pages.account import Most, OneAccount
from sendepause.board.pages.overview import Counts, Link
from sendepause.board.rendering import HERE, language_of
from sendepause.board.seen import Seen, spoken
from sendepause.board.source import Desk, Source
from sendepause.model import Account, AccountState
from sendepause.store import findings, ledger, queries
from sendepause.store.ledger import Entry

IN_FULL = 500  # accounts of a report on everything; the others have a line each
OF_ALL = Most(entries=5_000, alerts=500)
OF_ONE = Most(entries=2_000, alerts=500, verdicts=500, messages=50)


@dataclass(frozen=True, slots=True)
class InFull:
    """An account with its campaigns."""

    line: AccountLine
    state: str
    campaigns: tuple[CampaignLine, ...]


@dataclass(frozen=True, slots=True)
class Brief:
    """An account in a line."""

    number: str
    name: str
    owner: str
    kind: str
    verdict: str
    data_until: str
    state: str


@dataclass(frozen=True, slots=True)
class Everything:
    """What a report on all accounts holds."""

    counts: tuple[Counts, ...]
    in_full: tuple[InFull, ...]
    brief: tuple[Brief, ...]
    alerts: tuple[AlertLine, ...]
    alerts_total: int
    entries: tuple[EntryLine, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """Everything in the report, in words."""

    title: str
    as_of: str
    made_by: str
    dates: tuple[DateCard, ...]
    links: tuple[Link, ...]
    one: OneAccount | None
    all: Everything | None
    head: Entry | None
    chain: str
    configuration: str
    saved: bool


def router(source: Source) -> APIRouter:
    """``/report`` on all accounts, ``/report?number=+49…`` on one; ``save`` gives it as a file."""
    routes = APIRouter()

    @routes.get("/report")
    def page(
        request: Request,
        number: Annotated[str, Query(max_length=32)] = "",
        save: bool = False,
    ) -> Response:
        language = language_of(request)
        with source.desk(language) as desk:
            account = account_page.known(desk, number) if number else None
            if number and account is None:
                told = (desk.reader.text("no_such_account"),)
                values = {"title": "not_found", "told": told, "mend": ""}
                return rendering.page(request, "trouble.html", language, 404, **values)
            shown = report(desk, account, request.state.who.name, saved=save)
        style = Markup((HERE / "style.css").read_text() + (HERE / "report.css").read_text())  # noqa: S704 - ours
        answer = rendering.page(request, "report.html", language, shown=shown, style=style)
        nonce = request.state.nonce
        answer.headers["Content-Security-Policy"] = (
            f"default-src 'none'; style-src 'nonce-{nonce}'; base-uri 'none'; frame-ancestors 'self'"
        )
        if save:
            name = f"sendepause-{account.number.lstrip('+') if account else 'all'}"
            dated = f"{name}-{desk.reader.now:%Y%m%dT%H%MZ}.html"
            answer.headers["Content-Disposition"] = f'attachment; filename="{dated}"'
        return answer

    return routes


def report(desk: Desk, account: Account | None, made_by: str, *, saved: bool = False) -> Report:
    """What is known, decided, done and told, with the head of the chain that proves the record whole.

    ``saved``: it leaves the board, and leads nowhere.
    """
    seen, reader = desk.seen, desk.reader
    proof = desk.chain.computed(desk.session, reader.now, whole=True)
    title = reader.text("report_all") if account is None else reader.text("report_one", name=account.name)
    return Report(
        title=title,
        as_of=reader.text("as_of", moment=reader.long(reader.now), zone=reader.zone),
        made_by=reader.text("made_by", who=made_by) if made_by else "",
        dates=tuple(date_cards(desk)),
        links=tuple(overview.links(seen, queries.health(desk.session), reader)),
        one=None if account is None else account_page.one_account(desk, account, OF_ONE),
        all=_everything(desk) if account is None else None,
        head=proof.head,
        chain=lines.chain(proof, reader),
        configuration=seen.settings.hash,
        saved=saved,
    )


def _everything(desk: Desk) -> Everything:
    session, seen, reader = desk.session, desk.seen, desk.reader
    ordered = _most_pressing_first(seen)
    told = outbox.overview(session, limit=OF_ALL.alerts)
    return Everything(
        counts=tuple(overview.counts(seen, reader)),
        in_full=tuple(_in_full(desk, ordered[:IN_FULL])),
        brief=tuple(_brief(desk, one) for one in ordered[IN_FULL:]),
        alerts=tuple(lines.alert_line(seen, one, reader) for one in told.rows),
        alerts_total=told.owed + told.sent + told.overtaken + told.refused,
        entries=tuple(
            lines.entry_line(seen, entry, reader) for entry in ledger.search(session, limit=OF_ALL.entries)
        ),
    )


def _most_pressing_first(seen: Seen) -> list[Account]:
    """The accounts by how they stand, then by the gravity of their verdict."""
    places = {state: place for place, state in enumerate(AccountState)}
    gravest = {verdict: place for place, verdict in enumerate(needs.GRAVEST)}

    def place(one: Account) -> tuple[int, int, str]:
        state, judged = seen.states.get(one.number), seen.judged.get(one.number)
        return (
            places[state] if state else len(places),
            gravest[judged.verdict] if judged else len(gravest),
            one.number,
        )

    return sorted(seen.accounts.values(), key=place)


def _in_full(desk: Desk, accounts: list[Account]) -> Iterator[InFull]:
    seen, reader = desk.seen, desk.reader
    found = findings.latest_findings(desk.session, accounts=[one.number for one in accounts])
    for one in accounts:
        state = seen.states.get(one.number)
        yield InFull(
            lines.account_line(seen, one, found.get(one.number), reader),
            states.label(state, reader.language) if state else "",
            tuple(
                lines.campaign_line(seen, campaign, reader)
                for campaign in seen.campaigns_of.get(one.number, ())
            ),
        )


def _brief(desk: Desk, one: Account) -> Brief:
    seen, reader = desk.seen, desk.reader
    state, judged = seen.states.get(one.number), seen.judged.get(one.number)
    return Brief(
        number=spoken(one.number),
        name=one.name,
        owner=seen.owners.get(one.owner, one.owner),
        kind=words.label(one.declared_kind, reader.language),
        verdict=words.label(judged.verdict, reader.language) if judged else reader.text("not_audited"),
        data_until=reader.short(seen.data_until.get(one.number)),
        state=states.label(state, reader.language) if state else "",
    )
