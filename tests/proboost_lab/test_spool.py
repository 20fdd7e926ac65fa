from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from proboost_lab.spool import OtherBody, Spool, place

WRITER = """
import sys; from pathlib import Path; from proboost_lab.spool import Spool
spool = Spool(Path(sys.argv[1]))
for n in range(100000):
    spool.post("attempt", f"id-{n}", "attempts", {"n": n}, place="c/l#e")
    print(n, flush=True)
"""


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "spool.sqlite")


def test_what_was_acknowledged_survives_a_kill(tmp_path: Path) -> None:
    path = tmp_path / "spool.sqlite"
    root = str(Path(__file__).parents[2])
    environment = {"PYTHONPATH": f"{root}:{root}/extensions"}
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, env=environment)
    assert writer.stdout is not None
    acknowledged = -1
    for line in writer.stdout:
        acknowledged = int(line)
        if acknowledged >= 20:
            break
    writer.send_signal(signal.SIGKILL)
    rest = writer.stdout.read().split()
    writer.wait()
    writer.stdout.close()
    acknowledged = int(rest[-1]) if rest else acknowledged
    spool = Spool(path)
    kept = [letter.body["n"] for letter in spool.waiting(10**6)]
    spool.close()
    assert kept[: acknowledged + 1] == list(range(acknowledged + 1))
    assert len(kept) <= acknowledged + 2  # at most one was written and not said yet


def test_letters_go_in_order_and_once(spool: Spool) -> None:
    for name in ("first-1", "second-2", "third-33"):
        spool.post("attempt", name, "attempts", {"id": name}, place="c/l#e")
    again = spool.post("attempt", "second-2", "attempts", {"id": "second-2"}, place="c/l#e")
    assert again.state == "waiting"
    assert [letter.id for letter in spool.waiting()] == ["first-1", "second-2", "third-33"]
    assert spool.settle("first-1", "done", {"state": "passed"})
    assert not spool.settle("first-1", "done", {"state": "passed"})  # told once
    assert [letter.id for letter in spool.waiting()] == ["second-2", "third-33"]
    with pytest.raises(OtherBody):
        spool.post("attempt", "third-33", "attempts", {"id": "third-33", "x": 1}, place="c/l#e")
    assert [letter.id for letter in spool.of_lesson("c", "l")] == ["first-1", "second-2", "third-33"]
    assert spool.of_lesson("c", "l2") == []


def test_only_the_newest_draft_and_the_newest_count_of_hints_are_kept(spool: Spool) -> None:
    where = place("c", "l", "e")
    first = spool.save_draft(where, "drafts/c/l/e", {"response": {"code": "a"}, "base": 0})
    second = spool.save_draft(where, "drafts/c/l/e", {"response": {"code": "b"}, "base": 0})
    assert not spool.delivered(first)  # a newer text came while it was on its way
    assert [draft.body["response"] for draft in spool.drafts()] == [{"code": "b"}]
    assert spool.delivered(second)
    assert spool.drafts(course="c", lesson="l") == []
    third = spool.save_draft(where, "drafts/c/l/e", {"response": {"code": "c"}, "base": 2})
    spool.refused(second)  # said of an older text
    assert spool.drafts() == [third]
    spool.refused(third)
    assert (spool.drafts(), spool.backlog()) == ([], 0)
    assert [draft.body["response"] for draft in spool.drafts(course="c", lesson="l", refused=True)] == [{"code": "c"}]
    assert (spool.offer_again(course="c", lesson="other"), spool.offer_again(course="c", lesson="l")) == (0, 1)
    assert spool.drafts() == [third]
    spool.delivered(third)
    spool.replace("hint", "hint c/l#e", "hints/c/l/e", {"opened": 1})
    spool.replace("hint", "hint c/l#e", "hints/c/l/e", {"opened": 2})
    assert [letter.body for letter in spool.waiting()] == [{"opened": 2}]
    assert spool.backlog() == 1


def test_what_was_replaced_on_its_way_is_not_taken_for_delivered(spool: Spool) -> None:
    first = spool.replace("hint", "hint c/l#e", "hints/c/l/e", {"opened": 1})
    second = spool.replace("hint", "hint c/l#e", "hints/c/l/e", {"opened": 2})
    assert not spool.settle(first.id, "done", {"opened": 1}, made_at=first.made_at)
    assert [letter.body for letter in spool.waiting()] == [{"opened": 2}]
    assert spool.settle(second.id, "done", {"opened": 2}, made_at=second.made_at)
    assert spool.waiting() == []


def test_letters_of_other_places_pass_those_that_are_held(spool: Spool) -> None:
    spool.post("attempt", "first-1", "attempts", {"id": "first-1"}, place="c/l#e")
    spool.post("attempt", "second-2", "attempts", {"id": "second-2"}, place="c/l#f")
    spool.post("ticket", "third-33", "tickets", {"id": "third-33"})
    found = [spool.next_waiting(held) for held in ((), ("c/l#e",), ("c/l#e", "c/l#f"), ("c/l#e", "c/l#f", ""))]
    assert [letter and letter.id for letter in found] == ["first-1", "second-2", "third-33", None]


def test_the_platforms_last_word_is_remembered(spool: Spool, tmp_path: Path) -> None:
    assert spool.recall("progress") is None
    spool.remember("progress", {"courses": []})
    spool.remember("progress", {"courses": [1]})
    spool.close()
    assert Spool(tmp_path / "spool.sqlite").recall("progress") == {"courses": [1]}


def test_the_file_is_the_learners_alone(tmp_path: Path) -> None:
    Spool(tmp_path / "home" / ".proboost" / "spool.sqlite").close()
    path = tmp_path / "home" / ".proboost" / "spool.sqlite"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
