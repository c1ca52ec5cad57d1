"""### Decide, pause, verify

Every ten minutes, whatever the audit does: lists the campaign systems, makes the plan, lets the guard look
at it, pauses what is due, reads every state back, and writes down what is owed to whom. It runs again after
an audit too. A pause is written down as an intent before a system is called, and counts only once the state
was read back.

Run it by hand with *As of* to see the plan of another moment: a moment further than the set number of hours
from now only shows, pauses nothing and posts nothing. *Dry run* shows the plan of now.

**When it fails:** nothing is done twice; the next run goes on where this one stopped. A campaign system that
is out of reach does not fail the run: the pause stays owed, owners and operators are told, the board shows
it.
If this DAG has not run for half an hour, `sendepause status` says so by its exit code.

**To stop everything:** `sendepause halt on`, effective before the next call.
"""

from datetime import timedelta

from airflow.sdk import AssetOrTimeSchedule, dag, task
from airflow.sdk.exceptions import AirflowSkipException
from sendepause_parts import (
    ACCOUNTS,
    ALERTS,
    AS_OF,
    DEFAULTS,
    DRY_RUN,
    FINDINGS,
    START,
    STOPPED,
    every,
    linked,
    moment,
    quiet_libraries,
)


@dag(
    dag_display_name="Sendepause 3: enforce",
    schedule=AssetOrTimeSchedule(timetable=every("*/10 * * * *"), assets=[FINDINGS]),
    start_date=START,
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(minutes=9),  # below the interval: a run that hangs never keeps the next one out
    default_args=DEFAULTS,
    params={"as_of": AS_OF, "dry_run": DRY_RUN, "accounts": ACCOUNTS},
    tags=["sendepause"],
    doc_md=__doc__,
)
def sendepause_enforce():
    @task
    def enforce(**context) -> dict:
        """Plan, guard, intent, act, read back."""
        from sendepause import stages
        from sendepause.installation import open_installation

        quiet_libraries()
        params = context["params"]
        return stages.enforce(
            open_installation(), moment(context), dry_run=params["dry_run"], accounts=params["accounts"]
        )

    @task(outlets=[ALERTS])
    def announce_alerts(counts: dict, *, outlet_events) -> None:
        """Wake the delivery if anything is owed."""
        if not counts.get("owed"):
            raise AirflowSkipException(
                "No alert is owed." if "owed" in counts else "Only shown: nothing is owed."
            )
        outlet_events[ALERTS].extra = counts

    @task(outlets=[STOPPED])
    def announce_stopped(counts: dict, *, outlet_events) -> None:
        """Ask a person, in a DAG of its own, if the guard stopped anything new."""
        if not counts.get("newly_stopped"):
            raise AirflowSkipException("The guard stopped nothing new.")
        outlet_events[STOPPED].extra = {"waiting": counts["waiting"], "items": counts["stopped_items"]}

    done = linked(enforce(), "plan", _as_of)
    announce_alerts(done)
    announce_stopped(done)


def _as_of(context: dict) -> dict[str, str]:
    """The moment of a plan that is only shown; without one, the plan of now."""
    as_of = context["params"].get("as_of")
    return {"at": as_of} if as_of else {}


sendepause_enforce()
