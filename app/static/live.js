// Keeps a part of a page that polls itself (htmx, `every 1s`) as it is while the server sends the same: focus, scroll
// positions and opened details stay, animations run on, and screen readers hear only what is new.
(function () {
  "use strict";

  const served = new Map(); // id of the part -> its HTML as the server sent it last

  document.addEventListener("DOMContentLoaded", () => {
    for (const part of document.querySelectorAll("[hx-get][id]")) served.set(part.id, part.innerHTML);
  });

  document.addEventListener("htmx:beforeSwap", (event) => {
    const { target, serverResponse, xhr } = event.detail;
    if (xhr.status !== 200 || !target.id) return;
    const fresh = new DOMParser().parseFromString(serverResponse, "text/html").getElementById(target.id);
    // A page without this part is another one, such as the sign-in page: leave what the reader has.
    if (fresh === null || fresh.innerHTML === served.get(target.id)) event.detail.shouldSwap = false;
    else served.set(target.id, fresh.innerHTML);
  });
})();
