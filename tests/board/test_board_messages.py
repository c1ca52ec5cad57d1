"""The page of messages: what people would read, as Slack shows it, and nothing of it becomes markup."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from html import unescape
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest
from fastapi import Depends, HTTPException
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine
from tests.board import company
from tests.board.test_board_page import Structure, readable

from sendepause.board import mrkdwn
from sendepause.board.app import create_app
from sendepause.board.mrkdwn import render
from sendepause.installation import Installation
from sendepause.model import Language
from sendepause.previewing import Ways
from sendepause.settings import Settings
from sendepause.store import database

ALLOWED = {"strong": set(), "code": set(), "br": set(), "span": {"class"}, "a": {"href", "target", "rel"}}
CONNECTED = Ways(connected=True, answers=True, link="https://airflow.example/required_actions")

outside = st.text(max_size=40) | st.sampled_from(
    [
        "<script>alert(1)</script>",
        "*<b>*",
        "`</code>`",
        '<@U0AB" onload=x>',
        "<javascript:alert(1)|klick>",
        '<https://x.example/"onmouseover=alert(1)|da>',
        "<https://user:pass@x.example|<b>>",
        "<https://[|x>",
        "&lt;img src=x&gt;",
        "&amp;lt;b&amp;gt;",
        "\u202e<i>",
        "*`<@U0ABC>`*",
    ]
)


class Elements(HTMLParser):
    """The elements and the words of some HTML."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words += data


class TestRenderer:
    @given(st.lists(outside, max_size=6).map("".join))
    def test_nothing_from_outside_becomes_an_element_of_another_kind(self, text: str) -> None:
        shown = Elements(str(render(text)))
        for tag, attributes in shown.tags:
            assert set(attributes) <= ALLOWED[tag]
            if tag == "a":
                assert re.match(r"https?://[^\s<>\"]+$", attributes["href"] or "")
                assert attributes["rel"] == "noopener noreferrer"
            if tag == "span":
                assert attributes["class"] == "mention"

    @given(st.text(alphabet=st.characters(exclude_characters="*`<>&\n")))
    def test_what_marks_nothing_is_shown_as_it_is_written(self, text: str) -> None:
        shown = Elements(str(render(text)))
        assert (shown.tags, shown.words) == ([], mrkdwn.visible(text))

    @given(st.lists(outside, max_size=4).map("".join))
    def test_every_block_is_shown_and_none_is_trusted(self, text: str) -> None:
        named = {"text": {"text": text}}
        blocks = [
            {"type": "header", **named},
            {"type": "section", **named},
            {"type": "context", "elements": [{"text": text}]},
            {"type": "actions", "elements": [{"text": {"text": text}}]},
            {"type": "input", "label": {"text": text}, "element": {}, "hint": {"text": text}},
            {"type": "image", "alt_text": text},
            {"type": "video", **named},
        ]
        shown = list(mrkdwn.parts(blocks))
        assert [part.kind for part in shown] == ["title", "text", "small", "buttons", "field", "picture"]
        for part in shown:
            assert {tag for tag, _ in Elements(str(part.text)).tags} <= ALLOWED.keys()

    @pytest.mark.parametrize(
        ("text", "html"),
        [
            ("*Stichtag:* noch", "<strong>Stichtag:</strong> noch"),
            ("mit `sendepause act on`", "mit <code>sendepause act on</code>"),
            ("<@U0HARMSEN01> da", '<span class="mention">@U0HARMSEN01</span> da'),
            ("eins\nzwei", "eins<br>zwei"),
            ("Zhang &amp; Paxson &lt;2011&gt;", "Zhang &amp; Paxson &lt;2011&gt;"),
            ("*Regel `x`*", "<strong>Regel <code>x</code></strong>"),
            (
                "<https://airflow.example/a?b=1&amp;c=2|In Airflow>",
                '<a href="https://airflow.example/a?b=1&amp;c=2" target="_blank" rel="noopener noreferrer">'
                "In Airflow</a>",
            ),
            ("<ftp://x.example|x>", "&lt;ftp://x.example|x&gt;"),
            ("<!channel>", "&lt;!channel&gt;"),
            ("<https://[|da>", "da"),
        ],
    )
    def test_the_marks_that_are_known(self, text: str, html: str) -> None:
        assert str(render(text)) == html


@pytest.fixture
def board(files: Path, tmp_path: Path, clock: list[datetime]) -> Callable[..., TestClient]:
    """A browser for the board over a store, with Slack as it is said to be."""

    def make(engine: Engine, ways: Ways = CONNECTED) -> TestClient:
        def opened() -> Installation:
            return Installation(engine=engine, data=tmp_path, events=str(tmp_path), now=lambda: clock[0])

        return TestClient(create_app(opened, ways=lambda: ways), raise_server_exceptions=False)

    return make


@pytest.fixture
def client(board: Callable[..., TestClient], filled: Engine) -> TestClient:
    return board(filled)


def shown(page: str) -> list[str]:
    """The messages on a page, each as its words."""
    return [readable(unescape(one)) for one in re.findall(r"<article.*?</article>", page, re.DOTALL)]


class TestNow:
    def test_every_reader_has_their_messages_in_their_language(self, client: TestClient) -> None:
        page = client.get("/messages?lang=en").text
        told = " ".join(shown(page))
        assert "Leaving now: 25. Waiting: 2." in readable(page)
        assert "Wiebke Harmsen C0OWNER0" in told
        assert "Ankündigung: Eine Kampagne darf bald nicht mehr senden" in told
        assert "Approval needed: 2 pauses are waiting" in told

    def test_one_owner_sees_nothing_of_another(self, client: TestClient) -> None:
        told = shown(client.get("/messages?lang=en&owner=owner0").text)
        assert told
        assert all("Wiebke Harmsen C0OWNER0" in one for one in told)

    def test_what_waits_says_why(
        self, board: Callable[..., TestClient], engine: Engine, settings: Settings
    ) -> None:
        company.fill(engine, settings, acting=False)
        client = board(engine, Ways(connected=False))
        told = shown(client.get("/messages?lang=de&owner=owner0").text)
        assert all("Wartet: Probe: Zuständige erfahren nichts" in one for one in told)
        assert all("Wartet: keine Verbindung zu Slack" in one for one in told)
        assert not any("Gelesen" in one for one in told if "Stand Ihrer Konten" not in one)

    def test_at_night_it_says_when_the_morning_is(self, client: TestClient, clock: list[datetime]) -> None:
        clock[0] = company.NOW.replace(hour=22)
        (told, *_) = [
            one for one in shown(client.get("/messages?lang=de&owner=owner2").text) if "Ankündigung" in one
        ]
        assert "Wartet: Ruhezeit" in told
        assert "Freitag, 4. Dezember 2026, 7 Uhr (Europe/Berlin)" in told

    @pytest.mark.parametrize("asked", ["owner=nobody", "show=x&stage=y&spoken=z", "page=-3", "page=99"])
    def test_a_choice_that_there_is_not_is_none(self, client: TestClient, asked: str) -> None:
        assert shown(client.get(f"/messages?{asked}").text)


class TestEverySituation:
    @pytest.mark.parametrize("spoken", Language)
    def test_every_stage_is_there_in_the_language_that_was_asked_for(
        self, client: TestClient, spoken: Language, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("sendepause.board.messages.MESSAGES", 1_000)  # each page makes all of them anew
        pages = client.get(f"/messages?show=all&spoken={spoken}&lang=de").text
        assert "Ankündigung · letzte Erinnerung" in readable(pages)
        assert "Zusammenfassung" in readable(pages)
        assert set(re.findall(r'class="slack" lang="(\w+)"', pages)) == {str(spoken)}
        assert len(shown(pages)) > 80
        assert not re.search(r"[{}]", " ".join(shown(pages)))

    def test_one_stage_and_one_audience(self, client: TestClient) -> None:
        told = shown(client.get("/messages?show=all&stage=no_data&owner=operators&lang=en").text)
        assert len(told) == 4, told
        assert all(one.strip().startswith("no data") for one in told)

    def test_the_form_shows_its_fields_and_the_answers_who_gave_them(self, client: TestClient) -> None:
        told = " ".join(shown(client.get("/messages?show=all&stage=warned&lang=en&spoken=en").text))
        assert "form for a hold" in told
        assert "Until which day?" in told
        assert "Request Cancel" not in told  # a form's own buttons are no part of its blocks
        assert "Changed over , says @U0" in told

    def test_the_digests_picture_is_told_in_words(self, client: TestClient) -> None:
        assert "Picture: " in readable(client.get("/messages?show=all&lang=en&page=99").text)  # the last one


def test_what_people_wrote_never_becomes_markup(client: TestClient) -> None:
    for address in ("/messages", "/messages?show=all", "/messages?owner=%3Cscript%3E&stage=%22%3E%3Cb%3E"):
        page = client.get(address).text
        assert "<script>alert" not in page
        assert len(Structure(page).all("script")) == 1
    assert "alert(&#39;x&#39;)" in client.get("/messages").text


def test_looking_changes_nothing(client: TestClient, filled: Engine) -> None:
    def content() -> list[object]:
        with filled.connect() as connection:
            return list(connection.connection.driver_connection.iterdump())

    before = content()
    client.get("/messages")
    client.get("/messages?show=all")
    assert content() == before


@pytest.mark.parametrize("address", ["/messages?lang=de", "/messages?lang=en&show=all"])
def test_assistive_technology_finds_its_way(client: TestClient, address: str) -> None:
    page = Structure(client.get(address).text)
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch(r"h\d", tag)]
    names = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    described = {
        attributes[name]
        for _, attributes in page.elements
        for name in ("aria-labelledby", "aria-describedby", "for")
        if name in attributes
    }
    assert page.open == []
    assert levels.count(1) == 1
    assert all(next_ - level <= 1 for level, next_ in pairwise(levels))
    assert described <= set(names)
    assert len(names) == len(set(names))
    assert {menu["id"] for menu in page.all("select")} <= {label["for"] for label in page.all("label")}
    assert all(button.get("type") == "submit" or "disabled" in button for button in page.all("button"))


def test_the_two_pages_lead_to_each_other_and_keep_what_was_chosen(client: TestClient) -> None:
    assert {"./", "messages"} <= {link["href"] for link in Structure(client.get("/").text).all("a")}
    page = Structure(client.get("/messages?show=all&stage=warned&lang=de").text)
    assert "?show=all&stage=warned&lang=en" in {link["href"] for link in page.all("a")}
    (here,) = [link for link in page.all("a") if link.get("aria-current") == "page"]
    assert here["href"] == "messages"


def test_whoever_may_not_look_sees_no_message() -> None:
    def nobody() -> None:
        raise HTTPException(401)

    client = TestClient(create_app(lambda: pytest.fail("opened"), [Depends(nobody)]))
    assert client.get("/messages").status_code == 401


def test_a_store_that_is_missing_is_said_on_this_page_too(
    tmp_path: Path, board: Callable[..., TestClient]
) -> None:
    answer = board(database.connect(f"sqlite:///{tmp_path}/missing.db")).get("/messages?lang=de")
    assert answer.status_code == 503
    assert "Was zu tun ist" in answer.text
