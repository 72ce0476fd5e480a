// A list to decide on: j and k move, x ticks, y and n decide what is ticked or else the row one is at.
// The rows stand in a form[data-rows]; a row's own buttons carry data-row-yes and data-row-no, those for
// all that is ticked data-rows-yes and data-rows-no.
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

function decide(answer) {
  const ticked = form.querySelector(".cell-pick input:checked");
  (ticked ? form.querySelector(`[data-rows-${answer}]`) : current()?.querySelector(`[data-row-${answer}]`))?.click();
}

const ACTS = {
  j: () => step(1),
  k: () => step(-1),
  x: () => current()?.querySelector(".cell-pick input")?.click(),
  y: () => decide("yes"),
  n: () => decide("no"),
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
