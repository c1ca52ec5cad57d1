"""One message a channel, stage and day; reminders toward the date; steps up when nobody answers."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise

import pytest
from sqlalchemy import select, update
from tests.alerts.conftest import answer, fact, gather, operators, owner

from sendepause.alerts import outbox
from sendepause.alerts.facts import Recipient
from sendepause.alerts.gathering import COLLECTED, TOGETHER, Desk
from sendepause.model import Audience, Form, Language, Owner, Stage
from sendepause.store.database import session
from sendepause.store.tables import AlertRow, DeliveryRow, NamingRow

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
BEGINS = datetime(2019, 12, 6, 23, tzinfo=UTC)  # 7 December, midnight in Berlin
WARNING = BEGINS - 30 * DAY
MORNING = datetime(2019, 11, 20, 9, tzinfo=UTC)  # a Wednesday, 10 o'clock in Berlin
NORD = Owner(
    "nord", "Filiale Nord", "C0OWNER", Language.DE, "Europe/Berlin", ("U0NORD",), "C0BACKUP", "DE-BY"
)


def desk(**more):
    values = {
        "operators": operators(),
        "owners": {"nord": NORD},
        "begins": {"whatsapp": BEGINS},
        "warning_from": {"whatsapp": WARNING},
        "quiet_from": time(20),
        "quiet_until": time(7),
    }
    return Desk(**{**values, **more})


def owe(opened, at, *subjects, stage=Stage.WARNED, who=None, **facts):
    audience = who.audience if who else Audience.OWNER
    for subject in subjects:
        outbox.owe(opened, fact(subject, stage, audience, **facts), [who or owner()], at)


def arrive(opened, at):
    """All that is queued has been sent."""
    opened.execute(
        update(DeliveryRow)
        .where(DeliveryRow.state == "queued")
        .values(state="sent", sent_at=at, ts=f"{at.timestamp():.6f}", sent_channel=DeliveryRow.channel)
    )


def messages(opened, *forms) -> list[DeliveryRow]:
    rows = select(DeliveryRow).order_by(DeliveryRow.queued_at, DeliveryRow.channel)
    found = opened.scalars(rows.execution_options(populate_existing=True))
    return [row for row in found if not forms or row.form in forms]


def named(opened, delivery: str) -> set[str]:
    naming = select(AlertRow.subject).join(NamingRow, NamingRow.alert == AlertRow.id)
    return set(opened.scalars(naming.where(NamingRow.delivery == delivery)))


def days(opened, start, until, how, step=HOUR):
    """Gather again and again, as the runs do; what is queued arrives at once."""
    at = start
    while at < until:
        gather(opened, at, how)
        arrive(opened, at)
        at += step


def test_several_accounts_of_one_owner_are_one_message_and_it_is_known_whom_it_names(engine):
    with session(engine) as opened:
        owe(opened, MORNING, "campaign:a/1", "campaign:a/2", "campaign:a/3")
        (delivery,) = gather(opened, MORNING, desk())
        (message,) = messages(opened)
        assert (message.form, message.day, message.broadcast) == (Form.NOTICE, "2019-11-20", True)
        assert named(opened, delivery) == {"campaign:a/1", "campaign:a/2", "campaign:a/3"}


def test_what_comes_later_that_day_continues_in_the_thread(engine):
    with session(engine) as opened:
        owe(opened, MORNING, "campaign:a/1")
        gather(opened, MORNING, desk())
        owe(opened, MORNING + 5 * timedelta(minutes=1), "campaign:a/2")
        assert gather(opened, MORNING + TOGETHER - timedelta(seconds=1), desk()) == []
        owe(opened, MORNING + TOGETHER / 2, "campaign:a/3")
        (later,) = gather(opened, MORNING + TOGETHER, desk())
        assert named(opened, later) == {"campaign:a/2", "campaign:a/3"}
        row = opened.get_one(DeliveryRow, later)
        assert (row.form, row.broadcast) == (Form.CONTINUED, False)


@pytest.mark.parametrize("stage", [Stage.NO_DATA, Stage.FOUND, Stage.CONTRADICTION])
def test_what_nobody_has_to_act_on_today_waits_for_the_next_day(engine, stage):
    with session(engine) as opened:
        owe(opened, MORNING, "account:1", stage=stage)
        gather(opened, MORNING, desk())
        owe(opened, MORNING + HOUR, "account:2", stage=stage)
        assert gather(opened, MORNING + 8 * HOUR, desk()) == []
        (next_day,) = gather(opened, MORNING + 22 * HOUR, desk())  # 8 o'clock
        assert named(opened, next_day) == {"account:2"}
        assert opened.get_one(DeliveryRow, next_day).form == Form.NOTICE


def test_in_the_last_hours_nothing_waits_for_the_next_day(engine):
    last = BEGINS - 12 * HOUR
    with session(engine) as opened:
        owe(opened, last, "account:1", stage=Stage.NO_DATA)
        gather(opened, last, desk())
        owe(opened, last + HOUR, "account:2", stage=Stage.NO_DATA)
        assert len(gather(opened, last + HOUR, desk())) == 1


def test_a_message_waits_until_the_run_that_owes_it_has_ended(engine):
    with session(engine) as opened:
        owe(opened, MORNING, "campaign:a/1", stage=Stage.PAUSED)
        running = desk(collected_until=MORNING - HOUR)
        assert gather(opened, MORNING + timedelta(minutes=1), running) == []
        owe(opened, MORNING + timedelta(minutes=2), "campaign:a/2", stage=Stage.PAUSED)
        ended = desk(collected_until=MORNING + timedelta(minutes=3))
        (delivery,) = gather(opened, MORNING + timedelta(minutes=3), ended)
        assert named(opened, delivery) == {"campaign:a/1", "campaign:a/2"}


def test_a_run_that_died_holds_nothing_up(engine):
    with session(engine) as opened:
        owe(opened, MORNING, "campaign:a/1", stage=Stage.PAUSED)
        assert len(gather(opened, MORNING + COLLECTED, desk(collected_until=MORNING - HOUR))) == 1


def test_nobody_is_woken_at_night_and_in_the_morning_it_arrives(engine):
    night = datetime(2019, 11, 20, 22, tzinfo=UTC)
    with session(engine) as opened:
        owe(opened, night, "campaign:a/1")
        assert gather(opened, night, desk()) == []
        assert gather(opened, night + 7 * HOUR - timedelta(seconds=1), desk()) == []  # 6:59:59
        assert len(gather(opened, night + 8 * HOUR, desk())) == 1


def test_a_public_holiday_of_the_owners_region_is_quiet(engine):
    epiphany = datetime(2020, 1, 6, 10, tzinfo=UTC)
    with session(engine) as opened:
        owe(opened, epiphany, "campaign:a/1")
        assert gather(opened, epiphany, desk()) == []
        elsewhere = Owner(**{**{f: getattr(NORD, f) for f in NORD.__slots__}, "region": "DE-BE"})
        assert len(gather(opened, epiphany, desk(owners={"nord": elsewhere}))) == 1


def test_in_the_last_day_and_for_the_operators_there_is_no_quiet_time(engine):
    night = datetime(2019, 11, 20, 22, tzinfo=UTC)
    with session(engine) as opened:
        owe(opened, night, "system:crm", stage=Stage.SOURCE_ILL, who=operators())
        owe(opened, night, "campaign:a/1")
        assert len(gather(opened, night, desk())) == 1
        assert len(gather(opened, BEGINS - HOUR, desk())) == 1


def test_reminders_grow_denser_toward_the_date(engine):
    with session(engine) as opened:
        owe(opened, WARNING + 10 * HOUR, "account:1", stage=Stage.LAST_CALL)
        days(opened, WARNING + 10 * HOUR, BEGINS, desk())
        told = [row.queued_at for row in messages(opened)]
        gaps = [later - earlier for earlier, later in pairwise(told)]
        assert all(later <= earlier + HOUR for earlier, later in pairwise(gaps))
        assert max(gaps) > 6 * DAY
        assert sum(at > BEGINS - DAY for at in told) >= 2
        assert 8 <= len(told) <= 14


def test_after_the_date_reminders_grow_seldom_again(engine):
    with session(engine) as opened:
        owe(opened, BEGINS, "account:1", stage=Stage.BREACH)
        days(opened, BEGINS, BEGINS + 40 * DAY, desk())
        told = [row.queued_at for row in messages(opened)]
        assert sum(at > BEGINS + 20 * DAY for at in told) <= 3 < len(told) < 20


def test_reminders_stop_when_the_reason_is_gone(engine):
    with session(engine) as opened:
        owe(opened, MORNING, "account:1", stage=Stage.LAST_CALL)
        days(opened, MORNING, MORNING + 8 * DAY, desk())
        before = len(messages(opened))
        outbox.settle(opened, set(), MORNING + 8 * DAY)
        days(opened, MORNING + 8 * DAY, BEGINS, desk())
        assert before > 1
        assert len(messages(opened)) == before


def test_a_reminder_comes_when_people_are_awake_and_names_all_that_is_still_so(engine):
    with session(engine) as opened:
        owe(opened, MORNING, "account:1", stage=Stage.LAST_CALL)
        days(opened, MORNING, MORNING + DAY, desk())
        owe(opened, MORNING + DAY, "account:2", stage=Stage.LAST_CALL)
        days(opened, MORNING + DAY, MORNING + 9 * DAY, desk())
        reminders = messages(opened, Form.REMINDER)
        assert [named(opened, row.id) for row in reminders[:1]] == [{"account:1", "account:2"}]
        assert all(7 <= row.queued_at.hour + 1 < 20 for row in reminders)
        assert not any(row.broadcast for row in reminders)


def test_the_last_reminder_comes_once_on_the_day_before_the_pause(engine):
    pause = BEGINS - 5 * DAY
    with session(engine) as opened:
        dated = {"pause_from": pause.isoformat(), "date": "2019-12-07", "date_zone": "Europe/Berlin"}
        owe(opened, WARNING + 10 * HOUR, "campaign:a/1", **dated)
        days(opened, WARNING + 10 * HOUR, pause, desk())
        (last,) = messages(opened, Form.LAST_REMINDER)
        assert pause - DAY <= last.queued_at < pause
        assert last.broadcast


def test_a_reminder_says_what_is_true_now(engine):
    with session(engine) as opened:
        owe(opened, MORNING, "account:1", stage=Stage.LAST_CALL, sentence={"de": "40 in einer Stunde"})
        days(opened, MORNING, MORNING + HOUR, desk())
        owe(opened, MORNING + DAY, "account:1", stage=Stage.LAST_CALL, sentence={"de": "90 in einer Stunde"})
        days(opened, MORNING + DAY, MORNING + 9 * DAY, desk())
        first, *later = messages(opened)
        assert "40 in einer Stunde" in first.text
        assert "90 in einer Stunde" in later[0].text


def test_single_figures_that_stand_out_are_told_once(engine):
    with session(engine) as opened:
        owe(opened, MORNING, "account:1", stage=Stage.FOUND, verdict="watch")
        days(opened, MORNING, BEGINS, desk(answers=True))
        assert len(messages(opened)) == 1


@pytest.mark.parametrize("stage", [Stage.PAUSED, Stage.SILENCE_CONFIRMED, Stage.HOLD_GRANTED, Stage.MOVED])
def test_nobody_is_reminded_of_what_is_done(engine, stage):
    with session(engine) as opened:
        owe(opened, MORNING, "campaign:a/1", stage=stage)
        days(opened, MORNING, BEGINS + DAY, desk(answers=True), step=3 * HOUR)
        assert len(messages(opened)) == 1


def test_two_processes_remind_once(either):
    with session(either) as opened:
        owe(opened, MORNING, "account:1", stage=Stage.LAST_CALL)
        days(opened, MORNING, MORNING + HOUR, desk())

    def remind():
        with session(either) as opened:
            return gather(opened, MORNING + 8 * DAY, desk())

    with ThreadPoolExecutor(4) as pool:
        reminders = [pool.submit(remind) for _ in range(4)]
    assert sum(len(each.result()) for each in reminders) == 1


def test_without_an_answer_the_backup_channel_is_told_then_the_operators(engine):
    asks = desk(answers=True, answer_time=DAY)
    with session(engine) as opened:
        owe(opened, MORNING, "campaign:a/1", who=owner(backup="C0BACKUP"))
        days(opened, MORNING, MORNING + 4 * DAY, asks)
        steps = messages(opened, Form.UNANSWERED)
        assert [(row.channel, row.audience) for row in steps] == [
            ("C0BACKUP", Audience.OWNER),
            ("C0OPERATORS", Audience.OPERATORS),
        ]
        assert steps[0].queued_at - MORNING == DAY
        assert steps[1].queued_at - steps[0].queued_at == DAY
        assert all("Filiale Nord" in step.text for step in steps)
        assert all(named(opened, row.id) == {"campaign:a/1"} for row in steps)


def test_without_a_backup_channel_the_operators_are_told_at_once(engine):
    with session(engine) as opened:
        owe(opened, MORNING, "campaign:a/1")
        days(opened, MORNING, MORNING + 3 * DAY, desk(answers=True))
        assert [row.channel for row in messages(opened, Form.UNANSWERED)] == ["C0OPERATORS"]


def test_an_answer_ends_it(engine):
    with session(engine) as opened:
        owe(opened, MORNING, "campaign:a/1", who=owner(backup="C0BACKUP"))
        (delivery,) = gather(opened, MORNING, desk(answers=True))
        answer(opened, delivery, at=MORNING)
        days(opened, MORNING, MORNING + 5 * DAY, desk(answers=True))
        assert messages(opened, Form.UNANSWERED) == []


def test_where_nobody_can_answer_there_are_no_buttons_and_no_steps(engine):
    with session(engine) as opened:
        owe(opened, MORNING, "campaign:a/1")
        days(opened, MORNING, MORNING + 5 * DAY, desk(answers=False))
        assert not any(block["type"] == "actions" for row in messages(opened) for block in row.blocks)
        assert messages(opened, Form.UNANSWERED) == []


def test_in_the_last_day_an_answer_is_awaited_for_hours(engine):
    with session(engine) as opened:
        owe(opened, BEGINS - 20 * HOUR, "account:1", stage=Stage.LAST_CALL)
        days(opened, BEGINS - 20 * HOUR, BEGINS, desk(answers=True))
        (step,) = messages(opened, Form.UNANSWERED)
        assert step.queued_at == BEGINS - 16 * HOUR


def test_a_backup_channel_hears_once_a_day_of_a_stage(engine):
    who = owner(backup="C0BACKUP")
    with session(engine) as opened:
        for number in range(4):
            owe(opened, MORNING + number * HOUR, f"campaign:a/{number}", who=who)
            gather(opened, MORNING + number * HOUR, desk(answers=True))
            arrive(opened, MORNING + number * HOUR)
        days(opened, MORNING + 4 * HOUR, MORNING + DAY + 8 * HOUR, desk(answers=True))
        assert [row.channel for row in messages(opened, Form.UNANSWERED)] == ["C0BACKUP"]


def test_what_waits_for_the_operators_is_asked_again_daily(engine):
    with session(engine) as opened:
        owe(opened, MORNING, "hold:7", stage=Stage.HOLD_ASKED, who=operators())
        days(opened, MORNING, MORNING + 4 * DAY, desk())
        assert 3 <= len(messages(opened, Form.REMINDER)) <= 4


def test_who_has_changed_over_is_left_in_peace_until_data_can_show_it(engine):
    with session(engine) as opened:
        owe(opened, BEGINS - 6 * DAY, "account:1", stage=Stage.LAST_CALL)
        (delivery,) = gather(opened, BEGINS - 6 * DAY + 12 * HOUR, desk(answers=True))
        answer(opened, delivery, "moved", BEGINS - 6 * DAY + 12 * HOUR)
        days(opened, BEGINS - 6 * DAY + 12 * HOUR, BEGINS, desk(answers=True))
        reminders = [row.queued_at for row in messages(opened, Form.REMINDER)]
        assert reminders
        assert reminders[0] >= BEGINS - 3 * DAY + 12 * HOUR


def test_only_owners_messages_that_ask_have_buttons(engine):
    with session(engine) as opened:
        owe(opened, MORNING, "campaign:a/1")
        owe(opened, MORNING, "campaign:a/2", stage=Stage.RESUMED)
        owe(opened, MORNING, "system:x", stage=Stage.SOURCE_ILL, who=operators())
        gather(opened, MORNING, desk(answers=True))
        for row in messages(opened):
            buttons = [block for block in row.blocks if block["type"] == "actions"]
            assert bool(buttons) == row.answerable == (row.stage == Stage.WARNED)


def test_a_long_list_is_complete_and_shown_in_the_channel_once(engine):
    with session(engine) as opened:
        subjects = [f"campaign:a/{number}" for number in range(300)]
        owe(opened, MORNING, *subjects, campaign_name="Frühjahrsaktion " * 5)
        parts = gather(opened, MORNING, desk())
        assert len(parts) > 1
        assert set.union(*(named(opened, part) for part in parts)) == set(subjects)
        assert sum(len(named(opened, part)) for part in parts) == 300
        assert [row.broadcast for row in messages(opened)].count(True) == 1


def test_who_answers_for_an_account_no_more_hears_no_more_of_it(engine):
    with session(engine) as opened:
        owe(opened, MORNING, "account:1", stage=Stage.LAST_CALL)
        days(opened, MORNING, MORNING + DAY, desk())
        owe(opened, MORNING + DAY, "account:1", stage=Stage.LAST_CALL, who=owner("C0SUED", "sued"))
        key = fact("account:1", Stage.LAST_CALL).key
        outbox.settle(opened, {key}, MORNING + DAY, {key: {"C0SUED"}})
        days(opened, MORNING + DAY, BEGINS, desk())
        later = [row.channel for row in messages(opened) if row.queued_at >= MORNING + DAY]
        assert set(later) == {"C0SUED"}


def test_no_reminder_is_made_while_one_is_on_its_way(engine):
    with session(engine) as opened:
        owe(opened, MORNING, "account:1", stage=Stage.LAST_CALL)
        days(opened, MORNING, MORNING + HOUR, desk())
        at = MORNING
        while at < BEGINS:
            gather(opened, at, desk())  # Slack is out of reach: nothing arrives
            at += 6 * HOUR
        assert len(messages(opened, Form.REMINDER)) == 1


def test_a_backup_channel_that_refuses_leads_to_the_operators(engine):
    asks = desk(answers=True)
    with session(engine) as opened:
        owe(opened, MORNING, "campaign:a/1", who=owner(backup="C0BACKUP"))
        days(opened, MORNING, MORNING + DAY, asks)
        at = MORNING + DAY
        while at < MORNING + 4 * DAY:
            gather(opened, at, asks)
            opened.execute(
                update(DeliveryRow)
                .where(DeliveryRow.channel == "C0BACKUP", DeliveryRow.state == "queued")
                .values(state="refused", tried_at=at)
            )
            arrive(opened, at)
            at += HOUR
        assert [row.channel for row in messages(opened, Form.UNANSWERED)] == ["C0BACKUP", "C0OPERATORS"]


def test_nobody_is_late_with_an_answer_that_could_not_be_given(engine):
    """Messages that went out before answers could be received have no buttons."""
    with session(engine) as opened:
        owe(opened, MORNING, "campaign:a/1", who=owner(backup="C0BACKUP"))
        days(opened, MORNING, MORNING + 8 * DAY, desk(answers=False))
        start = MORNING + 8 * DAY
        days(opened, start, BEGINS - 8 * DAY, desk(answers=True))
        buttons = [row.sent_at for row in messages(opened, Form.REMINDER) if row.answerable]
        steps = messages(opened, Form.UNANSWERED)
        assert not steps or steps[0].queued_at - buttons[0] >= DAY


@pytest.mark.parametrize("region", ["DE-BY", None])
def test_the_last_reminder_comes_on_a_holiday_too(engine, region):
    pause = datetime(2019, 12, 26, 23, tzinfo=UTC)  # midnight after both days of Christmas
    begins = pause + 5 * DAY
    bavarian = Owner(**{**{f: getattr(NORD, f) for f in NORD.__slots__}, "region": region})
    how = desk(
        begins={"whatsapp": begins}, warning_from={"whatsapp": begins - 30 * DAY}, owners={"nord": bavarian}
    )
    dated = {"pause_from": pause.isoformat(), "date": "2020-01-01", "date_zone": "Europe/Berlin"}
    with session(engine) as opened:
        owe(opened, begins - 20 * DAY, "campaign:a/1", **dated)
        days(opened, begins - 20 * DAY, pause, how)
        (last,) = messages(opened, Form.LAST_REMINDER)
        assert pause - DAY <= last.queued_at < pause


def test_a_new_notice_does_not_take_the_place_of_a_last_reminder(engine):
    pause = BEGINS - 5 * DAY
    dated = {"pause_from": pause.isoformat(), "date": "2019-12-07", "date_zone": "Europe/Berlin"}
    morning = pause - 16 * HOUR
    with session(engine) as opened:
        owe(opened, pause - 4 * DAY + 10 * HOUR, "campaign:a/1", **dated)
        days(opened, pause - 4 * DAY + 10 * HOUR, morning, desk())
        owe(opened, morning, "campaign:a/2", **dated)
        days(opened, morning, pause, desk())
        (last,) = messages(opened, Form.LAST_REMINDER)
        assert named(opened, last.id) == {"campaign:a/1"}


def test_in_the_last_hours_what_comes_later_continues_at_once(engine):
    last = BEGINS - 2 * HOUR
    with session(engine) as opened:
        owe(opened, last, "campaign:a/1", stage=Stage.NOT_PAUSED)
        gather(opened, last, desk(collected_until=last - HOUR))
        owe(opened, last + timedelta(minutes=1), "campaign:a/2", stage=Stage.NOT_PAUSED)
        assert len(gather(opened, last + timedelta(minutes=1), desk(collected_until=last))) == 1


def test_what_belongs_to_no_owner_reaches_the_operators_at_night_and_without_buttons(engine):
    night = datetime(2019, 11, 20, 22, tzinfo=UTC)
    nobody = Recipient("C0OPERATORS", Audience.OWNER, Language.EN, "Europe/Berlin")
    with session(engine) as opened:
        owe(opened, night, "campaign:a/1", who=nobody)
        days(opened, night, night + 4 * DAY, desk(answers=True))
        assert messages(opened)[0].queued_at == night
        assert not any(row.answerable for row in messages(opened))
        assert not messages(opened, Form.UNANSWERED)


def test_two_owners_are_reminded_apart(engine):
    with session(engine) as opened:
        owe(opened, MORNING, "account:1", stage=Stage.LAST_CALL, who=owner("C0SHARED", "nord"))
        owe(opened, MORNING, "account:2", stage=Stage.LAST_CALL, who=owner("C0SHARED", "sued"))
        days(opened, MORNING, MORNING + 9 * DAY, desk())
        for row in messages(opened):
            assert named(opened, row.id) == {"account:1" if row.owner == "nord" else "account:2"}


@pytest.mark.parametrize(("until", "offered"), [(BEGINS - 2 * DAY, False), (BEGINS - 4 * DAY, True)])
def test_whose_hold_cannot_end_later_is_offered_no_other(engine, until, offered):
    at = BEGINS - 5 * DAY - 13 * HOUR
    with session(engine) as opened:
        owe(opened, at, "campaign:a/1", stage=Stage.HOLD_ENDS, hold_until=until.isoformat())
        gather(opened, at, desk(answers=True, hold_margin=2 * DAY))
        (message,) = messages(opened)
        assert ("Aufschub beantragen" in str(message.blocks)) is offered
        assert "Wir haben umgestellt" in str(message.blocks)
