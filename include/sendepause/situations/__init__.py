"""Every situation that can be told of, with its message in every form: what the company may one day read.

Each situation is a small world of one account and one campaign, in a store in memory (``cases.py``): the
decisions, the facts that they owe and the messages are made of it by the code that a run uses.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pendulum

from sendepause import countdown, digesting, previewing, world
from sendepause.alerts import addressing, buttons, gathering, outbox, previews, threads
from sendepause.alerts.facts import Fact, Recipient
from sendepause.alerts.gathering import Desk, Draft, Group
from sendepause.alerts.previews import Said
from sendepause.alerts.reminding import ASKING, facts_of
from sendepause.guard import Past
from sendepause.installation import Installation
from sendepause.model import Answer, Audience, Campaign, Finding, Form, Language, Plan, Stage
from sendepause.planning import make_plan
from sendepause.previewing import OPERATORS, Preview, Ways, check_owner, ways
from sendepause.settings import Settings
from sendepause.situations.cases import CASES, Case, Sample, sample_of
from sendepause.store import database, queries
from sendepause.store.database import Session
from sendepause.store.folds import Given

_SOON = timedelta(hours=2)  # after the notice
_USER = "U0"
_ROOTS = (Stage.WARNED, Stage.GUARD_STOPPED)  # whose messages show how a thread begins


def due(
    installation: Installation,
    as_of: datetime | None = None,
    owner: str | None = None,
    stage: Stage | None = None,
    language: Language | None = None,
) -> list[Preview]:
    """What would be said at ``as_of`` (now by default); of one stage, to readers of one language, if given.

    :raises BadInput: where there is no such owner.
    """
    settings, _ = installation.read_settings()
    found = previewing.now(installation, settings, ways(), as_of or installation.now(), owner)
    return [one for one in found if stage in (None, one.said.stage) if language in (None, one.said.language)]


def every(
    installation: Installation,
    as_of: datetime | None = None,
    owner: str | None = None,
    stage: Stage | None = None,
    language: Language | None = None,
) -> list[Preview]:
    """Every situation, and the operators' digest; of one stage, in one language, of one owner, if given.

    :raises BadInput: where there is no such owner.
    """
    settings, _ = installation.read_settings()
    check_owner(settings, owner)
    with database.session(installation.engine, write=False) as session:
        campaigns = queries.campaigns(session)
    known, stages = ways(), tuple(Stage) if stage is None else (stage,)
    found = []
    for spoken in Language if language is None else (language,):
        found += situations(settings, campaigns, known, spoken, stages, owner)
        if stage is None and owner in (None, OPERATORS):
            found.append(summary(installation, settings, spoken, as_of or installation.now()))
    return found


def situations(
    settings: Settings,
    campaigns: Sequence[Campaign],
    ways: Ways,
    language: Language,
    stages: Collection[Stage] = tuple(Stage),
    owner: str | None = None,
) -> list[Preview]:
    """Every message of these stages in every form, to an owner and to the operators, in one language.

    They are about one account (of ``owner``, if given), see ``cases.sample_of``, each at the moment at which
    it would come before or after that account's date. A stage that cannot come under the configuration has
    none.
    """
    sample = sample_of(settings, campaigns, language, None if owner == OPERATORS else owner)
    desk = addressing.desk(sample.settings, answers=ways.answers, link=ways.link)
    with previews.in_memory() as session:
        found = [
            one
            for stage in Stage
            if stage in stages
            for audience in Audience
            for one in _Told(sample, desk, stage, audience).previews(session)
        ]
    wanted = {None: tuple(Audience), OPERATORS: (Audience.OPERATORS,)}.get(owner, (Audience.OWNER,))
    return [one for one in found if one.said.audience in wanted]


def summary(installation: Installation, settings: Settings, language: Language, as_of: datetime) -> Preview:
    """The operators' digest as it would be at ``as_of``."""
    operators = settings.operators.model_copy(update={"language": language})
    spoken = settings.model_copy(update={"operators": operators})
    text, blocks, picture = digesting.preview(installation, spoken, countdown.in_utc(as_of))
    said = Said(
        delivery="",
        channel=operators.channel,
        form=Form.DIGEST,
        stage=None,
        audience=Audience.OPERATORS,
        owner=None,
        language=language,
        time_zone=operators.time_zone,
        enforcement="",
        broadcast=False,
        state="queued",
        queued_at=as_of,
        sent_at=None,
        version=0,
        text=text,
        blocks=blocks,
    )
    return Preview(said, as_of, picture=picture)


@dataclass(frozen=True, slots=True)
class _Told:
    """One stage, told to one audience."""

    sample: Sample
    desk: Desk
    stage: Stage
    audience: Audience

    @property
    def case(self) -> Case:
        return CASES[self.stage]

    def previews(self, session: Session) -> Iterator[Preview]:
        """The messages; none where nothing is told to this audience at this stage."""
        at = self.case.at(self.sample)
        known = replace(self.sample.world(at), **self.case.changes(self.sample, at))
        plan = make_plan(known)
        fact = self._fact(session, plan, known.findings, at)
        if fact is None:
            return
        (reader,) = addressing.recipients(self.sample.settings, fact)
        first = _group(fact, reader)
        if self.stage in _ROOTS:
            self._say(session, fact, reader, first, Form.NOTICE, at)
            yield from self._root(session, plan, at)
        for form, group, later in self._forms(first, at):
            for said in self._say(session, fact, reader, group, form, later):
                yield Preview(said, later)
                if form is Form.NOTICE and self.stage is Stage.WARNED and self.desk.answers:
                    yield from self._answers(said, later)

    def _fact(
        self, session: Session, plan: Plan, findings: Mapping[str, Finding], at: datetime
    ) -> Fact | None:
        """What is owed to the audience at this stage, if anything."""
        settings = self.sample.settings
        previews.clear(session)
        queries.save_findings(session, findings.values())
        queries.save_campaigns(session, self.sample.campaign.system, [self.sample.campaign], at)
        self.case.prepare(session, self.sample, at)
        passages = world.passages(plan, settings, Past())
        facts = addressing.owed(session, settings, plan, passages, at, self.case.switches)
        if self.stage is Stage.PAUSED:
            facts = [*addressing.of_outcome(session, settings, plan.decisions[0], self.stage, at)]
        return next((one for one in facts if (one.stage, one.audience) == (self.stage, self.audience)), None)

    def _forms(self, group: Group, at: datetime) -> Iterator[tuple[Form, Group, datetime]]:
        """Each form that can occur, to whom, and when."""
        yield Form.NOTICE, group, at
        yield Form.CONTINUED, group, at + _SOON
        if self.stage in ASKING:
            yield Form.REMINDER, group, at + self._while_so(at, timedelta(hours=23))
        if self.stage is Stage.WARNED:
            yield Form.LAST_REMINDER, group, self.sample.pausing - timedelta(days=1)
        asks = self.stage in ASKING & gathering.ANSWERABLE and self.audience is Audience.OWNER
        if asks and self.desk.answers:
            patience = self._while_so(at, self.desk.answer_time)
            if group.backup_channel:
                yield Form.UNANSWERED, group._replace(channel=group.backup_channel), at + patience
            reader = addressing.operators(self.sample.settings)
            above = group._replace(audience=Audience.OPERATORS, owner="", backup_channel="")
            above = above._replace(channel=reader.channel, time_zone=reader.time_zone)
            yield Form.UNANSWERED, above, at + 2 * patience

    def _while_so(self, at: datetime, wait: timedelta) -> timedelta:
        """A wait that ends before the rule comes into force, where it begins before."""
        left = countdown.begins_at(self.sample.rule) - pendulum.instance(at)
        return min(wait, timedelta(seconds=left.total_seconds() / 3)) if left > timedelta() else wait

    def _say(
        self, session: Session, fact: Fact, reader: Recipient, group: Group, form: Form, at: datetime
    ) -> list[Said]:
        """The messages of one draft, in a store that was empty before."""
        previews.clear(session)
        outbox.owe(session, fact, [reader], at)
        alerts = [(row, facts_of(row.subject, row.facts)) for row in previews.alerts(session)]
        ids = [*gathering.put(session, self.desk, Draft(group, form, alerts), at)]
        return [one for one in previews.said(session) if one.delivery in ids]

    def _root(self, session: Session, plan: Plan, at: datetime) -> Iterator[Preview]:
        """What begins the thread of the message that waits."""
        items = [world.decision_json(one, {}) for one in plan.decisions]
        queries.save_plan(session, items, hash="", as_of=at, shown_at=at, accepted=True)
        threads.refresh(session, self.sample.settings, at, answers=self.desk.answers)
        yield from (Preview(one, at) for one in previews.said(session) if one.form is Form.ROOT)

    def _answers(self, said: Said, at: datetime) -> Iterator[Preview]:
        """The form for a hold, and what the message shows once it was answered."""
        sample, language = self.sample, said.language
        margin = timedelta(hours=sample.settings.policy.hold_margin_hours)
        until = countdown.in_utc(countdown.begins_at(sample.rule)) - margin
        view = buttons.form(said.delivery, [(1, sample.campaign.name)], until, language, said.time_zone)
        yield Preview(replace(said, text=view["title"]["text"], blocks=view["blocks"]), at, view=view)
        owner = sample.settings.owner_map()[said.owner or ""]
        author = f"slack:{owner.users[0] if owner.users else _USER}"
        for number, answer in enumerate(Answer, start=1):
            given = Given(answer, author, at + _SOON, number, (sample.campaign.key,), until)
            text, blocks = buttons.answered(
                said.text,
                said.blocks,
                said.delivery,
                [given],
                language,
                said.time_zone,
                hold=answer is Answer.READ,
                names={sample.campaign.key: sample.campaign.name},
            )
            yield Preview(replace(said, text=text, blocks=blocks, version=number), at + _SOON)


def _group(fact: Fact, reader: Recipient) -> Group:
    return Group(
        channel=reader.channel,
        enforcement=fact.enforcement,
        stage=fact.stage,
        language=reader.language,
        audience=fact.audience,
        owner=reader.owner_id or "",
        time_zone=reader.time_zone,
        backup_channel=reader.backup_channel or "",
    )
