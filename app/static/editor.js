// Makes <div data-editor> around a textarea kinder: line numbers, marks at the lines that have something to change, and
// links that lead to the place. Without this script the textarea is as any other, and saving tells the same findings.
(function () {
  "use strict";

  function enhance(frame) {
    const text = frame.querySelector("textarea");
    const gutter = frame.querySelector(".editor-lines");
    const findings = document.getElementById("findings");
    if (!text || !gutter) return;

    function draw() {
      const count = text.value.split("\n").length;
      if (gutter.children.length !== count) {
        const lines = Array.from({ length: count }, (_, index) => {
          const line = document.createElement("span");
          line.textContent = String(index + 1);
          return line;
        });
        gutter.replaceChildren(...lines);
      }
      gutter.scrollTop = text.scrollTop;
    }

    function mark() {
      for (const line of gutter.querySelectorAll(".is-wrong, .is-remark")) line.className = "";
      for (const link of findings?.querySelectorAll("a[data-line]") ?? []) {
        const line = gutter.children[Number(link.dataset.line) - 1];
        const kind = link.closest("li").className;
        if (line && !line.classList.contains("is-wrong")) line.className = kind;
      }
    }

    function goTo(line, column) {
      const lines = text.value.split("\n");
      const start = lines.slice(0, line - 1).reduce((sum, each) => sum + each.length + 1, 0) + column - 1;
      text.focus();
      text.setSelectionRange(start, start);
      text.scrollTop = Math.max(0, (text.scrollHeight / lines.length) * (line - 4));
    }

    gutter.hidden = false;
    frame.classList.add("has-lines");
    text.addEventListener("input", draw);
    text.addEventListener("scroll", draw);
    findings?.addEventListener("click", (event) => {
      const link = event.target.closest("a[data-line]");
      if (!link) return;
      event.preventDefault();
      goTo(Number(link.dataset.line), Number(link.dataset.column));
    });
    document.addEventListener("htmx:afterSwap", (event) => {
      if (event.detail.target === findings) mark();
    });
    draw();
    mark();
  }

  document.addEventListener("DOMContentLoaded", () => {
    for (const frame of document.querySelectorAll("[data-editor]")) enhance(frame);
  });
})();
