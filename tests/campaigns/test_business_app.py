"""The WhatsApp Business app: numbers that only people can look after."""

from __future__ import annotations

from typing import Any

import pytest
from tests.campaigns.contract import run, trouble
from tests.campaigns.grounds import ACCOUNT

from sendepause import campaigns
from sendepause.campaigns.base import Access, Capabilities, Connector
from sendepause.errors import BadInput, Refused
from sendepause.model import AccountBy, CampaignState
from sendepause.settings import SystemSettings

OTHER = "+4930123451"


def connect(numbers: list[Any], mapped: dict[str, Any] | None = None) -> Connector:
    settings = {"accounts": numbers}
    system = SystemSettings(id="phones", connector="business_app", accounts=mapped or {}, settings=settings)
    return campaigns.connect(system, Access())  # no connection is needed


def test_each_number_is_one_campaign_whose_state_nobody_can_read() -> None:
    connector = connect(["+49 30 123450", "+49-30-123451", "4930123450"])
    found = run(connector.list())
    assert [one.id for one in found] == [one.account for one in found] == [ACCOUNT, OTHER]
    for one in found:
        assert (one.state, one.account_by) == (CampaignState.UNKNOWN, AccountBy.MARK)
        assert (one.name, one.pausable) == ("WhatsApp Business app", False)
        assert run(connector.read_state(one.id)) is CampaignState.UNKNOWN


def test_what_the_mapping_names_is_listed_as_well() -> None:
    found = {one.id: one.account for one in run(connect([ACCOUNT], {"shop": OTHER, "old": None}).list())}
    assert found == {ACCOUNT: ACCOUNT, "shop": OTHER}


def test_nothing_can_be_done_from_here() -> None:
    connector = connect([ACCOUNT])
    for call in (
        connector.pause(ACCOUNT),
        connector.resume(ACCOUNT, None),
        connector.under_way(ACCOUNT),
        connector.stop_running(ACCOUNT),
    ):
        assert isinstance(trouble(call), Refused)
    can: Capabilities = connector.capabilities
    assert can.list and not (can.pause or can.resume or can.read_state or can.reversible_without_a_person)


def test_check_counts_the_numbers_and_says_where_there_are_none() -> None:
    (check,) = run(connect([ACCOUNT, OTHER]).check())
    assert check.ok and check.what.startswith("2 numbers")
    (check,) = run(connect([]).check())
    assert not check.ok and "settings.accounts" in check.mend


@pytest.mark.parametrize("number", ["030 123450", "Marketing", "", None])
def test_a_number_that_is_not_certain_is_refused_at_once(number: Any) -> None:
    with pytest.raises(BadInput, match="accounts"):
        connect([number])
