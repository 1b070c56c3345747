// The single photo: keys, swipes, and which box belongs to which name.
const link = (id) => document.getElementById(id);

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea")) return;
  const to = { ArrowLeft: "newer", ArrowRight: "older", Escape: "close" }[event.key];
  if (to && link(to)) { event.preventDefault(); link(to).click(); }
});

const stage = document.querySelector("[data-stage]");
let start;
stage.addEventListener("touchstart", (event) => { start = event.touches.length === 1 ? event.touches[0] : undefined; }, { passive: true });
stage.addEventListener("touchend", (event) => {
  if (!start || visualViewport?.scale > 1) return;
  const end = event.changedTouches[0];
  const across = end.clientX - start.clientX;
  if (Math.abs(across) > 70 && Math.abs(across) > 2 * Math.abs(end.clientY - start.clientY)) link(across > 0 ? "newer" : "older")?.click();
}, { passive: true });

for (const row of document.querySelectorAll("[data-box]")) {
  const box = link(row.dataset.box);
  const show = (shown) => () => box?.classList.toggle("shown", shown);
  row.addEventListener("pointerenter", show(true));
  row.addEventListener("pointerleave", show(false));
  row.addEventListener("focusin", show(true));
  row.addEventListener("focusout", show(false));
  box?.addEventListener("click", (event) => {
    event.preventDefault();
    const details = row.querySelector("details");
    details.open = true;
    row.scrollIntoView({ block: "nearest" });
    details.querySelector("input:not([type=hidden])")?.focus();
  });
}

// Look ahead, so that the next picture is there at once.
for (const id of ["older", "newer"]) {
  const path = link(id)?.getAttribute("href");
  if (path) setTimeout(() => { new Image().src = `${path}/thumbnail`; }, 400);
}
