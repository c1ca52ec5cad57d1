"""A person presses a button or sends a form: what the app gets, and what the person sees of its answer."""

import json
import time
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest
from slack_sdk import WebhookClient
from tests.slack.conftest import CHANNEL, App, asking, button, field, modal, option, plain, writing
from tests.slack_server import SIGNING_SECRET, Broken

DAY = {"type": "datepicker", "action_id": "day"}


@pytest.fixture
def message(slack, client) -> dict[str, Any]:
    root = client.chat_postMessage(channel=CHANNEL, text="Stand")["ts"]
    client.chat_postMessage(
        channel=CHANNEL,
        text="Ihre Kampagne wurde angehalten.",
        thread_ts=root,
        blocks=asking(button(value="a1"), button(action_id="moved", value="a1", style="primary")),
        metadata={"event_type": "sendepause_alert", "event_payload": {"delivery": "d1"}},
    )
    return slack.messages[1]


class TestAPress:
    def test_comes_as_slack_sends_it(self, slack, app: App, message) -> None:
        reply = slack.press(app.url, SIGNING_SECRET, message, "moved", user="U0ERIKA")
        assert (reply.status, reply.body) == (200, "")
        (payload,) = app.payloads
        assert payload["type"] == "block_actions"
        assert payload["user"]["id"] == "U0ERIKA"
        assert payload["channel"] == {"id": CHANNEL, "name": "name-of-c0north"}
        assert payload["container"] == {
            "type": "message",
            "message_ts": message["ts"],
            "channel_id": CHANNEL,
            "is_ephemeral": False,
            "thread_ts": slack.messages[0]["ts"],
        }
        assert (payload["team"]["id"], payload["api_app_id"]) == ("T0EXAMPLE", "A0EXAMPLE")
        assert payload["message"]["blocks"] == message["blocks"]
        assert payload["message"]["metadata"] == message["metadata"]
        (action,) = payload["actions"]
        assert action.pop("action_ts")
        assert action == {
            "type": "button",
            "action_id": "moved",
            "block_id": "answers",
            "text": plain("Gelesen"),
            "value": "a1",
            "style": "primary",
        }

    def test_is_one_form_field(self, slack, app: App, message) -> None:
        slack.press(app.url, SIGNING_SECRET, message, "read")
        assert list(parse_qs(app.bodies[0])) == ["payload"]

    def test_opens_a_modal_while_the_app_answers(self, slack, app: App, client, message) -> None:
        app.while_asked = lambda payload: client.views_open(trigger_id=payload["trigger_id"], view=modal())
        assert slack.press(app.url, SIGNING_SECRET, message, "read").status == 200
        assert len(slack.views) == 1

    def test_meets_the_message_as_it_is_now(self, slack, app: App, client, message) -> None:
        ts = message["ts"]
        client.chat_update(channel=CHANNEL, ts=ts, text="t", blocks=asking(button(value="a2")))
        slack.press(app.url, SIGNING_SECRET, {"channel": CHANNEL, "ts": ts}, "read")
        assert app.payloads[0]["actions"][0]["value"] == "a2"

    def test_on_what_is_not_there_cannot_be_made(self, slack, app: App, message) -> None:
        with pytest.raises(ValueError, match="hold"):
            slack.press(app.url, SIGNING_SECRET, message, "hold")

    def test_tells_buttons_of_one_name_apart(self, slack, app: App, client) -> None:
        blocks = [*asking(button(value="a1"), block_id="x"), *asking(button(value="a2"), block_id="y")]
        client.chat_postMessage(channel=CHANNEL, text="t", blocks=blocks)
        for which in ({"block_id": "y"}, {"value": "a2"}):
            slack.press(app.url, SIGNING_SECRET, slack.messages[0], "read", **which)
            assert app.payloads[-1]["actions"][0]["value"] == "a2"

    def test_of_a_menu_or_a_day_says_what_was_chosen(self, slack, app: App, client) -> None:
        menu = {"type": "static_select", "action_id": "pick", "options": [option(), option("2")]}
        client.chat_postMessage(channel=CHANNEL, text="t", blocks=asking(menu, DAY))
        slack.press(app.url, SIGNING_SECRET, slack.messages[0], "pick", chosen="2")
        slack.press(app.url, SIGNING_SECRET, slack.messages[0], "day", chosen="2019-12-07")
        menu, day = (payload["actions"][0] for payload in app.payloads)
        assert menu["selected_option"] == option("2")
        assert day["selected_date"] == "2019-12-07"

    def test_waits_for_its_answer_no_longer_than_slack_does(self, slack, app: App, message) -> None:
        app.while_asked = lambda _: time.sleep(0.3)
        reply = slack.press(app.url, SIGNING_SECRET, message, "read", seconds=0.1)
        assert (reply.status, reply.body) == (0, "")

    def test_by_one_who_is_not_known_cannot_be_made(self, slack, app: App, message) -> None:
        slack.set_user("U0GONE", exists=False)
        with pytest.raises(Exception, match="user_not_found"):
            slack.press(app.url, SIGNING_SECRET, message, "read", user="U0GONE")


class TestABrokenPress:
    @pytest.mark.parametrize(
        "broken",
        [
            Broken(age=301),
            Broken(age=-301),
            Broken(signature="v0=" + "0" * 64),
            Broken(signature=""),
            Broken(timestamp=""),
            Broken(secret="another"),
            Broken(tamper="&more=1"),
        ],
    )
    def test_is_not_let_in_by_slack_sdk(self, slack, app: App, message, broken: Broken) -> None:
        reply = slack.press(app.url, SIGNING_SECRET, message, "read", broken=broken)
        assert reply.status == 401
        assert app.payloads == []

    def test_of_another_installation_is_not_let_in(self, slack, app: App, message) -> None:
        assert slack.press(app.url, "another-secret", message, "read").status == 401

    def test_that_is_five_minutes_old_still_is(self, slack, app: App, message) -> None:
        assert slack.press(app.url, SIGNING_SECRET, message, "read", broken=Broken(age=298)).status == 200

    def test_may_be_huge_and_rightly_signed(self, slack, app: App, message) -> None:
        slack.press(app.url, SIGNING_SECRET, message, "read", broken=Broken(padding=2_000_000))
        assert len(app.bodies[0]) > 2_000_000

    def test_may_be_no_form_and_rightly_signed(self, slack, app: App, message) -> None:
        app.take = lambda body, headers: (200, body.encode())
        reply = slack.press(app.url, SIGNING_SECRET, message, "read", broken=Broken(body="{}"))
        assert reply.body == "{}"


class TestAResponseUrl:
    @pytest.fixture
    def url(self, slack, app: App, message) -> str:
        slack.press(app.url, SIGNING_SECRET, message, "read")
        return app.payloads[0]["response_url"]

    def test_takes_five_answers(self, slack, url: str) -> None:
        hook = WebhookClient(url)
        assert [hook.send(text=str(n), response_type="ephemeral").status_code for n in range(6)] == [
            *[200] * 5,
            404,
        ]
        assert [response["text"] for response in slack.responses] == list("01234")

    def test_changes_the_message(self, slack, url: str) -> None:
        WebhookClient(url).send(text="Danke", replace_original=True)
        assert slack.messages[1]["text"] == "Danke"

    def test_checks_blocks(self, url: str) -> None:
        answer = httpx.post(url, json={"replace_original": True, "text": "t", "blocks": [{"type": "x"}]})
        assert answer.json()["error"] == "invalid_blocks"


class TestAForm:
    @pytest.fixture
    def view(self, slack, client) -> dict[str, Any]:
        boxes = {"type": "checkboxes", "action_id": "accounts", "options": [option(), option("2")]}
        shown = modal(
            field(writing(min_length=3, max_length=20), "why"),
            field(DAY, "until"),
            field(boxes, "which", optional=True),
            field({"type": "datetimepicker", "action_id": "at"}, "moment", optional=True),
            field({**boxes, "type": "radio_buttons", "action_id": "kind"}, "kind", optional=True),
            {"type": "divider"},
            private_metadata="hold:a1",
            callback_id="hold",
        )
        return client.views_open(trigger_id=slack.trigger("U0ERIKA"), view=shown)["view"]

    def test_comes_as_slack_sends_it(self, slack, app: App, view) -> None:
        values = {"reason": "Adventsmarkt", "until": "2019-12-05", "which": ["2"], "kind": "1"}
        reply = slack.submit(app.url, SIGNING_SECRET, view, values, user="U0ERIKA")
        (payload,) = app.payloads
        assert payload["type"] == "view_submission"
        assert payload["user"]["id"] == "U0ERIKA"
        assert payload["view"]["id"] == view["id"]
        assert payload["view"]["hash"] == view["hash"]
        assert (payload["view"]["private_metadata"], payload["view"]["callback_id"]) == ("hold:a1", "hold")
        assert payload["view"]["state"]["values"] == {
            "why": {"reason": {"type": "plain_text_input", "value": "Adventsmarkt"}},
            "until": {"day": {"type": "datepicker", "selected_date": "2019-12-05"}},
            "which": {"accounts": {"type": "checkboxes", "selected_options": [option("2")]}},
            "moment": {"at": {"type": "datetimepicker", "selected_date_time": None}},
            "kind": {"kind": {"type": "radio_buttons", "selected_option": option()}},
        }
        assert (reply.status, reply.shown) == (200, "closed")
        assert slack.views == {}

    @pytest.mark.parametrize(
        ("values", "says"),
        [
            ({"until": "2019-12-05"}, "why must be filled in"),
            ({"why": "x", "until": "2019-12-05"}, "why takes another length"),
            ({"why": "x" * 21, "until": "2019-12-05"}, "why takes another length"),
            ({"why": "Advent", "until": "2019-12-05", "who": "x"}, "no field"),
        ],
    )
    def test_that_slack_would_not_send_is_not_sent(
        self, slack, app: App, view, values: dict, says: str
    ) -> None:
        with pytest.raises(ValueError, match=says):
            slack.submit(app.url, SIGNING_SECRET, view, values)
        assert app.payloads == []

    def send(self, slack, app: App, view) -> Any:
        return slack.submit(app.url, SIGNING_SECRET, view["id"], {"why": "Advent", "until": "2019-12-05"})

    def test_shows_errors_beside_its_fields_and_stays_open(self, slack, app: App, view) -> None:
        app.answer = {"response_action": "errors", "errors": {"until": "Der 7. Dezember ist zu spät."}}
        reply = self.send(slack, app, view)
        assert (reply.shown, reply.errors) == ("errors", {"until": "Der 7. Dezember ist zu spät."})
        assert view["id"] in slack.views

    def test_shows_another_modal(self, slack, app: App, view) -> None:
        app.answer = {"response_action": "update", "view": modal({"type": "divider"}, title=plain("Danke"))}
        assert self.send(slack, app, view).shown == "updated"
        assert slack.views[view["id"]]["title"] == plain("Danke")

    @pytest.mark.parametrize(
        "answer",
        [
            {"response_action": "errors", "errors": {"nowhere": "x"}},
            {"response_action": "errors", "errors": {"why": ""}},
            {"response_action": "errors", "errors": {}},
            {"response_action": "update", "view": modal(title=plain("x" * 25))},
            {"ok": True},
            "Danke",
        ],
    )
    def test_whose_answer_slack_cannot_use_shows_trouble(self, slack, app: App, view, answer: Any) -> None:
        app.answer = answer
        assert self.send(slack, app, view).shown == "trouble"
        assert view["id"] in slack.views

    def test_that_meets_a_broken_app_shows_trouble(self, slack, app: App, view) -> None:
        app.status = 500
        assert self.send(slack, app, view).shown == "trouble"

    def test_may_be_broken_as_a_press_may(self, slack, app: App, view) -> None:
        values = {"why": "Advent", "until": "2019-12-05"}
        reply = slack.submit(app.url, SIGNING_SECRET, view, values, broken=Broken(age=600))
        assert (reply.status, reply.shown) == (401, "trouble")

    def test_keeps_what_its_fields_began_with(self, slack, app: App, client) -> None:
        shown = modal(
            field(writing(initial_value="Advent")), field({**DAY, "initial_date": "2019-12-05"}, "until")
        )
        view = client.views_open(trigger_id=slack.trigger("U0ERIKA"), view=shown)["view"]
        slack.submit(app.url, SIGNING_SECRET, view, {})
        values = app.payloads[0]["view"]["state"]["values"]
        assert values["why"]["reason"]["value"] == "Advent"
        assert values["until"]["day"]["selected_date"] == "2019-12-05"


def test_a_payload_is_json_all_the_way(slack, app: App, message) -> None:
    reply = slack.press(app.url, SIGNING_SECRET, message, "read")
    assert json.loads(parse_qs(app.bodies[0])["payload"][0]) == reply.payload
