"""The Hub as people meet it, in a whole running installation."""

import re
import secrets

import pytest
from running import Browser, Running, patiently


@pytest.fixture
def person(platform: Running) -> str:
    """A learner of this test's own, with the demo's password."""
    name = f"p-{secrets.token_hex(4)}"
    with platform.internal() as internal, platform.hub() as hub:
        internal.post("/internal/users", json=[{"name": name}]).raise_for_status()
        made = hub.put(f"/hub/api/proboost/accounts/{name}", json={"password": "demo-demo"})
        assert made.status_code == 201
    return name


def server_runs(platform: Running, name: str) -> bool:
    with platform.hub() as hub:
        servers = hub.get(f"/hub/api/users/{name}").raise_for_status().json().get("servers", {})
        return any(server["ready"] for server in servers.values())


def await_server(platform: Running, name: str) -> None:
    for _ in patiently(60):
        if server_runs(platform, name):
            return
    raise AssertionError(f"the server of {name} did not start")


def test_login_leads_to_the_catalogue_and_starts_the_server_ahead(platform: Running, person: str) -> None:
    with platform.browser(person) as browser:
        assert browser.url == platform.platform_url + "/"
        await_server(platform, person)
        answer = browser.get(platform.user_url(person) + "lab")
        assert answer.status_code == 200
        assert answer.url.host == f"{person}.localhost"
        browser.post("/hub/logout")


def test_a_wrong_password_and_an_unknown_name_look_alike(platform: Running, person: str) -> None:
    with platform.browser() as browser:
        said = []
        for name in (person, "nobody-here"):
            page = browser.submit(browser.get("/hub/login"), {"username": name, "password": "wrong-wrong"})
            assert page.status_code == 403
            said.append(re.findall(r'role="alert">([^<]+)', page.text))
        assert said == [["Wrong name or password."]] * 2


def test_too_many_wrong_passwords_make_the_right_one_wait(platform: Running, person: str) -> None:
    with platform.browser() as browser:
        page = browser.get("/hub/login")
        for _ in range(10):
            page = browser.submit(page, {"username": person, "password": "wrong-wrong"})
        page = browser.submit(page, {"username": person, "password": "demo-demo"})
        assert page.status_code == 403
        assert "Try again in 5 minutes" in page.text
        with platform.hub() as hub:  # an administrator's new password opens it again
            hub.put(f"/hub/api/proboost/accounts/{person}", json={"password": "another-demo"}).raise_for_status()
        browser.log_in(person, "another-demo")


@pytest.mark.parametrize("password", ["", "п" * 100, "\0null\0null"])
def test_strange_passwords_are_just_wrong(platform: Running, person: str, password: str) -> None:
    with platform.browser() as browser:
        page = browser.submit(browser.get("/hub/login"), {"username": person, "password": password})
        assert page.status_code == 403


def test_logout_ends_hub_platform_and_server(platform: Running, person: str) -> None:
    with platform.browser(person) as browser:
        await_server(platform, person)
        browser.get(platform.user_url(person) + "lab")
        browser.get(platform.platform_url + "/")
        before = dict(browser.cookies)
        answer = browser.post(platform.platform_url + "/logout")
        assert answer.url.path == "/hub/login"
        assert not server_runs(platform, person)
        assert not [key for key in browser.cookies if key[3] in {"proboost-session", "jupyterhub-hub-login"}]
        # and whoever kept the cookies has nothing: the session is over, not only forgotten
        browser.cookies = before
        assert browser.get(platform.platform_url + "/api/me").status_code == 401
        assert browser.get(platform.platform_url + "/").url.path == "/hub/login"


def test_a_get_from_elsewhere_does_not_log_out(platform: Running, person: str) -> None:
    with platform.browser(person) as browser:
        for site in ("cross-site", "same-site", "none"):
            asked = browser.navigate("GET", "/hub/logout", site=site)
            assert "Log out?" in asked.text
            assert browser.get(platform.platform_url + "/").url.path == "/services/proboost/"


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_post_from_elsewhere_does_not_log_out(platform: Running, person: str, site: str) -> None:
    with platform.browser(person) as browser:
        refused = browser.navigate("POST", "/hub/logout", site=site, headers={"Origin": platform.user_origin("leo")})
        assert refused.status_code == 403
        assert browser.get(platform.platform_url + "/").url.path == "/services/proboost/"


def test_the_log_out_page_logs_out(platform: Running, person: str) -> None:
    with platform.browser(person) as browser:
        assert browser.submit(browser.get("/hub/logout"), {}).url.path == "/hub/login"
        assert browser.get(platform.platform_url + "/").url.path == "/hub/login"


def link_of(platform: Running, name: str) -> str:
    with platform.hub() as hub:
        return str(hub.post(f"/hub/api/proboost/accounts/{name}/link", json={}).raise_for_status().json()["url"])


def test_a_one_time_link_works_once(platform: Running, person: str) -> None:
    link = link_of(platform, person)
    with platform.browser() as browser:
        for _ in range(2):  # looking changes nothing
            page = browser.get(link)
            assert person in page.text
        refused = browser.submit(page, {"password": "short"})
        assert refused.status_code == 422
        assert "at least 8" in refused.text
        done = browser.submit(refused, {"password": "a new password"})
        assert done.url.path == "/services/proboost/"
        assert browser.get(link).status_code == 410
    with platform.browser() as late:
        assert late.get(link).status_code == 410
        late.log_in(person, "a new password")
    with pytest.raises(AssertionError):
        platform.browser(person)


def test_an_older_link_dies_with_the_password(platform: Running, person: str) -> None:
    older, newer = link_of(platform, person), link_of(platform, person)
    with platform.browser() as browser:
        browser.submit(browser.get(newer), {"password": "a new password"})
        assert browser.get(older).status_code == 410


def test_a_forged_link_is_dead(platform: Running, person: str) -> None:
    with platform.browser() as browser:
        for token in (link_of(platform, person)[:-3] + "AAA", "x", "a.b", "%2e%2e.x"):
            url = token if token.startswith("http") else f"/hub/proboost/password/{token}"
            assert browser.get(url).status_code == 410


def test_a_disabled_account_is_out_at_once(platform: Running, person: str) -> None:
    with platform.browser(person) as browser, platform.hub() as hub:
        await_server(platform, person)
        token = next(value for key, value in browser.cookies.items() if key[3] == "proboost-session")
        off = hub.put(f"/hub/api/proboost/accounts/{person}", json={"active": False})
        assert off.raise_for_status().json() == {"name": person, "active": False, "made": False}
        assert not server_runs(platform, person)
        assert hub.get("/hub/api/user", headers={"Authorization": f"token {token}"}).status_code == 403
        assert browser.get("/hub/change-password").url.path == "/hub/login"
        refused = browser.submit(browser.get("/hub/login"), {"username": person, "password": "demo-demo"})
        assert refused.status_code == 403
        assert hub.post(f"/hub/api/users/{person}/server").status_code >= 400
        assert not server_runs(platform, person)
        hub.put(f"/hub/api/proboost/accounts/{person}", json={"active": True}).raise_for_status()
    with platform.browser(person):
        pass


def test_changing_the_password_ends_the_other_sessions(platform: Running, person: str) -> None:
    with platform.browser(person) as here, platform.browser(person) as there:
        page = here.get("/hub/change-password")
        wrong = here.submit(page, {"old": "not-that-one", "password": "a new password"})
        assert wrong.status_code == 422
        done = here.submit(wrong, {"old": "demo-demo", "password": "a new password"})
        assert "The password is changed" in done.text
        assert here.get("/hub/change-password").url.path == "/hub/change-password"
        assert there.get("/hub/change-password").url.path == "/hub/login"


def test_accounts_are_checked(platform: Running, person: str) -> None:
    with platform.hub() as hub:
        for name in ("Lea", "1st", "a--b", "a-", "x" * 32, "a_b", "ли"):
            assert hub.put(f"/hub/api/proboost/accounts/{name}", json={}).status_code == 422, name
        weak = hub.put(f"/hub/api/proboost/accounts/{person}", json={"password": "1234567"})
        assert weak.status_code == 422
        assert weak.json()["code"] == "bad-password"
        for body in ({"active": "yes"}, {"password": 12345678}, [], "x"):
            assert hub.put(f"/hub/api/proboost/accounts/{person}", json=body).status_code == 422, body
        assert hub.post("/hub/api/proboost/accounts/nobody-here/link", json={}).status_code == 404


def test_a_learners_token_makes_no_accounts(platform: Running, person: str) -> None:
    with platform.browser(person) as browser, platform.hub() as hub:
        token = next(value for key, value in browser.cookies.items() if key[3] == "proboost-session")
        mine = {"Authorization": f"token {token}"}
        for method, path in (
            ("PUT", "proboost/accounts/leo"),
            ("POST", "proboost/accounts/leo/link"),
            ("GET", "users"),
            ("POST", f"users/{person}/tokens"),
            ("POST", "users/leo/server"),
        ):
            assert hub.request(method, f"/hub/api/{path}", headers=mine, json={}).status_code in {403, 404}, path
        # neither may the page's own cookie
        assert browser.fetch("PUT", "/hub/api/proboost/accounts/leo", json={}).status_code in {403, 404}


def test_no_token_no_accounts(platform: Running) -> None:
    with platform.browser() as browser:
        assert browser.fetch("PUT", "/hub/api/proboost/accounts/leo", json={}).status_code == 403


@pytest.mark.parametrize("path", ["signup", "authorize", "authorize/lea", "discard/lea", "confirm/x", "token", "admin"])
def test_pages_that_nobody_needs_are_not_there(platform: Running, path: str) -> None:
    with platform.browser() as browser:
        assert browser.get(f"/hub/{path}").status_code == 404


@pytest.mark.parametrize(("language", "heading"), [("ru", "Вход в ProBoost"), ("en", "Log in to ProBoost")])
def test_pages_speak_the_readers_language(platform: Running, language: str, heading: str) -> None:
    with platform.browser(language=language) as browser:
        page = browser.get("/hub/login")
        assert f'<html lang="{language}"' in page.text
        assert f"<h1>{heading}</h1>" in page.text


def test_a_chosen_language_is_kept_for_the_platform_too(platform: Running) -> None:
    with platform.browser(language="en") as browser:
        assert "<h1>Вход в ProBoost</h1>" in browser.get("/hub/login?lang=ru").text
        assert "<h1>Вход в ProBoost</h1>" in browser.get("/hub/login").text
        assert browser.cookie("proboost-lang", platform.platform_url + "/") == "ru"


def assert_strict(browser: Browser, path: str) -> None:
    page = browser.get(path)
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert page.headers["cache-control"] == "no-store"
    assert not re.search(r"<script(?![^>]*src=)|<style|\sstyle=|\son[a-z]+=", page.text), path


def test_pages_have_a_strict_policy_and_nothing_inline(platform: Running, person: str) -> None:
    with platform.browser() as browser:
        assert_strict(browser, "/hub/login")
        assert_strict(browser, "/hub/nowhere")
        assert_strict(browser, link_of(platform, person))
    with platform.browser(person) as browser:
        assert_strict(browser, "/hub/logout")
        assert_strict(browser, "/hub/change-password")


def test_our_files_are_served_and_kept(platform: Running) -> None:
    with platform.browser() as browser:
        page = browser.get("/hub/login")
        files = re.findall(r'(?:href|src)="(/hub/proboost/static/[^"]+)"', page.text)
        assert len(files) == 3
        for file in files:
            answer = browser.get(file.replace("&amp;", "&"))
            assert answer.status_code == 200
            assert "immutable" in answer.headers["cache-control"]


def test_the_hubs_home_is_the_catalogue(platform: Running, person: str) -> None:
    with platform.browser(person) as browser:
        assert browser.get("/hub/home").url.path == "/services/proboost/"
        assert browser.get("/").url.path == "/services/proboost/"


def test_another_learners_server_is_nobodys_business(platform: Running, person: str) -> None:
    with platform.browser(person) as browser:
        assert browser.get(platform.user_url("leo") + "lab").status_code in {403, 404}
