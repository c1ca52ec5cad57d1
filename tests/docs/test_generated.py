"""What is generated in docs/ is what the code says."""

import pytest

from sendepause import docs

PAGES = docs.pages()


@pytest.mark.parametrize("name", PAGES)
def test_a_generated_page_is_what_the_code_says(name: str) -> None:
    assert (docs.FOLDER / name).read_text("utf-8") == PAGES[name], "run `make docs`"


def test_an_owner_reads_of_a_pause_before_it_is_made() -> None:
    german = PAGES["messages.md"].partition("## In English")[0]
    told = [line.removeprefix("> ").strip() for line in german.splitlines() if line.startswith("> ")]
    titles = [line for line in told if line.startswith(("Ankündigung", "Pausiert", "Wieder eingeschaltet"))]
    assert [title.partition(":")[0] for title in titles[:4]] == [
        "Ankündigung",
        "Pausiert",
        "Wieder eingeschaltet",
        "Pausiert",
    ]
    assert "Pause: ab Montag, 2. Dezember 2019, 0 Uhr, falls die Kampagne dann noch läuft" in told


@pytest.mark.parametrize(
    "about",
    [
        "What stands paused",
        "A gateway's session",
        "What only people can switch off",
        "A campaign on the Business Platform",
        "Contradictions",
    ],
)
def test_the_table_tells_of_everything_beyond_a_running_campaign(about: str) -> None:
    assert f"\n## {about}" in PAGES["decisions.md"]


def test_no_case_of_the_table_closes_a_session_unasked_or_switches_on_what_was_not_moved() -> None:
    lines = PAGES["decisions.md"].splitlines()
    assert {line.count("**pause** (`choke_point`)") for line in lines} <= {0, 1}
    (resumed,) = [line for line in lines if "**resume**" in line]
    assert "data prove that the account has moved" in resumed
