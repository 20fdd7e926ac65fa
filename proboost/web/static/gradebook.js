// The gradebook's table: finds as one types, filters, keeps both in the address; "/", j, k, h, l and Enter.
const table = document.querySelector(".book table");
const rows = table ? [...table.querySelectorAll("[data-row]")] : [];
const search = document.querySelector("[data-search]");
const show = document.querySelector("[data-show]");
const KEPT = "proboost-gradebook";

document.documentElement.classList.add("scripted");

function filter() {
  const wanted = search.value.trim().toLowerCase();
  let seen = 0;
  for (const row of rows) {
    const fits = row.dataset.find.includes(wanted)
      && (show.value !== "waiting" || "waiting" in row.dataset)
      && (show.value !== "below" || "below" in row.dataset);
    row.hidden = !fits;
    seen += fits;
  }
  document.querySelector("[data-nobody]").hidden = seen > 0;
}

// The address says what is seen, so that it can be sent, reloaded, and come back to.
function keep() {
  const set = (address) => {
    for (const [name, value, usual] of [["q", search.value.trim(), ""], ["show", show.value, "all"]]) {
      if (value === usual) address.searchParams.delete(name);
      else address.searchParams.set(name, value);
    }
    return address.href;
  };
  history.replaceState(null, "", set(new URL(location.href)));
  for (const link of table.querySelectorAll("[data-sort]")) link.href = set(new URL(link.href));
  sessionStorage.setItem(KEPT, location.href);
}

function here() {
  return rows.findIndex((row) => "here" in row.dataset);
}

function go(step) {
  const shown = rows.filter((row) => !row.hidden);
  if (!shown.length) return;
  const now = shown.indexOf(rows[here()]);
  const next = shown[Math.max(0, Math.min(shown.length - 1, now + step))];
  const column = now < 0 ? 0 : links(shown[now]).indexOf(document.activeElement);
  rows[here()]?.removeAttribute("data-here");
  next.setAttribute("data-here", "");
  (links(next)[Math.max(0, column)] ?? links(next)[0]).focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
}

const links = (row) => [...row.querySelectorAll("a")];

function along(step) {
  const row = rows[here()];
  if (!row) return go(1);
  const all = links(row);
  const target = all[Math.max(0, Math.min(all.length - 1, all.indexOf(document.activeElement) + step))];
  target.focus({ preventScroll: true });
  target.scrollIntoView({ block: "nearest", inline: "center" });
}

if (table) {
  search.addEventListener("input", () => { filter(); keep(); });
  show.addEventListener("change", () => { filter(); keep(); });
  search.form.addEventListener("submit", (event) => { event.preventDefault(); go(1); });
  table.addEventListener("focusin", (event) => {
    const row = event.target.closest("[data-row]");
    if (!row || "here" in row.dataset) return;
    rows[here()]?.removeAttribute("data-here");
    row.setAttribute("data-here", "");
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target === search) {
      if (event.key === "Escape" && search.value) { search.value = ""; filter(); keep(); event.preventDefault(); }
      else if (event.key === "ArrowDown") { go(1); event.preventDefault(); }
      return;
    }
    if (event.target.closest("input, select, textarea")) return;
    const act = { "/": () => { search.focus(); search.select(); }, j: () => go(1), k: () => go(-1), l: () => along(1), h: () => along(-1) }[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
  filter();
  sessionStorage.setItem(KEPT, location.href);
} else {
  // Back to the table as it was left: sorted, filtered.
  const back = document.querySelector("[data-back]");
  const left = sessionStorage.getItem(KEPT);
  if (back && left && new URL(left).pathname === new URL(back.href).pathname) back.href = left;
}
