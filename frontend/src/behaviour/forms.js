// Forms: sent once, and left with unsaved words only after asking.

let unsaved = false;

document.addEventListener("input", (event) => {
  if (event.target.closest("form[data-guard]")) unsaved = true;
});

window.addEventListener("beforeunload", (event) => {
  if (!unsaved) return;
  event.preventDefault();
  event.returnValue = "";
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post") return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  unsaved = false;
  form.dataset.sent = "yes";
  // Downloads leave the page standing, so the form becomes usable again after a while.
  setTimeout(() => release(form), 8000);
});

// A page taken from the back/forward cache must not stay locked.
window.addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach(release));
document.addEventListener("htmx:afterRequest", (event) => {
  const form = event.target.closest("form[data-sent]");
  if (form) release(form);
  if (event.detail.successful && event.target.closest("form[data-guard]")) unsaved = false;
});

function release(form) {
  delete form.dataset.sent;
}

// A list's filter takes effect as soon as one of its lists is changed.
document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-autosubmit]");
  if (form && event.target.matches("select, input[type=checkbox], input[type=radio]")) form.requestSubmit();
});

// Filters left empty stay out of the address, so that it can be read and sent to a colleague.
document.addEventListener("formdata", (event) => {
  if (event.target.method !== "get") return;
  for (const [name, value] of [...event.formData]) if (value === "") event.formData.delete(name);
});

// After a refused form the summary of what is missing is read first.
const summary = document.querySelector("[data-focus]");
if (summary) summary.focus({ preventScroll: false });
