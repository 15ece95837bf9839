// Keeps a part of a page that polls itself (htmx, `every 1s`) as it is while its content has not changed: focus, selection
// and scroll positions stay, animations run on, and screen readers hear only what is new.
(function () {
  "use strict";

  document.addEventListener("htmx:beforeSwap", (event) => {
    const { target, serverResponse, xhr } = event.detail;
    if (xhr.status !== 200 || !target.id) return;
    const fresh = new DOMParser().parseFromString(serverResponse, "text/html").getElementById(target.id);
    // A page without this part is another one, such as the sign-in page: leave what the reader has.
    if (fresh === null || fresh.innerHTML === target.innerHTML) event.detail.shouldSwap = false;
  });
})();
