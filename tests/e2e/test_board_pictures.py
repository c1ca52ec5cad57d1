"""Takes the pictures for docs/: every page of the board as an operator of the example sees it in Airflow.

``SCREENSHOTS=FOLDER pytest tests/e2e/test_board_pictures.py``; without the folder nothing is taken.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page
from tests.e2e.airflow import Installed
from tests.e2e.browsing import PATIENCE, SHOTS, Window, chromium, logged_in

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.timeout(900),
    pytest.mark.skipif(SHOTS is None, reason="pictures are taken only where SCREENSHOTS names a folder"),
]

FRAME = "/plugin/sendepause/sendepause/"
HAMBURG = "number=%2B494066969102"
COLOURS = 256
MOST = 150_000  # bytes of one picture
PLACES = [
    ("board", FRAME, Window()),
    ("board-dark", FRAME, Window("dark")),
    ("board-phone", "/sendepause/", Window("dark", "de-DE", 390, 1300)),
    ("board-home", "/", Window(height=520)),
    ("board-accounts", f"{FRAME}accounts", Window()),
    ("board-account", f"{FRAME}account?{HAMBURG}", Window(height=1500)),
    ("board-account-dark", f"{FRAME}account?{HAMBURG}", Window("dark", height=1500)),
    ("board-campaigns", f"{FRAME}campaigns", Window("dark")),
    ("board-plan", f"{FRAME}plan", Window()),
    ("board-alerts", f"{FRAME}alerts", Window("dark")),
    ("board-messages", f"{FRAME}messages?show=all&stage=paused", Window()),
    ("board-ledger", f"{FRAME}ledger", Window()),
    ("board-report", f"/sendepause/report?{HAMBURG}", Window(height=1500)),
    ("board-problems", f"{FRAME}problems", Window("dark")),
    ("board-check", f"{FRAME}check", Window()),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as one:
        yield one


def settled(page: Page) -> None:
    """Wait until the page, or the board's frame in it, has been drawn."""
    own = "/sendepause/" in page.url and "/plugin/" not in page.url
    drawn = page if own else page.frame_locator('iframe[title="Sendepause"]')
    drawn.locator("main").wait_for(timeout=PATIENCE)
    page.wait_for_timeout(2000)


@pytest.mark.parametrize(("name", "place", "window"), PLACES, ids=[name for name, _, _ in PLACES])
def test_picture(browser: Browser, installed: Installed, name: str, place: str, window: Window) -> None:
    passwords = installed.data / "airflow" / "simple_auth_manager_passwords.json.generated"
    password = json.loads(passwords.read_text())["admin"]
    page = logged_in(browser, installed.url, "admin", password, window)
    page.goto(installed.url + place)
    settled(page)
    file = Path(str(SHOTS)) / f"{name}.png"
    page.screenshot(path=file)
    page.close()
    drawn = Image.open(file).convert("RGB")
    # No colour is off by more than a shade, where other ways lose those of small marks.
    drawn.quantize(COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(file, optimize=True)
    assert file.stat().st_size < MOST
