"""Pseudonyms tell people and texts apart, and tell nothing else."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session
from tests import stores

from sendepause.errors import SendepauseError
from sendepause.keys import NOTE, PLAIN, Pseudonymiser, _folded, _template, check_key, spelled
from sendepause.store import database, queries

KEY = b"an invented key of 32 bytes....."


@pytest.fixture
def keys() -> Pseudonymiser:
    return Pseudonymiser(KEY)


def one(series: pl.Series) -> str | None:
    value: str | None = series.item()
    return value


@pytest.mark.parametrize(
    "spelling",
    [
        "+4930231251199",
        "+49 30 231251199",
        "+49 (0)30 / 23125-1199",
        "+49 (30) 231251199",
        "004930231251199",
        "4930231251199",
        "\u202a+49\u00a030\u00a0231251199\u202c",
        "4930231251199@s.whatsapp.net",
        "4930231251199:12@s.whatsapp.net",
        "4930231251199@c.us",
        "+49030231251199",
    ],
)
def test_a_number_is_one_person_in_every_spelling(spelling: str) -> None:
    assert spelled(spelling) == "+4930231251199"


def test_names_count_without_case_marks_and_superfluous_space() -> None:
    assert spelled("\u200e~\u202fAnna  BEISPIEL ") == "anna beispiel"
    assert spelled("120363040000000000@g.us") == "120363040000000000@g.us"
    assert spelled("Filiale 7") != spelled("Filiale 8")
    assert spelled("2019-11-02") == "2019-11-02"


@pytest.mark.parametrize(
    ("one_text", "other_text"),
    [
        ("Ihre Bestellung 4711 ist da", "ihre bestellung 815 ist  da"),
        ("Rechnung RE-12/2019: 12,50 €", "Rechnung RE-7/2018: 1.234,00 €"),
        ("siehe https://example.com/a?b=1", "siehe https://example.org"),
        ("siehe www.example.com/a", "siehe wa.me/xyz"),
        ("Code 9f86d081884c7d65", "Code 1"),
        ("STRASSE", "Straße"),
        ("ﬁn", "fin"),
        ("a\n b", "A\tB"),
    ],
)
def test_a_template_is_recognised_with_other_numbers_in_it(
    keys: Pseudonymiser, one_text: str, other_text: str
) -> None:
    assert one(keys.content(pl.Series([one_text]))) == one(keys.content(pl.Series([other_text])))


def test_other_words_are_another_text(keys: Pseudonymiser) -> None:
    texts = pl.Series(["Guten Tag", "Gute Nacht", "Guten Tag!", "Guten Tag."])
    assert keys.content(texts).n_unique() == 4


def test_no_text_has_no_fingerprint(keys: Pseudonymiser) -> None:
    assert keys.content(pl.Series(["", None, " \n"], dtype=pl.String)).to_list() == [None] * 3
    assert keys.counterpart(pl.Series([None], dtype=pl.String)).to_list() == [None]


def test_labels_keep_counterparts_contents_and_events_apart(keys: Pseudonymiser) -> None:
    same = pl.Series(["anna"])
    assert len({one(keys.counterpart(same)), one(keys.content(same)), one(keys.event(same))}) == 3


def test_pseudonyms_are_128_bits_in_order_and_under_the_key(keys: Pseudonymiser) -> None:
    people = pl.Series("counterpart", ["b", "a", None, "b"])
    made = keys.counterpart(people)
    assert made.name == "counterpart"
    assert made[0] == made[3] != made[1]
    assert made[2] is None
    assert len(made[0]) == 32
    other = Pseudonymiser(b"another invented key of 32 bytes")
    assert one(other.counterpart(people.head(1))) != made[0]


@given(st.lists(st.none() | st.text(max_size=20), max_size=20))
def test_any_text_can_be_pseudonymised(texts: list[str | None]) -> None:
    keys = Pseudonymiser(KEY)
    series = pl.Series(texts, dtype=pl.String)
    assert len(keys.content(series)) == len(keys.counterpart(series)) == len(texts)


def test_a_key_shows_itself_nowhere(keys: Pseudonymiser) -> None:
    assert "invented" not in repr(keys) + keys.fingerprint()
    with pytest.raises(SendepauseError) as caught:
        Pseudonymiser(b"short secret")
    assert "secret" not in str(caught.value)


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    engine = database.connect(f"sqlite:///{tmp_path}/store.db")
    stores.migrate(engine)
    with database.session(engine) as opened:
        yield opened
    engine.dispose()


def test_the_same_key_is_accepted_again(keys: Pseudonymiser, session: Session) -> None:
    check_key(session, keys)
    check_key(session, keys)
    assert queries.note(session, NOTE) == keys.fingerprint()


def test_a_changed_key_is_refused_with_its_meaning_and_the_mend(
    keys: Pseudonymiser, session: Session
) -> None:
    check_key(session, keys)
    with pytest.raises(SendepauseError, match=r"would not match.*Restore the former key"):
        check_key(session, Pseudonymiser(b"another invented key of 32 bytes"))
    assert queries.note(session, NOTE) == keys.fingerprint()


def test_a_lost_key_is_refused() -> None:
    with pytest.raises(SendepauseError, match=r"missing.*Restore"):
        Pseudonymiser(b"")
    with pytest.raises(SendepauseError, match="missing"):
        Pseudonymiser.from_secret(None)


def test_a_secret_counts_without_white_space_around_it() -> None:
    assert (
        Pseudonymiser.from_secret(" 0123456789abcdef\n").fingerprint()
        == Pseudonymiser(b"0123456789abcdef").fingerprint()
    )


_PLAIN_SIGNS = [chr(code) for code in range(0x20000) if re.fullmatch(f"[{PLAIN}]", chr(code))]


def test_signs_that_count_as_plain_are_left_alone_by_folding() -> None:
    assert len(_PLAIN_SIGNS) > 900
    text = "".join(_PLAIN_SIGNS)
    assert unicodedata.normalize("NFKC", text) == text
    assert text.casefold() == text


@settings(deadline=None)
@given(
    st.lists(
        st.text(st.sampled_from([*"aZ09_.:/-, \n\t#ßäÖςµ٣①😀🏽é\u0301\u200d\ufe0f"]), max_size=12)
        | st.sampled_from(
            ["https://a.de/x1", "www.a", "Auftrag 17/A vom 3.4.", "a.b/c", "  x  ", "1,5 kg", "A1-B2"]
        )
        | st.text(max_size=6),
        max_size=8,
    )
)
def test_the_short_way_to_a_template_leads_to_the_same(texts: list[str]) -> None:
    values = pl.Series([None, *texts, " ".join(texts)], dtype=pl.String)
    assert _template(values).to_list() == [text or None for text in _folded(values)]
