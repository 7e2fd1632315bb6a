// Inside an item: steps are moved by dragging or by buttons, a picture opens large, a number says how it is understood,
// the list of questions closes.
// What changes an answer is told to exam.js as a "change" of the form. Without this file buttons post, and pictures are links.
(() => {
  "use strict";

  const EDGE = 96, STEP = 12; // px: how near the screen's edge a dragged step scrolls the page, and by how much
  const NUMBER = /^([+-]?)0*(\d{1,9}?)(?:[.,](\d{1,9}))?$/;
  const announce = (words) => { document.getElementById("live").textContent = words; };

  // ---- order

  function settle(list, moved) {
    const rows = [...list.children];
    rows.forEach((row, index) => {
      row.classList.toggle("is-moved", row === moved);
      row.querySelector('[name="up"]').disabled = index === 0;
      row.querySelector('[name="down"]').disabled = index === rows.length - 1;
    });
    announce(`${moved.querySelector("[data-text]").textContent.trim()}, now ${rows.indexOf(moved) + 1} of ${rows.length}`);
    moved.querySelector('[name="order"]').dispatchEvent(new Event("change", { bubbles: true }));
  }

  function press(button) {
    const row = button.closest("[data-row]"), up = button.name === "up";
    const other = up ? row.previousElementSibling : row.nextElementSibling;
    if (!other) return;
    if (up) other.before(row);
    else other.after(row);
    settle(row.parentElement, row);
    (button.disabled ? row.querySelector("button:not([disabled])") : button).focus();
  }

  function drag(start, grip) {
    const row = grip.closest("[data-row]"), list = row.parentElement, before = [...list.children];
    let y = start.clientY, frame = 0;
    grip.setPointerCapture(start.pointerId);
    row.classList.add("is-dragged");

    // The others step around the dragged one: moving it in the page would make the browser let go of it.
    const place = () => {
      const above = row.previousElementSibling, below = row.nextElementSibling;
      const middle = (other) => { const box = other.getBoundingClientRect(); return box.top + box.height / 2; };
      if (above && y < middle(above)) row.after(above);
      else if (below && y > middle(below)) row.before(below);
    };
    const scroll = () => {
      if (y < EDGE) scrollBy(0, -STEP);
      else if (y > innerHeight - EDGE) scrollBy(0, STEP);
      place();
      frame = requestAnimationFrame(scroll);
    };
    const move = (event) => { y = event.clientY; place(); };
    const stop = () => {
      cancelAnimationFrame(frame);
      grip.removeEventListener("pointermove", move);
      row.classList.remove("is-dragged");
    };
    grip.addEventListener("pointermove", move);
    grip.addEventListener("lostpointercapture", () => {
      stop();
      if ([...list.children].some((one, index) => one !== before[index])) settle(list, row);
    }, { once: true });
    frame = requestAnimationFrame(scroll);
  }

  document.addEventListener("pointerdown", (event) => {
    const grip = event.target.closest("[data-grip]");
    if (!grip || event.button) return;
    event.preventDefault();
    drag(event, grip);
  });
  document.addEventListener("submit", (event) => {
    if (!["up", "down"].includes(event.submitter?.name)) return;
    event.preventDefault();
    event.stopPropagation();
    press(event.submitter);
  }, true);

  // ---- a number: what it is understood as while it is typed; the server says it again with what it saved

  document.addEventListener("input", (event) => {
    const line = document.getElementById("understood");
    if (!line || event.target.name !== "value") return;
    const unit = line.dataset.unit, typed = event.target.value.trim();
    const bare = unit && typed.toLowerCase().endsWith(unit.toLowerCase()) ? typed.slice(0, -unit.length).trim() : typed;
    const found = NUMBER.exec(bare);
    line.hidden = !found;
    if (!found) return;
    const decimals = (found[3] ?? "").replace(/0+$/, "");
    line.querySelector("b").textContent = `${found[1] === "-" ? "−" : ""}${found[2] || "0"}${decimals && `.${decimals}`} ${unit}`.trim();
  });

  // ---- the list of all questions lies over the item on a phone: Escape and a touch beside it close it

  const list = document.querySelector(".rail-list");
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !list.open) return;
    list.open = false;
    list.querySelector("summary").focus();
  });
  document.addEventListener("click", (event) => { if (!list.contains(event.target)) list.open = false; });

  // ---- a picture

  const large = document.getElementById("large");
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-large]");
    if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey) {
      if (event.target === large) large.close();
      return;
    }
    event.preventDefault();
    const picture = large.querySelector("img");
    picture.src = link.href;
    picture.alt = link.querySelector("img").alt;
    large.showModal();
  });
})();
