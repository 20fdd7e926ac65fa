"""Variants: each learner's own values of an exercise, and attempts that keep theirs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

import proboost.db

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
TIME = proboost.db.UTCDateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "variants",
        sa.Column("enrolment_id", sa.String(), nullable=False),
        sa.Column("lesson", sa.String(), nullable=False),
        sa.Column("exercise", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("draw", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("drawn", JSON, nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("drawn_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["enrolment_id"], ["enrolments.id"], name=op.f("fk_variants_enrolment_id_enrolments")),
        sa.PrimaryKeyConstraint("enrolment_id", "lesson", "exercise", name=op.f("pk_variants")),
    )
    op.add_column("attempts", sa.Column("variant", JSON, server_default="{}", nullable=False))


def downgrade() -> None:
    op.drop_column("attempts", "variant")
    op.drop_table("variants")
