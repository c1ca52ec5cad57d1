"""Prints what Airflow knows of every DAG of a folder once it has parsed and serialized it, as JSON.

Runs in a process of its own: ``python parsed.py FOLDER``.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from airflow.dag_processing.dagbag import BundleDagBag
from airflow.sdk import DAG, AssetOrTimeSchedule
from airflow.sdk.definitions.asset import Asset
from airflow.serialization.serialized_objects import DagSerialization


def facts(dag: DAG) -> dict[str, Any]:
    """One DAG, in plain values; it has to survive serialization."""
    DagSerialization.from_dict(DagSerialization.to_dict(dag))
    timed = isinstance(dag.timetable, AssetOrTimeSchedule)
    clock = dag.timetable.timetable if timed else dag.timetable
    condition = getattr(dag.timetable, "asset_condition", None)
    assets = condition.objects if condition is not None else []
    return {
        "dag_id": dag.dag_id,
        "name": dag.dag_display_name,
        "owner": dag.owner,
        "tags": sorted(dag.tags),
        "doc_md": dag.doc_md,
        "max_active_runs": dag.max_active_runs,
        "timeout": dag.dagrun_timeout.total_seconds() if dag.dagrun_timeout else None,
        "start_date": dag.start_date.isoformat() if dag.start_date else None,
        "catchup": dag.catchup,
        "cron": getattr(clock, "expression", None),
        "zone": str(getattr(clock, "timezone", "")),
        "listens_to": [asset.name for asset in assets],
        "tasks": [
            {
                "task_id": task.task_id,
                "type": task.task_type,
                "retries": task.retries,
                "gives_up_at": [rule.exception for rule in task.retry_policy.rules],
                "links": [link.name for link in task.operator_extra_links],
                "gives": [asset.name for asset in task.outlets if isinstance(asset, Asset)],
            }
            for task in dag.tasks
        ],
    }


folder = Path(sys.argv[1])
bag = BundleDagBag(dag_folder=folder, bundle_path=folder, bundle_name="tests")
sys.stdout.write(json.dumps({"errors": bag.import_errors, "dags": [facts(dag) for dag in bag.dags.values()]}))
