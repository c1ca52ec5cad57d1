"""A template is one text, whoever's name stands in it."""

from __future__ import annotations

import random
from datetime import timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from tests.audit.streams import NOON, events, measured
from tests.events.messages import TEMPLATES, WRITTEN, variants

from sendepause.audit.activity import ACTIVITY, day_rows
from sendepause.audit.families import families
from sendepause.audit.window import measures
from sendepause.keys import Pseudonymiser

KEYS = Pseudonymiser(b"an invented key of 32 bytes.....")
OFFER = TEMPLATES["de"][5]


def sent(texts: list[str], *, sketched: bool = True) -> pl.DataFrame:
    """Each text to another person, one an hour, as reading stores them."""
    stream = events([(NOON + timedelta(hours=n), "out", f"p{n}", None) for n in range(len(texts))])
    contents, sketches = KEYS.contents(pl.Series(texts), pl.Series([sketched]).new_from_index(0, len(texts)))
    return stream.with_columns(contents.alias("content"), sketches.alias("sketch"))


def offers(count: int) -> list[str]:
    return variants("de", OFFER, {"greeting", "name", "link"}, count, random.Random(4))


def test_texts_that_differ_in_the_name_count_as_one() -> None:
    assert len({text.casefold() for text in offers(40)}) > 30
    line = measured(sent(offers(40)))
    assert (line["contents"], line["repeat_share"], line["distinct_share"]) == (40, 1, 1 / 40)
    assert line["same_to_many"] == 40


def test_without_sketches_only_equal_texts_do() -> None:
    alone = measured(sent(offers(40), sketched=False))
    assert alone["distinct_share"] == len({*KEYS.content(pl.Series(offers(40)))}) / 40 > 0.5
    same = measured(sent([offers(1)[0]] * 40, sketched=False))
    assert (same["distinct_share"], same["same_to_many"]) == (1 / 40, 40)


def test_what_people_write_stays_apart_beside_a_template() -> None:
    line = measured(sent(WRITTEN + offers(20)))
    assert line["distinct_share"] == (len(WRITTEN) + 1) / (len(WRITTEN) + 20)
    assert line["same_to_many"] == 20


def chain(*sketches: list[int] | None, account: str = "+491", step: timedelta = timedelta(0)) -> pl.DataFrame:
    """One text for each sketch, each to another person."""
    lines = [(NOON + n * step, "out", f"p{n}", f"text-{n}") for n in range(len(sketches))]
    return events(lines, account=account).with_columns(sketch=pl.Series(sketches, dtype=pl.List(pl.UInt64)))


def test_two_that_share_no_band_belong_together_by_a_third() -> None:
    line = measured(chain([1, 2], [3, 4], [2, 3], [5, 6], None))
    assert (line["distinct_share"], line["same_to_many"]) == (3 / 5, 3)


def test_what_another_account_sends_makes_no_family() -> None:
    both = measures(day_rows(pl.concat([chain([1, 2]), chain([2, 3], account="+492")]), {}))
    assert both["distinct_share"].to_list() == [1, 1]


@pytest.mark.parametrize("step", [timedelta(0), timedelta(days=1)])
def test_a_family_is_one_over_all_days(step: timedelta) -> None:
    assert measured(chain([1, 2], [2, 3], [3, 4], step=step))["same_to_many"] == 3


def test_day_rows_from_before_sketches_stand_beside_new_ones() -> None:
    rows = day_rows(chain([1, 2], [2, 3], [3, 4], step=timedelta(days=1)), {})
    older = rows.head(1).with_columns(sketches=pl.lit(None, ACTIVITY["sketches"]))
    (line,) = measures(pl.concat([older, rows.tail(2)])).to_dicts()
    assert (line["contents"], line["same_to_many"]) == (3, 2)


def test_an_event_without_a_sketch_beside_one_with_it_has_its_own() -> None:
    stream = pl.concat([chain([1, 2], [2, 3]), chain(None)]).with_columns(event_id=None)
    assert measured(stream)["distinct_share"] == 1 / 3


@settings(max_examples=30)
@given(
    sketches=st.lists(st.none() | st.lists(st.integers(0, 12), min_size=1, max_size=3), max_size=12),
    data=st.data(),
)
def test_families_do_not_depend_on_the_order_of_days(
    sketches: list[list[int] | None], data: st.DataObject
) -> None:
    rows = day_rows(chain(*sketches, step=timedelta(hours=7)), {})
    order = data.draw(st.permutations(range(len(rows))))
    found = families(rows)
    assert_frame_equal(families(rows[order]), found, check_row_order=False)
    assert (found["family"] <= found["content"]).all()
