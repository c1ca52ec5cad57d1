"""### Judge every account

Computes the signals of the last four weeks from the day rows and writes one finding for each account:
`clear`, `watch`, `bulk`, `automated` or `no_data`, with its evidence. Runs after new events, and every
night, because an account that falls silent changes its finding too.

**When it fails:** pausing goes on by the clock without it; findings get older, and after the set number of
days an account counts as one without data. Read the task's log, mend, and clear the task.
"""

from datetime import timedelta

from airflow.sdk import AssetOrTimeSchedule, dag, task
from airflow.sdk.exceptions import AirflowSkipException
from sendepause_parts import AS_OF, DEFAULTS, EVENTS, FINDINGS, START, every, moment


@dag(
    dag_display_name="Sendepause 2: audit",
    schedule=AssetOrTimeSchedule(timetable=every("15 2 * * *"), assets=[EVENTS]),
    start_date=START,
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=2),
    default_args=DEFAULTS,
    params={"as_of": AS_OF},
    tags=["sendepause"],
    doc_md=__doc__,
)
def sendepause_audit():
    @task(outlets=[FINDINGS])
    def audit(*, outlet_events, **context) -> dict:
        """One finding for each account."""
        from sendepause import stages
        from sendepause.installation import open_installation

        counts = stages.audit(open_installation(), moment(context))
        if not counts["accounts"]:
            raise AirflowSkipException("Nothing was read yet; the audit follows the first reading.")
        outlet_events[FINDINGS].extra = counts
        return counts

    audit()


sendepause_audit()
