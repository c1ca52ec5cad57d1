"""One campaign's way through the whole package with a real n8n, counted by what arrives.

It runs on a personal account, is announced and paused before the date, stays silent, and after the account
has moved it comes back on approval, in the version that ran.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.stages.company import SHOP, Company
from tests.stages.neighbours import declare, platform, with_system
from tests.tools.n8n import N8n, every_second, running, sending, workflow
from tests.tools.node import N8N, need
from tests.tools.receiver import Receiver, receiving

from sendepause import people, watching
from sendepause import questions as asking

pytestmark = [pytest.mark.e2e, pytest.mark.tools, pytest.mark.timeout(600)]

MOMENT, SILENCE = 0.5, 4.0  # seconds; the campaign sends once a second
OLD, NEW = "/old", "/new"


@pytest.fixture
def n8n(tmp_path: Path) -> Iterator[N8n]:
    (folder := tmp_path / "n8n").mkdir()
    with running(need(N8N), folder) as up:
        yield up


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as up:
        yield up


def test_from_the_pause_before_the_date_to_the_way_back(
    company: Company, n8n: N8n, receiver: Receiver
) -> None:
    made = workflow("Weekly offers", every_second(), sending(receiver.url + OLD))
    id = n8n.make(made, f"account:{SHOP}")
    subject = f"campaign:flows/{id}"
    with_system(company, "flows", "n8n", {"release": "2.41"})
    company.connect("flows", conn_type="http", host=n8n.url, password=n8n.key())
    receiver.wait_for(2, path=OLD)

    company.enforce("2019-12-06T09:00")
    assert receiver.quiet(2, OLD) > 0, "a rehearsal calls nothing"
    people.switch_acting(company.installation, True, "anna")
    company.enforce("2019-12-06T09:10")
    receiver.quiet(MOMENT)
    assert receiver.quiet(SILENCE) == 0, "what was reported as paused sends nothing"
    assert [str(e.kind) for e in company.entries() if e.subject == subject] == ["intent", "paused"]

    company.at("2019-12-06T09:20")
    assert watching.run(company.installation, company.clock())["running"] == 0
    n8n.edit(id, workflow("Weekly offers", every_second(), sending(receiver.url + NEW)))

    declare(company, SHOP, "business_platform")
    with platform(company, SHOP):
        company.enforce("2019-12-06T09:30")
        assert receiver.quiet(2) == 0, "nothing is switched on without a person"
        (question,) = [q for q in asking.questions(company.installation) if q["key"] == subject]
        people.approve(company.installation, subject, "ben", item=question["item"])
        company.enforce("2019-12-06T09:40")
    receiver.wait_for(2, since=receiver.arrivals[-1].at + 1, path=OLD)
    assert receiver.count(path=NEW) == 0, "the version that was paused, not the draft"
    kinds = [str(e.kind) for e in company.entries() if e.subject == subject]
    assert kinds[-3:] == ["approve", "resume_intent", "resumed"]
