"""What is out of order, each thing with the step that mends it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from fastapi import APIRouter, Request, Response

from sendepause import planning, words
from sendepause.alerts import outbox
from sendepause.alerts.outbox import Shown
from sendepause.board import lines, needs, proofs, rendering
from sendepause.board.rendering import language_of
from sendepause.board.seen import Reader, Seen, spoken
from sendepause.board.source import Desk, Source
from sendepause.model import Account, Campaign, CampaignState
from sendepause.store import queries

LISTED = 50  # so many lines of each list

Thing = TypeVar("Thing")


@dataclass(frozen=True, slots=True)
class Retry:
    """What trying again is about: a refused message's id, or a file's source and path."""

    what: str  # "message" or "file"
    source: str
    id: str


@dataclass(frozen=True, slots=True)
class Gap:
    """One line of a list: a thing, more about it, what is wrong, and what to do about it."""

    subject: str
    name: str
    detail: str = ""
    mend: str = ""
    page: str = ""
    retry: Retry | None = None


@dataclass(frozen=True, slots=True)
class Gaps:
    """One list, cut at ``LISTED``; ``total`` counts all of it."""

    key: str
    total: int
    lines: tuple[Gap, ...]

    @property
    def more(self) -> int:
        """How many lines were left out."""
        return self.total - len(self.lines)


@dataclass(frozen=True, slots=True)
class Problems:
    """Everything on the page, in words."""

    as_of: str
    total: int
    lists: tuple[Gaps, ...]


def router(source: Source) -> APIRouter:
    """The page."""
    routes = APIRouter()

    @routes.get("/problems")
    def page(request: Request) -> Response:
        language = language_of(request)
        with source.desk(language) as desk:
            shown = problems(desk)
        return rendering.page(request, "problems.html", language, shown=shown, here="problems")

    return routes


def problems(desk: Desk) -> Problems:
    """All lists, also those in which nothing stands."""
    session, seen, reader = desk.session, desk.seen, desk.reader
    refused = outbox.alerts(session, states=["refused"], limit=500)
    ill = [
        (subject, state)
        for subject, state in sorted(queries.health(session).items())
        if not state.ok and subject.startswith(("source:", "system:", "drill:"))
    ]
    strays = [one for one in seen.campaigns if _is_unassigned(seen, one)]
    doubtful = [
        one
        for number, one in seen.accounts.items()
        if planning.contradicted(one, seen.evidence.get(number, frozenset()))
    ]
    lists = (
        _gaps("undelivered", refused, lambda one: _undelivered(desk, one)),
        _gaps("ill", ill, lambda one: _ill(seen, *one, reader)),
        _gaps("broken", queries.broken_files(session), lambda one: _broken(one, reader)),
        _gaps("unknown", strays, lambda one: _unassigned(one, reader)),
        _gaps("contradictions", doubtful, lambda one: _contradiction(seen, one, reader)),
        _gaps("no_source", seen.without_source, lambda one: _without_source(seen, one, reader)),
    )
    return Problems(
        as_of=reader.text("as_of", moment=reader.long(reader.now), zone=reader.zone),
        total=sum(one.total for one in lists),
        lists=lists,
    )


def _gaps(key: str, found: Iterable[Thing], line: Callable[[Thing], Gap]) -> Gaps:
    """One list; only what is shown is put into words."""
    all_of_them = list(found)
    return Gaps(key, len(all_of_them), tuple(line(one) for one in all_of_them[:LISTED]))


def _undelivered(desk: Desk, alert: Shown) -> Gap:
    reader = desk.reader
    line = lines.alert_line(desk.seen, alert, reader)
    return Gap(
        line.subject,
        f"{line.stage} · {line.reader} · {line.channel}",
        line.error,
        reader.text("undelivered_mend"),
        retry=Retry("message", "", alert.delivery) if alert.delivery else None,
    )


def _ill(seen: Seen, subject: str, state: queries.Health, reader: Reader) -> Gap:
    since = reader.text("since", moment=reader.short(state.since))
    return Gap(seen.name_of(subject, reader), since, state.detail, reader.text("ill_mend"))


def _broken(file: queries.FileState, reader: Reader) -> Gap:
    detail = ": ".join(part for part in (file.place, file.reason) if part)
    retry = Retry("file", file.source, file.path)
    return Gap(file.path, file.source, detail, reader.text("broken_mend"), retry=retry)


def _is_unassigned(seen: Seen, campaign: Campaign) -> bool:
    rests = campaign.state in (CampaignState.PAUSED, CampaignState.DONE)
    return campaign.account not in seen.accounts and not rests


def _unassigned(campaign: Campaign, reader: Reader) -> Gap:
    return Gap(
        campaign.name,
        f"{campaign.system}: {words.label(campaign.state, reader.language)}",
        spoken(campaign.account),
        reader.text("account_foreign_mend") if campaign.account else proofs.mend(reader, campaign),
        lines.address("campaigns", q=campaign.id),
    )


def _contradiction(seen: Seen, account: Account, reader: Reader) -> Gap:
    return Gap(
        account.name,
        spoken(account.number),
        lines.contradiction(account, seen.evidence[account.number], reader),
        reader.text("contradiction_mend", kind=words.label(account.declared_kind, reader.language)),
        needs.account_page(account.number),
    )


def _without_source(seen: Seen, account: Account, reader: Reader) -> Gap:
    owner = seen.owners.get(account.owner, account.owner)
    mend, page = reader.text("no_source_mend"), needs.account_page(account.number)
    return Gap(account.name, f"{spoken(account.number)} · {owner}", "", mend, page)
