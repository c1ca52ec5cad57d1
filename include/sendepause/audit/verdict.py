"""From day rows to findings: one verdict for every account asked for, and its words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pendulum
import polars as pl

from sendepause.audit.signals import (
    BY_NAME,
    CHANCE,
    MINIMUM_SENDS,
    REGISTRY,
    SAME_MINUTE,
    Role,
    Rule,
    complete,
)
from sendepause.audit.window import measures
from sendepause.model import Finding, Language, NoData, Signal, Verdict


@dataclass(frozen=True, slots=True)
class SourceHealth:
    """The sources of one account: is one connected, can it not be read, how far was it read."""

    connected: bool
    ill: bool
    read_until: datetime | None  # aware


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of an account besides its signals."""

    newest_at: datetime | None
    fresh: bool
    health: SourceHealth | None


def judge(
    activity: pl.DataFrame,
    as_of: datetime,
    *,
    window_days: int = 28,
    fresh_days: int = 7,
    health: Mapping[str, SourceHealth] | None = None,
    accounts: Iterable[str] | None = None,
) -> list[Finding]:
    """The findings at ``as_of`` (aware), ordered by account.

    :param activity: day rows, schema ``activity.ACTIVITY``, at most one for each account and day; rows
        outside the window only tell how new the account's data are.
    :param window_days: the window is so many local days of the account, the last being that of ``as_of``.
    :param health: of each account; an account that is missing in it has no source. Without any
        (``None``), the newest event alone tells whether data are fresh, and an account without rows has
        no source.
    :param accounts: whom to judge; by default every account with a row or an entry in ``health``.

    The day of ``as_of`` is judged as far as its row goes. A row that holds an event after ``as_of``, as
    in a replay, cannot be cut and is left out whole: an event after ``as_of`` never counts. Who needs
    that partial day makes its row from the events up to ``as_of``.
    """
    if as_of.tzinfo is None:
        raise ValueError("as_of needs a time zone")
    past = activity.filter(pl.col("last").struct.field("at") <= as_of)
    window = past.join(_windows(past, as_of, window_days), on="zone").filter(
        pl.col("day").is_between(pl.col("since"), pl.col("until"))
    )
    measured = {line["account_id"]: complete(line) for line in measures(window).iter_rows(named=True)}
    newest = dict(past.group_by("account_id").agg(pl.col("last").struct.field("at").max()).iter_rows())
    oldest_fresh = as_of - timedelta(days=fresh_days)

    def known(account: str) -> _Known:
        own = None if health is None else health.get(account, SourceHealth(False, False, None))
        seen = [newest.get(account), own.read_until if own else None]
        return _Known(newest.get(account), any(at is not None and at >= oldest_fresh for at in seen), own)

    asked = set(accounts) if accounts is not None else {*activity["account_id"].unique(), *(health or {})}
    return [_finding(name, as_of, window_days, measured.get(name), known(name)) for name in sorted(asked)]


def _windows(rows: pl.DataFrame, as_of: datetime, days: int) -> pl.DataFrame:
    """The first and the last local day of the window in each zone."""
    zones = rows["zone"].unique().to_list()
    until = [as_of.astimezone(ZoneInfo(zone)).date() for zone in zones]
    since = [day - timedelta(days=days - 1) for day in until]
    return pl.DataFrame(
        {"zone": zones, "since": since, "until": until},
        schema={"zone": pl.String, "since": pl.Date, "until": pl.Date},
    )


def _finding(
    account: str, as_of: datetime, window_days: int, measured: Mapping[str, Any] | None, known: _Known
) -> Finding:
    sends = int(measured["sends"]) if measured else 0
    signals = tuple(_signal(rule, measured) for rule in REGISTRY) if measured and sends else ()
    tripped = {signal.name for signal in signals if signal.tripped}
    fact = any(rule.role is Role.FACT and rule.name in tripped for rule in REGISTRY)
    no_data = _no_data(known, sends, fact)
    return Finding(
        account=account,
        as_of=as_of,
        window_days=window_days,
        verdict=Verdict.NO_DATA if no_data else _verdict(measured or {}, tripped, fact),
        signals=signals,
        messages=sends,
        days=int(measured["days"]) if measured else 0,
        no_data=no_data,
        newest_at=known.newest_at,
    )


def _no_data(known: _Known, sends: int, fact: bool) -> NoData | None:
    """Why there can be no verdict, if so. Silence is not innocence: only a well source shows it."""
    health = known.health
    if (health is not None and not health.connected) or (health is None and known.newest_at is None):
        return NoData.NO_SOURCE
    if (health is not None and health.ill) or not known.fresh:
        return NoData.SOURCE_ILL
    if sends == 0:
        return NoData.SILENT
    return NoData.TOO_FEW if sends < MINIMUM_SENDS and not fact else None


def _signal(rule: Rule, measured: Mapping[str, Any]) -> Signal:
    """Under the minimum of sends a pattern and a hint say nothing; facts and evidence stand."""
    held = rule.at(measured)
    enough = measured["sends"] >= MINIMUM_SENDS or rule.role in (Role.FACT, Role.EVIDENCE)
    return Signal(
        name=rule.name,
        value=held.value(measured) if enough else None,
        threshold=held.limit,
        unit=held.unit,
        source=rule.source[Language.EN],
        tripped=enough and (rule.points(measured) > 0 if rule.role is Role.HINT else held.holds(measured)),
    )


def _verdict(measured: Mapping[str, Any], tripped: set[str], fact: bool) -> Verdict:
    """The order of the verdicts: what only a machine does outranks what was done."""
    patterns = [rule for rule in REGISTRY if rule.role is Role.PATTERN]
    if any(rule.name in tripped for rule in patterns):
        return Verdict.AUTOMATED
    if fact:
        return Verdict.BULK
    watched = any(rule.watches(rule.at(measured).value(measured)) for rule in patterns)
    return Verdict.WATCH if watched else Verdict.CLEAR


_HEADS = {
    Verdict.AUTOMATED: {
        Language.DE: "Diese Nummer sendet wie ein Automat",
        Language.EN: "This number sends like a machine",
    },
    Verdict.BULK: {
        Language.DE: "Von dieser Nummer gehen Massensendungen aus, von wem auch immer",
        Language.EN: "This number sends in bulk, whoever does it",
    },
    Verdict.WATCH: {
        Language.DE: "An dieser Nummer ist etwas auffällig, für ein Urteil genügt es nicht",
        Language.EN: "Something stands out on this number, not enough for a verdict",
    },
    Verdict.CLEAR: {
        Language.DE: "An dieser Nummer ist nichts auffällig",
        Language.EN: "Nothing stands out on this number",
    },
}
_NO_DATA = {
    NoData.NO_SOURCE: {
        Language.DE: "Kein Urteil: Für diese Nummer ist keine Quelle angeschlossen.",
        Language.EN: "No verdict: no source is connected for this number.",
    },
    NoData.SOURCE_ILL: {
        Language.DE: "Kein Urteil: Die Quelle dieser Nummer ist nicht lesbar, oder ihre Daten sind zu alt.",
        Language.EN: "No verdict: the source of this number cannot be read, or its data are too old.",
    },
    NoData.SILENT: {
        Language.DE: "Kein Urteil: Die Quelle ist gesund, die Nummer hat in {window} Tagen nichts gesendet.",
        Language.EN: "No verdict: the source is well, and the number has sent nothing in {window} days.",
    },
    NoData.TOO_FEW: {
        Language.DE: "Zu wenige Nachrichten für ein Urteil über den Takt (Schwelle: ab {minimum}).",
        Language.EN: "Too few messages for a verdict on timing (threshold: {minimum} or more).",
    },
}
_WORDS = {
    Language.DE: {
        "threshold": "Schwelle",
        "sources": "Herkunft der Schwellen",
        "at_least": "ab {}",
        "at_most": "höchstens {}",
        "rarer": "{} oder seltener",
        "chance": "1 zu 10^{}",
        "percent": "{} %",
        "date": "D. MMMM YYYY",
        "basis": "Grundlage: {sends} an {days} von {window} Tagen bis zum {date}.",
        "sends": "{} gesendete Nachrichten",
        "one_send": "1 gesendete Nachricht",
        "newest": "Die jüngste bekannte Nachricht ist vom {}.",
    },
    Language.EN: {
        "threshold": "threshold",
        "sources": "Where the thresholds come from",
        "at_least": "{} or more",
        "at_most": "{} or less",
        "rarer": "{} or rarer",
        "chance": "1 in 10^{}",
        "percent": "{}%",
        "date": "D MMMM YYYY",
        "basis": "It rests on {sends} on {days} of the {window} days up to {date}.",
        "sends": "{} messages sent",
        "one_send": "1 message sent",
        "newest": "The newest message known is of {}.",
    },
}


def sentence(finding: Finding, language: Language, *, zone: str | None = None) -> str:
    """The verdict in words, with its numbers, thresholds, sources and days, for the one who is told.

    :param zone: the reader's time zone, for the dates; that of ``as_of`` by default.
    """
    if finding.no_data is None:
        return f"{_evidence(finding, language)} {_basis(finding, language, zone)}"
    head = _NO_DATA[finding.no_data][language].format(minimum=MINIMUM_SENDS, window=finding.window_days)
    if finding.no_data is NoData.TOO_FEW:
        return f"{head} {_basis(finding, language, zone)}"
    if finding.newest_at is None:
        return head
    newest = _WORDS[language]["newest"].format(_date(finding.newest_at, finding, language, zone))
    return f"{head} {newest}"


def _evidence(finding: Finding, language: Language) -> str:
    telling = _telling(finding)
    head = _HEADS[finding.verdict][language]
    if not telling:
        return f"{head}."
    phrases = "; ".join(_phrase(rule, signal, language) for rule, signal in telling)
    sources = "; ".join(dict.fromkeys(rule.source[language] for rule, _ in telling))
    return f"{head}: {phrases}. {_WORDS[language]['sources']}: {sources}."


def _basis(finding: Finding, language: Language, zone: str | None) -> str:
    words = _WORDS[language]
    sends = words["sends"].format(_number(finding.messages, language))
    return words["basis"].format(
        sends=words["one_send"] if finding.messages == 1 else sends,
        days=finding.days,
        window=finding.window_days,
        date=_date(finding.as_of, finding, language, zone),
    )


def _date(moment: datetime, finding: Finding, language: Language, zone: str | None) -> str:
    local = moment.astimezone(ZoneInfo(zone) if zone else finding.as_of.tzinfo)
    return pendulum.instance(local).format(_WORDS[language]["date"], locale=language.value)


def _telling(finding: Finding) -> list[tuple[Rule, Signal]]:
    """The signals that make the verdict: patterns and facts; where only points do, the hints behind them."""
    if finding.verdict is Verdict.CLEAR:
        return []
    known = [(BY_NAME[signal.name], signal) for signal in finding.signals if signal.name in BY_NAME]
    patterns = [
        (rule, signal)
        for rule, signal in known
        if rule.role is Role.PATTERN
        and rule.name != "points"
        and (signal.tripped or rule.watches(signal.value))
    ]
    facts = [(rule, signal) for rule, signal in known if rule.role is Role.FACT and signal.tripped]
    hints = [(rule, signal) for rule, signal in known if rule.role is Role.HINT and signal.tripped]
    by_points = finding.verdict in (Verdict.AUTOMATED, Verdict.WATCH) and not patterns
    said: dict[str, tuple[Rule, Signal]] = {}
    for rule, signal in [*patterns, *facts, *(hints if by_points else [])]:
        said.setdefault(rule.text[Language.EN], (rule, signal))  # two thresholds on one number: said once
    return list(said.values())


def _phrase(rule: Rule, signal: Signal, language: Language) -> str:
    """A signal as a noun phrase with its threshold."""
    words = _WORDS[language]
    minute_text = rule.minute_text if signal.unit == SAME_MINUTE else None
    value = (minute_text or rule.text)[language].format(value=_amount(signal.value, signal.unit, language))
    if signal.unit == CHANCE:
        direction = "rarer"
    else:
        direction = "at_most" if rule.held.at_most and minute_text is None else "at_least"
    limit = words[direction].format(_amount(signal.threshold, signal.unit, language))
    return f"{value} ({words['threshold']}: {limit})"


def _amount(value: float | None, unit: str, language: Language) -> str:
    if value is None:
        return "–"
    if unit in ("share", SAME_MINUTE):
        return _WORDS[language]["percent"].format(_number(100 * value, language))
    if unit == CHANCE:
        return _WORDS[language]["chance"].format(_number(value, language))
    return f"{_number(value, language)} {unit}" if unit in ("s", "h") else _number(value, language)


def _number(value: float, language: Language) -> str:
    """At most one decimal, in the language's own signs."""
    text = f"{value:,.1f}".removesuffix(".0")
    return text.translate(str.maketrans(",.", ".,")) if language is Language.DE else text
