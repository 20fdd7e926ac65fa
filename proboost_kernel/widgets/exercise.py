"""The live half of an exercise: for authors, it judges here. Knows no platform; programs are run by `running`."""

from __future__ import annotations

import json
import os
from typing import Any

import anywidget
import traitlets

from proboost_kernel import exercises
from proboost_kernel.exercises import BadResponse
from proboost_kernel.exercises.wording import NoPatterns
from proboost_kernel.i18n import _
from proboost_kernel.widgets.preview import verdict

Json = dict[str, Any]
LOADER = """\
const {{default: front}} = await import(new URL({js}, document.baseURI).href);
export default front;
"""
NOWHERE = """\
export default {{render({{el}}) {{ el.textContent = {text}; }}}};
"""


def front_end() -> str:
    """The module of every exercise: a loader of the server's own one, the same address as on the lesson's page."""
    url = os.environ.get("PROBOOST_ESM", "")
    if not url:
        text = _("Exercises are shown on a ProBoost server; this notebook is open elsewhere.")
        return NOWHERE.format(text=json.dumps(text, ensure_ascii=False))
    return LOADER.format(js=json.dumps(url))


class Exercise(anywidget.AnyWidget):
    """`mode` is "learn" where the cell is a learner's (the platform judges), "preview" where it is an author's.

    From the front end: {type: check, n, response}; to it: {type: heard, n} at once, then verdict. `response` and
    `verdict` are the front end's to write.
    """

    _esm = traitlets.Unicode().tag(sync=True)
    id = traitlets.Unicode().tag(sync=True)
    ref = traitlets.Unicode().tag(sync=True)
    hash = traitlets.Unicode().tag(sync=True)
    mode = traitlets.Unicode().tag(sync=True)
    spec = traitlets.Dict().tag(sync=True)
    response = traitlets.Dict().tag(sync=True)
    verdict = traitlets.Dict().tag(sync=True)

    def __init__(self, exercise: exercises.Exercise) -> None:
        public = exercises.public(exercise)
        shown = {**exercises.view(public, hosts=exercise.hosts), "id": exercise.id}
        self.exercise = exercise
        super().__init__(
            _esm=front_end(),
            id=exercise.id,
            ref=exercise.ref,
            hash=exercise.hash or exercises.public_hash(public),
            mode="learn" if exercise.is_public else "preview",
            spec=shown,
            response={"code": shown["starter"]} if "starter" in shown else {},
        )
        self.on_msg(self._hear)

    def _hear(self, _widget: object, message: Json, _buffers: object) -> None:
        n = message.get("n")
        self.send({"type": "heard", "n": n})
        if message.get("type") == "check" and not self.exercise.is_public:
            self.send({"type": "verdict", "n": n, "verdict": self._judge(message.get("response"))})

    def _judge(self, response: object) -> Json:
        try:
            exercises.check_response(exercises.public(self.exercise), response)
        except BadResponse as error:
            return {"state": "refused", "message": str(error), "exercise": self.exercise.id}
        assert isinstance(response, dict)
        try:
            return verdict(self.exercise, response)
        except NoPatterns as error:
            return {"state": "error", "message": str(error), "exercise": self.exercise.id}
