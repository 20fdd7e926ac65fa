"""Front ends as browsers get them: packed where they may be, the same bytes either way, kept for good."""

from __future__ import annotations

import gzip
import urllib.request
from email.message import Message

import pytest
from labs import Lab

FILES = {"exercise.js": "javascript", "lesson.css": "text/css"}


def get(lab: Lab, file: str, accepted: str) -> tuple[bytes, Message]:
    request = urllib.request.Request(f"{lab.url}proboost/static/{file}?v=1", headers={"Accept-Encoding": accepted})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return answer.read(), answer.headers


def test_files_are_packed_for_who_takes_them_so(lab: Lab) -> None:
    for file, kind in FILES.items():
        plain, said = get(lab, file, "identity")
        assert said["Content-Encoding"] is None
        for accepted in ("gzip", "br, gzip;q=0.5", "deflate,gzip;q=1.0"):
            packed, headers = get(lab, file, accepted)
            assert headers["Content-Encoding"] == "gzip"
            assert kind in headers["Content-Type"]
            assert int(headers["Content-Length"]) == len(packed) < len(plain) / 2
            assert gzip.decompress(packed) == plain
        for one in (said, headers):
            assert one["Vary"] == "Accept-Encoding"
            assert "immutable" in one["Cache-Control"]


@pytest.mark.parametrize("accepted", ["", "br", "gzip;q=0", "br, gzip; q=0.0, deflate", "agzip", "xgzip;q=1"])
def test_nobody_else_gets_them_so(lab: Lab, accepted: str) -> None:
    assert get(lab, "exercise.js", accepted)[1]["Content-Encoding"] is None


def test_what_is_packed_by_nature_comes_as_it_is(lab: Lab) -> None:
    font, headers = get(lab, "fonts/golos-text-latin-wght-normal.woff2", "gzip")
    assert (headers["Content-Encoding"], font[:4]) == (None, b"wOF2")
