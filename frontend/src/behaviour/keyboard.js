// Keys for people who sit here all day: "/" search, "c" new, "g" and a letter to go somewhere, "?" shows them.
let waiting = false;

function typing(target) {
  return target.isContentEditable || target.matches("input, textarea, select");
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.key === "Escape") {
    waiting = false;
    if (typing(event.target)) event.target.blur();
    return;
  }
  if (typing(event.target)) return;
  if (event.key === "/") {
    const search = document.querySelector("[data-search]");
    if (!search) return;
    event.preventDefault();
    search.focus();
    search.select();
  } else if (event.key === "?") {
    const help = document.getElementById("keys");
    if (help?.showModal) help.showModal();
  } else if (waiting) {
    waiting = false;
    follow(`g ${event.key}`);
  } else if (event.key === "g") {
    waiting = true;
    setTimeout(() => (waiting = false), 1500);
  } else {
    follow(event.key);
  }
});

function follow(keys) {
  if (/^(g )?[a-z]$/.test(keys)) document.querySelector(`[data-keys="${keys}"]`)?.click();
}
