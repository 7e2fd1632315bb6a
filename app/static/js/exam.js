// A running attempt: each change is saved at once, and the answer to a save brings the next item, which Next shows without a request.
// Nothing moves on by itself, except that the time runs out. Without this file the same forms post and are redirected.
(() => {
  "use strict";

  const RETRY_FIRST = 2000, RETRY_LAST = 30000, PATIENCE = 15000; // ms
  const TYPING = 1200, FRESH = 60000, PAUSE = 1500; // ms: a typed number rests; an item brought along is new; between two looks
  const CONTROLS = ["csrf_token", "revision", "certainty"];
  const stage = document.getElementById("stage"), rail = document.getElementById("rail"), offline = document.getElementById("offline");
  const find = (selector, root = document) => root.querySelector(selector);

  let part, form;               // what the stage shows; form is null on the review
  let shown = location.pathname;
  let changes = 0, saved = 0;   // changes of the shown item, and how many of them the server has
  let running = null;           // the save under way
  let retry = 0, pause = RETRY_FIRST;
  let sent = null;              // what was sent without an answer: it may be saved or not, and goes first again
  let next = null;              // {url, html, at} as the last save brought it
  let typing = 0, looking = 0, looked = 0, stale = false;
  let leaving = false;
  let wanted = null, trying = 0, wait = RETRY_FIRST; // {url, body}: where one wants to go, and the next try without a connection
  let asked = false, over = false; // whether it was said that the order as shown is not saved; the time is up

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

  // Resolves to the JSON answer; throws {words, goto, newer, status, lasting}: lasting means that trying again is of no use.
  async function post(url, body) {
    let response;
    try {
      response = await fetch(url, {
        method: "POST", body: new URLSearchParams(body), signal: AbortSignal.timeout(PATIENCE),
        headers: { "X-Fluence": "fragment", Accept: "application/json" },
      });
      const answer = await response.json();
      if (response.ok) return answer;
      const lasting = ![403, 408, 429].includes(response.status) && response.status < 500;
      throw { words: answer.error, goto: answer.goto, newer: answer.newer, status: response.status, lasting };
    } catch (problem) {
      if ("words" in problem) throw problem;
      const lasting = Boolean(response) && response.status < 500;
      throw { words: "Not saved. Load this page again.", goto: lasting ? location.href : null, lasting };
    }
  }

  function failed(problem) {
    if (problem.newer) return overtake(problem.newer);
    if (problem.lasting) {
      sent = null;
      const number = problem.status === 409 && wrong(problem.words);
      return status("bad", number ? "Not saved yet." : problem.words, problem.goto);
    }
    // Outside the clinic's network the server says what to do; the rest is the connection.
    status("bad", problem.status === 403 ? `Not saved. ${problem.words}` : "Not saved. Check your connection; we keep trying.");
    retry = setTimeout(save, pause);
    pause = Math.min(pause * 2, RETRY_LAST);
  }

  // Another page saved something newer: it is shown, and the notice in it says so.
  function overtake(html) {
    stage.innerHTML = html;
    begin();
    retry = 0;
    mark(part.dataset.no, { answered: answered() });
    find("h1", part).focus();
  }

  // A number that cannot be read is marked as such, until it is changed.
  function wrong(words) {
    const field = form?.elements.value, line = document.getElementById("value-error");
    if (!line) return false;
    line.hidden = !words;
    find("[data-error]", line).textContent = words;
    if (words) field.setAttribute("aria-invalid", "true");
    else field.removeAttribute("aria-invalid");
    field.setAttribute("aria-describedby", `${words ? "value-error " : ""}value-unit value-hint understood`);
    return true;
  }

  const written = () => new URLSearchParams(new FormData(form));

  // Sends until the server has the latest change. Resolves to whether it has. What may have arrived already is sent
  // again as it was, with the revision that it was based on: the server tells it from a change of somebody else.
  async function send() {
    while (unsaved()) {
      const sending = sent?.changes ?? changes, to = form.action;
      sent ??= { changes, body: written() };
      if (!retry) status("busy", "Saving…");
      try {
        const answer = await post(to, sent.body);
        sent = null;
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
    clearTimeout(typing);
    running = send().finally(() => { running = null; });
    return running;
  }

  function accept(answer) {
    retry = 0;
    pause = RETRY_FIRST;
    next = answer.next ? { url: answer.next_url, html: answer.next, at: performance.now() } : null;
    form.elements.revision.value = part.dataset.state = answer.revision;
    find("[data-note]", part)?.remove();
    wrong("");
    others?.postMessage(location.pathname);
    if ("left" in answer) clock.set(answer.left);
    forget(find("[data-keep]", part));
    mark(part.dataset.no, { answered: answered() });
    if (!unsaved()) status("saved", `Saved at ${answer.saved}${answer.understood && `. Understood: ${answer.understood}`}`);
  }

  // "Save this order" has done its work: the focus goes on to Next.
  function forget(keep) {
    if (keep?.contains(document.activeElement)) find("[data-next-button]", part).focus();
    keep?.remove();
  }

  function change() {
    stay();
    changes += 1;
    return save();
  }

  const answered = () => [...new FormData(form)].some(([name, value]) => !CONTROLS.includes(name) && value.trim() !== "");

  // ---- moving about

  async function go(url) {
    stay();
    if (unsaved() && !(await save())) return find("[aria-invalid]", part)?.focus(); // the line says why; pressing again tries again
    if (unsaved()) return;
    if (next?.url === url && performance.now() - next.at < FRESH) show(next);
    else reach(url);
  }

  // Fetched first, and gone to then: without a connection the browser would put a page of its own in the exam's place.
  async function reach(url, body = null) {
    const mine = wanted = { url, body };
    clearTimeout(trying);
    stage.setAttribute("aria-busy", "true");
    let response, text;
    try {
      if (body) return leave((await post(url, body)).goto);
      response = await fetch(url, { headers: { Accept: "text/html" }, signal: AbortSignal.timeout(PATIENCE) });
      if (response.status >= 500) throw new Error(response.status);
      text = await response.text();
    } catch (problem) {
      if (problem.lasting) return leave(problem.goto ?? url);
      if (wanted === mine) hold();
      return;
    }
    if (wanted !== mine) return; // something else was pressed meanwhile
    stay();
    const page = new DOMParser().parseFromString(text, "text/html");
    if (response.redirected || !response.ok || !find("[data-part]", page)) return leave(response.url);
    frame(page);
    show({ url, html: find("#stage", page).innerHTML });
  }

  // Says that there is no connection, and goes on by itself when there is one, unless something else is done meanwhile.
  function hold() {
    stage.removeAttribute("aria-busy");
    const words = over ? "The time is up, and what you saved counts. No connection: the result is shown when it is back."
      : wanted.body ? "No connection. Your exam is not submitted yet; we submit it when it is back."
        : "No connection. You are still here; we go on when it is back.";
    if (offline.hidden) announce(words);
    offline.textContent = words;
    offline.hidden = false;
    trying = setTimeout(again, wait);
    wait = Math.min(wait * 2, RETRY_LAST);
  }

  const again = () => wanted && reach(wanted.url, wanted.body);

  function stay() {
    if (over) return;
    clearTimeout(trying);
    wanted = null;
    wait = RETRY_FIRST;
    offline.hidden = true;
    stage.removeAttribute("aria-busy");
  }

  function leave(url) {
    leaving = true;
    location.assign(url);
  }

  function show({ url, html }) {
    stage.innerHTML = html;
    history.pushState(null, "", url);
    find("details", rail).open = false;
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
    sent = next = null;
    asked = false;
    stay();
    rail.querySelectorAll("[aria-current]").forEach((link) => link.removeAttribute("aria-current"));
    find(part.dataset.no ? `[data-no="${part.dataset.no}"]` : "[data-review]", rail).setAttribute("aria-current", "step");
  }

  // ---- what another tab or device saved

  const others = "BroadcastChannel" in window ? new BroadcastChannel("fluence-exam") : null;

  // Looks at what the server has now. What was chosen here and is not saved yet is never touched.
  async function look() {
    if (document.hidden || unsaved() || running || leaving) return;
    clearTimeout(looking);
    if (performance.now() - looked < PAUSE) {
      looking = setTimeout(look, PAUSE);
      return;
    }
    looked = performance.now();
    stale = false;
    const asked = location.pathname;
    try {
      const response = await fetch(asked, { headers: { Accept: "text/html" }, signal: AbortSignal.timeout(PATIENCE) });
      if (response.redirected) return leave(response.url);
      if (!response.ok) return;
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      if (!unsaved() && !running && location.pathname === asked) renew(page);
    } catch { /* without a connection nothing newer can be shown; the next save says so */ }
  }

  function renew(page) {
    const theirs = find("[data-part]", page);
    frame(page);
    if (theirs.dataset.state === part.dataset.state) return;
    stage.replaceChildren(theirs);
    begin();
    announce("Changed in another tab or on another device. This is the latest.");
    if (form) status("saved", `${document.getElementById("save").textContent} in another tab or device`);
  }

  // The sums, the numbers and the clock around an item, as a page that was fetched has them.
  function frame(page) {
    for (const which of [".rail-sum", ".numbers"]) find(which, rail).replaceWith(find(which, page));
    clock.set(Number(page.getElementById("timer").dataset.left));
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

  // ---- flag

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
      over = true;
      reach(box.dataset.over);
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
    if (event.target.type !== "text") return;
    stay();
    // Half a number is not sent while it is typed; it is unsaved all the same, and leaving the page asks first.
    changes += 1;
    clearTimeout(typing);
    if (/^([+-]?\d{1,9}([.,]\d{1,9})?)?$/.test(event.target.value.trim())) typing = setTimeout(save, TYPING);
  });
  stage.addEventListener("submit", (event) => {
    const button = event.submitter, target = event.target;
    event.preventDefault();
    if (target !== form) return reach(target.action, new URLSearchParams(new FormData(target)));
    if (button?.name === "flag") return flag(button);
    if (button?.name === "keep") return change();
    if (skips()) return status("ask", "This order is not saved. Save it, or go on once more to leave it unanswered.");
    go(form.dataset.next);
  });

  // Steps that stand right as they are shown are not saved by looking at them: that is said once before going on.
  const skips = () => !asked && !unsaved() && find("[data-keep]", part) && (asked = true);
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-go]");
    if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    go(link.getAttribute("href"));
  });
  window.addEventListener("online", () => { if (unsaved()) save(); else again(); });
  const outdate = () => { stale = true; next = null; };
  const lookAgain = () => { if (stale) look(); };
  others?.addEventListener("message", ({ data }) => {
    if (data.split("/")[2] !== shown.split("/")[2]) return;
    outdate();
    look();
  });
  document.addEventListener("visibilitychange", () => { if (document.hidden) outdate(); else lookAgain(); });
  window.addEventListener("blur", outdate);
  window.addEventListener("focus", lookAgain);
  window.addEventListener("popstate", () => { if (location.pathname !== shown) location.reload(); });
  window.addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
  window.addEventListener("beforeunload", (event) => { if (unsaved() && !leaving) event.preventDefault(); });

  begin();
  clock.tick();
})();
