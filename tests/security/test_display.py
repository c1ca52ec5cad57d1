"""Names and reasons from outside, on the board, in Slack, in Airflow's questions, in logs and terminals."""

from __future__ import annotations

import json
import logging
import re

import pytest
from fastapi import Depends, HTTPException
from fastapi.testclient import TestClient
from tests.slack_server import SlackServer
from tests.stages.company import Company, berlin

from sendepause import people, tell
from sendepause import questions as asking
from sendepause.board.app import create_app
from sendepause.cli import main

EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)> <!channel> <@U0ALL> *bold* & `code`"
LINKS = "[click](https://evil.example) ![x](https://evil.example/x.png) https://evil.example www.evil.example"
TURNED = "\u202egnissim si gnihton\u202c\u200b\u2066"
TEMPLATE = "{{ conn.sendepause_key.password }} {% raw %}"
NAME = f"{EVIL} {LINKS} {TURNED} {TEMPLATE}"
REASON = f"{EVIL.replace('@', '')} {TURNED}"
MARKS = ("\u202e", "\u202c", "\u200b", "\u2066")


@pytest.fixture
def board(company: Company) -> TestClient:
    return TestClient(create_app(lambda: company.installation), raise_server_exceptions=False)


@pytest.fixture
def attacked(company: Company) -> Company:
    """Somebody names a campaign, signs a change and gives a reason, with the worst that they know."""
    people.switch_acting(company.installation, True, TURNED + EVIL)
    company.set_campaign("winter", "running", name=NAME, by=NAME)
    company.set_campaign("x\nINFO all campaigns are paused\x9b2J", "running", name="An id of two lines")
    company.enforce("2019-11-20T09:00")
    until = berlin("2019-12-04T09:00")
    people.ask_hold(company.installation, "crm/winter", until, REASON, TURNED + "anna")
    return company


def test_the_board_shows_them_as_what_they_are(attacked: Company, board: TestClient) -> None:
    page = board.get("/", params={"q": "", "lang": "en"}).text
    assert "alert(1)" in page
    assert "<script>alert" not in page
    assert not re.search(r"<img[^>]", page)
    assert not [mark for mark in MARKS if mark in page]
    for answer in (board.get("/", params={"q": NAME[:190]}), board.get("/", params={"q": '"><script>x'})):
        assert "<script>alert" not in answer.text
        assert '"><script>x' not in answer.text


@pytest.mark.parametrize("wanted", ["9" * 4000, "-9", "0", "1e9", "x", "1;2", "\u0661"])
def test_no_page_number_is_too_large(board: TestClient, attacked: Company, wanted: str) -> None:
    assert board.get("/", params={"page": wanted, "campaigns": wanted}).status_code in (200, 422)


def test_what_people_look_at_is_kept_in_no_cache(board: TestClient, attacked: Company) -> None:
    for path in ("/", "/health", "/?q=winter", "/nothing", "/?page=x"):
        assert board.get(path).headers["cache-control"] == "no-store", path


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "POST", "PUT", "DELETE", "PATCH", "TRACE"])
@pytest.mark.parametrize(
    "path", ["/", "/health", "/style.css", "/icon-dark.svg", "/docs", "/redoc", "/openapi.json", "/static/x"]
)
def test_nothing_answers_before_the_guard(attacked: Company, method: str, path: str) -> None:
    def refuse() -> None:
        raise HTTPException(401)

    app = create_app(lambda: attacked.installation, [Depends(refuse)])
    answer = TestClient(app).request(method, path, params={"page": "x"})
    assert answer.status_code in (401, 404, 405)
    assert len(answer.content) < 100
    assert "set-cookie" not in answer.headers


def test_slack_shows_them_as_what_they_are(attacked: Company, slack: SlackServer) -> None:
    attacked.connect_slack(slack)
    attacked.enforce("2019-11-20T09:10")
    tell.alert(attacked.installation, attacked.clock())
    sent = json.dumps(slack.messages, ensure_ascii=False)
    assert "alert(1)" in sent
    assert not [w for w in ("<script", "<!channel>", "<@U0", "https://evil", *MARKS) if w in sent]


def test_a_question_in_airflow_holds_no_link_and_no_picture(company: Company) -> None:
    """Airflow shows it as Markdown, which makes links of bare addresses too."""
    people.switch_acting(company.installation, True, "anna")
    company.configure(guard={"surprises": 0})
    company.set_campaign("winter", "running", name=NAME)
    company.enforce("2019-12-06T12:00")
    (body,) = (q["body"] for q in asking.questions(company.installation) if "winter" in q["key"])
    (line, _) = (line for line in body.splitlines() if "click" in line)
    assert not re.search(r"(?<!\\)[\[\]<>!`]|://|www\.|@\w", line)
    assert not [mark for mark in MARKS if mark in body]


def test_a_log_line_stays_one_line(attacked: Company, caplog: pytest.LogCaptureFixture) -> None:
    own = logging.getLogger("sendepause")  # Airflow takes the handlers of the root away
    own.addHandler(caplog.handler)
    with caplog.at_level(logging.INFO, "sendepause"):
        attacked.enforce("2019-12-06T12:00")
    own.removeHandler(caplog.handler)
    told = [record.getMessage() for record in caplog.records]
    assert any("all campaigns are paused" in line for line in told)
    assert all(line.isprintable() for line in told)


def test_a_terminal_is_sent_no_control_characters(
    attacked: Company, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("_AIRFLOW_PROCESS_CONTEXT", "client")
    monkeypatch.setattr("sendepause.installation.real_now", attacked.clock)
    with pytest.raises(SystemExit):
        main(["plan", "--as-of", "2019-11-20T09:00+01:00"])
    out = capsys.readouterr().out
    assert "all campaigns are paused" in out
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", out)
    assert any("\x9b" in json.loads(line)["subject"] for line in out.splitlines())
