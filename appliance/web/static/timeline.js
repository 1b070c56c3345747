// Fills the blocks of the timeline that come near the screen and empties those that are far away. Their
// heights are known from CSS, so scrolling never jumps.

const timeline = document.getElementById("timeline");
const NEAR = "1200px 0px";
const FAR = "6000px 0px";
const BATCH = 40;

if (timeline) {
  const wanted = new Map();
  let asking = false;

  const near = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      if (isIntersecting && !target.firstElementChild) wanted.set(target.dataset.block, target);
      else if (!isIntersecting) wanted.delete(target.dataset.block);
    }
    if (wanted.size && !asking) ask();
  }, { rootMargin: NEAR });

  const far = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      if (!isIntersecting && target.firstElementChild && !target.contains(document.activeElement)) target.replaceChildren();
    }
  }, { rootMargin: FAR });

  async function ask() {
    asking = true;
    await new Promise(requestAnimationFrame);
    try {
      while (wanted.size) {
        const keys = [...wanted.keys()].slice(0, BATCH);
        const query = new URLSearchParams(keys.map((key) => ["block", key]));
        const response = await fetch(`/photos/blocks?${query}`, { headers: { "HX-Request": "true" } });
        if (response.status === 401) { location.href = "/login"; return; }
        if (!response.ok) throw new Error(String(response.status));
        const template = document.createElement("template");
        template.innerHTML = await response.text();
        for (const part of template.content.children) {
          wanted.get(part.dataset.block)?.replaceChildren(...part.childNodes);
        }
        for (const key of keys) wanted.delete(key);
      }
    } catch {
      document.dispatchEvent(new CustomEvent("say", { detail: timeline.dataset.failed }));
      setTimeout(() => { if (wanted.size && !asking) ask(); }, 3000);
    } finally {
      asking = false;
    }
  }

  for (const block of timeline.querySelectorAll(".block")) {
    near.observe(block);
    far.observe(block);
  }

}

// New photos: at the top the view is read again by itself, further down it offers to.
const skeleton = (root) => [...(root?.querySelectorAll(".block") ?? [])].map((block) => block.dataset.block + block.getAttribute("style")).join();
let pending;
function refresh() {
  clearTimeout(pending);
  pending = setTimeout(async () => {
    const response = await fetch("/photos", { headers: { Accept: "text/html" } });
    if (!response.ok) return;
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    if (skeleton(page.getElementById("timeline")) === skeleton(timeline)) return;
    if (scrollY < 200) location.reload();
    else document.getElementById("fresh").hidden = false;
  }, 1500);
}
document.body.addEventListener("library", refresh);
document.body.addEventListener("reconnected", refresh);
