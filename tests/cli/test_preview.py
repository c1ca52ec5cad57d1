"""`sendepause preview`: every message before it is sent, and nothing is written or sent by looking."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from tests.cli.conftest import Run
from tests.slack_rules import check_blocks, check_text, check_view
from tests.slack_server import SlackServer
from tests.stages.company import NORTH, OPERATORS, SOUTH, Company, berlin
from tests.stages.conftest import slack

from sendepause import people, previewing, tell
from sendepause.model import Stage

__all__ = ["slack"]

AT = "2019-11-20T09:00"


def previews(run: Run, *arguments: str) -> list[dict[str, Any]]:
    said = run("preview", "--json", *arguments)
    assert (said.code, said.err) == (0, "")
    return said.lines


def now(company: Company, run: Run, *arguments: str) -> list[dict[str, Any]]:
    """What would be said at the company's own moment."""
    return previews(run, "--as-of", company.clock().isoformat(), *arguments)


def content(company: Company) -> list[str]:
    with company.installation.engine.connect() as connection:
        return list(connection.connection.driver_connection.iterdump())


def as_sent(messages: list[dict[str, Any]]) -> Counter[tuple[str, str]]:
    """Channel and text of the messages, however they were put in order."""
    return Counter((one["channel"], one["text"]) for one in messages)


class TestNow:
    def test_what_is_shown_in_a_rehearsal_is_what_is_sent_once_acting_is_on(
        self, run: Run, company: Company, slack: SlackServer
    ) -> None:
        company.enforce(AT)
        rehearsed = now(company, run)
        assert {wait for one in rehearsed for wait in one["waits"]} == {"acting_off", "no_slack"}
        people.switch_acting(company.installation, True, "anna")
        company.connect_slack(slack)
        company.enforce(AT)
        acting = now(company, run)
        assert not any(one["waits"] for one in acting)
        tell.alert(company.installation, company.clock())
        sent = as_sent(slack.messages)
        assert as_sent(rehearsed) == as_sent(acting) == sent
        assert {channel for channel, _ in sent} == {NORTH, SOUTH}

    def test_what_was_said_is_not_said_again(self, run: Run, company: Company, slack: SlackServer) -> None:
        people.switch_acting(company.installation, True, "anna")
        company.connect_slack(slack)
        company.enforce(AT)
        tell.alert(company.installation, company.clock())
        assert now(company, run) == []
        assert run("preview", "--as-of", company.clock().isoformat()).out == "Nothing would be said.\n"

    def test_at_night_an_owners_message_waits_for_the_morning(self, run: Run, company: Company) -> None:
        people.switch_acting(company.installation, True, "anna")
        company.configure(alerts={"quiet_from": "20:00", "quiet_until": "07:00"})
        company.enforce("2019-11-20T22:00")
        told = now(company, run, "--owner", "north")
        assert {(one["form"], one["at"]) for one in told} == {
            (form, "2019-11-21T06:00:00+00:00") for form in ("root", "notice")
        }
        assert all("quiet" in one["waits"] for one in told)
        assert "Stand: Donnerstag, 21. November 2019, 7 Uhr." in told[-1]["text"]

    def test_a_pause_of_now_is_told_of_beforehand(
        self, run: Run, company: Company, slack: SlackServer
    ) -> None:
        people.switch_acting(company.installation, True, "anna")
        company.connect_slack(slack)
        for moment in (AT, "2019-12-02T08:00"):
            company.enforce(moment, dry_run=moment != AT)
            if moment == AT:
                tell.alert(company.installation, company.clock())
        (told,) = now(company, run, "--stage", "paused", "--owner", "north")
        assert told["waits"] == ["pause"]
        company.enforce("2019-12-02T08:00")
        tell.alert(company.installation, company.clock())
        assert told["text"] in [message["text"] for message in slack.messages]

    def test_one_owner_or_the_operators(self, run: Run, company: Company) -> None:
        company.enforce(AT)
        assert {one["channel"] for one in now(company, run, "--owner", "south")} == {SOUTH}
        assert now(company, run, "--owner", "operators") == []
        assert {one["language"] for one in now(company, run, "--language", "de")} == {"de"}

    def test_an_owner_that_there_is_not(self, run: Run, company: Company) -> None:
        for more in ([], ["--all"]):
            said = run("preview", "--owner", "nobody", *more)
            assert said.code == 2
            assert "There is no owner 'nobody'" in said.err

    def test_looking_writes_nothing(self, run: Run, company: Company) -> None:
        company.enforce(AT)
        before = content(company)
        now(company, run)
        previews(run, "--all")
        assert content(company) == before


class TestEverySituation:
    def test_everything_is_what_slack_takes(self, run: Run, company: Company) -> None:
        company.enforce(AT)
        told = previews(run, "--all")
        for one in told:
            if "view" in one:
                check_view(one["view"])
            else:
                check_blocks(one["blocks"])
                check_text(one["text"])
        assert {one["language"] for one in told} == {"de", "en"}
        assert {one["stage"] for one in told} == {*map(str, Stage), ""}
        assert {one["form"] for one in told} >= {"notice", "continued", "reminder", "root", "digest"}

    def test_answers_are_shown_where_they_can_be_received(self, run: Run, company: Company) -> None:
        def buttoned() -> bool:
            told = previews(run, "--all", "--stage", "warned")
            return any(block["type"] == "actions" for one in told for block in one["blocks"])

        assert not buttoned()
        company.connect("sendepause_slack_signing", conn_type="generic", password="s3cret")
        assert buttoned()

    def test_it_is_about_the_companys_own_account_and_campaign(self, run: Run, company: Company) -> None:
        company.enforce(AT)
        (told, *_) = previews(run, "--all", "--stage", "paused", "--language", "en")
        assert "Winter tyres, in the campaign system crm" in told["text"]
        assert "Shop (+49 40 66969101)" in told["text"]

    def test_for_people_it_is_text(self, run: Run, company: Company) -> None:
        said = run("preview", "--all", "--stage", "warned", "--language", "de", "--owner", "north")
        assert said.code == 0
        assert f"== {NORTH} (north): warned, notice" in said.out
        assert "Ankündigung: Eine Kampagne darf bald nicht mehr senden" in said.out
        assert "&lt;" not in said.out

    def test_the_operators_alone(self, run: Run, company: Company) -> None:
        assert {one["channel"] for one in previews(run, "--all", "--owner", "operators")} == {OPERATORS}


def test_a_moment_far_from_now_shows_what_would_be_said_then(run: Run, company: Company) -> None:
    company.enforce(AT)
    told = previews(run, "--as-of", berlin("2019-12-06T10:00").isoformat(), "--owner", "north")
    assert any("noch 14 Stunden" in one["text"] for one in told)


@pytest.mark.parametrize("wait", previewing.Wait)
def test_every_reason_to_wait_has_words(wait: previewing.Wait) -> None:
    assert previewing._WHY[wait]
