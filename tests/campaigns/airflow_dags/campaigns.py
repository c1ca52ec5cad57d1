"""Campaigns as companies build them in Airflow; each message is a POST to the receiver of the test."""

from __future__ import annotations

import os
import time
import urllib.request
from datetime import datetime, timedelta

from airflow.providers.standard.sensors.filesystem import FileSensor
from airflow.sdk import dag, task

BEGIN = datetime.fromisoformat(os.environ["BEGIN"])
MARKED = ["account:+4930123450"]


@task
def send(path: str, times: int = 1, pause: float = 0.0) -> None:
    for _ in range(times):
        urllib.request.urlopen(f"{os.environ['RECEIVER']}/{path}", data=b"Hallo", timeout=10).close()  # noqa: S310
        time.sleep(pause)


@dag(schedule=timedelta(seconds=3), start_date=BEGIN, catchup=False, tags=MARKED)
def ticker():
    send("ticker")


@dag(schedule=timedelta(seconds=20), start_date=BEGIN, catchup=True, tags=[*MARKED, "whatsapp"])
def catching_up():
    send("catching_up")


@dag(schedule=None, tags=MARKED)
def two_steps():
    send("first", 20, 0.4) >> send("second")


@dag(schedule=None, tags=MARKED, max_active_runs=1)
def broadcast():
    send("broadcast", 240, 0.5)


@dag(schedule=None, tags=["whatsapp"])
def waits():
    list_is_ready = f"{os.environ['AIRFLOW_HOME']}/list-is-ready"
    FileSensor(task_id="wait", filepath=list_is_ready, poke_interval=1, deferrable=True) >> send("waits")


@dag(schedule=None, tags=["reports"])
def report():
    send("report")


@dag(schedule=None, tags=["reports"])
def newsletter():
    send("newsletter")


@dag(schedule=None, tags=MARKED)
def sendepause_enforce():
    send("ours")


@dag(schedule=None, tags=["whatsapp", "sendepause"])
def guardian():
    send("ours")


for made in (ticker, catching_up, two_steps, broadcast, waits, report, newsletter):
    made()
for ours in (sendepause_enforce, guardian):
    ours()
