// Cameras: pictures of now while somebody looks, the strip of a day, keys and film of an event.

// A picture is asked for when the last one is there, the tab is looked at and the picture is in sight.
const TICK_MS = 200;
const LATE = 2; // pictures that did not come before the view says so
const SLOWEST_MS = 15000;
const looks = new WeakMap();

function inSight(element) {
  const { top, bottom, width } = element.getBoundingClientRect();
  return width > 0 && bottom > 0 && top < innerHeight;
}

async function look(scene) {
  if (!looks.has(scene)) looks.set(scene, { next: 0, failed: 0, busy: false, url: "" });
  const state = looks.get(scene);
  if (state.busy || Date.now() < state.next || !inSight(scene)) return;
  state.busy = true;
  const every = Number(scene.dataset.every);
  state.next = Date.now() + every;
  try {
    const response = await fetch(scene.dataset.live, { cache: "no-store", headers: { "HX-Request": "true" } });
    if (response.status === 401) { location.href = "/login"; return; }
    if (!response.ok) throw new Error(String(response.status));
    const url = URL.createObjectURL(await response.blob());
    const image = scene.querySelector("img");
    image.src = url;
    await image.decode().catch(() => {});
    URL.revokeObjectURL(state.url);
    state.url = url;
    state.failed = 0;
    delete scene.dataset.late;
  } catch {
    state.failed += 1;
    state.next = Date.now() + Math.min(SLOWEST_MS, every * 2 ** state.failed);
    if (state.failed >= LATE) scene.dataset.late = "";
  } finally {
    state.busy = false;
  }
}
setInterval(() => { if (!document.hidden) document.querySelectorAll("[data-live]").forEach(look); }, TICK_MS);

// The strip of a day is a slider: arrows go by five minutes and from event to event, Enter opens.
const STEP = 5;
const NEAR = 4; // minutes around an event that count as it
let minute; // kept when the strip is read again

function tend(strip) {
  const last = Number(strip.dataset.minutes) - 1;
  const moving = strip.dataset.moving ? strip.dataset.moving.split(",").map(Number) : [];
  const marks = [...strip.querySelectorAll(".mark")].sort((a, b) => a.dataset.minute - b.dataset.minute);
  const cursor = strip.querySelector(".cursor");
  const readout = strip.closest("section").querySelector("[data-rest]");
  const open = strip.closest("section").querySelector("[data-open]");
  strip.setAttribute("role", "slider");
  strip.setAttribute("aria-label", strip.dataset.label);
  strip.setAttribute("aria-valuemin", "0");
  strip.setAttribute("aria-valuemax", String(last));
  strip.tabIndex = 0;

  const at = (mark) => Number(mark.dataset.minute);
  const nearest = () => marks.filter((mark) => Math.abs(at(mark) - minute) <= NEAR).sort((a, b) => Math.abs(at(a) - minute) - Math.abs(at(b) - minute))[0];

  function show() {
    if (minute === undefined) { strip.setAttribute("aria-valuenow", "0"); strip.setAttribute("aria-valuetext", readout.textContent); return; }
    const mark = nearest();
    const clock = new Date(Number(strip.dataset.start) + (mark ? at(mark) : minute) * 60000).toTimeString().slice(0, 5);
    const seconds = moving[minute] ?? 0;
    const words = mark ? mark.dataset.words : seconds ? strip.dataset.lively.replace("{seconds}", seconds) : strip.dataset.quiet;
    cursor.hidden = false;
    cursor.style.setProperty("--at", (minute + 0.5) / (last + 1));
    readout.textContent = `${clock} · ${words}`;
    open.hidden = !mark;
    if (mark) open.href = mark.dataset.path;
    strip.setAttribute("aria-valuenow", String(minute));
    strip.setAttribute("aria-valuetext", readout.textContent);
  }

  function go(to) { minute = Math.max(0, Math.min(last, to)); show(); }

  strip.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const from = minute ?? last / 2 | 0;
    const after = marks.find((mark) => at(mark) > (minute ?? -1));
    const before = marks.findLast((mark) => at(mark) < (minute ?? last + 1));
    const to = {
      ArrowLeft: from - STEP, ArrowRight: from + STEP, PageDown: from - 60, PageUp: from + 60, Home: 0, End: last,
      ArrowUp: after && at(after), ArrowDown: before && at(before),
    };
    if (event.key === "Enter" && minute !== undefined && nearest()) location.href = nearest().dataset.path;
    else if (event.key in to) { if (to[event.key] !== undefined) go(to[event.key]); }
    else return;
    event.preventDefault();
  });
  const point = (event) => {
    const { left, width } = strip.getBoundingClientRect();
    go(Math.floor((event.clientX - left) / width * (last + 1)));
  };
  strip.addEventListener("pointermove", point);
  strip.addEventListener("click", (event) => { point(event); if (event.detail && nearest() && event.pointerType === "mouse") location.href = nearest().dataset.path; });
  show();
}

const strips = new WeakSet();
function findStrips() {
  for (const strip of document.querySelectorAll("[data-strip]")) if (!strips.has(strip)) { strips.add(strip); tend(strip); }
}
findStrips();
new MutationObserver(findStrips).observe(document.body, { childList: true, subtree: true });

// One event: its neighbours by keys, and what to do when the browser cannot play the film.
document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea, video, [role=slider]")) return;
  const link = document.getElementById({ ArrowLeft: "newer", ArrowRight: "older", Escape: "close" }[event.key]);
  if (link) { event.preventDefault(); link.click(); }
});
const film = document.getElementById("film");
film?.addEventListener("error", () => { document.querySelector(".unplayable").hidden = false; });
