"""Files that learners bring: kept once, bounded, named harmlessly, and nobody else's."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from fakes import Platform
from hypothesis import given
from hypothesis import strategies as st
from school import COURSE, School, enrolment

from proboost.auth import Viewer
from proboost.blobs import Blobs
from proboost.errors import BadInput, TooLarge
from proboost.models import Upload
from proboost.progress.material import Place
from proboost.progress.service import OtherBody
from proboost.submissions import service, uploads

PLACE = Place(COURSE, "start", "report")
ID = "0b1f9c1e-1111-4222-8333-444455556666"
REPORT = "%%exercise report\nkind: upload\npoints: 1\nprompt: Bring your report.\n"


def bring(school: School, viewer: Viewer, content: bytes = b"%PDF-1.7", **more: object) -> Upload:
    name, client_id = str(more.get("name", "report.pdf")), str(more.get("client_id", ""))
    with school.blobs.incoming() as incoming:
        incoming.write(content)
        sha256 = incoming.keep()
    with school.database.transaction() as session:
        asked = uploads.Allowed(PLACE, enrolment(session, viewer).id, int(str(more.get("limit", uploads.LARGEST))))
        return uploads.record(session, viewer, asked, name=name, sha256=sha256, size=len(content), client_id=client_id)


def test_the_same_file_brought_again_is_the_one_that_is_there(school: School) -> None:
    school.publish()
    lea, max_ = school.enrol("lea"), school.enrol("max")
    first = bring(school, lea)
    assert bring(school, lea).id == first.id
    assert bring(school, lea, name="other.pdf").id != first.id
    assert bring(school, max_).id != first.id
    assert school.blobs.get(first.sha256) == b"%PDF-1.7"


def test_a_clients_id_names_one_file(school: School) -> None:
    school.publish()
    lea, max_ = school.enrol("lea"), school.enrol("max")
    name = str(uuid4())
    assert bring(school, lea, client_id=name).id == name
    assert bring(school, lea, client_id=name).id == name
    for thief, content in ((lea, b"other"), (max_, b"%PDF-1.7")):
        with pytest.raises(OtherBody):
            bring(school, thief, content, client_id=name)
    assert len(school.rows(Upload)) == 1


def test_nothing_empty_and_nothing_too_large(school: School, monkeypatch: pytest.MonkeyPatch) -> None:
    school.publish()
    lea = school.enrol("lea")
    with pytest.raises(BadInput):
        bring(school, lea, b"")
    with pytest.raises(TooLarge):
        bring(school, lea, b"12345", limit=4)
    monkeypatch.setattr(uploads, "ALL_OF_ONE", 10)
    bring(school, lea, b"123456")
    with pytest.raises(TooLarge):
        bring(school, lea, b"1234567")


def test_what_is_not_kept_leaves_nothing(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path)
    with blobs.incoming() as incoming:
        incoming.write(b"half")
    with blobs.incoming() as whole:
        whole.write(b"wh")
        whole.write(b"ole")
        assert whole.keep() == hashlib.sha256(b"whole").hexdigest()
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [hashlib.sha256(b"whole").hexdigest()]
    assert blobs.get(hashlib.sha256(b"whole").hexdigest()) == b"whole"


@given(st.text(max_size=400))
def test_a_name_is_harmless(name: str) -> None:
    kept = uploads.tidy(name)
    assert 0 < len(kept) <= uploads.NAME
    assert not set(kept) & set("/\\\0\r\n")
    assert kept not in (".", "..")
    assert not any(unicodedata.category(char).startswith("C") for char in kept)
    assert uploads.tidy(kept) == kept


@pytest.mark.parametrize(
    ("given_", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\Леа\\Отчёт 1.pdf", "Отчёт 1.pdf"),
        ("photo\u202efdp.exe", "photofdp.exe"),
        ("", "file"),
        ("...", "file"),
    ],
)
def test_names(given_: str, kept: str) -> None:
    assert uploads.tidy(given_) == kept


def test_only_its_owner_and_the_staff_have_it(platform_app: Platform, client_for: Callable[..., httpx.Client]) -> None:
    school = School(platform_app.database, Blobs(platform_app.settings.blobs_dir))
    school.publish()
    school.publish(course="other")
    lea = school.enrol("lea")
    for name, more in {
        "max": {},
        "gerda": {"role": "grader"},
        "author": {"role": "author"},
        "elsewhere": {"role": "grader", "course": "other"},
    }.items():
        school.enrol(name, **more)
    school.person("root", is_admin=True)
    school.person("helper", is_support=True)
    upload = bring(school, lea, b"<script>alert(1)</script>", name="Отчёт.html")
    path = f"/api/uploads/{upload.id}"
    said = {name: client_for(name).get(path) for name in ("lea", "gerda", "author", "root")}
    assert {answer.content for answer in said.values()} == {b"<script>alert(1)</script>"}
    headers = said["gerda"].headers
    assert headers["content-disposition"].startswith("attachment;")
    assert headers["content-type"] == "application/octet-stream"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"] == "default-src 'none'; sandbox"
    refused = {name: client_for(name).get(path).status_code for name in ("max", "elsewhere", "helper")}
    assert set(refused.values()) == {404}, refused
    assert client_for("lea", server=True).get(path).status_code == 200
    assert client_for("gerda", server=True).get(path).status_code == 404, "a grader's server is a learner's"
    assert client_for("root").get(f"/api/uploads/{uuid4()}").status_code == 404


def test_what_is_not_taken_leaves_no_bytes(
    platform_app: Platform, client_for: Callable[..., httpx.Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    school = School(platform_app.database, Blobs(platform_app.settings.blobs_dir))
    school.publish({"start": [REPORT]})
    school.enrol("lea")
    school.person("stranger")

    def stored() -> int:
        return sum(path.is_file() for path in school.blobs.folder.rglob("*"))

    def hand_in(name: str, text: str, id_: str = "") -> int:
        body = {"id": id_ or str(uuid4()), "course": COURSE, "lesson": "start", "files": {"a.txt": text}}
        return client_for(name, server=True).post("/api/submissions", json=body).status_code

    before = stored()
    monkeypatch.setattr(uploads, "ALL_OF_ONE", 10)
    asked = {"exercise": PLACE.ref, "name": "a.pdf"}
    sent = [
        client_for("lea", server=True).post("/api/uploads", params=asked, content=b"%%PDF-1.%d" % n) for n in (1, 2, 1)
    ]
    assert [answer.status_code for answer in sent] == [200, 413, 200]
    assert stored() == before + 1
    assert hand_in("stranger", "b25l") == 404
    assert stored() == before + 1
    monkeypatch.setattr(service, "A_MINUTE", 1)
    assert hand_in("lea", "dHdv", ID) == 200
    assert (hand_in("lea", "dGhyZWU="), hand_in("lea", "dHdv", ID)) == (429, 200)
    assert stored() == before + 2


@pytest.mark.parametrize(
    ("accept", "name", "taken"),
    [
        ("[.pdf, docx]", "A.PDF", True),
        ("[.pdf]", "a.exe", False),
        ("[.pdf, image/*]", "a.png", True),
        ("[]", "a", True),
    ],
)
def test_endings_decide_where_only_endings_are_taken(school: School, accept: str, name: str, taken: bool) -> None:
    school.publish({"start": [f"%%exercise report\nkind: upload\naccept: {accept}\nmax_size: 1 MB\n"]})
    lea = school.enrol("lea")
    with school.database.read() as session:
        if not taken:
            with pytest.raises(BadInput):
                uploads.allowed(session, school.blobs, lea, PLACE.ref, name)
        else:
            assert uploads.allowed(session, school.blobs, lea, PLACE.ref, name).size == 1_000_000
