from __future__ import annotations

import asyncio

from proboost_lab.turns import Turns

CELLS = ["imports", "exercise", "plot", "second"]


class Kernel:
    """What ran, in its order: cells of the lesson, and programs as long as they are not ended."""

    def __init__(self) -> None:
        self.turns = Turns(CELLS)
        self.ran: list[str] = []

    def ask(self, name: str, cell: str) -> bool:
        return self.turns.ask(name, cell, lambda: self.ran.append(name))

    async def cell(self, name: str) -> None:
        await self.turns.begin(name)
        self.ran.append(name)
        await asyncio.sleep(0)
        self.turns.end()


def test_a_program_comes_after_the_cells_above_it_and_before_the_next() -> None:
    async def lesson() -> list[str]:
        kernel = Kernel()
        assert not kernel.ask("mine", "exercise")
        assert not kernel.ask("later", "second")
        running = asyncio.ensure_future(_all(kernel))
        while "mine" not in kernel.ran:
            await asyncio.sleep(0)
        for _ in range(5):
            await asyncio.sleep(0)
        assert kernel.ran == ["imports", "mine"], "the lesson waits for it"
        assert kernel.turns.runs("mine")
        kernel.turns.ended("mine")
        while "later" not in kernel.ran:
            await asyncio.sleep(0)
        kernel.turns.ended("later")
        await running
        return kernel.ran

    assert asyncio.run(lesson()) == ["imports", "mine", "exercise", "plot", "later", "second"]


async def _all(kernel: Kernel) -> None:
    for name in CELLS:
        await kernel.cell(name)
    kernel.turns.over()


def test_no_program_begins_while_a_cell_runs() -> None:
    async def lesson() -> None:
        kernel = Kernel()
        await kernel.turns.begin("imports")
        assert not kernel.ask("early", "imports")
        assert kernel.turns.cell == "imports"
        kernel.turns.end()
        assert kernel.ran == ["early"]

    asyncio.run(lesson())


def test_what_waits_can_be_taken_back_and_what_runs_cannot() -> None:
    kernel = Kernel()
    kernel.ask("mine", "plot")
    assert kernel.turns.forget("mine")
    assert not kernel.turns.forget("mine")
    assert kernel.ask("now", "imports")
    assert not kernel.turns.forget("now")
    kernel.turns.over()
    assert kernel.ran == ["now"]


def test_when_the_lesson_is_over_everybody_has_their_turn() -> None:
    kernel = Kernel()
    kernel.ask("a", "second")
    kernel.ask("b", "nowhere")
    kernel.turns.over()
    assert kernel.ran == ["a"], "one after the other"
    kernel.turns.ended("a")
    assert kernel.ran == ["a", "b"]
    assert Turns().ask("at once", "nowhere", lambda: None), "where no lesson runs"


def test_pages_hear_which_cell_runs() -> None:
    async def lesson() -> list[str | None]:
        kernel = Kernel()
        heard: list[str | None] = []
        deaf = kernel.turns.listen(heard.append)
        await kernel.turns.begin("imports")
        kernel.turns.end()
        deaf()
        await kernel.turns.begin("exercise")
        return heard

    assert asyncio.run(lesson()) == [None, "imports", None]
