"""What proves the kind of an account: only what is certainly its own."""

from __future__ import annotations

from tests.stages.company import SHOP, WORKSHOP, Company

from sendepause import world
from sendepause.model import AccountBy, Campaign, CampaignState, DirectoryEntry, Evidence, Sender, Via
from sendepause.store import database, directory

SESSION, PHONE = Sender(Via.WAHA, "http://waha:3000", "shop"), Sender(Via.CLOUD_API, "", "1066")


def proved(company: Company, *senders: Sender, owner: str | None = None) -> frozenset[Evidence]:
    """What a running campaign of the shop proves; ``owner``: whose the phone number id is, if known."""
    running = CampaignState.RUNNING
    campaign = Campaign("flows", "1", "Offers", SHOP, running, AccountBy.INFERRED, senders=senders)
    with database.session(company.installation.engine) as session:
        entries = [DirectoryEntry(PHONE, owner)] if owner else []
        directory.save(session, "meta", entries, company.clock())
        return world.evidence(session, [campaign], company.clock()).get(SHOP, frozenset())


def test_a_session_proves_a_consumer_product(company: Company) -> None:
    assert proved(company, SESSION) == {Evidence.CONSUMER}


def test_a_platform_number_that_is_not_known_to_be_this_account_proves_nothing(company: Company) -> None:
    assert proved(company, PHONE) == frozenset()
    assert proved(company, PHONE, owner=WORKSHOP) == frozenset()


def test_twilio_names_the_number_that_it_proves(company: Company) -> None:
    assert proved(company, Sender(Via.TWILIO, "", SHOP)) == {Evidence.PLATFORM}
    assert proved(company, Sender(Via.TWILIO, "", WORKSHOP)) == frozenset()
