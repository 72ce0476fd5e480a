// The unread count of the header, kept true without a reload, and the marking of what has been seen.
// Nothing is asked while the page is hidden, and ever less often while the server does not answer.
const EVERY = 60_000;
const SELDOM = 16 * EVERY;
const counters = document.querySelectorAll("[data-unread]");
const source = document.querySelector("[data-unread-source]")?.dataset.unreadSource;

let wait = EVERY;
let asked = Date.now();
let timer = 0;

function show(unread) {
  if (typeof unread !== "number") return;
  for (const counter of counters) {
    counter.textContent = unread < 100 ? String(unread) : "99+";
    counter.hidden = unread === 0;
  }
}

async function ask() {
  asked = Date.now();
  try {
    const answer = await fetch(source, {
      headers: { Accept: "application/json" },
      cache: "no-cache", // the browser sends the ETag it has and takes 304 for an answer
      redirect: "manual",
      credentials: "same-origin",
    });
    if (answer.type === "opaqueredirect" || answer.status === 401 || answer.status === 403) return; // signed out
    if (!answer.ok) throw new Error(String(answer.status));
    show((await answer.json()).unread);
    wait = EVERY;
  } catch {
    wait = Math.min(wait * 2, SELDOM);
  }
  later(wait);
}

function later(delay) {
  clearTimeout(timer);
  if (!document.hidden) timer = setTimeout(ask, delay);
}

if (source && counters.length) {
  document.addEventListener("visibilitychange", () => later(Math.max(asked + wait - Date.now(), 0)));
  later(wait);
}

// What stands on the page has been seen once somebody has had a moment to look at it.
const list = document.querySelector("[data-seen]");

async function seen() {
  const ids = [...list.querySelectorAll("[data-unread-id]")].map((row) => row.dataset.unreadId);
  const token = document.querySelector('meta[name="csrf-token"]');
  try {
    const answer = await fetch(list.dataset.seen, {
      method: "POST",
      body: new URLSearchParams(ids.map((id) => ["pick", id])),
      headers: { Accept: "application/json", "X-CSRFToken": token ? token.content : "" },
      credentials: "same-origin",
    });
    if (answer.ok) show((await answer.json()).unread);
  } catch {
    // They stay unread and are marked at the next visit.
  }
}

if (list) {
  const look = () => {
    if (document.hidden) return;
    document.removeEventListener("visibilitychange", look);
    setTimeout(seen, 1500);
  };
  document.addEventListener("visibilitychange", look);
  look();
}
