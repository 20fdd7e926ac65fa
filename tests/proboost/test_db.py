"""The database: both kinds, migrations that match the tables, times that stay aware, transactions that roll back."""

from __future__ import annotations

from datetime import datetime

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import select

from proboost import clock
from proboost.db import Database
from proboost.models import Base, Outbox, User


def test_migrations_make_the_tables_that_the_models_describe(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_migrating_again_changes_nothing(database: Database) -> None:
    with database.transaction() as session:
        session.add(User(name="lea", uid=200_000))
    database.migrate()
    with database.read() as session:
        assert session.scalars(select(User.name)).all() == ["lea"]


def test_a_failed_transaction_leaves_nothing(database: Database) -> None:
    def half() -> None:
        with database.transaction() as session:
            session.add(User(name="lea", uid=200_000))
            session.flush()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        half()
    with database.read() as session:
        assert session.scalars(select(User)).all() == []


def test_times_come_back_aware_and_json_whole(database: Database) -> None:
    payload = {"text": "Ёлка", "n": [1, 2.5, None]}
    with database.transaction() as session:
        session.add(Outbox(kind="mail", key="k", payload=payload))
    with database.read() as session:
        row = session.scalars(select(Outbox)).one()
    assert row.payload == payload
    assert row.created_at.tzinfo is not None
    assert abs((clock.now() - row.created_at).total_seconds()) < 60


def test_a_naive_time_is_refused(database: Database) -> None:
    from sqlalchemy.exc import StatementError

    with pytest.raises(StatementError, match="naive"), database.transaction() as session:
        session.add(User(name="lea", uid=200_000, created_at=datetime(2026, 1, 1)))


def test_a_reader_does_not_wait_for_a_writer(sqlite_database: Database) -> None:
    with sqlite_database.transaction() as session:
        session.add(User(name="lea", uid=200_000))
        session.flush()
        with sqlite_database.read() as reader:
            assert reader.scalars(select(User)).all() == []
