"""Alembic migrations, oldest first; `proboost.db` runs them."""
