// A card dropped on another book opens the page that asks for the reason. The link on the card does the same.
let carried = null;

document.addEventListener("dragstart", (event) => {
  carried = event.target.closest?.("[data-move]") ?? null;
  if (carried) event.dataTransfer.effectAllowed = "move";
});

document.addEventListener("dragover", (event) => {
  const book = bookUnder(event);
  for (const each of document.querySelectorAll(".book-over")) if (each !== book) each.classList.remove("book-over");
  if (!book) return;
  event.preventDefault();
  book.classList.add("book-over");
});

document.addEventListener("drop", (event) => {
  const book = bookUnder(event);
  if (!book) return;
  event.preventDefault();
  location.assign(`${carried.dataset.move}?to=${book.dataset.book}`);
});

document.addEventListener("dragend", () => {
  carried = null;
  for (const each of document.querySelectorAll(".book-over")) each.classList.remove("book-over");
});

// The book a card may be dropped on: not the one it lies in.
function bookUnder(event) {
  const book = carried && event.target.closest?.("[data-book]");
  return book && !book.contains(carried) ? book : null;
}
