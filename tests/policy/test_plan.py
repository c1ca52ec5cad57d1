"""A plan is what the calendar says at its moment, for the accounts and campaigns that are known."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pendulum
import pytest

from sendepause.model import (
    Account,
    Act,
    Campaign,
    CampaignState,
    Decision,
    Enforcement,
    Evidence,
    Finding,
    Hold,
    Kind,
    NoData,
    Reason,
    Stage,
    Verdict,
)
from sendepause.planning import World, make_plan, true_kind

BERLIN = "Europe/Berlin"
RULE = Enforcement("whatsapp-2019", {"en": "WhatsApp"}, date(2019, 12, 7), BERLIN, 30, 5, "faq.whatsapp.com")
PERSONAL = Account("+493023125101", "Werkstatt", Kind.PERSONAL, "owner", BERLIN)
PLATFORM = Account("+493023125102", "Zentrale", Kind.BUSINESS_PLATFORM, "owner", BERLIN)
CAMPAIGN = Campaign("crm", "7", "Herbst", PERSONAL.number, CampaignState.RUNNING)


def at(text: str) -> pendulum.DateTime:
    moment = pendulum.parse(text, tz=BERLIN)
    assert isinstance(moment, pendulum.DateTime)
    return moment


def world(as_of: datetime, **changes: object) -> World:
    values = {"accounts": (PERSONAL,), "enforcements": (RULE,), "campaigns": (CAMPAIGN,), **changes}
    return World(as_of=as_of, **values)  # type: ignore[arg-type]


def decided(seen: World, subject: str = CAMPAIGN.key) -> Decision:
    (found,) = [decision for decision in make_plan(seen).decisions if decision.subject == subject]
    return found


@pytest.mark.parametrize(
    ("moment", "act", "reason"),
    [
        ("2019-11-06T12:00", Act.NONE, Reason.NOT_YET),
        ("2019-11-20T12:00", Act.WARN, Reason.AUTOMATED_ON_PERSONAL),
        ("2019-12-02T00:00", Act.WARN, Reason.NOTICE_FIRST),
        ("2019-12-05T23:59", Act.WARN, Reason.NOTICE_FIRST),
        ("2019-12-06T23:59", Act.PAUSE, Reason.SHORT_NOTICE),
        ("2019-12-07T00:00", Act.PAUSE, Reason.DATE_PASSED),
        ("2026-11-25T12:00", Act.PAUSE, Reason.DATE_PASSED),
    ],
)
def test_the_plan_of_a_moment_is_what_the_calendar_says(moment: str, act: Act, reason: Reason) -> None:
    decision = decided(world(at(moment)))
    assert decision.act is act
    assert reason in decision.reasons


def test_an_owner_who_was_told_on_an_earlier_day_is_paused_when_pausing_begins() -> None:
    told = {(RULE.id, CAMPAIGN.key): at("2019-12-01T23:50")}
    assert decided(world(at("2019-12-02T00:00"), told_at=told)).act is Act.PAUSE


def test_an_owner_who_was_told_today_has_until_tomorrow() -> None:
    told = {(RULE.id, CAMPAIGN.key): at("2019-12-03T00:10")}
    assert decided(world(at("2019-12-03T23:50"), told_at=told)).act is Act.WARN
    assert decided(world(at("2019-12-04T00:00"), told_at=told)).act is Act.PAUSE


def test_enforcing_needs_no_finding_and_takes_an_old_one_for_none() -> None:
    moment = at("2019-12-07T00:00")
    old = Finding(PERSONAL.number, moment - timedelta(days=8), 28, Verdict.CLEAR)
    seen = world(moment, findings={PERSONAL.number: old})
    assert decided(seen).act is Act.PAUSE
    assert Reason.SOURCE_ILL in decided(seen, f"account:{PERSONAL.number}").reasons
    assert Reason.NOT_AUDITED in decided(world(moment), f"account:{PERSONAL.number}").reasons


def test_a_clear_verdict_never_saves_a_campaign_that_sends_by_itself() -> None:
    moment = at("2019-12-07T00:00")
    clear = Finding(PERSONAL.number, moment, 28, Verdict.CLEAR)
    assert decided(world(moment, findings={PERSONAL.number: clear})).act is Act.PAUSE


def test_a_granted_hold_ends_by_itself_a_margin_before_the_date() -> None:
    hold = Hold(1, CAMPAIGN.key, "a", "reason", at("2019-11-01"), at("2019-12-31"), approver="b")
    assert decided(world(at("2019-12-04T23:59"), holds=(hold,))).act is Act.HOLD
    over = decided(world(at("2019-12-05T00:00"), holds=(hold,)))  # 48 hours before
    assert over.act is Act.WARN
    assert Reason.HOLD_OVER in over.reasons


def test_a_hold_that_nobody_approved_exempts_from_nothing() -> None:
    asked = Hold(1, CAMPAIGN.key, "a", "reason", at("2019-11-01"), at("2019-12-31"))
    assert decided(world(at("2019-11-20"), holds=(asked,))).act is Act.WARN


def test_campaigns_on_the_platform_are_shown_as_allowed() -> None:
    campaign = replace(CAMPAIGN, account=PLATFORM.number)
    decision = decided(world(at("2019-12-07"), accounts=(PLATFORM,), campaigns=(campaign,)))
    assert (decision.act, decision.reasons) == (Act.NONE, (Reason.PLATFORM_ALLOWED,))


def test_consumer_data_on_a_declared_platform_account_make_it_the_stricter_kind() -> None:
    evidence = {PLATFORM.number: frozenset({Evidence.CONSUMER})}
    campaign = replace(CAMPAIGN, account=PLATFORM.number)
    seen = world(at("2019-12-07"), accounts=(PLATFORM,), campaigns=(campaign,), evidence=evidence)
    assert true_kind(PLATFORM, evidence[PLATFORM.number]) is Kind.PERSONAL
    assert decided(seen).act is Act.PAUSE
    account = decided(seen, f"account:{PLATFORM.number}")
    assert Reason.KIND_CONTRADICTED in account.reasons
    assert Stage.CONTRADICTION in {tell.stage for tell in account.tells}


def test_platform_data_never_lift_a_personal_account_out_of_the_rule() -> None:
    evidence = {PERSONAL.number: frozenset({Evidence.PLATFORM})}
    seen = world(at("2019-12-07"), evidence=evidence)
    assert decided(seen).act is Act.PAUSE
    assert Reason.KIND_CONTRADICTED in decided(seen, f"account:{PERSONAL.number}").reasons


@pytest.mark.parametrize("number", ["+493023125199", None])
def test_a_campaign_without_an_account_is_asked_about_and_never_acted_on(number: str | None) -> None:
    decision = decided(world(at("2019-12-07"), campaigns=(replace(CAMPAIGN, account=number),)))
    assert (decision.act, decision.reasons) == (Act.ASK, (Reason.ACCOUNT_UNKNOWN,))
    assert {tell.stage for tell in decision.tells} == {Stage.UNKNOWN_AUTOMATION}


def test_accounts_of_other_branches_are_not_hit() -> None:
    elsewhere = replace(RULE, branches=("nord",))
    assert not make_plan(world(at("2019-12-07"), enforcements=(elsewhere,))).decisions


def test_a_silent_number_with_a_well_source_is_left_alone() -> None:
    moment = at("2019-12-07")
    silent = Finding(PERSONAL.number, moment, 28, Verdict.NO_DATA, no_data=NoData.SILENT)
    seen = world(moment, campaigns=(), findings={PERSONAL.number: silent})
    assert decided(seen, f"account:{PERSONAL.number}").act is Act.NONE


@pytest.mark.parametrize(
    ("state", "ours", "act"),
    [
        (CampaignState.RUNNING, False, Act.NONE),
        (CampaignState.PAUSED, True, Act.NONE),
        (CampaignState.PAUSED, False, Act.ASK),  # paused by a person, long ago: which tool sends today?
    ],
)
def test_only_a_campaign_that_may_have_sent_explains_what_was_sent(
    state: CampaignState, ours: bool, act: Act
) -> None:
    moment = at("2019-12-07")
    seen = world(
        moment,
        campaigns=(replace(CAMPAIGN, state=state),),
        findings={PERSONAL.number: Finding(PERSONAL.number, moment, 28, Verdict.AUTOMATED)},
        paused_by_us=frozenset({(RULE.id, CAMPAIGN.key)}) if ours else frozenset(),
    )
    assert decided(seen, f"account:{PERSONAL.number}").act is act
