"""Warm parents cost a second and a half each: a module's tests share theirs."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from .kernels import Kernel, Place


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    with tempfile.TemporaryDirectory(prefix="k-", dir="/tmp") as folder:
        made = Place(Path(folder))
        try:
            yield made
        finally:
            made.close()


@pytest.fixture(scope="module", params=["fork", "spare", "program"])
def shared(request: pytest.FixtureRequest, place: Place) -> Iterator[Kernel]:
    """One of each start for all tests of a module that leave it alive."""
    started = place.start(request.param)
    assert started.by == request.param
    yield started
    started.close()


@pytest.fixture(params=["fork", "spare", "program"])
def kernel(request: pytest.FixtureRequest, place: Place) -> Iterator[Kernel]:
    """The same behaviour, however the kernel was started."""
    started = place.start(request.param)
    assert started.by == request.param
    yield started
    started.close()
