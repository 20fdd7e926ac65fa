// What the Hub's pages gain with scripts: a password that can be looked at, forms sent once, a page that opens when it can.
for (const button of document.querySelectorAll("button[data-reveals]")) {
  const field = document.getElementById(button.dataset.reveals);
  button.hidden = false;
  button.addEventListener("click", () => {
    const shown = field.type === "password";
    field.type = shown ? "text" : "password";
    button.setAttribute("aria-pressed", String(shown));
    button.textContent = shown ? button.dataset.hide : button.dataset.show;
  });
}

document.addEventListener("submit", (event) => {
  if (event.target.dataset.sent) event.preventDefault();
  event.target.dataset.sent = "1";
});
addEventListener("pageshow", () => {
  for (const form of document.forms) delete form.dataset.sent;
});

// A server that is starting tells how far it is.
const starting = document.querySelector("[data-progress]");
if (starting) {
  const bar = starting.querySelector("progress");
  const failed = starting.querySelector("[data-failed]");
  const events = new EventSource(starting.dataset.progress);
  events.onmessage = (message) => {
    const news = JSON.parse(message.data);
    if (news.progress !== undefined) bar.value = news.progress;
    if (news.ready || news.failed) events.close();
    if (news.ready) location.reload();
    if (news.failed) {
      bar.hidden = true;
      failed.hidden = false;
    }
  };
}

// Something that is away for a moment: try again by itself, more and more slowly.
const waiting = document.querySelector("[data-retry]");
if (waiting) {
  const round = Math.min(Number(sessionStorage.getItem("proboost-retry") ?? 0), 5);
  sessionStorage.setItem("proboost-retry", String(round + 1));
  setTimeout(() => location.reload(), 1000 * (round + 1));
} else {
  sessionStorage.removeItem("proboost-retry");
}
