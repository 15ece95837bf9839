// Keeps a page at what happens: a part with `data-events` listens to the server's events and fetches itself anew
// (htmx, the event `look`) when the state changes; without events it looks from time to time. A part that polls itself
// (htmx, `every ...`) is left as it is while the server sends the same: focus, scroll positions and opened details stay,
// animations run on, and screen readers hear only what is new.
(function () {
  "use strict";

  const LOOK_MILLISECONDS = 2000;
  const served = new Map(); // id of the part -> its HTML as the server sent it last
  let source = null;
  let timer = null;
  let known = ""; // state and phase as they are on the page
  let watched = ""; // the address of the events

  const part = () => document.querySelector("[data-events]");

  function look() {
    const found = part();
    if (found) window.htmx.trigger(found, "look");
    else stop();
  }

  function poll() {
    if (timer === null) timer = window.setInterval(look, LOOK_MILLISECONDS);
  }

  function stop() {
    source?.close();
    source = null;
    window.clearInterval(timer);
    timer = null;
  }

  function duration(seconds) {
    const [count, unit] = seconds < 60 ? [Math.max(1, Math.round(seconds)), "second"] : [Math.ceil(seconds / 60), "minute"];
    return `${count.toLocaleString("en-GB")} ${unit}${count === 1 ? "" : "s"}`;
  }

  function place(news) {
    if (news.position === null) return;
    const ahead = news.position.toLocaleString("en-GB");
    const told = news.position === 0 ? "it is next" : `${ahead} ${news.position === 1 ? "grading is" : "gradings are"} ahead of it`;
    const expected = news.expected_seconds === null ? "" : `, about ${duration(news.expected_seconds)}`;
    for (const [name, text] of [["position", told], ["expected", expected]]) {
      const node = document.querySelector(`[data-live="${name}"]`);
      if (node) node.textContent = text;
    }
  }

  function take(event) {
    const news = JSON.parse(event.data);
    window.clearInterval(timer); // the events are back
    timer = null;
    const now = `${news.state} ${news.phase} ${news.ended}`;
    if (now !== known) {
      known = now;
      look();
    } else place(news);
    if (news.ended) {
      source.close();
      source = null;
      poll(); // until the page has its end too
    }
  }

  function listen() {
    const found = part();
    if (!found) return;
    watched = found.dataset.events;
    if (!("EventSource" in window)) {
      poll();
      return;
    }
    source = new EventSource(watched);
    source.addEventListener("news", take);
    source.addEventListener("error", () => {
      poll(); // a lost stream comes back by itself, unless the server refuses it
      if (source?.readyState === EventSource.CLOSED) source = null;
    });
  }

  // A hidden page holds no stream, of which a browser has few; when it is seen again it looks at once.
  function changeVisibility() {
    stop();
    if (document.visibilityState === "hidden" || !part()) return;
    look();
    listen();
  }

  document.addEventListener("DOMContentLoaded", () => {
    for (const polled of document.querySelectorAll("[hx-get][id]")) served.set(polled.id, polled.innerHTML);
    if (!part()) return;
    if (document.visibilityState !== "hidden") listen();
    document.addEventListener("visibilitychange", changeVisibility);
    window.addEventListener("pagehide", stop);
  });

  document.addEventListener("htmx:beforeSwap", (event) => {
    const { target, serverResponse, xhr } = event.detail;
    if (xhr.status !== 200 || !target.id) return;
    const fresh = new DOMParser().parseFromString(serverResponse, "text/html").getElementById(target.id);
    // A page without this part is another one, such as the sign-in page: leave what the reader has.
    if (fresh === null || fresh.innerHTML === served.get(target.id)) event.detail.shouldSwap = false;
    else served.set(target.id, fresh.innerHTML);
  });

  document.addEventListener("htmx:afterSettle", () => {
    if (watched && !part()) stop();
  });
})();
