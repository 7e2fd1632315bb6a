// Small comforts for every page. Each form and link works without this file.
(() => {
  "use strict";

  const say = (words) => { document.getElementById("live").textContent = words; };

  // A form that must not be sent twice.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("[data-once]")) return;
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  });
  window.addEventListener("pageshow", () => {
    document.querySelectorAll("form[data-sent]").forEach((form) => { delete form.dataset.sent; });
  });

  // Menus close on Escape, with the focus back on their button, and on a click elsewhere.
  const menus = () => [...document.querySelectorAll("details.me[open], details.menu[open]")];
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    menus().forEach((menu) => { menu.open = false; menu.querySelector("summary").focus(); });
  });
  document.addEventListener("click", (event) => {
    menus().filter((menu) => !menu.contains(event.target)).forEach((menu) => { menu.open = false; });
  });

  // Filters: a change fetches the same page and replaces the results, so that focus and scroll stay where they are.
  const filters = document.querySelector("form[data-filters]");
  if (!filters) return;
  let latest = 0, typing = 0;

  const address = () => {
    const set = [...new FormData(filters)].filter(([, value]) => value !== "");
    const query = new URLSearchParams(set).toString();
    return filters.getAttribute("action") + (query ? `?${query}` : "");
  };

  const replace = (page) => {
    document.getElementById("results").replaceWith(page.getElementById("results"));
    page.querySelectorAll("[data-count]").forEach((count) => {
      const shown = filters.querySelector(`[data-count="${CSS.escape(count.dataset.count)}"]`);
      if (shown) shown.textContent = count.textContent;
    });
    say(document.querySelector("#results [data-summary]").textContent);
  };

  const apply = async () => {
    clearTimeout(typing);
    const turn = ++latest, url = address();
    try {
      const response = await fetch(url, { headers: { Accept: "text/html" } });
      if (!response.ok || response.redirected) throw new Error(response.status);
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      if (turn !== latest) return;
      replace(page);
      history.replaceState(null, "", url);
    } catch {
      if (turn === latest) location.assign(url);
    }
  };

  filters.addEventListener("change", apply);
  filters.addEventListener("submit", (event) => { event.preventDefault(); apply(); });
  filters.addEventListener("input", (event) => {
    if (event.target.type !== "search") return;
    clearTimeout(typing);
    typing = setTimeout(apply, 300);
  });
})();
