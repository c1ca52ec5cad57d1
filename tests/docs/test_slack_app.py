"""The Slack app of the README has exactly the rights that the code uses, and the docs name every error."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from sendepause.alerts import slack, slack_errors

ROOT = Path(__file__).parents[2]


def manifest() -> dict[str, object]:
    text = (ROOT / "README.md").read_text()
    found = re.search(r"```yaml\n(\s+display_information:.*?)```", text, re.DOTALL)
    assert found is not None
    loaded: dict[str, object] = yaml.safe_load(found[1])
    return loaded


def test_the_manifest_asks_for_exactly_the_scopes_that_are_used() -> None:
    scopes = manifest()["oauth_config"]["scopes"]["bot"]  # type: ignore[index]
    assert sorted(scopes) == sorted(slack.SCOPES)


def test_the_manifest_sends_answers_to_the_address_that_takes_them() -> None:
    url = manifest()["settings"]["interactivity"]["request_url"]  # type: ignore[index]
    plugin = (ROOT / "plugins" / "sendepause_callbacks.py").read_text()
    prefix = re.search(r'"url_prefix": "([^"]+)"', plugin)
    assert prefix is not None
    callbacks = (ROOT / "include" / "sendepause" / "callbacks.py").read_text()
    path = re.search(r'@app\.post\("([^"]+)"\)', callbacks)
    assert path is not None
    assert url.endswith(prefix[1] + path[1])


def test_every_word_of_slacks_that_has_a_rule_is_in_the_docs() -> None:
    text = (ROOT / "docs" / "alerts.md").read_text()
    known = (
        slack_errors._CHANNEL_GONE
        | slack_errors._TOKEN_DEAD
        | slack_errors._LIMITED
        | slack_errors._SLACK_FAILED
        | slack_errors._THREAD_GONE
        | slack_errors._MESSAGE_GONE
    )
    assert not sorted(word for word in known if f"`{word}`" not in text)
