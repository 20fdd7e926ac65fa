from pathlib import Path

import pytest

from hub_config import origins
from proboost.settings import Settings


@pytest.fixture
def conf(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path, port=8000)


@pytest.mark.parametrize(
    ("headers", "ours"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, True),
        ({"Sec-Fetch-Site": "same-site", "Origin": "http://localhost:8000"}, False),
        ({"Sec-Fetch-Site": "cross-site"}, False),
        ({"Sec-Fetch-Site": "none"}, False),
        ({"Origin": "http://localhost:8000"}, True),
        ({"Origin": "http://lea.localhost:8000"}, False),
        ({"Origin": "http://localhost:8001"}, False),
        ({"Origin": "null"}, False),
        ({}, False),
    ],
)
def test_only_our_own_pages_count_as_ours(conf: Settings, headers: dict[str, str], ours: bool) -> None:
    assert origins.same_origin(conf, headers) is ours


def test_services_share_the_hubs_host_and_people_do_not() -> None:
    assert origins.place("proboost", "localhost", "service") == "localhost"
    assert origins.place("lea", "localhost", "user") == "lea.localhost"


def test_the_policy_allows_nothing_inline_and_forms_to_end_at_a_learners_server(conf: Settings) -> None:
    policy = origins.policy(conf)
    assert "unsafe" not in policy
    assert "form-action 'self' http://*.localhost:8000" in policy


def test_a_single_origin_has_no_other_form_targets(tmp_path: Path) -> None:
    policy = origins.policy(Settings(data=tmp_path, accept_single_origin=True))
    assert "form-action 'self';" in policy
