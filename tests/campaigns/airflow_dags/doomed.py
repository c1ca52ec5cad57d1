"""A campaign whose file is deleted during the test."""

from __future__ import annotations

from airflow.sdk import dag, task


@dag(schedule=None, tags=["whatsapp"])
def doomed():
    @task
    def send() -> None:
        """Nothing: it never runs."""

    send()


doomed()
