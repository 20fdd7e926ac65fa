"""Settings: where they come from, addresses that follow from them, secrets."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from proboost.settings import Settings


def test_the_environment_goes_before_the_file_and_the_file_before_defaults(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "proboost.toml").write_text('port = 8100\nsupport_phone = "112"\n', "utf-8")
    monkeypatch.setenv("PROBOOST_PORT", "8200")
    conf = Settings(data=tmp_path)
    assert (conf.port, conf.support_phone, conf.support_email) == (8200, "112", "support@okocrm.com")


def test_an_unknown_name_in_the_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "proboost.toml").write_text("prot = 8100\n", "utf-8")
    with pytest.raises(ValidationError, match="prot"):
        Settings(data=tmp_path)


def test_a_learners_server_has_an_origin_of_its_own(tmp_path: Path) -> None:
    conf = Settings(data=tmp_path, port=8000)
    assert conf.public_url == "http://localhost:8000/services/proboost"
    assert conf.user_url("lea") == "http://lea.localhost:8000/user/lea/"
    assert conf.user_origin("lea") != conf.origin
    shared = Settings(data=tmp_path, accept_single_origin=True)
    assert shared.user_origin("lea") == shared.origin


def test_a_usual_port_is_not_written(tmp_path: Path) -> None:
    conf = Settings(data=tmp_path, scheme="https", public_host="school.example", public_port=443)
    assert conf.origin == "https://school.example"
    assert conf.lesson_url("lea", "c", "l") == "https://lea.school.example/user/lea/proboost/lesson/c/l"


def test_sockets_lie_at_a_short_path_however_long_the_data_folders_is(tmp_path: Path) -> None:
    conf = Settings(data=tmp_path / ("long" * 40))
    assert len(str(conf.server_sockets / ("n" * 31))) < 100


def test_only_known_secrets_are_read(settings_: Settings) -> None:
    assert len(settings_.secret("hub_token")) == 64
    with pytest.raises(KeyError):
        settings_.secret("../proboost.toml")
