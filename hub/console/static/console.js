// What pages need of scripts: keys, dialogs, the one stream, and lists. Everything works without, but for preview and news.
import { bind, palette } from "./keys.js";
import { follow } from "./live.js";
import { move } from "./moving.js";
import "./edit.js";

const $ = (selector, within = document) => within.querySelector(selector);
const root = document.documentElement;

/* -- saying things to screen readers ------------------------------------------------------------------------- */
export const say = (text) => { const place = $("#said"); if (place) place.textContent = text; };

/* -- theme --------------------------------------------------------------------------------------------------- */
$("#theme")?.addEventListener("click", () => {
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  fetch("/me", { method: "POST", body: new URLSearchParams({ theme: root.dataset.theme }), redirect: "manual" });
});

/* -- an order's document ------------------------------------------------------------------------------------ */
const paper = $("#print");
if (paper) { paper.hidden = false; paper.addEventListener("click", () => print()); }

/* -- dialogs: an act's form, loaded into one native dialog ---------------------------------------------------- */
const dialog = $("#dialog");
let opener = null;
const open = async (link) => {
  opener = link;
  await htmx.ajax("GET", link.href, { target: "#dialog-body", swap: "innerHTML" });
  if (!$("#dialog-body").childElementCount) return; // the act has a page of its own, to which the answer leads
  if (!dialog.open) dialog.showModal();
  ($("[data-focus]", dialog) ?? $("input:not([type=hidden]), select, textarea, button", dialog))?.focus();
};
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-dialog]");
  if (link && dialog && !event.metaKey && !event.ctrlKey) {
    event.preventDefault();
    if (link.getAttribute("aria-disabled") !== "true") open(link);
  }
  const leave = event.target.closest("[data-close]");
  if (leave && dialog?.open) { event.preventDefault(); dialog.close(); }
});
dialog?.addEventListener("close", () => { $("#dialog-body").replaceChildren(); if (opener?.isConnected) opener.focus(); });
document.addEventListener("htmx:after:swap", () => {
  const told = $("[data-focus]");
  told?.focus();
  if (told && document.activeElement === told) told.removeAttribute("data-focus"); // once: what comes beside it later takes no focus
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.ctrlKey) event.target.closest("form")?.requestSubmit($(".btn.main", event.target.closest("form")));
});

/* -- filters that go at once ---------------------------------------------------------------------------------- */
document.addEventListener("change", (event) => {
  if (!event.target.matches("select[data-submit]")) return;
  const form = event.target.form;
  for (const field of form.querySelectorAll("select, input")) {
    if (!field.value || (field.type === "hidden" && field.name === "sort" && event.target.name === "sort")) field.disabled = true;
  }
  form.submit();
});

/* -- never under the user's hands: what changed is told, and shown where nobody is at work ----------------------- */
const busy = () => dialog?.open || !getSelection()?.isCollapsed || $("form[data-guard][data-dirty]") !== null;
document.addEventListener("input", (event) => { const form = event.target.closest("form[data-guard]"); if (form) form.dataset.dirty = "1"; });
const news = $("#news");
const changed = new Set();
const within = (from, to) => { let due = null; return (act) => { due ??= setTimeout(() => { due = null; act(); }, from + Math.random() * (to - from)); }; };
const soon = within(200, 500), count = within(2000, 4000); // not all consoles at one moment
const onChanged = ({ orders, many }) => {
  document.dispatchEvent(new CustomEvent("hub:changed", { detail: { orders, many } }));
  count(() => htmx.trigger($("#counts") ?? document.body, "counts"));
  const order = $("#order");
  if (order && (many || orders.includes(order.dataset.order))) soon(() => { if (!busy()) htmx.trigger(order, "changed"); else later(order); });
  if (news) {
    for (const id of orders) changed.add(id);
    const size = changed.size;
    news.hidden = size === 0;
    $("span", news).textContent = (size === 1 ? news.dataset.one : news.dataset.many).replace("{count}", size);
  }
};
const later = (order) => { const wait = setInterval(() => { if (!busy()) { clearInterval(wait); htmx.trigger(order, "changed"); } }, 1000); };
news?.addEventListener("click", () => location.reload());
const lamp = $("#lamp");
if (lamp) follow({ changed: onChanged, reset: () => { if (!busy()) location.reload(); }, lamp });

if (dialog) { bind({ open, palette }); move(busy); }
