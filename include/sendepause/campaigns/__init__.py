"""The connectors to campaign systems, one file each, imported only when used."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, cast

from sendepause.errors import BadInput

if TYPE_CHECKING:
    from sendepause.campaigns.base import Access, Connector
    from sendepause.settings import SystemSettings

CONNECTORS = {
    "airflow": "sendepause.campaigns.airflow_api:AirflowApi",
    "business_app": "sendepause.campaigns.business_app:BusinessApp",
    "cloud_api": "sendepause.campaigns.cloud_api:CloudApi",
    "evolution": "sendepause.campaigns.evolution:Evolution",
    "http_api": "sendepause.campaigns.http_api:HttpApi",
    "n8n": "sendepause.campaigns.n8n:N8n",
    "node_red": "sendepause.campaigns.node_red:NodeRed",
    "sql_table": "sendepause.campaigns.sql_table:SqlTable",
    "wwebjs": "sendepause.campaigns.wwebjs:Wwebjs",
}


def connect(system: SystemSettings, access: Access) -> Connector:
    """The connector of a campaign system; nothing is called yet.

    Raises BadInput for a connector that does not exist and for settings that it cannot use.
    """
    path = CONNECTORS.get(system.connector)
    if path is None:
        raise BadInput(
            f"The campaign system {system.id} names a connector that does not exist: {system.connector}.",
            f"Known connectors: {', '.join(sorted(CONNECTORS))}.",
            place=f"campaign_systems.yaml: {system.id}",
        )
    module, _, name = path.partition(":")
    kind = cast("type[Connector]", getattr(import_module(module), name))
    if kind.needs_connection and not system.connection:
        raise BadInput(
            f"The campaign system {system.id} names no Airflow connection.",
            "Add connection: with the id of the connection that holds its address and its secret.",
            place=f"campaign_systems.yaml: {system.id}",
        )
    return kind(system, access)
