"""Feedback shows what ran and hides what is hidden; nothing that a learner put into a notebook can run in it."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from proboost import i18n
from proboost.grading import feedback
from proboost.grading.result import CellResult, Failure, NotebookResult

MARK = "ran"
VECTORS = {
    "script": f"<script>window.{MARK}=1</script>",
    "handler": f"<img src=x onerror=window.{MARK}=1>",
    "svg": f"<svg onload=window.{MARK}=1><script>window.{MARK}=1</script></svg>",
    "link": f'<a href="javascript:window.{MARK}=1" id="go">x</a>',
    "frame": f"<iframe srcdoc='<script>parent.{MARK}=1</script>'></iframe>",
    "object": f'<object data="data:text/html,<script>parent.{MARK}=1</script>"></object>',
    "form": f'<form action="javascript:window.{MARK}=1"><button>x</button></form>',
    "style": "<style>@import 'http://127.0.0.1:1/x'</style><p style=\"background:url(http://127.0.0.1:1/x)\">x</p>",
    "meta": f'<meta http-equiv="refresh" content="0;url=javascript:window.{MARK}=1"><base href="http://127.0.0.1:1/">',
    "math": f"<math><mtext><table><mglyph><style><img src=x onerror=window.{MARK}=1></style></mglyph></table></math>",
    "broken": f"<<img/src=x/onerror=window.{MARK}=1//><p/onmouseover=window.{MARK}=1>x",
    "template": f"<template><img src=x onerror=window.{MARK}=1></template>",
    "details": f"<details open ontoggle=window.{MARK}=1><summary>x</summary></details>",
    "video": f"<video><source onerror=window.{MARK}=1></video>",
    "entity": f"&lt;script&gt;window.{MARK}=1&lt;/script&gt;<img src=x on&#101;rror=window.{MARK}=1>",
    "textarea": f"</textarea></title></pre><script>window.{MARK}=1</script>",
    "comment": f"<!--><img src=x onerror=window.{MARK}=1>-->",
}  # fmt: skip


def result(vector: str) -> NotebookResult:
    """The vector in every place that a learner can write to."""
    output = {"output_type": "display_data", "metadata": {}}
    outputs = [
        {**output, "data": {"text/html": vector, "text/plain": "x"}},
        {**output, "data": {"text/markdown": vector}},
        {**output, "data": {"text/latex": vector}},
        {**output, "data": {"image/svg+xml": f"<svg>{vector}</svg>", "text/plain": vector}},
        {**output, "data": {"image/png": vector, "application/javascript": f"window.{MARK}=1", "text/plain": vector}},
        {"output_type": "stream", "name": "stdout", "text": f"\x1b[31m{vector}\x1b[0m"},
        {"output_type": "error", "ename": vector, "evalue": vector, "traceback": [vector]},
        "rubbish",
        {"output_type": "stream", "text": None},
    ]
    meta = {"nbgrader": {"grade_id": "m"}}
    cells = [
        {"cell_type": "code", "metadata": {}, "source": vector, "outputs": outputs},
        {"cell_type": "raw", "metadata": {"proboost": {"learners": True}}, "source": vector},
        {
            "cell_type": "markdown",
            "metadata": meta,
            "source": f"{vector}\n\n![x](attachment:{vector})",
            "attachments": {vector: {"image/png": "AAAA", "text/html": vector}, "b": "rubbish"},
        },
        {"cell_type": "markdown", "metadata": {}, "source": vector},
        {"cell_type": "code", "metadata": {"nbgrader": {"grade_id": "t"}}, "source": "assert f()", "outputs": []},
    ]
    case = {"call": vector, "got": vector, "wanted": vector}
    graded = {
        "m": CellResult(None, 2.0, manual=True),
        "t": CellResult(0.0, 1.0, passed=False, message=vector, case=case),
    }
    return NotebookResult(graded, None, (), {"cells": cells})


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def pages(vector: str) -> list[str]:
    found = result(vector)
    return [feedback.page(found, vector), feedback.fragment(found, "m"), feedback.fragment(found, "t")]


@pytest.mark.parametrize("name", VECTORS)
def test_nothing_of_a_learner_can_run(name: str) -> None:
    for page in pages(VECTORS[name]):
        tags = Tags()
        tags.feed(page)
        for tag, attributes in tags.found:
            assert tag not in (
                "script",
                "iframe",
                "object",
                "embed",
                "form",
                "base",
                "link",
                "svg",
                "template",
            )
            assert not any(one.startswith("on") or one in ("srcdoc", "formaction") for one in attributes), (
                tag,
                attributes,
            )
            assert not re.match(r"\s*(javascript|vbscript|data):", attributes.get("href") or "", re.IGNORECASE)
            if tag == "img":  # of what stands beside the page nothing is fetched: the policy takes bytes in it only
                assert (attributes["src"] or "").startswith("data:image/png;base64,") or ":" not in (
                    attributes["src"] or ""
                )
            if tag == "meta":
                assert attributes.get("http-equiv") in (None, "Content-Security-Policy")


def test_what_ran_is_shown() -> None:
    document = {
        "cells": [
            {"cell_type": "markdown", "metadata": {}, "source": "# Sums\n$x^2$"},
            {
                "cell_type": "code",
                "metadata": {"nbgrader": {"grade_id": "m"}},
                "source": "print(1)",
                "outputs": [
                    {"output_type": "stream", "name": "stdout", "text": "one\n"},
                    {"output_type": "execute_result", "data": {"text/html": "<table><tr><td>cell</td></tr></table>"}},
                    {"output_type": "display_data", "data": {"image/png": "iVBORw0KGgo="}},
                ],
            },
            {"cell_type": "markdown", "metadata": {"proboost": {"learners": True}}, "source": "My *own* words"},
            {"cell_type": "code", "metadata": {"nbgrader": {"grade_id": "t"}}, "source": "assert f(1)", "outputs": []},
        ]
    }
    found = NotebookResult(
        {"m": CellResult(None, 2.0, manual=True), "t": CellResult(1.0, 1.0, passed=True)}, None, (), document
    )
    page = feedback.page(found, "sums.ipynb")
    for part in (
        "<math",
        "one",
        "<td>cell</td>",
        "data:image/png;base64,iVBORw0KGgo=",
        "<em>own</em>",
        "1 of 3 points",
    ):
        assert part in page
    only = feedback.fragment(found, "m")
    assert "My <em>own</em> words" in only
    assert "assert" not in only
    assert feedback.fragment(found, "nowhere") == ""
    with i18n.using("ru"):
        assert "баллы: 1 из 3" in feedback.page(found, "sums.ipynb")
    failed = NotebookResult({}, Failure("not-a-notebook", "This is <no> notebook."))
    assert "This is &lt;no&gt; notebook." in feedback.page(failed, "x")
