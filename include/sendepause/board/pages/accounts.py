"""All accounts: filtered, sorted, searched, page by page, and as a table for other programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from sendepause import states, words
from sendepause.board import lines, rendering
from sendepause.board.lines import AccountLine, Option, Page
from sendepause.board.rendering import language_of
from sendepause.board.seen import Seen
from sendepause.board.source import Desk, Source
from sendepause.board.tables import csv_of, file
from sendepause.model import Account, AccountState, Kind, Verdict
from sendepause.store import queries

SORTS = ("urgency", "name", "number", "owner", "verdict", "data_until")
_UNJUDGED = "none"


class Choice(BaseModel, frozen=True):
    """Which accounts the reader wants, and in which order; what is none of the choices counts as all."""

    q: str = Field("", max_length=200)
    verdict: str = ""  # a model.Verdict, or "none"
    kind: str = ""  # a model.Kind
    state: str = ""  # a model.AccountState
    sort: str = "urgency"
    page: int = 1


@dataclass(frozen=True, slots=True)
class Accounts:
    """Everything on the page, in words."""

    as_of: str
    page: Page[AccountLine]
    verdicts: tuple[Option, ...]
    kinds: tuple[Option, ...]
    states: tuple[Option, ...]
    sorts: tuple[Option, ...]


def router(source: Source) -> APIRouter:
    """The page, and its rows as CSV."""
    routes = APIRouter()

    @routes.get("/accounts")
    def page(request: Request, chosen: Annotated[Choice, Query()]) -> Response:
        language = language_of(request)
        with source.desk(language) as desk:
            shown = accounts(desk, chosen)
        return rendering.page(
            request, "accounts.html", language, shown=shown, q=chosen.q.strip(), here="accounts"
        )

    @routes.get("/accounts.csv")
    def table(request: Request, chosen: Annotated[Choice, Query()]) -> Response:
        with source.desk(language_of(request)) as desk:
            content = csv_of(rows(desk, chosen))
        return file(content, "accounts.csv", desk.reader.now)

    return routes


def accounts(desk: Desk, choice: Choice) -> Accounts:
    """The accounts that are chosen, as lines of one page."""
    reader, language = desk.reader, desk.reader.language
    chosen = lines.paged(chosen_accounts(desk, choice), choice.page)
    findings = queries.latest_findings(desk.session, accounts=[one.number for one in chosen.rows])

    def options(labels: dict[str, str], picked: str) -> tuple[Option, ...]:
        everything = Option("", reader.text("everything"), picked not in labels)
        return (everything, *(Option(value, label, value == picked) for value, label in labels.items()))

    verdicts = {str(one): words.label(one, language) for one in Verdict}
    return Accounts(
        as_of=reader.text("as_of", moment=reader.long(reader.now), zone=reader.zone),
        page=lines.mapped(
            chosen, lambda one: lines.account_line(desk.seen, one, findings.get(one.number), reader)
        ),
        verdicts=options({**verdicts, _UNJUDGED: reader.text("not_audited")}, choice.verdict),
        kinds=options({str(one): words.label(one, language) for one in Kind}, choice.kind),
        states=options({str(one): states.label(one, language) for one in AccountState}, choice.state),
        sorts=tuple(Option(one, reader.text(f"sort_{one}"), one == _sort(choice)) for one in SORTS),
    )


def chosen_accounts(desk: Desk, choice: Choice) -> list[Account]:
    """The accounts that fit the choice, in its order."""
    seen = desk.seen
    found = lines.choose_accounts(seen, choice.q.strip())
    if choice.verdict in {*Verdict, _UNJUDGED}:
        found = [one for one in found if _verdict(seen, one) == choice.verdict]
    if choice.kind in set(Kind):
        found = [one for one in found if seen.kinds[one.number] == choice.kind]
    if choice.state in set(AccountState):
        found = [one for one in found if seen.states.get(one.number) == choice.state]
    match _sort(choice):
        case "name":
            return sorted(found, key=lambda one: one.name.casefold())
        case "number":
            return sorted(found, key=lambda one: one.number)
        case "owner":
            return sorted(found, key=lambda one: seen.owners.get(one.owner, one.owner).casefold())
        case "verdict":
            gravest = {str(one): place for place, one in enumerate(_GRAVEST)}
            return sorted(found, key=lambda one: gravest.get(_verdict(seen, one), len(gravest)))
        case "data_until":
            never = datetime.min.replace(tzinfo=UTC)
            return sorted(found, key=lambda one: seen.data_until.get(one.number, never))
    return found


_GRAVEST = (Verdict.AUTOMATED, Verdict.BULK, Verdict.WATCH, Verdict.NO_DATA, Verdict.CLEAR)


def _verdict(seen: Seen, account: Account) -> str:
    judged = seen.judged.get(account.number)
    return str(judged.verdict) if judged else _UNJUDGED


def _sort(choice: Choice) -> str:
    return choice.sort if choice.sort in SORTS else SORTS[0]


def rows(desk: Desk, choice: Choice) -> Iterator[Sequence[str]]:
    """A header, and a row an account: who it is, what it counts as, verdict, state; moments in UTC."""
    seen = desk.seen
    yield (
        *("number", "name", "owner", "branch", "declared_kind", "counted_as"),
        *("verdict", "audited_at", "messages", "days", "state", "data_until"),
    )
    for one in chosen_accounts(desk, choice):
        judged, until = seen.judged.get(one.number), seen.data_until.get(one.number)
        kind = seen.kinds[one.number]
        owner = seen.owners.get(one.owner, one.owner)
        told = (
            (str(judged.verdict), _utc(judged.as_of), str(judged.messages), str(judged.days))
            if judged
            else ("", "", "", "")
        )
        who = (one.number, one.name, owner, one.branch or "", str(one.declared_kind), str(kind))
        yield (*who, *told, str(seen.states.get(one.number, "")), _utc(until) if until else "")


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")
