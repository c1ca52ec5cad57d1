"""Buttons, the form for a hold, and answered messages: Slack takes them, and people understand them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.slack_rules import MAX_UPDATED_TEXT, check_text
from tests.slack_server import check_blocks, check_view, sequences

from sendepause.alerts import buttons
from sendepause.alerts.answers import Field
from sendepause.alerts.gathering import ANSWERABLE
from sendepause.alerts.texts import AlertFacts, compose
from sendepause.model import Answer, Audience, Language, Stage
from sendepause.store.folds import Given

BERLIN = "Europe/Berlin"
DELIVERY = "0b9b4f0e-6a34-4a52-9a54-0a8ad2f3c111"
AT = datetime(2019, 12, 2, 9, tzinfo=UTC)
BOUND = datetime(2019, 12, 4, 23, tzinfo=UTC)  # two days before 7 December in Berlin
WINTER = "campaign:crm/winter"
NAMES = {WINTER: "Winter <!channel> tyres"}
ALL_OF_IT: dict[str, Any] = {
    "account_number": "+4940669691" + "01",
    "account_name": "Filiale & Lager " * 9,
    "kind": "personal",
    "system": "crm",
    "reasons": ["automated_on_personal", "told_before"],
    "enforcement_title": {"de": "Eine Regel mit langem Namen " * 9, "en": "A rule with a long name " * 9},
    "date": "2019-12-07",
    "date_zone": BERLIN,
    "pause_from": "2019-12-02T00:00:00+01:00",
    "changed_by": "k.meyer" * 20,
    "changed_at": "2019-11-20T09:00:00+01:00",
    "verdict": "automated",
    "sentence": {"de": "Ein Satz mit Zahlen. " * 30, "en": "A sentence with numbers. " * 30},
    "by_hand": True,
    "left": 3,
    "senders": ["waha workshop (http://waha:3000)"] * 4,
}
HOSTILE = st.text(max_size=300) | st.sampled_from(
    ["", "\n", "👩‍👩‍👧" * 60, "\u202eevil", "<@U0ANNA> *x* & co"]
)


def section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": True}}


BLOCKS = [section("Ankündigung"), {"type": "context", "elements": [{"type": "mrkdwn", "text": "Stand"}]}]


def one(answer: Answer, **more: Any) -> Given:
    return Given(answer, "slack:U0ERIKA", AT, 7, **{"subjects": (WINTER,), **more})


def answered(*given: Given, language: Language = Language.DE, hold: bool = True) -> tuple[str, list[dict]]:
    sent = buttons.attached(BLOCKS, DELIVERY, language, hold=True)
    return buttons.answered("Ankündigung", sent, DELIVERY, given, language, BERLIN, hold=hold, names=NAMES)


def labels(blocks: list[dict]) -> list[str]:
    return [
        button["text"]["text"]
        for block in blocks
        for button in block.get("elements", [])
        if "value" in button
    ]


class TestButtons:
    @pytest.mark.parametrize("language", list(Language))
    @pytest.mark.parametrize("hold", [True, False])
    def test_they_stand_before_the_foot_and_slack_takes_them(self, language: Language, hold: bool) -> None:
        blocks = buttons.attached(BLOCKS, DELIVERY, language, hold=hold)
        check_blocks(blocks)
        assert [block["type"] for block in blocks] == ["section", "actions", "context"]
        assert len(labels(blocks)) == (3 if hold else 2)

    def test_each_names_the_delivery_and_says_to_a_screen_reader_what_it_does(self) -> None:
        (_, actions, _) = buttons.attached(BLOCKS, DELIVERY, Language.DE, hold=True)
        assert {button["value"] for button in actions["elements"]} == {DELIVERY}
        spoken = [button["accessibility_label"] for button in actions["elements"]]
        assert len(set(spoken)) == 3
        assert not set(spoken) & set(labels([actions]))

    def test_they_are_called_as_people_speak(self) -> None:
        german, english = (
            labels(buttons.attached(BLOCKS, DELIVERY, language, hold=True)) for language in Language
        )
        assert german == ["Gelesen", "Wir haben umgestellt", "Aufschub beantragen"]
        assert english == ["Read", "We have changed over", "Request a hold"]


class TestAnswered:
    def test_read_by_whom_and_when_and_the_others_stay(self) -> None:
        text, blocks = answered(one(Answer.READ))
        assert text.startswith("Gelesen von <@U0ERIKA>, Montag, 2. Dezember 2019, 10 Uhr.\nAnkündigung")
        assert labels(blocks) == ["Wir haben umgestellt", "Aufschub beantragen"]
        assert blocks[1]["text"]["text"].startswith("*Gelesen* von <@U0ERIKA>")
        assert blocks[-1] == BLOCKS[-1]

    def test_changed_over_leaves_no_button_and_says_what_follows(self) -> None:
        text, blocks = answered(one(Answer.READ), one(Answer.MOVED), language=Language.EN)
        assert labels(blocks) == []
        assert "Read by <@U0ERIKA>" in text
        assert "looks at the data, and asks again" in text

    def test_a_requested_hold_says_until_when_and_that_it_waits(self) -> None:
        text, blocks = answered(one(Answer.HOLD, until=BOUND), hold=False)
        assert "bis Donnerstag, 5. Dezember 2019, 0 Uhr. Der Antrag wartet auf Genehmigung" in text
        assert labels(blocks) == ["Wir haben umgestellt"]

    def test_while_there_is_another_campaign_a_hold_can_be_asked_for(self) -> None:
        _, blocks = answered(one(Answer.HOLD, until=BOUND))
        assert labels(blocks) == ["Wir haben umgestellt", "Aufschub beantragen"]

    def test_only_who_answered_is_mentioned(self) -> None:
        text, blocks = answered(one(Answer.HOLD, until=BOUND))
        assert set(sequences({"text": text, "blocks": blocks})) == {"<@U0ERIKA>"}

    @pytest.mark.parametrize("language", list(Language))
    @pytest.mark.parametrize("stage", sorted(ANSWERABLE))
    def test_the_largest_messages_with_many_answers_are_such_that_slack_takes_them(
        self, stage: Stage, language: Language
    ) -> None:
        zone, keys = "America/Argentina/ComodRivadavia", [f"campaign:crm/{n}" for n in range(60)]
        facts = [AlertFacts(**ALL_OF_IT, campaign_name="&" * 300, subject=key) for key in keys]
        given = [one(Answer.HOLD, subjects=(key,), until=BOUND) for key in keys] + [one(Answer.READ)]
        for message in compose(stage, Audience.OWNER, language, zone, facts, AT, buttons=True):
            sent = buttons.attached(message.blocks, DELIVERY, language, hold=True)
            check_blocks(sent)
            names = dict.fromkeys(keys, "&" * 300)
            said, blocks = buttons.answered(
                message.text, sent, DELIVERY, given, language, zone, hold=True, names=names
            )
            check_blocks(blocks)
            check_text(said, MAX_UPDATED_TEXT)
            assert "58" in said.splitlines()[0], "what is left out is counted"


class TestForm:
    def form(self, *names: str, language: Language = Language.DE) -> dict[str, Any]:
        campaigns = list(enumerate(names, start=17))
        view = buttons.form(DELIVERY, campaigns, BOUND, language, BERLIN)
        check_view(view)
        return view

    @pytest.mark.parametrize("language", list(Language))
    def test_it_asks_for_three_things_and_says_what_they_mean(self, language: Language) -> None:
        view = self.form("Winter tyres", "Battery check", language=language)
        fields = [block["block_id"] for block in view["blocks"] if block["type"] == "input"]
        assert fields == list(Field)
        assert view["private_metadata"] == DELIVERY

    def test_it_says_the_bound_in_the_readers_zone_and_that_the_reason_stays(self) -> None:
        hints = {
            block["block_id"]: block.get("hint", {}).get("text") for block in self.form("x")["blocks"][1:]
        }
        assert "spätestens Donnerstag, 5. Dezember 2019, 0 Uhr (Europe/Berlin)" in hints["until"]
        assert "für immer im Protokoll" in hints["reason"]

    def test_a_single_campaign_is_chosen_already(self) -> None:
        (menu,) = (
            b["element"] for b in self.form("Winter tyres")["blocks"] if b.get("block_id") == "campaign"
        )
        assert menu["initial_option"]["value"] == "17"
        assert "initial_option" not in str(self.form("Winter tyres", "Battery check"))

    def test_more_than_a_menu_takes_is_said(self) -> None:
        view = self.form(*(f"Campaign {n}" for n in range(130)))
        assert "nennt 130 Kampagnen" in str(view)
        (menu,) = (b["element"] for b in view["blocks"] if b.get("block_id") == "campaign")
        assert len(menu["options"]) == 100

    def test_with_nothing_to_ask_for_it_says_so_and_cannot_be_sent(self) -> None:
        view = self.form()
        assert "kein Aufschub mehr" in str(view)
        assert "submit" not in view

    @given(st.lists(HOSTILE, min_size=1, max_size=4), st.sampled_from(Language))
    def test_whatever_campaigns_are_called_slack_takes_it(self, names: list[str], language: Language) -> None:
        view = self.form(*names, language=language)
        (menu,) = (b["element"] for b in view["blocks"] if b.get("block_id") == "campaign")
        assert all(option["text"]["text"].isprintable() for option in menu["options"])

    @pytest.mark.parametrize("field", list(Field))
    @pytest.mark.parametrize("language", list(Language))
    def test_what_is_wrong_stands_beside_its_field(self, field: Field, language: Language) -> None:
        reply = buttons.errors(field, BOUND, language, BERLIN)
        assert reply["response_action"] == "errors"
        assert list(reply["errors"]) == [field]

    def test_the_last_day_that_can_be_chosen_is_told(self) -> None:
        told = buttons.errors(Field.UNTIL, BOUND, Language.DE, BERLIN)["errors"]["until"]
        assert told == "Wählen Sie einen Tag von heute bis Mittwoch, 4. Dezember 2019."


class TestTheEndOfAHold:
    @pytest.mark.parametrize(
        ("bound", "zone", "last"),
        [
            ("2019-12-05T00:00+01:00", BERLIN, date(2019, 12, 4)),
            ("2019-12-05T00:00+01:00", "Asia/Tokyo", date(2019, 12, 5)),
            ("2019-12-05T00:00+01:00", "America/New_York", date(2019, 12, 4)),
            ("2019-12-05T00:01+01:00", BERLIN, date(2019, 12, 5)),
        ],
    )
    def test_the_last_day_is_the_one_that_it_may_still_end_on(
        self, bound: str, zone: str, last: date
    ) -> None:
        assert buttons.last_day(datetime.fromisoformat(bound), zone) == last

    @pytest.mark.parametrize("day", [date(2019, 10, 27), date(2019, 3, 31)], ids=["25 hours", "23 hours"])
    def test_it_ends_with_its_day_also_where_the_clock_changes(self, day: date) -> None:
        end = buttons.end_of(day, BOUND, BERLIN)
        assert end == datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(BERLIN)) + timedelta(days=1)

    @given(
        st.dates(date(2019, 11, 1), date(2019, 12, 31)),
        st.sampled_from([BERLIN, "Asia/Tokyo", "Pacific/Apia"]),
    )
    def test_it_never_ends_after_its_bound(self, day: date, zone: str) -> None:
        assert buttons.end_of(day, BOUND, zone) <= BOUND
        if day <= buttons.last_day(BOUND, zone):
            assert buttons.end_of(day, BOUND, zone) > datetime(
                day.year, day.month, day.day, tzinfo=ZoneInfo(zone)
            )
