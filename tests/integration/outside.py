"""Certificates of other bodies for tests: small real files of each kind, and one of Ann's that was uploaded."""

import os
import zlib
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from app.certification import evidence
from app.certification.evidence import Certificate
from app.clock import day_in
from app.learning.evidence_models import OutsideEvidence
from app.learning.sniffing import sniffed
from tests.factories import ZONE, World
from tests.integration.story import NOW

FOLDER = Path(os.environ["TESTS_FOLDER"]) / "evidence"


def pdf(body: bytes = b"<</Type/Catalog/Pages 2 0 R>>", *, after: bytes = b"\n") -> bytes:
    """Return a small PDF, with something in its catalogue or after its end."""
    start = b"%PDF-1.7\n1 0 obj\n" + body + b"\nendobj\n2 0 obj\n<</Type/Pages/Kids[]/Count 0>>\nendobj\n"
    xref = b"xref\n0 1\n0000000000 65535 f \ntrailer\n<</Size 3/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % len(start)
    return start + xref + after


def png(width: int = 1, height: int = 1, *, after: bytes = b"") -> bytes:
    """Return a small PNG that says a size."""
    pixels = zlib.compress(b"\0\0\0\0")
    header = width.to_bytes(4) + height.to_bytes(4) + b"\x08\x02\0\0\0"
    chunks = ((b"IHDR", header), (b"IDAT", pixels), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, body) for kind, body in chunks) + after


def _chunk(kind: bytes, body: bytes) -> bytes:
    return len(body).to_bytes(4) + kind + body + zlib.crc32(kind + body).to_bytes(4)


def jpeg(width: int = 1, height: int = 1, *, after: bytes = b"") -> bytes:
    """Return the bones of a JPEG that says a size: frame, scan with a stuffed byte and a restart, end."""
    frame = b"\xff\xc0\x00\x0b\x08" + height.to_bytes(2) + width.to_bytes(2) + b"\x01\x01\x11\x00"
    scan = b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00" + b"\x12\xff\x00\x34\xff\xd0\x56"
    return b"\xff\xd8\xff\xe0\x00\x04AB" + frame + scan + b"\xff\xd9" + after


def certificate(now: datetime = NOW, **more: Any) -> Certificate:
    """Return what a certificate says that was issued a month ago."""
    said: dict[str, Any] = {
        "issuer": "Laser School Zurich",
        "number": "LSZ-2026-17",
        "title": "Laser tightening",
        "issued_on": day_in(ZONE, now) - timedelta(days=30),
        "expires_on": None,
    }
    return Certificate(**{**said, **more})


def upload(
    session: Session, world: World, *, now: datetime = NOW, data: bytes | None = None, **more: Any
) -> OutsideEvidence:
    """Let Ann upload her certificate."""
    return evidence.add(
        session,
        actor=world.ann.actor,
        account_id=world.ann.id,
        certificate=certificate(now, **more),
        file=sniffed(pdf() if data is None else data),
        folder=FOLDER,
        now=now,
    )
