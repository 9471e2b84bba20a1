// Rows that are chosen by their boxes: one, a range, or all; and how many there are.
const boxes = (form) => [...form.querySelectorAll("tbody input[type=checkbox]")];
let last = null;

const count = (form) => {
  const all = boxes(form), chosen = all.filter((box) => box.checked).length, place = form.querySelector("[data-count]");
  const head = form.querySelector("[data-all]");
  if (head) { head.checked = chosen === all.length; head.indeterminate = chosen > 0 && chosen < all.length; }
  if (place) {
    place.dataset.none ??= place.textContent;
    place.textContent = chosen === 0 ? place.dataset.none : chosen === 1 ? place.dataset.one : place.dataset.many.replace("{count}", chosen);
  }
};

export const choose = (row, range) => {
  const box = row?.closest("[data-choosing]") && row.querySelector("input[type=checkbox]");
  if (!box) return;
  box.checked = range || !box.checked;
  if (range && last?.form === box.form) {
    const all = boxes(box.form), [from, to] = [all.indexOf(last), all.indexOf(box)].sort((a, b) => a - b);
    for (const each of all.slice(from, to + 1)) each.checked = true;
  }
  last = box;
  count(box.form);
};

document.addEventListener("change", (event) => {
  const form = event.target.closest?.("form[data-choosing]");
  if (!form) return;
  if (event.target.matches("[data-all]")) for (const box of boxes(form)) box.checked = event.target.checked;
  else last = event.target;
  count(form);
});
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("form[data-choosing]") || boxes(form).some((box) => box.checked)) return;
  event.preventDefault();
  boxes(form)[0]?.focus();
});
for (const form of document.querySelectorAll("form[data-choosing]")) count(form);
