"""The configuration tells all of its errors at once, each with file, line, field and mend."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from sendepause import configuration
from sendepause.configuration import BadConfiguration
from sendepause.model import Kind

FILES = {
    "owners.yaml": """\
operators: {channel: C0OPS, language: en}
owners:
  - id: kiel
    name: Werkstatt Kiel
    channel: C0KIEL
    language: de
""",
    "accounts.yaml": """\
accounts:
  - number: "+49 30 23125101"
    name: Werkstatt Kiel
    declared_kind: personal
    owner: kiel
    branch: nord
""",
    "calendar.yaml": """\
enforcements:
  - id: whatsapp-2019
    title: {de: Regel, en: Rule}
    date: 2019-12-07
    time_zone: Europe/Berlin
    source: https://faq.whatsapp.com/
""",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, content in FILES.items():
        (tmp_path / name).write_text(content, "utf-8")
    return tmp_path


def faults(folder: Path) -> list[str]:
    with pytest.raises(BadConfiguration) as caught:
        configuration.load(folder)
    return [str(fault) for fault in caught.value.faults]


def edit(folder: Path, name: str, old: str, new: str) -> None:
    file = folder / name
    content = file.read_text("utf-8")
    assert old in content
    file.write_text(content.replace(old, new), "utf-8")


def test_a_valid_folder_gives_numbers_in_e164_and_a_hash_that_follows_the_content(folder: Path) -> None:
    settings = configuration.load(folder)
    assert settings.accounts[0].number == "+493023125101"
    assert settings.account_list()[0].declared_kind is Kind.PERSONAL
    edit(folder, "owners.yaml", "Werkstatt Kiel", "Werkstatt Eutin")
    assert configuration.load(folder).hash != settings.hash


def test_what_the_store_keeps_makes_the_same_settings_again(folder: Path) -> None:
    settings = configuration.load(folder)
    assert configuration.check(configuration.content_of(settings)) == settings


def test_all_errors_of_all_files_are_told_at_once_with_their_lines(folder: Path) -> None:
    edit(folder, "accounts.yaml", "declared_kind: personal", "declared_kind: privat")
    edit(folder, "accounts.yaml", '"+49 30 23125101"', '"030 23125101x"')
    edit(folder, "owners.yaml", "channel: C0KIEL", "channel: '#kiel'")
    edit(folder, "calendar.yaml", "Europe/Berlin", "Europe/Kiel")
    found = faults(folder)
    assert len(found) == 4
    assert any(f.startswith("accounts.yaml:4: accounts[0].declared_kind") for f in found)
    assert any(f.startswith("accounts.yaml:2: accounts[0].number") and "+49 30 23125101" in f for f in found)
    assert any(f.startswith("owners.yaml:5: owners[0].channel") for f in found)
    assert any(f.startswith("calendar.yaml:5: enforcements[0].time_zone") for f in found)


def test_broken_yaml_names_its_line_and_does_not_hide_errors_of_other_files(folder: Path) -> None:
    edit(folder, "accounts.yaml", "    name: Werkstatt Kiel", "    name: [Werkstatt")
    (folder / "calendar.yaml").unlink()
    found = faults(folder)
    assert any(f.startswith("accounts.yaml:") and "not readable as YAML" in f for f in found)
    assert any(f.startswith("calendar.yaml:") and "is missing" in f for f in found)


def test_an_owner_whom_nobody_knows_is_named_with_those_who_are_known(folder: Path) -> None:
    edit(folder, "accounts.yaml", "owner: kiel", "owner: luebeck")
    (found,) = faults(folder)
    assert found.startswith("accounts.yaml:5: accounts[0].owner")
    assert "luebeck" in found
    assert "kiel" in found


def test_a_field_that_is_misspelt_or_missing_is_told_as_such(folder: Path) -> None:
    edit(folder, "owners.yaml", "language: de", "langage: de")
    found = faults(folder)
    assert any("owners[0].language is missing" in f for f in found)
    assert any("owners[0].langage is not known here" in f for f in found)


def test_numbers_and_ids_stand_once(folder: Path) -> None:
    twice = FILES["accounts.yaml"].split("\n", 1)[1].replace("+49 30 23125101", "0049 30 23125101")
    (folder / "accounts.yaml").write_text(FILES["accounts.yaml"] + twice.replace("0049", "+49"), "utf-8")
    (found,) = faults(folder)
    assert found.startswith("accounts.yaml:7: accounts[1].number")
    assert "second time" in found


def test_a_scope_that_hits_nobody_is_an_error_not_a_quiet_hole(folder: Path) -> None:
    edit(folder, "calendar.yaml", "    source:", "    scope: {branches: [sued]}\n    source:")
    (found,) = faults(folder)
    assert "enforcements[0].scope.branches" in found
    assert "sued" in found


def test_warning_never_begins_after_pausing(folder: Path) -> None:
    edit(folder, "calendar.yaml", "    source:", "    warning_days: 2\n    pausing_days: 5\n    source:")
    (found,) = faults(folder)
    assert "pausing_days" in found


@pytest.mark.parametrize("delimiter", [",", ";"])
def test_accounts_may_come_as_a_sheet(folder: Path, delimiter: str) -> None:
    (folder / "accounts.yaml").unlink()
    rows = [
        ["number", "name", "declared_kind", "owner", "branch", "export_names"],
        ["+49 30 23125101", "Werkstatt", "personal", "kiel", "", "Werkstatt Kiel|Kiel"],
        ["+49 30 23125102", "Laden", "business_app", "kiel", "nord", ""],
    ]
    sheet = "\r\n".join(delimiter.join(row) for row in rows)
    (folder / "accounts.csv").write_text(sheet, "utf-8-sig")
    settings = configuration.load(folder)
    assert [account.number for account in settings.accounts] == ["+493023125101", "+493023125102"]
    assert settings.accounts[0].export_names == ("Werkstatt Kiel", "Kiel")
    assert settings.accounts[1].branch == "nord"


def test_an_error_in_a_sheet_names_its_row(folder: Path) -> None:
    (folder / "accounts.yaml").unlink()
    sheet = "number;name;declared_kind;owner\n+493023125101;A;personal;kiel\n+493023125102;B;privat;kiel\n"
    (folder / "accounts.csv").write_text(sheet, "utf-8")
    (found,) = faults(folder)
    assert found.startswith("accounts.csv:3: accounts[1].declared_kind")


def test_two_lists_of_accounts_are_one_too_many(folder: Path) -> None:
    (folder / "accounts.csv").write_text("number\n", "utf-8")
    assert any("stands beside accounts.yaml" in fault for fault in faults(folder))


def test_a_file_in_another_encoding_says_what_to_do(folder: Path) -> None:
    (folder / "owners.yaml").write_bytes(FILES["owners.yaml"].replace("Kiel", "Köln").encode("latin-1"))
    assert any("UTF-8" in fault for fault in faults(folder))


def test_the_shipped_example_checks() -> None:
    shipped = Path(configuration.__file__).parents[1] / "config"
    assert len(configuration.load(shipped).accounts) == 24


def test_another_folder_is_named_by_the_environment(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SENDEPAUSE_CONFIG", str(folder))
    assert configuration.load().owners[0].id == "kiel"


def test_a_large_configuration_is_parsed_by_libyaml(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten thousand accounts take the other parser ten seconds, in each process that shows the board."""
    assert yaml.__with_libyaml__
    monkeypatch.setattr(yaml, "SafeLoader", None)
    assert len(configuration.load(folder).accounts) == 1
