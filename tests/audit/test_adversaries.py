"""The made-up campaigns are what they say they are."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal
from tests.audit.adversaries import ALL, FRAME, TEXTS, in_hours, texts, weeks


@pytest.fixture(scope="module", params=sorted(ALL))
def evasion(request: pytest.FixtureRequest) -> pl.DataFrame:
    return ALL[request.param](1)


@pytest.mark.parametrize("name", ["lognormal_044", "warm_up", "second_wave"])
def test_a_seed_gives_the_same_streams_and_another_seed_others(name: str) -> None:
    once = ALL[name](3)
    assert_frame_equal(ALL[name](3), once)
    assert not ALL[name](4).equals(once)


def test_every_account_is_a_campaign_of_the_size_that_it_names(evasion: pl.DataFrame) -> None:
    assert evasion.schema == FRAME
    assert evasion["label"].unique().to_list() == ["machine"]
    sends = evasion.filter("injected", pl.col("direction") == "out")
    whose = pl.coalesce("company", "account_id")
    lists = sends.group_by(whose).agg(
        people=pl.col("counterpart").n_unique(),
        size=pl.col("size").first(),
        texts=pl.col("content").n_unique(),
    )
    assert (lists["people"] == lists["size"]).all()
    assert set(evasion["text"]) <= set(TEXTS)
    single = sends.filter(pl.col("text") == "same").group_by(whose).agg(pl.col("content").n_unique())
    assert (single["content"] == 1).all()


def test_a_campaign_lies_in_the_week_of_a_person_and_a_few_answer_it(evasion: pl.DataFrame) -> None:
    sends = evasion.filter("injected", pl.col("direction") == "out")
    answers = evasion.filter("injected", pl.col("direction") == "in")
    assert 0.03 <= len(answers) / len(sends) <= 0.15
    own = evasion.filter(~pl.col("injected"), pl.col("direction") == "out").group_by("account_id").len()
    assert own["len"].min() >= 20  # type: ignore[operator]
    alone = evasion["account_id"].n_unique() - len(own)
    assert alone == (9 if evasion["kind"][0] == "warm_up" else 0)


def test_texts_of_variants_are_rarely_alike_and_always_kin() -> None:
    made = texts(np.random.default_rng(1), "spintax", 200)
    assert len(set(made)) > 190
    assert all(text.endswith(".") and "Heizung" in text for text in made)


def test_office_hours_have_nights_a_break_at_noon_and_weekends() -> None:
    worked = np.arange(0, 80 * 3_600, 600.0)  # two weeks of 8 hours a day
    clock = in_hours(worked)
    day, second = np.divmod(clock, 86_400)
    assert set((day % 7).astype(int)) == {0, 1, 2, 3, 4}
    assert len(set(day)) == 10
    assert (second >= 9 * 3_600).all() and (second < 18 * 3_600).all()
    assert not ((second >= 12.5 * 3_600) & (second < 13.5 * 3_600)).any()
    assert (np.diff(clock) > 0).all()


def test_a_shared_list_is_split_and_a_second_wave_is_not() -> None:
    def numbers_of_each(name: str) -> set[int]:
        sends = ALL[name](1).filter("injected", pl.col("direction") == "out")
        return set(
            sends.group_by("company", "counterpart").agg(pl.col("account_id").n_unique())["account_id"]
        )

    assert numbers_of_each("shared_list") == {1}
    assert numbers_of_each("second_wave") == {2}


def test_the_people_who_lend_their_weeks_are_not_mass_writers() -> None:
    for week in weeks():
        ours = week.filter(pl.col("direction") == "out")
        assert 20 <= len(ours) <= 150
        assert ours["counterpart"].n_unique() <= 15
