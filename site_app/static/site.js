/* Pages work without this. It counts, takes a scanned code out of the address, and sends so that a lost
   network loses nothing. It stores nothing and sends only when asked to. */
(() => {
  "use strict";
  const root = document.documentElement;
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const one = (selector, within = document) => within.querySelector(selector);
  const put = (selector, words, within) =>
    all(selector, within).forEach((each) => { each.textContent = words; });
  const mark = (each, name, is) => each.classList.toggle(name, is);
  const TYPED = ".points, .place, .writing";
  let pressed;
  let sending;

  const answered = (place) =>
    one("input:checked", place) || all(TYPED, place).some((input) => input.value.trim());

  function limit(each, given) {
    put("[data-given]", given.length, each);
    return mark(each, "over", given.length > each.dataset.most);
  }

  function count() {
    all("[data-asked]").forEach((each) => mark(each, "answered", answered(each)));
    all(".person").forEach((each) => {
      mark(each, "begun", answered(each));
      mark(each, "complete", all("fieldset", each).every(answered));
      mark(each, "over", false);
    });
    all(".quota").forEach((each) => {
      const { question, option } = each.dataset;
      const given = all(`.person [name$="-${question}"][value="${option}"]:checked`);
      if (limit(each, given)) given.forEach((it) => mark(it.closest(".person"), "over", true));
    });
    all(".picked").forEach((each) => limit(each, all("input:checked", each.closest(".question"))));
    put("[data-done]", all(".complete").length);
    put("[data-left]", all("[data-asked]:not(.answered)").length);
    all("[data-dot]").forEach((each) => {
      const { dot } = each.dataset;
      const filled = one(`#${dot} .answered, .complete#${dot}`);
      const state = one(`.over#${dot}`) ? "over" : filled ? "filled" : "open";
      each.className = `dot ${state}`;
      put("[data-state]", one(".map").dataset[state], each);
    });
    all(".place").forEach((each) => { each.dataset.was = each.value; });
    const open = one(".person:not(.complete)");
    all("[data-next]").forEach((each) => {
      each.hidden = !open;
      each.href = open ? `#${open.id}` : "";
    });
  }

  // A place is one's alone: who had it gets the one left for it.
  function exchange(place) {
    const places = all(".place", place.closest(".question"));
    const other = places.find((each) => each !== place && each.value === place.value);
    if (place.value && other) other.value = place.dataset.was;
  }

  // In large type Back leads to the screen before.
  function arrive() {
    count();
    const at = one("#answers [name=at]");
    if (!at || at.value === history.state) return;
    history[history.state ? "pushState" : "replaceState"](at.value, "");
  }

  function show(page, hash) {
    document.title = page.title;
    root.className = `js ${page.documentElement.className}`;
    root.lang = page.documentElement.lang;
    document.body.replaceWith(page.body);
    arrive();
    const target = one("#refused") || (hash && one(hash));
    (target || one("main")).focus({ preventScroll: true });
    (target || document.body).scrollIntoView();
  }

  function wait(is) {
    sending = is;
    all("button").forEach((each) => { each.disabled = is; });
  }

  async function send(form, button) {
    if (sending) return;
    const data = new URLSearchParams(new FormData(form));
    if (button.name) data.append(button.name, button.value);
    const target = new URL(button.getAttribute("formaction") || form.action, location);
    const cut = new AbortController();
    setTimeout(() => cut.abort(), 30000);
    const place = one("[data-lost]", form);
    const say = (words) => {
      place.textContent = words;
      place.hidden = false;
    };
    const slow = setTimeout(say, 1000, place.dataset.wait);
    let words;
    wait(true);
    try {
      const response = await fetch(target, { method: "POST", body: data, signal: cut.signal });
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      const main = one("main", page);
      if (main && (response.ok || one("form", main))) {
        show(page, target.hash);
        return;
      }
      if (main) words = all("h1, p:not(.actions)", main).map((each) => each.textContent).join(" ");
    } catch {
    } finally {
      clearTimeout(slow);
      wait(false);
    }
    say(words || place.dataset.lost);
    place.focus();
  }

  // The code, and what a chat hangs on a link; the site reads which is which.
  function scanned() {
    const form = one("#door");
    const code = new URLSearchParams(`c=${location.hash.slice(1)}`).get("c").normalize("NFKC");
    if (!/^\W*([\da-z]{4}[-\s]*){3}/i.test(code)) return;
    history.replaceState(null, "", location.pathname + location.search);
    if (!form) return;
    one("#code").value = code;
    send(form, one("button", form));
  }

  addEventListener("click", (event) => {
    pressed = event.target.closest("button");
    if (!pressed || !pressed.matches(".clear")) return;
    event.preventDefault();
    const place = pressed.closest(".question, .person");
    all("input:checked", place).forEach((input) => { input.checked = false; });
    all(TYPED, place).forEach((input) => { input.value = ""; });
    one("input, select, textarea", place).focus();
    count();
  });
  addEventListener("submit", (event) => {
    if (!event.target.matches("[data-send]")) return;
    event.preventDefault();
    send(event.target, pressed);
  });
  addEventListener("change", ({ target }) => {
    if (target.matches(".place")) exchange(target);
    count();
  });
  addEventListener("hashchange", scanned);
  addEventListener("pageshow", count);
  addEventListener("popstate", ({ state }) => {
    const button = state && one("button[name=step]");
    if (button) send(button.form, Object.assign(button.cloneNode(), { value: state }));
  });
  addEventListener("beforeunload", (event) => {
    const form = one("#answers");
    if (!sending && form && (answered(form) || one(".review"))) event.returnValue = true;
  });
  root.classList.add("js");
  scanned();
  arrive();
})();
