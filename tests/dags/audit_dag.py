"""Runs ``sendepause_audit`` in a real Airflow over day rows that lie there; prints what happened as JSON.

Runs in a process of its own: ``python audit_dag.py DAGS AS_OF SHARES``.
"""

from __future__ import annotations

import json
import sys
from datetime import datetime
from pathlib import Path

from airflow.dag_processing.bundles.manager import DagBundlesManager
from airflow.dag_processing.dagbag import BundleDagBag, sync_bag_to_db
from airflow.models.asset import AssetEvent
from airflow.models.xcom import XComModel
from airflow.utils.session import create_session

from sendepause import auditing
from sendepause.installation import store_url
from sendepause.store import database, queries

folder, as_of, shares = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
DagBundlesManager().sync_bundles_to_db()
bag = BundleDagBag(dag_folder=folder, bundle_path=folder, bundle_name="dags-folder")
sync_bag_to_db(bag, "dags-folder", None)
engine = database.connect(store_url())
database.migrate(engine)
moment = datetime.fromisoformat(as_of)
with database.session(engine) as session:
    queries.beat(session, "read", moment, moment, {})
auditing.ACCOUNTS_A_SHARE = shares

ran = bag.dags["sendepause_audit"].test(run_conf={"as_of": as_of})
with database.session(engine, write=False) as session:
    found = queries.latest_findings(session)
with create_session() as airflow:
    # Of this run alone: other tests share this Airflow.
    events = [event.extra for event in airflow.query(AssetEvent).filter_by(source_run_id=ran.run_id)]
    between = [str(row.value) for row in airflow.query(XComModel).filter_by(run_id=ran.run_id)]
tasks = sorted((task.task_id, task.map_index, str(task.state)) for task in ran.get_task_instances())
verdicts = {number: [finding.verdict, finding.as_of.isoformat()] for number, finding in found.items()}
said = {"state": str(ran.state), "tasks": tasks, "found": verdicts, "events": events, "between": between}
sys.stdout.write(json.dumps(said))
