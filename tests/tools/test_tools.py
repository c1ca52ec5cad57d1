"""The tests' own tools: what is missing is never taken for well, and every arrival is counted once."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import httpx
import pytest
from tests.tools import node
from tests.tools.receiver import Arrival, receiving


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of tools."""
    monkeypatch.setenv("SENDEPAUSE_TOOLS", str(tmp_path))
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}")
    return tmp_path


def test_what_is_missing_skips_a_test_and_fails_it_in_ci(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match=r"\.ci/tools n8n@"):
        node.need(node.N8N)
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match=r"\.ci/tools n8n@"):
        node.need(node.N8N)


def test_another_patch_will_do_and_another_minor_version_will_not(folder: Path) -> None:
    for name in ("node-red@4.0.9", "node-red@4.1.10", "node-red@4.1.9", "node-red@5.0.7"):
        (folder / name).mkdir()
    found = node.need(node.NODE_RED_4)
    assert found.version == "4.1.10"
    (folder / "node-red@4.1.8").mkdir()
    assert node.need(node.NODE_RED_4).version == "4.1.8"


def test_a_tool_without_its_node_is_not_there(folder: Path) -> None:
    (folder / "node-red@5.0.7").mkdir()
    assert node.find(node.NODE_RED_5) is None
    (folder / str(node.NODE_24)).mkdir()
    found = node.find(node.NODE_RED_5)
    assert found is not None and found.node.is_relative_to(folder)
    assert found.environment["PATH"].startswith(str(found.node.parent))


def test_an_install_that_breaks_off_leaves_nothing_that_is_taken_for_a_tool(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def fails(tool: node.Tool, at: Path, *arguments: str) -> None:
        asked.append((at / "package.json").read_text())
        raise node.NotInstalled("the line broke")

    monkeypatch.setattr(node, "_npm", fails)
    with pytest.raises(node.NotInstalled, match="the line broke"):
        node.install(node.NODE_RED_4)
    assert node.find(node.NODE_RED_4) is None
    assert [text for text in asked if '"4.1.8"' in text or '"~4.1.0"' in text] == asked and len(asked) == 2


def test_a_name_that_nobody_knows_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert node.main(["n8n@0.0.1"]) == 1
    assert "n8n@0.0.1" in capsys.readouterr().out


def test_arrivals_are_counted_by_moment_and_path() -> None:
    with receiving() as receiver:
        httpx.post(f"{receiver.url}/a?x=1", content=b"hello")
        httpx.get(f"{receiver.url}/b")
        between = time.monotonic()
        httpx.put(f"{receiver.url}/a")
        assert (receiver.count(), receiver.count(between), receiver.count(path="/a")) == (3, 1, 2)
        assert [(one.method, one.body) for one in receiver.arrivals[:2]] == [("POST", b"hello"), ("GET", b"")]


def test_waiting_ends_with_the_arrival_and_never_quietly_without() -> None:
    with receiving() as receiver:
        late = threading.Timer(0.1, receiver.note, [Arrival(time.monotonic() + 0.1, "POST", "/late")])
        late.start()
        assert receiver.wait_for(1, seconds=10) == 1
        with pytest.raises(AssertionError, match="1 of 2 arrived"):
            receiver.wait_for(2, seconds=0.05)


def test_quiet_counts_what_comes_all_the_same() -> None:
    with receiving() as receiver:
        late = threading.Timer(0.05, lambda: httpx.post(receiver.url))
        late.start()
        assert receiver.quiet(0.5) == 1
        assert receiver.quiet(0.05) == 0


def test_a_slow_answer_is_an_arrival_at_once() -> None:
    with receiving() as receiver:
        receiver.answers_after = 5
        with pytest.raises(httpx.ReadTimeout):
            httpx.post(receiver.url, timeout=0.1)
        assert receiver.count() == 1
