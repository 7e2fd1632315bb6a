"""An attempt's life against its model: start, save, run out, submit, withdraw, come back, in any order, at any time."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from fractions import Fraction
from functools import cache
from typing import Any

import pytest
from argon2 import PasswordHasher
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from app.audit.models import Entry
from app.certification import service as certification
from app.certification.models import CertificationEvent
from app.cli.demo_story import form_for
from app.errors import RefusedError
from app.exams import queries as exams
from app.exams.models import Attempt, Response
from app.learning import service as learning
from app.people import service as people
from app.people.permissions import Actor, Role
from app.people.queries import actor_of
from app.releases import comparing
from app.releases import service as releases
from app.releases.freeze import Frozen, freeze
from tests.factories import PASSWORD
from tests.integration.life_course import ASKED, COURSE_ID, FACT, MINUTES, RESTING, WAIT, edition
from tests.integration.life_model import BEGAN, INSTANT, Model, Sat

CLOSINGS = ("attempt.submitted", "attempt.ran_out", "attempt.ended", "attempt.withdrawn")


@cache
def frozen(number: int) -> Frozen:
    """Return an edition, frozen once a process."""
    return freeze(edition(number))


@cache
def light_hash() -> str:
    """Return a hash of everybody's password that is checked in no time: here nobody guesses it."""
    return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)


class Life(RuleBasedStateMachine):
    """Everything that can happen to a person's attempts, in a transaction that is undone at the end."""

    def __init__(self, engine: Engine) -> None:
        super().__init__()
        self._connection = engine.connect()
        self._outer = self._connection.begin()
        self.session = Session(self._connection, expire_on_commit=False, join_transaction_mode="create_savepoint")
        self.model = Model()

    def teardown(self) -> None:
        self.session.close()
        self._outer.rollback()
        self._connection.close()

    @initialize()
    def town(self) -> None:
        """An administrator who publishes, a director who signs, and Ann, who has the course."""
        began, session = BEGAN - timedelta(days=9), self.session
        names: dict[str, Any] = {"admin_email": "ida@life.example", "admin_name": "Ida Moreau", "time_zone": "UTC"}
        _, ida, _ = people.create_organisation(session, name="Life", now=began, is_demo=False, **names)
        self.ida = actor_of(session, ida)
        clinic = people.add_clinic(session, actor=self.ida, name="Riverside", now=began)
        self.mira = self._invite("Mira Santos", Role.MEDICAL_DIRECTOR, None)
        self.ann = self._invite("Ann Berg", Role.TECHNICIAN, clinic.id)
        self._publish()
        learning.assign(
            session,
            actor=self.ida,
            account_id=self.ann.account_id,
            course_id=COURSE_ID,
            due_on=None,
            today=BEGAN.date(),
            now=BEGAN,
        )

    def _invite(self, name: str, role: Role, clinic: int | None) -> Actor:
        email, now = f"{name.split(maxsplit=1)[0].lower()}@life.example", BEGAN - timedelta(days=9)
        account, _ = people.invite(
            self.session, actor=self.ida, email=email, name=name, roles=[(role, clinic)], now=now
        )
        account.password_hash = light_hash()
        self.session.flush()
        return actor_of(self.session, account)

    def _publish(self) -> None:
        session, now = self.session, self.model.now
        release = releases.publish(session, actor=self.ida, frozen=frozen(self.model.edition), now=now)
        changes = comparing.comparison(session, release, ()).changes
        told = {one.digest: (one.change_class.value, "The board decided") for one in changes}
        releases.confirm_changes(session, actor=self.ida, release_id=release.id, told=told, now=now)
        signed: dict[str, Any] = {"release_id": release.id, "password": PASSWORD, "confirmed_rows": []}
        releases.sign(session, actor=self.mira, now=now, **signed)
        self.release_id = release.id

    def _act(self, act: Callable[..., Any], **values: Any) -> Any:
        """Act as a page does: whole or not at all, and remembering nothing of what was read before."""
        self.session.expunge_all()
        with self.session.begin_nested():
            return act(self.session, now=self.model.now, **values)

    @rule(
        by=st.sampled_from(
            [
                timedelta(seconds=1),
                timedelta(minutes=MINUTES // 2),
                timedelta(minutes=MINUTES),
                WAIT - timedelta(minutes=MINUTES),
                WAIT,
                timedelta(days=335),
                timedelta(days=366),
            ]
        )
    )
    def time_passes(self, by: timedelta) -> None:
        self.model.now += by

    @precondition(lambda self: self.model.open_attempt())
    @rule(early=st.booleans())
    def the_deadline_comes(self, early: bool) -> None:  # noqa: FBT001  drawn by hypothesis
        self.model.now = self._open().deadline - INSTANT * early

    def _open(self) -> Sat:
        found = self.model.open_attempt()
        assert found is not None
        return found

    @precondition(lambda self: not self.model.disabled)
    @rule(seed=st.integers(0, 2**40))
    def start(self, seed: int) -> None:
        model, before = self.model, len(self.model.certified_on)
        opened = model.open_attempt()
        unrecorded = [(one, one.closed_at, one.closed_by) for one in model.attempts if one.closed_at is None]
        if opened is None:
            for one, _, _ in unrecorded:
                model.settle(one)
        refusal = None if opened else model.refusal()
        try:
            made = self._act(certification.start_attempt, actor=self.ann, course_id=COURSE_ID, seed=seed)
        except RefusedError as error:
            assert refusal is not None and refusal in str(error)  # noqa: PT017, PT018  the other branch is a fault too
            del model.certified_on[before:]
            for one, at, by in unrecorded:
                one.closed_at, one.closed_by = at, by
            self.worker()  # as the page does: the refusal undid what starting had recorded
            return
        assert refusal is None
        if opened:
            assert made.id == opened.id
            return
        paper = exams.paper(self.session, made.id)
        asks_row = any(one.item_id in RESTING for one in paper)
        assert len(paper) == ASKED
        assert not (asks_row and model.row_stopped)
        critical = frozenset(one.position for one in paper if one.critical)
        assert critical
        sat = Sat(id=made.id, edition=model.edition, started_at=model.now, asks_row=asks_row, critical=critical)
        assert made.deadline_at == sat.deadline
        model.attempts.append(sat)

    @precondition(lambda self: self.model.attempts and not self.model.disabled)
    @rule(position=st.integers(1, ASKED), right=st.booleans(), which=st.integers(0, 2))
    def answer(self, position: int, right: bool, which: int) -> None:  # noqa: FBT001  drawn by hypothesis
        sat = self.model.attempts[-1 - which % len(self.model.attempts)] if which else self.model.attempts[-1]
        asked = exams.paper(self.session, sat.id)[position - 1]
        form = form_for(asked.shown, asked.keyed["key"], right=right)
        saved = self._act(certification.save_response, actor=self.ann, attempt_id=sat.id, position=position, form=form)
        assert saved.over == (sat.over(self.model.now) is not None)
        if not saved.over:
            given = sat.answers.setdefault(position, [])
            given.append(right)
            assert saved.revision == len(given)

    @precondition(lambda self: self.model.open_attempt() and not self.model.disabled)
    @rule(wrong=st.sampled_from([0, 0, 1, 3]))
    def answer_everything(self, wrong: int) -> None:
        for position in range(1, ASKED + 1):
            self.answer(position=position, right=position > wrong, which=0)

    @precondition(lambda self: self.model.attempts and not self.model.disabled)
    @rule(position=st.integers(1, ASKED), flagged=st.booleans())
    def flag(self, position: int, flagged: bool) -> None:  # noqa: FBT001  drawn by hypothesis
        sat = self.model.attempts[-1]
        done = self._act(certification.set_flag, actor=self.ann, attempt_id=sat.id, position=position, flagged=flagged)
        assert done == (sat.over(self.model.now) is None)

    @precondition(lambda self: self.model.attempts and not self.model.disabled)
    @rule(which=st.integers(0, 2))
    def submit(self, which: int) -> None:
        sat = self.model.attempts[-1 - which % len(self.model.attempts)]
        self.model.settle(sat)
        self._act(certification.submit_attempt, actor=self.ann, attempt_id=sat.id)

    @rule()
    def worker(self) -> None:
        due = self.model.settle_due()
        assert self._act(certification.close_overdue) == due

    @rule()
    def grant(self) -> None:
        self.model.granted_at.append(self.model.now)
        self._act(
            certification.grant_attempt,
            actor=self.ida,
            account_id=self.ann.account_id,
            course_id=COURSE_ID,
            reason="It was noisy",
        )

    @precondition(lambda self: not self.model.disabled)
    @rule()
    def disable(self) -> None:
        self.model.settle_due()
        if opened := self.model.open_attempt():
            opened.closed_at, opened.closed_by = self.model.now, "ended"
        self.model.disabled = True
        self._act(certification.disable_account, actor=self.ida, account_id=self.ann.account_id, reason="On leave")

    @precondition(lambda self: self.model.disabled)
    @rule()
    def come_back(self) -> None:
        self.model.disabled = False
        self._act(people.enable, actor=self.ida, account_id=self.ann.account_id)

    @precondition(lambda self: self.model.edition not in self.model.stopped)
    @rule(whole=st.booleans())
    def withdraw(self, whole: bool) -> None:  # noqa: FBT001  drawn by hypothesis
        if self.model.row_stopped and not whole:
            with pytest.raises(RefusedError, match="already"):
                self._withdraw(FACT)
            return
        ended = self.model.stop(whole=whole)
        assert self._withdraw("" if whole else FACT) == ended

    @precondition(lambda self: self.model.open_attempt() and self.model.edition not in self.model.stopped)
    @rule(whole=st.booleans(), seed=st.integers(0, 2**40))
    def begin_again_after_a_withdrawal(self, whole: bool, seed: int) -> None:  # noqa: FBT001  drawn by hypothesis
        self.withdraw(whole=whole)
        self.new_edition()
        if not self.model.disabled:
            self.start(seed=seed)

    def _withdraw(self, fact: str) -> int:
        values: dict[str, Any] = {"release_id": self.release_id, "fact": fact, "password": PASSWORD}
        return int(self._act(certification.withdraw, actor=self.mira, reason="Two burns in one week", **values))

    @rule()
    def new_edition(self) -> None:
        self.model.now += timedelta(seconds=1)
        self.model.edition += 1
        self.model.row_stopped = False
        self._publish()

    @invariant()
    def the_record_is_the_models(self) -> None:
        rows = {one.id: one for one in self.session.scalars(select(Attempt).execution_options(populate_existing=True))}
        assert set(rows) == {sat.id for sat in self.model.attempts}
        for number, sat in enumerate(self.model.attempts, start=1):
            row = rows[sat.id]
            assert (row.number, row.closed_at, row.closed_by) == (number, sat.closed_at, sat.closed_by)
            if sat.closed_at is not None:
                score = Fraction(row.score_numerator or 0, row.score_denominator or 1)
                assert (score, row.passed) == (sat.score, sat.passes)

    @invariant()
    def every_revision_is_kept(self) -> None:
        query = select(Response.attempt_id, Response.position, func.count(), func.max(Response.revision))
        stored = self.session.execute(query.group_by(Response.attempt_id, Response.position))
        assert {tuple(row) for row in stored} == {
            (sat.id, position, len(given), len(given))
            for sat in self.model.attempts
            for position, given in sat.answers.items()
        }

    @invariant()
    def the_trail_and_the_certification_say_the_same(self) -> None:
        told = Counter(self.session.scalars(select(Entry.kind).where(Entry.account_id == self.ann.account_id)))
        closed = Counter(f"attempt.{sat.closed_by}" for sat in self.model.attempts if sat.closed_by)
        assert {kind: told[kind] for kind in CLOSINGS} == {kind: closed[kind] for kind in CLOSINGS}
        assert told["attempt.started"] == len(self.model.attempts)
        assert told["attempt.granted"] == len(self.model.granted_at)
        events = self.session.scalars(select(CertificationEvent.effective_on).order_by(CertificationEvent.id))
        assert list(events) == self.model.certified_on
        assert told["certification.issued"] == bool(self.model.certified_on)
        assert told["certification.issued"] + told["certification.renewed"] == len(self.model.certified_on)


def live(engine: Engine, how: settings) -> None:
    """Let lives be lived on an engine; the first that is not its model's is told, as short as it can be."""

    class Here(Life):
        def __init__(self) -> None:
            super().__init__(engine)

    run_state_machine_as_test(Here, settings=how)
