"""The figures of the audit as Markdown, for ``docs/audit.md``, and its calibration as a picture beside it."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from scipy.stats import binomtest

from sendepause.audit.evaluate import ONE_DAY_ONLY, evaluate, judged, real, stream, summary
from sendepause.audit.fitting import fit_confidence, fit_score, without_each_source
from sendepause.audit.page import between, signals_table
from sendepause.audit.rules import Role
from sendepause.audit.signals import REGISTRY

PAGE = Path("docs/audit.md")
PICTURE = Path("docs/audit-calibration.svg")
ADVERSARIES = Path("tests/audit/adversaries.py")

_SAMPLES = (20, 50, 200)
_RESOLUTIONS = {"s": "as recorded", "min": "cut to minutes"}
_BINS = (0.0, 0.02, 0.05, 0.1, 0.3, 0.5, 0.7, 0.9, 0.98, 1.0)


def figures(folder: Path) -> str:
    """Everything that is measured on a folder of labelled streams, and on made-up adversaries."""
    weeks = all_weeks(folder)
    unseen = without_each_source(weeks.filter(pl.col("source") != ONE_DAY_ONLY))
    draw(weeks.filter(pl.col("source") != ONE_DAY_ONLY), unseen)
    parts = [
        ("Together", _totals(weeks)),
        ("By source and kind", _by_source(weeks)),
        ("By sample size", _by_sample(weeks)),
        ("Signal by signal", _by_signal(weeks)),
        ("The score on sources that it was not fitted to", _unseen(weeks, unseen)),
        ("Windows of four weeks", _long_windows(folder)),
        ("Campaigns that hide", _adversaries()),
    ]
    return "\n".join(f"### {title}\n\n{text}\n" for title, text in parts)


def all_weeks(folder: Path) -> pl.DataFrame:
    """The judged weeks at both resolutions, as ``evaluate.judged`` with ``resolution``."""
    return pl.concat(
        evaluate(folder, to_minutes=minutes).with_columns(resolution=pl.lit("min" if minutes else "s"))
        for minutes in (False, True)
    )


def write(text: str) -> None:
    """Put the figures and the table of signals into the page."""
    page = PAGE.read_text("utf-8")
    page = between(page, "figures", text)
    PAGE.write_text(between(page, "signals", signals_table()), "utf-8")


def wilson(hits: int, weeks: int) -> str:
    """A share with its 95 % interval."""
    interval = binomtest(hits, weeks).proportion_ci(method="wilson")
    return f"{100 * hits / weeks:.1f} % ({100 * interval.low:.1f} to {100 * interval.high:.1f})"


def table(rows: Iterable[Sequence[object]], head: Sequence[str]) -> str:
    """A Markdown table."""
    lines = [list(head), ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


_HEAD = ("windows", "`automated`", "`bulk`", "`watch`", "automated, 95 %", "any verdict, 95 %")


def _cells(row: Mapping[str, Any]) -> list[object]:
    weeks = row["weeks"]
    return [
        weeks,
        row["automated"],
        row["bulk"],
        row["watch"],
        wilson(row["automated"], weeks),
        wilson(weeks - row["clear"], weeks),
    ]


def _verdicts(weeks: pl.DataFrame, by: Sequence[str], head: Sequence[str]) -> str:
    lines = summary(weeks, by).iter_rows(named=True)
    named = ([_RESOLUTIONS.get(row[name], row[name]) for name in by] + _cells(row) for row in lines)
    return table(named, [*head, *_HEAD])


def _totals(weeks: pl.DataFrame) -> str:
    people = _verdicts(real(weeks), ["label", "resolution"], ["who", "times"])
    campaigns = _verdicts(weeks.drop_nulls("size"), ["size", "resolution"], ["recipients", "times"])
    return f"{people}\n\nMade-up campaigns, each laid into a week of a real person:\n\n{campaigns}"


def _by_source(weeks: pl.DataFrame) -> str:
    natural = weeks.filter(pl.col("size").is_null())
    return _verdicts(natural, ["label", "source", "kind", "resolution"], ["who", "source", "kind", "times"])


def _by_sample(weeks: pl.DataFrame) -> str:
    sends = pl.col("sends")
    size = pl.coalesce(*(pl.when(sends >= least).then(least) for least in reversed(_SAMPLES)))
    sized = real(weeks).with_columns(least=size)
    return _verdicts(sized, ["label", "least", "resolution"], ["who", "sends from", "times"])


def _by_signal(weeks: pl.DataFrame) -> str:
    """How many weeks each signal tripped on, at each resolution."""
    groups = {
        "people": real(weeks).filter(pl.col("label") == "human"),
        "machines": real(weeks).filter(pl.col("label") == "machine"),
        "campaigns": weeks.drop_nulls("size"),
    }

    def counts(name: str) -> Iterator[str]:
        for group in groups.values():
            hits = group.filter(pl.col("tripped").list.contains(name)).group_by("resolution").len()
            found = dict(hits.iter_rows())
            yield f"{found.get('s', 0)} / {found.get('min', 0)}"

    sizes = [len(group) // 2 for group in groups.values()]
    head = [f"{name} of {size}" for name, size in zip(groups, sizes, strict=True)]
    rows = [
        [f"`{rule.name}`", rule.role.value, *counts(rule.name)]
        for rule in REGISTRY
        if rule.role is not Role.EVIDENCE
    ]
    return "Weeks on which each is reached, as recorded / cut to minutes.\n\n" + table(
        rows, ["signal", "role", *head]
    )


def _unseen(weeks: pl.DataFrame, unseen: pl.DataFrame) -> str:
    """Each source judged by a score fitted to the others; and the fitted numbers that stand in ``score``."""
    seen = weeks.filter(pl.col("source") != ONE_DAY_ONLY)
    score = fit_score(seen)
    confidence = fit_confidence(seen, score)
    numbers = (
        f"Fitted now: score {score.constant:.2f} and {', '.join(f'{w:.2f}' for w in score.weights)}; "
        f"confidence {confidence.constant:.2f} and {', '.join(f'{w:.2f}' for w in confidence.weights)}."
    )
    machine = unseen["label"] == "machine"
    brier = float(((unseen["confidence"] - machine.cast(pl.Float64)) ** 2).mean())  # type: ignore[arg-type]
    totals = _verdicts(real(unseen), ["label", "resolution"], ["who", "times"])
    return f"{totals}\n\n{numbers} Brier score of the confidence on unseen sources: {brier:.4f}."


def _long_windows(folder: Path) -> str:
    found = [
        real(evaluate(folder, to_minutes=minutes, days=28)).with_columns(
            resolution=pl.lit("min" if minutes else "s")
        )
        for minutes in (False, True)
    ]
    return _verdicts(pl.concat(found), ["label", "resolution"], ["who", "times"])


def _adversaries() -> str:
    """Each way of hiding, judged over four weeks, all accounts of a company together."""
    if not ADVERSARIES.exists():
        return "No adversaries are here."
    made: dict[str, Callable[[int], pl.DataFrame]] = importlib.import_module("tests.audit.adversaries").ALL
    rows = []
    for name, generate in made.items():
        drawn = stream(generate(1))
        found = [judged(drawn, to_minutes=minutes, days=28) for minutes in (False, True)]
        for size in found[0]["size"].unique().sort():
            of_size = [weeks.filter(pl.col("size") == size) for weeks in found]
            rows.append([f"`{name}`", size, *(cell for weeks in of_size for cell in _seen(weeks))])
    head = ["way of hiding", "recipients"]
    head += [f"{what}, {times}" for times in _RESOLUTIONS.values() for what in ("`automated`", "any verdict")]
    return table(rows, head)


def _seen(weeks: pl.DataFrame) -> tuple[str, str]:
    automated = (weeks["verdict"] == "automated").sum()
    return f"{automated} of {len(weeks)}", f"{(weeks['verdict'] != 'clear').sum()} of {len(weeks)}"


def draw(seen: pl.DataFrame, unseen: pl.DataFrame) -> None:
    """How often accounts of each confidence are machines: fitted, and on sources that were not fitted to."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "sendepause"  # the same picture has the same bytes
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(6, 4.5))
    axes.plot([0, 1], [0, 1], color="0.7", linewidth=1, label="calibrated")
    for name, weeks, marker in (("all sources", seen, "o"), ("source not fitted to", unseen, "s")):
        mean, share, low, high = _reliability(weeks)
        axes.errorbar(
            mean, share, [share - low, high - share], marker=marker, capsize=2, label=name, alpha=0.8
        )
    axes.set(xlabel="confidence", ylabel="share of machines (95 % Wilson)", xlim=(0, 1), ylim=(0, 1.02))
    axes.legend(frameon=False, loc="upper left")
    figure.tight_layout()
    figure.savefig(PICTURE, metadata={"Date": None})
    pyplot.close(figure)


def _reliability(weeks: pl.DataFrame) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Mean confidence, share of machines and its interval in each bin that has weeks."""
    confidence = weeks["confidence"].to_numpy()
    machine = (weeks["label"] == "machine").to_numpy()
    where = np.clip(np.digitize(confidence, _BINS) - 1, 0, len(_BINS) - 2)
    rows = []
    for number in np.unique(where):
        inside = where == number
        hits, size = int(machine[inside].sum()), int(inside.sum())
        interval = binomtest(hits, size).proportion_ci(method="wilson")
        rows.append((confidence[inside].mean(), hits / size, interval.low, interval.high))
    return np.array(rows, dtype=np.float64).T
