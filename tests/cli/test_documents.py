"""Every example command in README.md and docs/ runs.

A command counts that begins with ``sendepause`` inside a fence marked ``sh``. Those of one document run
in their order, in one folder, in an installation that has what the documents speak of: the shipped
configuration with its accounts, its campaign table, and the file ``chat.txt``. A fence that cannot be run has
``<!-- not run: reason -->`` on the line before it.
"""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from tests.cli.conftest import ROOT, Run
from tests.stages.company import Company

FENCE = re.compile(
    r"(?P<skip><!-- not run: .+? -->\n)?^(?P<indent> *)```sh\n(?P<body>.*?)^ *```$", re.M | re.S
)
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
CHAT = """03.08.21, 12:31 - Werkstatt Kiel: Moin, das Rad ist fertig
03.08.21, 12:35 - Ida Krug: Danke, ich komme heute noch
"""
ATTENTION = {"check", "status"}  # whose exit code tells how it stands


def commands(document: Path) -> list[str]:
    """The example commands of a document, in their order."""
    return [
        line.strip().removeprefix(".venv/bin/")
        for fence in FENCE.finditer(document.read_text())
        if not fence["skip"]
        for line in fence["body"].splitlines()
        if re.match(r"(\.venv/bin/)?sendepause ", line.strip())
    ]


def test_the_documents_show_commands_and_say_why_others_are_not_run() -> None:
    assert commands(DOCUMENTS[0])
    for document in DOCUMENTS:
        for fence in FENCE.finditer(document.read_text()):
            runs = all(
                re.match(r"(\.venv/bin/)?sendepause |$", x.strip()) for x in fence["body"].splitlines()
            )
            assert runs or fence["skip"], f"{document.name}: {fence['body']}"


@pytest.mark.parametrize("document", [d for d in DOCUMENTS if commands(d)], ids=lambda path: path.name)
def test_every_example_command_runs(
    document: Path, run: Run, company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SENDEPAUSE_CONFIG", str(ROOT / "include" / "config"))
    company.connect("sendepause_example_crm", conn_type="sqlite", host=str(company.crm))
    (company.folder / "chat.txt").write_text(CHAT)
    monkeypatch.chdir(company.folder)
    for command in commands(document):
        _, *arguments = shlex.split(command, comments=True)
        said = run(*arguments)
        allowed = {0, 1, 2} if arguments[0] in ATTENTION else {0}
        assert said.code in allowed, f"{command}: {said.err}"
        assert said.out, command
