"""Running a command as one of our accounts, in a root of its own that holds what it needs.

`python -m proboost.launcher.as_service --uid U [--rw PATH]… [--ro PATH]… -- COMMAND…`; where nobody is root the command
is run as it is.
"""

from __future__ import annotations

import argparse
import os
import signal
from collections.abc import Sequence

from proboost_kernel.forkserver import linux

from . import view
from .isolation import shut_in


def service_root(
    uid: int, *, writable: Sequence[str] = (), readable: Sequence[str] = (), die_with_parent: bool = False
) -> None:
    """This process becomes `uid`, without capabilities, and sees /usr, /etc, this Python, our code with its courses,
    and the paths given (those that exist). Does nothing where we are not root. Raises OSError."""
    if os.geteuid() != 0:
        if die_with_parent:
            linux.prctl(linux.PR_SET_PDEATHSIG, signal.SIGTERM)
        return
    shown, _hidden = view.code(with_courses=True, packages=(*view.PACKAGES, "hub_config"))
    name = "proboost"
    home = writable[0] if writable else "/"
    what = view.View(
        read=(*shown, *map(os.path.realpath, readable)),
        write=tuple((path, path) for path in map(os.path.realpath, writable)),
        uid=uid,
        files=view.identity(name, uid, home),
    )
    shut_in(what, die_with_parent=die_with_parent)
    os.umask(0o077)
    os.environ.update(HOME=home, USER=name, LOGNAME=name)


def main() -> None:
    parser = argparse.ArgumentParser(prog="as_service", description=__doc__)
    parser.add_argument("--uid", type=int, required=True)
    parser.add_argument("--rw", action="append", default=[], metavar="PATH")
    parser.add_argument("--ro", action="append", default=[], metavar="PATH")
    parser.add_argument("--die-with-parent", action="store_true")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    given = parser.parse_args()
    command = given.command[1:] if given.command[:1] == ["--"] else given.command
    if not command:
        parser.error("no command")
    service_root(given.uid, writable=given.rw, readable=given.ro, die_with_parent=given.die_with_parent)
    if os.geteuid() != 0 and given.rw:
        os.chdir(given.rw[0])
    os.execvp(command[0], command)  # noqa: S606 -- that is what was asked for


if __name__ == "__main__":
    main()
