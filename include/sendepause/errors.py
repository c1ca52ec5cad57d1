"""The five kinds of trouble, and what each means for the date.

Every error a person may meet says three things: what happened, what it means for the date, and
what to do. The kind of an error decides whether repeating can help; nothing else does.
"""

from __future__ import annotations


class SendepauseError(Exception):
    """A trouble that is told to a person.

    ``what`` says what happened, ``mend`` what to do about it; ``retry`` whether the same call can
    succeed later without anybody's help.
    """

    retry = False
    means = "Nothing was changed."

    def __init__(self, what: str, mend: str = "", *, means: str | None = None) -> None:
        self.what = what
        self.mend = mend
        if means is not None:
            self.means = means
        super().__init__(" ".join(part for part in (what, self.means, mend) if part))


class BadInput(SendepauseError):
    """A file, a configuration or an argument that cannot be used. Repeating does not help.

    ``place`` tells where inside the input (``line 4``, ``row 17``, ``entry 3``), if that is known.
    """

    means = "It was left out; everything else went on."

    def __init__(
        self, what: str, mend: str = "", *, place: str | None = None, means: str | None = None
    ) -> None:
        self.place = place
        super().__init__(what, mend, means=means)


class Unreachable(SendepauseError):
    """A system did not answer, or said that it cannot now. ``retry_after`` is in seconds, if told."""

    retry = True
    means = "What was owed stays owed and is tried again."

    def __init__(
        self, what: str, mend: str = "", *, retry_after: float | None = None, means: str | None = None
    ) -> None:
        self.retry_after = retry_after
        super().__init__(what, mend, means=means)


class Refused(SendepauseError):
    """A system answered and said no: a missing right, a wrong token, an unknown id."""

    means = "What was owed stays owed until a person mends this."


class Unclear(SendepauseError):
    """Something was sent and the answer is missing: it may or may not have happened."""

    retry = True
    means = "It is looked up before anything is repeated."


class Guarded(SendepauseError):
    """A guard stopped an act: halt, rehearsal, a surprise, a far ``as_of``."""

    means = "Nothing was called."
