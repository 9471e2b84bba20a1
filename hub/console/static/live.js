// One stream for all tabs of a browser: the tab that holds the lock listens, and passes on what it hears.
const channel = "BroadcastChannel" in self ? new BroadcastChannel("hub-live") : null;

export const follow = ({ changed, reset, lamp }) => {
  let heard = 0, lost = 0;
  const words = lamp.dataset;
  const show = (state, text) => {
    lamp.className = state === "live" ? "live" : "live off";
    const told = lamp.firstElementChild;
    if (told.textContent !== text) told.textContent = text;
  };
  const hear = ({ kind, data }) => {
    heard = Date.now();
    if (kind === "lost") { lost ||= Date.now(); return; }
    lost = 0;
    show("live", words.live);
    if (kind === "changed") changed(data);
    if (kind === "reset") reset();
  };
  setInterval(() => {
    if (!lost) return;
    const seconds = Math.round((Date.now() - lost) / 1000);
    if (seconds >= 3) show("off", (seconds >= 30 ? words.off : words.again).replace("{seconds}", seconds));
  }, 1000);
  channel?.addEventListener("message", (event) => hear(event.data));
  const lead = () => new Promise((done) => {
    let source = null, cursor = null, left = false;
    const tell = (message) => { hear(message); channel?.postMessage(message); };
    const open = () => {
      source = new EventSource(cursor ? `/live?after=${encodeURIComponent(cursor)}` : "/live");
      const on = (kind, act) => source.addEventListener(kind, (event) => { cursor = event.lastEventId || cursor; act(event); });
      on("hello", () => tell({ kind: "hello" }));
      on("changed", (event) => tell({ kind: "changed", data: JSON.parse(event.data) }));
      on("reset", () => tell({ kind: "reset" }));
      on("none", () => { left = true; source.close(); });
      on("full", () => { left = true; source.close(); tell({ kind: "lost" }); });
      source.onerror = () => {
        tell({ kind: "lost" });
        if (source.readyState === EventSource.CLOSED && !left) setTimeout(open, 2000 + Math.random() * 2000);
      };
    };
    addEventListener("pagehide", () => { left = true; source.close(); done(); });
    open();
  });
  if (navigator.locks) navigator.locks.request("hub-live", lead);
  else if (document.visibilityState === "visible") lead();
};
