"""The page about the board shows each of its pages, in pictures that can be read aloud and are light."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.airflow_home import ROOT

from sendepause.board import texts
from sendepause.board.rendering import PAGES
from sendepause.model import Language

DOCS = ROOT / "docs"
PAGE = (DOCS / "board.md").read_text()
SHOWN = re.findall(r"!\[(?P<alt>[^\]]*)\]\((?P<file>[^)]+)\)", PAGE)
SHOWN += [(alt, file) for file, alt in re.findall(r'<img src="([^"]+)"[^>]* alt="([^"]*)"', PAGE)]
FILES = [file for _, file in SHOWN] + re.findall(r'srcset="([^"]+)"', PAGE)


def test_every_page_of_the_board_has_its_section() -> None:
    headings = " ".join(re.findall(r"^## (.+)$", PAGE, re.MULTILINE)).lower()
    for _, name in PAGES:
        assert texts.text(name, Language.EN).lower() in headings, name


@pytest.mark.parametrize(("alt", "file"), SHOWN)
def test_a_picture_says_what_it_shows(alt: str, file: str) -> None:
    assert len(alt) > 40, file


@pytest.mark.parametrize("file", FILES)
def test_a_picture_is_there_and_light(file: str) -> None:
    assert (DOCS / file).stat().st_size < 150_000


def test_every_picture_of_the_board_is_shown() -> None:
    assert {path.name for path in Path(DOCS).glob("board*.png")} == set(FILES)
