"""Meta's Cloud API: which account each phone number id belongs to, and what it proves of the account's kind.

A transport, so it has no campaigns and no pause: whatever sends through it is paused where it runs. As in
developers.facebook.com/documentation/business-messaging/whatsapp (Graph API v25.0). A number that is on the
WhatsApp Business app as well ("coexistence", ``is_on_biz_app``) may send from either, so it proves nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any, TypeAlias

from pydantic import Field

from sendepause.campaigns.base import (
    MOST_CAMPAIGNS,
    Access,
    Campaigns,
    Capabilities,
    Check,
    Checks,
    Connector,
    Directory,
    account_of,
)
from sendepause.campaigns.http import HttpClient, at
from sendepause.campaigns.shapes import Section, settings_of
from sendepause.errors import BadInput, Refused, SendepauseError, Unreachable
from sendepause.model import CampaignState, DirectoryEntry, Evidence, Sender, Via
from sendepause.settings import SystemSettings

ADDRESS = "https://graph.facebook.com"
FIELDS = "id,display_phone_number,platform_type,is_on_biz_app"
PAGE = 100
# Error codes (support/error-codes; 80008: Graph's limit for management calls of a business account).
THROTTLED = frozenset({4, 80007, 80008, 130429, 131048, 131056})
NO_TOKEN = frozenset({0, 190})  # expired, revoked or not one
REFUSALS = frozenset({400, 401, 403, 404, 429})  # statuses under which Graph tells its error codes

BusinessId = Annotated[str, Field(pattern=r"^\d{5,25}$", coerce_numbers_to_str=True)]
Row: TypeAlias = Mapping[str, Any]
Rows: TypeAlias = list[Row]

log = logging.getLogger(__name__)


class CloudApiSettings(Section):
    """What ``settings`` of a ``cloud_api`` system holds: WhatsApp Business account ids, Graph's version."""

    business_accounts: tuple[BusinessId, ...] = Field(min_length=1)
    version: str = Field(default="v25.0", pattern=r"^v\d{1,3}\.\d{1,2}$")


class CloudApi(Connector):
    """The connector; see the module. The connection's password is an access token; its host may be empty."""

    capabilities = Capabilities(pause=False, resume=False, read_state=False)

    def __init__(self, system: SystemSettings, access: Access) -> None:
        self.system = system
        self._settings = settings_of(CloudApiSettings, system)
        self._client = HttpClient(
            name=f"The Cloud API {system.id}",
            access=access if access.host else replace(access, host=ADDRESS),
            timeout=system.timeout_seconds,
        )

    async def list(self) -> Campaigns:
        """None: what sends through the Cloud API runs elsewhere."""
        return []

    async def read_state(self, id: str) -> CampaignState:
        """Always UNKNOWN: there are no campaigns here."""
        return CampaignState.UNKNOWN

    async def directory(self) -> Directory:
        """Every phone number of every business account that can be read; an error if none can be."""
        found, errors = [], []
        for business in self._settings.business_accounts:
            try:
                found += [entry for row in await self._numbers(business) if (entry := _entry(row))]
            except SendepauseError as error:  # the others' numbers are no less right
                errors.append(error)
                log.warning("%s: a business account was left out: %s", self.system.id, error.what)
        if len(errors) == len(self._settings.business_accounts):
            raise errors[0]
        return found

    async def check(self) -> Checks:
        """The token's rights on each business account, by reading its phone numbers."""
        return [await self._check(business) for business in self._settings.business_accounts]

    async def _check(self, business: str) -> Check:
        try:
            rows = await self._numbers(business)
        except SendepauseError as error:
            return Check(False, error.what, error.mend)
        app = sum(row.get("is_on_biz_app") is True for row in rows)
        return Check(
            True,
            f"{self._client.name} shows {len(rows)} phone numbers of the business account …{business[-4:]}; "
            f"{app} of them are on the WhatsApp Business app, too.",
        )

    async def _numbers(self, business: str) -> Rows:
        """The phone numbers of a business account, all pages."""
        rows: Rows = []
        cursors: dict[str, None] = {}
        path = f"/{self._settings.version}/{business}/phone_numbers"
        while len(rows) <= MOST_CAMPAIGNS:
            after = next(reversed(cursors), None)
            params = {"fields": FIELDS, "limit": PAGE} | ({"after": after} if after else {})
            answer = await self._client.call("GET", path, params=params, ok=REFUSALS)
            if answer.status in REFUSALS:
                raise self._refusal(answer.status, at(answer.data, "error.code"))
            data = at(answer.data, "data")
            if not isinstance(data, list):
                break
            rows += [row for row in data if isinstance(row, Mapping)]
            # The address of the next page holds the token, so only its cursor is taken.
            cursor = str(at(answer.data, "paging.cursors.after") or "")
            if not at(answer.data, "paging.next"):
                return rows
            if not cursor or cursor in cursors:
                break
            cursors[cursor] = None
        raise BadInput(
            f"{self._client.name} lists no phone numbers, over {MOST_CAMPAIGNS}, or the same ones again.",
            "Look whether the connection's address is Meta's Graph API, or leave its host empty.",
        )

    def _refusal(self, status: int, code: object) -> SendepauseError:
        """What Graph's error code means; its text is not repeated."""
        code = code if isinstance(code, int) else None
        said = f"{self._client.name} answered {status}" + (f" with the code {code}" if code else "") + "."
        if code in THROTTLED or (status == 429 and not code):
            return Unreachable(
                said, "Nothing to do: the limit of calls is reached, and it is read again later."
            )
        if code in NO_TOKEN or (status == 401 and not code):
            return Refused(
                said + " The access token is expired, revoked or none.",
                "Make a new token of a system user, which does not expire, and put it into the connection's "
                "password.",
            )
        return Refused(
            said,
            "Give the token's system user the business account, and the token the permission "
            "whatsapp_business_management; look whether the ids in business_accounts are right.",
        )


def _entry(row: Row) -> DirectoryEntry | None:
    number, id = account_of(row.get("display_phone_number")), row.get("id")
    if number is None or not isinstance(id, str):
        return None
    only_platform = row.get("platform_type") == "CLOUD_API" and row.get("is_on_biz_app") is False
    return DirectoryEntry(Sender(Via.CLOUD_API, "", id), number, Evidence.PLATFORM if only_platform else None)
