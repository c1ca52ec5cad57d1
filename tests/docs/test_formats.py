"""``docs/formats.md`` and the sources of the README say what the code does, and their examples run."""

from __future__ import annotations

import io
import re
import sys
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml
from tests.fuzz.targets import corpus, read_or_refuse

from sendepause.errors import BadInput
from sendepause.frames import MESSAGES
from sendepause.model import Evidence
from sendepause.places import ROOT
from sendepause.settings import COLUMN_ROLES, RECEIVER, SourceKind, SourceSettings
from sendepause.sources import READERS, read_whole
from sendepause.sources.base import ReadContext
from sendepause.sources.csv_words import ROLES
from sendepause.sources.show import as_json_lines
from sendepause.sources.text import fold

PAGE = (ROOT / "docs" / "formats.md").read_text("utf-8")
README = (ROOT / "README.md").read_text("utf-8")
SHIPPED = (ROOT / "include" / "config" / "sources.yaml").read_text("utf-8")
MIB = 1024 * 1024
JOURNAL, SHOWN = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
READER, LINE = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


def rows(heading: str) -> list[list[str]]:
    """The cells of the first table below a heading, without its head."""
    table = re.search(rf"^##+ {heading}\n.*?(^\|.*?)\n\n", PAGE, re.DOTALL | re.MULTILINE)
    assert table, heading
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table[1].splitlines()[2:]]


def test_every_kind_that_can_be_configured_has_a_reader() -> None:
    assert set(get_args(SourceKind)) == {*READERS, RECEIVER}


def test_every_kind_stands_in_the_table_the_readme_and_the_shipped_comment() -> None:
    assert {cells[0].strip("`") for cells in rows("The kinds")} == set(get_args(SourceKind))
    comment = " ".join(line.lstrip("# ") for line in SHIPPED.splitlines() if line.startswith("#"))
    for kind in get_args(SourceKind):
        assert re.search(rf"\b{kind}\b", comment), kind
        assert f"kind: {kind}," in README or f"kind: {kind}}}" in README, kind


def test_every_role_stands_in_the_table_with_names_that_are_known() -> None:
    told = {}
    for roles, _, names in rows("Tables and queries"):
        told |= dict.fromkeys(re.findall(r"`(\w+)`", roles), names.split(", "))
        known = set().union(*(ROLES[role] for role in re.findall(r"`(\w+)`", roles)))
        assert all(fold(name) in known for name in names.split(", ")), names
    assert set(told) == set(COLUMN_ROLES) == set(ROLES)


def test_every_column_of_a_message_is_explained() -> None:
    told = [name for cells in rows("Add a format") for name in re.findall(r"`(\w+)`", cells[0])]
    assert told == MESSAGES.names()


@pytest.mark.parametrize("cells", rows("Bounds"), ids=lambda cells: cells[2].strip("`"))
def test_a_bound_is_the_one_in_the_code(cells: list[str]) -> None:
    module, _, name = cells[2].strip("`").rpartition(".")
    number, _, unit = cells[1].partition(" ")
    size = {"": 1, "MiB": MIB, "GiB": 1024 * MIB}[unit]
    assert getattr(import_module(f"sendepause.{module}"), name) == int(number.replace(",", "")) * size


def yaml_blocks(text: str) -> list[dict[str, Any]]:
    """The sources in the YAML of a page."""
    blocks = re.findall(r"^ *```yaml\n(.*?)^ *```", text, re.DOTALL | re.MULTILINE)
    read = [yaml.safe_load(block) for block in blocks]
    return [source for block in read for source in block.get("sources", ())]


@pytest.mark.parametrize(
    "source", yaml_blocks(PAGE) + yaml_blocks(README), ids=lambda source: f"{source['id']}-{source['kind']}"
)
def test_a_source_that_is_shown_can_be_configured(source: dict[str, Any]) -> None:
    shown = SourceSettings.model_validate(source)
    if shown.columns:  # without one of these no message has a direction, and all are left out
        assert {"direction", "own", "from"} & shown.columns.keys()


def test_the_pages_show_sources_of_both_ways() -> None:
    assert {"query", "location"} <= {key for source in yaml_blocks(PAGE) for key in source}
    assert yaml_blocks(README)


@pytest.fixture
def added(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """The example lies in its file and is registered, as the page says; its kind."""
    found = re.fullmatch(r'\s*"(\w+)": "([\w.]+)\.read",\n', LINE)
    assert found, LINE
    file = tmp_path / "depesche.py"
    file.write_text(READER)
    spec = spec_from_file_location(found[2], file)
    assert spec and spec.loader
    module = module_from_spec(spec)
    monkeypatch.setitem(sys.modules, found[2], module)
    spec.loader.exec_module(module)
    monkeypatch.setitem(READERS, found[1], LINE.split('"')[3])
    return found[1]


def test_the_example_reads_what_the_page_shows(added: str) -> None:
    stream = io.BytesIO(JOURNAL.encode())
    reading = read_whole(added, stream, "journal.jsonl", ReadContext("Europe/Berlin"))
    assert list(as_json_lines(reading, "Europe/Berlin")) == SHOWN.splitlines()
    assert reading.evidence is Evidence.CONSUMER
    assert reading.messages["direction"].to_list() == ["out", "in"]
    assert reading.messages["campaign_id"].to_list() == ["pickup", None]


def test_the_example_reads_or_refuses_whatever_it_is_given(added: str) -> None:
    for data in corpus():
        read_or_refuse(added, data)
    for cut in range(0, len(JOURNAL), 7):
        read_or_refuse(added, JOURNAL.encode()[:cut])
    with pytest.raises(BadInput, match="Depesche"):
        read_whole(added, io.BytesIO(b'{"event": "sent"}'), "other.jsonl", ReadContext("Europe/Berlin"))
