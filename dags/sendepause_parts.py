"""What the DAG files share: assets, parameters, defaults, and the run's clock.

Nothing here reads the configuration: a typing error in YAML must not keep a DAG from being parsed, since
Airflow no longer schedules a DAG whose file fails.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

import pendulum
from airflow.sdk import (
    Asset,
    BaseOperatorLink,
    CronTriggerTimetable,
    ExceptionRetryPolicy,
    Param,
    RetryAction,
    RetryRule,
)
from airflow.sdk.configuration import conf

START = pendulum.datetime(2019, 11, 1, tz="UTC")  # the campaign's beginning: backfills replay from here
OWNER = "sendepause"


def _asset(name: str) -> Asset:
    return Asset(name=f"sendepause.{name}", uri=f"sendepause://{name}/", group="sendepause")


EVENTS, FINDINGS, ALERTS, STOPPED = map(_asset, ("events", "findings", "alerts", "stopped"))

# Repeating helps only where the error says so; a bad input or a missing right is mended by people.
RETRIES = ExceptionRetryPolicy(
    rules=[
        RetryRule(exception=f"sendepause.errors.{kind}", action=RetryAction.FAIL)
        for kind in ("BadInput", "Refused", "Guarded")
    ]
)
DEFAULTS = {
    "owner": OWNER,
    "retries": 2,
    "retry_delay": timedelta(seconds=20),
    "retry_policy": RETRIES,
}

AS_OF = Param(
    None,
    type=["null", "string"],
    format="date-time",
    title="As of",
    description="The moment to decide at, with its offset. Empty: the run's own moment. "
    "A moment far from now only shows the plan.",
)
DRY_RUN = Param(
    False,
    type="boolean",
    title="Dry run",
    description="Show the plan and call nothing. It can only make a run safer.",
)
ACCOUNTS = Param(
    [],
    type="array",
    items={"type": "string", "pattern": r"^\+[1-9][0-9]{6,14}$"},
    title="Only these accounts",
    description="Numbers in E.164, such as +493023125101. Empty: all.",
)


def every(cron: str) -> CronTriggerTimetable:
    """A clock in UTC."""
    return CronTriggerTimetable(cron, timezone="UTC")


def moment(context: dict[str, Any]) -> datetime:
    """The run's clock, in UTC: the parameter, else the end of the data interval, else when it was due."""
    from sendepause.countdown import parse_moment

    given = context["params"].get("as_of")
    found = parse_moment(given) if given else context.get("data_interval_end") or context["dag_run"].run_after
    return datetime.fromtimestamp(found.timestamp(), UTC)  # a plain one: Polars knows no subclass of datetime


def on_the_board(page: str, **asked: str) -> str:
    """Where Airflow shows a page of the board in its own frame, whatever its host is called."""
    below = urlsplit(conf.get("api", "base_url", fallback="") or "").path.rstrip("/")
    query = f"?{urlencode(asked)}" if asked else ""
    return f"{below}/plugin/sendepause{below}/sendepause/{page}{query}"


Asked = Callable[[dict[str, Any]], dict[str, str]]
"""What a page is asked for, from the context of a run."""


class BoardLink(BaseOperatorLink):
    """The button *Sendepause* of a task: the page of the board that shows what the task worked on.

    Airflow keeps its address as an XCom when the task has ended. Hence it names plans, campaigns and holds,
    and no number of an account.
    """

    name = "Sendepause"

    def __init__(self, page: str, asked: Asked) -> None:
        self.page, self.asked = page, asked

    def get_link(self, operator: Any, *, ti_key: Any) -> str:
        """Called in the worker, where ``ti_key`` is the running task instance."""
        return on_the_board(self.page, **self.asked(ti_key.get_template_context()))


def linked(task: Any, page: str, asked: Asked = lambda context: {}) -> Any:
    """The same task, as its call gave it or an operator, with its way to the board."""
    operator = getattr(task, "operator", task)
    operator.operator_extra_links = (BoardLink(page, asked),)
    return task


def quiet_libraries() -> None:
    """HTTP clients log every URL at INFO; what the company's tools are called is not the log's business."""
    for name in ("httpx", "httpcore", "alembic"):
        logging.getLogger(name).setLevel(logging.WARNING)
