// A running attempt: each change is saved at once, and the answer to a save brings the next item, which Next shows without a request.
// Nothing moves on by itself, except that the time runs out. Without this file the same forms post and are redirected.
(() => {
  "use strict";

  const RETRY_FIRST = 2000, RETRY_LAST = 30000, PATIENCE = 15000; // ms
  const stage = document.getElementById("stage"), rail = document.getElementById("rail");
  const find = (selector, root = document) => root.querySelector(selector);

  let part, form;               // what the stage shows; form is null on the review
  let shown = location.pathname;
  let changes = 0, saved = 0;   // changes of the shown item, and how many of them the server has
  let running = null;           // the save under way
  let retry = 0, pause = RETRY_FIRST;
  let next = null;              // {url, html} as the last save brought it
  let leaving = false;

  const announce = (words) => { document.getElementById("live").textContent = words; };
  const unsaved = () => changes !== saved;

  function status(state, words, goto = null) {
    const line = document.getElementById("save");
    if (!line) return;
    line.dataset.state = state;
    line.textContent = words;
    if (!goto) return;
    const link = document.createElement("a");
    link.href = goto;
    link.textContent = "Continue";
    link.addEventListener("click", () => { leaving = true; });
    line.append(" ", link);
  }

  // ---- talking to the server

  // Resolves to the JSON answer; throws {words, goto, lasting}: lasting means that trying again is of no use.
  async function post(url, body) {
    let response;
    try {
      response = await fetch(url, {
        method: "POST", body: new URLSearchParams(body), signal: AbortSignal.timeout(PATIENCE),
        headers: { "X-Fluence": "fragment", Accept: "application/json" },
      });
      const answer = await response.json();
      if (response.ok) return answer;
      throw { words: answer.error, goto: answer.goto, lasting: ![408, 429].includes(response.status) && response.status < 500 };
    } catch (problem) {
      if ("words" in problem) throw problem;
      const lasting = Boolean(response) && response.status < 500;
      throw { words: "Not saved. Load this page again.", goto: lasting ? location.href : null, lasting };
    }
  }

  function failed(problem) {
    if (problem.lasting) return status("bad", problem.words, problem.goto);
    status("bad", "Not saved. Check your connection; we keep trying.");
    retry = setTimeout(save, pause);
    pause = Math.min(pause * 2, RETRY_LAST);
  }

  // Sends until the server has the latest change. Resolves to whether it has.
  async function send() {
    while (unsaved()) {
      const sending = changes;
      if (!retry) status("busy", "Saving…");
      try {
        const answer = await post(form.action, new FormData(form));
        saved = sending;
        accept(answer);
      } catch (problem) {
        failed(problem);
        return false;
      }
    }
    return true;
  }

  // One save at a time: whoever asks while one is under way waits for that one, which also sends what changed meanwhile.
  function save() {
    if (running) return running;
    clearTimeout(retry);
    running = send().finally(() => { running = null; });
    return running;
  }

  function accept(answer) {
    retry = 0;
    pause = RETRY_FIRST;
    next = answer.next ? { url: answer.next_url, html: answer.next } : null;
    if ("left" in answer) clock.set(answer.left);
    forget(find("[data-keep]", part));
    mark(part.dataset.no, { answered: answered() });
    if (!unsaved()) status("saved", `Saved at ${answer.saved}`);
  }

  // "Save this order" has done its work: the focus goes on to Next.
  function forget(keep) {
    if (keep?.contains(document.activeElement)) find("[data-next-button]", part).focus();
    keep?.remove();
  }

  function change() {
    changes += 1;
    return save();
  }

  const answered = () => [...new FormData(form)].some(([name, value]) => name !== "csrf_token" && value.trim() !== "");

  // ---- moving about

  async function go(url) {
    if (unsaved() && !(await save())) return; // the line says why; pressing again tries again
    if (unsaved()) return;
    if (next?.url === url) show(next);
    else leave(url);
  }

  function leave(url) {
    leaving = true;
    location.assign(url);
  }

  function show({ url, html }) {
    stage.innerHTML = html;
    history.pushState(null, "", url);
    begin();
    document.title = document.title.replace(/^[^,]*/, part.dataset.title);
    scrollTo(0, 0);
    find("h1", part).focus();
  }

  function begin() {
    part = find("[data-part]", stage);
    form = find("form[data-item]", part);
    shown = location.pathname;
    changes = saved = 0;
    next = null;
    rail.querySelectorAll("[aria-current]").forEach((link) => link.removeAttribute("aria-current"));
    find(part.dataset.no ? `[data-no="${part.dataset.no}"]` : "[data-review]", rail).setAttribute("aria-current", "step");
  }

  // ---- the rail

  function mark(no, { answered, flagged }) {
    const link = find(`[data-no="${no}"]`, rail);
    if (answered !== undefined) link.classList.toggle("is-answered", answered);
    if (flagged !== undefined) link.classList.toggle("is-flagged", flagged);
    const is = (name) => link.classList.contains(`is-${name}`);
    find("[data-words]", link).textContent = `${is("answered") ? ", answered" : ", not answered"}${is("flagged") ? ", flagged" : ""}`;
    const count = (name) => rail.querySelectorAll(`[data-no].is-${name}`).length;
    find("progress", rail).value = count("answered");
    find("[data-answered]", rail).textContent = count("answered");
    find("[data-flagged]", rail).textContent = count("flagged");
    find("[data-flags]", rail).hidden = count("flagged") === 0;
  }

  // ---- flag and order

  function paintFlag(button, no, flagged) {
    button.value = flagged ? "off" : "on";
    button.setAttribute("aria-pressed", flagged);
    mark(no, { flagged });
  }

  async function flag(button) {
    if (button.dataset.busy) return;
    const flagged = button.value === "on", no = part.dataset.no;
    button.dataset.busy = "yes";
    paintFlag(button, no, flagged);
    // A review that was brought along before does not know of this flag.
    if (next?.url === find("[data-review]", rail).getAttribute("href")) next = null;
    try {
      await post(button.formAction, { csrf_token: form.elements.csrf_token.value, flag: flagged ? "on" : "off" });
    } catch (problem) {
      paintFlag(button, no, !flagged);
      if (!button.isConnected) announce(`The flag of question ${no} was not saved.`);
      else status("bad", problem.lasting ? problem.words : "The flag was not saved. Press it again.", problem.goto);
    }
    delete button.dataset.busy;
  }

  function move(button) {
    const row = button.closest("[data-row]"), up = button.name === "up";
    const other = up ? row.previousElementSibling : row.nextElementSibling;
    if (!other) return;
    if (up) other.before(row);
    else other.after(row);
    const rows = [...row.parentElement.children];
    rows.forEach((each, index) => {
      each.classList.toggle("is-moved", each === row);
      find('[name="up"]', each).disabled = index === 0;
      find('[name="down"]', each).disabled = index === rows.length - 1;
    });
    (button.disabled ? find("button:not([disabled])", row) : button).focus();
    announce(`${find("[data-text]", row).textContent.trim()}, now ${rows.indexOf(row) + 1} of ${rows.length}`);
    change();
  }

  // ---- the clock: counts the server's seconds down; performance.now() is not set back by anybody

  const clock = (() => {
    const box = document.getElementById("timer"), face = find("[data-clock]", box);
    let end, last = Infinity;
    const set = (left) => { end = performance.now() + left * 1000; };
    const words = (left) => {
      const two = (number) => String(number).padStart(2, "0"), hours = Math.floor(left / 3600), minutes = Math.floor(left / 60) % 60;
      return hours ? `${hours}:${two(minutes)}:${two(left % 60)}` : `${minutes}:${two(left % 60)}`;
    };
    const crossed = (limit, left) => left <= limit && last > limit && last !== Infinity;
    async function tick() {
      const left = Math.max(0, Math.ceil((end - performance.now()) / 1000));
      face.textContent = words(left);
      if (left <= 300) box.dataset.phase = left <= 60 ? "last" : "short";
      else delete box.dataset.phase;
      if (crossed(300, left)) announce("5 minutes left");
      if (crossed(60, left)) announce("1 minute left");
      last = left;
      if (left > 0) return;
      clearInterval(timer);
      announce("The time is up.");
      // A save that is already on its way may arrive; nothing new is sent.
      await Promise.race([running, new Promise((done) => { setTimeout(done, 2000); })]);
      leaving = true;
      location.replace(box.dataset.over);
    }
    set(Number(box.dataset.left));
    const timer = setInterval(tick, 500);
    return { set, tick };
  })();

  // ---- what the trainee does

  stage.addEventListener("change", (event) => {
    if (form?.contains(event.target)) change();
  });
  stage.addEventListener("input", (event) => {
    // Typing is unsaved until the field is left: this only makes leaving the page ask first.
    if (event.target.type === "text") changes += 1;
  });
  stage.addEventListener("submit", (event) => {
    if (event.target !== form) return;
    event.preventDefault();
    const button = event.submitter;
    if (button?.name === "flag") flag(button);
    else if (button?.name === "up" || button?.name === "down") move(button);
    else if (button?.name === "keep") change();
    else go(form.dataset.next);
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-go]");
    if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    go(link.getAttribute("href"));
  });
  window.addEventListener("online", () => { if (unsaved()) save(); });
  window.addEventListener("popstate", () => { if (location.pathname !== shown) location.reload(); });
  window.addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
  window.addEventListener("beforeunload", (event) => { if (unsaved() && !leaving) event.preventDefault(); });

  begin();
  clock.tick();
})();
