"""`proboost up` without the demo: one administrator, one link, once."""

import re
from pathlib import Path

from running import Running, running


def test_a_first_start_makes_one_administrator_with_a_link(tmp_path: Path) -> None:
    with running(tmp_path, demo=False) as mine:
        assert set(mine.told) == {"url", "administrator", "link"}
        with mine.browser() as browser:
            page = browser.get(mine.told["link"])
            assert "admin" in page.text
            assert browser.submit(page, {"password": "a good password"}).url.path == "/services/proboost/"
            assert browser.get(mine.platform_url + "/people").status_code in {200, 404}
        secrets = {path.name: path.read_text() for path in (mine.data / "secrets").iterdir()}
        assert_secrets_stay_inside(mine, list(secrets.values()))
    with running(tmp_path, demo=False) as again:
        assert set(again.told) == {"url"}
        assert {path.name: path.read_text() for path in (again.data / "secrets").iterdir()} == secrets
        with again.browser("admin", "a good password"):
            pass


def assert_secrets_stay_inside(mine: Running, secrets: list[str]) -> None:
    """No secret in a log, in what is printed, or in a command line that everybody on the machine can read."""
    said = mine.said()
    for pid in mine.pids.values():
        said += Path(f"/proc/{pid}/cmdline").read_text(errors="replace")
    assert not [secret for secret in secrets if secret in said]
    assert not re.search(r"demo-demo", said)
