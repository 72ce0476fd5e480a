// The switch between light and dark. Without scripts the button stays hidden.
const root = document.documentElement;

for (const button of document.querySelectorAll("[data-theme-switch]")) {
  button.hidden = false;
  button.addEventListener("click", () => {
    const detail = root.dataset.theme === "dark" ? "light" : "dark";
    root.dispatchEvent(new CustomEvent("themechosen", { detail }));
  });
}
