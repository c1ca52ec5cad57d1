"""The evidence report: one page that stands alone, to be printed or handed to counsel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from markupsafe import Markup

from sendepause.board import lines, rendering
from sendepause.board.date_cards import DateCard, date_cards
from sendepause.board.lines import AccountLine, EntryLine
from sendepause.board.pages import account as account_page
from sendepause.board.pages.account import OneAccount
from sendepause.board.rendering import HERE, language_of
from sendepause.board.source import Desk, Source
from sendepause.model import Account
from sendepause.store import findings, ledger
from sendepause.store.ledger import Entry

MOST_ENTRIES = 5_000  # of a report on everything


@dataclass(frozen=True, slots=True)
class Report:
    """Everything in the report, in words."""

    title: str
    as_of: str
    made_by: str
    dates: tuple[DateCard, ...]
    one: OneAccount | None
    accounts: tuple[AccountLine, ...]
    entries: tuple[EntryLine, ...]
    entries_more: int
    head: Entry | None
    chain: str
    configuration: str


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
            shown = report(desk, account, request.state.who.name)
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


def report(desk: Desk, account: Account | None, made_by: str) -> Report:
    """What is known, decided, done and told, with the head of the chain that proves the record whole."""
    session, seen, reader = desk.session, desk.seen, desk.reader
    if account is None:
        judged = findings.latest_findings(session)
        chosen = [
            lines.account_line(seen, one, judged.get(one.number), reader) for one in seen.urgent_accounts
        ]
        entries = list(ledger.search(session, limit=MOST_ENTRIES))
    else:
        chosen, entries = [], []
    head, broken = ledger.head(session), ledger.verify(session)
    title = reader.text("report_all") if account is None else reader.text("report_one", name=account.name)
    said = (
        reader.text("chain_broken", seq=broken.seq, why=broken.why) if broken else reader.text("chain_whole")
    )
    return Report(
        title=title,
        as_of=reader.text("as_of", moment=reader.long(reader.now), zone=reader.zone),
        made_by=reader.text("made_by", who=made_by) if made_by else "",
        dates=tuple(date_cards(desk)),
        one=None if account is None else account_page.one_account(desk, account),
        accounts=tuple(chosen),
        entries=tuple(lines.entry_line(seen, entry, reader) for entry in entries),
        entries_more=max((head.seq if head else 0) - MOST_ENTRIES, 0) if account is None else 0,
        head=head,
        chain=said,
        configuration=seen.settings.hash,
    )
