"""Channels and users are looked at when they are configured and weekly, before anything is owed to them."""

from datetime import date, timedelta

import pytest

from sendepause.alerts import channels
from sendepause.settings import Settings
from sendepause.store.database import session

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def settings(*names: str, users=("U0NORD",)) -> Settings:
    owners = [
        {
            "id": f"o{n}",
            "name": "Filiale",
            "channel": name,
            "language": "de",
            "users": users if n == 0 else (),
        }
        for n, name in enumerate(names)
    ]
    return Settings.model_validate(
        {
            "owners": owners,
            "operators": {"channel": "C0OPERATORS"},
            "accounts": [],
            "enforcements": [
                {
                    "id": "whatsapp",
                    "title": {"de": "Regel"},
                    "date": date(2019, 12, 7),
                    "time_zone": "Europe/Berlin",
                    "source": "WhatsApp",
                }
            ],
        }
    )


@pytest.fixture
def look(engine, client, clock):
    def run(configured):
        return dict(channels.check_due(engine, client, configured, clock.now))

    return run


def test_a_new_one_is_looked_at_at_once_and_again_after_a_week(slack, look, clock):
    look(settings("C0NORTH"))
    first = slack.counts()
    assert (first["conversations.info"], first["users.info"]) == (2, 1)
    clock.at += 7 * DAY - HOUR
    look(settings("C0NORTH"))
    assert slack.counts() == first
    look(settings("C0NORTH", "C0SOUTH"))
    assert slack.counts()["conversations.info"] == 3, "only the new one"
    clock.at += HOUR
    look(settings("C0NORTH", "C0SOUTH"))
    assert slack.counts()["conversations.info"] == 5


@pytest.mark.parametrize(
    ("state", "word"),
    [({"is_archived": True}, "is_archived"), ({"is_member": False}, "not_in_channel"),
     ({"exists": False}, "channel_not_found")],
)  # fmt: skip
def test_a_closed_channel_is_known_before_something_is_owed_to_it_and_when_it_is_mended(
    slack, look, clock, state, word
):
    slack.set_channel("C0NORTH", **state)
    assert look(settings("C0NORTH")) == {"C0NORTH": word}
    slack.set_channel("C0NORTH", is_archived=False, is_member=True, exists=True)
    clock.at += HOUR
    assert look(settings("C0NORTH")) == {"C0NORTH": word}
    clock.at += 5 * HOUR
    assert look(settings("C0NORTH")) == {}


def test_a_user_who_left_is_known(slack, look):
    slack.set_user("U0NORD", deleted=True)
    assert look(settings("C0NORTH")) == {"U0NORD": "user_left"}


def test_a_renamed_channel_is_the_same_one(engine, slack, look, clock):
    slack.set_channel("C0NORTH", name="filiale-nord")
    look(settings("C0NORTH"))
    slack.set_channel("C0NORTH", name="nord")
    clock.at += 7 * DAY
    assert look(settings("C0NORTH")) == {}
    with session(engine, write=False) as opened:
        assert channels.names(opened)["C0NORTH"] == "#nord"


def test_what_is_no_longer_configured_is_forgotten(slack, look):
    slack.set_channel("C0NORTH", is_archived=True)
    look(settings("C0NORTH"))
    assert look(settings("C0SOUTH")) == {}


@pytest.mark.parametrize("fault", ["500_before", "429", "drop_before"])
def test_where_slack_does_not_answer_nothing_is_concluded(slack, look, fault):
    slack.fault(fault, method="conversations.info", times=9)
    assert look(settings("C0NORTH")) == {}
    slack.faults.clear()
    slack.set_channel("C0NORTH", is_archived=True)
    assert look(settings("C0NORTH")) == {"C0NORTH": "is_archived"}


def test_many_are_looked_at_in_portions(slack, look):
    many = settings(*(f"C0MANY{number:03}" for number in range(50)))
    look(many)
    assert slack.counts()["conversations.info"] <= channels.AT_ONCE
    for _ in range(3):
        look(many)
    assert slack.counts()["conversations.info"] == 51
