"""The peer of a lesson's exercise: an anywidget as one writes them, judged by its notebook's own kernel.

It favours the peer: no editor but a text area, no isolation, no record. Placed beside the notebook by lesson.py.
"""

from __future__ import annotations

import contextlib
import io
from typing import Any

import anywidget
import traitlets

FRONT = """
function render({model, el}) {
  const make = (tag, className, textContent = '') =>
    Object.assign(document.createElement(tag), {className, textContent});
  const spec = model.get('spec'), box = make('section', 'peer');
  box.append(make('h3', '', spec.title), Object.assign(make('div', ''), {innerHTML: spec.prompt_html}));
  const answer = make(spec.options ? 'div' : 'textarea', '', spec.starter);
  for (const {item, html} of spec.options ?? []) {
    const label = make('label', '');
    const choice = Object.assign(make('input', ''), {type: 'radio', name: spec.title, value: item});
    label.append(choice, Object.assign(make('span', ''), {innerHTML: html}));
    answer.append(label);
  }
  const check = make('button', 'peer-check', 'Check'), run = make('button', 'peer-run', 'Run');
  const verdict = make('p', 'peer-verdict'), output = make('pre', 'peer-output');
  const value = () => answer.value ?? answer.querySelector('input:checked')?.value;
  check.onclick = () => model.send({type: 'check', answer: value()});
  run.onclick = () => model.send({type: 'run', answer: value()});
  model.on('msg:custom', said => { (said.type === 'check' ? verdict : output).textContent = said.text; });
  box.append(answer, check, run, verdict, output);
  el.append(box);
}
export default {render};
"""


class Exercise(anywidget.AnyWidget):
    _esm = FRONT
    spec = traitlets.Dict().tag(sync=True)

    def __init__(self, spec: dict[str, Any], tests: list[str]) -> None:
        super().__init__(spec=spec)
        self.tests = tests
        self.on_msg(self._hear)

    def _hear(self, _widget: object, said: dict[str, Any], _buffers: object) -> None:
        names: dict[str, Any] = {}
        printed = io.StringIO()
        text = ""
        try:
            with contextlib.redirect_stdout(printed):
                for part in (self.spec.get("setup", ""), said["answer"]):
                    exec(part, names)
                for test in self.tests if said["type"] == "check" else ():
                    exec(test, dict(names))
            text = "passed" if said["type"] == "check" else printed.getvalue()
        except Exception as error:  # noqa: BLE001  # whatever the program does
            text = f"failed: {error!r}"
        self.send({"type": said["type"], "text": text})
