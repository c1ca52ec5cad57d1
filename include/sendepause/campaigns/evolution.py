"""Evolution API: instances, the bots that answer through them, and the webhooks that tell other tools.

As read in its source (2.3.6 and 2.3.7, github.com/evolution-foundation/evolution-api). One instance is one
WhatsApp number, or with ``WHATSAPP-BUSINESS`` one phone number id of the Cloud API. The ids here:

``instance/NAME``: the connection itself. There is no pause, and a logout needs a person with the phone.
``bot/KIND/NAME/ID``: a bot that answers by itself, switched by ``enabled``.
``webhook/NAME``: what hands incoming messages to outside tools, switched by ``enabled``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sendepause.campaigns.base import (
    MOST_CAMPAIGNS,
    Access,
    Backlog,
    BacklogKind,
    Campaigns,
    Capabilities,
    Check,
    Checks,
    Connector,
    Directory,
    GoesOn,
    Level,
    Reveals,
    UnderWay,
    campaigns_of,
)
from sendepause.campaigns.evolution_items import (
    BOTS,
    PLATFORM,
    Item,
    Row,
    Rows,
    bot_state,
    events_of,
    item_of,
    number_of,
    rows_of,
    switched,
    version_of,
)
from sendepause.campaigns.http import Auth, HttpClient, at_most, segment
from sendepause.campaigns.senders import addresses
from sendepause.campaigns.shapes import GatewaySettings, settings_of
from sendepause.errors import BadInput, Refused, SendepauseError
from sendepause.model import CampaignState, DirectoryEntry, Evidence, Sender, Via
from sendepause.settings import SystemSettings

KEPT_BY_THE_SERVER = frozenset({"id", "instanceId", "createdAt", "updatedAt"})  # of a bot
EVIDENCE = {"WHATSAPP-BAILEYS": Evidence.CONSUMER, PLATFORM: Evidence.PLATFORM}
OVER = ("closed", "paused")  # conversations that a bot does not answer in
ABSENT = frozenset({400, 404})  # 400: this kind of bots is switched off on the server; 404: unknown


class Evolution(Connector):
    """The connector; see the module. The connection's password is the global API key, or an instance's."""

    capabilities = Capabilities(
        list_running=True,
        goes_on=GoesOn.WAITING,  # a bot that is switched off goes on answering in open conversations
        backlog=True,
        restores_version=True,  # a webhook's events, which are deleted when it is switched off
        reveals_account=Reveals.PARTLY,
    )

    def __init__(self, system: SystemSettings, access: Access) -> None:
        self.system = system
        self._addresses = addresses(access, settings_of(GatewaySettings, system).known_as)
        self._client = HttpClient(
            name=f"The Evolution API {system.id}",
            access=access,
            timeout=system.timeout_seconds,
            auth=Auth(header="apikey", prefix=""),
        )

    async def list(self) -> Campaigns:
        """Every instance, every bot of it, and its webhook where it has one."""
        found = await at_most(self.system.at_once, self._items, await self._instances())
        campaigns = [one for items in found for one in items]
        if len(campaigns) > MOST_CAMPAIGNS:
            raise BadInput(
                f"{self._client.name} has more than {MOST_CAMPAIGNS} instances, bots and webhooks."
            )
        return campaigns

    async def read_state(self, id: str) -> CampaignState:
        """As told now; see the functions below for what counts as paused."""
        item = item_of(id)
        match item.what:
            case "instance":
                rows = await self._instances(item.instance)
                return await self._connection(rows[0]) if rows else CampaignState.UNKNOWN
            case "bot":
                bot = await self._bot(item)
                off = bot.get("enabled") is False
                return bot_state(bot, await self._bot_settings(item.kind, item.instance) if off else {})
            case "webhook":
                return switched((await self._webhook(item.instance)).get("enabled"))
        return CampaignState.UNKNOWN

    async def pause(self, id: str) -> None:
        """Switches a bot or a webhook off. Refused for an instance."""
        item = item_of(id)
        if item.what == "bot":
            await self._switch_bot(item, False)
        elif item.what == "webhook":
            found = await self._found_webhook(item)
            if found.get("enabled") is not False:  # again, it would take nothing away but the events
                await self._switch_webhook(item, found, False, found.get("events"))
        else:
            raise self._no_pause(item)

    async def resume(self, id: str, version: str | None) -> None:
        """Switches it on again; a webhook with the events that it had. Refused where those are not known."""
        item = item_of(id)
        if item.what == "bot":
            await self._switch_bot(item, True)
        elif item.what == "webhook":
            if not (events := events_of(version)):
                raise Refused(
                    f"The events of a webhook of {self._client.name} are not known: switching it off deleted "
                    "them, and without them it would be told everything.",
                    "Choose its events in the Evolution API, and switch it on there.",
                )
            await self._switch_webhook(item, await self._found_webhook(item), True, events)
        else:
            raise self._no_pause(item)

    async def under_way(self, id: str) -> UnderWay:
        """The conversations that a bot has open, and in which it answers whenever the other side writes.

        What outside tools do with an instance or a webhook's message is not listed here.
        """
        item = item_of(id)
        if item.what != "bot":
            return UnderWay(complete=False)
        path = f"/{item.kind}/fetchSessions/{segment(item.bot)}/{segment(item.instance)}"
        sessions = rows_of((await self._client.call("GET", path, ok=ABSENT)).data)
        if sessions is None:
            return UnderWay(complete=False)
        mine = [one for one in sessions if one.get("botId") == item.bot and one.get("status") not in OVER]
        return UnderWay(waiting=len(mine))

    async def backlog(self, id: str) -> Backlog:
        """Nothing: what came in while a bot or a webhook was off is neither answered nor handed on later."""
        known = item_of(id).what in ("bot", "webhook")
        return Backlog(BacklogKind.NOTHING) if known else Backlog(BacklogKind.UNKNOWN)

    async def directory(self) -> Directory:
        """The instances' numbers, as connected or as in the system's ``accounts`` (``instance/NAME``)."""
        return [
            DirectoryEntry(
                Sender(Via.EVOLUTION, url, row["name"]), number, EVIDENCE.get(str(row.get("integration")))
            )
            for row in await self._instances()
            if (number := number_of(row) or self._mapped(row))
            for url in self._addresses
        ]

    async def check(self) -> Checks:
        """Connection and key, and instances whose number nobody tells."""
        try:
            rows = await self._instances()
        except SendepauseError as error:
            return [Check(False, error.what, error.mend)]
        without = sum(not (number_of(row) or self._mapped(row)) for row in rows)
        return [
            Check(True, f"{self._client.name} shows {len(rows)} instances."),
            Check(
                not without,
                f"{without} of them show no number.",
                "Add instance/NAME with its number to accounts; a WHATSAPP-BUSINESS instance shows its phone "
                "number id only, which a system with the connector cloud_api resolves.",
            ),
        ]

    # -- what is listed

    async def _items(self, row: Row) -> Campaigns:
        """An instance and all that hangs on it."""
        name = row["name"]
        items: dict[str, tuple[Level, bool]] = {f"instance/{name}": (Level.SESSION, False)}
        rows = [{"id": f"instance/{name}", "name": name, "state": await self._connection(row)}]
        for kind, needed in BOTS.items():
            bots = await self._bots(kind, name)
            settings = await self._bot_settings(kind, name) if bots else {}
            for bot in bots:
                id = f"bot/{kind}/{name}/{bot.get('id')}"
                stands_in = settings.get("fallbackId") == bot.get("id")
                items[id] = (Level.CAMPAIGN, all(bot.get(key) for key in needed) and not stands_in)
                title = f"{bot.get('description') or kind} ({name})"
                rows.append({"id": id, "name": title, "state": bot_state(bot, settings)})
        if webhook := await self._webhook(name):
            version = version_of(webhook.get("events"))
            off = webhook.get("enabled") is False
            items[f"webhook/{name}"] = (Level.SESSION, off or version is not None)
            state = switched(webhook.get("enabled"))
            rows.append(
                {"id": f"webhook/{name}", "name": f"Webhook ({name})", "state": state, "version": version}
            )
        account = self._mapped(row) or number_of(row)
        told = [{**one, "account": account} for one in rows]
        senders = (self._sender(row),)
        return [
            replace(one, level=items[one.id][0], pausable=items[one.id][1], senders=senders)
            for one in campaigns_of(self.system.id, lambda state: CampaignState(str(state)), told)
        ]

    def _sender(self, row: Row) -> Sender:
        if row.get("integration") == PLATFORM:
            return Sender(Via.CLOUD_API, "", str(row.get("number") or ""))  # a phone number id, no number
        return Sender(Via.EVOLUTION, self._addresses[0] if self._addresses else "", row["name"])

    def _mapped(self, row: Row) -> str | None:
        return self.system.accounts.get(f"instance/{row['name']}")

    # -- what is read

    async def _instances(self, name: str | None = None) -> Rows:
        """All instances that the key may see, or the one of a name; [] where there is none."""
        answer = await self._client.call(
            "GET",
            "/instance/fetchInstances",
            params={"instanceName": name} if name else None,
            ok=frozenset({404}) if name else frozenset(),
        )
        if answer.status == 404:
            return []  # or it is not loaded yet
        rows = rows_of(answer.data)
        if rows is None or not all(isinstance(row.get("name"), str) and row["name"] for row in rows):
            raise BadInput(
                f"{self._client.name} lists no instances with names.",
                "Look whether the connection's address is that of an Evolution API of version 2.",
            )
        return [row for row in rows if name in (None, row["name"])]

    async def _connection(self, row: Row) -> CampaignState:
        """RUNNING while connected. PAUSED only where server and database both say that it is logged out:
        during a start or a reconnection the server says ``close`` too, or has no such instance."""
        path = f"/instance/connectionState/{segment(row['name'])}"
        data = (await self._client.call("GET", path, ok=frozenset({404}))).data
        instance = data.get("instance") if isinstance(data, Mapping) else None
        state = instance.get("state") if isinstance(instance, Mapping) else None
        if state == "open":
            return CampaignState.RUNNING
        logged_out = state == "close" == row.get("connectionStatus")
        return CampaignState.PAUSED if logged_out else CampaignState.UNKNOWN

    async def _bots(self, kind: str, instance: str) -> Rows:
        answer = await self._client.call("GET", f"/{kind}/find/{segment(instance)}", ok=ABSENT)
        if answer.status in ABSENT:
            return []
        rows = rows_of(answer.data)
        if rows is None or not all(isinstance(row.get("id"), str) for row in rows):
            raise BadInput(f"{self._client.name} does not list the bots of an instance.")
        return rows

    async def _bot(self, item: Item) -> Row:
        """The bot as it is now; {} where its instance has none of this id."""
        bots = await self._bots(item.kind, item.instance)
        return next((bot for bot in bots if bot.get("id") == item.bot), {})

    async def _bot_settings(self, kind: str, instance: str) -> Row:
        answer = await self._client.call("GET", f"/{kind}/fetchSettings/{segment(instance)}", ok=ABSENT)
        return answer.told if answer.status not in ABSENT else {}

    async def _webhook(self, instance: str) -> Row:
        """The instance's own webhook; {} where it has none, or is not loaded yet."""
        data = (await self._client.call("GET", f"/webhook/find/{segment(instance)}", ok=ABSENT)).data
        return data if isinstance(data, Mapping) and data.get("url") else {}

    # -- what is switched

    async def _switch_bot(self, item: Item, on: bool) -> None:
        """Sends the bot as found: an update validates all of it, and compares it with other bots'."""
        bot = await self._bot(item)
        if not bot:
            raise Refused(f"{self._client.name} has no such bot.", "Look whether it still exists.")
        body = {
            key: value for key, value in bot.items() if key not in KEPT_BY_THE_SERVER and value is not None
        }
        path = f"/{item.kind}/update/{segment(item.bot)}/{segment(item.instance)}"
        await self._client.call("PUT", path, body=body | {"enabled": on})

    async def _found_webhook(self, item: Item) -> Row:
        if not (found := await self._webhook(item.instance)):
            raise Refused(
                f"{self._client.name} shows no webhook for this instance.",
                "Look whether the instance is loaded, and has a webhook of its own.",
            )
        return found

    async def _switch_webhook(self, item: Item, found: Row, on: bool, events: object) -> None:
        webhook = {
            "enabled": on,
            "url": found["url"],
            "headers": found.get("headers"),
            "byEvents": found.get("webhookByEvents"),
            "base64": found.get("webhookBase64"),
            "events": events,
        }
        body = {"webhook": {key: value for key, value in webhook.items() if value is not None}}
        await self._client.call("POST", f"/webhook/set/{segment(item.instance)}", body=body)

    def _no_pause(self, item: Item) -> Refused:
        if item.what != "instance":
            return Refused(f"{self._client.name} has no such instance, bot or webhook.")
        return Refused(
            f"{self._client.name} has no pause for an instance: only a logout stops it, which deletes its "
            "login and needs a person with the phone to come back.",
            "Let the owner log the device out on the phone, under Linked devices.",
        )
