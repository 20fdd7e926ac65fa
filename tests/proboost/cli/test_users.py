import json
import re
import secrets

import pytest
from running import Running


@pytest.fixture
def name() -> str:
    return f"u-{secrets.token_hex(4)}"


def test_add_list_disable_enable_link(platform: Running, name: str) -> None:
    added = platform.cli(
        "users", "add", name, "--display-name", "Иван Иванов", "--role", "python-start=learner", "--support", "--json"
    )
    assert added.returncode == 0, added.stderr
    link = json.loads(added.stdout)["link"]
    with platform.browser() as browser:
        assert browser.submit(browser.get(link), {"password": "a good password"}).url.path == "/services/proboost/"

    listed = json.loads(platform.cli("users", "list", "--json").stdout)
    mine = next(user for user in listed if user["name"] == name)
    assert mine == {
        "name": name,
        "display_name": "Иван Иванов",
        "email": "",
        "active": True,
        "admin": False,
        "support": True,
        "roles": {"python-start": "learner"},
    }
    text = platform.cli("users", "list", language="ru").stdout
    assert re.search(rf"^{name}\tИван Иванов\tpython-start=learner, ", text, re.MULTILINE)

    assert platform.cli("users", "disable", name).returncode == 0
    with pytest.raises(AssertionError):
        platform.browser(name, "a good password")
    assert f"{name}\tИван Иванов\tpython-start=learner, support, switched off" in platform.cli("users", "list").stdout

    assert platform.cli("users", "enable", name).returncode == 0
    with platform.browser(name, "a good password"):
        pass

    again = platform.cli("users", "link", name)
    assert again.returncode == 0
    assert again.stdout.strip().startswith(platform.origin + "/hub/proboost/password/")


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["link", "nobody-here"], "There is no account “nobody-here”"),
        (["disable", "nobody-here"], "There is no account “nobody-here”"),
        (["add", "Bad Name"], "cannot be the name of an account"),
        (["add", "newcomer", "--role", "no-such-course=learner"], "There is no course “no-such-course”"),
    ],
)
def test_what_cannot_be_done_is_said(platform: Running, arguments: list[str], part: str) -> None:
    done = platform.cli("users", *arguments)
    assert done.returncode == 1
    assert part in done.stderr
    assert "Traceback" not in done.stderr
