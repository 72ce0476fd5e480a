// A chain's trees: Alt and an arrow press the button of that step, and a segment is dragged where it belongs.
// Both send a form of the page, so what a move means is decided in one place.

const STEPS = { ArrowUp: "up", ArrowDown: "down", ArrowLeft: "outward", ArrowRight: "inward" };
let moving = null;

document.addEventListener("keydown", (event) => {
  const step = STEPS[event.key];
  const row = event.target.closest?.("[data-tree] [data-arranged]");
  if (!step || !row || !event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault(); // Alt and left would leave the page
  row.querySelector(`[data-step="${step}"]`).click();
});

// The page is swapped while somebody works on it: the same segment, and the same button, is at hand again.
let kept = null;

document.addEventListener("htmx:beforeRequest", (event) => {
  if (!event.target.closest?.("[data-tree]")) return;
  const at = document.activeElement.closest("[data-arranged]");
  const segment = moving ?? at?.dataset.arranged;
  kept = segment && `[data-arranged="${segment}"]`;
  const button = document.activeElement.closest("[data-step]");
  if (kept && button) kept = `${kept} [data-step="${button.dataset.step}"]`;
});

document.addEventListener("htmx:afterSettle", () => {
  if (!kept) return;
  const found = document.querySelector(kept);
  const usable = found?.matches(":disabled, [data-arranged]") ? found.closest("[data-arranged]").querySelector("a") : found;
  usable?.focus({ preventScroll: false });
  kept = null;
  prepare();
});

function prepare() {
  const tree = document.querySelector("[data-tree]");
  if (!tree || !matchMedia("(hover: hover)").matches) return;
  tree.classList.add("can-drag");
  for (const row of tree.querySelectorAll("[data-arranged]")) row.draggable = true;
}
prepare();
document.addEventListener("htmx:afterSwap", prepare);

document.addEventListener("dragstart", (event) => {
  const row = event.target.closest?.("[data-tree] [data-arranged]");
  if (!row) return;
  moving = row.dataset.arranged;
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", moving);
  row.classList.add("is-dragged");
});

document.addEventListener("dragover", (event) => {
  const goal = goalAt(event);
  if (!goal) return;
  event.preventDefault();
  clear();
  goal.mark.classList.add(goal.where === "tier" ? "drop-here" : `drop-${goal.where}`);
});

document.addEventListener("drop", (event) => {
  const goal = goalAt(event);
  if (!goal) return;
  event.preventDefault();
  const tree = goal.mark.closest("[data-tree]");
  const row = tree.querySelector(`[data-arranged="${moving}"]`);
  const form = tree.querySelector("[data-drop]");
  fill(form, {
    drop: `${moving}:${row.dataset.version}`,
    where: goal.where,
    on: goal.where === "tier" ? "" : goal.mark.dataset.arranged,
    tier: goal.where === "tier" ? goal.mark.dataset.tier : "",
  });
  form.requestSubmit();
});

document.addEventListener("dragend", () => {
  clear();
  document.querySelector(".is-dragged")?.classList.remove("is-dragged");
  moving = null;
});

// Where it would be let go: the upper or lower quarter of a row is before or after it, its middle inside it.
function goalAt(event) {
  if (!moving) return null;
  const row = event.target.closest?.("[data-tree] [data-arranged]");
  if (row) {
    if (row.dataset.arranged === moving) return null;
    const box = row.getBoundingClientRect();
    const at = (event.clientY - box.top) / box.height;
    return { mark: row, where: at < 0.25 ? "before" : at > 0.75 ? "after" : "inside" };
  }
  const tier = event.target.closest?.("[data-tree] [data-tier]");
  return tier && { mark: tier, where: "tier" };
}

function clear() {
  for (const name of ["drop-before", "drop-after", "drop-inside", "drop-here"])
    for (const each of document.querySelectorAll(`.${name}`)) each.classList.remove(name);
}

function fill(form, values) {
  for (const [name, value] of Object.entries(values)) {
    form.elements.namedItem(name).value = value;
  }
}
