"""Ways around the guard, the switches and the notice, tried out."""

from __future__ import annotations

import pytest
from tests.slack_server import SlackServer
from tests.stages.company import NORTH, OFFERS, SOUTH, WORKSHOP, Company

from sendepause import people, tell


def told(slack: SlackServer, channel: str, name: str = "Winter tyres") -> int:
    return sum(m["channel"] == channel and name in m["text"] for m in slack.messages)


@pytest.mark.parametrize(("number", "channel"), [(OFFERS, SOUTH), (WORKSHOP, NORTH)])
def test_a_campaign_that_moved_was_announced_to_nobody_on_its_new_account(
    company: Company, slack: SlackServer, number: str, channel: str
) -> None:
    """Another owner, or the same one's other number: the old notice is none for it."""
    company.connect_slack(slack)
    people.switch_acting(company.installation, True, "anna")
    company.enforce("2019-11-20T09:00")
    tell.alert(company.installation, company.clock())
    before = told(slack, channel)
    company.set_campaign("winter", "running", sender=number)

    company.enforce("2019-12-03T09:00")
    assert company.states()["winter"] == "running"
    assert company.states()["battery"] == "paused", "which stayed where it was"
    tell.alert(company.installation, company.clock())
    assert told(slack, channel) == before + 1
    company.enforce("2019-12-03T09:10")
    tell.alert(company.installation, company.clock())
    assert told(slack, channel) == before + 1, "once"

    company.enforce("2019-12-04T09:00")
    assert company.states()["winter"] == "paused"
