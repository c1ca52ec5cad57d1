"""The operators' summary: what is at risk, how it stands, what changed. Posted also when nothing happened.

Slack's limits are kept by construction (``texts`` says which): every list is bounded, names and titles are
cut, and long parts are laid over several sections. A block is left for the picture.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple

from sendepause import countdown, states, words
from sendepause.alerts import items
from sendepause.alerts import phrases_digest as said
from sendepause.alerts.digest_changes import counted, happened, since
from sendepause.alerts.facts import Fact
from sendepause.alerts.mrkdwn import context, header, length, number_in_words, safe, section, unmarked
from sendepause.alerts.texts import MAX_TEXT
from sendepause.guard import Passage
from sendepause.model import AccountState, Act, Enforcement, Language, Phase, Reason, Verdict
from sendepause.store.digests import Digest, Numbers, RuleNumbers
from sendepause.store.folds import Switches
from sendepause.store.ledger import Entry
from sendepause.words import Both

_SECTION = 2_900  # characters, of which Slack takes 3,000
_RULES = 3  # told of one by one, the most pressing first
_NAMES = 20  # accounts that are named in all
_NAMES_IN_A_GROUP = 8
_SUBJECTS = 5  # sources, systems or channels that are named in one list
_TITLE, _NAME, _ERROR = 80, 60, 90  # characters

_ALWAYS = (AccountState.BREACH, AccountState.PAUSE_DUE)  # at risk whenever there are such accounts
_LATE = (AccountState.BY_HAND, AccountState.NO_DATA)  # in the last hours, and after them


@dataclass(frozen=True, slots=True)
class Seen:
    """What the summary of a moment is made of.

    ``shown``: the plan's items as ``sendepause plan`` prints them. ``before``: the last summary that was
    posted; ``entries``: what the ledger holds since. ``ill``: subjects that are out of order.
    ``enforced_at``: when a run last came to its end.
    """

    as_of: datetime
    today: date  # the operators'
    rules: Sequence[Enforcement]
    shown: Sequence[Mapping[str, Any]]
    numbers: Numbers
    switches: Switches
    names: Mapping[str, str] = field(default_factory=dict)  # account -> its name
    before: Digest | None = None
    entries: Sequence[Entry] = ()
    ill: Sequence[str] = ()
    undeliverable: Sequence[Fact] = ()
    enforced_at: datetime | None = None

    def last(self, rule: Enforcement) -> RuleNumbers | None:
        """What was told of a rule last, if anything."""
        return self.before.numbers.rules.get(rule.id) if self.before else None


@dataclass(frozen=True, slots=True)
class _Reader:
    language: Language
    zone: str

    def say(self, text: Both, *values: object) -> str:
        return text.in_(self.language).format(*values)

    def count(self, phrase: Both, number: int, *, in_force: bool = False) -> str:
        return counted(phrase, number, self.language, in_force=in_force)

    def number(self, value: int) -> str:
        return words.number(value, self.language)

    def moment(self, at: datetime) -> str:
        return words.moment(at, self.zone, self.language)

    def title(self, rule: Enforcement) -> str:
        return safe(rule.title.get(str(self.language)) or next(iter(rule.title.values())), _TITLE)


class _Group(NamedTuple):
    """Accounts that something is said of."""

    head: str
    accounts: Sequence[str]


def compose(language: Language, zone: str, seen: Seen) -> tuple[str, list[dict[str, Any]]]:
    """Text and blocks of the summary, for operators who read ``language`` and whose clock is ``zone``."""
    reader = _Reader(language, zone)
    rules = most_pressing_first(seen.rules, seen.numbers, seen.as_of)
    told = rules[:_RULES]
    title = reader.say(said.TITLE, reader.moment(seen.as_of))
    parts = [
        [*(_rule(rule, seen, reader) for rule in told), *_more_rules(rules, reader)],
        [*_stopped(seen.switches, reader)],
        [*_at_risk(told, seen, reader)],
        *([*_numbers(rule, seen, reader)] for rule in told),
        [*_changes(seen, reader)],
        [*_rest(seen, reader)],
    ]
    foot = " ".join(
        [
            *(
                [reader.say(said.PICTURE, reader.title(drawn(seen.rules, seen.as_of)))]
                if len(rules) > 1
                else []
            ),
            reader.say(said.DETAILS),
        ]
    )
    sections = [text for part in parts for text in _sections(part)]
    blocks = [header(title), *map(section, sections), context(foot)]
    lines = unmarked("\n".join([title, *sections, foot])).splitlines()
    return "\n".join(items.within(lines, MAX_TEXT)), blocks


def count(shown: Iterable[Mapping[str, Any]], rule: str) -> RuleNumbers:
    """How it stands under one enforcement."""
    own = [item for item in shown if item["enforcement"] == rule]
    acts = Counter(item["act"] for item in own)
    waits = Counter(item["act"] for item in own if _waits(item))
    return RuleNumbers(
        states=states.counted(states.account_states(own, rule)),
        running=_subjects(own, Reason.AUTOMATED_ON_PERSONAL),
        owed=acts[Act.PAUSE],
        waiting=waits[Act.PAUSE],
        resumes=waits[Act.RESUME],
        asked=acts[Act.ASK],
        confirmed=_subjects(own, Reason.SILENCE_CONFIRMED),
        open=_subjects(own, Reason.SILENCE_OPEN),
        broken=_subjects(own, Reason.STILL_SENDING),
        under_way=_subjects(own, Reason.STILL_UNDER_WAY),
    )


def unknown_senders(shown: Iterable[Mapping[str, Any]]) -> int:
    """How many campaigns may run whose account is not known."""
    return sum(Reason.ACCOUNT_UNKNOWN in item["reasons"] for item in shown)


def most_pressing_first(rules: Iterable[Enforcement], numbers: Numbers, as_of: datetime) -> list[Enforcement]:
    """The rules by the most pressing state that an account has under them, then by how near their date is."""
    order = list(AccountState)

    def place(rule: Enforcement) -> tuple[int, float]:
        found = numbers.rules.get(rule.id, RuleNumbers()).states
        worst = min((order.index(state) for state, many in found.items() if many), default=len(order))
        return worst, abs(countdown.hours_left(rule, as_of))

    return sorted(rules, key=place)


def drawn(rules: Sequence[Enforcement], as_of: datetime) -> Enforcement:
    """The rule that the picture shows: the next one to come into force, else the one that did last."""
    coming = [rule for rule in rules if countdown.begins_at(rule) > as_of]
    return min(coming or rules, key=lambda rule: abs(countdown.hours_left(rule, as_of)))


def _waits(item: Mapping[str, Any]) -> bool:
    return bool(item["passage"]) and not Passage(item["passage"]).proceeds


def _subjects(shown: Iterable[Mapping[str, Any]], reason: Reason) -> int:
    return len({item["subject"] for item in shown if reason in item["reasons"]})


def _rule(rule: Enforcement, seen: Seen, reader: _Reader) -> str:
    told = words.countdown(countdown.begins_at(rule), seen.as_of, reader.zone, reader.language)
    pausing = countdown.pausing_from(rule)
    ahead = f"; {reader.say(said.PAUSING_FROM, reader.moment(pausing))}" if seen.as_of < pausing else ""
    return said.RULE.in_(reader.language).format(title=reader.title(rule), countdown=f"{told}{ahead}")


def _more_rules(rules: Sequence[Enforcement], reader: _Reader) -> Iterator[str]:
    if len(rules) > _RULES:
        yield reader.count(said.MORE_RULES, len(rules) - _RULES)


def _stopped(switches: Switches, reader: _Reader) -> Iterator[str]:
    """That nothing is paused at present, if so."""
    if switches.halted:
        yield reader.say(said.HALTED)
    elif not switches.acting:
        yield reader.say(said.REHEARSAL)


def _at_risk(rules: Sequence[Enforcement], seen: Seen, reader: _Reader) -> Iterator[str]:
    """Most pressing first: that nobody looks, then the accounts of each rule, then what is out of reach."""
    several = len(seen.rules) > 1
    parts = [
        ("", [*_loop_at_risk(seen, reader)]),
        *(
            (f"*{reader.title(rule)}*" if several else "", lines)
            for rule, lines in _accounts(rules, seen, reader)
        ),
        (f"*{reader.say(said.ANY_RULE)}*" if several else "", [*_ways_at_risk(seen, reader)]),
    ]
    if not any(lines for _, lines in parts):
        yield reader.say(said.NO_RISK)
        return
    yield reader.say(said.AT_RISK)
    for head, lines in parts:
        yield from [head] if head and lines else []
        yield from (f"• {line}" for line in lines)


def _loop_at_risk(seen: Seen, reader: _Reader) -> Iterator[str]:
    if seen.enforced_at is None:
        yield reader.say(said.NEVER_RUN)
    elif seen.as_of - seen.enforced_at > countdown.LATE:
        yield reader.say(said.LATE, reader.moment(seen.enforced_at))


def _accounts(
    rules: Sequence[Enforcement], seen: Seen, reader: _Reader
) -> Iterator[tuple[Enforcement, list[str]]]:
    """What is at risk under each rule, with the first of the accounts' names; the most pressing first."""
    left = _NAMES
    for rule in rules:
        lines = []
        for group in _groups(rule, seen, reader):
            named = group.accounts[: min(_NAMES_IN_A_GROUP, left)]
            left -= len(named)
            names = [_named(account, seen.names) for account in named]
            if others := len(group.accounts) - len(named):
                names.append(reader.count(said.MORE_NAMES, others))
            lines.append(f"{group.head}: {words.listed(names, reader.language)}.")
        yield rule, lines


def _groups(rule: Enforcement, seen: Seen, reader: _Reader) -> Iterator[_Group]:
    in_force = countdown.phase_at(rule, seen.as_of) is Phase.IN_FORCE
    late = in_force or countdown.in_last_hours(rule, seen.as_of)
    found = states.account_states(seen.shown, rule.id)
    heard = {
        item["account"]
        for item in seen.shown
        if item["enforcement"] == rule.id and Reason.STILL_SENDING in item["reasons"]
    }

    def those(state: AccountState) -> list[str]:
        return [account for account, its in found.items() if its is state and account not in heard]

    groups: dict[str, list[str]] = {
        AccountState.BREACH: [one for one, its in found.items() if its is AccountState.BREACH],
        AccountState.PAUSE_DUE: [one for one, its in found.items() if its is AccountState.PAUSE_DUE],
        said.SENDING: [one for one in heard if found[one] not in _ALWAYS],
        **({state: those(state) for state in _LATE} if late else {}),
    }
    for key, accounts in groups.items():
        if accounts:
            head = reader.count(said.ACCOUNTS[key], len(accounts), in_force=in_force)
            yield _Group(head, sorted(accounts))


def _named(account: str, names: Mapping[str, str]) -> str:
    name, number = safe(names.get(account, ""), _NAME), number_in_words(account)
    return f"{name} ({number})" if name else number


def _ways_at_risk(seen: Seen, reader: _Reader) -> Iterator[str]:
    """What Sendepause cannot pause, reach or tell."""
    due = {countdown.phase_at(rule, seen.as_of) for rule in seen.rules} & {Phase.PAUSING, Phase.IN_FORCE}
    if due and seen.numbers.unknown_senders:
        yield reader.count(said.UNKNOWN_SENDERS, seen.numbers.unknown_senders)
    if seen.ill:
        subjects = [items.named(subject, reader.language) for subject in seen.ill]
        yield reader.say(said.OUT_OF_ORDER, _few(subjects, reader))
    if seen.undeliverable:
        channels = [
            f"{items.named(fact.subject, reader.language)} ({safe(fact.facts.get('error') or '–', _ERROR)})"
            for fact in seen.undeliverable
        ]
        yield reader.say(said.UNDELIVERABLE, _few(channels, reader))


def _few(subjects: Sequence[str], reader: _Reader) -> str:
    named = [*subjects[:_SUBJECTS]]
    if others := len(subjects) - len(named):
        named.append(reader.count(said.MORE_NAMES, others))
    return words.listed(named, reader.language)


def _numbers(rule: Enforcement, seen: Seen, reader: _Reader) -> Iterator[str]:
    """How it stands under a rule; what is 0, and was so before, is left out."""
    now = seen.numbers.rules.get(rule.id, RuleNumbers())
    yield (
        reader.say(said.NUMBERS_UNDER, reader.title(rule))
        if len(seen.rules) > 1
        else reader.say(said.NUMBERS)
    )
    told = [*_states(now, seen.last(rule), reader)]
    yield reader.say(said.STATES, ", ".join(told)) if told else reader.say(said.NO_ACCOUNTS)
    yield reader.say(said.OWED, now.owed) if now.owed else reader.say(said.NONE_OWED)
    if now.waiting:
        yield reader.say(said.WAITING, now.waiting)
    if now.resumes:
        yield reader.say(said.RESUMES, now.resumes)
    if now.confirmed or now.open or now.broken:
        yield reader.say(said.SILENCE, now.confirmed, now.open, now.broken)
    if now.under_way:
        yield reader.say(said.UNDER_WAY, now.under_way)
    yield reader.say(said.ASKED, now.asked)


def _states(now: RuleNumbers, before: RuleNumbers | None, reader: _Reader) -> Iterator[str]:
    for state in AccountState:
        many = now.states.get(state, 0)
        was = before.states.get(state, 0) if before else many
        if many or was:
            yield f"{states.label(state, reader.language)} {reader.number(many)}{_moved(was, many, reader)}"


def _moved(was: int, now: int, reader: _Reader) -> str:
    return "" if was == now else f" ({'+' if now > was else '−'}{reader.number(abs(now - was))})"


def _changes(seen: Seen, reader: _Reader) -> Iterator[str]:
    if seen.before is None:
        yield reader.say(said.FIRST)
        return
    when = since(seen.before.day, seen.today, reader.language)
    if parts := happened(seen.entries, reader.language):
        yield reader.say(said.CHANGED, when, words.listed(parts, reader.language))
    else:
        yield reader.say(said.NUMBERS_CHANGED if _differ(seen) else said.NOTHING_CHANGED, when)


def _differ(seen: Seen) -> bool:
    """Whether any rule's accounts stand in other numbers than they were told in."""
    return any(
        before.states.get(state, 0) != seen.numbers.rules.get(rule.id, RuleNumbers()).states.get(state, 0)
        for rule in seen.rules
        if (before := seen.last(rule)) is not None
        for state in AccountState
    )


def _rest(seen: Seen, reader: _Reader) -> Iterator[str]:
    now = seen.numbers
    verdicts = [
        f"{words.label(verdict, reader.language)} ({reader.number(now.verdicts[verdict])})"
        for verdict in Verdict
        if now.verdicts.get(verdict)
    ]
    yield reader.say(said.VERDICTS, words.listed(verdicts, reader.language) or reader.say(said.NONE_YET))
    yield reader.say(said.ALERTS, *map(reader.number, (now.alerts_owed, now.alerts_sent, now.alerts_refused)))
    if now.unanswered:
        yield reader.say(said.UNANSWERED, reader.number(now.unanswered))
    if now.holds_asked:
        yield reader.say(said.HOLDS_ASKED, reader.number(now.holds_asked))
    if gaps := [*_gaps(now, reader)]:
        yield reader.say(said.GAPS, ", ".join(gaps))
    if not seen.ill:
        yield reader.say(said.WELL)
    if now.ledger:
        yield reader.count(said.LEDGER, now.ledger).format(now.ledger_hash)


def _gaps(now: Numbers, reader: _Reader) -> Iterator[str]:
    for phrase, many in (
        (said.WITHOUT_SOURCE, now.without_source),
        (said.BROKEN_FILES, now.broken_files),
        (said.UNKNOWN_ACCOUNTS, now.unknown_senders),
    ):
        if many:
            yield reader.count(phrase, many)


def _sections(lines: Sequence[str]) -> Iterator[str]:
    """The lines as texts that fit into a section each; none of no lines."""
    portion: list[str] = []
    for line in lines:
        if portion and length("\n".join([*portion, line])) > _SECTION:
            yield "\n".join(portion)
            portion = []
        portion.append(line)
    if portion:
        yield "\n".join(portion)
