"""What one owner reads from the first notice to the end: played anew, and as it is written in docs/."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from sendepause import docs
from sendepause.model import Form, Language, Stage
from sendepause.story.paths import PATHS
from sendepause.story.scenes import CASTS, Chapter, put_on
from sendepause.words import Both

WRITTEN = (docs.FOLDER / "messages.md").read_text("utf-8")
GERMAN, ENGLISH = WRITTEN.split("\n## In English\n")


@pytest.mark.timeout(280)
@pytest.mark.parametrize("language", Language)
def test_the_page_is_what_the_company_played_through_reads(language: Language) -> None:
    assert docs._played(language).strip() in WRITTEN, "run `make docs`"


def messages(page: str) -> list[str]:
    """The quoted messages of a page, in order."""
    return re.findall(r"(?:^>.*\n)+", page, re.MULTILINE)


@pytest.mark.parametrize("page", [GERMAN, ENGLISH], ids=["de", "en"])
def test_every_step_says_when_it_comes_and_every_message_what_to_do(page: str) -> None:
    steps = re.split(r"^#### ", page, flags=re.MULTILINE)[1:]
    assert len(steps) == sum(len(path.chapters) for path in PATHS)
    for step in steps:
        assert re.search(r"^\*\w+, .*2019, .*:\*$", step, re.MULTILINE), step
    asked = [one for one in messages(page) if "<sub>" in one and "@" in one.split("\n>\n")[1]]
    rooted = [one for one in asked if re.match(r"> \*\*(Stichtag|Deadline) ", one)]
    answered = [one for one in asked if re.search(r"\*\*(Zu tun|To do):\*\*", one)]
    assert len(asked) == len(rooted) + len(answered) > 10


def test_an_owner_reads_of_a_pause_before_it_is_made() -> None:
    main = GERMAN.partition("### Mehr Zeit")[0]
    titles = [one.splitlines()[0].strip("> *") for one in messages(main)]
    assert [title.partition(":")[0] for title in titles if not title.startswith("Stichtag")] == [
        "Ankündigung",
        "Gelesen** von @Wiebke Harmsen, Donnerstag, 7. November 2019, 7.12 Uhr.",
        "Erinnerung",
        "Letzte Erinnerung",
        "Pausiert",
        "Pause noch nicht belegt",
        "Stille bestätigt",
    ]
    assert "> Pause: ab Montag, 2. Dezember 2019, 0 Uhr, falls die Kampagne dann noch läuft" in main


def test_the_hours_are_those_of_the_owners_clock() -> None:
    assert "Friday, 6 December 2019, 23:00 " in ENGLISH  # midnight in Berlin, in London
    assert "Samstag, 7. Dezember 2019, 0 Uhr" in GERMAN


def test_no_number_but_the_accounts_and_no_recipient_is_on_the_page() -> None:
    found = set(re.findall(r"\+\d[\d ]{7,}\d", WRITTEN))
    assert found == {"+49 40 66969101", "+49 40 66969102", "+44 7700 900101", "+44 7700 900102"}


def test_a_path_that_no_longer_tells_what_its_chapters_say_is_an_error() -> None:
    path = next(path for path in PATHS if path.title.en == "Nobody answers")
    chapters = (*path.chapters, Chapter(Both("Ende", "The end"), Form.NOTICE, Stage.RESUMED))
    with pytest.raises(ValueError, match="“The end” of “Nobody answers” did not come"):
        put_on(replace(path, chapters=chapters), CASTS[Language.EN])
