// A table of numbers that are typed: the sums below its columns follow while somebody types.

document.addEventListener("input", (event) => {
  const table = event.target.closest("[data-sums]");
  const column = event.target.dataset.column;
  if (!table || !column) return;
  let sum = 0;
  for (const field of table.querySelectorAll(`input[data-column="${column}"]`)) {
    const text = field.value.trim();
    if (/^\d{1,15}$/.test(text)) sum += Number(text);
  }
  const total = table.querySelector(`[data-sum="${column}"]`);
  const apart = table.querySelector(`[data-apart="${column}"]`);
  total.textContent = sum;
  const difference = sum - Number(apart.dataset.target);
  apart.textContent = difference > 0 ? `+${difference}` : String(difference).replace("-", "−");
});
