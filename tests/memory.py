"""How much memory a process took."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path


def peak_mib() -> int:
    """The most that this process has had so far, in MiB.

    Not ``getrusage``'s number, which a new process inherits from the one that started it.
    """
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found is not None
    return int(found[1]) // 1024


def peak_bytes(prepare: str, code: str, *arguments: object) -> int:
    """The most that Python holds at once while a line of code runs, in a process of its own: what threads of
    other tests do meanwhile does not count."""
    script = f"""
import sys, tracemalloc
{prepare}
tracemalloc.start()
{code}
print(tracemalloc.get_traced_memory()[1])
"""
    command = [sys.executable, "-c", script, *map(str, arguments)]
    return int(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout)
