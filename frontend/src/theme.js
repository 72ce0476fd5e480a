// Sets the colours before anything is painted. "auto" follows the system.
const root = document.documentElement;
const system = window.matchMedia("(prefers-color-scheme: dark)");

function chosen() {
  try {
    return localStorage.getItem("theme") || "auto";
  } catch {
    return "auto";
  }
}

function apply() {
  const choice = chosen();
  const dark = choice === "dark" || (choice === "auto" && system.matches);
  root.dataset.theme = dark ? "dark" : "light";
  root.dispatchEvent(new CustomEvent("themechange"));
}

apply();
system.addEventListener("change", apply);
window.addEventListener("storage", apply);
root.addEventListener("themechosen", (event) => {
  try {
    localStorage.setItem("theme", event.detail);
  } catch {
    // Private windows may refuse storage; the choice then lasts for this page.
  }
  root.dataset.theme = event.detail;
  root.dispatchEvent(new CustomEvent("themechange"));
});
