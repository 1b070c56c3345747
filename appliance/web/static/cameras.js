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

// The strip of a day is a slider: arrows go by five minutes and from event to event, Enter opens, or plays where
// recordings are played ("pick" says from when; "at" is what is shown there).
const STEP = 5;
const NEAR = 4; // minutes around an event that count as it
let minute; // kept when the strip is read again

function tend(strip) {
  const last = Number(strip.dataset.minutes) - 1;
  const moving = strip.dataset.moving ? strip.dataset.moving.split(",").map(Number) : [];
  const marks = [...strip.querySelectorAll(".mark")].sort((a, b) => a.dataset.minute - b.dataset.minute);
  const recorded = strip.dataset.recorded?.split(",").filter(Boolean).map((pair) => pair.split("-").map(Number));
  const plays = strip.dataset.plays !== undefined;
  const cursor = strip.querySelector(".cursor");
  const readout = strip.closest("section").querySelector("[data-rest]");
  const rest = readout.textContent;
  const open = strip.closest("section").querySelector("[data-open]");
  const from = strip.closest("section").querySelector("[data-from]");
  let shown; // what is played, ms since 1970
  strip.setAttribute("role", "slider");
  strip.setAttribute("aria-label", strip.dataset.label);
  strip.setAttribute("aria-valuemin", "0");
  strip.setAttribute("aria-valuemax", String(last));
  strip.tabIndex = 0;

  const at = (mark) => Number(mark.dataset.minute);
  const nearest = () => marks.filter((mark) => Math.abs(at(mark) - minute) <= NEAR).sort((a, b) => Math.abs(at(a) - minute) - Math.abs(at(b) - minute))[0];

  const begin = Number(strip.dataset.start);
  const lead = Number(strip.dataset.lead); // an event is played from so many ms before
  const clockOf = (ms) => new Date(ms).toTimeString().slice(0, 5);
  const isRecorded = () => !recorded || recorded.some(([first, end]) => first < minute + 1 && minute < end);

  function showNone() {
    cursor.hidden = open.hidden = true;
    readout.textContent = rest;
    strip.setAttribute("aria-valuenow", String(shown === undefined ? 0 : Math.max(0, Math.min(last, (shown - begin) / 60000 | 0))));
    strip.setAttribute("aria-valuetext", shown === undefined ? rest : clockOf(shown));
  }

  function show() {
    if (minute === undefined) { showNone(); return; }
    const mark = nearest();
    const clock = clockOf(begin + (mark ? at(mark) : minute) * 60000);
    const seconds = moving[minute] ?? 0;
    const quiet = isRecorded() ? strip.dataset.quiet : strip.dataset.unrecorded;
    const words = mark ? mark.dataset.words : seconds ? strip.dataset.lively.replace("{seconds}", seconds) : quiet;
    cursor.hidden = false;
    cursor.style.setProperty("--at", (minute + 0.5) / (last + 1));
    readout.textContent = `${clock} · ${words}`;
    open.hidden = !mark;
    if (mark) open.href = mark.dataset.path;
    if (from) { from.hidden = false; from.href = `${strip.dataset.recordings}?at=${moment()}`; }
    strip.setAttribute("aria-valuenow", String(minute));
    strip.setAttribute("aria-valuetext", readout.textContent);
  }

  const moment = () => { const mark = nearest(); return mark ? Number(mark.dataset.at) - lead : begin + minute * 60000; };
  const pick = () => strip.dispatchEvent(new CustomEvent("pick", { detail: moment() }));
  const leave = () => { minute = undefined; show(); };

  function go(to) { minute = Math.max(0, Math.min(last, to)); show(); }

  strip.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const now = minute ?? (shown === undefined ? last / 2 | 0 : (shown - begin) / 60000 | 0);
    const after = marks.find((mark) => at(mark) > (minute ?? -1));
    const before = marks.findLast((mark) => at(mark) < (minute ?? last + 1));
    const to = {
      ArrowLeft: now - STEP, ArrowRight: now + STEP, PageDown: now - 60, PageUp: now + 60, Home: 0, End: last,
      ArrowUp: after && at(after), ArrowDown: before && at(before),
    };
    if (event.key === "Enter" && plays) { if (minute !== undefined) pick(); }
    else if (event.key === "Enter" && minute !== undefined && nearest()) location.href = nearest().dataset.path;
    else if (event.key in to) { if (to[event.key] !== undefined) go(to[event.key]); }
    else return;
    event.preventDefault();
  });
  const point = (event) => {
    const { left, width } = strip.getBoundingClientRect();
    go(Math.floor((event.clientX - left) / width * (last + 1)));
  };
  strip.addEventListener("pointermove", point);
  if (plays) {
    strip.addEventListener("at", (event) => { shown = event.detail; if (minute === undefined) showNone(); });
    strip.addEventListener("pointerup", (event) => { if (event.button === 0) { point(event); pick(); } });
    strip.addEventListener("click", (event) => { if (!event.detail && minute !== undefined) pick(); }); // by a screen reader
    strip.addEventListener("pointerleave", leave);
    strip.addEventListener("blur", leave);
  } else strip.addEventListener("click", (event) => { point(event); if (event.detail && nearest() && event.pointerType === "mouse") location.href = nearest().dataset.path; });
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
