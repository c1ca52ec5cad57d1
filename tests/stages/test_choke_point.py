"""Two levels: campaigns first, a gateway's session last; and who sends through it is found out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from tests.campaigns import n8n_api
from tests.campaigns.n8n_api import N8nApi
from tests.campaigns.tools import Waha, running
from tests.slack_server import SlackServer
from tests.stages.company import BOOKINGS, NORTH, OFFERS, OPERATORS, SHOP, Company, berlin, key
from tests.stages.neighbours import alerts, declare, lay_log, minutes, told, with_n8n, with_waha

from sendepause import people, stages, watching
from sendepause import questions as asking
from sendepause.model import Stage

SESSION, FLOW = "campaign:gate/shop", "campaign:flows/letter"


@pytest.fixture
def waha() -> Iterator[Waha]:
    """A gateway whose one session is the shop's number, and says so in its metadata."""
    tool = Waha()
    tool.put("shop", "running", account=SHOP, me=f"{SHOP.removeprefix('+')}@c.us")
    with running(tool):
        yield tool


@pytest.fixture
def flows() -> Iterator[N8nApi]:
    with n8n_api.serve() as api:
        yield api


@pytest.fixture
def gated(company: Company, waha: Waha) -> Company:
    """Acting, days before the date; the campaign table is not of interest here."""
    for id in ("winter", "battery"):
        company.set_campaign(id, "paused")
    with_waha(company, waha)
    company.enforce("2019-12-02T08:00")
    people.switch_acting(company.installation, True, "anna")
    return company


def calm(company: Company, moment: str) -> None:
    """Fresh data: a few words, written by hand."""
    now = company.at(moment)
    rows = [
        (SHOP, f"+4917139{n:06}", now - timedelta(days=d, minutes=37 * n + 11 * d), f"Dear {n} of {d}")
        for d in range(1, 5)
        for n in range(3)
    ]
    company.lay("calm.csv", *rows)
    stages.read(company.installation, now)
    stages.audit(company.installation, now)


def posts(waha: Waha) -> list[str]:
    return [path for method, path in waha.calls if method == "POST"]


class TestTheSession:
    def test_without_the_operators_consent_it_is_asked_about_in_the_last_hours(
        self, gated: Company, waha: Waha
    ) -> None:
        gated.enforce("2019-12-05T12:00")
        assert alerts(gated, Stage.LAST_CALL, SESSION) == []
        for moment in ("2019-12-06T00:00", "2019-12-06T23:50", "2019-12-07T00:00"):
            gated.enforce(moment)
            assert gated.plan(gated.clock())[SESSION]["reasons"] == ["choke_point_off"]
        assert alerts(gated, Stage.LAST_CALL, SESSION) == [(SESSION, "operators"), (SESSION, "owner")]
        assert not posts(waha)

    def test_with_it_it_is_announced_in_pausing_and_closed_in_the_last_hours(
        self, gated: Company, waha: Waha, slack: SlackServer
    ) -> None:
        gated.connect_slack(slack)
        gated.configure(pause_sessions=True)
        gated.enforce("2019-12-02T09:00")
        assert alerts(gated, Stage.WARNED, SESSION) == [(SESSION, "owner")]
        told(gated, slack, NORTH)
        for moment in ("2019-12-03T09:00", "2019-12-05T23:50"):
            gated.enforce(moment)
            assert gated.plan(gated.clock())[SESSION]["act"] == "warn"
        assert not posts(waha)
        assert gated.enforce("2019-12-06T00:00")["acted_paused"] == 1
        assert waha.state("shop") == "paused"
        assert posts(waha) == ["/api/sessions/shop/stop"], "never a log-out"
        (text,) = told(gated, slack, NORTH)
        assert text.startswith("Pausiert")
        gated.enforce("2019-12-06T00:10")
        assert told(gated, slack, NORTH) == []

    def test_where_it_is_quiet_nobody_is_cut_off(self, gated: Company, waha: Waha) -> None:
        gated.configure(pause_sessions=True)
        calm(gated, "2019-12-05T20:00")
        for moment in ("2019-12-06T00:00", "2019-12-06T23:50", "2019-12-07T00:10"):
            gated.enforce(moment)
            assert gated.plan(gated.clock())[SESSION]["reasons"] == ["choke_point_quiet"]
        assert not posts(waha)

    def test_without_data_nothing_says_that_it_is_quiet(self, gated: Company, waha: Waha) -> None:
        gated.configure(pause_sessions=True)
        gated.enforce("2019-12-06T00:00")
        assert waha.state("shop") == "paused"

    def test_one_whose_state_is_unknown_is_asked_about_and_not_closed(
        self, gated: Company, waha: Waha
    ) -> None:
        """It waits for somebody to scan a code: nothing is sent, and nothing is off."""
        gated.configure(pause_sessions=True)
        waha.rows["shop"]["status"] = "SCAN_QR_CODE"
        gated.enforce("2019-12-06T09:00")
        shown = gated.plan(gated.clock())[SESSION]
        assert (shown["act"], shown["reasons"]) == ("ask", ["state_unknown"])
        assert not posts(waha)

    def test_only_a_personal_accounts_session_is_closed(self, gated: Company, waha: Waha) -> None:
        gated.configure(pause_sessions=True, pause_business_app=True)
        declare(gated, SHOP, "business_app")
        for moment in ("2019-12-06T09:00", "2019-12-06T23:50", "2019-12-07T09:00"):
            gated.enforce(moment)
            assert gated.plan(gated.clock())[SESSION]["act"] == "ask"
        assert not posts(waha)

    def test_opened_again_it_is_told_and_closed_again(self, gated: Company, waha: Waha) -> None:
        gated.configure(pause_sessions=True)
        gated.enforce("2019-12-06T09:00")
        waha.put("shop", "running", account=SHOP)
        watching.run(gated.installation, gated.at("2019-12-06T09:05"))
        assert alerts(gated, Stage.UNDONE) == [(SESSION, "operators"), (SESSION, "owner")]
        gated.enforce("2019-12-06T09:10")
        assert waha.state("shop") == "paused"


class TestCampaignsFirst:
    def test_what_is_quiet_without_its_campaign_is_left_open_in_the_same_run(
        self, gated: Company, waha: Waha
    ) -> None:
        gated.configure(pause_sessions=True)
        calm(gated, "2019-12-05T20:00")
        gated.set_campaign("winter", "running")
        gated.enforce("2019-12-06T09:00")
        assert gated.states()["winter"] == "paused"
        assert gated.plan(gated.clock())[SESSION]["reasons"] == ["choke_point_quiet"]
        assert not posts(waha)

    def test_what_is_not_quiet_is_closed_in_the_same_run_after_its_campaign(
        self, gated: Company, waha: Waha
    ) -> None:
        gated.configure(pause_sessions=True)
        gated.set_campaign("winter", "running")
        assert gated.enforce("2019-12-06T09:00")["acted_paused"] == 2
        order = [entry.subject for entry in gated.entries("paused")]
        assert order == [key("winter"), SESSION]

    def test_a_campaign_that_cannot_be_paused_leaves_the_session_as_the_last_resort(
        self, gated: Company, waha: Waha
    ) -> None:
        gated.configure(pause_sessions=True)
        calm(gated, "2019-12-05T20:00")
        gated.set_campaign("winter", "running")
        gated.enforce("2019-12-05T23:50")
        gated.crm.rename(gated.crm.with_suffix(".away"))
        counts = gated.enforce("2019-12-06T09:00")
        assert (counts["acted_not_paused"], counts["acted_paused"]) == (1, 1)
        assert waha.state("shop") == "paused"

    def test_silence_after_our_pauses_counts_beside_the_audits_weeks(
        self, gated: Company, waha: Waha
    ) -> None:
        """The audit's window reaches back to the machine that we paused; what was heard since does not."""
        gated.configure(pause_sessions=True)
        gated.set_campaign("winter", "running")
        before = [(berlin(f"2019-11-{day}T08:00"), 40, "Winter tyres") for day in (25, 26, 27)]
        lay_log(gated, "before.csv", SHOP, *before, quiet_until=berlin("2019-12-02T07:00"))
        _pause_early(gated, "2019-12-03T09:00")
        lay_log(gated, "after.csv", SHOP, quiet_until=berlin("2019-12-05T20:00"))
        gated.at("2019-12-05T21:05")
        stages.read(gated.installation, gated.clock())
        stages.audit(gated.installation, gated.clock())
        heard = watching.run(gated.installation, gated.clock())
        assert heard["silence_confirmed"] == 1
        gated.enforce("2019-12-06T09:00")
        shown = gated.plan(gated.clock())
        assert shown[f"account:{SHOP}"]["facts"]["verdict"] == "automated"
        assert shown[SESSION]["reasons"] == ["choke_point_quiet"]
        assert not posts(waha)


class TestWhoSends:
    @pytest.fixture
    def inferring(self, gated: Company, waha: Waha, flows: N8nApi) -> Company:
        """A flow that sends through the gateway's session, and that nobody marked."""
        flows.put("letter", n8n_api.trigger(), n8n_api.sending(f"{waha.url}/api/sendText", session="shop"))
        with_n8n(gated, flows)
        return gated

    def test_the_session_tells_whose_flow_it_is_and_the_guard_waits(
        self, inferring: Company, flows: N8nApi, slack: SlackServer
    ) -> None:
        inferring.connect_slack(slack)
        told(inferring, slack, OPERATORS)
        counts = inferring.enforce("2019-12-06T00:00")
        flow = inferring.plan(inferring.clock())[FLOW]
        assert (flow["account"], flow["facts"]["account_by"], flow["passage"]) == (
            SHOP, "inferred", "waits_inferred",
        )  # fmt: skip
        assert counts["stopped_items"] == [flow["item"]]
        assert flows.workflows["letter"]["active"]
        (question,) = asking.questions(inferring.installation, counts["stopped_items"])
        assert "only inferred" in question["body"]
        assert any("letter" in text for text in told(inferring, slack, OPERATORS))
        people.approve(inferring.installation, FLOW, "ben", item=question["item"])
        inferring.enforce("2019-12-06T00:10")
        assert not flows.workflows["letter"]["active"]

    def test_nobody_answers_and_the_default_applies_twelve_hours_before(
        self, inferring: Company, flows: N8nApi
    ) -> None:
        inferring.enforce("2019-12-06T00:00")
        inferring.enforce("2019-12-06T11:50")
        assert flows.workflows["letter"]["active"]
        inferring.enforce("2019-12-06T12:00")
        assert not flows.workflows["letter"]["active"]

    def test_a_mark_settles_it(self, inferring: Company, waha: Waha, flows: N8nApi) -> None:
        node = n8n_api.sending(f"{waha.url}/api/sendText", session="shop")
        flows.put("letter", n8n_api.trigger(), node, tags=(f"account:{SHOP}",))
        inferring.enforce("2019-12-06T09:00")
        assert not flows.workflows["letter"]["active"]

    def test_a_closed_session_is_still_known_to_be_the_shops(
        self, inferring: Company, waha: Waha, flows: N8nApi
    ) -> None:
        inferring.enforce("2019-12-05T09:00")
        waha.put("shop", "paused", account=None)
        inferring.enforce("2019-12-05T09:10")
        assert inferring.plan(inferring.clock())[FLOW]["account"] == SHOP

    def test_mark_and_content_that_disagree_are_told_and_the_stricter_counts(
        self, inferring: Company, waha: Waha, flows: N8nApi, slack: SlackServer
    ) -> None:
        inferring.connect_slack(slack)
        node = n8n_api.sending(f"{waha.url}/api/sendText", session="shop")
        flows.put("letter", n8n_api.trigger(), node, tags=(f"account:{BOOKINGS}",))
        counts = inferring.enforce("2019-12-06T00:00")
        flow = inferring.plan(inferring.clock())[FLOW]
        assert (flow["account"], flow["facts"]["also"]) == (SHOP, [BOOKINGS])
        assert "sender_contradicted" in flow["reasons"]
        assert flow["item"] in counts["stopped_items"]
        assert flows.workflows["letter"]["active"]
        assert alerts(inferring, Stage.CONTRADICTION, FLOW) == [(FLOW, "operators"), (FLOW, "owner")]
        (first, *_) = [text for text in told(inferring, slack, NORTH) if "letter" in text]
        assert "nennt ein anderes Konto als ihr Inhalt" in first
        assert "Auch genannt: +49 40 66969103" in first
        minutes(inferring, 10)
        inferring.enforce()
        assert not [text for text in told(inferring, slack, NORTH) if "letter" in text]

    def test_a_mapping_of_the_configuration_ends_every_doubt(self, inferring: Company, flows: N8nApi) -> None:
        inferring.files["campaign_systems.yaml"]["campaign_systems"][-1]["accounts"] = {"letter": OFFERS}
        inferring.configure()
        inferring.enforce("2019-12-06T09:00")
        flow = inferring.plan(inferring.clock())[FLOW]
        assert (flow["account"], flow["facts"]["account_by"]) == (OFFERS, "mark")
        assert not flows.workflows["letter"]["active"]


def _pause_early(company: Company, moment: str) -> None:
    """The first campaign is announced the day before, and paused with its full notice."""
    with SlackServer() as slack:
        company.connect_slack(slack)
        company.enforce("2019-12-02T09:00")
        told(company, slack, NORTH)
        company.enforce(moment)
    company.disconnect("slack_api_default")
    assert company.states()["winter"] == "paused"
