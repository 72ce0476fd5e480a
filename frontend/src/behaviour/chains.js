// Chains: lines between segments that feed each other, arrow keys on the matrix, and the map as a PNG.
const SVG = "http://www.w3.org/2000/svg";
let map = null;
let watch = null;

function start() {
  map = document.querySelector("[data-chain-map]");
  watch?.disconnect();
  if (map) {
    watch = new ResizeObserver(draw);
    watch.observe(map);
    draw();
  }
  for (const button of document.querySelectorAll("[data-as-png]")) button.hidden = false;
}

const segments = () => new Map([...map.querySelectorAll("[data-segment]")].map((each) => [each.dataset.segment, each]));

function draw() {
  const lines = map.querySelector(".chain-lines");
  const places = segments();
  const home = map.getBoundingClientRect();
  const paths = [];
  for (const [code, giver] of places) {
    for (const taker of (giver.dataset.feeds || "").split(" ")) {
      if (!places.has(taker)) continue;
      const path = document.createElementNS(SVG, "path");
      path.setAttribute("d", curve(giver.getBoundingClientRect(), places.get(taker).getBoundingClientRect(), home));
      path.dataset.from = code;
      path.dataset.to = taker;
      paths.push(path);
    }
  }
  lines.replaceChildren(...paths);
}

function curve(one, other, home) {
  const [y1, y2] = [one, other].map((each) => each.top + each.height / 2 - home.top);
  if (Math.abs(one.left - other.left) < one.width / 2) {
    const [x1, x2] = [one.right - home.left, other.right - home.left];
    return `M${x1} ${y1}C${x1 + 24} ${y1} ${x2 + 24} ${y2} ${x2} ${y2}`;
  }
  const forward = one.left < other.left;
  const x1 = (forward ? one.right : one.left) - home.left;
  const x2 = (forward ? other.left : other.right) - home.left;
  const middle = (x1 + x2) / 2;
  return `M${x1} ${y1}C${middle} ${y1} ${middle} ${y2} ${x2} ${y2}`;
}

// Whatever a segment feeds, or is fed by, stands out while it is pointed at or has the focus.
function pointAt(event) {
  const segment = event.target.closest?.("[data-segment]");
  if (!map || !map.contains(event.target)) return;
  const code = event.type === "mouseover" || event.type === "focusin" ? segment?.dataset.segment : null;
  const places = segments();
  for (const each of places.values()) each.classList.remove("seg-linked");
  for (const path of map.querySelectorAll(".chain-lines path")) {
    const chosen = Boolean(code) && (path.dataset.from === code || path.dataset.to === code);
    path.classList.toggle("line-chosen", chosen);
    if (chosen) places.get(path.dataset.from === code ? path.dataset.to : path.dataset.from)?.classList.add("seg-linked");
  }
}
for (const kind of ["mouseover", "mouseout", "focusin", "focusout"]) document.addEventListener(kind, pointAt);

// The panel has come: the map makes room, and the segment is marked.
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.id !== "segment" || !map) return;
  document.querySelector("[data-chain-split]").classList.add("chain-split-open");
  const chosen = event.detail.requestConfig?.elt?.closest?.("[data-segment]");
  for (const each of segments().values()) {
    each.classList.toggle("seg-chosen", each === chosen);
    const link = each.querySelector(".seg-name");
    if (each === chosen) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
  const panel = event.detail.target;
  panel.querySelector("h2")?.focus({ preventScroll: true });
  const { top, bottom } = panel.getBoundingClientRect();
  if (top < 0 || bottom < 120 || top > window.innerHeight - 120) panel.scrollIntoView();
});

// The companies to call come after the panel, and push down the list the address points at.
document.addEventListener("htmx:afterSettle", (event) => {
  const panel = event.detail.target.closest?.("#segment");
  const list = location.hash && document.getElementById(location.hash.slice(1));
  if (panel && event.detail.target !== panel && list && panel.contains(list)) list.scrollIntoView();
});

// On the matrix the arrows go from tile to tile, up and down to the nearest one.
document.addEventListener("keydown", (event) => {
  const tile = event.target.closest?.("[data-arrows] a");
  const step = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] }[event.key];
  if (!tile || !step || event.altKey || event.ctrlKey || event.metaKey) return;
  const all = [...tile.closest("[data-arrows]").querySelectorAll("a")];
  const next = step[0] ? all[all.indexOf(tile) + step[0]] : nearest(tile, all, step[1]);
  if (!next) return;
  event.preventDefault();
  next.focus();
});

function nearest(tile, all, direction) {
  const from = tile.getBoundingClientRect();
  let best = null;
  for (const each of all) {
    const to = each.getBoundingClientRect();
    const down = (to.top - from.top) * direction;
    if (down < from.height / 2) continue;
    const distance = down * 3 + Math.abs(to.left + to.width / 2 - from.left - from.width / 2);
    if (!best || distance < best.distance) best = { each, distance };
  }
  return best?.each;
}

// The picture is drawn by the server; here it only changes its kind, twice as fine as it is large.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-as-png]");
  if (!button) return;
  const answer = await fetch(button.dataset.asPng);
  const picture = new Image();
  picture.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(await answer.text())}`;
  await picture.decode();
  const canvas = document.createElement("canvas");
  canvas.width = 2 * picture.naturalWidth;
  canvas.height = 2 * picture.naturalHeight;
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  const link = document.createElement("a");
  link.href = canvas.toDataURL("image/png");
  link.download = button.dataset.name;
  link.click();
});

start();
document.addEventListener("htmx:load", (event) => {
  if (event.detail.elt !== document.body && event.detail.elt.querySelector("[data-chain-map]")) start();
});
