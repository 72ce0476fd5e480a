// Charts are loaded only on pages that show one.
async function draw(scope) {
  const places = [...scope.querySelectorAll("[data-chart]:not([data-drawn])")];
  if (!places.length) return;
  const { mount } = await import("../charts/mount.js");
  for (const place of places) {
    place.dataset.drawn = "yes";
    mount(place);
  }
}

draw(document);
document.addEventListener("htmx:load", (event) => draw(event.detail.elt));
