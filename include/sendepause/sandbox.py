"""Whether an installation is a rehearsal ground on which a far ``as_of`` may act."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from sendepause.campaigns.base import Access
from sendepause.installation import SLACK_CONNECTION
from sendepause.settings import Settings


def is_sandbox(settings: Settings, data: Path, events: str, access: Callable[[str], Access | None]) -> bool:
    """True where every campaign system is a loopback URL or a file below the data folder, and so is what
    else a run may change: the events are kept there, and Slack, if there is any, is on this machine.

    A system whose connection is missing is not known to be one, nor is a ground without any system.
    ``access``: None where there is none.
    """
    found = [access(s.connection) for s in settings.campaign_systems if s.connection]
    slack = access(SLACK_CONNECTION)
    return (
        bool(found)
        and all(reached is not None and _harmless(reached, data) for reached in found)
        and "://" not in events
        and Path(events).resolve().is_relative_to(data.resolve())
        and (slack is None or _on_this_machine(str(slack.extra.get("base_url"))))
    )


def _harmless(reached: Access, data: Path) -> bool:
    if reached.kind == "sqlite" and "://" not in reached.host:
        return Path(reached.host or reached.schema).resolve().is_relative_to(data.resolve())
    return _on_this_machine(reached.host if "://" in reached.host else f"//{reached.host}")


def _on_this_machine(address: str) -> bool:
    url = urlsplit(address)
    # A database URL may name another server in its query.
    return not url.query and (url.hostname == "localhost" or _is_loopback(url.hostname or ""))


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
