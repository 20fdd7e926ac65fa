"""What tests share: databases of both kinds, settings of a throw-away installation, the platform with a Hub."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from chromium import browser  # noqa: F401 -- the fixture of a browser
from fakes import FakeHub, Platform
from hypothesis import HealthCheck, settings
from running import platform  # noqa: F401 -- the fixture of a whole installation
from sqlalchemy import Connection, create_engine, text

from proboost.db import Database
from proboost.models import Base
from proboost.settings import SECRETS, Settings

settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])  # machines are shared
settings.load_profile("house")

POSTGRES = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
NOBODY = 65534


@pytest.fixture(autouse=True)
def _language(monkeypatch: pytest.MonkeyPatch) -> None:
    """Programs choose their process's language as they are imported; a test asks for its own."""
    monkeypatch.setattr("proboost_kernel.i18n._process", None)


@pytest.fixture
def settings_(tmp_path: Path) -> Settings:
    """An installation of its own, on free ports, with its secrets made."""
    conf = Settings(
        data=tmp_path / "data", run=tmp_path / "run", hub_port=free_port(), platform_port=free_port(), port=free_port()
    )
    conf.secrets_dir.mkdir(parents=True)
    conf.run.mkdir(parents=True)
    conf.platform_dir.mkdir(parents=True)
    for name in SECRETS:
        (conf.secrets_dir / name).write_text(secrets.token_hex(32), "ascii")
    return conf


@pytest.fixture(scope="session")
def sqlite_migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty, migrated database to copy: to migrate takes a hundred times as long."""
    file = tmp_path_factory.mktemp("migrated") / "empty.sqlite"
    database = Database(f"sqlite:///{file}")
    database.migrate()
    database.close()
    assert not file.with_name("empty.sqlite-wal").exists()
    return file


@pytest.fixture
def sqlite_database(tmp_path: Path, sqlite_migrated: Path) -> Iterator[Database]:
    shutil.copyfile(sqlite_migrated, tmp_path / "test.sqlite")
    database = Database(f"sqlite:///{tmp_path / 'test.sqlite'}")
    yield database
    database.close()


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """A PostgreSQL of our own on a unix socket in a temporary folder, as nobody when we are root."""
    if not POSTGRES:
        pytest.fail("PostgreSQL is not installed (Debian package postgresql)")
    bin_ = POSTGRES[-1].parent
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    root = os.geteuid() == 0
    as_whom: dict[str, object] = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if root else {}
    if root:
        os.chown(folder, NOBODY, NOBODY)
    environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "HOME": str(folder)}

    def run(*command: str) -> None:
        subprocess.run(command, check=True, capture_output=True, cwd=folder, env=environment, **as_whom)  # type: ignore[call-overload]

    data = folder / "data"
    run(str(bin_ / "initdb"), "-D", str(data), "-U", "proboost", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8")
    options = f"-k {folder} -c listen_addresses='' -c fsync=off -c max_connections=100"
    run(str(bin_ / "pg_ctl"), "-D", str(data), "-w", "-l", str(folder / "log"), "-o", options, "start")
    try:
        yield f"postgresql+psycopg://proboost@/postgres?host={folder}"
    finally:
        run(str(bin_ / "pg_ctl"), "-D", str(data), "-w", "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_migrated(postgres: str) -> str:
    """The address of a migrated database in it; each test leaves it empty, since to make another takes much longer."""
    name = f"test_{secrets.token_hex(6)}"
    with _connected(postgres) as connection:
        connection.execute(text(f'create database "{name}"'))
    url = postgres.replace("/postgres?", f"/{name}?")
    database = Database(url)
    database.migrate()
    database.close()
    return url


@pytest.fixture
def postgres_database(postgres_migrated: str) -> Iterator[Database]:
    """An empty, migrated database."""
    database = Database(postgres_migrated)
    yield database
    database.close()
    tables = ", ".join(f'"{table.name}"' for table in Base.metadata.sorted_tables)
    with _connected(postgres_migrated) as connection:  # what a test has left open may hold locks
        others = "from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
        connection.execute(text(f"select pg_terminate_backend(pid, 10000) {others}"))
        connection.execute(text(f"truncate {tables} restart identity cascade"))


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest) -> Database:
    """The test runs on both databases."""
    found: Database = request.getfixturevalue(f"{request.param}_database")
    return found


@pytest.fixture
def platform_app(settings_: Settings, database: Database) -> Iterator[Platform]:
    """The platform's two applications, really serving, beside a Hub that knows whom we tell it."""
    with FakeHub(settings_) as hub, Platform(settings_, database, hub) as both:
        yield both


@pytest.fixture
def sqlite_platform(settings_: Settings, sqlite_database: Database) -> Iterator[Platform]:
    """The same on SQLite only, for what has nothing to do with the database."""
    with FakeHub(settings_) as hub, Platform(settings_, sqlite_database, hub) as both:
        yield both


@pytest.fixture
def client_for(platform_app: Platform) -> Callable[..., httpx.Client]:
    """`client_for("lea")`: a browser's session; `client_for("lea", server=True)`: her server's token."""
    return platform_app.client


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def _connected(url: str) -> Iterator[Connection]:
    """A connection without transactions."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        yield connection
    engine.dispose()
