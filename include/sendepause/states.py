"""How each account stands under a rule: the most pressing of what is decided about it. Pure.

The digest, its picture, the messages that begin a thread and the board count the same states, from the
items of a plan as the store keeps them (``world.decision_json``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from sendepause.model import AccountState, Act, Audience, Language, Phase, Reason, Stage
from sendepause.words import Both

_PLACE = {state: place for place, state in enumerate(AccountState)}
_PAUSED_BY_US = f"{Stage.PAUSED}:{Audience.OWNER}"  # told for as long as our pause stands, and only then

_MAY_RUN = frozenset({Reason.AUTOMATED_ON_PERSONAL, Reason.AUTOMATED_ON_BUSINESS_APP})
_NOTHING_TO_GO_BY = frozenset({Reason.NO_SOURCE, Reason.SOURCE_ILL, Reason.NOT_AUDITED})
_IN_DOUBT = frozenset({Reason.KIND_CONTRADICTED, Reason.SENDER_CONTRADICTED})

# For each act, the reasons that tell its states apart: the first row with one of the decision's reasons
# counts, else the state beside the rows.
_Rows = tuple[tuple[frozenset[Reason], AccountState], ...]
_ASKED: _Rows = (
    (frozenset({Reason.STILL_SENDING, Reason.SENDER_UNKNOWN}), AccountState.BY_HAND),
    (frozenset({Reason.STATE_UNKNOWN}), AccountState.PAUSE_DUE),
    (frozenset({Reason.SILENCE_OPEN}), AccountState.PAUSED),
    (_NOTHING_TO_GO_BY, AccountState.NO_DATA),
    (_MAY_RUN | {Reason.NOT_PAUSABLE, Reason.CHOKE_POINT_OFF}, AccountState.BY_HAND),
    (_IN_DOUBT, AccountState.CONSPICUOUS),
)
_WARNED: _Rows = (
    (frozenset({Reason.SENDER_UNKNOWN, Reason.NOT_PAUSABLE}), AccountState.BY_HAND),
    (_NOTHING_TO_GO_BY, AccountState.NO_DATA),
    (frozenset({Reason.WATCHED}), AccountState.CONSPICUOUS),
)
_LEFT_ALONE: _Rows = (
    (frozenset({Reason.NOT_YET}), AccountState.ANNOUNCED),
    (_NOTHING_TO_GO_BY, AccountState.NO_DATA),
    (frozenset({Reason.WATCHED}), AccountState.CONSPICUOUS),
    (frozenset({Reason.MOVE_UNPROVEN}), AccountState.PAUSED),  # our pause stays until that is proved
    (frozenset({Reason.SILENCE_CONFIRMED}), AccountState.SILENT),
    (frozenset({Reason.PLATFORM_ALLOWED, Reason.MOVED}), AccountState.ALLOWED),
)
_BY_ACT: Mapping[str, tuple[_Rows, AccountState]] = {
    Act.PAUSE: ((), AccountState.PAUSE_DUE),
    Act.HOLD: ((), AccountState.HELD),
    Act.RESUME: ((), AccountState.PAUSED),  # it stands until a person approves
    Act.ASK: (_ASKED, AccountState.BY_HAND),
    Act.WARN: (_WARNED, AccountState.ANNOUNCED),
    Act.NONE: (_LEFT_ALONE, AccountState.CLEAR),
}

_LABELS: Mapping[AccountState, Both] = {
    AccountState.BREACH: Both("Verstoß möglich", "possible breach"),
    AccountState.PAUSE_DUE: Both("Pause steht aus", "pause owed"),
    AccountState.BY_HAND: Both("von Hand zu klären", "needs a person"),
    AccountState.ANNOUNCED: Both("läuft noch", "still running"),
    AccountState.NO_DATA: Both("keine Daten", "no data"),
    AccountState.CONSPICUOUS: Both("auffällig", "stands out"),
    AccountState.HELD: Both("Aufschub gilt", "on hold"),
    AccountState.PAUSED: Both("pausiert", "paused"),
    AccountState.SILENT: Both("pausiert und still", "paused and silent"),
    AccountState.CLEAR: Both("nichts zu tun", "nothing to do"),
    AccountState.ALLOWED: Both("auf der Plattform", "on the Platform"),
}


def label(state: AccountState, language: Language) -> str:
    """The short word for a state."""
    return _LABELS[state].in_(language)


def account_states(items: Iterable[Mapping[str, Any]], enforcement: str) -> dict[str, AccountState]:
    """Account (E.164) -> how it stands under ``enforcement``: the most pressing of its own decision and its
    campaigns'.

    ``items``: a plan's, in any order. Every account in the rule's scope has a decision of its own, so every
    one is among them; what belongs to no known account is not.
    """
    found: dict[str, AccountState] = {}
    for item in items:
        account = item["account"]
        if item["enforcement"] != enforcement or not account:
            continue
        found[account] = most_pressing(state_of(item), found.get(account, AccountState.ALLOWED))
    return found


def counted(states: Mapping[str, AccountState]) -> dict[AccountState, int]:
    """How many accounts stand where; every state has a number."""
    found = Counter(states.values())
    return {state: found[state] for state in AccountState}


def most_pressing(*states: AccountState) -> AccountState:
    """The first of them in the order of ``AccountState``."""
    return min(states, key=_PLACE.__getitem__)


def state_of(item: Mapping[str, Any]) -> AccountState:
    """How an account stands by one decision alone.

    What may run counts as running once the rule is in force, as it does on the board and in messages.
    Where only data are missing then, a breach cannot be ruled out either; but nothing says that there is
    one, and what mends it is data: that stays ``NO_DATA``.
    """
    reasons = frozenset(item["reasons"])
    if item["phase"] == Phase.IN_FORCE and _breaches(reasons):
        return AccountState.BREACH
    rows, otherwise = _BY_ACT[item["act"]]
    state = next((state for row, state in rows if not row.isdisjoint(reasons)), otherwise)
    if state is AccountState.CLEAR and _PAUSED_BY_US in item["tells"]:
        state = AccountState.PAUSED
    return state if reasons.isdisjoint(_IN_DOUBT) else most_pressing(state, AccountState.CONSPICUOUS)


def _breaches(reasons: frozenset[Reason]) -> bool:
    if Reason.BREACH_SUSPECTED in reasons:
        return reasons.isdisjoint(_NOTHING_TO_GO_BY)
    return not reasons.isdisjoint(_MAY_RUN | {Reason.STILL_SENDING})
