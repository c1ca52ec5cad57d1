"""Read and changed over: pressed in Slack, written into the ledger once, shown in the message."""

from __future__ import annotations

from typing import Any

import pytest
from tests.answers.conftest import MOVED, READ, Door, Office, wait_for
from tests.slack_answers import block_actions
from tests.slack_server import SlackServer
from tests.stages.company import NORTH, SHOP, SOUTH, Company, key

from sendepause import answering
from sendepause.answering import Taken
from sendepause.model import Answer
from sendepause.store import database, folds, ledger
from sendepause.store.tables import DeliveryRow


def shown(message: dict[str, Any]) -> str:
    return message["text"].partition("\n")[0]


def take(office: Office, payload: dict[str, Any]) -> Taken:
    return answering.take(office.company.installation, payload)


def pressed(office: Office, action: str = READ, user: str = "U0ERIKA", **message: Any) -> dict[str, Any]:
    return block_actions(office.slack, message or office.message(), action, user)


class TestTheEntry:
    def test_it_says_who_answered_what_to_which_message_about_whom(self, door: Door) -> None:
        message = door.office.message()
        delivery = door.office.delivery(message)
        assert door.press(READ, "U0KARL").status == 200
        (entry,) = door.office.entries
        assert (entry.author, entry.subject) == ("slack:U0KARL", f"delivery:{delivery}")
        assert entry.enforcement == "whatsapp-2019"
        assert entry.facts == {
            "answer": "read",
            "owner": "north",
            "stage": "warned",
            "subjects": [key("spring"), key("winter")],
        }

    def test_a_button_pressed_twice_is_one_answer(self, office: Office) -> None:
        payload, posted = pressed(office), len(office.slack.messages)
        delivery = office.delivery(office.message())
        assert [take(office, payload) for _ in range(3)] == [Taken(changed=delivery)] * 3
        office.tell()
        assert len(office.entries) == 1
        assert len(office.slack.messages) == posted, "a message changes, none is posted"

    def test_read_and_changed_over_are_two_answers_in_their_order(self, office: Office) -> None:
        first, second = pressed(office, READ, "U0KARL"), pressed(office, MOVED)
        delivery = office.delivery(office.message())
        take(office, first)
        take(office, second)
        with database.session(office.company.installation.engine, write=False) as session:
            given = folds.answers(ledger.entries(session))[delivery]
        assert [(one.answer, one.author) for one in given] == [
            (Answer.READ, "slack:U0KARL"),
            (Answer.MOVED, "slack:U0ERIKA"),
        ]

    def test_another_owners_message_has_answers_of_its_own(self, door: Door) -> None:
        assert door.press(READ).status == 200
        assert door.press(READ, message=door.office.message(SOUTH)).status == 200
        assert [entry.facts["owner"] for entry in door.office.entries] == ["north", "south"]


class TestWhatTheMessageShows:
    def test_who_read_it_at_once_and_with_the_buttons_that_are_left(self, door: Door) -> None:
        message = door.office.message()
        door.press(READ)
        assert wait_for(
            lambda: shown(message).startswith("Gelesen von <@U0ERIKA>, Mittwoch, 20. November 2019")
        )
        labels = [e["text"]["text"] for b in message["blocks"] for e in b.get("elements", []) if "value" in e]
        assert labels == ["Wir haben umgestellt", "Aufschub beantragen"]
        assert "Winter tyres" in str(message["blocks"]), "what was said stays"

    def test_changed_over_ends_the_buttons(self, door: Door) -> None:
        message = door.office.message()
        door.press(MOVED)
        assert wait_for(lambda: shown(message).startswith("Umgestellt, sagt <@U0ERIKA>"))
        assert door.office.delivery(message) == ""

    def test_in_the_readers_language(self, door: Door) -> None:
        message = door.office.message(SOUTH)
        door.press(READ, message=message)
        assert wait_for(lambda: shown(message).startswith("Read by <@U0ERIKA>, Wednesday, 20 November 2019"))

    def test_while_slack_takes_no_changes_the_answer_is_taken_and_shown_later(self, door: Door) -> None:
        message, slack = door.office.message(), door.office.slack
        slack.fault("500_before", method="chat.update", times=3)
        assert door.press(READ).status == 200
        assert wait_for(lambda: slack.counts().get("chat.update"))
        assert "Gelesen von" not in message["text"]
        slack.faults.clear()
        door.office.tell()
        assert shown(message).startswith("Gelesen von")


class TestWhatIsIgnored:
    @pytest.fixture(autouse=True)
    def nothing_comes_of_it(self, office: Office) -> Any:
        before = [dict(message) for message in office.slack.messages]
        yield
        assert office.entries == []
        assert [dict(message) for message in office.slack.messages] == before

    def test_a_message_of_another_channel(self, office: Office) -> None:
        """Somebody who copies the buttons into a channel of theirs."""
        payload = pressed(office)
        payload["container"]["channel_id"] = payload["channel"]["id"] = SOUTH
        assert take(office, payload) == Taken()

    def test_another_message_of_the_same_channel(self, office: Office) -> None:
        payload = pressed(office)
        payload["container"]["message_ts"] = office.slack.now_ts()
        assert take(office, payload) == Taken()

    def test_a_delivery_that_does_not_exist(self, office: Office) -> None:
        payload = pressed(office)
        payload["actions"][0]["value"] = "00000000-0000-0000-0000-000000000000"
        assert take(office, payload) == Taken()

    @pytest.mark.parametrize(
        "changed",
        [{"answerable": False}, {"state": "refused"}, {"ts": None}],
        ids=["no buttons", "refused", "no ts"],
    )
    def test_a_message_that_was_not_sent_with_buttons(self, office: Office, changed: dict[str, Any]) -> None:
        payload = pressed(office)
        with database.session(office.company.installation.engine) as session:
            row = session.get_one(DeliveryRow, office.delivery(office.message()))
            for name, value in changed.items():
                setattr(row, name, value)
        assert take(office, payload) == Taken()

    @pytest.mark.parametrize(
        "payload", [None, [], {}, {"type": "block_actions"}, {"type": "shortcut"}, "payload"]
    )
    def test_anything_else_that_slack_sends(self, office: Office, payload: Any) -> None:
        assert take(office, payload) == Taken()

    def test_what_is_ignored_is_not_repeated_in_the_log(
        self, office: Office, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level("DEBUG", "sendepause")
        payload = pressed(office)
        payload["container"]["channel_id"] = payload["channel"]["id"] = "C0SECRET"
        take(office, payload)
        take(office, {"type": "view_submission", "view": {"private_metadata": "C0SECRET"}})
        assert "ignored" in caplog.text
        assert "C0SECRET" not in caplog.text


def test_no_address_of_a_payload_is_ever_called(door: Door) -> None:
    slack = door.office.slack
    door.press(READ)
    assert wait_for(lambda: slack.counts().get("chat.update"))
    assert slack.responses == []


def test_what_was_sent_so_long_ago_that_it_is_not_kept_stays_as_it_is(office: Office) -> None:
    """The store forgets texts; Slack does not, and an answer must not wipe them there."""
    payload, message = pressed(office), office.message()
    before = dict(message)
    with database.session(office.company.installation.engine) as session:
        row = session.get_one(DeliveryRow, office.delivery(message))
        row.text, row.blocks = "", []
    answering.show(office.company.installation, take(office, payload).changed or "")
    office.tell()
    assert len(office.entries) == 1
    assert dict(message) == before


def test_a_message_that_went_to_the_backup_channel_is_answered_there(
    company: Company, office: Office, slack: SlackServer
) -> None:
    company.files["owners.yaml"]["owners"][0]["backup_channel"] = "C0BACKUP"
    company.configure()
    slack.set_channel(NORTH, is_archived=True)
    company.set_campaign("autumn", "running", sender=SHOP)
    company.at("2019-11-21T09:00")
    company.enforce()
    office.tell()
    take(office, pressed(office, **office.message("C0BACKUP")))
    (entry,) = office.entries
    assert key("autumn") in entry.facts["subjects"]
