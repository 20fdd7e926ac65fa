import json
import os
import socket
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from proboost.i18n import using
from proboost.settings import SECRETS, Settings
from proboost.supervisor import ground


@pytest.fixture
def conf(tmp_path: Path) -> Iterator[Settings]:
    with tempfile.TemporaryDirectory(prefix="pb-") as short:  # a socket's path may have 107 bytes
        made = Settings(data=tmp_path / "data", run=Path(short) / "run", service_uid=60990)
        made.data.mkdir()
        yield made


def test_folders_belong_to_whom_they_must(conf: Settings) -> None:
    ground.folders(conf)
    ground.folders(conf)
    service = conf.service_uid if os.geteuid() == 0 else os.geteuid()
    for path, owner, mode in (
        (conf.secrets_dir, service, 0o700),
        (conf.hub_dir, service, 0o700),
        (conf.platform_dir, service, 0o700),
        (conf.launcher_dir, os.geteuid(), 0o700),
        (conf.logs_dir, os.geteuid(), 0o700),
        (conf.run, os.geteuid(), 0o711 if os.geteuid() == 0 else 0o700),
        (conf.proxy_api_socket.parent, service, 0o700),
    ):
        assert (path.stat().st_uid, stat.S_IMODE(path.stat().st_mode)) == (owner, mode), path


def test_a_link_in_the_place_of_a_folder_is_refused(conf: Settings, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    conf.secrets_dir.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ground.CannotStart):
        ground.folders(conf)


def test_a_path_too_long_for_sockets_is_refused(tmp_path: Path) -> None:
    long = Settings(data=tmp_path, run=tmp_path / ("x" * 80))
    with using("en"), pytest.raises(ground.CannotStart, match="too long"):
        ground.folders(long)


def test_secrets_are_made_once_and_private(conf: Settings) -> None:
    ground.folders(conf)
    ground.make_secrets(conf)
    first = {name: conf.secret(name) for name in SECRETS}
    ground.make_secrets(conf)
    assert {name: conf.secret(name) for name in SECRETS} == first
    assert len(set(first.values())) == len(SECRETS)
    assert all(len(value) == 64 for value in first.values())
    for name in SECRETS:
        assert stat.S_IMODE((conf.secrets_dir / name).stat().st_mode) == 0o600


def test_a_secret_that_was_cut_off_is_made_anew(conf: Settings) -> None:
    ground.folders(conf)
    (conf.secrets_dir / "cookie_key").write_text("")
    (conf.secrets_dir / "cookie_key.new").write_text("half")
    ground.make_secrets(conf)
    assert len(conf.secret("cookie_key")) == 64


def test_one_supervisor_at_a_time(conf: Settings) -> None:
    with using("en"):
        with (
            ground.alone(conf),
            pytest.raises(ground.CannotStart, match=f"already running .* pid {os.getpid()}"),
            ground.alone(conf),
        ):
            pass
        with ground.alone(conf):
            pass


def test_ports_are_free_distinct_and_kept(conf: Settings) -> None:
    ground.folders(conf)
    first = ground.with_ports(conf)
    again = ground.with_ports(conf)
    assert (first.hub_port, first.platform_port) == (again.hub_port, again.platform_port)
    assert len({first.port, first.hub_port, first.platform_port}) == 3
    assert ground.ports_in_use(conf) == {
        "port": conf.port,
        "hub_port": first.hub_port,
        "platform_port": first.platform_port,
    }


def test_a_port_that_was_taken_meanwhile_is_not_insisted_on(conf: Settings) -> None:
    ground.folders(conf)
    first = ground.with_ports(conf)
    with socket.create_server(("127.0.0.1", first.hub_port)):
        assert ground.with_ports(conf).hub_port != first.hub_port


def test_ports_of_the_settings_are_taken(conf: Settings) -> None:
    ground.folders(conf)
    wanted = Settings(data=conf.data, run=conf.run, hub_port=23456)
    assert ground.with_ports(wanted).hub_port == 23456


def test_a_broken_memory_of_ports_is_none(conf: Settings) -> None:
    ground.folders(conf)
    (conf.run / "ports.json").write_text(json.dumps(["x"]))
    assert ground.ports_in_use(conf) == {}


def test_a_taken_public_port_is_said(conf: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, using("en"):
        there = conf.model_copy(update={"port": taken.getsockname()[1]})
        with pytest.raises(ground.CannotStart, match="is taken by another program"):
            ground.check_port(there)
