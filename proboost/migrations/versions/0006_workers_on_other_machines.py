"""Workers on other machines, by the hashes of their tokens."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import proboost.db

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TIME = proboost.db.UTCDateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "workers",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("seen_at", TIME, nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_workers")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_workers_token_hash")),
    )


def downgrade() -> None:
    op.drop_table("workers")
