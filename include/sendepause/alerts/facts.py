"""What has to be told, and to whom: the values that go into the outbox."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sendepause.alerts.texts import AlertFacts
from sendepause.model import Audience, Language, Stage

_LONGEST_TEXT = 1000
_LONGEST_LIST = 50

Key = tuple[str, str, Stage]  # enforcement, subject, stage


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that one audience has to be told. ``enforcement`` is "" where it hangs on no rule."""

    enforcement: str
    subject: str  # item key; ``channel:ID`` for a Slack channel
    stage: Stage
    audience: Audience
    facts: AlertFacts = field(default_factory=lambda: AlertFacts())

    @property
    def key(self) -> Key:
        """What ``settle`` knows the fact by."""
        return self.enforcement, self.subject, self.stage


@dataclass(frozen=True, slots=True)
class Recipient:
    """One Slack channel of an audience, and how its people read."""

    channel: str
    audience: Audience
    language: Language
    time_zone: str
    owner_id: str | None = None  # None for the operators
    backup_channel: str | None = None


def plain(value: Any) -> Any:
    """The facts as bounded JSON that every database can keep (PostgreSQL takes no NUL and no half pair)."""
    match value:
        case dict():
            return {str(name): plain(one) for name, one in value.items() if one is not None}
        case list() | tuple():
            return [plain(one) for one in value[:_LONGEST_LIST]]
        case str():
            whole = value[:_LONGEST_TEXT].encode("utf-16", "surrogatepass").decode("utf-16", "replace")
            return whole.replace("\0", "")
        case datetime() | date():
            return value.isoformat()
    return value
