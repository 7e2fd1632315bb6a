"""Writing the trail, in the transaction of the fact it tells of."""

import hashlib
import json
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from app.audit.models import Entry, EntryDetail
from app.db import table_of

_ENTRY, _DETAIL = insert(table_of(Entry)), insert(table_of(EntryDetail))


def canonical(value: Any) -> bytes:
    """Return a value's one JSON spelling: sorted keys, no spaces, UTF-8."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def commitment_of(salt: str, detail: Mapping[str, Any]) -> str:
    """Return SHA-256 (hex) over the salt and the detail's canonical JSON."""
    return hashlib.sha256(bytes.fromhex(salt) + canonical(detail)).hexdigest()


def record(
    session: Session,
    *,
    organisation_id: int,
    kind: str,
    subject: str,
    now: datetime,
    actor_id: int | None = None,
    account_id: int | None = None,
    detail: Mapping[str, Any] | None = None,
) -> str:
    """Add one entry to the trail and return its id.

    `subject` is "table:id" of what changed, `account_id` the person it concerns, `actor_id` who did it (None: the
    system itself).
    """
    entry_id, salt, told = secrets.token_hex(16), secrets.token_hex(32), dict(detail or {})
    session.flush()  # the fact stands before its entry
    connection = session.connection()
    connection.execute(
        _ENTRY,
        {
            "id": entry_id,
            "organisation_id": organisation_id,
            "kind": kind,
            "subject": subject,
            "account_id": account_id,
            "actor_id": actor_id,
            "recorded_at": now,
            "commitment": commitment_of(salt, told),
        },
    )
    connection.execute(_DETAIL, {"entry_id": entry_id, "salt": salt, "detail": told})
    return entry_id
