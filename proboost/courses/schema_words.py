"""What the fields of course.yml and of exercises mean, in a sentence each, for authors' editors."""

from __future__ import annotations

from proboost.i18n import _


def course() -> dict[str, str]:
    return {
        "id": _(
            "Small Latin letters, digits and “-”; unique in an installation. The folder's name when it is not given."
        ),
        "title": _("What learners see in the catalogue."),
        "lessons.title": _("The lesson's title; its first heading when it is not given."),
        "lessons.id": _(
            "Results hang on it: never reuse one. The file's name without its number when it is not given."
        ),
        "description": _("What it is about and for whom, for the catalogue."),
        "authors": _("Names as the catalogue shows them."),
        "language": _("The language of the course, like “ru” or “en”."),
        "lessons": _("The notebooks, in the order of the course: a file's name, or fields."),
        "file": _("A notebook (.ipynb) in the course's folder."),
        "opens": _("When it opens: date and time with offset, like 2026-09-01T09:00+03:00."),
        "due": _("Until when answers count: date and time with offset."),
        "after": _("What of the lesson before must be done: nothing; every required exercise tried; each passed."),
        "weight": _("Handed on by the JSON export; totals here are sums of points."),
        "files": _("Globs of files that learners get beside the lessons, like data/*.csv."),
        "requires": _("Packages that lessons import, with a range if need be, like pandas>=2."),
        "embed_hosts": _("Other hosts whose media lessons may show."),
        "explain_errors": _("Whether beginners' errors are explained below their traceback; yes when it is not given."),
        "policy": _("How answers count in the whole course."),
        "take": _("Which attempt counts."),
        "attempts": _("How many attempts an exercise grants; without limit when it is not given."),
        "penalty": _("The factor of the first, second … attempt; the last value repeats."),
        "late": _("What lateness costs; without it nothing is taken after “due”."),
        "per_day": _("The share of the points that each day begun costs."),
        "until": _("How long after “due” answers are taken, like P7D."),
        "pass": _("The share of the course's points that passes."),
    }


def kinds() -> dict[str, str]:
    return {
        "choice": _("one of several options"),
        "multiple": _("all right ones of several options"),
        "number": _("a number, with a tolerance"),
        "text": _("a few words"),
        "blanks": _("a text with gaps"),
        "order": _("lines to be put in order"),
        "match": _("halves to be paired"),
        "code": _("a program that tests run against"),
        "essay": _("a text that a grader reads"),
        "upload": _("a file that a grader looks at"),
    }


def exercise() -> dict[str, str]:
    return {
        "points": _("What it is worth; 1 when it is not given."),
        "title": _("Shown in the list of exercises."),
        "prompt": _("The task, in Markdown with LaTeX."),
        "hints": _("Opened one by one by the learner."),
        "required": _("Whether the next lesson waits for it."),
        "attempts": _("How many attempts there are; the course's policy when it is not given."),
        "penalty": _("The factor of the first, second … attempt; the last value repeats."),
        "explanation": _("Shown when it is solved or no attempt is left. Private until then."),
        "was": _("Its former place, as lesson#id, when it was moved or renamed: results go with it."),
        "params": _("Values of each learner's own, written {{name}}: a list to choose from, or a range."),
        "from": _("The smallest number."),
        "to": _("The largest number."),
        "step": _("The distance of the numbers; 1 when it is not given."),
        "generator": _("Python that makes further values of those of “params”. Private."),
        "options": _("What is offered to choose from."),
        "text": _("A text, in Markdown."),
        "id": _("A name of its own; else it is named by its text."),
        "item": _("The name of the one that is meant."),
        "shuffle": _("Whether each learner sees an order of their own; yes when it is not given."),
        "answer": _("The right answer, bare, or long with a share and feedback, or a list of them. Private."),
        "answers": _("The right answers, bare, or long with a share and feedback. Private."),
        "choice.answer": _("The right option's text, or its number like #2. Private."),
        "share": _("The part of the points that this answer earns, from 0 to 1."),
        "feedback": _("What the learner reads with this answer. Private until then."),
        "tolerance": _("How far off an answer may be: 0.01, or 2%."),
        "value": _("The number."),
        "scoring": _("all: everything must be right; partial: what is right earns its part."),
        "unit": _("Shown behind the field."),
        "case": _("Whether capital letters matter."),
        "strict": _("Whether ё and е are different."),
        "blanks.text": _("The text, with {{name}} where there is a gap."),
        "blanks.answers": _("For each gap what may stand in it. Private."),
        "lines": _("The lines in their right order."),
        "also": _("Other orders, each with its share. Private."),
        "distractors": _("What belongs nowhere, to be left aside. Private."),
        "indent": _("Whether the depth of the lines counts too."),
        "language": _("The language that the lines are coloured in."),
        "left": _("The left halves, where they are listed apart."),
        "right": _("The right halves, where they are listed apart."),
        "pairs": _("Left half: right half. Private."),
        "starter": _("The program that learners begin with."),
        "setup": _("Runs before the learner's program; learners see it."),
        "solution": _("A program that passes every test. Private."),
        "tests": _("What the program must pass; each counts by its points."),
        "name": _("What learners read of the test, of a hidden one too."),
        "code.tests.code": _("Python that fails when the program is wrong. Private when hidden."),
        "hidden": _("Whether learners see its name only."),
        "code.tests.points": _("Its weight among the tests; 1 when it is not given."),
        "trust": _("“in-process”: this test may run beside the learner's program, which could deceive it."),
        "timeout": _("Seconds for the program and its tests."),
        "memory": _("MiB of memory."),
        "rubric": _("What a grader gives points for."),
        "criterion": _("What is looked at."),
        "description": _("When it is fulfilled, and when in part."),
        "notes": _("For graders only. Private."),
        "accept": _("Endings of the files that are taken, like .pdf."),
        "max_size": _("The largest file, like 10 MB."),
    }
