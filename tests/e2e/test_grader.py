"""A grader's way: the gradebook page and its exports, with names that would be programs or columns elsewhere."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path

import pytest
from exercise import check, choose, exercise, verdict
from openpyxl import load_workbook
from playwright.sync_api import expect
from running import Running
from visitors import Person, axe

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

FORMULA = '=HYPERLINK("x")'
COMMAS = 'Иванов, Иван; "мл."'


def enrol(school: Running) -> None:
    """Two learners with difficult names, as the command line makes them."""
    with school.internal() as client:
        people = [
            {"name": "formula", "display_name": FORMULA, "roles": {"python-start": "learner"}},
            {"name": "ivanov", "display_name": COMMAS, "roles": {"python-start": "learner"}},
        ]
        assert client.post("/internal/users", json=people).is_success


def test_the_gradebook_and_its_files(person: Callable[..., Person], school: Running, tmp_path: Path) -> None:
    enrol(school)
    lea = person("lea")
    box = exercise(lea.lesson(), "order")
    choose(box, "Вечер")
    check(box)
    verdict(box, "passed")

    greg = person("greg", language="en")
    page = greg.page
    page.goto(f"{school.platform_url}/gradebook/python-start")
    expect(page.get_by_role("heading", name="Gradebook")).to_be_visible()
    for name in (FORMULA, COMMAS, "Лея Ученица"):
        expect(page.get_by_role("link", name=name)).to_be_visible()
    greg.shot("gradebook-en")
    assert axe(page) == []

    files = {}
    for kind in ("csv", "xlsx"):
        page.locator("details:has(a[href$='grades.csv']) summary").click()
        with page.expect_download() as waiting:
            page.locator(f"a[href$='grades.{kind}']").click()
        files[kind] = tmp_path / f"grades.{kind}"
        waiting.value.save_as(files[kind])
        page.reload()

    text = files["csv"].read_bytes().decode("utf-8-sig")
    delimiter = csv.Sniffer().sniff(text.splitlines()[0], delimiters=",;\t").delimiter  # a head shows no doubled quotes
    rows = list(csv.reader(io.StringIO(text), delimiter=delimiter))
    cells = [cell for row in rows for cell in row]
    assert COMMAS in cells
    assert any(FORMULA in cell for cell in cells)
    assert not any(cell.startswith(("=", "+", "@")) for cell in cells), "no cell is a formula to a spreadsheet"

    sheet = load_workbook(files["xlsx"]).worksheets[0]
    values = {cell.value: cell for row in sheet.iter_rows() for cell in row}
    assert values[FORMULA].data_type == "s"
    assert COMMAS in values

    page.goto(f"{school.platform_url}/gradebook/python-start/lea/first-program")
    expect(page.locator("main")).to_contain_text("Кто первый")
    greg.shot("how-it-was-found-en")
    assert axe(page) == []
    assert greg.violations == []


def test_a_learner_does_not_see_it(person: Callable[..., Person], school: Running) -> None:
    leo = person("leo", language="en")
    for path in ("", "/grades.csv", "/grades.xlsx", "/lea"):
        answer = leo.context.request.get(f"{school.platform_url}/gradebook/python-start{path}")
        assert answer.status == 403, path
        assert "Лея" not in answer.text()
