"""Which account a campaign sends from: people first, then its content; nothing is guessed."""

from __future__ import annotations

from dataclasses import replace

from sendepause.assigning import assign
from sendepause.model import AccountBy, Campaign, CampaignState, DirectoryEntry, Kind, Sender, Via

PERSONAL, PLATFORM, STRANGER = "+4930123450", "+4930123451", "+4930123459"
KINDS = {PERSONAL: Kind.PERSONAL, PLATFORM: Kind.BUSINESS_PLATFORM}
SESSION, PHONE = Sender(Via.WAHA, "http://waha:3000", "workshop"), Sender(Via.CLOUD_API, "", "1066")
DIRECTORY = [DirectoryEntry(SESSION, PERSONAL), DirectoryEntry(PHONE, PLATFORM)]


def campaign(account: str | None = None, *senders: Sender) -> Campaign:
    by = AccountBy.MARK if account else AccountBy.UNKNOWN
    return Campaign("n8n", "17", "Winter", account, CampaignState.RUNNING, by, senders=senders)


def one(given: Campaign, said: dict[str, str | None] | None = None) -> Campaign:
    (found,) = assign([given], DIRECTORY, {"n8n": said or {}}, KINDS)
    return found


def test_a_mark_alone_counts() -> None:
    assert one(campaign(PERSONAL)) == campaign(PERSONAL)


def test_what_it_sends_through_shows_the_account_and_says_so() -> None:
    found = one(campaign(None, SESSION))
    assert (found.account, found.account_by) == (PERSONAL, AccountBy.INFERRED)


def test_nothing_known_stays_unknown_and_listed() -> None:
    for senders in [(), (Sender(Via.UNKNOWN),), (Sender(Via.WAHA, "http://waha:3000"),)]:
        found = one(campaign(None, *senders))
        assert (found.account, found.account_by) == (None, AccountBy.UNKNOWN)


def test_a_session_of_another_gateway_is_not_taken_for_this_one() -> None:
    assert one(campaign(None, replace(SESSION, gateway="http://other:3000"))).account is None


def test_a_mapping_of_the_configuration_stands_before_mark_and_content() -> None:
    found = one(campaign(PERSONAL, SESSION), {"17": STRANGER})
    assert (found.account, found.account_by, found.also) == (STRANGER, AccountBy.MARK, ())


def test_what_a_person_said_sends_nothing_is_no_campaign() -> None:
    assert assign([campaign(None, Sender(Via.UNKNOWN))], [], {"n8n": {"17": None}}, KINDS) == []


def test_a_mapping_of_another_system_says_nothing() -> None:
    assert assign([campaign(PERSONAL)], [], {"crm": {"17": None}}, KINDS) == [campaign(PERSONAL)]


def test_mark_and_content_that_agree_are_a_mark() -> None:
    assert one(campaign(PERSONAL, SESSION)).account_by is AccountBy.MARK


def test_where_they_contradict_the_stricter_account_counts_and_the_other_is_named() -> None:
    found = one(campaign(PLATFORM, SESSION))
    assert (found.account, found.also) == (PERSONAL, (PLATFORM,))
    assert found.account_by is AccountBy.CONTRADICTED
    assert one(campaign(PERSONAL, PHONE)).account == PERSONAL


def test_of_two_inferred_accounts_the_stricter_counts() -> None:
    found = one(campaign(None, PHONE, SESSION))
    assert (found.account, found.account_by, found.also) == (PERSONAL, AccountBy.INFERRED, (PLATFORM,))


def test_twilio_names_the_number_itself() -> None:
    assert one(campaign(None, Sender(Via.TWILIO, "", PLATFORM))).account == PLATFORM


def test_a_session_without_its_gateway_is_nobodys() -> None:
    bare = Sender(Via.WAHA, "", "workshop")
    (found,) = assign([campaign(None, bare)], [DirectoryEntry(bare, PERSONAL)], {}, KINDS)
    assert found.account is None


def test_what_also_sends_through_an_unknown_session_is_not_taken_for_the_platforms() -> None:
    other = replace(SESSION, name="other")
    found = one(campaign(None, PHONE, other))
    assert (found.account, found.account_by, found.also) == (None, AccountBy.UNKNOWN, (PLATFORM,))
    assert one(campaign(None, SESSION, other)).account == PERSONAL
    assert one(campaign(PLATFORM, PHONE, other)).account == PLATFORM  # people say so
