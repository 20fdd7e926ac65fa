// Lists that people work through all day: "/" searches, j and k move, Enter opens; Ctrl+Enter sends a form.
const rows = [...document.querySelectorAll("[data-row]")];
const search = document.querySelector("[data-search]");
let here = -1;

function go(step) {
  if (!rows.length) return;
  rows[here]?.removeAttribute("data-here");
  here = Math.max(0, Math.min(rows.length - 1, here + step));
  rows[here].setAttribute("data-here", "");
  rows[here].scrollIntoView({ block: "nearest" });
  rows[here].querySelector("a")?.focus({ preventScroll: true });
}

const typing = (target) => target instanceof Element && target.closest("input, textarea, select, [contenteditable]");

document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.matches?.("[data-ctrl-enter]")) {
    event.preventDefault();
    event.target.form.requestSubmit(event.target.form.querySelector("button.btn-main, button"));
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  if (event.key === "/" && search) {
    event.preventDefault();
    search.focus();
    search.select();
  } else if (event.key === "j") go(1);
  else if (event.key === "k") go(-1);
});

// A row is opened by a click anywhere in it; its link does the same for everybody else.
for (const row of rows) {
  row.addEventListener("click", (event) => {
    const link = row.querySelector("a");
    if (link && !event.target.closest("a, button, input, select") && !getSelection().toString()) link.click();
  });
}

// Copies what stands in an element named by data-copy.
for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const source = document.getElementById(button.dataset.copy);
    await navigator.clipboard.writeText(source.value ?? source.textContent.trim());
    const said = button.querySelector("[role=status]") ?? button;
    said.textContent = button.dataset.copied;
  });
}
