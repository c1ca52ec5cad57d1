"""Whether an installation is a rehearsal ground on which a far ``as_of`` may act."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from sendepause.campaigns.base import Access
from sendepause.settings import Settings


def is_sandbox(settings: Settings, data: Path, access: Callable[[str], Access | None]) -> bool:
    """True where every campaign system is a loopback URL or a file below the data folder.

    A system whose connection is missing is not known to be one. ``access``: None where there is none.
    """
    found = [access(system.connection) for system in settings.campaign_systems]
    return all(reached is not None and _harmless(reached, data) for reached in found)


def _harmless(reached: Access, data: Path) -> bool:
    if reached.kind == "sqlite" and "://" not in reached.host:
        return Path(reached.host or reached.schema).resolve().is_relative_to(data.resolve())
    url = urlsplit(reached.host if "://" in reached.host else f"//{reached.host}")
    # A database URL may name another server in its query.
    return not url.query and (url.hostname == "localhost" or _is_loopback(url.hostname or ""))


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
