"""What can be recalled of a release, and whom that would reach: as it is shown, and as it is started."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.certification import recall_queries, recall_quiz, recalling, recalls
from app.certification.recall_models import Recall
from app.certification.recalling import RECALLED, Consequence, Resting, Task
from app.content.compare import Change, ChangeClass
from app.errors import NotFoundError, RefusedError
from app.people.models import Account, Clinic, RoleGrant
from app.people.permissions import Actor, Role
from app.releases import comparing
from app.releases import queries as releases
from app.releases.comparing import Confirmed
from app.releases.models import Release
from app.reports.resting import read_resting


@dataclass(frozen=True, kw_only=True, slots=True)
class Recallable:
    """A signed release with its changes that can be recalled, and those of which a recall is open, by key."""

    base: Release
    release: Release
    changes: tuple[Change, ...]
    confirmed: Mapping[str, Confirmed]
    open: Mapping[str, int]


def read_recallable(session: Session, organisation_id: int, release_id: int) -> Recallable:
    """Return what can be recalled of a signed release; not found where it follows none or changed no fact or key."""
    whole = releases.whole(session, organisation_id, release_id)
    base = whole.compared_with
    if not whole.signatures or base is None:
        raise NotFoundError
    confirmed = comparing.confirmed_changes(session, organisation_id, release_id)
    changes = tuple(
        one
        for one in comparing.changes_between(session, base, whole.release)
        if (ChangeClass(confirmed[one.digest].change_class) if one.digest in confirmed else one.change_class)
        in RECALLED
    )
    if not changes:
        raise NotFoundError
    keys = [one.key for one in changes]
    return Recallable(
        base=base,
        release=whole.release,
        changes=changes,
        confirmed=confirmed,
        open=recall_queries.open_on(session, organisation_id, release_id, keys),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Preview:
    """Who a recall of some changes would reach, with names and clinics, and which rows a delta quiz cannot ask."""

    recallable: Recallable
    chosen: tuple[Change, ...]
    resting: tuple[Resting, ...]
    names: Mapping[int, str]
    clinics: Mapping[int, tuple[str, ...]]
    unasked: tuple[str, ...]

    @property
    def seen(self) -> str:
        """The digest of what this shows."""
        return recalling.seen_digest([one.key for one in self.chosen], self.resting)


def read_preview(
    session: Session, organisation_id: int, release_id: int, digests: Collection[str], day: date
) -> Preview:
    """Return whom a recall of these changes would reach on a day."""
    found = read_recallable(session, organisation_id, release_id)
    chosen = tuple(one for one in found.changes if one.digest in digests)
    resting = tuple(read_resting(session, found.base, found.release, chosen, day)) if chosen else ()
    names, clinics = _people(session, organisation_id, [one.account_id for one in resting])
    askable = recall_quiz.askable(session, found.base, found.release, [one.key for one in chosen]) if chosen else {}
    return Preview(
        recallable=found,
        chosen=chosen,
        resting=resting,
        names=names,
        clinics=clinics,
        unasked=tuple(key for key, units in askable.items() if not units),
    )


def start(
    session: Session,
    *,
    actor: Actor,
    release_id: int,
    digests: Collection[str],
    day: date,
    task: Task,
    consequence: Consequence,
    due_on: date,
    reason: str,
    password: str,
    seen: str,
    now: datetime,
) -> Recall:
    """Start a recall of some changes of a release, with who rests on them at this instant."""
    found = read_recallable(session, actor.organisation_id, release_id)
    chosen = [one for one in found.changes if one.digest in digests]
    if len(chosen) < len(set(digests)):
        raise RefusedError("These changes are not those that you saw. Look again, then choose.")
    return recalls.start(
        session,
        actor=actor,
        base=found.base,
        release=found.release,
        changes=chosen,
        resting=read_resting(session, found.base, found.release, chosen, day),
        task=task,
        consequence=consequence,
        due_on=due_on,
        reason=reason,
        password=password,
        seen=seen,
        now=now,
    )


def _people(
    session: Session, organisation_id: int, account_ids: Collection[int]
) -> tuple[dict[int, str], dict[int, tuple[str, ...]]]:
    """Return the names of people, and where each works as a technician now; one query a thousand."""
    names: dict[int, str] = {}
    clinics: dict[int, list[str]] = {}
    wanted = sorted(set(account_ids))
    query = (
        select(Account.id, Account.name, Clinic.name)
        .outerjoin(
            RoleGrant,
            (RoleGrant.organisation_id == organisation_id)
            & (RoleGrant.account_id == Account.id)
            & (RoleGrant.role == Role.TECHNICIAN.value)
            & RoleGrant.ended_at.is_(None),
        )
        .outerjoin(Clinic, Clinic.id == RoleGrant.clinic_id)
        .order_by(Account.id, Clinic.name)
    )
    for start_at in range(0, len(wanted), 1000):
        for account_id, name, clinic in session.execute(
            query.where(Account.id.in_(wanted[start_at : start_at + 1000]))
        ):
            names[account_id] = name
            clinics.setdefault(account_id, []).extend([clinic] if clinic else [])
    return names, {account_id: tuple(found) for account_id, found in clinics.items()}
