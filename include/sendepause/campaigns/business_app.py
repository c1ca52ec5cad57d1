"""The WhatsApp Business app: nothing can be called there, so a person works through a checklist.

Greeting and away messages, scheduled broadcasts and linked devices belong to a phone. Each number is listed
as one campaign whose state nobody can read.
"""

from __future__ import annotations

from sendepause.campaigns.base import (
    Access,
    Campaigns,
    Capabilities,
    Check,
    Checks,
    Connector,
    GoesOn,
)
from sendepause.campaigns.shapes import Section, settings_of
from sendepause.model import Campaign, CampaignState
from sendepause.settings import Number, SystemSettings

NAME = "WhatsApp Business app"


class BusinessAppSettings(Section):
    """What ``settings`` of a ``business_app`` system holds: the numbers that are on the app."""

    accounts: tuple[Number, ...] = ()


class BusinessApp(Connector):
    """The connector; see the module. It needs no connection."""

    needs_connection = False
    capabilities = Capabilities(
        pause=False,
        resume=False,
        read_state=False,
        goes_on=GoesOn.WAITING,  # greeting and away messages answer until a person switches them off
        reversible_without_a_person=False,
    )

    def __init__(self, system: SystemSettings, access: Access) -> None:
        self.system = system
        self._numbers = tuple(dict.fromkeys(settings_of(BusinessAppSettings, system).accounts))

    async def list(self) -> Campaigns:
        """One campaign for each number, in the state UNKNOWN; its id is the number."""
        named = {number: number for number in self._numbers} | self.system.accounts
        return [
            Campaign(self.system.id, id, NAME, number, CampaignState.UNKNOWN, pausable=False)
            for id, number in named.items()
            if number
        ]

    async def read_state(self, id: str) -> CampaignState:
        """Always UNKNOWN: only a person can look."""
        return CampaignState.UNKNOWN

    async def check(self) -> Checks:
        """How many numbers people answer for."""
        count = len(await self.list())
        return [
            Check(
                count > 0,
                f"{count} numbers of {self.system.id} are on the WhatsApp Business app: people act there.",
                "Name the numbers in settings.accounts, or remove the system.",
            )
        ]
