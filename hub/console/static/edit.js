// The page on which an order is edited: what it comes to, while one types; boxes by drag and keys; a lock that ends with the tab.
const $ = (selector, within = document) => within.querySelector(selector);
const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const form = () => $("#edit");
const open = () => form()?.dataset.held === "yes";
const isDraft = () => form().dataset.draft === "yes";
const shelf = (order) => `edit:${order}`;
const written = () => new URLSearchParams(new FormData(form()));
const AROUND = ["key", "version", "seen", "mark", "go", "adds", "boxes"];

/* -- what it comes to ---------------------------------------------------------------------------------------- */
let due = null, asking = false, next = null;
const take = () => {
  const place = $("#outcome"), told = $("#kept");
  if (!place) return;
  for (const each of all("[data-price]", place)) $(`#price-${each.dataset.price}`)?.replaceChildren(...each.childNodes);
  for (const each of all("[data-value]", place)) form().elements[each.dataset.value].value = each.textContent;
  if (told) told.textContent = $("[data-kept]", place)?.textContent ?? "";
};
/* One at a time: what is asked meanwhile is asked afterwards, once, with what the form says by then. */
const ask = async (path, values, target, swap) => {
  if (asking) { next = () => ask(path, values, target, swap); return; }
  asking = true;
  try { await htmx.ajax("POST", path, { target, swap, values: Object.fromEntries(values()) }); } finally { asking = false; }
  take();
  const more = next;
  next = null;
  if (form()) more?.();
};
const check = () => ask(`${form().dataset.at}/edit/check`, written, "#outcome", "innerHTML");
/* A draft is saved as one goes, but for rows that are still being written: those are saved by their button. */
const ready = () => {
  const body = written();
  for (const name of [...body.keys()]) if (name.startsWith("add.")) body.delete(name);
  body.set("go", "auto");
  return body;
};
const saveDraft = () => ask(form().getAttribute("action"), ready, "#outcome", "innerHTML");
const soon = (act, wait) => { clearTimeout(due); due = setTimeout(() => { if (open()) act(); }, wait); };

document.addEventListener("input", (event) => {
  if (!open() || !event.target.closest("#edit")) return;
  sessionStorage.setItem(shelf(form().dataset.order), written().toString());
  if (!isDraft()) soon(check, 300);
});
document.addEventListener("change", (event) => {
  if (!open() || !event.target.closest("#edit")) return;
  if (event.target.matches("select[name$='.to']")) place(event.target.closest("[data-line]"));
  if (!isDraft() || /^(add\.|user|reason|payment)/.test(event.target.name)) return;
  if (event.target.name.endsWith(".remove")) form().requestSubmit($("[value=save]", form()));
  else soon(saveDraft, 50);
});
document.addEventListener("hub:changed", (event) => {
  if (open() && !isDraft() && (event.detail.many || event.detail.orders.includes(form().dataset.order))) soon(check, 300);
});

/* -- boxes: by drag, and by `m` and the letter ----------------------------------------------------------------- */
const place = (line) => {
  const wanted = $("select", line).value;
  const box = wanted ? $(`[data-box="${wanted}"]`) : all("[data-ship]").find((each) => each.dataset.ship === line.dataset.home);
  const within = line.contains(document.activeElement) ? document.activeElement : null;
  $("ul", box)?.append(line);
  within?.focus();
};
const move = (line, letter) => {
  const field = $("select", line);
  if (!field || ![...field.options].some((each) => each.value === letter)) return;
  field.value = letter;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.dispatchEvent(new Event("change", { bubbles: true }));
};
let dragged = null, moving = null;
document.addEventListener("dragstart", (event) => { dragged = event.target.closest?.("[data-line]") ?? null; });
document.addEventListener("dragover", (event) => {
  const box = dragged && event.target.closest?.("[data-box]");
  if (!box || (!box.dataset.box && box.dataset.ship !== dragged.dataset.home)) return;
  event.preventDefault();
  box.classList.add("over");
});
document.addEventListener("dragleave", (event) => { event.target.closest?.("[data-box]")?.classList.remove("over"); });
document.addEventListener("drop", (event) => {
  const box = dragged && event.target.closest?.("[data-box]");
  if (!box) return;
  event.preventDefault();
  box.classList.remove("over");
  move(dragged, box.dataset.box);
  dragged = null;
});
document.addEventListener("keydown", (event) => {
  if (!open() || event.ctrlKey || event.metaKey || event.altKey || document.documentElement.dataset.letters === "off") return;
  if (event.target.closest("input, select, textarea")) return;
  const line = event.target.closest("[data-line]");
  if (moving) { event.preventDefault(); event.stopPropagation(); move(moving, event.key === "0" ? "" : event.key.toLowerCase()); moving = null; return; }
  if (line && event.key === "m") { event.preventDefault(); event.stopPropagation(); moving = line; }
}, true);

/* -- what the tab keeps, and the lock that ends with it -------------------------------------------------------- */
const offer = () => {
  const kept = open() && sessionStorage.getItem(shelf(form().dataset.order));
  if (!kept) return;
  const before = new URLSearchParams(kept), now = written();
  const differs = [...new Set([...before.keys(), ...now.keys()])].some((name) => !AROUND.includes(name) && (before.get(name) ?? "") !== (now.get(name) ?? ""));
  if (differs) $("#goon").hidden = false;
};
document.addEventListener("click", (event) => {
  const wish = event.target.closest("[data-goon]");
  if (!wish) return;
  const name = shelf(form().dataset.order), kept = sessionStorage.getItem(name);
  $("#goon").hidden = true;
  if (wish.dataset.goon === "no") sessionStorage.removeItem(name);
  else {
    const body = new URLSearchParams(kept);
    body.set("go", "go_on");
    ask(form().getAttribute("action"), () => body, "#edit", "outerHTML");
  }
});
document.addEventListener("submit", (event) => {
  const wish = event.submitter?.value ?? "";
  if (event.target.id === "edit" && (wish === "leave-now" || wish === "reload" || wish === "void-now" || isDraft())) sessionStorage.removeItem(shelf(event.target.dataset.order));
}, true);
addEventListener("pagehide", () => {
  if (!open()) return;
  fetch(`${form().dataset.at}/edit/end`, { method: "POST", keepalive: true, body: new URLSearchParams({ mark: form().elements.mark.value }) });
});
addEventListener("pageshow", (event) => { if (event.persisted && form()) location.reload(); });

/* -- what was refused comes as a dialog; how long one edits is told in minutes ---------------------------------- */
const dress = () => {
  const dialog = $("dialog[data-stale]");
  if (dialog && !dialog.matches(":modal")) { dialog.close(); dialog.showModal(); }
  const since = $("[data-since]");
  if (since) since.textContent = new Intl.NumberFormat(document.documentElement.lang, { style: "unit", unit: "minute", unitDisplay: "short" }).format(Math.max(0, Math.floor((Date.now() - Date.parse(since.dateTime)) / 60000)));
};
setInterval(dress, 20000);
document.addEventListener("htmx:after:swap", () => { dress(); if (open() && $("#goon").hidden) sessionStorage.setItem(shelf(form().dataset.order), written().toString()); });
if (form()) { dress(); offer(); }
const done = new URLSearchParams(location.search).get("done");
if (done === "order.edit" && $("#order")) sessionStorage.removeItem(shelf($("#order").dataset.order));
