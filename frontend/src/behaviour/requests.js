// htmx: the token that protects forms goes with every request, and failures are told in words.
import { toast } from "./toasts.js";
import { words } from "./words.js";

document.addEventListener("htmx:configRequest", (event) => {
  const token = document.querySelector('meta[name="csrf-token"]');
  if (token && event.detail.verb !== "get") event.detail.headers["X-CSRFToken"] = token.content;
});

const sentences = { 401: words.signedOut, 403: words.notFound, 404: words.notFound, 409: words.changed, 429: words.tooMany };

document.addEventListener("htmx:responseError", (event) => {
  toast(sentences[event.detail.xhr.status] || words.failed, "bad");
});
document.addEventListener("htmx:sendError", () => toast(words.offline, "bad"));
document.addEventListener("htmx:timeout", () => toast(words.offline, "bad"));
