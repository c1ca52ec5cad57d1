"""What is generated in docs/ is what the code says."""

from __future__ import annotations

import pytest

from sendepause import docs


@pytest.fixture(scope="module")
def decisions() -> str:
    return docs.decisions()


def test_the_table_of_decisions_is_what_the_code_says(decisions: str) -> None:
    assert (docs.FOLDER / "decisions.md").read_text("utf-8") == decisions, "run `make docs`"


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
def test_the_table_tells_of_everything_beyond_a_running_campaign(decisions: str, about: str) -> None:
    assert f"\n## {about}" in decisions


def test_no_case_of_the_table_closes_a_session_unasked_or_switches_on_what_was_not_moved(
    decisions: str,
) -> None:
    lines = decisions.splitlines()
    assert {line.count("**pause** (`choke_point`)") for line in lines} <= {0, 1}
    (resumed,) = [line for line in lines if "**resume**" in line]
    assert "data prove that the account has moved" in resumed


def test_every_generated_page_is_in_the_folder() -> None:
    assert all((docs.FOLDER / name).is_file() for name in docs.PAGES)
