"""A page's connection to a kernel, spoken to as the page does: what a page left running, Stop, restarts by hand."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import websockets
from labs import Lab

Json = dict[str, Any]
STUBBORN = "for _ in range(2):\n    try:\n        input('again? ')\n    except BaseException:\n        print('no')"


class Page:
    """One connection: runs programs of a cell ("" as in JupyterLab) and hears what comes of them."""

    def __init__(self, socket: websockets.ClientConnection, cell: str = "") -> None:
        self.socket = socket
        self.cell = cell

    async def run(self, id_: str, code: str) -> None:
        header = {"msg_id": id_, "msg_type": "execute_request", "username": "", "session": "s", "date": ""}
        content = {"code": code, "silent": True, "store_history": False, "allow_stdin": True, "stop_on_error": False}
        message = {"header": {**header, "version": "5.3"}, "parent_header": {}, "content": content, "buffers": []}
        await self.socket.send(
            json.dumps({**message, "metadata": {"proboost": {"cell": self.cell}}, "channel": "shell"})
        )

    async def say(self, **said: Any) -> None:
        await self.socket.send(json.dumps({"channel": "proboost", **said}))

    async def until(self, found: Callable[[Json], bool]) -> Json:
        """The first message that is so."""
        async with asyncio.timeout(20):
            while not found(message := json.loads(await self.socket.recv())):
                pass
        return message

    async def ours(self, type_: str, id_: str) -> None:
        await self.until(lambda said: (said.get("type"), said.get("id")) == (type_, id_))

    async def heard(self, type_: str, id_: str) -> Json:
        content = await self.until(
            lambda said: said.get("msg_type") == type_ and said["parent_header"]["msg_id"] == id_
        )
        return dict(content["content"])


def talk(lab: Lab, what: Callable[[Callable[..., Any], str], Awaitable[None]]) -> None:
    """`what` gets a way to connect to a new kernel, and the kernel's id."""
    kernel = lab.ask("POST", "api/kernels", {"name": "python3"}).json()["id"]
    url = lab.url.replace("http", "ws", 1) + f"proboost/kernels/{kernel}/programs?token=browser-token"
    asyncio.run(what(lambda: websockets.connect(url, proxy=None), kernel))


def test_a_program_ends_with_its_page_and_what_waited_behind_it_never_begins(lab: Lab) -> None:
    async def pages(connect: Callable[..., Any], _kernel: str) -> None:
        async with connect() as socket:
            first = Page(socket)
            await first.run("loop", "print('begun')\nwhile True:\n    pass")
            await first.heard("stream", "loop")
            await first.run("behind", "began = True\nwhile True:\n    pass")
            await first.ours("waiting", "behind")
        async with connect() as socket:
            second = Page(socket)
            await second.run("next", "print('began' in globals())")
            assert (await second.heard("stream", "next"))["text"] == "False\n"

    talk(lab, pages)


def test_what_a_page_wanted_that_left_before_the_kernel_began_it_does_not_run_on(lab: Lab) -> None:
    async def pages(connect: Callable[..., Any], _kernel: str) -> None:
        async with connect() as socket:
            await Page(socket).run("loop", "while True:\n    pass")
        async with connect() as socket:
            second = Page(socket)
            await second.run("next", "print('free')")
            assert (await second.heard("stream", "next"))["text"] == "free\n"

    talk(lab, pages)


def test_stop_reaches_what_a_page_left_in_a_lessons_kernel(lab: Lab) -> None:
    async def pages(connect: Callable[..., Any], _kernel: str) -> None:
        async with connect() as socket:
            first = Page(socket, "c1")
            await first.run("stubborn", STUBBORN)
            await first.heard("input_request", "stubborn")
        async with connect() as socket:
            second = Page(socket, "c1")
            await second.run("mine", "import time\ntime.sleep(3600)")
            await second.ours("sent", "mine")
            ended = asyncio.ensure_future(second.heard("execute_reply", "mine"))
            while not ended.done():  # as often as somebody presses
                await second.say(type="stop", id="mine")
                await asyncio.wait([ended], timeout=0.5)
            await ended
            await second.run("next", "print('free')")
            assert (await second.heard("stream", "next"))["text"] == "free\n"

    talk(lab, pages)


def test_a_restart_by_hand_ends_what_ran_and_stop_means_nothing_after_it(lab: Lab) -> None:
    async def pages(connect: Callable[..., Any], kernel: str) -> None:
        async with connect() as socket:
            page = Page(socket)
            await page.run("loop", "print('begun')\nwhile True:\n    pass")
            await page.heard("stream", "loop")
            assert (await asyncio.to_thread(lab.ask, "POST", f"api/kernels/{kernel}/restart")).status_code == 200
            await page.say(type="forget", id="loop")
            await page.run("fresh", "import time\nprint('begun')\ntime.sleep(0.3)\nprint('whole')")
            await page.heard("stream", "fresh")
            await page.say(type="stop", id="loop")
            reply = await page.heard("execute_reply", "fresh")
            assert reply["status"] == "ok"

    talk(lab, pages)
