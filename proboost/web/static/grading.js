// Handed-in work: the bar of what the machine has graded moves by itself; criteria are summed as they are typed.
const bar = document.querySelector("[data-progress]");
const EVERY = 2500;

async function look() {
  try {
    const answer = await fetch(bar.dataset.progress, { headers: { Accept: "application/json" } });
    if (!answer.ok) return;
    const said = await answer.json();
    const meter = bar.querySelector("progress");
    meter.max = said.total;
    meter.value = said.done;
    const words = bar.querySelector("[data-words]");
    if (words.textContent !== said.words) words.textContent = said.words;
    if (said.done < said.total) setTimeout(look, EVERY);
  } catch {
    setTimeout(look, 4 * EVERY); // no connection just now
  }
}
if (bar && bar.querySelector("progress").value < bar.querySelector("progress").max) setTimeout(look, EVERY);

const locale = document.documentElement.lang;
for (const form of document.querySelectorAll("[data-marks]")) {
  const sum = form.querySelector("[data-sum]");
  if (!sum) continue;
  const parts = [...form.querySelectorAll("[data-part]")];
  form.addEventListener("input", () => {
    const total = parts.reduce((all, { value }) => all + (Number(value.replace(",", ".")) || 0), 0);
    sum.textContent = new Intl.NumberFormat(locale, { maximumFractionDigits: 2 }).format(total);
  });
}
