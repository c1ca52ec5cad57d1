"""The verdict in force: it rises at once, and falls after some days, so that no account flips daily.

Each audit goes on from the finding before it and from nothing else, so that a repeated run, or a second
audit of one day, changes nothing, and a run of an old moment gives what it gave then.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sendepause.model import Finding, Held, NoData, Verdict

FALL_AFTER_DAYS = 3
"""A verdict falls once data have moved on by so many local days while less was measured. Source: none; the
reason is that a weekend of silence, Friday evening to Monday morning, is no better behaviour."""

IGNORANCE = (NoData.NO_SOURCE, NoData.SOURCE_ILL)
"""No data of which nothing can be concluded; the others are a well source that tells of little or nothing."""


def in_force(
    found: Iterable[Finding],
    former: Mapping[str, Finding],
    zones: Mapping[str, str],
    reached: Mapping[str, datetime | None],
) -> list[Finding]:
    """The findings of one audit as they come into force.

    :param found: as they were measured.
    :param former: each account's finding of the audit before.
    :param zones: of each account; its days are local.
    :param reached: how far the data of its sources reach; its newest event counts besides.
    """
    return [steady(former.get(one.account), one, _day(one, zones, reached.get(one.account))) for one in found]


def _day(finding: Finding, zones: Mapping[str, str], reached: datetime | None) -> date:
    """The local day that an account's data reach."""
    known = [at for at in (finding.newest_at, reached) if at is not None and at <= finding.as_of]
    at = max(known, default=finding.as_of)
    return at.astimezone(ZoneInfo(zones.get(finding.account, "UTC"))).date()


def steady(former: Finding | None, new: Finding, reached: date) -> Finding:
    """What was measured anew, as it comes into force after ``former``.

    A verdict rises at once: a machine is told the next day. It falls when data have moved on by
    ``FALL_AFTER_DAYS`` local days in which less was measured, to the highest verdict of that time. Where
    there are no data to conclude from, nothing is in force but ``no_data``, and the verdict before is kept:
    a source that fails acquits nobody. ``clear`` is never kept: without data it is no verdict.

    :param reached: the local day that the account's data reach.
    """
    held = _kept(former)
    if new.no_data in IGNORANCE:
        return _since(former, replace(new, measured=new.verdict, held=held))
    if held is None or new.verdict.rank >= held.finding.verdict.rank:
        return _since(former, replace(new, measured=new.verdict, held=None))
    since = held.lower_since or reached
    lower = new if held.lower is None or new.verdict.rank >= held.lower.verdict.rank else held.lower
    lower = replace(lower, held=None)
    if (reached - since).days < FALL_AFTER_DAYS:
        kept = Held(held.finding, since, lower)
        return _since(former, replace(new, verdict=held.finding.verdict, measured=new.verdict, held=kept))
    if lower.verdict is new.verdict:
        return _since(former, replace(new, measured=new.verdict, held=None))
    kept = Held(lower, reached, replace(new, held=None))
    return _since(former, replace(new, verdict=lower.verdict, measured=new.verdict, held=kept))


def _kept(former: Finding | None) -> Held | None:
    """What the finding before keeps in force, or in mind, and since when less was measured."""
    if former is None:
        return None
    if former.held is not None:
        return former.held
    return Held(former) if former.verdict.rank > Verdict.CLEAR.rank else None


def _since(former: Finding | None, finding: Finding) -> Finding:
    same = former is not None and (former.verdict, _why(former)) == (finding.verdict, _why(finding))
    return replace(finding, since=former.since if former and same and former.since else finding.as_of)


def _why(finding: Finding) -> NoData | None:
    """Why there is no verdict, where none is in force."""
    return finding.no_data if finding.verdict is Verdict.NO_DATA else None
