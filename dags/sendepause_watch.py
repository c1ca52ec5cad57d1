"""### Watch over what is paused

Reads every campaign that should be silent again, one by one, ends what still runs of it where the system
can, and listens to its account: fresh data without a machine are the second proof of a pause
(*silence confirmed*), a machine in them is an alarm. Looks every 6 hours, every hour while pausing, and every
10 minutes from 24 hours before the date until 24 hours after it; new findings are listened to at once.

**When it fails:** pauses stay as they are; nobody looks whether they hold, except for the list that
`sendepause_enforce` reads every ten minutes. Read the one sentence at the end of the log, mend, and clear
the task.
"""

from datetime import timedelta

from airflow.sdk import AssetOrTimeSchedule, dag, task
from airflow.sdk.exceptions import AirflowSkipException
from sendepause_parts import ALERTS, AS_OF, DEFAULTS, FINDINGS, START, every, linked, moment, quiet_libraries


@dag(
    dag_display_name="Sendepause 8: watch",
    schedule=AssetOrTimeSchedule(timetable=every("5-59/10 * * * *"), assets=[FINDINGS]),
    start_date=START,
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(minutes=9),  # below the interval: a run that hangs never keeps the next one out
    default_args=DEFAULTS,
    params={"as_of": AS_OF},
    tags=["sendepause"],
    doc_md=__doc__,
)
def sendepause_watch():
    @task
    def watch(**context) -> dict:
        """Read again, and listen, if it is time."""
        from sendepause import watching
        from sendepause.installation import open_installation

        quiet_libraries()
        counts = watching.run(open_installation(), moment(context))
        if not counts["due"]:
            raise AirflowSkipException("It is not time yet.")
        return counts

    @task(outlets=[ALERTS])
    def announce_alerts(counts: dict, *, outlet_events) -> None:
        """Wake the delivery if anything is owed."""
        if not counts["owed"]:
            raise AirflowSkipException("No alert is owed.")
        outlet_events[ALERTS].extra = counts

    announce_alerts(linked(watch(), "campaigns"))


sendepause_watch()
