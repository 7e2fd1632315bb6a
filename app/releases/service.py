"""Publishing a course's frozen content, confirming what changed, signing it, and stopping it."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit import service as trail
from app.content.compare import Change, ChangeClass
from app.content.pieces import PieceKind
from app.errors import NotFoundError, RefusedError
from app.people import service as people
from app.people.names import clean_reason
from app.people.permissions import Action, Actor
from app.releases import comparing, queries, storing
from app.releases.freeze import Frozen
from app.releases.impact import NO_IMPACT, Impact
from app.releases.models import (
    Release,
    ReleaseChange,
    ReleaseImpact,
    ReleaseSignature,
    ReleaseWithdrawal,
)

MEANING = "Reviewed and approved for teaching"


def publish(session: Session, *, actor: Actor, frozen: Frozen, now: datetime) -> Release:
    """Store a course's content under its hash, unsigned; publishing the same content again gives the same release."""
    if not actor.can(Action.PUBLISH_RELEASE):
        raise RefusedError("Publishing needs the role Author or Administrator; ask an administrator for it.")
    known = session.scalar(
        select(Release).where(
            Release.organisation_id == actor.organisation_id,
            Release.course_id == frozen.course_id,
            Release.content_hash == frozen.hash,
        )
    )
    if known is not None:
        return known
    storing.store_content(session, frozen)
    release = Release(
        organisation_id=actor.organisation_id,
        course_id=frozen.course_id,
        title=frozen.title,
        edition=frozen.edition,
        content_hash=frozen.hash,
        manifest=frozen.manifest,
        published_at=now,
        published_by=actor.account_id,
    )
    session.add(release)
    session.flush()
    storing.store_rendered(session, release.id, frozen)
    trail.record(
        session,
        organisation_id=actor.organisation_id,
        kind="release.published",
        subject=f"release:{release.id}",
        actor_id=actor.account_id,
        now=now,
        detail={"course": frozen.course_id, "edition": frozen.edition, "content_hash": frozen.hash},
    )
    return release


def confirm_changes(
    session: Session,
    *,
    actor: Actor,
    release_id: int,
    told: Mapping[str, tuple[str, str]],
    now: datetime,
) -> int:
    """Confirm the class of changes against the release in force; return how many were not confirmed so before.

    `told` gives (class, reason) by a change's digest. Nothing is stored unless each of those told is one of the
    changes, with a class and a reason.
    """
    release = queries.get_release(session, actor.organisation_id, release_id)
    if not actor.can(Action.PUBLISH_RELEASE):
        raise RefusedError("Only an author or administrator confirms what changed.")
    _hold_course(session, release)
    if _signers(session, release.id):
        raise RefusedError("This release is signed; what changed in it is on record.")
    known = {change.digest: change for change in _compared(session, release).changes}
    if not set(told) <= set(known):
        raise RefusedError("The changes are not those that you saw: another release came into force. Look again.")
    before = comparing.confirmed_changes(session, actor.organisation_id, release.id)
    fresh = 0
    for digest, (change_class, given) in told.items():
        reason = clean_reason(given, what=f"{known[digest].title}. ")
        if change_class not in set(ChangeClass):
            raise RefusedError(f"{known[digest].title}: choose one of {', '.join(ChangeClass)}.")
        if digest in before and (before[digest].change_class, before[digest].reason) == (change_class, reason):
            continue
        _confirm(session, actor, release, known[digest], change_class, reason, now)
        fresh += 1
    return fresh


def _confirm(  # noqa: PLR0917  one line of the record, in its order
    session: Session, actor: Actor, release: Release, change: Change, change_class: str, reason: str, now: datetime
) -> None:
    session.add(
        ReleaseChange(
            organisation_id=actor.organisation_id,
            release_id=release.id,
            digest=change.digest,
            key=change.key,
            change_class=change_class,
            reason=reason,
            account_id=actor.account_id,
            confirmed_at=now,
        )
    )
    trail.record(
        session,
        organisation_id=actor.organisation_id,
        kind="release.change_confirmed",
        subject=f"release:{release.id}",
        actor_id=actor.account_id,
        now=now,
        detail={
            "change": change.key,
            "class": change_class,
            "proposed": change.change_class.value,
            "reason": reason,
            "sha256": change.digest,
        },
    )


def sign(
    session: Session,
    *,
    actor: Actor,
    release_id: int,
    password: str,
    confirmed_rows: Collection[str],
    now: datetime,
    impact: Impact = NO_IMPACT,
    seen: str | None = None,
) -> ReleaseSignature:
    """Sign a release with password: every protocol row and change confirmed, and not by who published it.

    `impact` is what rests on its changes now; `seen` is the `seen_digest` of what the signer was shown (None: of this).
    """
    release = queries.get_release(session, actor.organisation_id, release_id)
    if not actor.can(Action.SIGN_RELEASE):
        raise RefusedError("Only a medical director signs a release.")
    people.lock_person(session, actor.account_id)
    people.check_password(session, account_id=actor.account_id, password=password)
    _hold_course(session, release)
    found = _compared(session, release)
    confirmed = comparing.confirmed_changes(session, actor.organisation_id, release.id)
    _check_signer(session, actor, release, found.changes, confirmed)
    _check_withdrawn_rows(session, release, found)
    needed = {row["row"] for row in release.manifest["protocol"]}
    open_rows = needed - set(confirmed_rows)
    if open_rows:
        raise RefusedError(
            f"{len(open_rows)} of {len(needed)} protocol rows are not confirmed yet. Compare each with your protocol."
        )
    if seen is not None and seen != comparing.seen_digest(found, confirmed, impact):
        raise RefusedError("The changes, or what rests on them, are no longer what you saw. Look again, then sign.")
    signature = ReleaseSignature(
        organisation_id=actor.organisation_id,
        release_id=release.id,
        account_id=actor.account_id,
        signed_at=now,
        meaning=MEANING,
        content_hash=release.content_hash,
        confirmed_rows=sorted(needed),
        compared_with_id=found.base.id if found.base else None,
        impact=impact.as_values() if found.base else None,
    )
    session.add(signature)
    session.flush()
    _tell_signature(session, signature, found.changes, now)
    return signature


def _tell_signature(session: Session, signature: ReleaseSignature, changes: Sequence[Change], now: datetime) -> None:
    trail.record(
        session,
        organisation_id=signature.organisation_id,
        kind="release.signed",
        subject=f"release:{signature.release_id}",
        actor_id=signature.account_id,
        now=now,
        detail={
            "meaning": signature.meaning,
            "content_hash": signature.content_hash,
            "confirmed_rows": signature.confirmed_rows,
            "compared_with": signature.compared_with_id,
            "changes": [change.digest for change in changes],
            "impact": signature.impact,
        },
    )


def _hold_course(session: Session, release: Release) -> None:
    """Hold a course's releases to the end of the transaction: its editions are classed and signed one after another."""
    of_course = (Release.organisation_id == release.organisation_id) & (Release.course_id == release.course_id)
    session.execute(select(Release.id).where(of_course).order_by(Release.id).with_for_update())


def _check_withdrawn_rows(session: Session, release: Release, found: comparing.Comparison) -> None:
    """Refuse an edition that teaches a row as it was withdrawn: it would come back in silence."""
    if found.base is None:
        return
    stopped = queries.withdrawals(session, release.organisation_id, found.base.id)
    back = comparing.coming_back(stopped, found.changes)
    if back:
        raise RefusedError(
            f"Withdrawn in edition {found.base.edition}, and unchanged in this one: "
            f"{'; '.join(one.what for one in back)}. "
            "Its author changes or removes each first."
        )


def _check_signer(
    session: Session,
    actor: Actor,
    release: Release,
    changes: Sequence[Change],
    confirmed: Mapping[str, comparing.Confirmed],
) -> None:
    if release.published_by == actor.account_id:
        raise RefusedError("You published this release; another medical director has to sign it.")
    if actor.account_id in _signers(session, release.id):
        raise RefusedError("You signed this release already.")
    if queries.withdrawals(session, actor.organisation_id, release.id).whole:
        raise RefusedError("This release was withdrawn; it cannot be signed any more.")
    open_changes = sum(change.digest not in confirmed for change in changes)
    if open_changes:
        raise RefusedError(
            f"{open_changes} of {len(changes)} changes are not confirmed yet. Who published it gives each its class, "
            "with the reason."
        )
    if any(actor.account_id in one.given_by for one in confirmed.values()):
        raise RefusedError("You confirmed changes of this release; another medical director has to sign it.")


def withdraw(
    session: Session,
    *,
    actor: Actor,
    release_id: int,
    fact: str,
    password: str,
    reason: str,
    now: datetime,
    everywhere: bool = False,
) -> list[ReleaseWithdrawal]:
    """Stop a signed release, or one row of it (`fact`, such as "settings/set-004"; empty for the whole), at once.

    `everywhere` stops with the row all that teach the same fact in the releases in force; they come after it.
    """
    release = queries.get_release(session, actor.organisation_id, release_id)
    if not actor.can(Action.SIGN_RELEASE):
        raise RefusedError("Only a medical director withdraws a release.")
    people.lock_person(session, actor.account_id)
    people.check_password(session, account_id=actor.account_id, password=password)
    also = comparing.taught_as_well(session, release).get(fact, []) if everywhere and fact else []
    # Whoever starts an attempt on one of them or certifies on it holds it: they come before this, or see it.
    held = sorted({release.id, *(one.release.id for one in also)})
    session.execute(select(Release.id).where(Release.id.in_(held)).order_by(Release.id).with_for_update())
    if not _signers(session, release.id):
        raise RefusedError("This release is not signed: nobody learns from it or sits on it. There is nothing to stop.")
    titles = {one.key: one.title for one in comparing.pieces(session, release) if one.kind is PieceKind.FACT}
    if fact and fact not in titles:
        raise NotFoundError
    already = queries.withdrawals(session, actor.organisation_id, release.id)
    if already.whole or fact in already.facts:
        raise RefusedError("This was withdrawn already.")
    title = titles[fact] if fact else f"{release.title}, edition {release.edition}"
    first = comparing.Taught(release=release, key=fact, title=title)
    return [_withdraw(session, actor, one, clean_reason(reason), now) for one in (first, *also)]


def _withdraw(session: Session, actor: Actor, what: comparing.Taught, reason: str, now: datetime) -> ReleaseWithdrawal:
    withdrawal = ReleaseWithdrawal(
        organisation_id=actor.organisation_id,
        release_id=what.release.id,
        fact=what.key,
        title=what.title,
        account_id=actor.account_id,
        withdrawn_at=now,
        reason=reason,
    )
    session.add(withdrawal)
    trail.record(
        session,
        organisation_id=actor.organisation_id,
        kind="release.fact_withdrawn" if what.key else "release.withdrawn",
        subject=f"release:{what.release.id}",
        actor_id=actor.account_id,
        now=now,
        detail={"fact": what.key or None, "reason": reason, "content_hash": what.release.content_hash},
    )
    return withdrawal


def check_may_count(actor: Actor) -> None:
    """Refuse who neither publishes nor signs."""
    if not (actor.can(Action.PUBLISH_RELEASE) or actor.can(Action.SIGN_RELEASE)):
        raise RefusedError("Only who publishes or signs counts what rests on the changes.")


def keep_impact(
    session: Session, *, actor: Actor, release_id: int, base_id: int, impact: Impact, now: datetime
) -> None:
    """Keep what was counted to rest on a release's changes against the one in force, by id."""
    check_may_count(actor)
    release = queries.get_release(session, actor.organisation_id, release_id)
    if _signers(session, release.id):
        raise RefusedError("This release is signed; what rested on its changes then is on record.")
    ids, by_change = impact.stored()
    session.add(
        ReleaseImpact(
            organisation_id=actor.organisation_id,
            release_id=release.id,
            base_id=base_id,
            account_id=actor.account_id,
            counted_at=now,
            ids=ids,
            by_change=by_change,
        )
    )
    trail.record(
        session,
        organisation_id=actor.organisation_id,
        kind="release.impact_counted",
        subject=f"release:{release.id}",
        actor_id=actor.account_id,
        now=now,
        detail={"compared_with": base_id, **impact.as_values()},
    )


def _compared(session: Session, release: Release) -> comparing.Comparison:
    return comparing.comparison(session, release, queries.signatures(session, [release.id]).get(release.id, ()))


def _signers(session: Session, release_id: int) -> set[int]:
    query = select(ReleaseSignature.account_id).where(ReleaseSignature.release_id == release_id)
    return set(session.scalars(query))
