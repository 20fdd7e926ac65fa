"""Kind `code`: a program that tests run against; judged in the platform's sandbox, never here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from proboost_kernel.exercises.exercise import BadResponse, Json, Judgement, NeedsSandbox
from proboost_kernel.exercises.fields import Reader, plain
from proboost_kernel.exercises.programs import python
from proboost_kernel.exercises.yaml import Node
from proboost_kernel.i18n import _

NAME = "code"
PUBLIC = ("starter", "setup", "tests", "timeout", "memory")
NEEDS_SANDBOX = True
DEFAULT_PENALTY = (1.0,)
TIMEOUT = 10.0  # seconds
MEMORY = 512  # MiB


@dataclass(frozen=True)
class Test:
    """`code` of a hidden test, `feedback` and `trust` are private. `points` is a weight."""

    __test__ = False  # not for pytest

    name: str
    code: str = ""
    hidden: bool = False
    points: float = 1
    feedback: str = ""
    trust: str = ""  # "in-process": the author accepts that this test runs beside the learner's code


@dataclass(frozen=True)
class Code:
    """`setup` runs before the learner's code; `solution` is private and passes every test."""

    starter: str = ""
    setup: str = ""
    tests: tuple[Test, ...] = ()
    timeout: float = TIMEOUT
    memory: int = MEMORY
    solution: str = ""

    def job(self, code: str) -> Json:
        """All that a sandbox needs to find out about the program `code`; private."""
        return {
            "code": code,
            "setup": self.setup,
            "tests": [asdict(test) for test in self.tests],
            "solution": self.solution,
            "timeout": self.timeout,
            "memory": self.memory,
        }


def read(reader: Reader, *, public: bool) -> Code:
    starter = reader.text("starter")
    setup = python(reader, "setup")
    tests: list[Test] = []
    if reader.need("tests"):
        for position, node in enumerate(reader.items("tests", limit=100)):
            test = _test(reader, f"tests[{position}]", node, public=public)
            if test is None:
                continue
            if test.name and any(test.name == other.name for other in tests):
                message = _("Two tests have the name “{name}”.").format(name=test.name)
                reader.wrong(f"tests[{position}]", "duplicate", message, node.line)
            tests.append(test)
        if not any(test.points for test in tests) and not reader.problems:
            reader.wrong("tests", "no-points", _("At least one test must be worth points."))
    timeout = reader.number("timeout", TIMEOUT, low=0.1, high=120)
    memory = reader.whole("memory", MEMORY, low=32, high=8192)
    solution = "" if public else python(reader, "solution")
    return Code(starter, setup, tuple(tests), timeout, memory or MEMORY, solution)


def _test(reader: Reader, name: str, node: Node, *, public: bool) -> Test | None:
    inner = reader.inner(name, node)
    if inner is None:
        return None
    title = inner.text("name", limit=200).strip() if inner.need("name") else ""
    hidden = inner.flag("hidden", False)
    points = inner.number("points", 1)
    code = feedback = trust = ""
    if not (public and hidden):
        code = python(inner, "code") if inner.need("code") else ""
    if not public:
        feedback = inner.text("feedback")
        trust = inner.one_of("trust", ("in-process",), "in-process") if "trust" in inner else ""
    inner.close()
    return Test(title, code, hidden, points, feedback, trust)


def write(spec: Code) -> Json:
    """Whole: `public` of the package keeps PUBLIC only and lets `without_private` clean the tests."""
    written: Json = {
        "starter": spec.starter,
        "setup": spec.setup,
        "tests": [_written(test) for test in spec.tests],
        "timeout": plain(spec.timeout),
        "memory": spec.memory,
    }
    if spec.solution:
        written["solution"] = spec.solution
    return written


def _written(test: Test) -> Json:
    row: Json = {"name": test.name, "code": test.code, "hidden": test.hidden, "points": plain(test.points)}
    if test.feedback:
        row["feedback"] = test.feedback
    if test.trust:
        row["trust"] = test.trust
    return row


def without_private(public: Json) -> Json:
    """The tests as learners may see them: a visible one whole, a hidden one by name and weight."""
    visible, hidden = ("name", "code", "hidden", "points"), ("name", "hidden", "points")
    tests = [{key: test[key] for key in (hidden if test["hidden"] else visible)} for test in public["tests"]]
    return {**public, "tests": tests}


def show(public: Json) -> Json:
    return {name: public[name] for name in PUBLIC}


def check(public: Mapping[str, Any], response: Json) -> None:  # noqa: ARG001  # a kind's signature
    if set(response) != {"code"} or not isinstance(response["code"], str):
        raise BadResponse(_("The answer must be the text of a program."))


def judge(spec: Code, response: Json) -> Judgement:  # noqa: ARG001  # a kind's signature
    raise NeedsSandbox("code is judged by proboost.grading")
