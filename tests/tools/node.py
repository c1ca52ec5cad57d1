"""Campaign tools that run on Node.js: installed once, outside the clone, and found again by the tests.

``.ci/tools`` installs them, each into ``NAME@VERSION`` below ``SENDEPAUSE_TOOLS`` (default
``~/.cache/sendepause-tools``). A test asks with :func:`need`, which skips it where the tool is missing, and
fails it in CI. Nothing but the standard library is needed to install.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

PATIENCE = 1500  # seconds for one step of npm; n8n takes three minutes alone on two cores
PARTIAL = ".partial"  # one install at a time, so one that is found at the beginning was broken off
QUIET = ("--no-audit", "--no-fund", "--loglevel=error")


class NotInstalled(Exception):
    """A tool could not be installed; the text is the end of what npm said."""


@dataclass(frozen=True)
class Tool:
    """A package of npm in the version that the tests were written against.

    ``script``: what Node.js starts, below the package. ``runs_on``: the Node.js it needs; None is the
    system's. ``compiled``: packages in it that have to be compiled, as their install scripts are not run.
    """

    name: str
    version: str
    script: str
    runs_on: Tool | None = None
    compiled: tuple[str, ...] = ()
    overrides: Mapping[str, str] = field(default_factory=dict, hash=False)

    def __str__(self) -> str:
        return f"{self.name}@{self.version}"

    @property
    def patches(self) -> str:
        """The versions that will do where the pinned one cannot be had: ``4.1``."""
        return self.version.rpartition(".")[0]


NODE_24 = Tool("node", "24.21.0", "bin/node")
NODE_RED_4 = Tool("node-red", "4.1.8", "red.js")
NODE_RED_5 = Tool("node-red", "5.0.7", "red.js", NODE_24)  # needs Node.js 22.9
# xlsx: n8n asks for one that is not on npm.
N8N = Tool("n8n", "2.41.1", "bin/n8n", NODE_24, ("sqlite3",), {"xlsx": "0.18.5"})
N8N_2_8 = Tool("n8n", "2.8.4", "bin/n8n", None, ("sqlite3",), {"xlsx": "0.18.5"})  # the last for Node.js 20

USUAL = (NODE_24, NODE_RED_4, NODE_RED_5, N8N)
ALL = (*USUAL, N8N_2_8)


@dataclass(frozen=True)
class Installed:
    """A tool that is there. ``command`` starts it, in ``environment`` or one that keeps its ``PATH``."""

    tool: Tool
    folder: Path
    node: Path  # the Node.js that it runs on

    @property
    def version(self) -> str:
        """The version that is really there; the pinned one, or another patch of it."""
        return self.folder.name.rpartition("@")[2]

    @property
    def script(self) -> Path:
        return self.folder / "node_modules" / self.tool.name / self.tool.script

    @property
    def command(self) -> list[str]:
        return [str(self.node), str(self.script)]

    @property
    def environment(self) -> dict[str, str]:
        """Ours, with the right Node.js first in the path."""
        return {**os.environ, "PATH": f"{self.node.parent}{os.pathsep}{os.environ.get('PATH', '')}"}


def tools_folder() -> Path:
    """Where tools are kept: outside the clone, so that a fresh one finds them."""
    return Path(os.environ.get("SENDEPAUSE_TOOLS") or Path.home() / ".cache" / "sendepause-tools")


def find(tool: Tool) -> Installed | None:
    """The tool, in the pinned version or another patch of it; None where it or its Node.js is missing."""
    node = _node_of(tool)
    folders = [path for path in tools_folder().glob(f"{tool.name}@{tool.patches}.*") if path.is_dir()]
    if node is None or not folders:
        return None
    pinned = tools_folder() / str(tool)
    return Installed(tool, pinned if pinned in folders else max(folders, key=_numbers), node)


def need(tool: Tool) -> Installed:
    """The tool. Where it is missing the test is skipped with the mend; in CI it fails."""
    import pytest  # not there when tools are installed

    found = find(tool)
    if found is not None:
        return found
    told = f"{tool} is not installed; to have this test run: .ci/tools {tool}"
    if os.environ.get("CI") == "true":
        raise pytest.fail.Exception(told, pytrace=False)
    raise pytest.skip.Exception(told)


def install(tool: Tool) -> Installed:
    """The tool, installed where it was missing: the pinned version, else the newest patch of it.

    NotInstalled where neither can be had.
    """
    if tool.runs_on is not None:
        install(tool.runs_on)
    if (found := find(tool)) is not None:
        return found
    with _alone():
        if (found := find(tool)) is not None:  # somebody else has just installed it
            return found
        try:
            _install(tool, tool.version)
        except NotInstalled:
            _install(tool, f"~{tool.patches}.0")
    found = find(tool)
    if found is None:
        raise NotInstalled(f"{tool} was installed, and no Node.js is there to run it.")
    return found


def _install(tool: Tool, version: str) -> None:
    """Into a folder of its own, which gets its name only when it is whole."""
    partial = tools_folder() / PARTIAL
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    manifest = {"private": True, "dependencies": {tool.name: version}, "overrides": dict(tool.overrides)}
    (partial / "package.json").write_text(json.dumps(manifest))
    _npm(tool, partial, "install", *(["--ignore-scripts"] if tool.compiled else []))
    if tool.compiled:
        _npm(tool, partial, "rebuild", *tool.compiled, f"--nodedir={_headers(tool)}")
    package = json.loads((partial / "node_modules" / tool.name / "package.json").read_text())
    partial.rename(tools_folder() / f"{tool.name}@{package['version']}")


def _npm(tool: Tool, folder: Path, *arguments: str) -> None:
    node = _node_of(tool)
    npm = shutil.which("npm")
    if npm is None:
        raise NotInstalled("npm is missing: install Node.js 20 or newer with it (on Debian: nodejs, npm).")
    path = os.pathsep.join([*([str(node.parent)] if node else []), os.environ.get("PATH", "")])
    try:
        done = subprocess.run(
            [npm, *arguments, *QUIET],
            cwd=folder,
            env={**os.environ, "PATH": path},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise NotInstalled(f"npm {arguments[0]} was not through after {PATIENCE} s.") from None
    if done.returncode:
        raise NotInstalled(f"npm {arguments[0]} of {tool} failed:\n{done.stdout[-3000:]}")


def _node_of(tool: Tool) -> Path | None:
    """The Node.js that a tool runs on: one from npm, or the system's."""
    if tool.runs_on is not None:
        found = find(tool.runs_on)
        return found.script if found else None
    system = shutil.which("node")
    return Path(system) if system else None


def _headers(tool: Tool) -> Path:
    """Where Node.js keeps what compiling needs: in npm's own packages of it, and beside the system's."""
    node = _node_of(tool)
    homes = [*node.parent.parent.glob("node_modules/node-*"), node.resolve().parent.parent] if node else []
    for home in homes:
        if (home / "include" / "node" / "node_api.h").exists():
            return home
    raise NotInstalled(f"{tool} has to be compiled, and the headers of {node} are missing.")


def _numbers(folder: Path) -> list[int]:
    return [int(part) for part in re.findall(r"\d+", folder.name.rpartition("@")[2])]


@contextmanager
def _alone() -> Iterator[None]:
    """One install at a time on this machine."""
    tools_folder().mkdir(parents=True, exist_ok=True)
    with (tools_folder() / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def main(wanted: list[str]) -> int:
    """Install what is named (``n8n@2.8.4``), or else what the tests usually need. 1 where one failed."""
    known = {str(tool): tool for tool in ALL}
    if unknown := [name for name in wanted if name not in known]:
        print(f"Unknown: {', '.join(unknown)}. Known: {', '.join(known)}.")  # noqa: T201
        return 1
    failed = 0
    for tool in [known[name] for name in wanted] or USUAL:
        began, there = time.monotonic(), find(tool)
        try:
            found = there or install(tool)
        except NotInstalled as error:
            failed = 1
            print(f"{tool}: NOT installed after {time.monotonic() - began:.0f} s. {error}", flush=True)  # noqa: T201
            continue
        how = "was there" if there else f"installed in {time.monotonic() - began:.0f} s"
        print(f"{found.tool.name}@{found.version}: {how} ({found.folder})", flush=True)  # noqa: T201
    return failed
