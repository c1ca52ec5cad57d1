"""### Ask for a hold

Started by hand: asks that one campaign may go on running until a moment. Another person has to approve it in
*Required actions*; until then nothing changes. A hold ends by itself, on a personal account at the latest the
set number of hours before the date, and its owner is asked again a day before it ends.

**When it fails:** nothing was asked for; the one sentence at the end of the log says why.
"""

from datetime import timedelta

from airflow.sdk import Param, dag, task
from sendepause_parts import DEFAULTS, START, STOPPED, linked


@dag(
    dag_display_name="Sendepause 9: ask for a hold",
    schedule=None,
    start_date=START,
    catchup=False,
    max_active_runs=16,
    dagrun_timeout=timedelta(minutes=10),
    default_args=DEFAULTS,
    params={
        "campaign": Param(
            "",
            type="string",
            minLength=3,
            title="Kampagne / Campaign",
            description="SYSTEM/ID, as the board and the plan show it.",
        ),
        "until": Param(
            None, type="string", format="date-time", title="Bis / Until", description="With its offset."
        ),
        "reason": Param(
            "",
            type="string",
            minLength=3,
            maxLength=1000,
            title="Begründung / Reason",
            description="Stays in the ledger for ever: no names or numbers of customers.",
        ),
    },
    tags=["sendepause"],
    doc_md=__doc__,
)
def sendepause_hold():
    @task(outlets=[STOPPED])
    def ask(*, outlet_events, **context) -> dict:
        """Write the request down under the name of who started the run, and have another person asked."""
        from sendepause import people
        from sendepause.countdown import parse_moment
        from sendepause.installation import open_installation

        params, run = context["params"], context["dag_run"]
        entry = people.ask_hold(
            open_installation(),
            params["campaign"],
            parse_moment(params["until"]),
            params["reason"],
            run.triggering_user_name or "airflow",
            request=run.run_id,
            asks=True,
        )
        outlet_events[STOPPED].extra = {"waiting": 1, "items": [f"hold:{entry.seq}"]}
        return {"hold": f"hold:{entry.seq}"}

    linked(ask(), "look", lambda context: {"subject": context["params"]["campaign"]})


sendepause_hold()
