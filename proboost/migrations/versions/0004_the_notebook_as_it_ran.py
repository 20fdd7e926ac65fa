"""A submission keeps the notebook as grading ran it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("submissions", sa.Column("document", sa.String(), nullable=True))


def downgrade() -> None:
    op.drop_column("submissions", "document")
