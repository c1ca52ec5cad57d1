"""Which campaigns that hide are found all the same, and which are not yet."""

from __future__ import annotations

from datetime import UTC, timedelta

import polars as pl
import pytest
from tests.audit import adversaries
from tests.audit.test_sharing import judged

from sendepause.audit.activity import day_rows
from sendepause.audit.evaluate import CASES, ONE_DAY_ONLY, stream
from sendepause.audit.signals import MINIMUM_SENDS
from sendepause.audit.verdict import judge
from sendepause.frames import EVENTS, UTC_MS
from sendepause.model import Verdict

SEED = 4  # thresholds were chosen on seeds 1 to 3

FOUND = {"shared_list": 0.75, "second_wave": 0.8}
"""The least share of a campaign's accounts with any verdict; of all others that is ``ELSE``."""
ELSE = 0.94

NOT_YET = {("shared_list", 25, "three_variants"): 0.0}
"""Five people for each number, in three texts that take turns: no text has twenty of them."""


def found(stream_of: pl.DataFrame, *, to_minutes: bool) -> pl.DataFrame:
    """Each account with its ``verdict``, ``size`` and ``text``, judged over four weeks with its company."""
    findings = judged(stream_of, to_minutes=to_minutes)
    verdicts = {name: finding.verdict.value for name, finding in findings.items()}
    accounts = stream_of.group_by("account_id").agg(pl.col("kind", "size", "text").first())
    return accounts.with_columns(
        verdict=pl.col("account_id").replace_strict(verdicts, return_dtype=pl.String)
    )


@pytest.mark.parametrize("to_minutes", [False, True])
@pytest.mark.parametrize("name", sorted(adversaries.ALL))
def test_campaigns_that_hide_are_found(name: str, to_minutes: bool) -> None:
    accounts = found(adversaries.ALL[name](SEED), to_minutes=to_minutes)
    seen = pl.col("verdict") != Verdict.CLEAR.value
    assert accounts.select(seen.mean()).item() >= FOUND.get(name, ELSE)
    large = accounts.filter(pl.col("size") >= 50)
    assert large.select(seen.mean()).item() >= 0.98
    # What is large is said to be, and not only that something stands out.
    said = large.filter(pl.col("size") >= 200)
    assert set(said["verdict"]) <= {Verdict.BULK.value, Verdict.AUTOMATED.value}


def test_what_is_not_found_yet_is_known() -> None:
    for (name, size, sort), share in NOT_YET.items():
        accounts = found(adversaries.ALL[name](SEED), to_minutes=False)
        of_these = accounts.filter(pl.col("size") == size, pl.col("text") == sort)
        assert of_these.select((pl.col("verdict") != Verdict.CLEAR.value).mean()).item() == share


@pytest.mark.parametrize("days", [7, 28])
def test_people_taken_as_one_company_share_nothing_that_changes_a_verdict(days: int) -> None:
    streams = pl.concat([stream(pl.read_parquet(path)) for path in sorted(CASES.glob("*.parquet"))])
    people = streams.filter(pl.col("label") == "human", pl.col("source") != ONE_DAY_ONLY)
    begin = pl.col("sent_at").dt.truncate(f"{days}d")
    monday = pl.lit(adversaries.MONDAY).cast(pl.Datetime("ms")).dt.replace_time_zone("UTC").cast(UTC_MS)
    window = pl.concat_str("source", begin.dt.strftime("%F"), separator="|")
    laid = people.with_columns(
        account_id=pl.concat_str(window, "account_id", separator="|"),
        company=window,
        sent_at=monday + (pl.col("sent_at") - begin),
    )
    rows = day_rows(laid.select(pl.col(name).cast(dtype) for name, dtype in EVENTS.items()), {})
    companies = dict(laid.select("account_id", "company").unique().iter_rows())
    end = adversaries.MONDAY.replace(tzinfo=UTC) + timedelta(days=days, milliseconds=-1)

    def verdicts(whose: dict[str, str]) -> dict[str, Verdict]:
        findings = judge(rows, end, window_days=days, companies=whose)
        return {f.account: f.verdict for f in findings if f.messages >= MINIMUM_SENDS}

    assert verdicts(companies) == verdicts({})
