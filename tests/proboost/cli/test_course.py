"""`proboost course …`, as authors and operators type it; with a real platform behind its sockets."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import chdir
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from socketserver import UnixStreamServer

import pytest
from click.testing import CliRunner, Result
from course_folders import CHOICE, CODE, NOTEBOOKS, course
from fakes import Platform

from proboost.cli.course import course as group
from proboost.models import Course, Enrolment, User
from proboost.models import Result as ExerciseResult

ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PROBOOST_LANG", "en")
    monkeypatch.delenv("PROBOOST_SERVER_SOCKET", raising=False)


def run(*arguments: object, ok: bool = True) -> Result:
    result = CliRunner().invoke(group, [str(argument) for argument in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert (result.exit_code == 0) is ok, result.output
    return result


def folder(name: str, files: dict[str, bytes]) -> Path:
    for path, content in files.items():
        target = Path(name) / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    return Path(name)


@pytest.mark.parametrize("language", ["ru", "en"])
def test_a_new_course_is_sound(language: str) -> None:
    run("new", "my-course", "--title", "My course", "--language", language)
    assert run("check", "my-course").stdout == ""
    assert "не пуста" not in run("new", "my-course", ok=False).output
    run("new", "My_Course", ok=False)


def test_check_tells_places_and_its_status() -> None:
    made = folder("demo", course(["# One", CHOICE.replace("answer", "answr")], more="files: [x]\n"))
    result = run("check", made, ok=False)
    assert "demo/01-part1.ipynb:2: line 5, answr: “answr” is not known here." in result.stdout
    assert "demo/course.yml:6: files[0]: No file" in result.stdout
    rows = json.loads(run("check", made, "--json", ok=False).stdout)
    assert {row["file"] for row in rows} == {"demo/01-part1.ipynb", "demo/course.yml"}
    assert rows[0].keys() == {"file", "cell", "line", "field", "severity", "code", "message"}
    warned = folder("warned", course(["# One", CODE.replace("  def double(x):\n      return 2 * x", "")]))
    assert run("check", warned).stdout.startswith("warning: ")


def test_a_wrong_use_is_status_two() -> None:
    assert CliRunner().invoke(group, ["check", "nowhere"]).exit_code == 2
    assert CliRunner().invoke(group, ["build", "."]).exit_code == 2


def test_build_writes_what_learners_get_apart() -> None:
    made = folder("demo", course())
    for _again in range(2):
        run("build", made, "-o", "out")
    found = {path.relative_to("out").as_posix() for path in Path("out").rglob("*") if path.is_file()}
    assert found == {
        "source/course.yml",
        "source/01-part1.ipynb",
        "learner/01-part1.ipynb",
        "learner/manifest.json",
        "key/part1.json",
        "release.json",
    }
    assert "return 2 * x" not in Path("out/learner/01-part1.ipynb").read_text()
    folder("full", {"mine.txt": b"precious"})
    run("build", made, "-o", "full", ok=False)
    assert Path("full/mine.txt").exists()


def test_build_of_a_course_with_errors_writes_nothing() -> None:
    made = folder("demo", course(["no heading"]))
    assert "no heading" in run("build", made, "-o", "out", ok=False).output
    assert not Path("out").exists()


def test_diff_of_two_folders() -> None:
    old, new = folder("old", course()), folder("new", course(["# One", CHOICE, CODE.replace("points: 2", "points: 3")]))
    assert run("diff", new, old).stdout == "exercise double: points 2 → 3\n"
    assert run("diff", old, old).stdout == ""


def test_no_platform_is_a_sentence() -> None:
    made = folder("demo", course())
    result = run("publish", made, "--data", "nothing-here", ok=False)
    assert "The platform does not answer" in result.output
    for arguments in (["diff", "dmo"], ["diff", made, "dmo"], ["export", "dmo", "--to", "gift"]):
        result = run(*arguments, "--data", "nothing-here", ok=False)
        assert "There is no folder “dmo”" in result.output
        assert "The platform does not answer" in result.output


def test_an_operator_publishes_pulls_and_withdraws(sqlite_platform: Platform) -> None:
    data = ("--data", sqlite_platform.settings.data)
    sockets(sqlite_platform)
    made = folder("demo", course())
    assert run("publish", made, *data).stdout == "Published: demo, release 1.\n"
    assert run("publish", made, *data).stdout == "Published: demo, release 1.\n"
    assert run("list", *data).stdout == "demo\trelease 1\tDemo\n"
    Path("elsewhere").mkdir()
    with chdir("elsewhere"):
        assert run("export", "demo", "--to", "gift", "-o", "q.gift", *data).stderr.endswith("Questions written: 1.\n")
    run("pull", "demo", "copy", *data)
    assert Path("copy/course.yml").read_bytes() == Path("demo/course.yml").read_bytes()

    folder("copy", course(["# One", CHOICE, CODE.replace("points: 2", "points: 3")]))
    assert run("diff", "copy", *data).stdout == "exercise double: points 2 → 3\n"
    with sqlite_platform.database.transaction() as session:
        ben = User(name="ben", uid=200_001)
        session.add(ben)
        session.flush()
        enrolment = Enrolment(user_id=ben.id, course_id="demo", role="learner")
        session.add(enrolment)
        session.flush()
        session.add(
            ExerciseResult(enrolment_id=enrolment.id, lesson="part1", exercise="double", state="passed", attempts=1)
        )
    assert run("diff", "copy", *data).stdout == "exercise double: points 2 → 3, 1 learner has results\n"
    answer = run("publish", "copy", "--notes", "More points", *data, "--json").stdout
    assert answer == '{"course": "demo", "release": 2}\n'
    assert run("diff", "demo@1", "demo@2", *data).stdout.startswith("exercise double: points 3 → 2, 1 learner")
    assert [line.split("\t")[::2] for line in run("list", "demo", *data).stdout.splitlines()] == [
        ["2", "published"],
        ["1", "replaced"],
    ]
    assert run("list", "demo", *data).stdout.splitlines()[0].endswith("More points")
    assert CliRunner().invoke(group, ["diff", "no such thing", "--data", str(data[1])]).exit_code == 1
    folder("demo", course(["# Mine"]))
    result = run("publish", "demo", *data, ok=False)
    assert "Your copy is of release 1, but release 2 is there now" in result.output
    result = run("pull", "demo", "demo", *data, ok=False)
    assert "holds changes" in result.output
    assert b"# Mine" in Path("demo/01-part1.ipynb").read_bytes()
    assert run("withdraw", "demo", *data).stdout == "Release 2 of demo is withdrawn.\n"
    assert run("list", *data).stdout == "demo\tnot published\tDemo\n"


def test_pulling_again_takes_what_is_new(sqlite_platform: Platform) -> None:
    data = ("--data", sqlite_platform.settings.data)
    sockets(sqlite_platform)
    run("publish", folder("demo", course(more="files: [a.txt]\n", files={"a.txt": b"a"})), *data)
    run("pull", "demo", "copy", *data)
    Path("demo/a.txt").unlink()
    folder("demo", course(["# Two"]))
    run("publish", "demo", *data)
    run("pull", "demo", "copy", *data)
    assert not Path("copy/a.txt").exists()
    assert b"# Two" in Path("copy/01-part1.ipynb").read_bytes()


def test_an_author_in_jupyterlab_proposes(
    sqlite_platform: Platform, relay: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROBOOST_SERVER_SOCKET", str(relay))
    page, learner = sqlite_platform.client("ann"), sqlite_platform.client("ann", server=True)
    assert run("list").stdout == "demo\trelease 1\tDemo\n"
    run("pull", "demo", "demo")
    for number in (2, 3):  # the second time from the same folder, though nothing was pulled between
        folder("demo", course(["# One", CHOICE, CODE.replace("points: 2", f"points: {number + 1}")]))
        address = run("publish", "demo").stdout.strip()
        path = address.removeprefix(sqlite_platform.settings.public_url)
        assert page.post(f"{path}/confirm").status_code == 303
        assert learner.get("/api/bundles/demo").json()["release"] == number
    assert "where the platform runs" in run("withdraw", "demo", ok=False).output
    folder("demo", course(["no heading"]))
    assert "no heading" in run("publish", "demo", ok=False).output


def test_a_light_install_checks_and_builds() -> None:
    """Neither the database nor the web is imported: a learner's server and a teacher's laptop have no use for them."""
    folder("demo", course())
    program = (
        "import sys\nfrom proboost.cli import main\n"
        "try: main(['course', 'build', 'demo', '-o', 'out'])\nexcept SystemExit as end: assert not end.code, end\n"
        "heavy = {'sqlalchemy', 'fastapi', 'pydantic', 'nbformat', 'numpy', 'IPython'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, env={"PYTHONPATH": str(ROOT), "PATH": ""}, timeout=60)
    assert Path("out/release.json").exists()


@pytest.mark.slow
def test_solutions_pass_and_starters_fail() -> None:
    solved = folder("solved", course(["# One", CODE.replace("      ...", "      y = 2\n      return x * y")]))
    wrong = folder("wrong", course(["# One", CODE.replace("return 2 * x", "return 3 * x")]))
    rows = json.loads(run("check", "--run", "--json", solved, wrong, ok=False).stdout)
    assert [(row["file"].split("/")[0], row["code"]) for row in rows if row["severity"] == "error"] == [
        ("solved", "starter-passes"),
        ("wrong", "solution-fails"),
        ("wrong", "solution-fails"),
    ]
    assert json.loads(run("check", "--run", "--json", NOTEBOOKS / "python-start").stdout) == []
    named = folder(
        "named", course(["# One", CODE.replace("assert double(2) == 4", "'assert isinstance(double(2), int)'")])
    )
    notes = json.loads(run("check", "--run", "--tests", "--json", named).stdout)
    classes = [(row["field"], row["line"], row["code"]) for row in notes if row["severity"] == "note"]
    assert [field for field, _line, _code in classes] == ["tests[0]", "tests[1]"]
    assert all(line for _field, line, _code in classes)
    assert classes[1][2] == "strict"


def sockets(platform: Platform) -> None:
    """The settings that the command reads lead to this platform's socket."""
    text = f'run = "{platform.settings.run}"\n'
    (platform.settings.data / "proboost.toml").write_text(text, "utf-8")


@pytest.fixture
def relay(sqlite_platform: Platform, tmp_path: Path) -> Iterator[Path]:
    """What an author's server does for its terminals: hands three calls on with its own token."""
    data = ("--data", sqlite_platform.settings.data)
    sockets(sqlite_platform)
    run("publish", folder("first", course()), *data)
    with sqlite_platform.database.transaction() as session:
        user = User(name="ann", uid=200_001)
        session.add(user)
        session.flush()
        session.add(Enrolment(user_id=user.id, course_id=session.get_one(Course, "demo").id, role="author"))
    client = sqlite_platform.client("ann", server=True)

    class Relay(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            answer = client.request(self.command, "/api" + self.path, content=body)
            self.send_response(answer.status_code)
            for name in ("Content-Type", "X-ProBoost-Release"):
                if name in answer.headers:
                    self.send_header(name, answer.headers[name])
            self.end_headers()
            self.wfile.write(answer.content)

        do_POST = do_GET  # noqa: N815 -- http.server calls it so

        def address_string(self) -> str:
            return "terminal"

        def log_message(self, *_: object) -> None:
            pass

    class Server(UnixStreamServer):
        get_request = HTTPServer.get_request

    path = tmp_path / "relay.sock"
    server = Server(str(path), Relay)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield path
    server.shutdown()
    server.server_close()
    thread.join()
