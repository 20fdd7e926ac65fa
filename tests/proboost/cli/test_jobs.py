"""`proboost jobs`: what the operator reads of grading, and what was set aside once more."""

from __future__ import annotations

import json
from importlib import import_module
from uuid import uuid4

import pytest
from click.testing import CliRunner
from fakes import Platform
from school import COURSE, School

from proboost.blobs import Blobs
from proboost.models import Submission
from proboost.progress import drafts
from proboost.progress.material import Place
from proboost.submissions import service

jobs = import_module("proboost.cli.jobs")
ESSAY = "%%exercise letter\nkind: essay\npoints: 4\ntitle: A letter\nprompt: Write a letter.\n"


def test_how_far_it_is_and_once_more(sqlite_platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "settings_of", lambda _data: sqlite_platform.settings)
    school = School(sqlite_platform.database, Blobs(sqlite_platform.settings.blobs_dir))
    school.publish({"start": [ESSAY]})
    run = CliRunner()
    assert run.invoke(jobs.jobs, [COURSE]).exit_code == 1, "nothing was handed in"
    for name in ("lea", "max"):
        viewer = school.enrol(name)
        with school.database.transaction() as session:
            drafts.save(session, viewer, Place(COURSE, "start", "letter"), {"text": "Dear all"}, base=0)
        stored = service.store(school.blobs, service.Sent(str(uuid4()), COURSE, "start"))
        with school.database.transaction() as session:
            number = service.receive(session, school.blobs, viewer, stored).number
    said = run.invoke(jobs.jobs, [COURSE, "--wait"])
    assert (said.exit_code, said.stdout.splitlines()[0]) == (
        0,
        f"{COURSE}: the machine has graded 2 of 2, 0 wait, 0 are under way.",
    )
    assert "2 wait for a grader" in said.stdout
    with school.database.transaction() as session:
        session.get_one(Submission, number).reason = "the room burned down"
        service.look(session, session.get_one(Submission, number))
    said = run.invoke(jobs.jobs, ["--json"], standalone_mode=False)  # as `proboost` calls its verbs
    assert said.return_value == 1
    (row,) = json.loads(said.stdout)
    assert row["aside"] == [{"number": number, "reason": "the room burned down"}]
    again = run.invoke(jobs.jobs, [COURSE, "--again"])
    assert (again.exit_code, again.stderr) == (0, "Graded once more: 1.\n")
    assert run.invoke(jobs.jobs, ["--again"]).exit_code == 2
