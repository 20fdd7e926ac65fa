"""A learner's first kernel comes from a parent that was warm before anybody asked."""

from __future__ import annotations

from pathlib import Path

from labs import Lab, until

from proboost_kernel.forkserver import asking


def test_kernels_are_forked_from_a_parent_that_the_server_had_made(lab: Lab) -> None:
    def warm() -> str | None:
        for path in lab.runtime.glob("kernel-parents/*"):
            if not path.suffix and path.is_socket():
                return str(path)
        return None

    socket = until(warm, 60, "a warm parent")
    look = "import os; print(os.getppid(), os.environ.get('PROBOOST_KERNEL_PACKAGES'), sorted(os.environ))"
    parent, folder, *names = lab.run(look).split(" ", 2)
    state = asking.question(socket, "info")
    assert int(parent) == state["pid"]
    assert (state["tasks"], state["refusal"], state["failed"]) == (1, "", {})
    assert Path(folder) == lab.home / ".proboost" / "packages"
    assert "TOKEN" not in names[0]
    environ = Path(f"/proc/{state['pid']}/environ").read_text()
    assert "TOKEN" not in environ
    assert "learner-secret" not in environ
    kept = [path.name for path in lab.runtime.iterdir()]
    assert not [name for name in kept if name.startswith("jpserver")]
