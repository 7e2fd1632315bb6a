"""Storing frozen content: what it is under its hash, and what a release shows of it."""

from sqlalchemy import insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from app.releases.freeze import Frozen, FrozenItem
from app.releases.models import ContentFile, ItemContent, ReleaseItem, ReleaseLesson, ReleasePiece


def store_content(session: Session, frozen: Frozen) -> None:
    """Store the files and items of frozen content under their hashes, each once."""
    known = select(ContentFile.path).where(ContentFile.content_hash == frozen.hash).limit(1)
    if session.scalar(known) is None:
        session.execute(
            insert(ContentFile),
            [{"content_hash": frozen.hash, "path": path, "data": data} for path, data in frozen.files.items()],
        )
    hashes = {item.hash for item in frozen.items}
    stored = set(session.scalars(select(ItemContent.hash).where(ItemContent.hash.in_(hashes))))
    fresh = {item.hash: item for item in frozen.items if item.hash not in stored}
    if fresh:
        session.execute(
            insert(ItemContent),
            [{"hash": one.hash, "shown": one.shown, "keyed": one.keyed} for one in fresh.values()],
        )


def store_rendered(session: Session, release_id: int, frozen: Frozen) -> None:
    """Store what a release shows of its frozen content: pieces, lessons and items."""
    session.execute(
        insert(ReleasePiece),
        [
            {
                "release_id": release_id,
                "key": one.key,
                "position": position,
                "kind": one.kind.value,
                "title": one.title,
                "shown": one.values,
            }
            for position, one in enumerate(frozen.pieces, start=1)
        ],
    )
    session.execute(
        insert(ReleaseLesson),
        [
            {
                "release_id": release_id,
                "lesson_id": lesson_id,
                "position": position,
                "title": title,
                "minutes": minutes,
                "html": html,
            }
            for position, (lesson_id, title, minutes, html) in enumerate(frozen.lessons, start=1)
        ],
    )
    session.execute(
        insert(ReleaseItem),
        [
            {
                "release_id": release_id,
                "item_id": item.id,
                "variant": item.variant,
                "item_hash": item.hash,
                "objective": item.objective,
                "draw_from": item.draw_from,
                "key_row": item.key_row,
                "critical": item.critical,
            }
            for item in frozen.items
        ],
    )


def store_item(session: Session, item: FrozenItem) -> None:
    """Store one item under its hash, unless it is there; who stores it at the same moment finds it stored."""
    dialect = session.get_bind().dialect.name
    statement = postgresql.insert(ItemContent) if dialect == "postgresql" else sqlite.insert(ItemContent)
    session.execute(
        statement.values(hash=item.hash, shown=item.shown, keyed=item.keyed).on_conflict_do_nothing(),
    )
