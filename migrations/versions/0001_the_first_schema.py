"""The first schema: every table, every uniqueness, and the triggers that keep records insert-only."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

# Nothing that a proof rests on is ever changed or removed; an entry's detail may be erased, never altered.
INSERT_ONLY = (
    "entry",
    "leaf",
    "content_file",
    "release",
    "release_lesson",
    "release_item",
    "item_content",
    "release_signature",
    "paper_item",
    "response",
    "attempt_grant",
    "sign_off",
    "certification",
    "certification_event",
)


def _refuse(table: str, act: str, condition: str = "") -> None:
    name = f"{table}_no_{act.lower()}" + ("_when_closed" if condition else "")
    when = f" WHEN ({condition})" if condition else ""
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            f"CREATE TRIGGER {name} BEFORE {act} ON {table} FOR EACH ROW{when} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is insert-only'); END"
        )
    else:
        op.execute(f"CREATE TRIGGER {name} BEFORE {act} ON {table} FOR EACH ROW{when} EXECUTE FUNCTION refuse_change()")


def _make_insert_only() -> None:
    if op.get_bind().dialect.name != "sqlite":
        op.execute(
            "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION '% is insert-only', TG_TABLE_NAME; END $$"
        )
        for table in INSERT_ONLY:
            op.execute(
                f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} EXECUTE FUNCTION refuse_change()"
            )
    for table in INSERT_ONLY:
        _refuse(table, "UPDATE")
        _refuse(table, "DELETE")
    _refuse("entry_detail", "UPDATE")
    _refuse("attempt", "UPDATE", "OLD.closed_at IS NOT NULL")
    _refuse("attempt", "DELETE")


def upgrade() -> None:
    """Create everything."""
    op.create_table(
        "content_file",
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("path", sa.String(length=255), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("content_hash", "path", name=op.f("pk_content_file")),
    )
    op.create_table(
        "entry",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("organisation_id", BIG_ID, nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=160), nullable=False),
        sa.Column("account_id", BIG_ID, nullable=True),
        sa.Column("actor_id", BIG_ID, nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("commitment", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entry")),
    )
    op.create_index(
        "ix_entry_organisation_id_recorded_at_id",
        "entry",
        ["organisation_id", "recorded_at", "id"],
        unique=False,
    )

    op.create_table(
        "item_content",
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("shown", sa.JSON(), nullable=False),
        sa.Column("keyed", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_item_content")),
    )
    op.create_table(
        "organisation",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("time_zone", sa.String(length=64), nullable=False),
        sa.Column("is_demo", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation")),
        sa.UniqueConstraint("name", name=op.f("uq_organisation_name")),
    )
    op.create_table(
        "rate_window",
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_rate_window")),
    )
    op.create_table(
        "account",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("organisation_id", BIG_ID, nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("password_hash", sa.String(length=255), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("disabled_reason", sa.String(length=500), nullable=True),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_account_organisation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("email", name=op.f("uq_account_email")),
    )
    op.create_index("ix_account_organisation_id_name", "account", ["organisation_id", "name"], unique=False)

    op.create_table(
        "clinic",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("organisation_id", BIG_ID, nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_clinic_organisation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clinic")),
        sa.UniqueConstraint("organisation_id", "name", name=op.f("uq_clinic_organisation_id_name")),
    )
    op.create_table(
        "entry_detail",
        sa.Column("entry_id", sa.String(length=32), nullable=False),
        sa.Column("salt", sa.String(length=64), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["entry.id"], name=op.f("fk_entry_detail_entry_id")),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_entry_detail")),
    )
    op.create_table(
        "leaf",
        sa.Column("number", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("entry_id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["entry.id"], name=op.f("fk_leaf_entry_id")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_leaf")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_leaf_entry_id")),
    )
    op.create_table(
        "access_link",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("organisation_id", BIG_ID, nullable=False),
        sa.Column("account_id", BIG_ID, nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_access_link_account_id")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_access_link_organisation_id")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_access_link")),
    )
    op.create_index(op.f("ix_access_link_account_id"), "access_link", ["account_id"], unique=False)

    op.create_table(
        "assignment",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("organisation_id", BIG_ID, nullable=False),
        sa.Column("account_id", BIG_ID, nullable=False),
        sa.Column("course_id", sa.String(length=64), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("assigned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("assigned_by", BIG_ID, nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_assignment_account_id")),
        sa.ForeignKeyConstraint(["assigned_by"], ["account.id"], name=op.f("fk_assignment_assigned_by")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_assignment_organisation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignment")),
        sa.UniqueConstraint(
            "organisation_id",
            "account_id",
            "course_id",
            name=op.f("uq_assignment_organisation_id_account_id_course_id"),
        ),
    )
    op.create_table(
        "attempt_grant",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("organisation_id", BIG_ID, nullable=False),
        sa.Column("account_id", BIG_ID, nullable=False),
        sa.Column("course_id", sa.String(length=64), nullable=False),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("granted_by", BIG_ID, nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_attempt_grant_account_id")),
        sa.ForeignKeyConstraint(["granted_by"], ["account.id"], name=op.f("fk_attempt_grant_granted_by")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_attempt_grant_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempt_grant")),
    )
    op.create_index(
        "ix_attempt_grant_organisation_id_account_id",
        "attempt_grant",
        ["organisation_id", "account_id", "course_id"],
        unique=False,
    )

    op.create_table(
        "release",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("organisation_id", BIG_ID, nullable=False),
        sa.Column("course_id", sa.String(length=64), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("edition", sa.String(length=64), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("manifest", sa.JSON(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_by", BIG_ID, nullable=False),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_release_organisation_id")),
        sa.ForeignKeyConstraint(["published_by"], ["account.id"], name=op.f("fk_release_published_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_release")),
        sa.UniqueConstraint(
            "organisation_id",
            "course_id",
            "content_hash",
            name=op.f("uq_release_organisation_id_course_id_content_hash"),
        ),
    )
    op.create_table(
        "role_grant",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("organisation_id", BIG_ID, nullable=False),
        sa.Column("account_id", BIG_ID, nullable=False),
        sa.Column("clinic_id", BIG_ID, nullable=True),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("granted_by", BIG_ID, nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_role_grant_account_id")),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinic.id"], name=op.f("fk_role_grant_clinic_id")),
        sa.ForeignKeyConstraint(["granted_by"], ["account.id"], name=op.f("fk_role_grant_granted_by")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_role_grant_organisation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role_grant")),
    )
    op.create_index("ix_role_grant_account_id", "role_grant", ["account_id"], unique=False)
    op.create_index(
        "ix_role_grant_organisation_id_clinic_id_role",
        "role_grant",
        ["organisation_id", "clinic_id", "role"],
        unique=False,
    )
    op.create_index(
        "uq_role_grant_clinic",
        "role_grant",
        ["account_id", "clinic_id", "role"],
        unique=True,
        sqlite_where=sa.text("clinic_id IS NOT NULL AND ended_at IS NULL"),
        postgresql_where=sa.text("clinic_id IS NOT NULL AND ended_at IS NULL"),
    )
    op.create_index(
        "uq_role_grant_everywhere",
        "role_grant",
        ["account_id", "role"],
        unique=True,
        sqlite_where=sa.text("clinic_id IS NULL AND ended_at IS NULL"),
        postgresql_where=sa.text("clinic_id IS NULL AND ended_at IS NULL"),
    )

    op.create_table(
        "sign_in",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("organisation_id", BIG_ID, nullable=False),
        sa.Column("account_id", BIG_ID, nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_sign_in_account_id")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_sign_in_organisation_id")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_sign_in")),
    )
    op.create_index(op.f("ix_sign_in_account_id"), "sign_in", ["account_id"], unique=False)

    op.create_table(
        "sign_off",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("organisation_id", BIG_ID, nullable=False),
        sa.Column("clinic_id", BIG_ID, nullable=False),
        sa.Column("account_id", BIG_ID, nullable=False),
        sa.Column("evaluator_id", BIG_ID, nullable=False),
        sa.Column("device", sa.String(length=64), nullable=False),
        sa.Column("skin_type", sa.Integer(), nullable=False),
        sa.Column("procedure", sa.String(length=64), nullable=False),
        sa.Column("observed_on", sa.Date(), nullable=False),
        sa.Column("attested_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_sign_off_account_id")),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinic.id"], name=op.f("fk_sign_off_clinic_id")),
        sa.ForeignKeyConstraint(["evaluator_id"], ["account.id"], name=op.f("fk_sign_off_evaluator_id")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_sign_off_organisation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_off")),
    )
    op.create_index(
        "ix_sign_off_organisation_id_account_id", "sign_off", ["organisation_id", "account_id"], unique=False
    )

    op.create_table(
        "attempt",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("organisation_id", BIG_ID, nullable=False),
        sa.Column("account_id", BIG_ID, nullable=False),
        sa.Column("course_id", sa.String(length=64), nullable=False),
        sa.Column("release_id", BIG_ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("proof", sa.JSON(), nullable=False),
        sa.Column("items", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deadline_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.String(length=16), nullable=True),
        sa.Column("passed", sa.Boolean(), nullable=True),
        sa.Column("score_numerator", sa.BigInteger(), nullable=True),
        sa.Column("score_denominator", sa.BigInteger(), nullable=True),
        sa.Column("result", sa.JSON(), nullable=True),
        sa.Column("responses_hash", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_attempt_account_id")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_attempt_organisation_id")),
        sa.ForeignKeyConstraint(["release_id"], ["release.id"], name=op.f("fk_attempt_release_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempt")),
        sa.UniqueConstraint(
            "organisation_id",
            "account_id",
            "course_id",
            "number",
            name=op.f("uq_attempt_organisation_id_account_id_course_id_number"),
        ),
    )
    op.create_index(
        "ix_attempt_deadline_open",
        "attempt",
        ["deadline_at"],
        unique=False,
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_index(
        "uq_attempt_open",
        "attempt",
        ["account_id", "course_id"],
        unique=True,
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    )

    op.create_table(
        "certification",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("organisation_id", BIG_ID, nullable=False),
        sa.Column("account_id", BIG_ID, nullable=False),
        sa.Column("course_id", sa.String(length=64), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("release_id", BIG_ID, nullable=False),
        sa.Column("scheme", sa.JSON(), nullable=False),
        sa.Column("cells", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_certification_account_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_certification_organisation_id")
        ),
        sa.ForeignKeyConstraint(["release_id"], ["release.id"], name=op.f("fk_certification_release_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certification")),
        sa.UniqueConstraint("number", name=op.f("uq_certification_number")),
        sa.UniqueConstraint(
            "organisation_id",
            "account_id",
            "course_id",
            "ordinal",
            name=op.f("uq_certification_organisation_id_account_id_course_id_ordinal"),
        ),
    )
    op.create_table(
        "lesson_completion",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("organisation_id", BIG_ID, nullable=False),
        sa.Column("account_id", BIG_ID, nullable=False),
        sa.Column("course_id", sa.String(length=64), nullable=False),
        sa.Column("release_id", BIG_ID, nullable=False),
        sa.Column("lesson_id", sa.String(length=64), nullable=False),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_lesson_completion_account_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_lesson_completion_organisation_id")
        ),
        sa.ForeignKeyConstraint(["release_id"], ["release.id"], name=op.f("fk_lesson_completion_release_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lesson_completion")),
        sa.UniqueConstraint(
            "organisation_id",
            "account_id",
            "release_id",
            "lesson_id",
            name=op.f("uq_lesson_completion_organisation_id_account_id_release_id_lesson_id"),
        ),
    )
    op.create_table(
        "release_item",
        sa.Column("release_id", BIG_ID, nullable=False),
        sa.Column("item_id", sa.String(length=200), nullable=False),
        sa.Column("variant", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("item_hash", sa.String(length=64), nullable=False),
        sa.Column("objective", sa.String(length=64), nullable=False),
        sa.Column("draw_from", sa.String(length=32), nullable=False),
        sa.Column("key_row", sa.String(length=200), nullable=False),
        sa.Column("critical", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["item_hash"], ["item_content.hash"], name=op.f("fk_release_item_item_hash")),
        sa.ForeignKeyConstraint(["release_id"], ["release.id"], name=op.f("fk_release_item_release_id")),
        sa.PrimaryKeyConstraint("release_id", "item_id", "variant", name=op.f("pk_release_item")),
    )
    op.create_table(
        "release_lesson",
        sa.Column("release_id", BIG_ID, nullable=False),
        sa.Column("lesson_id", sa.String(length=64), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["release_id"], ["release.id"], name=op.f("fk_release_lesson_release_id")),
        sa.PrimaryKeyConstraint("release_id", "lesson_id", name=op.f("pk_release_lesson")),
    )
    op.create_table(
        "release_signature",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("organisation_id", BIG_ID, nullable=False),
        sa.Column("release_id", BIG_ID, nullable=False),
        sa.Column("account_id", BIG_ID, nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("meaning", sa.String(length=200), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("confirmed_rows", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_release_signature_account_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_release_signature_organisation_id")
        ),
        sa.ForeignKeyConstraint(["release_id"], ["release.id"], name=op.f("fk_release_signature_release_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_release_signature")),
        sa.UniqueConstraint("release_id", "account_id", name=op.f("uq_release_signature_release_id_account_id")),
    )
    op.create_table(
        "certification_event",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("organisation_id", BIG_ID, nullable=False),
        sa.Column("certification_id", BIG_ID, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", BIG_ID, nullable=True),
        sa.Column("reason_code", sa.String(length=32), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("attempt_id", BIG_ID, nullable=True),
        sa.Column("release_id", BIG_ID, nullable=True),
        sa.Column("first_on", sa.Date(), nullable=True),
        sa.Column("last_on", sa.Date(), nullable=True),
        sa.Column("grace_last_on", sa.Date(), nullable=True),
        sa.Column("due_from_on", sa.Date(), nullable=True),
        sa.Column("cells", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(["actor_id"], ["account.id"], name=op.f("fk_certification_event_actor_id")),
        sa.ForeignKeyConstraint(["attempt_id"], ["attempt.id"], name=op.f("fk_certification_event_attempt_id")),
        sa.ForeignKeyConstraint(
            ["certification_id"], ["certification.id"], name=op.f("fk_certification_event_certification_id")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_certification_event_organisation_id")
        ),
        sa.ForeignKeyConstraint(["release_id"], ["release.id"], name=op.f("fk_certification_event_release_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certification_event")),
        sa.UniqueConstraint(
            "certification_id", "attempt_id", name=op.f("uq_certification_event_certification_id_attempt_id")
        ),
    )
    op.create_index(
        "ix_certification_event_certification_id",
        "certification_event",
        ["certification_id", "effective_on"],
        unique=False,
    )

    op.create_table(
        "flag",
        sa.Column("attempt_id", BIG_ID, nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["attempt_id"], ["attempt.id"], name=op.f("fk_flag_attempt_id")),
        sa.PrimaryKeyConstraint("attempt_id", "position", name=op.f("pk_flag")),
    )
    op.create_table(
        "paper_item",
        sa.Column("attempt_id", BIG_ID, nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("section", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.String(length=200), nullable=False),
        sa.Column("variant", sa.Integer(), nullable=False),
        sa.Column("item_hash", sa.String(length=64), nullable=False),
        sa.Column("critical", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["attempt_id"], ["attempt.id"], name=op.f("fk_paper_item_attempt_id")),
        sa.ForeignKeyConstraint(["item_hash"], ["item_content.hash"], name=op.f("fk_paper_item_item_hash")),
        sa.PrimaryKeyConstraint("attempt_id", "position", name=op.f("pk_paper_item")),
    )
    op.create_table(
        "response",
        sa.Column("attempt_id", BIG_ID, nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("revision", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("chosen", sa.JSON(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["attempt_id"], ["attempt.id"], name=op.f("fk_response_attempt_id")),
        sa.PrimaryKeyConstraint("attempt_id", "position", "revision", name=op.f("pk_response")),
    )
    _make_insert_only()


def downgrade() -> None:
    """There is nothing before the first schema: restore a backup, or start with an empty database."""
    raise RuntimeError("the first schema has no earlier one; restore a backup instead")
