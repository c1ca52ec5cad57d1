"""Where a pause's second proof is open, its owner is asked for the very data that would settle it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.slack_server import SlackServer
from tests.stages.company import NORTH, SHOP, Company, berlin, key
from tests.stages.test_telling import run, texts

from sendepause import people
from sendepause.alerts.texts import compose
from sendepause.audit.silence import Heard, Why
from sendepause.model import Audience, Language, Silence, Stage
from sendepause.second_proof import wanted
from sendepause.store import database
from sendepause.store.silences import Listened, save_silences


@pytest.mark.parametrize("why", Why)
def test_the_message_asks_for_what_would_settle_it(company: Company, slack: SlackServer, why: Why) -> None:
    company.connect_slack(slack)
    people.switch_acting(company.installation, True, "anna")
    company.enforce("2019-12-06T09:00")
    at = berlin("2019-12-08T09:00")
    heard = Heard(Silence.OPEN, at - timedelta(hours=47), why=why)
    with database.session(company.installation.engine) as session:
        save_silences(session, [Listened("whatsapp-2019", key("winter"), 1, SHOP, at, heard)])
    run(company, "2019-12-08T09:00")
    (asked,) = [text for text in texts(slack, NORTH) if "Winter tyres" in text and "Daten" in text]
    assert wanted(why, Language.DE) in asked
    assert "Ob seit der Pause Stille herrscht, ist offen" in asked


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("stage", Stage)
def test_only_where_data_are_asked_for_and_never_for_a_reason_that_is_none(
    stage: Stage, language: Language
) -> None:
    def told(why: str) -> str:
        facts = [{"campaign_name": "Winter", "silence_why": why}]
        at = berlin("2019-12-08T09:00")
        return compose(stage, Audience.OWNER, language, "Europe/Berlin", facts, at)[0].text  # type: ignore[arg-type]

    assert (wanted(Why.STALE, language) in told("stale")) is (stage is Stage.NO_DATA)
    assert told("nonsense") == told("")
