"""From an author's server to a release: proposed with a server's token, confirmed on a page, by authors only, once."""

from __future__ import annotations

import io
import zipfile

import httpx
import pytest
from course_folders import CHOICE, CODE, course
from fakes import Platform

from proboost.courses import archive
from proboost.models import Candidate, Course, Enrolment, Release

CHANGED = course(["# One", CHOICE, CODE.replace("points: 2", "points: 3")])


@pytest.fixture
def place(world, platform_app: Platform) -> Platform:
    world.publish()
    world.person("ann", demo="author")
    world.person("lea", demo="learner")
    world.person("gus", demo="grader")
    world.person("bob", other="author")
    return platform_app


def propose(
    client: httpx.Client, files: dict[str, bytes], course_id: str = "demo", base: int | None = 1
) -> httpx.Response:
    query = {"course": course_id} | ({} if base is None else {"base": str(base)})
    return client.post("/api/candidates", params=query, content=archive.pack(files))


def proposed(client: httpx.Client, files: dict[str, bytes], **more: object) -> str:
    answer = propose(client, files, **more)
    assert answer.status_code == 200, answer.text
    assert answer.json()["url"].endswith("/candidates/" + answer.json()["id"])
    return str(answer.json()["id"])


def test_an_author_proposes_looks_and_confirms(place: Platform) -> None:
    server, page, learner = place.client("ann", server=True), place.client("ann"), place.client("lea", server=True)
    one = proposed(server, CHANGED)
    assert learner.get("/api/bundles/demo").json()["release"] == 1
    shown = page.get(f"/candidates/{one}")
    assert shown.status_code == 200
    assert "exercise double: points 2 → 3" in shown.text
    assert one in page.get("/candidates").text
    for _again in range(2):
        assert page.post(f"/candidates/{one}/confirm").status_code == 303
    assert learner.get("/api/bundles/demo").json()["release"] == 2
    assert "release 2 is published" in page.get(f"/candidates/{one}").text
    with place.database.read() as session:
        assert session.query(Release).count() == 2
        assert session.query(Release).filter_by(number=2).one().published_by is not None
    assert page.post(f"/candidates/{one}/refuse").status_code == 409


def test_a_servers_token_only_proposes(place: Platform) -> None:
    server = place.client("ann", server=True)
    one = proposed(server, CHANGED)
    for method, path in (
        ("GET", f"/candidates/{one}"),
        ("POST", f"/candidates/{one}/confirm"),
        ("POST", f"/candidates/{one}/refuse"),
    ):
        assert server.request(method, path).status_code == 403
    assert server.get("/api/bundles/demo").json()["release"] == 1


@pytest.mark.parametrize("name", ["lea", "gus", "bob"])
def test_nobody_else_proposes_sees_or_decides(place: Platform, name: str) -> None:
    one = proposed(place.client("ann", server=True), CHANGED)
    for client in (place.client(name), place.client(name, server=True)):
        assert propose(client, CHANGED).status_code == 403
        assert client.get("/api/sources/demo").status_code == 403
    page = place.client(name)
    assert page.get(f"/candidates/{one}").status_code == 404
    assert page.post(f"/candidates/{one}/confirm").status_code == 404
    assert page.post(f"/candidates/{one}/refuse").status_code == 404
    assert one not in page.get("/candidates").text


def test_a_page_of_another_origin_confirms_nothing(place: Platform) -> None:
    one = proposed(place.client("ann", server=True), CHANGED)
    page = place.client("ann")
    for headers in ({"Sec-Fetch-Site": "same-site"}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "none"}):
        assert page.post(f"/candidates/{one}/confirm", headers=headers).status_code == 403
    assert place.client("lea").get("/api/bundles/demo").json()["release"] == 1


def test_reading_changes_nothing(place: Platform) -> None:
    one = proposed(place.client("ann", server=True), CHANGED)
    page = place.client("ann")
    page.get(f"/candidates/{one}")
    assert page.get(f"/candidates/{one}/confirm").status_code == 405
    with place.database.read() as session:
        assert session.get(Candidate, one).state == "proposed"


def test_the_same_source_is_the_same_candidate_and_a_newer_one_takes_its_place(place: Platform) -> None:
    server, page = place.client("ann", server=True), place.client("ann")
    one = proposed(server, CHANGED)
    assert proposed(server, CHANGED) == one
    two = proposed(server, course(["# Other"]))
    assert two != one
    assert page.post(f"/candidates/{one}/confirm").status_code == 409
    assert page.post(f"/candidates/{two}/confirm").status_code == 303


def test_a_refused_one_stays_refused(place: Platform) -> None:
    page = place.client("ann")
    one = proposed(place.client("ann", server=True), CHANGED)
    for _again in range(2):
        assert page.post(f"/candidates/{one}/refuse").status_code == 303
    assert page.post(f"/candidates/{one}/confirm").status_code == 409
    assert place.client("lea").get("/api/bundles/demo").json()["release"] == 1


def test_a_copy_of_an_older_release_cannot_be_confirmed(place: Platform, world) -> None:
    page = place.client("ann")
    one = proposed(place.client("ann", server=True), CHANGED)
    world.publish(course(["# Meanwhile"]), base=1)
    assert "Release 2 was published after this copy was taken" in page.get(f"/candidates/{one}").text
    assert page.post(f"/candidates/{one}/confirm").status_code == 409


def test_a_new_course_by_an_author_of_another(place: Platform) -> None:
    files = course()
    files["course.yml"] = files["course.yml"].replace(b"id: demo", b"id: fresh")
    assert propose(place.client("lea", server=True), files, course_id="fresh", base=None).status_code == 403
    one = proposed(place.client("bob", server=True), files, course_id="fresh", base=None)
    assert place.client("ann").get(f"/candidates/{one}").status_code == 404
    assert place.client("bob").post(f"/candidates/{one}/confirm").status_code == 303
    with place.database.read() as session:
        assert session.get(Course, "fresh").current == 1
        assert session.query(Enrolment).filter_by(course_id="fresh").one().role == "author"


def test_a_source_with_errors_is_answered_with_all_of_them(place: Platform) -> None:
    answer = propose(place.client("ann", server=True), course(["no heading", "%%exercise a\nkind: choise"]))
    assert answer.status_code == 422
    assert [problem["code"] for problem in answer.json()["problems"]] == ["no-heading", "unknown-kind"]


def test_another_courses_folder_is_not_taken(place: Platform) -> None:
    files = course()
    files["course.yml"] = files["course.yml"].replace(b"id: demo", b"id: other")
    assert propose(place.client("ann", server=True), files).status_code == 422


def test_archives_of_attackers(place: Platform) -> None:
    server = place.client("ann", server=True)

    def sent(content: bytes) -> int:
        return server.post("/api/candidates", params={"course": "demo"}, content=content).status_code

    def zipped(name: str, content: bytes = b"x") -> bytes:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
            file.writestr(name, content)
        return out.getvalue()

    assert sent(b"") == 422
    assert sent(b"no zip") == 422
    assert sent(zipped("../../etc/cron.d/x")) == 422
    assert sent(zipped("/abs")) == 422
    assert sent(zipped("bomb", b"\0" * (64 * 2**20))) == 422
    assert server.post("/api/candidates", params={"course": "../x"}, content=b"x").status_code == 422
    with place.database.read() as session:
        assert session.query(Candidate).count() == 0


def test_the_internal_door_publishes_and_tells_problems(place: Platform) -> None:
    inside = place.internal()
    answer = inside.post("/internal/courses/publish", params={"confirm": "1"}, content=archive.pack(CHANGED))
    assert answer.json() == {"course": "demo", "release": 2}
    answer = inside.post(
        "/internal/courses/publish", params={"confirm": "1", "base": "1"}, content=archive.pack(course(["# X"]))
    )
    assert answer.status_code == 409
    answer = inside.post("/internal/courses/publish", params={"confirm": "1"}, content=archive.pack(course(["x"])))
    assert answer.status_code == 422
    assert answer.json()["problems"][0]["file"] == "01-part1.ipynb"
    assert [row["release"] for row in inside.get("/internal/courses").json()["courses"]] == [2, None]
    assert inside.get("/internal/courses/demo/source").headers["X-ProBoost-Release"] == "2"
    assert inside.post("/internal/courses/demo/withdraw").json() == {"course": "demo", "release": 2}
    rows = inside.get("/internal/courses/demo/releases").json()["releases"]
    assert [(row["release"], row["current"], bool(row["withdrawn_at"])) for row in rows] == [
        (2, False, True),
        (1, False, False),
    ]


def test_notes_are_written_where_it_is_confirmed_and_read_by_learners(place: Platform) -> None:
    ann, lea = place.client("ann"), place.client("lea")
    candidate = proposed(place.client("ann", server=True), CHANGED)
    assert ann.post(f"/candidates/{candidate}/confirm", data={"notes": "Loops are <new>. "}).status_code == 303
    assert "Loops are &lt;new&gt;." in lea.get("/courses/demo").text
    text = ann.get("/releases/demo").text
    assert "exercise double: points 2 → 3" in text
    assert "Loops are &lt;new&gt;." in text
    assert lea.get("/releases/demo").status_code == 404
    assert lea.post("/releases/demo/withdraw", data={"release": 2}).status_code == 404
    for release, current in ((1, 2), (2, None), (2, None)):  # an older one is not theirs any more
        assert ann.post("/releases/demo/withdraw", data={"release": release}).status_code == 303
        assert place.internal().get("/internal/courses").json()["courses"][0]["release"] == current


def test_bundles_over_the_api(place: Platform) -> None:
    lea = place.client("lea", server=True)
    assert lea.get("/api/bundles").json() == {
        "courses": [{"course": "demo", "title": "Demo", "language": "en", "release": 1}]
    }
    lesson = lea.get("/api/bundles/demo/lessons/part1")
    assert lesson.status_code == 200
    assert b"return 2 * x" not in lesson.content
    assert lea.get("/api/bundles/demo/lessons/none").status_code == 404
    assert lea.get("/api/bundles/demo/files/../key/part1.json").status_code == 404
    assert lea.get("/api/bundles/demo/files/%2e%2e/key/part1.json").status_code == 404
    assert place.client("bob", server=True).get("/api/bundles/demo").status_code == 404
