"""JSON Schema of course.yml and of an exercise's YAML, for authors' editors; made of what the readers themselves ask.

Draft 7, which editors' YAML servers know best. Scalars may be written bare: every one is read as text here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from proboost.courses import course_file, schema_words
from proboost.courses.probe import listened
from proboost.i18n import _
from proboost_kernel import exercises

DRAFT = "http://json-schema.org/draft-07/schema#"
NAMES = ("course", "exercise")

Json = dict[str, Any]


def schema(name: str) -> Json:
    """`course`: of course.yml; `exercise`: of what follows the line `%%exercise ID`. Its words are in this language."""
    return {"course": course, "exercise": exercise}[name]()


def written(name: str) -> str:
    """As it is shipped: stable, readable."""
    return json.dumps(schema(name), ensure_ascii=False, indent=1) + "\n"


def course() -> Json:
    found = listened(lambda reader: course_file.ask_all(reader, folder="course"))
    _describe(found, schema_words.course(), "")
    return {"$schema": DRAFT, "title": _("A ProBoost course (course.yml)"), **found}


def exercise() -> Json:
    """One set of fields a kind: `kind` decides."""
    kinds = exercises.written_kinds()
    each = {kind: listened(lambda reader, kind=kind: exercises.ask_all(kind, reader)) for kind in kinds}  # type: ignore[misc]  # a default argument carries the loop's value
    words, of_kinds = schema_words.exercise(), schema_words.kinds()
    rules = []
    for kind, fields in each.items():
        fields["properties"] = {"kind": {"const": kind}, **fields["properties"]}
        _describe(fields, words, f"{kind}.")
        rules.append({"if": {"properties": {"kind": {"const": kind}}, "required": ["kind"]}, "then": fields})
    kind_words = "; ".join(f"{kind}: {of_kinds[kind]}" for kind in kinds if kind in of_kinds)
    return {
        "$schema": DRAFT,
        "title": _("A ProBoost exercise (the YAML below “%%exercise ID”)"),
        "type": "object",
        "required": ["kind"],
        "properties": {"kind": {"enum": list(kinds), "description": kind_words}},
        "allOf": rules,
    }


def undescribed(found: Mapping[str, Any], path: str = "") -> list[str]:
    """Fields of a schema without a word on what they mean."""
    lacking = []
    for name, field in found.get("properties", {}).items():
        if "description" not in field and name != "kind":
            lacking.append(f"{path}{name}")
        lacking += undescribed(field, f"{path}{name}.")
    for key in ("items", "additionalProperties", "then"):
        if isinstance(found.get(key), dict):
            lacking += undescribed(found[key], path)
    for key in ("anyOf", "allOf"):
        for one in found.get(key, ()):
            lacking += undescribed(one, path)
    return lacking


def _describe(found: Json, words: Mapping[str, str], path: str) -> None:
    """Puts the words for a field beside it: those of `kind.field`, else of `field` alone."""
    for name, shared in list(found.get("properties", {}).items()):
        whole = f"{path}{name}"
        said = words.get(whole) or words.get(whole.partition(".")[2]) or words.get(name)
        field = {"description": said, **deepcopy(shared)} if said else deepcopy(shared)
        found["properties"][name] = field
        _describe(field, words, f"{whole}.")
    for key in ("items", "additionalProperties"):
        if isinstance(found.get(key), dict):
            found[key] = deepcopy(found[key])
            _describe(found[key], words, path)
    for place, one in enumerate(found.get("anyOf", ())):
        found["anyOf"][place] = deepcopy(one)
        _describe(found["anyOf"][place], words, path)
