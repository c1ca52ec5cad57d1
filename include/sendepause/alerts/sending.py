"""One round of delivery: every message once, also when the sender dies at any instant.

A delivery becomes ``sending`` in the store before Slack is called, and ``sent`` after Slack's answer. The
message carries the delivery's id as its metadata. One that is met in ``sending`` is unclear: it is looked
up in the channel's history by that id, and sent again only when it is not there.

Every change of a row is conditional on what this process last saw of it, so that of two senders one wins.
"""

from __future__ import annotations

import copy
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from slack_sdk import WebClient
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from sendepause.alerts import announcements, deliveries, outbox
from sendepause.alerts.deliveries import Seen
from sendepause.alerts.outbox import Recipient
from sendepause.alerts.slack_errors import MISSING_SCOPE, NO_ANSWER, Trouble, retry_after, said, trouble
from sendepause.store.database import session

EVENT_TYPE = "sendepause_alert"
PACE = timedelta(seconds=1)  # a channel's limit: https://docs.slack.dev/apis/web-api/rate-limits
REFUSED_AGAIN = timedelta(hours=6)  # a person mends a channel; then what was refused arrives by itself
IN_FLIGHT = timedelta(seconds=30)  # beyond the client's timeout: until then Slack may still keep a message
CLOCKS_APART = timedelta(minutes=15)  # how far our clock and Slack's may differ
BACK_OFF = timedelta(seconds=5)
GIVE_UP_AFTER = 3  # calls in a row without an answer: Slack is out of reach, the next round goes on
PAGE = 200  # messages in one call of conversations.history

_MOST_NOTES = 6


@dataclass
class Delivered:
    """What a round did, in messages. ``notes`` are sentences for people."""

    sent: int = 0  # with those of ``found``
    found: int = 0  # were unclear, and Slack had them
    refused: int = 0
    waiting: int = 0  # still queued or unclear at the end
    stopped: bool = False  # ended early, for the reason in the last note
    notes: list[str] = field(default_factory=list)

    def note(self, text: str) -> None:
        """Say something once; what is said of more than a few channels, the board shows."""
        if text not in self.notes and len(self.notes) < _MOST_NOTES:
            self.notes.append(text)

    def stop(self, text: str) -> None:
        """End the round, and say why."""
        self.stopped = True
        self.notes.append(text)


@dataclass
class _Job:
    """One delivery as this process last saw it."""

    id: str
    channel: str  # where it is owed
    backup: str | None
    state: str
    tried_at: datetime | None
    target: str  # where it is being tried
    not_before: datetime


class Round:
    """See ``slack.deliver``."""

    def __init__(
        self,
        engine: Engine,
        client: WebClient,
        now: Callable[[], datetime],
        sleep: Callable[[float], None],
        operators: Recipient | None,
        budget: timedelta,
    ) -> None:
        self.engine = engine
        self.client = copy.copy(client)
        # A handler that repeats a broken post would post twice; one that waits would hold up all channels.
        self.client.retry_handlers = []
        self.certain_after = timedelta(seconds=client.timeout) + IN_FLIGHT
        self.now = now
        self.sleep = sleep
        self.operators = operators
        self.deadline = now() + budget
        self.ready: dict[str, datetime] = {}  # channel -> when it takes the next message
        self.unanswered = 0  # calls in a row
        self.result = Delivered()

    def run(self) -> Delivered:
        """Let the channels take turns, whichever is ready first, until all is sent or time is up."""
        lines = self._lines()
        while lines and not self.result.stopped:
            channel = min(lines, key=lambda each: self._ready_at(lines[each][0]))
            line = lines[channel]
            if not self._wait_for(line[0]):
                break
            if self._through(line[0]):
                line.popleft()
            if not line:
                del lines[channel]
        with session(self.engine, write=False) as opened:
            self.result.waiting = deliveries.undelivered(opened)
        return self.result

    def _lines(self) -> dict[str, deque[_Job]]:
        """A queue for each channel, in the order in which the messages were queued."""
        with session(self.engine, write=False) as opened:
            rows = deliveries.pending(opened, refused_before=self.now() - REFUSED_AGAIN)
        lines: dict[str, deque[_Job]] = {}
        for row in rows:
            lines.setdefault(row.channel, deque()).append(self._job(row))
        return lines

    def _job(self, row: Seen) -> _Job:
        unclear = row.state == "sending"
        return _Job(
            id=row.id,
            channel=row.channel,
            backup=row.backup_channel if row.backup_channel != row.channel else None,
            state=row.state,
            tried_at=row.tried_at,
            target=(unclear and row.sent_channel) or row.channel,
            not_before=row.tried_at + self.certain_after if unclear and row.tried_at else self.now(),
        )

    def _ready_at(self, job: _Job) -> datetime:
        return max(job.not_before, self.ready.get(job.target, job.not_before))

    def _wait_for(self, job: _Job) -> bool:
        """False where the budget does not reach that far."""
        moment = max(self._ready_at(job), self.now())
        if moment > self.deadline:
            return False
        if (seconds := (moment - self.now()).total_seconds()) > 0:
            self.sleep(seconds)
        return True

    def _through(self, job: _Job) -> bool:
        """One attempt at a message; True when this round is through with it."""
        if job.state == "sending":
            known = self._look_up(job)
            if known is not None:
                return known
        if not self._claim(job, job.target):
            return True  # another process has taken it
        return self._post(job)

    def _claim(self, job: _Job, target: str) -> bool:
        """Write down, before the call, that ``target`` is about to be posted to."""
        at = self.now()
        sent_channel = target if target != job.channel else None
        if not self._change(job, state="sending", tried_at=at, sent_channel=sent_channel, error=None):
            return False
        job.state, job.tried_at, job.target = "sending", at, target
        return True

    def _post(self, job: _Job) -> bool:
        with session(self.engine, write=False) as opened:
            text, blocks = deliveries.content(opened, job.id)
        try:
            answer = self.client.chat_postMessage(
                channel=job.target,
                text=text,
                blocks=blocks,
                metadata={"event_type": EVENT_TYPE, "event_payload": {"delivery": job.id}},
                link_names=False,
                parse="none",
                unfurl_links=False,
                unfurl_media=False,
            )
        except NO_ANSWER as error:
            self._pace(job.target)
            return self._posting_failed(job, error)
        self._pace(job.target)
        return self._sent(job, str(answer.get("ts")))

    def _pace(self, channel: str) -> None:
        """Counted from the answer on: the call itself may have been long on its way."""
        self.ready[channel] = self.now() + PACE

    def _sent(self, job: _Job, ts: str) -> bool:
        self.unanswered = 0
        at = self.now()
        values = {"state": "sent", "sent_at": at, "sent_channel": job.target, "ts": ts, "error": None}
        with session(self.engine) as opened:
            sent = _change(opened, job, **values)
            if sent:
                announcements.note(opened, job.id, at)
        self.result.sent += sent
        return True

    def _posting_failed(self, job: _Job, error: Exception) -> bool:
        word, kind = said(error), trouble(error)
        match kind:
            case Trouble.UNCLEAR:
                job.not_before = self.now() + self.certain_after
                return self._no_answer(word)
            case Trouble.UNREACHED:
                self._requeue(job, BACK_OFF, word)
                return self._no_answer(word)
        self.unanswered = 0
        match kind:
            case Trouble.TOKEN:
                self._requeue(job, BACK_OFF, word)
                self.result.stop(_token_refused(word))
                return True
            case Trouble.LIMITED:
                self.ready[job.target] = self.now() + retry_after(error)
                self._requeue(job, retry_after(error), None)
                return False
            case Trouble.CHANNEL if job.backup and job.target != job.backup:
                self.result.note(f"Channel {job.channel} said {word}; its backup {job.backup} is used.")
                return self._use_backup(job, job.backup)
        return self._refuse(job, word)

    def _use_backup(self, job: _Job, backup: str) -> bool:
        """Written down as the target first: after a crash it is the backup's history that tells."""
        if not self._claim(job, backup):
            return True
        return self._post(job) if self._wait_for(job) else True

    def _requeue(self, job: _Job, wait: timedelta, error: str | None) -> None:
        """Back to ``queued``: Slack certainly has no such message."""
        if self._change(job, state="queued", error=error):
            job.state, job.target, job.not_before = "queued", job.channel, self.now() + wait

    def _refuse(self, job: _Job, word: str) -> bool:
        """Note the refusal and owe the operators word of it, in one transaction."""
        with session(self.engine) as opened:
            if not _change(opened, job, state="refused", error=word):
                return True
            self._owe_operators(opened, job)
        self.result.refused += 1
        self.result.note(
            f"Channel {job.target} refused a message ({word}). Invite the app, or configure another channel."
        )
        return True

    def _owe_operators(self, opened: Session, job: _Job) -> None:
        if self.operators is not None:
            for fact in deliveries.undeliverable(opened):
                if fact.subject == f"channel:{job.channel}":
                    outbox.owe(opened, fact, [self.operators], self.now())

    def _look_up(self, job: _Job) -> bool | None:
        """Whether the round is through with an unclear message; None: Slack has no such message."""
        try:
            ts = self._search(job)
        except NO_ANSWER as error:
            return self._look_up_failed(job, error)
        self.unanswered = 0
        if ts is None:
            return None
        self.result.found += 1
        return self._sent(job, ts)

    def _look_up_failed(self, job: _Job, error: Exception) -> bool:
        word, kind = said(error), trouble(error)
        if kind in (Trouble.UNCLEAR, Trouble.UNREACHED):
            self.result.note(
                f"The history of channel {job.target} did not answer ({word}); next round again."
            )
            self._no_answer(word)
            return True
        self.unanswered = 0
        if kind is Trouble.LIMITED:
            job.not_before = self.now() + retry_after(error)
            return False
        if kind is Trouble.TOKEN and word != MISSING_SCOPE:
            self.result.stop(_token_refused(word))
            return True
        self.result.note(
            f"The history of channel {job.target} cannot be read ({word}), so an unclear message there is"
            " neither repeated nor called sent. Give the app the right to read it."
        )
        with session(self.engine) as opened:
            _change(opened, job, error=f"unclear, history not readable: {word}")
            self._owe_operators(opened, job)
        return True

    def _search(self, job: _Job) -> str | None:
        """The ``ts`` of the message with the job's id, searched from before its last try on."""
        since = (job.tried_at or self.now()) - CLOCKS_APART
        cursor: str | None = None
        while True:
            page = self.client.conversations_history(
                channel=job.target,
                oldest=f"{since.timestamp():.6f}",
                limit=PAGE,
                include_all_metadata=True,
                cursor=cursor,
            )
            for message in page.get("messages") or []:
                if _is_about(message.get("metadata"), job):
                    return str(message["ts"])
            cursor = (page.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                return None

    def _no_answer(self, word: str) -> bool:
        self.unanswered += 1
        if self.unanswered >= GIVE_UP_AFTER:
            self.result.stop(f"Slack does not answer ({word}). What is owed stays owed and is tried again.")
        return False

    def _change(self, job: _Job, **values: Any) -> bool:
        with session(self.engine) as opened:
            return _change(opened, job, **values)


def _is_about(metadata: Any, job: _Job) -> bool:
    """Whether a message of the history is our delivery; what other apps write there may have any shape."""
    match metadata:
        case {"event_type": event, "event_payload": {"delivery": id}}:
            return bool(event == EVENT_TYPE and id == job.id)
    return False


def _change(opened: Session, job: _Job, **values: Any) -> bool:
    """False where another process has changed the delivery since this one looked."""
    return deliveries.change(opened, job.id, job.state, job.tried_at, **values)


def _token_refused(word: str) -> str:
    return (
        f"Slack refuses the app itself ({word}). Every alert stays owed; renew the token or its rights in the"
        " Airflow connection, `sendepause check` tells which."
    )
