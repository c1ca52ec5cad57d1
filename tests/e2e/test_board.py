"""The board as an operator meets it: in the browser, behind Airflow's login, inside Airflow's UI."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page
from tests.e2e.airflow import Installed, wait_for
from tests.e2e.browsing import PATIENCE, SHOTS, Complaints, Window, accessible, chromium, logged_in

from sendepause.board import messages, rendering
from sendepause.board.rendering import PAGES
from sendepause.board.seen import Reader
from sendepause.model import Form, Language
from sendepause.previewing import Preview
from sendepause.story.paths import PATHS
from sendepause.story.scenes import CASTS, put_on

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as one:
        yield one


def as_admin(browser: Browser, installed: Installed, window: Window | None = None) -> Page:
    """The administrator's page."""
    passwords = installed.data / "airflow" / "simple_auth_manager_passwords.json.generated"
    password = json.loads(passwords.read_text())["admin"]
    return logged_in(browser, installed.url, "admin", password, window or Window())


def test_nobody_is_let_in_without_a_login(installed: Installed) -> None:
    assert httpx.get(f"{installed.url}/sendepause/").status_code == 401


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_an_operator_finds_the_board_in_airflows_navigation(
    browser: Browser, installed: Installed, scheme: str
) -> None:
    heard = Complaints()
    page = heard.listen(as_admin(browser, installed, Window(scheme)))
    page.get_by_role("link", name="Sendepause").first.click()
    board = page.frame_locator("iframe")
    board.get_by_role("heading", level=1).wait_for(timeout=60_000)
    text = board.locator("body").inner_text()
    assert "in force" in text
    assert "Needs a person now" in text
    board.get_by_role("link", name="Campaigns", exact=True).click()
    board.get_by_role("heading", level=2, name="Campaigns").wait_for(timeout=60_000)
    text = board.locator("body").inner_text()
    assert "+49 40 66969102" in text or "+494066969102" in text
    assert "Winterreifen Hamburg" in text
    assert heard.none()
    page.close()


@pytest.mark.parametrize(("language", "word"), [("de", "Kampagnen"), ("en", "Campaigns")])
def test_the_board_speaks_german_and_english(
    browser: Browser, installed: Installed, language: str, word: str
) -> None:
    page = as_admin(browser, installed)
    page.goto(f"{installed.url}/sendepause/?lang={language}")
    assert page.locator("html").get_attribute("lang") == language
    assert word in page.locator("body").inner_text()
    page.close()


@pytest.mark.parametrize(("scheme", "language", "width"), [("light", "de", 390), ("dark", "en", 1360)])
def test_an_operator_walks_every_page(
    browser: Browser, installed: Installed, scheme: str, language: str, width: int
) -> None:
    heard = Complaints()
    page = heard.listen(as_admin(browser, installed, Window(scheme, width=width)))
    page.goto(f"{installed.url}/sendepause/?lang={language}")
    for place in range(len(PAGES)):
        link = page.locator("nav.pages a").nth(place)
        name = link.inner_text()
        link.click()
        page.locator(f'nav.pages a[aria-current="page"]:text-is("{name}")').wait_for(timeout=60_000)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
        assert accessible(page)
    page.goto(f"{installed.url}/sendepause/accounts?sort=verdict")
    page.locator("table a.name").first.click()
    page.locator("#why").wait_for(timeout=60_000)
    assert page.locator("figure svg[role=img]").count() >= 5
    assert accessible(page)
    assert heard.none()
    page.close()


@pytest.mark.parametrize(("scheme", "width"), [("light", 1360), ("dark", 390)])
def test_an_operator_reads_every_message_before_it_is_sent(
    browser: Browser, installed: Installed, scheme: str, width: int
) -> None:
    page = as_admin(browser, installed, Window(scheme, width=width))
    page.goto(f"{installed.url}/sendepause/?lang=de")
    page.get_by_role("link", name="Mitteilungen in Slack").click()
    page.get_by_role("heading", level=2, name="Mitteilungen in Slack").wait_for(timeout=60_000)
    page.get_by_label("Zeigen").focus()
    page.keyboard.type("jede")
    page.get_by_label("Anlass").focus()
    page.keyboard.type("pausiert")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Anzeigen").press("Enter")
    page.wait_for_url(lambda url: "stage=paused" in url and "show=all" in url, timeout=60_000)
    assert "Pausiert: eine Kampagne" in page.locator("article").first.inner_text()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()


def test_a_task_leads_to_the_plan_that_it_made(browser: Browser, installed: Installed) -> None:
    run = installed.trigger("sendepause_enforce", dry_run=True)
    assert wait_for("the run", partial(installed.finished, "sendepause_enforce", run)) == "success"
    way = "/plugin/sendepause/sendepause/plan"
    assert installed.links("sendepause_enforce", run, "enforce") == {"Sendepause": way}
    assert installed.links("sendepause_enforce", run, "announce_alerts") == {}
    page = as_admin(browser, installed)
    page.goto(f"{installed.url}/dags/sendepause_enforce/runs/{run}/tasks/enforce/details")
    page.locator(f'a[href="{way}"]').click(timeout=PATIENCE)
    board = page.frame_locator("iframe")
    board.get_by_role("heading", level=2, name="What the next run does").wait_for(timeout=PATIENCE)
    page.close()


def test_a_question_leads_to_the_account_that_it_is_about(browser: Browser, installed: Installed) -> None:
    def asked() -> str | None:
        with installed.api() as api:
            found = api.get("/dags/~/dagRuns/~/hitlDetails").raise_for_status().json()["hitl_details"]
        return next((one["body"] for one in found if "Außendienst" in one["subject"]), None)

    body = wait_for("the question", asked)
    way = "/plugin/sendepause/sendepause/look?subject=campaign%3Acrm%2Fm-aussendienst"
    assert f"({way})" in body
    page = as_admin(browser, installed)
    page.goto(installed.url + way)
    board = page.frame_locator("iframe")
    board.get_by_role("heading", level=2, name="München Außendienst").wait_for(timeout=PATIENCE)
    page.close()


def test_no_way_to_the_board_names_a_number(installed: Installed) -> None:
    path = "/dags/~/dagRuns/~/taskInstances/~/xcomEntries"
    with installed.api() as api:
        answer = api.get(path, params={"xcom_key_pattern": "_link_", "limit": 100}).raise_for_status().json()
        kept = answer["xcom_entries"]
        ways = [api.get(_entry(one)).raise_for_status().json()["value"] for one in kept]
    assert any("/sendepause/accounts" in way for way in ways)
    assert all("/plugin/sendepause/" in way for way in ways)
    # a moment's offset has two digits behind its plus: +01:00
    assert not [way for way in ways if re.search(r"(?:\+|%2B)\d{3}|\d{7}", way)]


def _entry(one: dict[str, Any]) -> str:
    path = f"/dags/{one['dag_id']}/dagRuns/{one['run_id']}/taskInstances/{one['task_id']}/xcomEntries"
    return f"{path}/{one['key']}?map_index={one['map_index']}"


PICTURES = pytest.mark.skipif(
    SHOTS is None, reason="pictures are taken only where SCREENSHOTS names a folder"
)


@PICTURES
def test_picture_of_the_german_thread(browser: Browser) -> None:
    with ThreadPoolExecutor(1) as pool:  # playwright has an event loop in this one
        told, _ = pool.submit(put_on, PATHS[0], CASTS[Language.DE]).result()
    shown = [
        one
        for one in told
        if not one.chapter.answered and not (one.said.form is Form.ROOT and one.said.version)
    ]
    reader = Reader(Language.DE, "Europe/Berlin", shown[-1].at)
    names = {"hamburg": "Wiebke Harmsen, Filiale Hamburg"}
    lines = [messages._line(Preview(one.said, one.at), names, {}, True, reader) for one in shown]
    articles = rendering.TEMPLATES.from_string(
        '{% from "parts.html" import slack_message with context %}'
        "{% for one in lines %}{{ slack_message(one, loop.index) }}{% endfor %}"
    ).render(lines=lines, t=partial(rendering._text, Language.DE))
    page = browser.new_page(viewport={"width": 800, "height": 1000}, color_scheme="light")
    style = (rendering.HERE / "style.css").read_text()
    page.set_content(f"<!doctype html><style>{style}</style><main>{articles}</main>")
    assert "Stille bestätigt" in page.locator("main").inner_text()
    picture = Path(str(SHOTS)) / "thread-de.png"
    page.screenshot(path=picture, full_page=True)
    page.close()
    Image.open(picture).convert("RGB").quantize(32).save(picture, optimize=True)  # a third of its size
