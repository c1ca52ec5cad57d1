"""The audit must not get worse on real people and machines, and says what it is made of."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from sendepause.audit import score
from sendepause.audit.evaluate import TRAITS, evaluate, real, summary
from sendepause.audit.figures import PAGE
from sendepause.audit.fitting import fit_confidence, fit_score, without_each_source
from sendepause.audit.page import between, signals_table
from sendepause.audit.signals import BY_NAME

CASES = Path(__file__).parent.parent / "cases" / "behaviour"


@pytest.fixture(scope="module")
def weeks() -> dict[str, pl.DataFrame]:
    """The judged weeks of the cases, as recorded and cut to minutes."""
    return {
        resolution: evaluate(CASES, to_minutes=resolution == "min").with_columns(
            resolution=pl.lit(resolution)
        )
        for resolution in ("s", "min")
    }


def counts(weeks: pl.DataFrame, by: str) -> dict[object, dict[str, int]]:
    return {row[by]: row for row in summary(weeks, [by]).to_dicts()}


@pytest.mark.parametrize(
    ("resolution", "machines_caught", "campaigns_caught", "small_ones_seen"),
    # One text to fifty people within a minute may be a broadcast list: bulk, not automated.
    [("s", 97, 54, 27), ("min", 96, 48, 24)],
)
def test_people_are_not_accused_and_machines_are_found(
    weeks: dict[str, pl.DataFrame],
    resolution: str,
    machines_caught: int,
    campaigns_caught: int,
    small_ones_seen: int,
) -> None:
    judged = weeks[resolution]
    totals = counts(real(judged), "label")
    people, machines = totals["human"], totals["machine"]
    assert (people["weeks"], machines["weeks"]) == (1_687, 157)
    assert people["automated"] == 0
    assert people["watch"] <= 1
    assert people["bulk"] <= 6  # all of them true mass writing
    assert machines["automated"] >= machines_caught
    assert machines["weeks"] - machines["clear"] >= 130

    campaigns = counts(judged.drop_nulls("size"), "size")
    assert sum(campaigns[size]["automated"] for size in (50, 200)) >= campaigns_caught
    assert sum(campaigns[size]["clear"] + campaigns[size]["watch"] for size in (50, 200)) == 0
    assert campaigns[20]["weeks"] - campaigns[20]["clear"] >= small_ones_seen


def test_no_person_shows_two_traits_and_a_score_near_the_threshold(weeks: dict[str, pl.DataFrame]) -> None:
    """The margin that people keep: what counts for `automated` is not tuned to the last of them."""
    people = real(pl.concat(weeks.values())).filter((pl.col("label") == "human") & (pl.col("families") >= 2))
    traits = people.select(pl.sum_horizontal(pl.col(n) * BY_NAME[n].weight.full for n in TRAITS))  # type: ignore[union-attr]
    worst = max((score.probability(score.INTERCEPT + total) for total in traits.to_series()), default=0)
    assert worst < 0.8 < score.AUTOMATED_SCORE


def test_the_numbers_of_the_score_are_those_that_the_cases_give(weeks: dict[str, pl.DataFrame]) -> None:
    seen = pl.concat(weeks.values()).filter(pl.col("source") != "wikipedia_edits")
    fitted = fit_score(seen)
    declared = [BY_NAME[name].weight.full for name in TRAITS]  # type: ignore[union-attr]
    assert fitted.constant == pytest.approx(score.INTERCEPT, abs=0.1)
    assert list(fitted.weights) == pytest.approx(declared, abs=0.2)
    assert min(declared) > 0  # no trait speaks for a person
    sure = fit_confidence(seen, fitted)
    assert [sure.constant, *sure.weights] == pytest.approx(score.CONFIDENCE, abs=0.4)


def test_the_score_holds_on_sources_that_it_has_not_seen(weeks: dict[str, pl.DataFrame]) -> None:
    unseen = without_each_source(pl.concat(weeks.values()).filter(pl.col("source") != "wikipedia_edits"))
    totals = counts(real(unseen), "label")
    people, machines = totals["human"], totals["machine"]
    assert (people["automated"], people["watch"]) == (0, 2)
    assert machines["automated"] >= 2 * 65
    machine = (unseen["label"] == "machine").cast(pl.Float64)
    assert ((unseen["confidence"] - machine) ** 2).mean() < 0.06


def test_four_weeks_accuse_no_more_than_one() -> None:
    totals = counts(real(evaluate(CASES, days=28)), "label")
    people, machines = totals["human"], totals["machine"]
    assert people["automated"] == 0
    assert people["watch"] <= 4
    assert machines["automated"] / machines["weeks"] >= 0.7


def test_the_page_shows_the_signals_as_they_are() -> None:
    page = PAGE.read_text("utf-8")
    assert between(page, "signals", signals_table()) == page, "run `make evaluate`"


def test_the_page_shows_figures() -> None:
    page = PAGE.read_text("utf-8")
    assert between(page, "figures", "") != page, "run `make evaluate`"
