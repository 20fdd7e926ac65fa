"""Uploads, submissions, what graders say, and whose turn it is in the queue."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

import proboost.db

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "turns",
        sa.Column("course_id", sa.String(), nullable=False),
        sa.Column("learner", sa.String(), nullable=False),
        sa.Column("at", proboost.db.UTCDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("course_id", "learner", name=op.f("pk_turns")),
    )
    op.create_table(
        "submissions",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("client_id", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("enrolment_id", sa.String(), nullable=False),
        sa.Column("course_id", sa.String(), nullable=False),
        sa.Column("lesson", sa.String(), nullable=False),
        sa.Column("release", sa.Integer(), nullable=False),
        sa.Column("surface", sa.String(), nullable=False),
        sa.Column("notebook", sa.String(), nullable=True),
        sa.Column("files", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("contents", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("made_at", proboost.db.UTCDateTime(timezone=True), nullable=True),
        sa.Column("received_at", proboost.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("counted_at", proboost.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("factor", sa.Double(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("remarks", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.ForeignKeyConstraint(["course_id"], ["courses.id"], name=op.f("fk_submissions_course_id_courses")),
        sa.ForeignKeyConstraint(
            ["enrolment_id"], ["enrolments.id"], name=op.f("fk_submissions_enrolment_id_enrolments")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_submissions_user_id_users")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_submissions")),
        sa.UniqueConstraint("user_id", "client_id", name="uq_submissions_user_client"),
    )
    with op.batch_alter_table("submissions", schema=None) as batch_op:
        batch_op.create_index("ix_submissions_course", ["course_id", "state"], unique=False)
        batch_op.create_index("ix_submissions_lesson", ["enrolment_id", "lesson"], unique=False)

    op.create_table(
        "uploads",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("enrolment_id", sa.String(), nullable=False),
        sa.Column("course_id", sa.String(), nullable=False),
        sa.Column("lesson", sa.String(), nullable=False),
        sa.Column("exercise", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("received_at", proboost.db.UTCDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["course_id"], ["courses.id"], name=op.f("fk_uploads_course_id_courses")),
        sa.ForeignKeyConstraint(["enrolment_id"], ["enrolments.id"], name=op.f("fk_uploads_enrolment_id_enrolments")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_uploads_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_uploads")),
    )
    with op.batch_alter_table("uploads", schema=None) as batch_op:
        batch_op.create_index("ix_uploads_exercise", ["enrolment_id", "lesson", "exercise"], unique=False)

    op.create_table(
        "submission_notes",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("client_id", sa.String(), nullable=False),
        sa.Column("submission", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("at", proboost.db.UTCDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["submission"], ["submissions.number"], name=op.f("fk_submission_notes_submission_submissions")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_submission_notes_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_submission_notes")),
        sa.UniqueConstraint("user_id", "client_id", name="uq_submission_notes_user_client"),
    )
    with op.batch_alter_table("submission_notes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_submission_notes_submission"), ["submission"], unique=False)

    # Written into the table's own statement: SQLite would otherwise copy a table that others refer to.
    op.add_column(
        "attempts",
        sa.Column(
            "submission",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            sa.ForeignKey("submissions.number", name=op.f("fk_attempts_submission_submissions")),
            nullable=True,
        ),
        inline_references=True,
    )
    op.create_index(op.f("ix_attempts_submission"), "attempts", ["submission"], unique=False)
    op.add_column(
        "findings",
        sa.Column(
            "by_user_id",
            sa.String(),
            sa.ForeignKey("users.id", name=op.f("fk_findings_by_user_id_users")),
            nullable=True,
        ),
        inline_references=True,
    )
    op.add_column("outbox", sa.Column("learner", sa.String(), nullable=False, server_default=""))


def downgrade() -> None:
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.drop_column("learner")
    with op.batch_alter_table("findings", schema=None) as batch_op:
        batch_op.drop_column("by_user_id")
    with op.batch_alter_table("attempts", schema=None) as batch_op:
        batch_op.drop_index(op.f("ix_attempts_submission"))
        batch_op.drop_column("submission")
    for table in ("submission_notes", "uploads", "submissions", "turns"):
        op.drop_table(table)
