"""What is out of order, each thing with the step that mends it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from fastapi import APIRouter, Request, Response

from sendepause import planning, words
from sendepause.alerts import outbox
from sendepause.board import lines, needs, proofs, rendering
from sendepause.board.rendering import language_of
from sendepause.board.seen import Reader, Seen, spoken
from sendepause.board.source import Desk, Source
from sendepause.model import CampaignState
from sendepause.store import queries

LISTED = 50  # so many lines of each list


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
    lists = (
        _gaps("undelivered", _undelivered(desk)),
        _gaps("ill", _ill(seen, queries.health(session), reader)),
        _gaps("broken", _broken(queries.broken_files(session), reader)),
        _gaps("unknown", _unassigned(seen, reader)),
        _gaps("contradictions", _contradictions(seen, reader)),
        _gaps("no_source", _without_source(seen, reader)),
    )
    return Problems(
        as_of=reader.text("as_of", moment=reader.long(reader.now), zone=reader.zone),
        total=sum(one.total for one in lists),
        lists=lists,
    )


def _gaps(key: str, found: Iterable[Gap]) -> Gaps:
    all_of_them = list(found)
    return Gaps(key, len(all_of_them), tuple(all_of_them[:LISTED]))


def _undelivered(desk: Desk) -> Iterator[Gap]:
    seen, reader = desk.seen, desk.reader
    for alert in outbox.alerts(desk.session, states=["refused"], limit=500):
        line = lines.alert_line(seen, alert, reader)
        retry = Retry("message", "", alert.delivery) if alert.delivery else None
        yield Gap(
            line.subject,
            f"{line.stage} · {line.reader} · {line.channel}",
            line.error,
            reader.text("undelivered_mend"),
            retry=retry,
        )


def _ill(seen: Seen, health: Mapping[str, queries.Health], reader: Reader) -> Iterator[Gap]:
    for subject, state in sorted(health.items()):
        if not state.ok and subject.startswith(("source:", "system:", "drill:")):
            since = reader.text("since", moment=reader.short(state.since))
            yield Gap(seen.name_of(subject, reader), since, state.detail, reader.text("ill_mend"))


def _broken(files: Iterable[queries.FileState], reader: Reader) -> Iterator[Gap]:
    for file in files:
        detail = ": ".join(part for part in (file.place, file.reason) if part)
        retry = Retry("file", file.source, file.path)
        yield Gap(file.path, file.source, detail, reader.text("broken_mend"), retry=retry)


def _unassigned(seen: Seen, reader: Reader) -> Iterator[Gap]:
    for campaign in seen.campaigns:
        if campaign.account in seen.accounts or campaign.state in (CampaignState.PAUSED, CampaignState.DONE):
            continue
        yield Gap(
            campaign.name,
            f"{campaign.system}: {words.label(campaign.state, reader.language)}",
            spoken(campaign.account),
            reader.text("account_foreign_mend") if campaign.account else proofs.mend(reader, campaign),
            lines.address("campaigns", q=campaign.id),
        )


def _contradictions(seen: Seen, reader: Reader) -> Iterator[Gap]:
    for number, account in seen.accounts.items():
        evidence = seen.evidence.get(number, frozenset())
        if planning.contradicted(account, evidence):
            yield Gap(
                account.name,
                spoken(number),
                lines.contradiction(account, evidence, reader),
                reader.text("contradiction_mend", kind=words.label(account.declared_kind, reader.language)),
                needs.account_page(number),
            )


def _without_source(seen: Seen, reader: Reader) -> Iterator[Gap]:
    for account in seen.without_source:
        owner = seen.owners.get(account.owner, account.owner)
        mend = reader.text("no_source_mend")
        yield Gap(
            account.name, f"{spoken(account.number)} · {owner}", "", mend, needs.account_page(account.number)
        )
