// Short messages at the edge of the page. Good news leaves by itself, bad news waits to be read.
import { words } from "./words.js";

const region = () => document.getElementById("toasts");

export function toast(text, tone = "info") {
  const place = region();
  if (!place) return;
  const element = document.createElement("div");
  element.className = `toast toast-${tone}`;
  element.append(Object.assign(document.createElement("p"), { textContent: text }));
  place.append(element);
  arm(element);
}

function arm(element) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "toast-close";
  button.setAttribute("aria-label", words.close);
  button.textContent = "×";
  button.addEventListener("click", () => element.remove());
  element.append(button);
  if (!element.matches(".toast-bad, .toast-warn")) setTimeout(() => element.remove(), 6000);
}

region()?.querySelectorAll(".toast").forEach(arm);
