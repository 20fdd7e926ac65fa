"""Regrades: attempts found once more with a corrected key, before it is said that this counts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

import proboost.db

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
TIME = proboost.db.UTCDateTime(timezone=True)
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "regrades",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("course_id", sa.String(), nullable=False),
        sa.Column("lesson", sa.String(), nullable=False),
        sa.Column("exercise", sa.String(), nullable=False),
        sa.Column("release", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("changes", JSON, nullable=True),
        sa.Column("created_by", sa.String(), nullable=True),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("applied_by", sa.String(), nullable=True),
        sa.Column("applied_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(["course_id"], ["courses.id"], name=op.f("fk_regrades_course_id_courses")),
        sa.ForeignKeyConstraint(["created_by"], ["users.id"], name=op.f("fk_regrades_created_by_users")),
        sa.ForeignKeyConstraint(["applied_by"], ["users.id"], name=op.f("fk_regrades_applied_by_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_regrades")),
    )
    op.create_table(
        "refindings",
        sa.Column("id", SERIAL, autoincrement=True, nullable=False),
        sa.Column("regrade_id", sa.String(), nullable=False),
        sa.Column("attempt_id", SERIAL, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("score", sa.Double(), nullable=True),
        sa.Column("finding", JSON, nullable=True),
        sa.Column("found_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(["attempt_id"], ["attempts.id"], name=op.f("fk_refindings_attempt_id_attempts")),
        sa.ForeignKeyConstraint(["regrade_id"], ["regrades.id"], name=op.f("fk_refindings_regrade_id_regrades")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refindings")),
        sa.UniqueConstraint("regrade_id", "attempt_id", name="uq_refindings_regrade_attempt"),
    )
    op.create_index("ix_regrades_course", "regrades", ["course_id", "created_at"])
    op.create_index("ix_refindings_state", "refindings", ["regrade_id", "state"])
    op.create_index(op.f("ix_refindings_attempt_id"), "refindings", ["attempt_id"])


def downgrade() -> None:
    op.drop_table("refindings")
    op.drop_table("regrades")
