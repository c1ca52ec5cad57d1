"""One word for one thing: what ``docs/words.md`` rules out stands in no text that people read."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from sendepause.places import ROOT

ROOM = ROOT / "include" / "sendepause"
TEXTS = [
    *(ROOM / "alerts").glob("phrases*.py"),
    ROOM / "alerts" / "items.py",
    ROOM / "alerts" / "digest.py",
    ROOM / "alerts" / "moves.py",
    ROOM / "alerts" / "roots.py",
    ROOM / "audit" / "signals.py",
    ROOM / "audit" / "verdict.py",
    ROOM / "board" / "messages.py",
    ROOM / "board" / "texts.py",
    ROOM / "explanation.py",
    ROOM / "people.py",
    ROOM / "questions.py",
    ROOM / "second_proof.py",
    ROOM / "story" / "pages.py",
    ROOM / "story" / "paths.py",
    ROOM / "words.py",
]


def ruled_out() -> list[str]:
    rows = [line.split("|") for line in (ROOT / "docs" / "words.md").read_text("utf-8").splitlines()]
    cells = [row[4] for row in rows if len(row) == 6][2:]
    return [word.strip() for cell in cells for word in cell.split(",") if word.strip()]


def said(file: Path) -> Iterator[str]:
    """The strings of a file that are texts: more than a word, no documentation, nothing of its code."""
    tree = ast.parse(file.read_text("utf-8"))
    documentation = {
        node.body[0].value
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and isinstance(node.body[0], ast.Expr)
    }
    # what follows an assignment without being used is documentation, too
    documentation |= {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in documentation:
            yield node.value


def test_there_are_words_to_look_for() -> None:
    assert {"Ausnahme", "verdict", "the date"} <= set(ruled_out())


@pytest.mark.parametrize("word", ruled_out())
def test_a_word_that_was_decided_against_stands_in_no_text(word: str) -> None:
    pattern = re.compile(rf"\b{re.escape(word)}\b")
    found = [
        (file.name, text)
        for file in TEXTS
        for text in said(file)
        if (" " in text or text.istitle()) and pattern.search(text)
    ]
    assert found == []
