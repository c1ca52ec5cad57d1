"""### Read every source

Reads new and changed files of all sources into the event store and the day rows. A file is read once; a
broken one stays where it is, is noted with its reason, and stops no other.

**When it fails:** nothing is lost, the next run reads what this one did not. The task's log ends with one
sentence that says what to mend: a missing or changed key (`sendepause_key`), a store that is out of reach,
a configuration that never checked. Single broken files never fail this DAG; the board lists them.
"""

from datetime import timedelta

from airflow.sdk import dag, task
from airflow.sdk.exceptions import AirflowSkipException
from sendepause_parts import AS_OF, DEFAULTS, EVENTS, START, every, linked, moment


@dag(
    dag_display_name="Sendepause 1: read",
    schedule=every("*/10 * * * *"),
    start_date=START,
    catchup=False,
    max_active_runs=1,  # the event store has one writer
    dagrun_timeout=timedelta(hours=2),
    default_args=DEFAULTS,
    params={"as_of": AS_OF},
    tags=["sendepause"],
    doc_md=__doc__,
)
def sendepause_ingest():
    @task(inlets=[EVENTS])  # how far queries were read is kept in the state of this asset
    def read(**context) -> dict:
        """Read what is new or has changed."""
        from sendepause import stages
        from sendepause.installation import open_installation

        return stages.read(open_installation(), moment(context), context["asset_state_store"][EVENTS])

    @task(outlets=[EVENTS])
    def announce(counts: dict, *, outlet_events) -> None:
        """Tell the audit that there are new events; nothing new is no event."""
        if not (counts["events_new"] or counts["day_rows"] or counts["files_broken"]):
            raise AirflowSkipException("Nothing new was read.")
        outlet_events[EVENTS].extra = counts

    announce(linked(read(), "problems"))


sendepause_ingest()
