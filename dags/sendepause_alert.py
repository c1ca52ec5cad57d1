"""### Tell the owners

Delivers what is owed through the Slack connection `slack_api_default`, each alert once. Runs when something
is owed, and every five minutes, so that what could not be delivered is tried again. Without the connection
everything stays owed and nothing claims to have been sent.

**When it fails:** nothing is lost and nothing is sent twice: a delivery whose answer was lost is looked up in
its channel before it is repeated. Read the one sentence at the end of the log; a wrong token or a missing
scope is mended in the Slack app, a channel that is gone in `owners.yaml`.
"""

from datetime import timedelta

from airflow.sdk import AssetOrTimeSchedule, dag, task
from sendepause_parts import ALERTS, AS_OF, DEFAULTS, START, every, linked, moment


@dag(
    dag_display_name="Sendepause 4: alert",
    schedule=AssetOrTimeSchedule(timetable=every("*/5 * * * *"), assets=[ALERTS]),
    start_date=START,
    catchup=False,
    max_active_runs=1,  # one sender: a channel takes one message a second
    dagrun_timeout=timedelta(minutes=30),
    default_args=DEFAULTS,
    params={"as_of": AS_OF},
    tags=["sendepause"],
    doc_md=__doc__,
)
def sendepause_alert():
    @task
    def deliver(**context) -> dict:
        """Send what is owed and still true."""
        from sendepause import tell
        from sendepause.installation import open_installation

        return tell.alert(open_installation(), moment(context))

    linked(deliver(), "alerts")


sendepause_alert()
