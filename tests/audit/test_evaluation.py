"""The audit must not get worse on real people and machines."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from sendepause.audit.evaluate import ONE_DAY_ONLY, evaluate, summary

CASES = Path(__file__).parent.parent / "cases" / "behaviour"


@pytest.mark.parametrize(
    ("to_minutes", "machines_caught", "campaigns_caught", "small_ones_seen"),
    [
        (False, 53, 54, 27),
        # One text to fifty people within a minute may be a broadcast list: bulk, not automated.
        (True, 52, 48, 24),
    ],
)
def test_people_are_not_accused_and_machines_are_found(
    to_minutes: bool, machines_caught: int, campaigns_caught: int, small_ones_seen: int
) -> None:
    judged = evaluate(CASES, to_minutes=to_minutes)
    real = judged.filter((pl.col("source") != ONE_DAY_ONLY) & pl.col("size").is_null())
    totals = {row["label"]: row for row in summary(real, ["label"]).to_dicts()}

    people, machines = totals["human"], totals["machine"]
    assert (people["weeks"], machines["weeks"]) == (1_687, 157)
    assert people["automated"] == 0
    assert people["watch"] == 0
    assert people["bulk"] <= 6  # all of them true mass writing
    assert machines["automated"] >= machines_caught
    assert machines["weeks"] - machines["clear"] >= 105

    campaigns = {row["size"]: row for row in summary(judged.drop_nulls("size"), ["size"]).to_dicts()}
    assert sum(campaigns[size]["automated"] for size in (50, 200)) >= campaigns_caught
    assert sum(campaigns[size]["clear"] + campaigns[size]["watch"] for size in (50, 200)) == 0
    assert campaigns[20]["weeks"] - campaigns[20]["clear"] >= small_ones_seen
