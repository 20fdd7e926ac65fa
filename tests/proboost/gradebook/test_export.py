"""Exports opened again: names come out whole and harmless, numbers as numbers."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from school import School

from proboost import i18n, spreadsheets
from proboost.gradebook import export, service

FORMULA, JUNIOR = '=HYPERLINK("x")', 'Иванов, Иван; "мл."'


@pytest.fixture
def table(school: School) -> service.Table:
    with school.database.read() as session:
        return service.table(session, None, "python")


def read(content: bytes, delimiter: str = ",") -> list[dict[str, Any]]:
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig")), delimiter=delimiter))


def test_csv(table: service.Table) -> None:
    rows = {row["Login"]: row for row in read(export.csv_file(table))}
    assert rows["formula"]["Learner"] == "'" + FORMULA
    assert rows["ivan"]["Learner"] == JUNIOR
    assert rows["anna"]["Learner"] == "Анна Белова"
    assert (rows["anna"]["Points"], rows["anna"]["Of"], rows["anna"]["Share"]) == ("5", "5", "1")
    assert (rows["anna"]["Passed"], rows["formula"]["Passed"]) == ("yes", "no")
    lesson = "1. Start (of 5 points)"
    assert {name: row[lesson] for name, row in rows.items()} == {"anna": "5", "formula": "2", "ivan": "0", "script": ""}
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d", rows["anna"]["Last seen"])


def test_xlsx(table: service.Table) -> None:
    book = openpyxl.load_workbook(io.BytesIO(export.xlsx_file(table)))
    assert book.sheetnames == ["Grades", "Exercises"]
    sheet = book["Grades"]
    heading, *rows = sheet.iter_rows()
    columns = {cell.value: number for number, cell in enumerate(heading)}
    people = {row[columns["Login"]].value: row for row in rows}
    name = people["formula"][0]
    assert (name.value, name.data_type) == (FORMULA, "s")  # text, not a formula; and no hyperlink either
    assert name.hyperlink is None
    assert people["ivan"][0].value == JUNIOR
    assert people["script"][0].value == "<script>alert(1)</script> & Co"
    points = people["anna"][columns["Points"]]
    assert (points.value, points.data_type) == (5, "n")
    share = people["formula"][columns["Share"]]
    assert (share.value, share.number_format) == (0.4, "0.0%")
    assert people["script"][columns["1. Start (of 5 points)"]].value is None
    assert sheet.freeze_panes == "C2"
    assert people["anna"][columns["Last seen"]].is_date
    marks = {row[1].value: [cell.value for cell in row[2:]] for row in book["Exercises"].iter_rows(min_row=2)}
    assert marks == {"anna": [2, 3], "formula": [1, 1], "ivan": [None, 0], "script": [None, None]}


def test_json(table: service.Table) -> None:
    found = json.loads(json.dumps(export.json_file(table)))
    people = {row["name"]: row for row in found["learners"]}
    assert (found["course"], found["release"], found["max_points"]) == ("python", 1, 5)
    assert people["formula"]["display_name"] == FORMULA
    assert [(one["id"], one["state"], one["points"]) for one in people["formula"]["lessons"][0]["exercises"]] == [
        ("two", "passed", 1),
        ("sum-even", "partial", 1),
    ]


def test_in_russian(table: service.Table) -> None:
    with i18n.using("ru"):
        (heading,) = {tuple(row) for row in read(export.csv_file(table, "Europe/Moscow"))}
        assert openpyxl.load_workbook(io.BytesIO(export.xlsx_file(table))).sheetnames == ["Оценки", "Задания"]
    assert heading[:4] == ("Учащийся", "Логин", "Эл. почта", "Баллы") or heading[0] == "Учащийся"
    assert "1. Start (из 5 баллов)" in heading


def test_an_empty_course(school: School) -> None:
    school.publish(course="empty")
    with school.database.read() as session:
        nobody = service.table(session, None, "empty")
    assert read(export.csv_file(nobody)) == []
    assert openpyxl.load_workbook(io.BytesIO(export.xlsx_file(nobody)))["Grades"].max_row == 1


SIGNS = "=+-@\t\r＝＋－＠"


@given(st.text(alphabet=st.sampled_from(list("=+-@\t\r\n,;|\"' aБ＝")), max_size=12))
def test_no_cell_begins_with_what_a_spreadsheet_computes(text: str) -> None:
    """Whatever it splits at. And nothing is lost: without our apostrophes it is the same text."""
    safe = spreadsheets.safe(text)
    for cell in re.split(r"[,;\t|\r\n]", safe):
        assert not cell.lstrip(' "').startswith(tuple("=+-@＝＋－＠"))
    assert len(safe.replace("'", "")) == len(text.replace("'", ""))
    assert safe.replace("'", "") == text.replace("'", "")


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=30))
def test_any_name_comes_back_from_csv(name: str) -> None:
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n").writerow([spreadsheets.safe(name), 1])
    ((back, number),) = csv.reader(io.StringIO(out.getvalue(), newline=""))
    assert (back, number) == (spreadsheets.safe(name), "1")


@pytest.mark.parametrize("text", ["Анна-Мария", "O'Neil", "a@b.org", "C++", "1-2", "Иванов, Иван"])
def test_ordinary_names_stay_as_they_are(text: str) -> None:
    assert spreadsheets.safe(text) == text
