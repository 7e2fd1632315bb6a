"""The job queue: thin, over the same services as the pages."""

from pathlib import Path

import structlog
from huey import SqliteHuey, crontab

from app import clock
from app.certification import evidence, service
from app.db import Database
from app.learning import shelf
from app.log import configure
from config import Settings

log = structlog.get_logger()

BATCH = 50  # attempts closed in one transaction; SQLite's other writers wait that long


def consume(settings: Settings) -> None:
    """Run the periodic jobs until stopped; one consumer an installation."""
    configure(settings.log_level)
    make_queue(settings).create_consumer(workers=1, periodic=True).run()


def make_queue(settings: Settings) -> SqliteHuey:
    """Return the queue with its periodic jobs, over the database of the settings."""
    Path(settings.queue_path).parent.mkdir(parents=True, exist_ok=True)
    queue = SqliteHuey("fluence", filename=settings.queue_path)
    database = Database(settings.database_url)

    @queue.periodic_task(crontab(minute="*"))
    def close_overdue() -> int:
        # Batch by batch, each on record before the next: however many ran out together, none waits for another minute.
        closed, more = 0, True
        while more:
            with database.transaction() as session:
                more = bool(number := service.close_overdue(session, now=clock.now(), limit=BATCH))
            closed += number
        if closed:
            log.info("attempts_closed", number=closed)
        return closed

    @queue.periodic_task(crontab(minute="17"))
    def sweep_evidence() -> int:
        # What an upload that was rolled back left in the folder: a file that no row knows.
        with database.session() as session:
            swept = shelf.sweep(
                Path(settings.evidence_path), lambda names: evidence.known_files(session, names), now=clock.now()
            )
        if swept:
            log.info("evidence_swept", number=swept)
        return swept

    return queue
