"""Which account each campaign sends from: what people say first, then what its content shows. Pure.

A mapping in the configuration counts before a mark in the campaign system, a mark before inference. What
nobody says and nothing shows stays unknown: it is listed for a person, and never acted on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from sendepause.model import AccountBy, Campaign, DirectoryEntry, Kind, Sender, Via

GATEWAYS = (Via.WAHA, Via.WWEBJS, Via.EVOLUTION)  # each installation has an address, and sessions, of its own
Assigned = Mapping[str, Mapping[str, str | None]]  # system -> campaign id -> number, or None: no campaign


def assign(
    campaigns: Iterable[Campaign],
    directory: Iterable[DirectoryEntry],
    assigned: Assigned,
    kinds: Mapping[str, Kind],
) -> list[Campaign]:
    """The campaigns with their accounts, without those that a person said send nothing.

    ``kinds``: the declared kind of each account. Where mark and content name different numbers, the one
    of the stricter kind counts, the others stand in ``also``, and the account is ``CONTRADICTED``.
    """
    numbers = {entry.sender: entry.account for entry in directory}
    return [found for one in campaigns for found in _assigned(one, numbers, assigned, kinds)]


def inferred(senders: Iterable[Sender], numbers: Mapping[Sender, str]) -> list[str]:
    """The accounts that senders belong to, as far as the directory knows them; each once, in order."""
    found = (_number(sender, numbers) for sender in senders)
    return list(dict.fromkeys(number for number in found if number))


def _number(sender: Sender, numbers: Mapping[Sender, str]) -> str | None:
    """The account that a sender belongs to; None without a name, or the gateway that the name is known in."""
    if not sender.name or (sender.via in GATEWAYS and not sender.gateway):
        return None
    return sender.name if sender.via is Via.TWILIO else numbers.get(sender)


def _assigned(
    one: Campaign, numbers: Mapping[Sender, str], assigned: Assigned, kinds: Mapping[str, Kind]
) -> Iterator[Campaign]:
    said = assigned.get(one.system, {})
    if one.id in said:
        number = said[one.id]
        if number is not None:
            yield replace(one, account=number, account_by=AccountBy.MARK)
        return
    shown = inferred(one.senders, numbers)
    if one.account is None:
        if not shown:
            yield replace(one, account_by=AccountBy.UNKNOWN)
            return
        first = min(shown, key=lambda number: _strictness(kinds, number))
        strange = any(s.via in GATEWAYS and not _number(s, numbers) for s in one.senders)
        if strange and kinds.get(first) is Kind.BUSINESS_PLATFORM:  # a session whose number nobody knows
            yield replace(one, account_by=AccountBy.UNKNOWN, also=tuple(shown))
            return
        yield replace(one, account=first, account_by=AccountBy.INFERRED, also=_others(shown, first))
        return
    if not shown or shown == [one.account]:
        yield one
        return
    every = list(dict.fromkeys([one.account, *shown]))
    first = min(every, key=lambda number: _strictness(kinds, number))
    yield replace(one, account=first, account_by=AccountBy.CONTRADICTED, also=_others(every, first))


def _strictness(kinds: Mapping[str, Kind], number: str) -> int:
    """A number that is no account counts last: nothing is known of it."""
    return kinds[number].strictness if number in kinds else len(Kind)


def _others(numbers: Iterable[str], first: str) -> tuple[str, ...]:
    return tuple(number for number in numbers if number != first)
