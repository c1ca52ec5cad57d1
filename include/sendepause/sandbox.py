"""Whether an installation is a rehearsal ground on which a far ``as_of`` may act."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from sendepause.campaigns.base import Access
from sendepause.settings import Settings


def is_sandbox(settings: Settings, data: Path, access: Callable[[str], Access]) -> bool:
    """True where every campaign system is a loopback URL or a file below the data folder."""
    return all(_harmless(access(system.connection), data) for system in settings.campaign_systems)


def _harmless(reached: Access, data: Path) -> bool:
    if reached.kind == "sqlite":
        return Path(reached.host or reached.schema).resolve().is_relative_to(data.resolve())
    host = urlsplit(reached.host).hostname if "://" in reached.host else reached.host
    return host == "localhost" or _is_loopback(host or "")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
