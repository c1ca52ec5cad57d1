"""A hold asked for in Slack: the form, what it refuses, and that another person is asked within one run."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from tests.answers.conftest import HOLD, MOVED, Door, Office, wait_for
from tests.slack_answers import block_actions, view_submission
from tests.stages.company import SOUTH, WORKSHOP, berlin, key

from sendepause import answering, people
from sendepause import questions as asking
from sendepause.errors import Unreachable
from sendepause.store import database, folds, ledger, queries
from sendepause.store.tables import AlertRow

CUSTOMER = "+49 171 392 0077"


def text_of(view: dict[str, Any]) -> str:
    return str([block.get("text") or block for block in view["blocks"]])


def holds(office: Office) -> list[Any]:
    return office.company.entries("hold_asked")


class TestTheForm:
    def test_it_offers_the_campaigns_of_that_message_and_of_no_other(self, door: Door) -> None:
        view = door.open_form()
        menu = str(next(block for block in view["blocks"] if block["block_id"] == "campaign"))
        assert len(door.campaigns(view)) == 2
        assert "Winter tyres" in menu
        assert "Battery" not in menu, "which is another owner's"

    def test_it_says_until_when_at_the_latest(self, door: Door) -> None:
        assert "spätestens Donnerstag, 5. Dezember 2019, 0 Uhr (Europe/Berlin)" in text_of(door.open_form())

    def test_the_operators_margin_is_the_bound(self, door: Door) -> None:
        door.office.company.configure(hold_margin_hours=72)
        door.office.company.enforce("2019-11-20T09:10")
        assert "spätestens Mittwoch, 4. Dezember 2019, 0 Uhr" in text_of(door.open_form())

    def test_what_waits_for_approval_is_not_offered_again(self, door: Door) -> None:
        people.ask_hold(
            door.office.company.installation, "crm/winter", berlin("2019-12-01T12:00"), "why", "ben"
        )
        view = door.open_form()
        assert len(door.campaigns(view)) == 1
        assert "Winter tyres" not in text_of(view)

    def test_when_the_time_is_too_short_it_says_so(self, door: Door) -> None:
        door.office.company.at("2019-12-05T00:00")
        view = door.open_form()
        assert "kein Aufschub mehr" in text_of(view)
        assert view["submit"] is None

    def test_opening_it_answers_nothing(self, door: Door) -> None:
        door.open_form()
        assert door.office.entries == []

    @pytest.mark.parametrize("fault", ["expired_trigger_id", "500_before", "hang_before"])
    def test_where_slack_does_not_open_it_the_person_hears_of_it(self, door: Door, fault: str) -> None:
        door.office.slack.fault(fault, method="views.open", seconds=2.5)
        reply = door.press(HOLD)
        assert reply.status == 503
        assert reply.body == ""

    def test_without_a_connection_to_slack_too(self, office: Office) -> None:
        payload = block_actions(office.slack, office.message(), HOLD)
        office.company.disconnect("slack_api_default")
        with pytest.raises(Unreachable):
            answering.take(office.company.installation, payload)


class TestTheRequest:
    def test_it_is_asked_for_under_the_persons_name_and_with_the_end_of_the_day(self, door: Door) -> None:
        reply = door.send(door.open_form("U0KARL"), "U0KARL")
        assert reply.shown == "closed"
        (hold,) = holds(door.office)
        assert (hold.author, hold.subject) == ("slack:U0KARL", key("spring"))
        assert hold.facts["reason"] == "The move is on Monday."
        assert datetime.fromisoformat(hold.facts["until"]) == berlin("2019-12-03T00:00")

    def test_the_answer_names_that_campaign_and_its_request(self, door: Door) -> None:
        door.send(door.open_form())
        (entry,), (hold,) = door.office.entries, holds(door.office)
        assert entry.facts == {
            "answer": "hold",
            "owner": "north",
            "stage": "warned",
            "subjects": [key("spring")],
            "hold": f"hold:{hold.seq}",
            "until": hold.facts["until"],
        }

    def test_on_the_last_day_it_ends_at_the_bound(self, door: Door) -> None:
        door.send(door.open_form(), until="2019-12-04")
        assert datetime.fromisoformat(holds(door.office)[0].facts["until"]) == berlin("2019-12-05T00:00")

    def test_the_next_enforcing_run_asks_another_person_and_only_once(self, door: Door) -> None:
        company = door.office.company
        door.send(door.open_form())
        (hold,) = holds(door.office)
        asked = company.enforce("2019-11-20T09:10")["stopped_items"]
        assert asked == [f"hold:{hold.seq}"]
        (question,) = asking.questions(company.installation, asked)
        assert "slack:U0ERIKA" in question["body"]
        assert "The move is on Monday." in question["body"]
        assert company.enforce("2019-11-20T09:20")["stopped_items"] == []

    def test_approved_by_another_the_campaign_runs_on(self, door: Door) -> None:
        company = door.office.company
        door.send(door.open_form())
        people.approve(company.installation, f"hold:{holds(door.office)[0].seq}", "ben")
        assert company.plan(company.clock())[key("spring")]["act"] == "hold"

    def test_the_message_says_until_when_and_that_it_waits(self, door: Door) -> None:
        message = door.office.message()
        door.send(door.open_form())
        assert wait_for(lambda: "Aufschub beantragt von <@U0ERIKA>" in message["text"])
        assert "bis Dienstag, 3. Dezember 2019, 0 Uhr. Der Antrag wartet auf Genehmigung" in message["text"]

    def test_the_button_stays_while_another_campaign_may_have_one(self, door: Door) -> None:
        message = door.office.message()
        door.send(door.open_form())
        assert wait_for(lambda: "Aufschub beantragt von" in message["text"])
        assert HOLD in str(message["blocks"])
        door.send(door.open_form())
        assert wait_for(lambda: HOLD not in str(message["blocks"]))
        assert MOVED in str(message["blocks"])
        assert {hold.subject for hold in holds(door.office)} == {key("spring"), key("winter")}

    def test_sent_twice_it_is_one_request(self, office: Office) -> None:
        """Slack shows "trouble connecting" where our answer was lost, and the person sends it again."""
        answering.take(office.company.installation, block_actions(office.slack, office.message(), HOLD))
        (view,) = office.slack.views.values()
        values = {"campaign": Door.campaigns(view)[0], "until": "2019-12-02", "reason": "The move."}
        payload = view_submission(office.slack, view, values)
        first = answering.take(office.company.installation, payload)
        assert answering.take(office.company.installation, payload) == first
        assert first.reply is None
        assert (len(holds(office)), len(office.entries)) == (1, 1)


class TestWhatItRefuses:
    @pytest.mark.parametrize(
        ("values", "field", "told"),
        [
            ({"until": "2019-11-19"}, "until", "von heute bis Mittwoch, 4. Dezember 2019"),
            ({"until": "0001-01-01"}, "until", "von heute bis"),
            ({"until": "2019-12-05"}, "until", "von heute bis"),
            ({"until": "9999-12-31"}, "until", "von heute bis"),
            ({"reason": "   "}, "reason", "für immer im Protokoll"),
            ({"reason": f"{CUSTOMER} wartet"}, "reason", "ohne Nummern und Adressen"),
            ({"reason": "erika@example.org wartet"}, "reason", "ohne Nummern und Adressen"),
        ],
    )
    def test_it_says_so_beside_the_field_and_nothing_is_asked_for(
        self, door: Door, values: dict[str, str], field: str, told: str
    ) -> None:
        reply = door.send(door.open_form(), **values)
        assert reply.shown == "errors"
        assert list(reply.errors) == [field]
        assert told in reply.errors[field]
        assert (holds(door.office), door.office.entries) == ([], [])

    def test_corrected_it_is_taken(self, door: Door) -> None:
        view = door.open_form()
        door.send(view, until="2019-12-31")
        assert door.send(view).shown == "closed"
        assert len(holds(door.office)) == 1

    def test_the_companys_own_number_may_be_named(self, door: Door) -> None:
        assert door.send(door.open_form(), reason=f"{WORKSHOP} zieht um").shown == "closed"

    def test_in_the_readers_language(self, door: Door) -> None:
        door.press(HOLD, message=door.office.message(SOUTH))
        (view,) = door.office.slack.views.values()
        reply = door.send(view, until="2019-12-31")
        assert reply.errors == {"until": "Choose a day from today to Wednesday, 4 December 2019."}

    def test_what_somebody_else_asked_for_meanwhile(self, door: Door) -> None:
        view = door.open_form()
        door.send(door.open_form("U0KARL"), "U0KARL")
        assert list(door.send(view).errors) == ["campaign"]
        assert [hold.author for hold in holds(door.office)] == ["slack:U0KARL"]

    def test_a_campaign_that_is_gone_meanwhile(self, door: Door) -> None:
        view = door.open_form()
        with database.session(door.office.company.installation.engine) as session:
            queries.save_campaigns(session, "crm", [], door.office.company.clock())
        assert list(door.send(view).errors) == ["campaign"]

    def test_once_the_time_is_too_short(self, door: Door) -> None:
        view = door.open_form()
        door.office.company.at("2019-12-05T00:00")
        assert list(door.send(view, until="2019-12-04").errors) == ["campaign"]
        assert holds(door.office) == []

    @pytest.mark.parametrize("where", ["another owner's", "an account", "unknown"])
    def test_a_campaign_that_the_message_does_not_name_is_none(self, office: Office, where: str) -> None:
        """A form's values come from outside, also those that only Slack's menu should hold."""
        installation = office.company.installation
        answering.take(installation, block_actions(office.slack, office.message(), HOLD))
        (view,) = office.slack.views.values()
        with database.session(installation.engine, write=False) as session:
            rows = {row.subject: row.id for row in session.query(AlertRow)}
        alerts = {
            "another owner's": rows[key("battery")],
            "an account": next((id for subject, id in rows.items() if subject.startswith("account:")), 0),
            "unknown": 10**15,
        }
        chosen = {"campaign": Door.campaigns(view)[0], "until": "2019-12-02", "reason": "why"}
        payload = view_submission(office.slack, view, chosen)
        payload["view"]["state"]["values"]["campaign"]["campaign"]["selected_option"]["value"] = str(
            alerts[where]
        )
        assert answering.take(installation, payload).changed is None
        assert (holds(office), office.entries) == ([], [])


def test_the_requests_reason_is_in_no_message_to_the_channel(door: Door) -> None:
    message = door.office.message()
    door.send(door.open_form(), reason="A private matter of the branch")
    assert wait_for(lambda: "Aufschub beantragt von" in message["text"])
    assert "private matter" not in str(message)


def test_nobody_approves_their_own_request_under_the_same_name(door: Door) -> None:
    door.send(door.open_form("U0KARL"), "U0KARL")
    with database.session(door.office.company.installation.engine, write=False) as session:
        (hold,) = folds.holds(ledger.entries(session))
    with pytest.raises(people.BadInput, match="own hold"):
        people.approve(door.office.company.installation, f"hold:{hold.seq}", "Slack:u0karl")
