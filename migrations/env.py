"""Alembic's entry: migrates the database that app.db (or `fluence db`) names, one transaction a run."""

from alembic import context

import app.audit.models
import app.certification.models
import app.certification.recall_models
import app.certification.record_models
import app.exams.case_models
import app.exams.models
import app.exams.refresher_models
import app.learning.evidence_models
import app.learning.models
import app.people.models
import app.releases.models  # noqa: F401  the imports fill Base.metadata
from app.db import Base, make_engine

engine = make_engine(context.config.attributes["url"])
with engine.execution_options(writes=True).connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()
engine.dispose()
