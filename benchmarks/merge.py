"""The fuzz report of the merge: generated cases of a release that meets a learner's notebook, and what went wrong.

The peer is what nbgitpuller does with the same three files: git's own three-way merge of the text, where both sides
changed the same lines with the learner's (`git merge-file --ours`). Exits with 1 when our merge breaks a promise.

usage: python benchmarks/merge.py [--cases N] [--seed N]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any
from unittest.mock import patch

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "extensions")]

import merges  # noqa: E402 -- the tests know the cases and what must hold of them

from proboost_lab.merge import Report, merge  # noqa: E402

Json = dict[str, Any]
NAMES = ("lost text", "lost outputs", "invalid", "missed the author's text", "missed the author's new")


class Broken(Exception):
    """What git made is no notebook any more."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=merges.SEED)
    asked = parser.parse_args()
    cases = list(merges.cases(asked.cases, asked.seed))
    shape = Counter(change for case in cases for change in case.done)
    print(f"{len(cases)} cases (seed {asked.seed}), {sum(shape.values())} changes: ", end="")
    print(", ".join(f"{count} × {name}" for name, count in shape.most_common()))
    began = time.perf_counter()
    for case in cases:
        merge(case.base, case.mine, case.new)
    ours_ms = 1000 * (time.perf_counter() - began) / len(cases)
    ours = Counter(kind for case in cases for kind in kinds(merges.wrong(case)))
    with tempfile.TemporaryDirectory() as folder:
        git = Git(Path(folder))
        with patch.object(merges, "merge", git):
            theirs = Counter(kind for case in cases for kind in kinds(judged(case)))
        git_ms = 1000 * git.seconds / max(1, git.calls)
    print(f"{'':36}{'ours':>8}{'git':>8}   (cases with it)")
    for name in (*NAMES, *sorted({*ours, *theirs} - {*NAMES})):
        print(f"{name:36}{ours[name]:8}{theirs[name]:8}")
    print(f"{'milliseconds a merge':36}{ours_ms:8.2f}{git_ms:8.2f}")
    print(json.dumps({"cases": len(cases), "ours": ours, "git": theirs, "ours_ms": ours_ms, "git_ms": git_ms}))
    return 1 if ours else 0


def kinds(wrong: list[str]) -> set[str]:
    return {
        next((name for name in (*NAMES, "brought back", "not stable") if one.startswith(name)), one.split(":")[0])
        for one in wrong
    }


def judged(case: merges.Case) -> list[str]:
    try:
        return merges.wrong(case)
    except Broken:
        return ["invalid: not a notebook", "lost text: all of it"]


class Git:
    """git's merge of the three files, written as Jupyter writes them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.seconds = 0.0
        self.calls = 0

    def __call__(self, base: Json, mine: Json, new: Json) -> tuple[Json, Report]:
        for name, notebook in (("base", base), ("mine", mine), ("new", new)):
            (self.folder / name).write_text(json.dumps(lines(notebook), ensure_ascii=False, indent=1) + "\n", "utf-8")
        began = time.perf_counter()
        done = subprocess.run(
            ["git", "merge-file", "-p", "--ours", "mine", "base", "new"],
            cwd=self.folder,
            capture_output=True,
            check=True,
        )
        self.seconds += time.perf_counter() - began
        self.calls += 1
        try:
            merged: Json = json.loads(done.stdout)
        except ValueError:
            raise Broken from None
        return merged, Report()


def lines(notebook: Json) -> Json:
    """As Jupyter saves it: texts as lists of lines."""
    cells = [{**cell, "source": merges.source(cell).splitlines(keepends=True)} for cell in notebook["cells"]]
    return {**notebook, "cells": cells}


if __name__ == "__main__":
    sys.exit(main())
