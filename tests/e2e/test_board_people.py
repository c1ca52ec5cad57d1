"""The board as different people meet it in a real Airflow: nobody, who may look, and who may act."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from playwright.sync_api import Browser, Page
from tests.board import company
from tests.e2e.browsing import PATIENCE, Complaints, Window, accessible, chromium, logged_in, opened
from tests.e2e.served import BY_HAND, REFUSED, Served, served

from sendepause.board.rendering import PAGES
from sendepause.model import EntryKind

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

ACCOUNT = f"account?number=%2B{company.number(0)[1:]}"
EVERY_PAGE = [*("" if page == "./" else page for page, _ in PAGES), ACCOUNT, "report"]
FILES = ["accounts.csv", "ledger.csv", "ledger.jsonl", f"report?number=%2B{company.number(0)[1:]}&save=1"]
BESIDES = ["health", "style.css", "icon-light.svg", "icon-dark.svg", "plan?at=2026-12-07T00:00"]
BESIDES += ["glance", "home.js", "look?subject=campaign:crm/0"]
FORM = {"request": "request-of-a-test", "on": "true", "key": "campaign:crm/1", "campaign": "campaign:crm/0"}
FORM |= {"what": "message", "id": "m1", "until": "2040-01-01T00:00", "reason": "Ticket 4711"}
ACTIONS = ["approve", "hold", "confirm", "halt", "retry"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as one:
        yield one


@pytest.fixture(scope="module")
def board(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("people")) as running:
        yield running


def sent(page: Page, board: Served, action: str) -> int:
    """What is answered to a form that somebody sends without having been given one."""
    address = f"{board.url}/sendepause/act-{action}"
    return page.request.post(address, form=FORM, headers={"Origin": board.url}).status


def as_(browser: Browser, board: Served, name: str, window: Window | None = None) -> Page:
    """A page of somebody who has logged in."""
    return logged_in(browser, board.url, name, board.password(name), window or Window())


# Nobody


def test_nobody_is_refused_at_every_page(browser: Browser, board: Served) -> None:
    page = opened(browser, Window())
    for address in (*EVERY_PAGE, *FILES, *BESIDES):
        answer = page.request.get(f"{board.url}/sendepause/{address}")
        assert answer.status == 401, address
        assert company.number(0) not in answer.text()
    page.close()


def test_nobody_is_refused_at_every_action(browser: Browser, board: Served) -> None:
    page, before = opened(browser, Window()), board.head()
    for action in ACTIONS:
        assert sent(page, board, action) == 401, action
    assert board.head() == before
    page.close()


def test_nobody_is_asked_by_airflow_to_log_in(browser: Browser, board: Served) -> None:
    page = opened(browser, Window())
    page.goto(f"{board.url}/plugin/sendepause")
    page.locator("input[name=password]").wait_for(timeout=PATIENCE)
    assert "Sendepause" not in page.locator("body").inner_text()
    page.close()


# Who may look


@pytest.mark.parametrize(
    ("scheme", "locale", "language", "width"),
    [("light", "en-GB", "en", 1360), ("dark", "de-DE", "de", 390)],
)
def test_a_viewer_walks_every_page_and_finds_no_button(
    browser: Browser, board: Served, scheme: str, locale: str, language: str, width: int
) -> None:
    page, heard = as_(browser, board, "v.iewer", Window(scheme, locale, width)), Complaints()
    heard.listen(page)
    for address in EVERY_PAGE:
        answer = page.goto(f"{board.url}/sendepause/{address}")
        assert answer
        assert answer.status == 200, address
        assert page.locator("html").get_attribute("lang") == language, "as the browser wants it"
        assert page.locator("form[method=post]").count() == 0, address
        assert page.evaluate("document.documentElement.scrollWidth") <= width, address
        assert accessible(page)
    assert heard.none()
    page.close()


def test_a_viewer_is_refused_at_every_action(browser: Browser, board: Served) -> None:
    page, before = as_(browser, board, "v.iewer"), board.head()
    for action in ACTIONS:
        assert sent(page, board, action) == 403, action
    assert board.head() == before
    page.close()


def test_a_viewer_is_told_why_there_are_no_buttons(browser: Browser, board: Served) -> None:
    page = as_(browser, board, "v.iewer")
    page.goto(f"{board.url}/sendepause/plan?lang=en")
    assert "You are looking on." in page.locator("main").inner_text()
    page.close()


def test_a_viewer_sees_on_airflows_home_page_how_each_date_stands(browser: Browser, board: Served) -> None:
    page, heard = as_(browser, board, "v.iewer"), Complaints()
    heard.listen(page).goto(board.url)
    strip = page.frame_locator('iframe[title="Sendepause"]')
    one = strip.get_by_role("listitem").filter(has_text="WhatsApp takes action against automated messages")
    one.wait_for(timeout=PATIENCE)
    assert re.search(r"3 days and \d+ hours? left|4 days left|3 days left", one.inner_text())
    assert heard.none()
    strip.get_by_role("link", name="To the board").click()
    page.wait_for_url("**/plugin/sendepause**", timeout=PATIENCE)
    page.frame_locator("iframe").get_by_role("heading", level=2, name="Deadlines").wait_for(timeout=PATIENCE)
    page.goto(f"{board.url}/sendepause/glance")
    assert accessible(page)
    page.close()


# Who may act


@pytest.fixture
def heard() -> Complaints:
    """What the console of the administrator's browser complains about."""
    return Complaints()


@pytest.fixture
def admin(browser: Browser, board: Served, heard: Complaints) -> Iterator[Page]:
    """The administrator's page; whatever is done on it, the console has nothing to complain about."""
    page = heard.listen(as_(browser, board, "a.dmin"))
    yield page
    assert heard.none()
    page.close()


@pytest.mark.parametrize(("scheme", "locale", "width"), [("dark", "en-GB", 1360), ("light", "de-DE", 390)])
def test_an_administrator_walks_every_page(
    browser: Browser, board: Served, scheme: str, locale: str, width: int
) -> None:
    page, heard = as_(browser, board, "a.dmin", Window(scheme, locale, width)), Complaints()
    heard.listen(page)
    for address in EVERY_PAGE:
        page.goto(f"{board.url}/sendepause/{address}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, address
        assert accessible(page)
    page.goto(f"{board.url}/sendepause/campaigns")
    for ask in page.locator("details.ask summary").all():
        ask.click()
    assert accessible(page), "the open forms too"
    assert heard.none()
    page.close()


def written(board: Served, kind: EntryKind) -> list[tuple[str, str]]:
    """Author and subject of the entries of a kind."""
    return [(entry.author, entry.subject) for entry in board.ledger() if entry.kind == kind]


def in_the_ledger(board: Served, page: Page, kind: EntryKind) -> str:
    """What the board's own page of the ledger shows of a kind."""
    page.goto(f"{board.url}/sendepause/ledger?kind={kind}&lang=en")
    return page.locator("table").inner_text()


def test_an_administrator_halts_and_lifts_the_halt(board: Served, admin: Page) -> None:
    admin.goto(f"{board.url}/sendepause/?lang=en")
    admin.get_by_role("button", name="Stop all acting").click()
    admin.get_by_text("The halt is on.").wait_for(timeout=PATIENCE)
    admin.get_by_role("button", name="Lift the halt").click()
    admin.get_by_text("The halt is lifted.").wait_for(timeout=PATIENCE)
    assert written(board, EntryKind.HALT)[-2:] == [("a.dmin", ""), ("a.dmin", "")]
    assert "a.dmin" in in_the_ledger(board, admin, EntryKind.HALT)


def test_an_administrator_approves_a_pause_that_waits(board: Served, admin: Page) -> None:
    admin.goto(f"{board.url}/sendepause/plan?lang=en&act=pause")
    waits = admin.locator("tr", has=admin.get_by_role("button", name="Approve")).first
    waits.get_by_role("button", name="Approve").click()
    admin.get_by_text("Approved. The next run acts on it.").wait_for(timeout=PATIENCE)
    (done,) = written(board, EntryKind.APPROVE)
    assert done == ("a.dmin", "campaign:crm/1")
    assert "a.dmin" in in_the_ledger(board, admin, EntryKind.APPROVE)


def test_an_administrator_asks_for_a_hold_and_another_person_grants_it(
    browser: Browser, board: Served, admin: Page, heard: Complaints
) -> None:
    admin.goto(f"{board.url}/sendepause/campaigns?lang=en&q=crm%2F0")
    row = admin.locator("table tbody tr").first
    row.get_by_text("Request a hold").first.click()
    until = (datetime.now() + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M")  # noqa: DTZ005 - as a form gives it
    row.get_by_label("Hold until").fill(until)
    row.get_by_label("Reason").fill("Ticket 4711")
    row.get_by_role("button", name="Request a hold").click()
    admin.get_by_text("It comes into force once a second person grants it.").wait_for(timeout=PATIENCE)
    (asked,) = written(board, EntryKind.HOLD_ASKED)
    assert asked == ("a.dmin", "campaign:crm/0")

    grant = admin.locator("form[action=act-approve] button", has_text="hold").first
    grant.click()
    admin.get_by_text("Nobody approves their own hold.").wait_for(timeout=PATIENCE)
    assert not written(board, EntryKind.HOLD_GRANTED)
    assert heard.said.pop().endswith("(Conflict)"), "the console names the page of the refusal by its status"
    admin.get_by_role("link", name="Back").click()
    admin.get_by_role("heading", level=2, name="Campaigns").wait_for(timeout=PATIENCE)

    second = as_(browser, board, "s.econd")
    second.goto(f"{board.url}/sendepause/campaigns?lang=en&q=crm%2F0")
    second.locator("form[action=act-approve] button", has_text="hold").first.click()
    second.get_by_text("Approved.").wait_for(timeout=PATIENCE)
    second.close()
    assert [author for author, _ in written(board, EntryKind.HOLD_GRANTED)] == ["s.econd"]
    assert "a.dmin" in in_the_ledger(board, admin, EntryKind.HOLD_ASKED)
    assert "s.econd" in in_the_ledger(board, admin, EntryKind.HOLD_GRANTED)


def test_an_administrator_confirms_what_only_people_can_switch_off(board: Served, admin: Page) -> None:
    admin.goto(f"{board.url}/sendepause/campaigns?lang=en")
    row = admin.locator("tr", has_text=BY_HAND)
    row.get_by_role("button", name="I confirm: switched off").click()
    admin.get_by_text("It is believed once fresh data show silence.").wait_for(timeout=PATIENCE)
    assert written(board, EntryKind.CONFIRMED) == [("a.dmin", "campaign:app/1")]


def test_an_administrator_has_a_file_and_a_message_tried_again(board: Served, admin: Page) -> None:
    for what in (company.HOSTILE, REFUSED):
        admin.goto(f"{board.url}/sendepause/problems?lang=en")
        line = admin.locator("li", has_text=what, has=admin.get_by_role("button", name="Try again")).first
        line.get_by_role("button", name="Try again").click()
        admin.get_by_text("Noted: the next run tries again.").wait_for(timeout=PATIENCE)
    assert written(board, EntryKind.RETRY) == [("a.dmin", "source:phones"), ("a.dmin", "delivery:m1")]
    assert "a.dmin" in in_the_ledger(board, admin, EntryKind.RETRY)


def test_a_page_elsewhere_cannot_act_with_the_administrators_cookie(board: Served, admin: Page) -> None:
    """A form of another origin: neither does its cookie travel with it, nor would its origin do."""
    before = board.head()
    admin.goto(f"{board.url}/sendepause/plan")
    for origin in ("https://elsewhere.example", "null"):
        answer = admin.request.post(f"{board.url}/sendepause/act-halt", form=FORM, headers={"Origin": origin})
        assert answer.status == 403
    assert board.head() == before
