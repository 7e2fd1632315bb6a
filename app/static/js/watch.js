// Facts of a sitting for a human to read: that the page was left or come back to, that text was copied. The page before the
// exam says so. Nothing follows by itself, and nothing is sent but what happened and at which question.
(() => {
  "use strict";

  const SETTLE = 400; // ms: a window may lose the focus for a moment without anybody leaving it
  const main = document.getElementById("main");
  let away = false, going = false;

  function tell(kind) {
    const part = document.querySelector("[data-part]"), token = document.querySelector('[name="csrf_token"]').value;
    const body = new URLSearchParams({ csrf_token: token, kind, position: part.dataset.no });
    fetch(main.dataset.events, { method: "POST", body, keepalive: true, headers: { "X-Fluence": "fragment" } }).catch(() => {});
  }

  function leave() {
    if (away || going) return;
    away = true;
    tell("left_page");
  }

  function come() {
    if (!away || document.hidden || !document.hasFocus()) return;
    away = false;
    tell("came_back");
  }

  // Following a link or loading the page again hides the page too, and is not leaving it for another one.
  window.addEventListener("pagehide", () => { going = true; });
  window.addEventListener("pageshow", () => { going = false; });
  document.addEventListener("visibilitychange", () => { if (document.hidden) leave(); else come(); });
  window.addEventListener("blur", () => { setTimeout(() => { if (!document.hasFocus()) leave(); }, SETTLE); });
  window.addEventListener("focus", come);
  document.addEventListener("copy", () => { tell("copied"); });
  document.addEventListener("cut", () => { tell("copied"); });
})();
