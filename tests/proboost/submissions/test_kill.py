"""Nothing that was acknowledged is lost and nothing counts twice, whoever is killed in the middle of it."""

from __future__ import annotations

import secrets
import threading
from pathlib import Path

import pytest
from handing_in import Stage
from sqlalchemy import create_engine, text


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_a_class_hands_in_while_everything_is_killed(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    url = ""
    if kind == "postgres":
        server: str = request.getfixturevalue("postgres")
        name = f"kill_{secrets.token_hex(4)}"
        engine = create_engine(server, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(f'create database "{name}"'))
        engine.dispose()
        url = server.replace("/postgres?", f"/{name}?")
    stage = Stage(tmp_path, url, {"large": [f"a{n}" for n in range(10)], "small": ["b0", "b1"]})
    with stage.running(workers=2 if url else 1):
        handing_in = threading.Thread(target=stage.all_hand_in)
        handing_in.start()
        stage.until(lambda: len(stage.acknowledged) >= 3, 60, "the first submissions")
        stage.kill_worker("worker-0")
        stage.kill_platform()
        if url:
            stage.cut_connections()
        handing_in.join(120)
        assert not handing_in.is_alive()
        stage.kill_worker("worker-0")
        stage.until(lambda: stage.graded() == 12, 120, "all grades")
        assert stage.faults() == []
