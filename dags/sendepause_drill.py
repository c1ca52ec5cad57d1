"""### Drill: prove the rights before they are needed

Started by hand, months or days before the date: pauses one chosen, running campaign, reads it back, resumes
it as it ran, reads it back. The first task says of every campaign system what its token can and cannot do, as
far as reading tells. Works in a rehearsal too; the halt stops it.

**When it fails:** a red `systems` task names the systems whose connection or rights are not enough; a red
`drill` task says what the system answered, and the operators are told. Starting it again ends a drill that
was killed on its way.
"""

from datetime import timedelta

from airflow.sdk import Param, dag, task
from sendepause_parts import DEFAULTS, START, linked, quiet_libraries


@dag(
    dag_display_name="Sendepause 10: drill",
    schedule=None,
    start_date=START,
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(minutes=20),
    default_args=DEFAULTS,
    params={
        "campaign": Param(
            "",
            type="string",
            title="Kampagne / Campaign",
            description="SYSTEM/ID of a running campaign, as the board shows it. Empty: only the report.",
        )
    },
    tags=["sendepause"],
    doc_md=__doc__,
)
def sendepause_drill():
    @task(trigger_rule="all_done")
    def drill(**context) -> dict:
        """Pause, read back, resume, read back."""
        from airflow.sdk.exceptions import AirflowSkipException

        from sendepause import drill as drilling
        from sendepause.installation import open_installation

        quiet_libraries()
        if not (campaign := context["params"]["campaign"]):
            raise AirflowSkipException("No campaign was chosen.")
        asker = context["dag_run"].triggering_user_name or "airflow"
        return drilling.drill(open_installation(), campaign, asker)

    @task
    def systems() -> list[dict]:
        """What the token of each system can do, by reading only."""
        from dataclasses import asdict

        from sendepause import drill as drilling
        from sendepause.installation import open_installation

        quiet_libraries()
        return drilling.report_or_raise([asdict(one) for one in drilling.report(open_installation())])

    campaign = linked(drill(), "look", lambda context: {"subject": context["params"]["campaign"]})
    linked(systems(), "check") >> campaign


sendepause_drill()
