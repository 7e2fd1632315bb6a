"""Reading published content itself: its files, some of its pieces, and where a lesson shows a row."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.releases.models import ContentFile, ReleaseLesson, ReleasePiece


def content_files(session: Session, content_hashes: Collection[str]) -> dict[str, dict[str, bytes]]:
    """Return the files of published content by its hash; one query."""
    query = select(ContentFile).where(ContentFile.content_hash.in_(content_hashes))
    found: dict[str, dict[str, bytes]] = {one: {} for one in content_hashes}
    for file in session.scalars(query):
        found[file.content_hash][file.path] = file.data
    return found


def pieces(session: Session, release_id: int, keys: Collection[str]) -> list[ReleasePiece]:
    """Return some pieces of a release, in its order."""
    query = select(ReleasePiece).where(ReleasePiece.release_id == release_id, ReleasePiece.key.in_(keys))
    return list(session.scalars(query.order_by(ReleasePiece.position)))


def lesson_showing(session: Session, release_id: int, fact: str) -> tuple[str, str] | None:
    """Return (id, title) of the first lesson that lays out a row such as "settings/set-004", or None."""
    query = select(ReleaseLesson.lesson_id, ReleaseLesson.title).where(
        ReleaseLesson.release_id == release_id,
        ReleaseLesson.html.contains(f'id="{fact_place(fact)}"', autoescape=True),
    )
    row = session.execute(query.order_by(ReleaseLesson.position).limit(1)).first()
    return (row[0], row[1]) if row else None


def fact_place(fact: str) -> str:
    """Return the id that a row has in the lesson that lays it out first."""
    return f"fact-{fact.replace('/', '-')}"
