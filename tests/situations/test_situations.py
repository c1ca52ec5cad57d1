"""Every situation that the decisions can lead to has its world, and every message of it can be looked at."""

from __future__ import annotations

from itertools import product

import pytest

from sendepause import configuration, situations
from sendepause.alerts.reminding import ASKING
from sendepause.model import (
    Audience,
    CampaignState,
    Form,
    Kind,
    Language,
    NoData,
    Phase,
    Silence,
    Stage,
    Verdict,
)
from sendepause.places import ROOT
from sendepause.policy import AccountCase, CampaignCase, HoldCase, decide_account, decide_campaign
from sendepause.previewing import Preview, Ways
from sendepause.settings import Settings
from sendepause.situations.cases import CASES, sample_of

ANSWERED = Ways(connected=True, answers=True)
OUTCOMES = {  # what is owed beside the plan: by what pausing came to, and by what is out of order
    (Stage.PAUSED, Audience.OWNER),
    (Stage.UNKNOWN_AUTOMATION, Audience.OPERATORS),
    (Stage.HOLD_ASKED, Audience.OPERATORS),
    (Stage.SOURCE_ILL, Audience.OPERATORS),
    (Stage.UNDELIVERABLE, Audience.OPERATORS),
    (Stage.GUARD_STOPPED, Audience.OPERATORS),
    (Stage.HALT_STILL_ON, Audience.OPERATORS),
}


@pytest.fixture(scope="module")
def settings() -> Settings:
    return configuration.load(ROOT / "include" / "config")


@pytest.fixture(scope="module")
def german(settings: Settings) -> list[Preview]:
    return situations.situations(settings, (), ANSWERED, Language.DE)


def tellable() -> set[tuple[Stage, Audience]]:
    """Every stage that any case of the two tables tells, with whom."""
    flags = list(product([True, False], repeat=3))
    campaigns = (
        decide_campaign(
            CampaignCase(
                kind=kind,
                phase=phase,
                last_hours=phase is Phase.PAUSING and last,
                state=state,
                hold=hold,
                silence=silence,
                undone=a,
                reachable=not b,
                told=c,
                paused_by_us=state is CampaignState.PAUSED,
                moved=a,
                resumed_by_us=b and c,
                hold_ending=b,
                pausable=pausable,
            )
        )
        for kind, phase, state, hold, silence, (a, b, c), last, pausable in product(
            Kind, Phase, CampaignState, HoldCase, Silence, flags, [True, False], [True, False]
        )
    )
    accounts = (
        decide_account(AccountCase(kind, phase, last, verdict, no_data, contradicted=contradicted))
        for kind, phase, last, verdict, no_data, contradicted in product(
            Kind, Phase, [True, False], Verdict, NoData, [True, False]
        )
    )
    return {(t.stage, t.audience) for outcome in (*campaigns, *accounts) for t in outcome.tells}


def test_every_stage_that_can_be_told_of_is_shown_to_everybody_who_is_told(german: list[Preview]) -> None:
    shown = {(one.said.stage, one.said.audience) for one in german if one.said.form is Form.NOTICE}
    assert shown == tellable() | OUTCOMES
    assert set(CASES) == set(Stage)


def test_every_form_that_can_occur_is_shown(german: list[Preview]) -> None:
    forms: dict[Stage, set[Form]] = {stage: set() for stage in Stage}
    for one in german:
        if one.said.stage:
            forms[one.said.stage].add(one.said.form)
    for stage, found in forms.items():
        assert {Form.NOTICE, Form.CONTINUED} <= found
        assert (Form.REMINDER in found) == (stage in ASKING)
        assert (Form.LAST_REMINDER in found) == (stage is Stage.WARNED)
    assert sum(one.said.form is Form.ROOT for one in german) == 2
    assert sum(one.view is not None for one in german) == 1
    assert {one.said.version for one in german} == {0, 1, 2, 3}


def test_both_languages_have_the_same_messages(settings: Settings, german: list[Preview]) -> None:
    english = situations.situations(settings, (), ANSWERED, Language.EN)
    kinds = [[(one.said.stage, one.said.form, one.said.audience) for one in all] for all in (german, english)]
    assert kinds[0] == kinds[1]
    assert not {one.said.text for one in german} & {one.said.text for one in english}


def test_each_comes_at_a_moment_at_which_it_could(german: list[Preview], settings: Settings) -> None:
    rule = sample_of(settings, (), Language.DE).rule
    for one in german:
        told = "\n".join([one.said.text, str(one.said.blocks)])
        if one.said.stage is Stage.BREACH:
            assert "in Kraft seit" in told
        elif one.said.stage in (Stage.PAUSED, Stage.NOT_PAUSED, Stage.WARNED) and not one.view:
            assert "noch " in told, rule


def test_a_company_without_such_an_account_sees_the_examples(settings: Settings) -> None:
    content = configuration.content_of(settings)
    accounts = [one for one in content["accounts"] if one["declared_kind"] == "business_platform"]
    branches = sorted({one["branch"] for one in accounts})
    rules = [{**one, "scope": {"branches": branches}} for one in content["enforcements"][:1]]
    other = configuration.check({**content, "accounts": accounts, "enforcements": rules})
    assert sample_of(other, (), Language.EN).account.name == "Hamburg Tresen"


def test_an_owners_own_account_is_taken(settings: Settings) -> None:
    assert sample_of(settings, (), Language.EN, "muenchen").account.owner == "muenchen"
    told = situations.situations(settings, (), ANSWERED, Language.DE, [Stage.PAUSED], "muenchen")
    assert {one.said.channel for one in told} == {"C0BRANDM001"}
