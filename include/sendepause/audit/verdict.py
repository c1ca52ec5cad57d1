"""From day rows to findings: one verdict for every account asked for, and its words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pendulum
import polars as pl

from sendepause.audit import sharing
from sendepause.audit.rules import CHANCE, SAME_MINUTE, Role, Rule
from sendepause.audit.signals import BY_NAME, MINIMUM_SENDS, REGISTRY, complete
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
    companies: Mapping[str, str] | None = None,
) -> list[Finding]:
    """The findings at ``as_of`` (aware), ordered by account.

    :param activity: day rows, schema ``activity.ACTIVITY``, at most one for each account and day; rows
        outside the window only tell how new the account's data are.
    :param window_days: the window is so many local days of the account, the last being that of ``as_of``.
    :param health: of each account; an account that is missing in it has no source. Without any
        (``None``), the newest event alone tells whether data are fresh, and an account without rows has
        no source.
    :param accounts: whom to judge; by default every account with a row or an entry in ``health``.
    :param companies: whose each account is, for what the accounts of a company share; an account that is
        missing stands alone. Without it all belong together.

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
    shared = sharing.shared([sharing.traces(window)], companies)
    lines = measures(window).join(shared, on="account_id", how="left").iter_rows(named=True)
    measured = {line["account_id"]: complete(line) for line in lines}
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
        Language.DE: "Die Messwerte sprechen für automatischen Versand",
        Language.EN: "The figures point to automated sending",
    },
    Verdict.BULK: {
        Language.DE: "Die Messwerte sprechen für Massenversand, ob von Hand oder automatisch",
        Language.EN: "The figures point to bulk sending, by hand or automated",
    },
    Verdict.WATCH: {
        Language.DE: "Einzelne Messwerte sind auffällig, mehr lässt sich daraus nicht schließen",
        Language.EN: "Single figures stand out, and no more than that can be concluded",
    },
    Verdict.CLEAR: {
        Language.DE: "Die Messwerte sind unauffällig",
        Language.EN: "Nothing stands out in the figures",
    },
}
_NO_DATA = {
    NoData.NO_SOURCE: {
        Language.DE: "Kein Befund: Für dieses Konto ist keine Datenquelle angeschlossen.",
        Language.EN: "No finding: no source is connected for this account.",
    },
    NoData.SOURCE_ILL: {
        Language.DE: "Kein Befund: Die Datenquelle dieses Kontos ist gestört, oder ihre Daten sind zu alt.",
        Language.EN: "No finding: this account's source is out of order, or its data are too old.",
    },
    NoData.SILENT: {
        Language.DE: "Kein Befund: Die Datenquelle ist in Ordnung, und das Konto hat in {window} Tagen nichts"
        " gesendet.",
        Language.EN: "No finding: the source is well, and the account has sent nothing in {window} days.",
    },
    NoData.TOO_FEW: {
        Language.DE: "Kein Befund: zu wenige Nachrichten (nötig sind {minimum}).",
        Language.EN: "No finding: too few messages ({minimum} are needed).",
    },
}
_WORDS = {
    Language.DE: {
        "threshold": "Schwelle",
        "measured": "Das ist eine Messung, kein Vorwurf.",
        "besides": "Außerdem: {}.",
        "sources": "Herkunft der Schwellen: {}.",
        "at_least": "ab {}",
        "at_most": "höchstens {}",
        "rarer": "{} oder seltener",
        "chance": "1 zu {}",
        "rarest": "unter 1 zu 1 Milliarde",
        "percent": "{} %",
        "hours": "{} Std.",
        "seconds": "{} Sek.",
        "date": "D. MMMM YYYY",
        "basis": "Grundlage: {sends} an {days} von {window} Tagen bis zum {date}.",
        "sends": "{} gesendete Nachrichten",
        "one_send": "1 gesendete Nachricht",
        "one_day": "einem",
        "newest": "Die neueste bekannte Nachricht ist vom {}.",
    },
    Language.EN: {
        "threshold": "threshold",
        "measured": "This is a measurement, not an accusation.",
        "besides": "Also: {}.",
        "sources": "Where the thresholds come from: {}.",
        "at_least": "{} or more",
        "at_most": "{} or less",
        "rarer": "{} or rarer",
        "chance": "1 in {}",
        "rarest": "under 1 in 1 billion",
        "percent": "{}%",
        "hours": "{} h",
        "seconds": "{} s",
        "date": "D MMMM YYYY",
        "basis": "Basis: {sends} on {days} of the {window} days up to {date}.",
        "sends": "{} messages sent",
        "one_send": "1 message sent",
        "one_day": "one",
        "newest": "The newest message known is of {}.",
    },
}
_LEADING = 3  # so many numbers are read in one go; what is left follows in a sentence of its own
_RAREST = 9  # a chance below one in a billion is said as that


def sentence(finding: Finding, language: Language, *, zone: str | None = None) -> str:
    """The verdict in words, with its numbers, thresholds, sources and days, for the one who is told.

    :param zone: the reader's time zone, for the dates; that of ``as_of`` by default.
    """
    if finding.no_data is None:
        return _reading(finding, language, zone)
    head = _NO_DATA[finding.no_data][language].format(minimum=MINIMUM_SENDS, window=finding.window_days)
    if finding.no_data is NoData.TOO_FEW:
        return f"{head} {_basis(finding, language, zone)}"
    if finding.newest_at is None:
        return head
    newest = _WORDS[language]["newest"].format(_date(finding.newest_at, finding, language, zone))
    return f"{head} {newest}"


def _reading(finding: Finding, language: Language, zone: str | None) -> str:
    """The verdict first, with its weightiest numbers; then what they rest on; then everything else."""
    words, telling = _WORDS[language], _telling(finding)
    head, basis = _HEADS[finding.verdict][language], _basis(finding, language, zone)
    if not telling:
        return f"{head}. {basis}"
    phrases = [_phrase(rule, signal, language) for rule, signal in telling]
    told = [f"{head}: {'; '.join(phrases[:_LEADING])}.", basis, words["measured"]]
    if phrases[_LEADING:]:
        told.append(words["besides"].format("; ".join(phrases[_LEADING:])))
    sources = "; ".join(dict.fromkeys(rule.source[language] for rule, _ in telling))
    return " ".join([*told, words["sources"].format(sources)])


def _basis(finding: Finding, language: Language, zone: str | None) -> str:
    words = _WORDS[language]
    sends = words["sends"].format(_number(finding.messages, language))
    return words["basis"].format(
        sends=words["one_send"] if finding.messages == 1 else sends,
        days=words["one_day"] if finding.days == 1 else finding.days,
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
    if unit == CHANCE:
        return _chance(value, language)
    words = _WORDS[language]
    if unit in ("share", SAME_MINUTE):
        return words["percent"].format(_number(100 * value, language))
    shape = {"s": words["seconds"], "h": words["hours"]}.get(unit, "{}")
    return shape.format(_number(value, language))


def _chance(power: float, language: Language) -> str:
    """A probability of 10 to the minus ``power``, as people say it: "1 zu 10.000"."""
    words = _WORDS[language]
    if power > _RAREST:
        return words["rarest"]
    exact = 10**power
    rounded = round(exact, -int(power))  # one digit says enough
    return words["chance"].format(_number(rounded, language))


def _number(value: float, language: Language) -> str:
    """At most one decimal, in the language's own signs."""
    text = f"{value:,.1f}".removesuffix(".0")
    return text.translate(str.maketrans(",.", ".,")) if language is Language.DE else text
