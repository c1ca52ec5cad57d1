"""The page says how it stands, in the reader's language, and lets nothing from outside in."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest
from fastapi import Depends, HTTPException
from fastapi.testclient import TestClient
from sqlalchemy import Engine
from tests.board import company

from sendepause.board.app import create_app
from sendepause.board.rendering import COOKIE, PAGES
from sendepause.errors import Unreachable
from sendepause.installation import Installation
from sendepause.model import EntryKind
from sendepause.settings import Settings
from sendepause.store import database, ledger, queries

ACCOUNT = "account"
OF = {ACCOUNT: {"number": company.number(0)}}


class Structure(HTMLParser):
    """What a screen reader goes by: landmarks, headings, labels, tables."""

    VOID = ("meta", "link", "input", "rect", "br")

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def readable(page: str) -> str:
    """The page's words, without tags, as one line."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def test_an_operator_sees_at_once_how_long_it_is_and_what_still_runs(client: TestClient) -> None:
    words = readable(client.get("/?lang=en").text)
    assert "3 days and 13 hours left until Monday, 7 December 2026, 00:00 (Europe/Berlin)" in words
    assert "Attention. One campaign waits for a person to decide." in words
    assert "still running 4 paused and verified 1 pause owed 0 wait for a person 1" in words


def test_a_date_that_has_passed_says_since_when(client: TestClient) -> None:
    words = readable(client.get("/?lang=de").text)
    assert "in Kraft seit Donnerstag, 1. Mai 2025, 0 Uhr (Europe/Berlin)" in words


def test_the_next_date_stands_before_those_in_force(client: TestClient) -> None:
    page = client.get("/?lang=de").text
    assert page.index("noch 3 Tage") < page.index("seit Donnerstag, 1. Mai 2025")


def test_a_switch_says_since_when_and_by_whom(client: TestClient, filled: Engine) -> None:
    at = company.NOW - timedelta(hours=1)
    with database.session(filled) as session:
        ledger.append(session, at=at, as_of=at, author="t.lenzen", kind=EntryKind.HALT, facts={"on": True})
    words = readable(client.get("/?lang=en").text)
    assert "On: what is due is paused since 24 Nov 2026, 10:05, by j.petersen" in words
    assert "Halt: all acting is stopped since 3 Dec 2026, 09:05, by t.lenzen" in words
    assert "no campaign is paused" in words


def test_a_rehearsal_is_said_on_top(engine: Engine, settings: Settings, client_of) -> None:
    company.fill(engine, settings, acting=False)
    words = readable(client_of(engine).get("/?lang=en").text)
    assert "At risk: Rehearsal: decisions are only shown." in words


def test_without_slack_it_says_how_many_alerts_stay_owed(client: TestClient, filled: Engine) -> None:
    with database.session(filled) as session:
        queries.set_health(session, "slack", False, company.NOW, "There is no connection.")
    words = readable(client.get("/?lang=en").text)
    assert "No Slack connection: 4 alerts stay owed, nothing was sent." in words


def test_it_says_when_enforcing_has_not_run_for_half_an_hour(
    client: TestClient, clock: list[datetime]
) -> None:
    assert "Check the DAG" not in client.get("/?lang=en").text
    clock[0] = company.NOW + timedelta(minutes=27)
    assert "ended 31 minutes ago. Check the DAG sendepause_enforce" in client.get("/?lang=en").text


def test_a_broken_configuration_leaves_the_last_valid_one_on_the_page(
    client: TestClient, files: Path, filled: Engine, settings: Settings
) -> None:
    with database.session(filled) as session:
        kept = settings.model_dump(mode="json", exclude={"hash"})
        queries.keep_configuration(session, settings.hash, kept, company.NOW)
    (files / "calendar.yaml").write_text("enforcements: [{id: <b>}]")
    words = readable(client.get("/?lang=en").text)
    assert "The configuration is broken; the last valid one stays in force." in words
    assert "calendar.yaml:1" in words
    assert "3 days and 13 hours left" in words


def test_a_mended_configuration_is_read_again(client: TestClient, files: Path) -> None:
    calendar = files / "calendar.yaml"
    assert "Stichtag 2" not in client.get("/?lang=de").text
    calendar.write_text(calendar.read_text().replace("Newsletter der Filiale", "Stichtag 2 der Filiale"))
    assert "Stichtag 2" in client.get("/?lang=de").text


def test_gaps_in_coverage_are_listed_with_place_and_reason(client: TestClient) -> None:
    words = readable(client.get("/problems?lang=en").text)
    assert "Accounts without a source 1 London Workshop +49 40 66969104" in words
    assert "source phones since 3 Dec 2026, 03:05 The folder exports does not exist." in words
    assert "line 4: The encoding could not be recognised." in words
    assert "Campaigns whose number belongs to no account 1 Restposten crm: running +49 30 231251010" in words


def test_an_account_says_its_verdict_its_reason_and_what_contradicts_it(client: TestClient) -> None:
    words = readable(client.get("/accounts?lang=en&q=London").text)
    assert "In doubt: the data come from WhatsApp or the Business app" in words
    assert "messages sent on 17 of the 28 days" in words
    assert "Data until 3 Dec 2026" in words


def test_a_campaign_says_who_changed_it_what_is_decided_and_what_the_guard_says(client: TestClient) -> None:
    words = readable(client.get("/campaigns?lang=en&q=Gutscheine").text)
    assert "Last change: 2 Dec 2026, 07:05 by m.brandt" in words
    assert "The campaign sends automatically from a personal WhatsApp account." in words
    assert "Guard: waits, account only inferred" in words


def test_the_newest_ledger_entry_and_the_head_of_the_chain_are_shown(
    client: TestClient, filled: Engine
) -> None:
    with database.session(filled, write=False) as session:
        head = ledger.head(session)
    page = client.get("/ledger?lang=en").text
    assert head is not None
    assert head.hash in page
    assert "2 Dec 2026, 14:05 #4 paused and verified" in readable(page)


@pytest.mark.parametrize(("answer", "told"), [("read", "read"), ("hold", "hold requested"), ("new", "")])
def test_an_answer_in_slack_stands_in_the_ledger(
    client: TestClient, filled: Engine, answer: str, told: str
) -> None:
    with database.session(filled) as session:
        ledger.append(
            session,
            at=company.NOW,
            as_of=company.NOW,
            author="slack:U0LENZEN001",
            kind=EntryKind.ANSWERED,
            subject="delivery:1b4e28ba-2fa1-11d2-883f-0016d3cca427",
            facts={"answer": answer},
        )
    words = readable(client.get("/ledger?lang=en").text)
    assert f"answer in Slack {told} message 1b4e28ba slack:U0LENZEN001".replace("  ", " ") in words


def test_every_alert_says_its_stage_its_channel_and_how_far_it_came(client: TestClient) -> None:
    words = readable(client.get("/alerts?lang=en").text)
    assert "owed: 4 · sent: 0 · overtaken: 0 · refused: 0" in words
    assert "pause not confirmed Gutscheine" in words
    assert "C0OPERATORS owed" in words


def test_nothing_from_outside_becomes_markup(client: TestClient) -> None:
    page = client.get("/accounts", params={"q": '"><script>alert(1)</script>'}).text
    whole = "".join(client.get(f"/{page}?lang=de").text for page, _ in PAGES)
    assert "<script>alert" not in page + whole
    assert "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; Söhne" in whole
    assert len(Structure(page).all("script")) == 1


@pytest.mark.parametrize("path", ["/", "/health", "/style.css", "/icon-light.svg", "/nothing", "/?page=x"])
def test_every_answer_carries_a_strict_policy(client: TestClient, path: str) -> None:
    policy = client.get(path).headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'self'" in policy
    assert "unsafe" not in policy


def test_an_answer_to_a_fault_of_ours_carries_the_policy_too(files: Path) -> None:
    def broken() -> Installation:
        raise ZeroDivisionError

    answer = TestClient(create_app(broken), raise_server_exceptions=False).get("/?lang=en")
    assert answer.status_code == 500
    assert "Pausing does not depend on the board" in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_the_one_script_has_the_nonce_of_its_answer_and_styles_have_none(client: TestClient) -> None:
    answers = [client.get("/") for _ in range(2)]
    nonces = [Structure(answer.text).all("script")[0]["nonce"] for answer in answers]
    assert nonces[0] != nonces[1]
    assert f"'nonce-{nonces[0]}'" in answers[0].headers["content-security-policy"]
    assert " style=" not in answers[0].text
    assert not re.search(r"\son\w+=", answers[0].text)


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("de-DE,de;q=0.9,en;q=0.8", "de"),
        ("fr, en;q=0.5, de;q=0.9", "de"),
        ("fr", "en"),
        ("", "en"),
        ("de;q=0", "en"),
    ],
)
def test_the_browser_chooses_the_language(client: TestClient, accepted: str, language: str) -> None:
    page = client.get("/", headers={"Accept-Language": accepted})
    assert f'<html lang="{language}">' in page.text
    assert page.headers["content-language"] == language


def test_a_chosen_language_is_remembered(client: TestClient) -> None:
    assert COOKIE not in client.get("/?lang=fr").cookies
    client.get("/?lang=de")
    assert '<html lang="de">' in client.get("/", headers={"Accept-Language": "en"}).text
    assert '<html lang="en">' in client.get("/?lang=en", headers={"Accept-Language": "de"}).text


def test_a_language_is_chosen_without_losing_the_filter(client: TestClient) -> None:
    links = [link["href"] for link in Structure(client.get("/accounts?q=K%C3%B6ln&lang=de").text).all("a")]
    assert "?q=K%C3%B6ln&lang=en" in links


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("address", [*(address for address, _ in PAGES), ACCOUNT])
def test_assistive_technology_finds_its_way(client: TestClient, language: str, address: str) -> None:
    page = Structure(client.get(f"/{address}", params={"lang": language} | OF.get(address, {})).text)
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch(r"h\d", tag)]
    names = {attributes["id"] for _, attributes in page.elements if "id" in attributes}
    described = [
        attributes[name]
        for _, attributes in page.elements
        for name in ("aria-labelledby", "aria-describedby", "for")
        if name in attributes
    ]
    assert page.open == []
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(next_ - level <= 1 for level, next_ in pairwise(levels))
    assert len(page.all("main")) == len(page.all("header")[:1]) == 1
    assert len(page.all("caption")) == len(page.all("table"))
    assert all(cell.get("scope") in ("col", "row") for cell in page.all("th"))
    assert set(described) <= names
    assert len(names) == sum("id" in attributes for _, attributes in page.elements)
    assert all("aria-hidden" in drawn or drawn.get("aria-label") for drawn in page.all("svg"))


@pytest.mark.parametrize(
    ("q", "found"),
    [("hamburg", 2), ("+49 40 66969103", 1), ("4066969103", 1), ("köln lenzen", 1), ("zzz", 0)],
)
def test_accounts_are_filtered_by_all_the_words(client: TestClient, q: str, found: int) -> None:
    page = client.get("/accounts", params={"q": q, "lang": "en"}).text
    shown = re.search(r'id="accounts-size">(?:1–(\d+) of|Nothing)', page)
    assert shown is not None
    assert int(shown[1] or 0) == found


def test_many_accounts_are_shown_page_by_page(engine: Engine, files: Path, client_of) -> None:
    settings = company.settings(120)
    _write_accounts(files, settings)
    company.fill(engine, settings)
    client = client_of(engine)
    assert "1–50 of 120" in client.get("/accounts?lang=en").text
    assert "101–120 of 120" in client.get("/accounts?lang=en&page=3").text
    assert "101–120 of 120" in client.get("/accounts?lang=en&page=999").text
    assert "1–50 of 120" in client.get("/accounts?lang=en&page=-5").text
    assert client.get("/accounts?lang=en").text.count("<tr") < 200


def test_a_person_sees_at_once_what_a_run_has_just_changed(
    client: TestClient, filled: Engine, settings
) -> None:
    client.get("/")
    with database.session(filled) as session:
        queries.save_campaigns(session, "crm", [], company.NOW + timedelta(seconds=1))
    assert "still running 0" in readable(client.get("/?lang=en").text)


def test_looking_changes_nothing(client: TestClient, filled: Engine) -> None:
    def content() -> list[object]:
        with filled.connect() as connection:
            return list(connection.connection.driver_connection.iterdump())

    before = content()
    client.get("/")
    client.get("/health")
    assert content() == before


@pytest.mark.parametrize("migrated", [False, True])
def test_a_store_that_is_missing_gives_a_page_that_says_what_to_do(
    tmp_path: Path, client_of: Callable[[Engine], TestClient], migrated: bool
) -> None:
    engine = database.connect(f"sqlite:///{tmp_path}/{'empty' if migrated else 'missing'}.db")
    if migrated:
        engine.connect().close()
    answer = client_of(engine).get("/?lang=de")
    assert answer.status_code == 503
    assert "Was zu tun ist" in answer.text
    assert "<code>make up</code>" in answer.text
    assert not (tmp_path / "missing.db").exists()


def test_a_store_that_is_set_up_later_is_found(tmp_path: Path, client_of, settings: Settings) -> None:
    engine = database.connect(f"sqlite:///{tmp_path}/later.db")
    client = client_of(engine)
    assert client.get("/health").status_code == 503
    database.migrate(engine)
    assert client.get("/").status_code == 200
    assert client.get("/health").json() == {"ok": True}


def test_a_store_that_vanishes_gives_a_page_that_says_so(
    tmp_path: Path, client_of, settings: Settings
) -> None:
    engine = database.connect(f"sqlite:///{tmp_path}/gone.db")
    database.migrate(engine)
    client = client_of(engine)
    assert client.get("/").status_code == 200
    for file in tmp_path.glob("gone.db*"):
        file.unlink()
    engine.dispose()
    assert client.get("/").status_code == 503


def test_no_configuration_at_all_is_told_with_its_mend(client: TestClient, files: Path) -> None:
    (files / "calendar.yaml").unlink()
    answer = client.get("/?lang=en")
    assert answer.status_code == 503
    assert "calendar.yaml" in answer.text


def test_a_store_out_of_reach_tells_no_secret(files: Path) -> None:
    def unreachable() -> Installation:
        raise Unreachable("The store postgresql://user:***@db/x did not answer.", "Check that it is up.")

    answer = TestClient(create_app(unreachable)).get("/?lang=en")
    assert answer.status_code == 503
    assert "Check that it is up." in answer.text


def test_a_fresh_store_gives_a_page_that_promises_nothing(engine: Engine, client_of) -> None:
    words = readable(client_of(engine).get("/?lang=en").text)
    assert "has never come to its end; no deadline is safe" in words
    assert "No run has looked into the campaign systems yet" in words
    assert "The ledger is still empty." in client_of(engine).get("/ledger?lang=en").text
    assert all(client_of(engine).get(f"/{page}").status_code == 200 for page, _ in PAGES)


@pytest.mark.parametrize("path", ["/", "/health", "/style.css", "/icon-dark.svg"])
def test_whoever_may_not_look_sees_nothing(path: str) -> None:
    def nobody() -> None:
        raise HTTPException(401)

    client = TestClient(create_app(lambda: pytest.fail("opened"), [Depends(nobody)]))
    assert client.get(path).status_code == 401


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_icons_are_pictures(client: TestClient, scheme: str) -> None:
    answer = client.get(f"/icon-{scheme}.svg")
    assert answer.headers["content-type"] == "image/svg+xml"
    assert '<svg xmlns="http://www.w3.org/2000/svg"' in answer.text


def test_the_page_is_light(client: TestClient) -> None:
    assert len(client.get("/").content) < 60_000
    assert len(client.get("/style.css").content) < 16_000


def _write_accounts(files: Path, settings: Settings) -> None:
    (files / "accounts.yaml").unlink()
    lines = ["number,name,declared_kind,owner,branch"]
    lines += [f"{a.number},{a.name},{a.declared_kind},{a.owner},{a.branch}" for a in settings.accounts]
    (files / "accounts.csv").write_text("\n".join(lines))
