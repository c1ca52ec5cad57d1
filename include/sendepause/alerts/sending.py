"""One round of delivery: every message once, also when the sender dies at any instant.

A delivery becomes ``sending`` in the store before Slack is called, and ``sent`` after Slack's answer. The
message carries the delivery's id as its metadata. One that is met in ``sending`` is unclear: it is looked
up in its channel or thread by that id, and sent again only when it is not there.

Channels do not wait for each other: each has a line of its own, and whichever is ready takes its turn.
Every change of a row is conditional on what this process last saw of it, so that of two senders one wins.
"""

from __future__ import annotations

import copy
from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Lock
from typing import Any

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from sendepause.alerts import announcements, deliveries, outbox, posting
from sendepause.alerts.deliveries import Seen
from sendepause.alerts.jobs import ChangeJob, Delivered, Job
from sendepause.alerts.outbox import Recipient
from sendepause.alerts.slack_errors import (
    MISSING_SCOPE,
    NO_ANSWER,
    Trouble,
    is_gone,
    retry_after,
    said,
    trouble,
)
from sendepause.alerts.turns import Pace, Turns
from sendepause.model import Form
from sendepause.store.database import session

# Slack's limits: https://docs.slack.dev/apis/web-api/rate-limits. "Several hundred messages per minute" of
# a workspace is read as three hundred; methods of tier 3 take fifty calls a minute. A second more than that
# minute, since calls are not equally long on their way.
PACE = timedelta(seconds=1)  # of a channel
MINUTE = timedelta(seconds=61)
GATES = {
    "post": Pace(300, MINUTE, timedelta(seconds=0.1)),
    "search": Pace(50, MINUTE),
    "change": Pace(50, MINUTE),
}
AT_ONCE = 16  # calls; one that hangs holds up its own channel alone
REFUSED_AGAIN = timedelta(hours=6)  # a person mends a channel; then what was refused arrives by itself
IN_FLIGHT = timedelta(seconds=30)  # after a call that broke off: until then Slack may still keep the message
BACK_OFF = timedelta(seconds=5)
GIVE_UP_AFTER = 8  # calls in a row without an answer: Slack is out of reach, the next round goes on
SEARCHES = 4  # attempts in a round
UPLOADS = 3  # attempts; then the digest goes without its picture
NOT_READY = "invalid_blocks"  # also said of a picture that Slack has not looked at yet


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
        self.certain_after = timedelta(seconds=client.timeout) + IN_FLIGHT  # after another process's try
        self.now = now
        self.sleep = sleep
        self.operators = operators
        self.deadline = now() + budget
        self.ready: dict[str, datetime] = {}  # channel -> when it takes the next message
        self.bot = ""  # whose messages are ours; asked for when the first one is looked up
        self.unanswered = 0  # calls in a row
        self.result = Delivered()
        self.lock = Lock()  # of what the threads count

    def run(self) -> Delivered:
        """Let the channels take turns, whichever is ready first, until all is sent or time is up."""
        turns = Turns(
            self._lines(),
            GATES,
            attempt=self._attempt,
            ready_at=self._ready_at,
            workers=AT_ONCE,
            now=self.now,
            sleep=self.sleep,
        )
        turns.run(self.deadline, lambda: self.result.stopped)
        with session(self.engine, write=False) as opened:
            self.result.waiting = deliveries.undelivered(opened)
        return self.result

    def _lines(self) -> dict[str, deque[Job | ChangeJob]]:
        """A queue for each channel, in the order in which the messages were queued; one for each change."""
        with session(self.engine, write=False) as opened:
            rows = deliveries.pending(opened, refused_before=self.now() - REFUSED_AGAIN)
            changes = deliveries.to_change(opened)
        lines: dict[str, deque[Job | ChangeJob]] = {}
        for row in rows:
            lines.setdefault(row.channel, deque()).append(self._job(row))
        for change in changes:
            lines[f"change {change.id}"] = deque([ChangeJob(change, self.now())])
        return lines

    def _job(self, row: Seen) -> Job:
        unclear = row.state == "sending"
        return Job(
            id=row.id,
            channel=row.channel,
            backup=row.backup_channel if row.backup_channel != row.channel else None,
            state=row.state,
            tried_at=row.tried_at,
            target=(unclear and row.sent_channel) or row.channel,
            not_before=row.tried_at + self.certain_after if unclear and row.tried_at else self.now(),
            enforcement=row.enforcement if row.form != Form.ROOT else "",
            thread_ts=row.thread_ts if unclear else None,
            picture=row.has_picture,
            shows_picture=row.shows_picture,
        )

    def _ready_at(self, job: Job | ChangeJob) -> datetime:
        if isinstance(job, ChangeJob):
            return job.not_before
        return max(job.not_before, self.ready.get(job.target, job.not_before))

    def _attempt(self, job: Job | ChangeJob) -> bool:
        """One attempt at a message; True when this round is through with it."""
        if isinstance(job, ChangeJob):
            return self._change(job)
        if job.state == "sending":
            known = self._look_up(job)
            if known is not None:
                return known
        if self._ready_at(job) > self.now():
            return False  # the channel is another one's backup and has just taken a message
        if job.picture and not self._upload(job):
            return False
        if not self._claim(job):
            return True  # another process has taken it
        return self._post(job)

    def _claim(self, job: Job) -> bool:
        """Write down, before the call, where the message is about to be posted."""
        at = self.now()
        with session(self.engine) as opened:
            root = deliveries.thread(opened, job.channel, job.enforcement) if job.enforcement else None
            thread_ts = root[1] if root and root[0] == job.target else None
            job.strays = root is not None and thread_ts is None
            sent_channel = job.target if job.target != job.channel else None
            values = {"sent_channel": sent_channel, "thread_ts": thread_ts, "error": None}
            if not _mark(opened, job, state="sending", tried_at=at, **values):
                return False
        job.state, job.tried_at, job.thread_ts = "sending", at, thread_ts
        return True

    def _post(self, job: Job) -> bool:
        with session(self.engine, write=False) as opened:
            content = deliveries.content(opened, job.id)
        try:
            ts, placed = posting.post(self.client, content, job.target, job.thread_ts)
        except NO_ANSWER as error:
            self._pace(job.target)
            return self._posting_failed(job, error)
        self._pace(job.target)
        if not placed or (job.strays and job.target == job.channel):
            self._lose_thread(job)  # the channel gets a thread of its own again
        return self._sent(job, ts)

    def _pace(self, channel: str) -> None:
        """Counted from the answer on: the call itself may have been long on its way."""
        self.ready[channel] = self.now() + PACE

    def _sent(self, job: Job, ts: str, found: int = 0) -> bool:
        self._answered()
        at = self.now()
        values = {"state": "sent", "sent_at": at, "sent_channel": job.target, "ts": ts, "error": None}
        with session(self.engine) as opened:
            sent = _mark(opened, job, **values)
            if sent:
                announcements.note(opened, job.id, at)
        with self.lock:
            self.result.sent += sent
            self.result.found += found
        return True

    def _posting_failed(self, job: Job, error: Exception) -> bool:
        word, kind = said(error), trouble(error)
        match kind:
            case Trouble.UNCLEAR:
                # Slack answered, so nothing is under way any more; else it may keep the message for a while
                over = isinstance(error, SlackApiError)
                job.not_before = self.now() + (BACK_OFF if over else IN_FLIGHT)
                return self._no_answer(word)
            case Trouble.UNREACHED:
                self._requeue(job, BACK_OFF, word)
                return self._no_answer(word)
        self._answered()
        match kind:
            case Trouble.TOKEN:
                self._requeue(job, BACK_OFF, word)
                self._stop(_token_refused(word))
                return True
            case Trouble.LIMITED:
                self.ready[job.target] = self.now() + retry_after(error)
                self._requeue(job, retry_after(error), None, job.target)
                return False
            case Trouble.THREAD:
                return self._leave_thread(job, word)
            case Trouble.MESSAGE if job.shows_picture and word == NOT_READY:
                return self._wait_for_picture(job, word)
            case Trouble.CHANNEL if job.backup and job.target != job.backup:
                self._note(f"Channel {job.channel} said {word}; its backup {job.backup} is used.")
                self._requeue(job, timedelta(0), word, job.backup)
                return False
        return self._refuse(job, word)

    def _wait_for_picture(self, job: Job, word: str) -> bool:
        """Slack takes a picture only once it has looked at it; in the end the message goes without."""
        job.uploads += 1
        if job.uploads >= UPLOADS:
            self._note("Slack did not take the picture of the digest; it goes without.")
            with session(self.engine) as opened:
                deliveries.note_picture(opened, job.id, None)
            job.shows_picture = False
        self._requeue(job, BACK_OFF, word, job.target)
        return False

    def _leave_thread(self, job: Job, word: str) -> bool:
        """The thread's first message is gone: this one goes into the channel, and a new thread begins."""
        if not job.thread_ts:
            return self._refuse(job, word)
        self._lose_thread(job)
        job.enforcement = ""
        self._requeue(job, timedelta(0), word, job.target)
        return False

    def _lose_thread(self, job: Job) -> None:
        with session(self.engine) as opened:
            deliveries.lose_thread_of(opened, job.channel, job.enforcement)

    def _requeue(self, job: Job, wait: timedelta, error: str | None, target: str | None = None) -> None:
        """Back to ``queued``: Slack certainly has no such message. ``target``: where it is tried next."""
        with session(self.engine) as opened:
            marked = _mark(opened, job, state="queued", error=error)
        if marked:
            job.state, job.target, job.not_before = "queued", target or job.channel, self.now() + wait

    def _refuse(self, job: Job, word: str) -> bool:
        """Note the refusal and owe the operators word of it, in one transaction."""
        with session(self.engine) as opened:
            if not _mark(opened, job, state="refused", error=word):
                return True
            self._owe_operators(opened, job)
        with self.lock:
            self.result.refused += 1
        self._note(
            f"Channel {job.target} refused a message ({word}). Invite the app, or configure another channel."
        )
        return True

    def _owe_operators(self, opened: Session, job: Job) -> None:
        if self.operators is not None:
            for fact in deliveries.undeliverable(opened):
                if fact.subject == f"channel:{job.channel}":
                    outbox.owe(opened, fact, [self.operators], self.now())

    def _look_up(self, job: Job) -> bool | None:
        """Whether the round is through with an unclear message; None: Slack has no such message."""
        since = job.tried_at or self.now()
        try:
            self.bot = self.bot or posting.own_bot(self.client)
            ts = posting.search(self.client, self.bot, job.id, job.target, job.thread_ts, since)
        except NO_ANSWER as error:
            if trouble(error) is Trouble.THREAD and job.thread_ts:
                job.thread_ts = None  # what began it was deleted: Slack may have posted into the channel
                return self._look_up(job)
            return self._look_up_failed(job, error)
        self._answered()
        return None if ts is None else self._sent(job, ts, found=1)

    def _look_up_failed(self, job: Job, error: Exception) -> bool:
        word, kind = said(error), trouble(error)
        if kind in (Trouble.UNCLEAR, Trouble.UNREACHED):
            job.searches += 1
            job.not_before = self.now() + BACK_OFF
            self._no_answer(word)
            if job.searches >= SEARCHES:
                self._note(f"The history of channel {job.target} did not answer ({word}); next round again.")
            return job.searches >= SEARCHES
        self._answered()
        if kind is Trouble.LIMITED:
            job.not_before = self.now() + retry_after(error)
            return False
        if kind is Trouble.TOKEN and word != MISSING_SCOPE:
            self._stop(_token_refused(word))
            return True
        self._note(
            f"The history of channel {job.target} cannot be read ({word}), so an unclear message there is"
            " neither repeated nor called sent. Give the app the right to read it."
        )
        with session(self.engine) as opened:
            _mark(opened, job, error=f"unclear, history not readable: {word}")
            self._owe_operators(opened, job)
        return True

    def _upload(self, job: Job) -> bool:
        """Upload the picture of a message; False: not yet. In the end the message goes without it."""
        with session(self.engine, write=False) as opened:
            content = deliveries.content(opened, job.id)
        file: str | None = None
        try:
            file = posting.upload(self.client, content.picture or b"", content.picture_alt or "")
        except NO_ANSWER as error:
            job.uploads += 1
            lasting = trouble(error) in (Trouble.TOKEN, Trouble.MESSAGE)
            if job.uploads < UPLOADS and not lasting:
                limited = trouble(error) is Trouble.LIMITED
                job.not_before = self.now() + (retry_after(error) if limited else BACK_OFF)
                return False
            self._note(f"The picture of the digest could not be uploaded ({said(error)}); it goes without.")
        with session(self.engine) as opened:
            deliveries.note_picture(opened, job.id, file)
        job.picture, job.shows_picture = False, file is not None
        return True

    def _change(self, job: ChangeJob) -> bool:
        """Let a sent message show what is so now. Again is safe, so nothing has to be looked up."""
        change = job.change
        with session(self.engine, write=False) as opened:
            content = deliveries.content(opened, change.id)
        try:
            posting.change(self.client, content, change.channel, change.ts)
        except NO_ANSWER as error:
            return self._changing_failed(job, error)
        self._answered()
        with session(self.engine) as opened:
            deliveries.note_shown(opened, change.id, change.version)
        with self.lock:
            self.result.changed += 1
        return True

    def _changing_failed(self, job: ChangeJob, error: Exception) -> bool:
        word, kind = said(error), trouble(error)
        if kind in (Trouble.UNCLEAR, Trouble.UNREACHED):
            self._no_answer(word)
            return True  # the next round shows it
        self._answered()
        if kind is Trouble.LIMITED:
            job.not_before = self.now() + retry_after(error)
            return False
        if kind is Trouble.TOKEN:
            self._stop(_token_refused(word))
            return True
        with session(self.engine) as opened:
            deliveries.note_shown(opened, job.change.id, job.change.version)
            if is_gone(error):
                deliveries.lose_thread(opened, job.change.id)
        return True

    def _no_answer(self, word: str) -> bool:
        with self.lock:
            self.unanswered += 1
            if self.unanswered >= GIVE_UP_AFTER and not self.result.stopped:
                self.result.stop(
                    f"Slack does not answer ({word}). What is owed stays owed and is tried again."
                )
        return False

    def _answered(self) -> None:
        with self.lock:
            self.unanswered = 0

    def _note(self, text: str) -> None:
        with self.lock:
            self.result.note(text)

    def _stop(self, text: str) -> None:
        with self.lock:
            if not self.result.stopped:
                self.result.stop(text)


def _mark(opened: Session, job: Job, **values: Any) -> bool:
    """False where another process has changed the delivery since this one looked."""
    return deliveries.change(opened, job.id, job.state, job.tried_at, **values)


def _token_refused(word: str) -> str:
    return (
        f"Slack refuses the app itself ({word}). Every alert stays owed; renew the token or its rights in the"
        " Airflow connection, `sendepause check` tells which."
    )
