// The button that prints the page; without this file the browser's own menu does.
(() => {
  "use strict";

  document.querySelector("[data-print]")?.addEventListener("click", () => { window.print(); });
})();
