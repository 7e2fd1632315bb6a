"""What the pages say of tokens: which there are, what they read, when they were used last; a new one, shown once."""

from collections.abc import Iterable, Mapping

from flask import current_app, url_for

from app.clock import day_in
from app.people.models import ApiToken
from app.people.tokens import Listed
from app.web.access import Visitor
from app.web.words import Context, day

EVERYWHERE = "all"


def list_page(listed: Iterable[Listed], clinics: Mapping[int, str], who: Visitor) -> Context:
    """Return the tokens, those in use first."""
    return {"rows": [_row(one, clinics, who.person.time_zone) for one in listed]}


def made_page(token: ApiToken, secret: str) -> Context:
    """Return a new token with how it is sent."""
    # The address comes from the settings: what a request says its host is could be anybody's.
    address = f"{current_app.config['BASE_URL']}{url_for('api.scope', clinic=(token.clinics or [1])[0])}"
    return {"name": token.name, "secret": secret, "example": f'curl -H "Authorization: Bearer $TOKEN" "{address}"'}


def _row(one: Listed, clinics: Mapping[int, str], zone: str) -> Context:
    token = one.token
    reads = "Every clinic" if token.clinics is None else ", ".join(clinics[each] for each in token.clinics)
    revoked = f"Revoked on {day(day_in(zone, token.revoked_at))}" if token.revoked_at else ""
    return {
        "name": token.name,
        "reads": reads,
        "made": f"{day(day_in(zone, token.created_at))}, {one.made_by}",
        "used": day(token.last_used_on) if token.last_used_on else "Never",
        "revoked": revoked,
        "revoke_url": "" if revoked else url_for("tokens.ask_revoke", token_id=token.id),
    }
