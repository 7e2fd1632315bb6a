// Steps move in place; without this file each move loads the page again with the steps in their new order.
(() => {
  "use strict";

  const list = document.querySelector(".sort");
  if (!list) return;
  const rows = () => [...list.querySelectorAll("[data-row]")];

  list.addEventListener("click", (event) => {
    const button = event.target.closest("button[name='up'], button[name='down']");
    if (!button) return;
    event.preventDefault();
    const row = button.closest("[data-row]");
    const other = button.name === "up" ? row.previousElementSibling : row.nextElementSibling;
    if (!other) return;
    if (button.name === "up") other.before(row); else other.after(row);
    rows().forEach((one, place, all) => {
      one.classList.toggle("is-moved", one === row);
      one.querySelector("button[name='up']").disabled = place === 0;
      one.querySelector("button[name='down']").disabled = place === all.length - 1;
    });
    // At either end the button that was pressed cannot be pressed again: the focus goes to its neighbour.
    (button.disabled ? row.querySelector("button:not([disabled])") : button).focus();
    const text = row.querySelector("[data-text]").textContent.trim();
    document.getElementById("live").textContent = `${text}: place ${rows().indexOf(row) + 1} of ${rows().length}`;
  });
})();
