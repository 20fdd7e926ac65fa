"""The relay as a learner has it: a real server, a platform that comes and goes, both killed in turn."""

from __future__ import annotations

import asyncio
import json
import logging
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import websockets
from labs import Double, Lab, execute, until

from proboost_lab.platform import Platform as WayThere
from proboost_lab.relay import Relay
from proboost_lab.spool import Spool

Json = dict[str, Any]


def verdict(lab: Lab, exercise: str = "sum-even") -> dict[str, Any]:
    found = lab.ask("GET", "proboost/lessons/demo/welcome/state").json()["exercises"].get(exercise) or {}
    return found.get("verdict") or {}


def test_a_check_brings_the_platforms_verdict(lab: Lab, platform: Double) -> None:
    answer = lab.check("aaaa-0001")
    assert (answer.status_code, answer.json()["state"]) == (200, "passed")
    again = lab.check("aaaa-0001")  # a page that lost the answer asks again
    assert again.json() == answer.json()
    assert platform.rows("select calls from attempt") == [(1,)]
    assert lab.check("aaaa-0001", "other").json()["code"] == "other-body"
    assert lab.ask("GET", "proboost/attempts/aaaa-0001").json()["state"] == "passed"


def test_while_the_platform_is_away_answers_are_saved_and_delivered_in_order_once(lab: Lab, platform: Double) -> None:
    lab.check("aaaa-0000")
    platform.kill()
    ids = [f"bbbb-{n:04}" for n in range(5)]
    for id_ in ids:
        answer = lab.check(id_, "right" if id_.endswith("4") else "wrong")
        assert (answer.status_code, answer.json()["state"]) == (202, "saved")
        assert "saved" in answer.json()["message"].lower()
    assert verdict(lab)["state"] == "saved"
    assert lab.ask("GET", f"proboost/attempts/{ids[0]}").status_code == 202
    platform.start()
    until(lambda: verdict(lab).get("state") == "passed", what="the last verdict")
    assert platform.attempts() == ["aaaa-0000", *ids]
    assert platform.rows("select max(calls) from attempt") == [(1,)]


async def told(
    lab: Lab, enough: Callable[[list[dict[str, Any]]], bool], during: Callable[[], Any]
) -> list[dict[str, Any]]:
    """What a page hears from its opening on, until it is enough."""
    heard: list[Json] = []
    url = lab.url.replace("http", "ws", 1) + "proboost/events?token=browser-token"
    async with websockets.connect(url, proxy=None) as socket:
        heard.append(json.loads(await asyncio.wait_for(socket.recv(), 10)))
        action = asyncio.create_task(asyncio.to_thread(during))
        while not enough(heard):
            heard.append(json.loads(await asyncio.wait_for(socket.recv(), 30)))
        await action
    return heard


def test_a_platform_killed_between_acknowledgement_and_verdict_loses_nothing(lab: Lab, platform: Double) -> None:
    platform.mode(pending=True)
    answer = lab.check("cccc-0001")
    assert (answer.status_code, answer.json()["state"]) == (202, "pending")
    platform.kill()

    def back() -> None:
        platform.mode()
        platform.start()

    heard = asyncio.run(told(lab, lambda heard: any(one["type"] == "verdict" for one in heard), back))
    assert heard[0]["type"] == "platform"
    said = [one for one in heard if one["type"] == "verdict"]
    assert [one["verdict"]["state"] for one in said] == ["passed"]
    assert (said[0]["course"], said[0]["lesson"], said[0]["verdict"]["exercise"]) == ("demo", "welcome", "sum-even")
    assert platform.rows("select calls from attempt") == [(1,)]


def test_pages_hear_that_the_platform_went_and_came(lab: Lab, platform: Double) -> None:
    def away_and_back() -> None:
        platform.kill()
        assert lab.check("cccc-0002").json()["state"] == "saved"
        platform.start()

    heard = asyncio.run(told(lab, lambda heard: any(one["type"] == "verdict" for one in heard), away_and_back))
    assert [one["up"] for one in heard if one["type"] == "platform"] == [True, False, True]


def test_a_server_killed_with_answers_in_its_spool_delivers_them_in_its_next_life(lab: Lab, platform: Double) -> None:
    platform.kill()
    for n in range(3):
        assert lab.check(f"dddd-{n:04}").json()["state"] == "saved"
    lab.stop(signal.SIGKILL)
    platform.start()
    lab.start()
    until(lambda: platform.attempts() == [f"dddd-{n:04}" for n in range(3)], what="three attempts")
    until(lambda: verdict(lab).get("state") == "passed")


def test_pending_verdicts_are_looked_for_after_a_restart_too(lab: Lab, platform: Double) -> None:
    platform.mode(pending=True)
    assert lab.check("eeee-0001").json()["state"] == "pending"
    lab.stop(signal.SIGKILL)
    lab.start()
    platform.mode()

    def found() -> bool:
        answer = lab.ask("GET", "proboost/attempts/eeee-0001")
        return answer.status_code == 200 and answer.json()["state"] == "passed"

    until(found)


def test_a_server_that_is_stopped_delivers_its_spool_first(lab: Lab, platform: Double) -> None:
    platform.kill()
    assert lab.check("ffff-0001").json()["state"] == "saved"
    platform.start()
    lab.stop(signal.SIGTERM)
    assert platform.attempts() == ["ffff-0001"]


def test_a_server_is_stopped_in_time_while_the_platform_is_away(lab: Lab, platform: Double) -> None:
    platform.kill()
    assert lab.check("ffff-0002").json()["state"] == "saved"
    assert lab.process is not None
    lab.process.send_signal(signal.SIGTERM)
    lab.process.wait(8)
    lab.start()
    platform.start()
    until(lambda: platform.attempts() == ["ffff-0002"])


def test_a_refused_answer_is_kept_with_its_reason_and_does_not_stop_the_others(lab: Lab, platform: Double) -> None:
    platform.mode(refuse="bad")
    platform.kill()
    for id_ in ("bad-00001", "good-0001"):
        assert lab.check(id_, exercise=id_[:3]).json()["state"] == "saved"
    platform.start()
    until(lambda: platform.attempts() == ["good-0001"])
    refused = until(lambda: verdict(lab, "bad").get("state") == "refused" and verdict(lab, "bad"))
    assert refused["message"] == "not an answer to this exercise"
    assert lab.check("bad-00002").json()["state"] == "refused"


def test_too_many_checks_wait_here(lab: Lab, platform: Double) -> None:
    platform.mode(many=True)
    answer = lab.check("many-0001")
    assert (answer.status_code, answer.json()["state"]) == (202, "saved")
    assert "minute" in answer.json()["message"]
    platform.mode()
    until(lambda: platform.attempts() == ["many-0001"])


def test_an_exercise_whose_last_check_runs_on_holds_nothing_else_up(lab: Lab, platform: Double) -> None:
    platform.mode(flying="slow")
    assert "previous" in lab.check("slow-0001", exercise="slow").json()["message"]
    lab.check("slow-0002", exercise="slow")
    assert lab.check("other-001").json()["state"] == "passed"
    ticket = {"id": "ticket-0009", "kind": "problem", "text": "It hangs", "attached": {}}
    assert lab.ask("POST", "proboost/tickets", ticket).json()["number"] == 7
    platform.mode()
    until(lambda: platform.attempts() == ["other-001", "slow-0001", "slow-0002"])


def test_a_platform_that_breaks_is_asked_again(lab: Lab, platform: Double) -> None:
    platform.mode(fail=True)
    assert lab.check("fail-0001").json()["state"] == "saved"
    platform.mode()
    until(lambda: platform.attempts() == ["fail-0001"])


def test_drafts_go_to_the_platform_and_of_an_absence_only_the_newest(lab: Lab, platform: Double) -> None:
    path = "proboost/drafts/demo/welcome/sum-even"
    saved = lab.ask("PUT", path, {"response": {"code": "a"}, "base": 0}).json()
    assert (saved["where"], saved["revision"]) == ("platform", 1)
    platform.kill()
    for text in "bcd":
        saved = lab.ask("PUT", path, {"response": {"code": text}, "base": 1}).json()
        assert (saved["where"], saved["revision"]) == ("here", 1)
    draft = lab.ask("GET", "proboost/lessons/demo/welcome/state").json()["exercises"]["sum-even"]["draft"]
    assert (draft["response"], draft["where"]) == ({"code": "d"}, "here")
    platform.start()
    until(lambda: platform.rows("select revision from draft") == [(2,)])
    bodies = [
        json.loads(row[0])["response"]["code"]
        for row in platform.rows("select body from said where path like 'drafts/%'")
    ]
    assert bodies == ["a", "d"]


def test_a_draft_that_the_platform_does_not_take_is_kept_and_brought_again(lab: Lab, platform: Double) -> None:
    path, state = "proboost/drafts/demo/welcome/sum-even", "proboost/lessons/demo/welcome/state"
    platform.kill()
    lab.ask("PUT", path, {"response": {"code": "long text"}, "base": 0})
    platform.mode(closed=["welcome"])
    platform.start()
    until(lambda: platform.rows("select count(*) from said where path like 'drafts/%'") == [(1,)], what="the draft")
    platform.kill()
    draft = lab.ask("GET", state).json()["exercises"]["sum-even"]["draft"]
    assert (draft["response"], draft["where"]) == ({"code": "long text"}, "here")
    platform.start()
    until(lambda: lab.ask("PUT", path, {"response": {"code": "longer"}, "base": 0}).json().get("message"))
    platform.mode()
    assert lab.ask("GET", state).json()["exercises"]["sum-even"]["draft"]["response"] == {"code": "longer"}
    until(
        lambda: (
            [json.loads(row[0])["response"] for row in platform.rows("select body from draft")] == [{"code": "longer"}]
        )
    )


def test_requests_for_help_and_hints_are_kept_too(lab: Lab, platform: Double) -> None:
    ticket = {"id": "ticket-0001", "kind": "problem", "text": "It does not work", "attached": {}}
    assert lab.ask("POST", "proboost/tickets", ticket).json()["number"] == 7
    platform.kill()
    later = {**ticket, "id": "ticket-0002"}
    answer = lab.ask("POST", "proboost/tickets", later)
    assert (answer.status_code, answer.json()["state"]) == (202, "saved")
    assert lab.ask("PUT", "proboost/hints/demo/welcome/sum-even", {"opened": 1}).status_code == 200
    platform.start()
    until(lambda: len(platform.rows("select 1 from said where path = 'tickets'")) == 2)
    until(lambda: platform.rows("select body from said where path like 'hints/%'") == [('{"opened": 1}',)])


@pytest.mark.parametrize("body", [None, [], {"id": "x"}, {"id": "aaaa-0001", "ref": "../x", "response": {}}])
def test_what_is_no_attempt_is_refused_at_once(lab: Lab, platform: Double, body: Any) -> None:
    answer = lab.ask("POST", "proboost/attempts", body)
    assert answer.status_code == 422
    assert answer.json()["message"]
    assert platform.attempts() == []


def test_check_works_while_a_kernel_runs_in_circles(lab: Lab, platform: Double) -> None:
    kernel = lab.ask("POST", "api/kernels", {"name": "python3"}).json()["id"]

    async def spin() -> None:
        url = lab.url.replace("http", "ws", 1) + f"api/kernels/{kernel}/channels?token=browser-token"
        async with websockets.connect(url, proxy=None) as socket:
            await socket.send(execute("while True: pass"))
            while json.loads(await asyncio.wait_for(socket.recv(), 30)).get("msg_type") != "execute_input":
                pass
            answer = await asyncio.to_thread(lab.check, "loop-0001")
            assert answer.json()["state"] == "passed"
            assert lab.ask("GET", f"api/kernels/{kernel}").json()["execution_state"] == "busy"

    asyncio.run(spin())


def test_cells_wait_for_a_check_but_not_for_ever(tmp_path: Path) -> None:
    """`judged` returns when no page waits for a verdict; here nobody delivers, until the answer is put in."""

    async def lesson() -> None:
        spool = Spool(tmp_path / "spool.sqlite")
        relay = Relay(WayThere("", ""), spool, lambda _event: None, logging.getLogger())
        await asyncio.wait_for(relay.judged(60), 5)
        body = {"id": "aaaa-0001", "response": {"code": "1"}}
        check = asyncio.ensure_future(relay.attempt(body, "demo/welcome#sum-even"))
        while (letter := await relay.disk(spool.next_waiting, ())) is None:
            await asyncio.sleep(0)
        waiting = asyncio.ensure_future(relay.judged(60))
        await relay.judged(0.01)  # its own patience ends first
        assert not waiting.done()
        await relay._settle(letter, "done", {"state": "passed"})  # as a delivery does
        assert (await check)[0] == 200
        await asyncio.wait_for(waiting, 5)
        await relay.stop()

    asyncio.run(lesson())
