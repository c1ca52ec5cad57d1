"""What a message asks for is what is offered below it."""

from datetime import UTC, datetime, timedelta

import pytest
from tests.alerts.messages import BY_HAND, PAUSED_ON_MONDAY, both, one

from sendepause.alerts import buttons as below
from sendepause.alerts import gathering, reminding
from sendepause.alerts.texts import HOLDABLE, LINKED
from sendepause.model import Answer, Kind, Language, Stage, Verdict


@both
@pytest.mark.parametrize("stage", sorted(gathering.ANSWERABLE))
def test_what_is_to_be_done_names_the_buttons_that_are_there_and_no_others(stage, language):
    for hours, hold in ((48, True), (20, False)):
        at = datetime(2019, 12, 6, 23, tzinfo=UTC) - timedelta(hours=hours)
        names = {answer: below._BUTTONS[answer][0].in_(language) for answer in Answer}
        with_buttons, without = (
            one(stage, language, PAUSED_ON_MONDAY, at=at, buttons=buttons).text for buttons in (True, False)
        )
        quoted = {
            answer: ("„{}“" if language is Language.DE else "“{}”").format(name)
            for answer, name in names.items()
        }
        assert quoted[Answer.READ] in with_buttons
        assert quoted[Answer.MOVED] in with_buttons
        assert (quoted[Answer.HOLD] in with_buttons) is (hold and stage in gathering.HOLDABLE)
        assert not [name for name in quoted.values() if name in without]
        asks = "um einen Aufschub" if language is Language.DE else "for a hold"
        assert (asks in without) is (hold and stage in gathering.HOLDABLE)


def test_it_is_said_that_others_are_asked_where_they_will_be():
    for stage in gathering.ANSWERABLE:
        told = one(
            stage, Language.DE, {"kind": Kind.PERSONAL, "verdict": Verdict.AUTOMATED}, buttons=True
        ).text
        assert ("Antwortet niemand, fragt Sendepause" in told) is (stage in reminding.ASKING)
    assert "Antwortet niemand" not in one(Stage.FOUND, Language.DE, BY_HAND, buttons=True).text


def test_holds_and_links_are_spoken_of_where_gathering_offers_them():
    assert HOLDABLE == gathering.HOLDABLE
    assert LINKED == gathering.LINKED
