"""A real Chromium, people who log in with it, and what it complains about."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"]
FLAGS += ["--disable-background-networking", "--disable-component-update"]
SHOTS = os.environ.get("SCREENSHOTS")  # a folder: where pictures for docs/ are wanted
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
PATIENCE = 60_000  # milliseconds; the test machine may be busy


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser without a window."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@dataclass
class Window:
    """How somebody's browser is set."""

    scheme: str = "light"
    locale: str = "en-GB"
    width: int = 1360
    height: int = 1000


@dataclass
class Complaints:
    """What the browser's console called an error on one page, and what was answered with one."""

    said: list[str] = field(default_factory=list)

    def listen(self, page: Page) -> Page:
        """Write down from now on whatever the page has to complain about."""
        page.on("console", lambda one: self.said.append(one.text) if one.type == "error" else None)
        page.on("pageerror", lambda error: self.said.append(str(error)))
        return page

    def none(self) -> bool:
        """Whether there were none; what there was is told."""
        assert not self.said
        return True


def opened(browser: Browser, window: Window) -> Page:
    """An empty page of somebody who has not logged in."""
    size = {"width": window.width, "height": window.height}
    return browser.new_page(viewport=size, color_scheme=window.scheme, locale=window.locale)  # type: ignore[arg-type]


def logged_in(browser: Browser, url: str, name: str, password: str, window: Window) -> Page:
    """A page in which somebody has logged in through Airflow's own form."""
    page = opened(browser, window)
    page.goto(f"{url}/auth/login")
    page.fill("input[name=username]", name)
    page.fill("input[name=password]", password)
    page.click("button[type=submit]")
    page.wait_for_url(lambda address: "login" not in address, timeout=PATIENCE)
    return page


def accessible(page: Page) -> bool:
    """Whether axe finds nothing against WCAG 2.2 AA; what it finds is told."""
    found = Axe().run(page, options={"runOnly": RULES})
    assert not found.response["violations"], found.generate_report()
    return True
