"""How much memory a process took."""

from __future__ import annotations

import re
from pathlib import Path


def peak_mib() -> int:
    """The most that this process has had so far, in MiB.

    Not ``getrusage``'s number, which a new process inherits from the one that started it.
    """
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found is not None
    return int(found[1]) // 1024
