// One table of keys: it binds them, and fills the sheet that `?` shows.
import { choose } from "./choosing.js";

const $ = (selector, within = document) => within.querySelector(selector);
const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const PLACES = { o: "/orders", a: "/attention", r: "/refunds", t: "/returns", p: "/pending", f: "/fraud", v: "/ops" };

const rows = () => all("[data-rows] > tr");
const here = () => $("[data-rows] > tr.here");
const go = (step) => {
  const found = rows(), at = found.indexOf(here());
  if (!found.length) return;
  const next = found[Math.min(found.length - 1, Math.max(0, at < 0 ? 0 : at + step))];
  here()?.classList.remove("here");
  next.classList.add("here");
  next.tabIndex = -1;
  next.focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
  if (next.closest("[data-follow]")) peek();
};
const act = (command) => { const link = $(`a[data-act="${command}"]`); link?.click(); return Boolean(link); };
const section = (n) => { if (n === "0") return scrollTo({ top: 0 }); const link = all(".tabs a")[Number(n) - 1]; link?.click(); };
const peek = () => {
  const place = $("#peek"), row = here();
  if (!place) $("#stop-moving")?.click();
  if (place && row?.dataset.peek) htmx.ajax("GET", row.dataset.peek, { target: "#peek", swap: "innerHTML" });
};

export const KEYS = [
  { id: "search", group: "everywhere", keys: ["/"], run: () => $("#q")?.select() },
  { id: "palette", group: "everywhere", keys: ["."], run: () => palette() },
  { id: "go", group: "everywhere", keys: ["g"], run: () => { waiting = true; setTimeout(() => { waiting = false; }, 1500); } },
  { id: "keys", group: "everywhere", keys: ["?"], run: () => sheet() },
  { id: "close", group: "everywhere", keys: ["Escape"], run: () => document.activeElement?.blur(), quiet: true },
  { id: "new", group: "everywhere", keys: ["n"], run: () => { location.href = "/orders/new"; } },
  { id: "move", group: "lists", keys: ["j", "k"], run: (key) => go(key === "j" ? 1 : -1) },
  { id: "open", group: "lists", keys: ["Enter"], run: () => $("a", here() ?? document.createElement("i"))?.click(), quiet: true },
  { id: "peek", group: "lists", keys: [" "], run: peek },
  { id: "moving", group: "everywhere", keys: [" "], run: peek, shown: true },
  { id: "choose", group: "lists", keys: ["x", "X"], label: "x  X", run: (key) => choose(here(), key === "X") },
  { id: "refresh", group: "lists", keys: ["r"], run: () => { if ($("[data-list]")) location.reload(); else act("return.create"); } },
  { id: "edit", group: "order", keys: ["e"], run: () => act("order.edit") },
  { id: "hold", group: "order", keys: ["h"], run: () => act("order.hold") || act("order.release_hold") },
  { id: "note", group: "order", keys: ["m"], run: () => act("order.comment") },
  { id: "return", group: "order", keys: ["r"], run: () => act("return.create"), shown: true },
  { id: "refund", group: "order", keys: ["$"], run: () => act("refund.request") },
  { id: "box", group: "order", keys: ["m"], run: () => {}, shown: true, label: "m a" },
  { id: "sections", group: "order", keys: [..."0123456789"], run: section, label: "1 … 9" },
];
let waiting = false;

const sheet = () => {
  const place = $(".keysheet");
  if (!place.childElementCount) {
    for (const group of ["everywhere", "lists", "order"]) {
      const part = document.createElement("section"), title = document.createElement("h3"), list = document.createElement("ul");
      title.textContent = place.dataset[group];
      part.append(title, list);
      for (const { id, keys, label, group: of } of KEYS) {
        if (of !== group) continue;
        const item = document.createElement("li"), words = document.createElement("span"), told = document.createElement("kbd");
        words.textContent = $(`#key-words`).content.querySelector(`[data-key="${id}"]`)?.textContent ?? id;
        told.textContent = label ?? keys.map((each) => (each === " " ? "␣" : each)).join(" ");
        item.append(words, told);
        list.append(item);
      }
      place.append(part);
    }
  }
  $("#keys").showModal();
};

export const palette = () => {
  const dialog = $("#dialog"), body = $("#dialog-body");
  if (!dialog || dialog.open) return;
  const box = document.createElement("div"), label = document.createElement("label"), field = document.createElement("input");
  const list = document.createElement("div");
  box.className = "find";
  label.className = "hide"; label.htmlFor = "palette-field"; label.id = "dialog-title"; label.textContent = $("#help").getAttribute("aria-label");
  field.id = "palette-field"; field.autocomplete = "off";
  list.className = "opts"; list.setAttribute("role", "listbox"); list.id = "palette-list"; list.setAttribute("aria-labelledby", "dialog-title");
  field.setAttribute("role", "combobox"); field.setAttribute("aria-expanded", "true"); field.setAttribute("aria-controls", "palette-list");
  const sources = [...all(".acts a"), ...all(".nav a")];
  const fill = () => {
    const wanted = field.value.trim().toLowerCase();
    list.replaceChildren(...sources.filter((each) => each.textContent.toLowerCase().includes(wanted)).slice(0, 40).map((each, index) => {
      const option = document.createElement("a");
      option.href = each.href; option.id = `option-${index}`; option.setAttribute("role", "option"); option.tabIndex = -1;
      option.setAttribute("aria-selected", index === 0 ? "true" : "false");
      option.textContent = each.firstChild.nodeType === Node.TEXT_NODE ? each.textContent : each.lastChild.textContent || each.textContent;
      option.addEventListener("click", (event) => { event.preventDefault(); dialog.close(); each.click(); });
      return option;
    }));
  };
  field.addEventListener("input", fill);
  field.addEventListener("keydown", (event) => {
    const options = all("[role=option]", list), at = options.findIndex((each) => each.getAttribute("aria-selected") === "true");
    if (event.key === "Enter") { event.preventDefault(); options[at]?.click(); }
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    event.preventDefault();
    const next = options[Math.min(options.length - 1, Math.max(0, at + (event.key === "ArrowDown" ? 1 : -1)))];
    options[at]?.setAttribute("aria-selected", "false");
    next?.setAttribute("aria-selected", "true");
    next?.scrollIntoView({ block: "nearest" });
    if (next) field.setAttribute("aria-activedescendant", next.id);
  });
  box.append(label, field);
  body.replaceChildren(box, list);
  fill();
  dialog.showModal();
  field.focus();
};

export const bind = () => {
  $("#help")?.addEventListener("click", sheet);
  $("#all-acts")?.addEventListener("click", (event) => { event.preventDefault(); palette(); });
  const off = document.documentElement.dataset.letters === "off";
  addEventListener("keydown", (event) => {
    if (event.key === "k" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); palette(); return; }
    const inField = event.target.closest("input, select, textarea, [contenteditable]");
    if (inField && event.key === "Escape") { inField.blur(); return; }
    if (inField || event.metaKey || event.ctrlKey || event.altKey || $("dialog[open]")) return;
    if (off && event.key.length === 1) return;
    if (waiting && PLACES[event.key]) { waiting = false; location.href = PLACES[event.key]; return; }
    if (event.target.closest("a, button, summary") && (event.key === "Enter" || event.key === " ")) return;
    const row = KEYS.find((each) => each.keys.includes(event.key) && !each.shown);
    if (!row) return;
    if (!row.quiet) event.preventDefault();
    row.run(event.key);
  });
};
