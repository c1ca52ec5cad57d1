"""### Judge every account

Computes the signals of the last four weeks from the day rows and writes one finding for each account:
`clear`, `watch`, `bulk`, `automated` or `no_data`, with its evidence. Runs after new events, and every
night, because an account that falls silent changes its finding too.

First a look at all accounts (what is usual among peers, what accounts share), then the accounts, bucket by
bucket, on as many workers as there are; last the sum, which wakes enforcing once. Between the tasks go
numbers of buckets and counts, no account.

**When it fails:** pausing goes on by the clock without it; findings get older, and after the set number of
days an account counts as one without data. Where one share of the buckets fails, the findings of the others
stand. Read the task's log, mend, and clear that task: it is done again alone, and the sum follows.
"""

from datetime import timedelta

from airflow.sdk import AssetOrTimeSchedule, dag, task
from airflow.sdk.exceptions import AirflowSkipException
from sendepause_parts import AS_OF, DEFAULTS, EVENTS, FINDINGS, START, every, linked, moment


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
    @task
    def survey(**context) -> list:
        """What all accounts show together; the shares, each a list of buckets."""
        from sendepause import stages
        from sendepause.installation import open_installation

        shares = stages.survey(open_installation(), moment(context))
        if not shares:
            raise AirflowSkipException("Nothing was read yet; the audit follows the first reading.")
        return shares

    @task
    def judge(buckets: list, **context) -> dict:
        """One finding for each account in some buckets."""
        from sendepause import stages
        from sendepause.installation import open_installation

        return stages.audit_share(open_installation(), moment(context), buckets)

    @task(outlets=[FINDINGS])
    def sum_up(judged: list, *, outlet_events, **context) -> dict:
        """How many accounts got which verdict."""
        from sendepause import stages
        from sendepause.installation import open_installation

        counts = stages.audited(open_installation(), moment(context), judged)
        outlet_events[FINDINGS].extra = counts
        return counts

    linked(sum_up(judge.expand(buckets=linked(survey(), "accounts"))), "accounts")


sendepause_audit()
