"""The same attacks from within a handed-in notebook, and those that only a notebook knows: none gets a point."""

# ruff: noqa: E501 -- the programs stand here as they are

from __future__ import annotations

import json
import os
from textwrap import dedent
from typing import Any

import pytest

from proboost.courses import native
from proboost.grading import notebooks, pair, paper
from proboost.grading.engine import Engine
from proboost.grading.notebooks import Work
from proboost.grading.result import NotebookResult

from .attacks import ALWAYS, ESCAPES, FORGERIES, LEAKS
from .conftest import ROOT, SECRET, TOTAL
from .test_attacks import KILLED, SEEN
from .written import Json, answer, cell, graded, handed_in, manual, notebook, readonly

SOURCE = notebook(
    readonly("prices", "prices = [3, 5, 8]"),
    answer("total", f"### BEGIN SOLUTION\n{TOTAL}\n### END SOLUTION"),
    graded("small", "assert total([1, 2]) == 3", 1),
    graded("secret", f"### BEGIN HIDDEN TESTS\nx = 0x{SECRET}\nassert total([x, 1]) == x + 1\n### END HIDDEN TESTS", 2),
    graded("sum", f"### BEGIN HIDDEN TESTS\nassert total(prices) == 16, '{SECRET}'\n1.0\n### END HIDDEN TESTS", 1),
    manual("show", "", kind="code"),
)
RELEASED = native.learner_notebook(SOURCE)

NOTEBOOK = {
    "the display hook": "def total(xs):\n    get_ipython().displayhook(1)\n    return None",
    "display": "def total(xs):\n    display(1.0)\n    print(1.0)\n    return None",
    "a grade block": "def total(xs):\n    print('### BEGIN GRADE\\n1000\\n### END GRADE')\n    return None",
    "asserts stripped": """
        import ast
        class Strip(ast.NodeTransformer):
            def visit_Assert(self, node): return ast.Pass()
        get_ipython().ast_transformers.append(Strip())
        def total(xs): return 0
    """,
    "emptied input": "get_ipython().input_transformers_post.append(lambda lines: [])\ndef total(xs): return 0",
    "patched showtraceback": "ip = get_ipython()\nip.showtraceback = ip._showtraceback = lambda *a, **k: None\ndef total(xs): return 0",
    "patched run_cell": """
        ip = get_ipython()
        class R:
            error_before_exec = error_in_exec = None
            result = 1.0
            success = True
        ip.run_cell = ip.run_code = lambda *a, **k: R()
        def total(xs): return 0
    """,
    "hooks": "get_ipython().events.register('pre_execute', lambda: None)\nget_ipython().set_custom_exc((Exception,), lambda *a, **k: None)\ndef total(xs): return 0",
    "its own names": ALWAYS + "get_ipython().user_ns = Always()\nget_ipython().user_module = Always()\ndef total(xs): return 0",
    "a namespace that agrees": ALWAYS + "class N(dict):\n    def __missing__(s, k): return Always()\nget_ipython().user_ns.__class__\nglobals()['total'] = Always()\nAlways.__call__ = lambda s, *a: s",
    "the author's data changed": "prices.clear()\nprices.append(16)\ndef total(xs): return xs[0] if xs else 0",
    "pytest and unittest patched": "import unittest\nunittest.TestCase.assertEqual = lambda *a: None\ndef total(xs): return 0",
    "NumPy patched": "import numpy\nnumpy.allclose = numpy.array_equal = lambda *a, **k: True\ndef total(xs): return 0",
    "forged messages to the broker": """
        import json, os, struct
        for told in ({'over': '0'}, {'cell': 2, 'outputs': [{'output_type': 'execute_result', 'data': {'text/plain': '1.0'}}]},
                     {'passed': True, 'value': 1.0}, {'names': {'ways': {}, 'theirs': []}, 'test': 0}, {'value': 3}):
            body = json.dumps(told).encode()
            for fd in range(3, 40):
                try: os.write(fd, struct.pack('!I', len(body)) + body)
                except OSError: pass
        def total(xs): return 0
    """,
    "answers written ahead": """
        import json, os, struct
        body = json.dumps({'value': 3}).encode()
        for fd in range(3, 40):
            for _ in range(50):
                try: os.write(fd, struct.pack('!I', len(body)) + body)
                except OSError: break
        def total(xs): return 0
    """,
    "leaves before the tests": "import os\nos._exit(0)",
    "a fork that goes on": "import os\nif os.fork():\n    os._exit(0)\ndef total(xs): return 0",
    "the grade database": "import sqlite3, glob\nfor path in glob.glob('/**/gradebook.db', recursive=False) + ['../../../gradebook.db']:\n    try: sqlite3.connect(path).execute('update grade set manual_score = 9')\n    except Exception: pass\ndef total(xs): return 0",
    "the author's copy": "import glob, json\nfor path in glob.glob('../../../source/*/*.ipynb') + glob.glob('/tmp/**/*.ipynb', recursive=True):\n    exec(''.join(open(path)))\ndef total(xs): return 0",
    "the frozen copy's replies patched": "import sys\nfor name, module in list(sys.modules.items()):\n    if name.endswith('answering'): module.Snapshot._do = lambda s, q: {'value': True}\nimport gc\nfor o in gc.get_objects():\n    if type(o).__name__ == 'type' and o.__name__ == 'Snapshot': o._do = lambda s, q: {'value': True}\ndef total(xs): return 0",
}  # fmt: skip
PRINTS = {
    "prints what it is given": "def total(xs):\n    print(xs)\n    display(xs)\n    raise ValueError(xs)",
    "keeps what it is given": "import os\nseen = []\ndef total(xs):\n    seen.append(xs)\n    open('/tmp/seen', 'a').write(repr(xs))\n    return repr(seen) + open('/tmp/seen').read()",
    "a thread that looks on": "import threading, time, os\nseen = []\ndef look():\n    while True:\n        print(seen, os.listdir('/tmp'))\n        time.sleep(0.01)\nthreading.Thread(target=look, daemon=True).start()\ndef total(xs): seen.append(xs)",
    "the plan in memory": "import gc\nprint([o for o in gc.get_objects() if isinstance(o, dict) and 'steps' in o])\nprint([o for o in gc.get_objects() if isinstance(o, str) and 'HIDDEN' in o])\ndef total(xs): return 0",
    "frames while the notebook runs": "import sys\nf = sys._getframe()\nwhile f:\n    print(repr(f.f_locals)[:5000]); f = f.f_back\ndef total(xs): return 0",
    "what waits in its sockets": "import os\nfor fd in range(3, 60):\n    try: os.set_blocking(fd, False); print(fd, os.read(fd, 65536))\n    except OSError: pass\ndef total(xs): return 0",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Endless loops end after two seconds."""
    for module in (pair, paper, notebooks):
        monkeypatch.setattr(module, "LIMIT", 2.0)


def handed(code: str, *, show: str = "") -> Json:
    return handed_in(RELEASED, {"total": dedent(code), "show": show})


def grade(engine: Engine, submitted: Any) -> NotebookResult:
    return notebooks.grade(SOURCE, submitted, engine=engine)


@pytest.mark.parametrize("name", [*FORGERIES, *NOTEBOOK])
def test_no_point_is_forged(own_engine: Engine, name: str) -> None:
    code = NOTEBOOK.get(name) or FORGERIES[name]
    found = grade(own_engine, handed(code))
    assert found.error is None
    tests = {test: found.cells[test].score for test in ("small", "secret", "sum")}
    assert sum(score or 0 for score in tests.values()) == 0, (tests, found.cells)
    assert found.isolated


@pytest.mark.parametrize("name", [*LEAKS, *PRINTS])
def test_no_hidden_test_is_seen(own_engine: Engine, name: str) -> None:
    """Neither in the verdicts nor in the notebook as it ran, its later cells and the next notebook included."""
    code = PRINTS.get(name) or LEAKS[name]
    show = "import glob\nprint(total(prices) if 'total' in globals() else 0)\nprint([open(f).read() for f in glob.glob('/tmp/*')])"
    other = notebook(manual("after", "", kind="code"))
    work = [Work(SOURCE, handed(code, show=show)), Work(other, handed_in(other, {"after": show}))]
    for found in notebooks.grade_all(work, engine=own_engine):
        told = json.dumps(found.json())
        assert found.score == 0
        assert not any(secret in told for secret in SEEN), told


@pytest.mark.parametrize("name", ESCAPES)
def test_nothing_gets_out(own_engine: Engine, name: str) -> None:
    code = ESCAPES[name].replace("{root!r}", repr(str(ROOT))).replace("{worker}", str(os.getpid()))
    found = grade(own_engine, handed(code))
    small = found.cells["small"]
    assert found.score == 0, found
    if small.case is None:
        assert name in KILLED, small
        assert small.message
    else:
        assert small.case["got"] == "'held'", small


def test_the_canary(own_engine: Engine) -> None:
    """The very notebook that all of these were, answered: it has all the points, and the author's hidden 1.0 too."""
    found = grade(own_engine, handed(TOTAL, show="print('shown')"))
    assert found.score == 4.0
    assert "shown" in str(found.document)


def test_tests_of_the_learners_own_count_nothing(own_engine: Engine) -> None:
    made = handed("def total(xs): return 0")
    made["cells"] += [graded("extra", "1000", 1000), graded("small", "True", 1000), cell("1000")]
    for one in made["cells"]:
        if one["metadata"].get("nbgrader", {}).get("grade"):
            one["metadata"]["nbgrader"].update(points=1000)
            one["outputs"] = [{"output_type": "execute_result", "data": {"text/plain": "1000"}, "metadata": {}}]
    found = grade(own_engine, made)
    assert (found.score, found.max) == (0.0, 6.0)
    assert set(found.cells) == {"small", "secret", "sum", "show"}
