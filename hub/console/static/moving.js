// Parts of a page that move by themselves: asked for anew every few seconds, while they are seen and nobody is at work in them.
const $ = (selector) => document.querySelector(selector);

export const move = (busy) => {
  const button = $("#stop-moving");
  let stopped = false;
  const still = (part) => stopped || document.visibilityState !== "visible" || busy() || part.querySelector("details[open]") !== null;
  const old = (part) => {
    const told = part.querySelector("[data-old]");
    if (told) { told.textContent = told.dataset.old; told.className = "tint wait"; }
  };
  const look = async (part) => {
    const answer = await fetch(part.dataset.moving, { headers: { "HX-Request": "true" } });
    if (!answer.ok) throw new Error(answer.statusText);
    const text = await answer.text();
    if (!still(part)) await htmx.swap({ text, target: part, sourceElement: part, swap: "outerMorph" });
  };
  const follow = (id, wait, lost) => {
    setTimeout(async () => {
      const part = document.getElementById(id);
      if (!part) return;
      let failed = lost;
      if (!still(part)) {
        try { await look(part); failed = 0; } catch { failed += 1; }
        if (failed === 3) old(part);
      }
      follow(id, 1000 * Number(part.dataset.every), failed);
    }, wait);
  };
  for (const part of document.querySelectorAll("[data-moving]")) follow(part.id, 1000 * Number(part.dataset.every), 0);
  if (!button) return;
  button.hidden = false;
  button.addEventListener("click", () => { stopped = !stopped; button.setAttribute("aria-pressed", String(stopped)); });
};
