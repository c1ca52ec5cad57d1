"""### Ask a person

Starts when the guard stopped a pause that nobody announced, and asks, one question a pause, in Airflow's own
*Required actions*. It decides nothing: an approval is written into the ledger under the answerer's name,
and the next enforcing run reads it there. Nobody waits for it: enforcing runs on, and takes the configured
default when the time is up.

**When it fails:** approve by hand: `sendepause approve campaign:SYSTEM/ID`. A question that nobody answered
ends by itself and changes nothing.
"""

from datetime import timedelta

from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import dag, task, task_group
from airflow.sdk.exceptions import AirflowSkipException
from sendepause_parts import DEFAULTS, START, STOPPED, linked, on_the_board

APPROVE = "Freigeben / Approve"
LEAVE = "Warten / Wait"


@dag(
    dag_display_name="Sendepause 5: approve",
    schedule=[STOPPED],
    start_date=START,
    catchup=False,
    max_active_runs=16,  # an open question never keeps a later one from being asked
    dagrun_timeout=timedelta(days=3),
    default_args=DEFAULTS,
    tags=["sendepause"],
    doc_md=__doc__,
)
def sendepause_approve():
    @task
    def questions(*, triggering_asset_events) -> list[dict]:
        """What was stopped just now and waits; all that waits, if a person started this run."""
        from sendepause import questions as asking
        from sendepause.installation import open_installation

        events = [event for found in triggering_asset_events.values() for event in found]
        stopped = {item for event in events for item in event.extra.get("items", ())}
        found = asking.questions(open_installation(), stopped if events else None)
        return [{**one, "body": f"{one['body']}\n{_way(one['key'])}"} for one in found]

    @task
    def record(item: str, key: str, answer: dict) -> dict:
        """Write an approval into the ledger, under the name of who gave it."""
        from sendepause import people
        from sendepause.installation import open_installation

        if APPROVE not in answer["chosen_options"]:
            raise AirflowSkipException("Not approved; the pause goes on waiting.")
        return people.approve(open_installation(), key, author=_name(answer), item=item)

    @task_group
    def one(subject: str, body: str, item: str, key: str):
        """One question and its answer."""
        asked = HITLOperator(
            task_id="ask",
            subject=subject,
            body=body,
            options=[APPROVE, LEAVE],
            defaults=LEAVE,
            response_timeout=timedelta(days=2),
            retries=0,
        )
        linked(asked, "look", _asked_about)
        linked(record(item, key, asked.output), "look", _asked_about)

    one.expand_kwargs(questions())


def _way(key: str) -> str:
    """Where what is asked about is looked at; the task's own link comes only with the answer."""
    return f"[In der Übersicht ansehen / See it on the board]({on_the_board('look', subject=key)})"


def _asked_about(context: dict) -> dict[str, str]:
    """The key of the question that this task of the group asked or recorded."""
    ti = context["ti"]
    return {"subject": ti.xcom_pull(task_ids="questions")[ti.map_index]["key"]}


def _name(answer: dict) -> str:
    user = answer.get("responded_by_user") or {}
    return str(user.get("name") or user.get("id") or "?")


sendepause_approve()
