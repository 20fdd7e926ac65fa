"""What the platform asks the Hub about tokens: once for all who ask at once, and not from memory after a log-out."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any, cast

import pytest

from proboost.auth.hub import ACCESS, Hub, Identity
from proboost.settings import Settings


class Answers:
    """A Hub's API that says whose a token is when it is let."""

    def __init__(self) -> None:
        self.asked = 0
        self.begun = threading.Semaphore(0)
        self.go = threading.Event()
        answers = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: object) -> None:
                pass

            def do_GET(self) -> None:
                answers.asked += 1
                answers.begun.release()
                answers.go.wait(20)
                body = json.dumps({"kind": "user", "name": "lea", "scopes": [ACCESS]}).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def answers() -> Iterator[Answers]:
    made = Answers()
    yield made
    made.server.shutdown()
    made.server.server_close()


def with_hub(answers: Answers, act: Any) -> None:
    async def main() -> None:
        url = f"http://127.0.0.1:{answers.server.server_address[1]}"
        hub = Hub(cast(Settings, SimpleNamespace(hub_api_url=url)))
        try:
            await act(hub)
        finally:
            await hub.close()

    asyncio.run(main())


def test_many_requests_of_one_page_ask_once(answers: Answers) -> None:
    async def act(hub: Hub) -> None:
        asking = [asyncio.create_task(hub.identify("token-1")) for _ in range(5)]
        await asyncio.to_thread(answers.begun.acquire)
        asking[0].cancel()  # who asked first has gone: the others get their answer
        answers.go.set()
        found = await asyncio.gather(*asking[1:])
        assert found == [Identity("lea", False)] * 4
        assert await hub.identify("token-1") == found[0]
        assert answers.asked == 1

    with_hub(answers, act)


def test_an_answer_on_its_way_at_a_log_out_is_not_kept(answers: Answers) -> None:
    async def act(hub: Hub) -> None:
        asking = asyncio.create_task(hub.identify("token-1"))
        await asyncio.to_thread(answers.begun.acquire)
        hub.forget("token-1")
        answers.go.set()
        await asking
        await hub.identify("token-1")
        assert answers.asked == 2

    with_hub(answers, act)
