"""Runs ``sendepause_ingest`` in a real Airflow, twice with a new row between; prints what happened as JSON.

Runs in a process of its own: ``python query_dag.py DAGS CRM``.
"""

from __future__ import annotations

import json
import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

from airflow.dag_processing.bundles.manager import DagBundlesManager
from airflow.dag_processing.dagbag import BundleDagBag, sync_bag_to_db
from airflow.models.asset_state_store import AssetStateStoreModel
from airflow.utils.session import create_session

from sendepause.installation import store_url
from sendepause.store import database, queries

folder, crm = Path(sys.argv[1]), sys.argv[2]
DagBundlesManager().sync_bundles_to_db()
bag = BundleDagBag(dag_folder=folder, bundle_path=folder, bundle_name="dags-folder")
sync_bag_to_db(bag, "dags-folder", None)
engine = database.connect(store_url())
database.migrate(engine)


def run() -> dict[str, Any]:
    """One run of the DAG: its state, what reading counted, and what Airflow keeps."""
    ran = bag.dags["sendepause_ingest"].test()
    with database.session(engine, write=False) as session:
        counts = queries.heartbeats(session)["read"].counts
    with create_session() as session:
        kept = {row.key: row.value for row in session.query(AssetStateStoreModel)}
    return {"state": str(ran.state), "counts": dict(counts), "kept": kept}


first = run()
with closing(sqlite3.connect(crm)) as connection, connection:
    connection.execute("INSERT INTO sent SELECT id + 1, at, number, customer || '9', way, body FROM sent")
sys.stdout.write(json.dumps([first, run()], default=str))
