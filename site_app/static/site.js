/* Pages work without this. It counts as one goes, takes a scanned code out of the address, and sends
   answers so that a lost network loses nothing. It stores nothing and sends only when asked to. */
(() => {
  "use strict";
  const root = document.documentElement;
  const all = (selector, within = document) => Array.from(within.querySelectorAll(selector));
  const one = (selector, within = document) => within.querySelector(selector);
  const put = (selector, words, within) =>
    all(selector, within).forEach((each) => { each.textContent = words; });
  const CODE = /^#[0-9a-z]{4}-?[0-9a-z]{4}-?[0-9a-z]{4}$/i;
  const TYPED = ".points, .place, .writing";
  const PATIENCE = 30000;
  let pressed = null;
  let sending = false;

  const answered = (place) =>
    one("input:checked", place) || all(TYPED, place).some((input) => input.value.trim());

  // How many there are of what is limited, and whether that is too many.
  function limit(each, given) {
    const over = given.length > each.dataset.most;
    put("[data-given]", given.length, each);
    each.classList.toggle("over", over);
    return over;
  }

  function count() {
    all("[data-asked]").forEach((each) => each.classList.toggle("answered", answered(each)));
    all(".person").forEach((each) => {
      const asked = all("fieldset", each);
      const given = asked.filter(answered).length;
      each.classList.toggle("begun", given > 0);
      each.classList.toggle("complete", given === asked.length);
      each.classList.remove("over");
    });
    all(".quota").forEach((each) => {
      const { question, option } = each.dataset;
      const given = all(`.person [name$="-${question}"][value="${option}"]:checked`);
      if (limit(each, given)) given.forEach((it) => it.closest(".person").classList.add("over"));
    });
    all(".picked").forEach((each) => limit(each, all("input:checked", each.closest(".question"))));
    put("[data-done]", all(".person.complete").length);
    put("[data-left]", all("[data-asked]:not(.answered)").length);
    all("[data-dot]").forEach((each) => {
      const { dot } = each.dataset;
      const over = one(`.over#${dot}`);
      const filled = !over && one(`#${dot} .answered, .complete#${dot}`);
      each.classList.toggle("over", over);
      each.classList.toggle("filled", filled);
      put("[data-state]", one(".map").dataset[over ? "over" : filled ? "filled" : "open"], each);
    });
    all(".place").forEach((each) => { each.dataset.was = each.value; });
    const open = one(".person:not(.complete)");
    all("[data-next]").forEach((each) => {
      each.hidden = !open;
      each.href = open ? `#${open.id}` : "";
    });
  }

  // A place is given to one alone: whoever had it gets the place that was left for it.
  function exchange(place) {
    const places = all(".place", place.closest(".question"));
    const other = places.find((each) => each !== place && each.value === place.value);
    if (place.value && other) other.value = place.dataset.was || "";
  }

  function show(page, hash) {
    document.title = page.title;
    root.className = `js ${page.documentElement.className}`;
    root.lang = page.documentElement.lang;
    document.body.replaceWith(page.body);
    count();
    const target = one("#refused") || (hash && one(hash)) || one("main");
    target.focus({ preventScroll: true });
    if (target.matches("main")) scrollTo(0, 0);
    else target.scrollIntoView();
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
    const timer = setTimeout(() => cut.abort(), PATIENCE);
    let words = "";
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
    } catch (lost) {
    } finally {
      clearTimeout(timer);
      wait(false);
    }
    const place = one("[data-lost]", form);
    if (words) place.textContent = words;
    place.hidden = false;
    place.focus();
  }

  function scanned() {
    const form = one("#door");
    if (!form || !CODE.test(location.hash)) return;
    const code = location.hash.slice(1);
    history.replaceState(null, "", location.pathname + location.search);
    one("#code").value = code;
    send(form, one("button", form));
  }

  document.addEventListener("click", (event) => {
    pressed = event.target.closest("button");
    if (!pressed || !pressed.classList.contains("clear")) return;
    event.preventDefault();
    const place = pressed.closest(".question, .person");
    all("input:checked", place).forEach((input) => { input.checked = false; });
    all(TYPED, place).forEach((input) => { input.value = ""; });
    one("input, select, textarea", place).focus();
    count();
  });
  document.addEventListener("submit", (event) => {
    if (!event.target.hasAttribute("data-send")) return;
    event.preventDefault();
    send(event.target, pressed);
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches(".place")) exchange(event.target);
    count();
  });
  addEventListener("hashchange", scanned);
  addEventListener("pageshow", count);
  addEventListener("beforeunload", (event) => {
    if (!one(".person.begun")) return;
    event.preventDefault();
    event.returnValue = "";
  });
  root.classList.add("js");
  scanned();
  count();
})();
