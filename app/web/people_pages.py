"""What the pages say of people: the list, a person with what may be changed, a link to hand over, the clinics."""

from collections.abc import Iterable, Mapping

from flask import url_for

from app.clock import day_in
from app.errors import NotFoundError
from app.people.models import Account, Clinic
from app.people.permissions import ROLE_LABELS, Action, Actor, Role, may_give
from app.people.queries import Member
from app.web.access import Visitor
from app.web.words import Context, day

PAGE_SIZE = 50


def counted_people(number: int) -> str:
    """Return `1 person` or `3 people`."""
    return "1 person" if number == 1 else f"{number} people"


def list_page(
    who: Visitor,
    clinics: Iterable[Clinic],
    people: Iterable[Member],
    *,
    clinic_id: int | None,
    name: str,
    page: int,
    total: int,
) -> Context:
    """Return a page of the list; NotFoundError for one past the end."""

    def page_url(number: int) -> str | None:
        reached = 1 <= number <= (total + PAGE_SIZE - 1) // PAGE_SIZE
        shown = number if number > 1 else None
        return url_for("people.show", clinic=clinic_id, name=name or None, page=shown) if reached else None

    first = (page - 1) * PAGE_SIZE + 1
    if first > max(total, 1):
        raise NotFoundError
    return {
        "organisation": who.person.organisation,
        "clinics": [
            {"value": "", "label": "All clinics"},
            *({"value": str(clinic.id), "label": clinic.name} for clinic in clinics),
        ],
        "clinic": str(clinic_id or ""),
        "name": name,
        "is_filtered": bool(clinic_id or name),
        "summary": counted_people(total),
        "rows": [_row(one, who.person.time_zone) for one in people],
        "pages": {
            "summary": f"{first}–{min(total, page * PAGE_SIZE)} of {total}",
            "previous": page_url(page - 1),
            "next": page_url(page + 1),
        }
        if total > PAGE_SIZE
        else None,
        "may_add_clinics": who.actor.can(Action.GIVE_ALL_ROLES),
        "may_make_tokens": who.actor.can(Action.MANAGE_TOKENS),
    }


def person_page(one: Member, who: Visitor) -> Context:
    """Return a person with their roles, and what the visitor may change."""
    zone, actor = who.person.time_zone, who.actor
    outranked = all(may_give(actor.grants, role, clinic_id) for _, role, clinic_id, _ in one.roles)
    enabled = one.disabled_at is None
    return {
        "id": one.id,
        "name": one.name,
        "facts": [
            {"term": "E-mail address", "value": one.email},
            {"term": "State", "value": _state(one, zone)},
            *([{"term": "Reason", "value": one.disabled_reason}] if one.disabled_reason else []),
        ],
        "roles": [
            {
                "id": grant_id,
                "label": _role(role, clinic),
                "may_end": may_give(actor.grants, role, clinic_id),
            }
            for grant_id, role, clinic_id, clinic in one.roles
        ],
        "may_change": outranked,
        "may_link": outranked and enabled,
        "may_disable": outranked and enabled and one.id != actor.account_id,
        "may_enable": outranked and not enabled,
        "record_url": _record_url(one, actor),
    }


def link_page(account: Account, title: str, url: str, until: str) -> Context:
    """Return a link that is shown once, to hand over."""
    return {
        "title": f"{title} for {account.name}",
        "name": account.name,
        "email": account.email,
        "url": url,
        "until": until,
        "person_url": url_for("people.person", account_id=account.id),
    }


def clinic_rows(clinics: Iterable[Clinic], sizes: Mapping[int, int]) -> list[Context]:
    """Return clinics as links to their people."""
    return [
        {
            "title": clinic.name,
            "sub": "",
            "note": counted_people(sizes.get(clinic.id, 0)),
            "href": url_for("people.show", clinic=clinic.id),
            "status": None,
        }
        for clinic in clinics
    ]


def network_rows(clinics: Iterable[Clinic]) -> list[Context]:
    """Return clinics as links to where their exams are sat."""
    return [
        {
            "title": clinic.name,
            "sub": ", ".join(clinic.networks),
            "note": "in its networks" if clinic.networks else "anywhere",
            "href": url_for("networks.show", clinic_id=clinic.id),
            "status": None,
        }
        for clinic in clinics
    ]


def _row(one: Member, zone: str) -> Context:
    return {
        "name": one.name,
        "email": one.email,
        "href": url_for("people.person", account_id=one.id),
        "roles": [_role(role, clinic) for _, role, _, clinic in one.roles],
        "state": _state(one, zone),
    }


def _role(role: Role, clinic: str | None) -> str:
    return f"{ROLE_LABELS[role]}, {clinic or 'whole organisation'}"


def _state(one: Member, zone: str) -> str:
    if one.disabled_at is not None:
        return f"Disabled since {day(day_in(zone, one.disabled_at))}"
    return "Can sign in" if one.has_password else "Invited, no password yet"


def _record_url(one: Member, actor: Actor) -> str:
    within = actor.clinics(Action.SEE_BOARD)
    treats_at = {clinic_id for _, role, clinic_id, _ in one.roles if role is Role.TECHNICIAN}
    seen = treats_at and (within is None or treats_at & within)
    return url_for("technicians.show", account_id=one.id) if seen else ""
