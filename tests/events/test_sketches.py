"""A sketch knows a text again in which a name, a link or a date is another, and no other text."""

from __future__ import annotations

import random
from collections.abc import Iterable
from itertools import combinations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.events.messages import TEMPLATES, WRITTEN, variants

from sendepause.keys import Pseudonymiser
from sendepause.sketches import FEWEST_WORDS, MOST_WORDS, sketches

KEYS = Pseudonymiser(b"an invented key of 32 bytes.....")
EIGHT = "seven other people came to see us"

Bands = set[int] | None


def sketched(texts: Iterable[str | None], keys: Pseudonymiser = KEYS) -> list[Bands]:
    given_ = pl.Series([*texts], dtype=pl.String)
    _, made = keys.contents(given_, given_.is_not_null())
    return [None if bands is None else set(bands) for bands in made.to_list()]


def alike(one: Bands, other: Bands) -> bool:
    return bool(one and other and one & other)


def joined(texts: Iterable[str]) -> float:
    """The share of pairs that have a band in common."""
    pairs = [alike(*pair) for pair in combinations(sketched(texts), 2)]
    return sum(pairs) / len(pairs)


@pytest.mark.parametrize("changing", [{"name"}, {"greeting"}, {"date", "day", "time"}, {"link"}, {"amount"}])
def test_texts_of_one_template_are_alike(changing: set[str]) -> None:
    rng = random.Random(7)
    shares = [
        joined(variants(language, template, changing, 20, rng))
        for language, templates in TEMPLATES.items()
        for template in templates
    ]
    assert sum(shares) / len(shares) > 0.95
    assert min(shares) > 0.7


def test_where_all_differs_at_once_others_stand_between_them() -> None:
    rng, every = random.Random(8), {"greeting", "name", "day", "date", "time", "amount", "link"}
    for language, templates in TEMPLATES.items():
        for template in templates:
            bands = sketched(variants(language, template, every, 40, rng))
            family = set(bands[0] or ())
            for _ in bands:
                family |= {band for own in bands if alike(own, family) for band in own or ()}
            assert sum(alike(own, family) for own in bands) >= 38


def test_what_people_write_is_not_alike() -> None:
    bands = sketched(WRITTEN)
    assert len(bands) >= 95
    assert None not in bands
    pairs = [*combinations(bands, 2)]
    assert sum(alike(*pair) for pair in pairs) / len(pairs) < 1 / 10_000


def test_different_templates_are_not_alike() -> None:
    rng = random.Random(9)
    texts = [
        (template, bands)
        for language, templates in TEMPLATES.items()
        for template in templates
        for bands in sketched(variants(language, template, {"greeting", "name", "day", "link"}, 5, rng))
    ]
    across = [alike(a, b) for (one, a), (other, b) in combinations(texts, 2) if one != other]
    assert sum(across) / len(across) < 1 / 1_000


def test_the_same_words_in_another_order_are_another_text() -> None:
    text = "bitte bringen sie morgen früh den schlüssel und ihren fahrzeugschein mit"
    turned = " ".join(reversed(text.split()))
    assert not alike(*sketched([text, turned]))


def test_short_texts_have_no_sketch() -> None:
    five = " ".join("abcdefgh"[: FEWEST_WORDS - 1])
    assert sketched([None, "", "ok bis gleich", five, f"{five} {five}", "ha " * 20]) == [None] * 6
    assert sketched([f"{five} h"]) != [None]


def test_a_long_text_is_known_by_its_beginning() -> None:
    words = [f"wort{chr(97 + n // 26)}{chr(97 + n % 26)}" for n in range(MOST_WORDS)]
    one, other = sketched([" ".join([*words, "ende"]), " ".join([*words, *reversed(words)])])
    assert one == other


def test_only_what_is_to_be_sketched_is() -> None:
    texts = pl.Series([EIGHT, EIGHT])
    contents, made = KEYS.contents(texts, pl.Series([True, False]))
    assert contents.to_list() == KEYS.content(texts).to_list()
    assert made.is_null().to_list() == [False, True]


def test_sketches_never_change() -> None:
    """Else what was stored and what is read now would share nothing."""
    made = sketches(pl.Series([EIGHT]), bytes(32))
    assert made.dtype == pl.List(pl.UInt64)
    assert made.item().to_list() == [
        8736885483011843744,
        3194707392459007342,
        3559764702764988960,
        1433008426022164894,
        14555753186133979932,
        7607415548670728994,
        5849218518182129683,
        8286970467726140756,
    ]


def test_without_the_key_no_band_can_be_told() -> None:
    other = Pseudonymiser(b"another invented key of 32 bytes")
    assert not alike(sketched([EIGHT])[0], sketched([EIGHT], other)[0])


@settings(deadline=None)
@given(st.lists(st.none() | st.text(st.sampled_from("ab cdü#\n-x "), max_size=60) | st.text(), max_size=12))
def test_a_text_has_one_sketch_whatever_stands_beside_it(texts: list[str | None]) -> None:
    together = sketched([*texts, EIGHT, *texts])
    assert len(together) == 2 * len(texts) + 1
    assert [bands for text in texts for bands in sketched([text])] == together[: len(texts)]
    assert together[: len(texts)] == together[len(texts) + 1 :]
    assert all(bands is None or len(bands) == 8 for bands in together)
