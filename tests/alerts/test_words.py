"""Every word of the model can be said to a person, in both languages."""

from datetime import UTC, datetime

import pytest

from sendepause import words
from sendepause.model import Act, CampaignState, Kind, Language, NoData, Phase, Reason, Stage, Verdict

SETS = (Reason, Verdict, NoData, Phase, Kind, Act, Stage, CampaignState)
DE, EN = Language.DE, Language.EN


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("closed_set", SETS)
def test_every_member_has_a_label_of_its_own(closed_set, language):
    labels = [words.label(member, language) for member in closed_set]
    assert all(labels)
    assert len(set(labels)) == len(labels)


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("reason", Reason)
def test_every_reason_is_one_sentence(reason, language):
    sentence = words.sentence(reason, language)
    assert sentence.endswith(".")
    assert sentence[0].isupper()
    assert sentence.count(". ") == 0


@pytest.mark.parametrize("reason", Reason)
def test_both_languages_have_their_own_sentence(reason):
    assert words.sentence(reason, DE) != words.sentence(reason, EN)


@pytest.mark.parametrize(
    ("zone", "language", "said"),
    [
        ("Europe/Berlin", DE, "Samstag, 7. Dezember 2019, 0 Uhr"),
        ("Europe/Berlin", EN, "Saturday, 7 December 2019, 00:00"),
        ("Asia/Kolkata", DE, "Samstag, 7. Dezember 2019, 4.30 Uhr"),
        ("America/New_York", EN, "Friday, 6 December 2019, 18:00"),
    ],
)
def test_a_moment_is_said_in_the_readers_zone(zone, language, said):
    assert words.moment(datetime(2019, 12, 6, 23, tzinfo=UTC), zone, language) == said


@pytest.mark.parametrize(
    ("hours", "german", "english"),
    [
        (24 * 12 + 5, "noch 12 Tage", "12 days left"),
        (72, "noch 3 Tage", "3 days left"),
        (62, "noch 2 Tage und 14 Stunden", "2 days and 14 hours left"),
        (49, "noch 2 Tage und 1 Stunde", "2 days and 1 hour left"),
        (47.99, "noch 47 Stunden", "47 hours left"),
        (1.999, "noch 119 Minuten", "119 minutes left"),
        (1 / 60, "noch 1 Minute", "1 minute left"),
        (-72, "seit 3 Tagen in Kraft", "in force for 3 days"),
        (-5, "seit 5 Stunden in Kraft", "in force for 5 hours"),
        (-24 * 2545, "in Kraft", "in force"),
    ],
)
def test_time_left_never_promises_more_than_there_is(hours, german, english):
    assert words.time_left(hours, DE) == german
    assert words.time_left(hours, EN) == english


@pytest.mark.parametrize(
    ("at", "german", "english"),
    [
        (
            datetime(2019, 12, 3, 23, tzinfo=UTC),
            "noch 3 Tage, bis Samstag, 7. Dezember 2019, 0 Uhr",
            "3 days left, until Saturday, 7 December 2019, 00:00",
        ),
        (
            datetime(2026, 11, 25, tzinfo=UTC),
            "in Kraft seit Samstag, 7. Dezember 2019, 0 Uhr",
            "in force since Saturday, 7 December 2019, 00:00",
        ),
    ],
)
def test_a_countdown_says_how_long_and_until_when_and_later_since_when(at, german, english):
    begins = datetime(2019, 12, 6, 23, tzinfo=UTC)
    assert words.countdown(begins, at, "Europe/Berlin", DE) == german
    assert words.countdown(begins, at, "Europe/Berlin", EN) == english


def test_numbers_and_lists_follow_the_language():
    assert words.number(1234567.25, DE, 1) == "1.234.567,2"
    assert words.number(1234567.25, EN, 1) == "1,234,567.2"
    assert words.listed(["a", "b", "c"], DE) == "a, b und c"
    assert words.listed(["a", "b"], EN) == "a and b"
    assert words.listed(["a"], EN) == "a"
    assert words.listed([], EN) == ""
