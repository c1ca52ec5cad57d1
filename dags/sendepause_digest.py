"""### Tell the operators how it stands

Keeps the day's numbers every day. Posts one summary with a picture to the operators' channel: every day while
an enforcement is in warning or later, else on Mondays; also when nothing happened, because silence from a
watchman is no good news.

**When it fails:** the loop does not need it. A digest that was not posted is posted by the next try of the
same day, once; the next day's says what changed since the last one that was posted. A picture that cannot be
drawn is left out, and the log says why.
"""

from datetime import timedelta

from airflow.sdk import dag, task
from sendepause_parts import AS_OF, DEFAULTS, START, every, linked, moment


@dag(
    dag_display_name="Sendepause 6: digest",
    schedule=every("0 7 * * *"),
    start_date=START,
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(minutes=30),
    default_args=DEFAULTS,
    params={"as_of": AS_OF},
    tags=["sendepause"],
    doc_md=__doc__,
)
def sendepause_digest():
    @task
    def digest(**context) -> dict:
        """Count, keep, compare and post."""
        from sendepause import tell
        from sendepause.installation import open_installation

        return tell.digest(open_installation(), moment(context))

    linked(digest(), "./")


sendepause_digest()
