"""After a pause: what shows that a machine sends on, what shows silence, and what shows neither."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.audit.streams import NOON, Line, events, sends

from sendepause.audit.silence import By, Heard, Hears, Why, Witness, listen
from sendepause.model import Silence, Verdict

PAUSED = NOON
GRACE, QUIET = timedelta(hours=1), timedelta(hours=24)
SINCE = PAUSED + GRACE
ENOUGH = SINCE + QUIET
LATER = PAUSED + timedelta(days=3)

CAMPAIGN, OTHER = "campaign-hash", "other-hash"
OFFER = "offer"


def run_before(days: float = 6.5, people: int = 40, content: str = OFFER) -> list[Line]:
    """A run of the campaign before the pause, at a tool's pace; twelve hours after it the next is due."""
    return sends(PAUSED - timedelta(days=days), [10] * (people - 1), contents=content)


def by_hand(start: datetime, count: int = 8, gap: float = 1800) -> list[Line]:
    """A person who answers: each message has words of its own and follows one of the customer's."""
    asked: list[Line] = []
    for n in range(count):
        at = start + timedelta(seconds=gap * n)
        asked += [
            (at, "in", f"c{n}", f"ask{n}"),
            (at + timedelta(seconds=90 + 7 * n), "out", f"c{n}", f"re{n}"),
        ]
    return asked


def labelled(frame: pl.DataFrame, campaign: str) -> pl.DataFrame:
    return frame.with_columns(campaign_id=pl.lit(campaign))


def together(*frames: pl.DataFrame) -> pl.DataFrame:
    """Frames as one, with ids of their own."""
    ids = [
        frame.with_columns(pl.format(f"{n}-{{}}", "event_id").alias("event_id"))
        for n, frame in enumerate(frames)
    ]
    return pl.concat(ids)


def hear(
    found: pl.DataFrame,
    *,
    until: datetime | None = LATER,
    as_of: datetime = LATER,
    hears: Hears = Hears.ALL,
    source: str = "invented",
    **more: object,
) -> Heard:
    witnesses = [] if until is None else [Witness(source, hears, until)]
    return listen(
        found,
        campaigns={CAMPAIGN},
        paused_at=PAUSED,
        grace=GRACE,
        quiet=QUIET,
        witnesses=witnesses,
        as_of=as_of,
        **more,  # type: ignore[arg-type]
    )


BEFORE = labelled(events(run_before()), CAMPAIGN)
UNLABELLED = events(run_before())


# Silence


def test_silence_is_confirmed_where_the_data_reach_a_day_beyond_the_grace() -> None:
    heard = hear(BEFORE)
    assert (heard.state, heard.why) == (Silence.CONFIRMED, None)
    assert (heard.since, heard.until, heard.sends, heard.machine) == (SINCE, LATER, 0, 0)
    assert heard.sources == ("invented",)


def test_what_people_write_by_hand_breaks_no_silence() -> None:
    heard = hear(together(BEFORE, events(by_hand(SINCE + timedelta(hours=2)))))
    assert (heard.state, heard.sends, heard.machine) == (Silence.CONFIRMED, 8, 0)


@pytest.mark.parametrize("as_of", [PAUSED, SINCE, ENOUGH - timedelta(seconds=1)])
def test_before_there_was_time_to_listen_nobody_is_asked_for_data(as_of: datetime) -> None:
    assert hear(BEFORE, as_of=as_of, until=None).state is Silence.WAITING
    assert hear(BEFORE, as_of=as_of, until=LATER).state is Silence.WAITING


def test_without_fresh_data_the_proof_stays_open() -> None:
    heard = hear(BEFORE, until=ENOUGH - timedelta(seconds=1))
    assert (heard.state, heard.why) == (Silence.OPEN, Why.STALE)
    assert hear(BEFORE, until=ENOUGH).state is Silence.CONFIRMED


def test_who_never_heard_the_account_cannot_testify_to_its_silence() -> None:
    heard = hear(BEFORE, source="another")
    assert (heard.state, heard.why, heard.until) == (Silence.OPEN, Why.NO_WITNESS, None)
    assert hear(events([])).why is Why.NO_WITNESS


def test_a_tools_list_counts_only_where_it_showed_the_machine() -> None:
    person = events(by_hand(PAUSED - timedelta(days=1)))
    assert hear(person, hears=Hears.TOOL).why is Why.NO_WITNESS
    assert hear(person, hears=Hears.ALL).state is Silence.CONFIRMED
    assert hear(BEFORE, hears=Hears.TOOL).state is Silence.CONFIRMED


@pytest.mark.parametrize(("chats", "state"), [(4, Silence.OPEN), (5, Silence.CONFIRMED)])
def test_an_export_reaches_as_far_as_the_newest_lines_of_its_recipients_chats(
    chats: int, state: Silence
) -> None:
    """The files' age proves nothing: an old export can be laid down today."""
    answers = [(ENOUGH + timedelta(minutes=n), "in", f"p{n}", f"thanks{n}") for n in range(chats)]
    stranger = [(ENOUGH + timedelta(hours=1, minutes=n), "in", f"new{n}", "hello") for n in range(9)]
    found = together(UNLABELLED, events([*answers, *stranger]))
    assert hear(found, hears=Hears.CHATS).state is state


def test_the_furthest_witness_counts_and_the_run_sees_no_further_than_its_clock() -> None:
    other = BEFORE.with_columns(source=pl.lit("slow"))
    heard = listen(
        together(BEFORE, other),
        campaigns={CAMPAIGN},
        paused_at=PAUSED,
        grace=GRACE,
        quiet=QUIET,
        witnesses=[Witness("invented", Hears.ALL, LATER + QUIET), Witness("slow", Hears.ALL, SINCE)],
        as_of=LATER,
    )
    assert (heard.state, heard.until, heard.sources) == (Silence.CONFIRMED, LATER, ("invented",))


@pytest.mark.parametrize("ago", [5, 12, 19, 26])
def test_a_day_without_a_weekly_campaign_proves_nothing(ago: int) -> None:
    """It ran two days after this day of the week, so far."""
    weekly = labelled(events(run_before(days=ago)), CAMPAIGN)
    due = PAUSED + timedelta(days=2)
    assert hear(weekly, as_of=due, until=due).state is Silence.WAITING
    assert hear(weekly, until=due).why is Why.STALE
    heard = hear(weekly, until=due + GRACE)
    assert (heard.state, heard.due) == (Silence.CONFIRMED, due)


# A machine


def test_one_message_with_the_campaigns_id_breaks_the_silence() -> None:
    late = labelled(events(sends(SINCE + timedelta(minutes=1), [])), CAMPAIGN)
    heard = hear(together(BEFORE, late), until=None)
    assert (heard.state, heard.by, heard.machine) == (Silence.BROKEN, (By.CAMPAIGN,), 1)
    assert heard.last == SINCE + timedelta(minutes=1)
    assert not heard.unexplained


def test_what_is_sent_within_the_grace_was_on_its_way() -> None:
    late = labelled(events(sends(PAUSED + timedelta(minutes=1), [60] * 59)), CAMPAIGN)
    assert hear(together(BEFORE, late)).state is Silence.CONFIRMED


@pytest.mark.parametrize(
    ("people", "state", "why"),
    [(1, Silence.CONFIRMED, None), (2, Silence.OPEN, Why.UNCLEAR), (10, Silence.BROKEN, None)],
)
def test_the_campaigns_text_to_many_again_is_the_campaign(
    people: int, state: Silence, why: Why | None
) -> None:
    slow = Random(7)
    again = events(sends(SINCE + QUIET, [slow.uniform(60, 4000) for _ in range(people - 1)], contents=OFFER))
    heard = hear(together(UNLABELLED, again))
    assert (heard.state, heard.why) == (state, why)
    assert heard.by == ((By.CONTENT,) if people >= 10 else ())


def test_ten_people_over_weeks_are_no_run() -> None:
    drip = events(sends(SINCE, [20_000] * 11, contents=OFFER))
    assert hear(together(UNLABELLED, drip)).state is Silence.OPEN


def test_a_person_who_greets_every_customer_is_no_campaign() -> None:
    """The same words to many, each in answer to a customer's own message."""
    lines: list[Line] = []
    for day in (*range(-14, 0), 1, 2):
        for n in range(6):
            at = PAUSED + timedelta(days=day, minutes=37 * n)
            lines += [(at, "in", f"c{day}-{n}", f"q{day}-{n}")]
            lines += [(at + timedelta(seconds=70 + 31 * n), "out", f"c{day}-{n}", "good day")]
            lines += [(at + timedelta(seconds=150 + 53 * n), "out", f"c{day}-{n}", f"a{day}-{n}")]
    heard = hear(events(lines), as_of=PAUSED + timedelta(days=4), until=PAUSED + timedelta(days=4))
    assert By.CONTENT not in heard.by
    assert heard.state is not Silence.BROKEN


def test_another_automation_is_known_by_its_rhythm_and_is_not_this_campaign() -> None:
    unknown = events(sends(SINCE + timedelta(hours=3), [10] * 39, people="q{}", contents="new {}"))
    heard = hear(together(BEFORE, unknown))
    assert (heard.state, heard.by, heard.verdict) == (Silence.BROKEN, (By.RHYTHM,), Verdict.AUTOMATED)
    assert heard.unexplained
    assert heard.machine == 40


def test_two_sources_that_see_one_run_count_it_once() -> None:
    run = labelled(events(sends(SINCE + timedelta(hours=3), [10] * 39, contents=OFFER)), CAMPAIGN)
    both = together(BEFORE, run, run.with_columns(source=pl.lit("phone")))
    heard = hear(both)
    assert (heard.sends, heard.machine, heard.sources) == (40, 40, ("invented", "phone"))


# Other campaigns of the account


def test_what_another_known_campaign_sends_is_not_this_ones() -> None:
    run = labelled(events(sends(SINCE + timedelta(hours=3), [10] * 39, contents="theirs")), OTHER)
    unlabelled = events(sends(SINCE + timedelta(hours=9), [10] * 39, contents="theirs"))
    heard = hear(together(BEFORE, run, unlabelled), others={OTHER}, others_until=LATER)
    assert (heard.state, heard.sends, heard.machine) == (Silence.CONFIRMED, 80, 0)


def test_while_another_campaign_may_run_a_machine_without_a_label_proves_nothing() -> None:
    unknown = events(sends(SINCE + timedelta(hours=3), [10] * 39, people="q{}", contents="new"))
    heard = hear(together(BEFORE, unknown), others={OTHER}, others_until=LATER)
    assert (heard.state, heard.why, heard.by) == (Silence.OPEN, Why.UNCLEAR, ())
    late = labelled(events(sends(SINCE + timedelta(minutes=1), [])), CAMPAIGN)
    heard = hear(together(BEFORE, unknown, late), others={OTHER}, others_until=LATER)
    assert (heard.state, heard.by, heard.machine) == (Silence.BROKEN, (By.CAMPAIGN,), 1)


def test_once_the_other_is_paused_too_listening_begins_anew() -> None:
    between = events(sends(SINCE + timedelta(hours=3), [10] * 39, people="q{}", contents="new"))
    other_paused = PAUSED + timedelta(hours=10)
    enough = other_paused + GRACE + QUIET
    found = together(BEFORE, between)
    asked = {"others": {OTHER}, "others_until": other_paused}
    assert hear(found, **asked).state is Silence.CONFIRMED
    assert hear(found, until=enough - timedelta(minutes=1), **asked).state is Silence.OPEN
    after = together(found, events(sends(enough, [10] * 39, people="r{}", contents="new {}")))
    assert hear(after, **asked).unexplained


# Time


@pytest.mark.parametrize("day", ["2019-10-26", "2019-03-30"], ids=["set back", "set forward"])
def test_a_changing_clock_makes_no_silence_longer_or_shorter(day: str) -> None:
    """The clock changes in the night after the pause; a day's silence is 24 hours by any clock."""
    berlin = ZoneInfo("Europe/Berlin")
    paused = datetime.fromisoformat(f"{day}T18:00").replace(tzinfo=berlin)
    found = labelled(events(sends(paused.astimezone(UTC) - timedelta(days=6.5), [10] * 39)), CAMPAIGN)
    enough = paused.astimezone(UTC) + GRACE + QUIET

    def state(until: datetime) -> Silence:
        witness = Witness("invented", Hears.ALL, until.astimezone(berlin))
        asked = {"paused_at": paused, "grace": GRACE, "quiet": QUIET, "zone": "Europe/Berlin"}
        as_of = (enough + QUIET).astimezone(berlin)
        return listen(found, campaigns={CAMPAIGN}, witnesses=[witness], as_of=as_of, **asked).state  # type: ignore[arg-type]

    assert state(enough) is Silence.CONFIRMED
    assert state(enough - timedelta(seconds=1)) is Silence.OPEN


def test_moments_need_a_time_zone() -> None:
    with pytest.raises(ValueError, match="time zone"):
        hear(BEFORE, as_of=LATER.replace(tzinfo=None))


# Whatever else there is


@st.composite
def traffic(draw: st.DrawFn) -> pl.DataFrame:
    """Some of the campaign's runs, some runs of other words, some of a person, before or after the pause."""
    parts = []
    for _ in range(draw(st.integers(0, 4))):
        start = PAUSED + timedelta(minutes=draw(st.integers(-4000, 4000)))
        count = draw(st.integers(1, 45))
        gaps = [draw(st.sampled_from([0, 5, 10, 400]))] * (count - 1)
        lines = draw(
            st.sampled_from(
                [
                    sends(start, gaps, contents=OFFER),
                    sends(start, gaps, contents="t{}"),
                    by_hand(start, count % 9),
                ]
            )
        )
        label = draw(st.sampled_from([None, CAMPAIGN, OTHER]))
        frame = events(lines)
        parts.append(frame if label is None else labelled(frame, label))
    return together(*parts) if parts else events([])


moments = st.integers(0, 6000).map(lambda minutes: PAUSED + timedelta(minutes=minutes))


@settings(max_examples=60, deadline=None)
@given(found=traffic(), until=st.none() | moments, as_of=moments, hears=st.sampled_from(Hears))
def test_silence_is_never_confirmed_by_data_that_do_not_reach_far_enough(
    found: pl.DataFrame, until: datetime | None, as_of: datetime, hears: Hears
) -> None:
    heard = hear(found, until=until, as_of=as_of, hears=hears)
    if heard.state is Silence.CONFIRMED:
        assert as_of >= ENOUGH
        assert heard.until is not None
        assert ENOUGH <= heard.until <= as_of
        assert not heard.by
        if hears is not Hears.CHATS:
            assert until is not None
            assert until >= ENOUGH


def _more(kind: By) -> pl.DataFrame:
    if kind is By.CAMPAIGN:
        return labelled(events(sends(SINCE + timedelta(minutes=5), [])), CAMPAIGN)
    return events(sends(SINCE + timedelta(minutes=5), [10] * 39, people="m{}", contents=OFFER))


after = moments.filter(lambda at: at > SINCE + timedelta(hours=1))


@settings(max_examples=40, deadline=None)
@given(found=traffic(), as_of=after, kind=st.sampled_from([By.CAMPAIGN, By.CONTENT]))
def test_more_of_the_machine_never_mends_a_silence(found: pl.DataFrame, as_of: datetime, kind: By) -> None:
    with_run = together(found, UNLABELLED)
    assert hear(together(with_run, _more(kind)), as_of=as_of).state is Silence.BROKEN


@settings(max_examples=30, deadline=None)
@given(found=traffic(), seed=st.integers(0, 9))
def test_the_order_in_which_events_arrive_changes_nothing(found: pl.DataFrame, seed: int) -> None:
    assert hear(found.sample(fraction=1, shuffle=True, seed=seed)) == hear(found)


@settings(max_examples=30, deadline=None)
@given(found=traffic(), as_of=moments)
def test_what_comes_after_the_runs_clock_does_not_count(found: pl.DataFrame, as_of: datetime) -> None:
    until = found.filter(pl.col("sent_at") <= as_of)
    assert hear(found, as_of=as_of) == hear(until, as_of=as_of)
