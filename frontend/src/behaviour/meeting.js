// A meeting on a wall. A conflict is shown at its line, and a screen nobody writes on follows by itself.

document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.xhr.status !== 409 || !event.detail.requestConfig.elt.matches("form[data-live]")) return;
  event.detail.shouldSwap = true;
  event.detail.isError = false;
});

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.id !== "meeting-news" || isWriting()) return;
  event.detail.target.querySelector("[data-refresh]")?.click();
});

// Somebody writes: in a line, in an instruction's form, or in a field that is not empty.
function isWriting() {
  const meeting = document.getElementById("meeting");
  const at = document.activeElement;
  if (meeting.querySelector(".minutes-instruct > form")) return true;
  if ([...meeting.querySelectorAll(".minutes-new > .control")].some((field) => field.value)) return true;
  return meeting.contains(at) && at.matches("textarea");
}
