"""### Forget what is old

Deletes events, day rows, findings and message texts that are older than `keep_events_days` of `policy.yaml`.
The ledger is never shortened.

**When it fails:** nothing is lost but tidiness; data are kept longer than promised until it runs again, so
mend it within days.
"""

from datetime import timedelta

from airflow.sdk import dag, task
from sendepause_parts import AS_OF, DEFAULTS, START, every, moment


@dag(
    dag_display_name="Sendepause 7: forget",
    schedule=every("40 3 * * *"),
    start_date=START,
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=1),
    default_args=DEFAULTS,
    params={"as_of": AS_OF},
    tags=["sendepause"],
    doc_md=__doc__,
)
def sendepause_retention():
    @task
    def forget(**context) -> dict:
        """Drop whole days, and rows older than the set time."""
        from sendepause import stages
        from sendepause.installation import open_installation

        return stages.retain(open_installation(), moment(context))

    forget()


sendepause_retention()
