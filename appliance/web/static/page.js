// What every view has: events of the box, toasts, dialogs, copying, keys. Views work without it.
const body = document.body;

function tell(name) {
  body.dispatchEvent(new CustomEvent(name, { bubbles: true }));
}

// A view is not read again under the hands of somebody who types or has something open.
const busy = "#live details[open], #live dialog[open], #live input:focus, #live textarea:focus, #live button:focus";
const waiting = new Set();

function announce(name) {
  if (name === "library" && document.querySelector(busy)) waiting.add(name);
  else tell(name);
}

function catchUp() {
  if (waiting.size && !document.querySelector(busy)) {
    const names = [...waiting];
    waiting.clear();
    names.forEach(tell);
  }
}
document.addEventListener("focusout", () => setTimeout(catchUp, 300));
document.addEventListener("toggle", () => setTimeout(catchUp, 300), true);

// Events of the box. The browser reconnects by itself; after two lost heartbeats the page says so.
const lost = document.getElementById("lost");
const SILENCE_MS = 40000;
let source, silence, again, connectedBefore = false;

function listen() {
  rest();
  const own = source = new EventSource("/events");
  own.addEventListener("hello", (event) => {
    lost.hidden = true;
    if (connectedBefore || event.data !== body.dataset.version) tell("reconnected"); // or changed meanwhile
    connectedBefore = true;
    heard();
  });
  own.addEventListener("alive", heard);
  for (const name of ["services", "library", "voice", "camera", "sighting"]) {
    own.addEventListener(name, () => { heard(); announce(name); });
  }
  own.addEventListener("error", () => {
    setTimeout(() => { if (source === own && own.readyState !== EventSource.OPEN) lost.hidden = false; }, 1500);
    if (own.readyState === EventSource.CLOSED) { checkSession(); again = setTimeout(listen, 4000); }
  });
}

function rest() {
  source?.close();
  source = undefined;
  clearTimeout(silence);
  clearTimeout(again);
}

// The stream is refused when the session is over; then there is something better to say.
async function checkSession() {
  const response = await fetch("/notice", { headers: { "HX-Request": "true" } }).catch(() => undefined);
  if (response?.status === 401) location.href = `/login?next=${encodeURIComponent(location.pathname + location.search)}`;
}

function heard() {
  clearTimeout(silence);
  silence = setTimeout(() => { lost.hidden = false; listen(); }, SILENCE_MS);
}

// Only a tab that is looked at listens: browsers allow six connections to a box for all tabs together.
const listens = lost && !document.querySelector(".sign-in");
if (listens && !document.hidden) listen();
addEventListener("pagehide", rest);
addEventListener("pageshow", (event) => { if (listens && event.persisted) listen(); });
document.addEventListener("visibilitychange", () => {
  if (!listens) return;
  rest();
  if (!document.hidden) listen();
});

// Toasts leave after a while, but not while somebody is about to use them.
const TOAST_MS = 9000;
function tend(toast) {
  let timer;
  const start = () => { timer = setTimeout(() => toast.remove(), TOAST_MS); };
  const stop = () => clearTimeout(timer);
  for (const name of ["pointerenter", "focusin"]) toast.addEventListener(name, stop);
  for (const name of ["pointerleave", "focusout"]) toast.addEventListener(name, start);
  start();
}
const toasts = document.getElementById("toasts");
if (toasts) {
  toasts.querySelectorAll("[data-toast]").forEach(tend);
  new MutationObserver(() => {
    document.querySelectorAll("[data-toast]:not([data-tended])").forEach((toast) => { toast.dataset.tended = ""; tend(toast); });
  }).observe(body, { childList: true, subtree: true });
}

document.addEventListener("click", async (event) => {
  const target = event.target.closest("[data-close-toast], [data-dialog], [data-close-dialog], [data-copy]");
  if (!target) return;
  if (target.dataset.closeToast !== undefined) target.closest("[data-toast]").remove();
  else if (target.dataset.dialog) {
    const dialog = document.getElementById(target.dataset.dialog);
    if (dialog?.showModal) { event.preventDefault(); dialog.showModal(); }
  } else if (target.dataset.closeDialog !== undefined) {
    const dialog = target.closest("dialog");
    if (dialog) { event.preventDefault(); dialog.close(); }
  } else if (target.dataset.copy !== undefined) {
    await copy(target.dataset.copy);
    say(target.dataset.copied);
  }
});

async function copy(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const field = document.createElement("textarea"); // plain http on the LAN has no clipboard API
  field.value = text;
  body.append(field);
  field.select();
  document.execCommand("copy");
  field.remove();
}

// Other files ask by an event: an import would run this one again, since its address holds its hash.
document.addEventListener("say", (event) => say(event.detail));
function say(text) {
  const toast = document.createElement("div");
  toast.className = "toast";
  toast.dataset.toast = "";
  const line = document.createElement("p");
  line.textContent = text;
  toast.append(line);
  document.getElementById("toasts").append(toast);
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "/" && !event.target.closest("input, textarea, select, [contenteditable]")) {
    const search = [...document.querySelectorAll("input[type=search]")].find((field) => field.offsetParent);
    if (search) { event.preventDefault(); search.focus(); search.select(); }
  }
});

// What goes wrong in a part of a view is said, and the part stays as it was.
document.addEventListener("htmx:before:response", (event) => {
  const status = event.detail.ctx.response.status;
  if (status >= 400 && status !== 401) { event.preventDefault(); complain(event); }
});
document.addEventListener("htmx:error", complain);
function complain(event) {
  if (event.target.matches?.("form, a, button")) say(body.dataset.failed);
}

// A form is sent once.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || form.hasAttribute("hx-post")) return;
  if (form.dataset.sent !== undefined) event.preventDefault();
  else if (!event.defaultPrevented) form.dataset.sent = "";
});
addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent));
