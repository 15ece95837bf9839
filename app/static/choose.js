// A box that ticks all others of a form: those in the table whose `form` it names.
document.addEventListener("change", (event) => {
  const all = event.target.closest("[data-choose-all]");
  if (!all) return;
  for (const box of document.querySelectorAll(`input[type="checkbox"][form="${all.dataset.chooseAll}"]`)) {
    box.checked = all.checked;
  }
});
for (const all of document.querySelectorAll("[data-choose-all]")) all.closest("[hidden]")?.removeAttribute("hidden");
