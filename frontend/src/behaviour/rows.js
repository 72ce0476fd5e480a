// A list to decide on, row by row: j and k move, x ticks, y and n press the row's own buttons.
// The rows stand in a form[data-rows]; the buttons carry data-row-yes and data-row-no.
const form = document.querySelector("form[data-rows]");

function boxes() {
  return [...form.querySelectorAll(".cell-pick input")];
}

function step(by) {
  const all = boxes();
  const at = all.indexOf(document.activeElement?.closest("tr")?.querySelector(".cell-pick input"));
  const next = all[at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(Math.max(at + by, 0), all.length - 1)];
  next?.focus();
  next?.closest("tr").scrollIntoView({ block: "nearest" });
}

function current() {
  const row = document.activeElement?.closest("tr");
  return row && form.contains(row) ? row : null;
}

const ACTS = {
  j: () => step(1),
  k: () => step(-1),
  x: () => current()?.querySelector(".cell-pick input")?.click(),
  y: () => current()?.querySelector("[data-row-yes]")?.click(),
  n: () => current()?.querySelector("[data-row-no]")?.click(),
};

if (form) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.target.matches("select, textarea, input:not([type=checkbox])")) return;
    const act = ACTS[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
  // After a decision the page comes back: whoever works by keyboard goes on at the first row.
  if (sessionStorage.getItem("rows") === location.pathname) step(1);
  sessionStorage.removeItem("rows");
  form.addEventListener("submit", () => {
    if (current()) sessionStorage.setItem("rows", location.pathname);
  });
}
