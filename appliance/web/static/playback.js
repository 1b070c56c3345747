// Plays what a camera recorded on a day: pieces of some ten seconds, in two films in turn. While one plays the next
// piece is fetched whole, so no connection to the box stays open and none is waited for without end.
const STEP_MS = 10000;
const GAP_MS = 3000; // what is missing for less is not worth a word
const MORE_MS = 2000; // what was recorded since is worth being fetched
const FETCH_MS = 30000;
const OPEN_MS = 10000; // for a film that is here already
const SEEK_MS = 3000;
const SAID_MS = 8000;
const EDGE_S = 0.05; // so near its end a film is over

const player = document.getElementById("player");
if (player) start();

function start() {
  const words = player.dataset;
  const find = (selector) => player.querySelector(selector);
  const button = (name) => find(`[data-do=${name}]`);
  const strip = find("[data-strip]");
  const lead = Number(strip.dataset.lead); // an event is played from so many ms before
  const day = { start: Number(strip.dataset.start), length: Number(strip.dataset.minutes) * 60000 };
  const films = [...player.querySelectorAll("video")].map((element) => ({ element, piece: undefined, loaded: undefined, stop: undefined, url: "" }));
  const events = [...strip.querySelectorAll(".mark")].map((mark) => ({ at: Number(mark.dataset.at), words: mark.dataset.words })).sort((a, b) => a.at - b.at);
  const missing = new Set(); // pieces that are listed and cannot be had
  let pieces = []; // { start, end }, ms since 1970, in order
  let current; // the film that is seen
  let reached = Number(words.at); // where it stands, or goes to, while no film does
  let turn = 0; // whoever waits looks whether it is still his turn
  let playing = words.plays !== undefined;
  let played = false;
  let fading;

  const clock = (at, exact = true) => new Date(at).toTimeString().slice(0, exact ? 8 : 5);
  const here = () => (current && words.loading === undefined ? current.piece.start + current.element.currentTime * 1000 : reached);
  const other = () => films.find((film) => film !== current);
  const same = (one, piece) => one?.start === piece.start && one.end === piece.end;

  function say(text) {
    find(".said").textContent = text;
    clearTimeout(fading);
    if (text) fading = setTimeout(() => { find(".said").textContent = ""; }, SAID_MS);
  }

  function gap(from, to) {
    if (to - from <= GAP_MS) return "";
    const exact = to - from < 120000;
    return words.gap.replace("{begin}", clock(from, exact)).replace("{end}", clock(to, exact));
  }

  // What there is, as the box says it now; it is read again where it ends and where something is gone.
  async function read() {
    const response = await fetch(`${words.base}/pieces?day=${words.day}`, { signal: AbortSignal.timeout(FETCH_MS) }).catch(() => undefined);
    if (response?.status === 401) leave();
    if (!response?.ok) return false;
    const found = await response.json().catch(() => undefined);
    if (!found) return false;
    pieces = found.pieces.map(([offset, length]) => ({ start: found.start + offset, end: found.start + offset + length })).filter((piece) => !missing.has(piece.start));
    return true;
  }

  function leave() { location.href = `/login?next=${encodeURIComponent(location.pathname + location.search)}`; }

  // Resolves with whether the event came; false after an error or so many ms.
  function comes(element, name, limit) {
    return new Promise((done) => {
      const over = new AbortController();
      const end = (good) => { clearTimeout(timer); over.abort(); done(good); };
      const timer = setTimeout(end, limit, false);
      element.addEventListener(name, () => end(true), { signal: over.signal });
      element.addEventListener("error", () => end(false), { signal: over.signal });
    });
  }

  // "ready", "gone", "late", "broken" (nothing in it can be played), or the format that the browser cannot play.
  function load(film, piece) {
    if (same(film.piece, piece) && film.loaded) return film.loaded;
    film.stop?.abort();
    film.stop = new AbortController();
    film.piece = piece;
    const loaded = film.loaded = fill(film, piece, film.stop);
    loaded.then((outcome) => { if (outcome !== "ready" && film.loaded === loaded) film.loaded = undefined; });
    return loaded;
  }

  async function fill(film, piece, stop) {
    const { element } = film;
    const timer = setTimeout(() => stop.abort(), FETCH_MS);
    let blob;
    try {
      const response = await fetch(`${words.base}/${piece.start}.mp4`, { signal: stop.signal });
      if (response.status === 401) leave();
      if (response.status === 404) return "gone";
      if (!response.ok) return "late";
      blob = await response.blob();
    } catch {
      return "late";
    } finally {
      clearTimeout(timer);
    }
    if (stop.signal.aborted) return "late";
    URL.revokeObjectURL(film.url);
    film.url = element.src = URL.createObjectURL(blob);
    if (await comes(element, "loadedmetadata", OPEN_MS)) return element.duration > 0 ? "ready" : "broken";
    return element.error && !played ? format(blob) : "broken";
  }

  async function format(blob) {
    const head = new TextDecoder("latin1").decode(await blob.slice(0, 4096).arrayBuffer());
    const names = { avc1: "H.264", hvc1: "H.265", hev1: "H.265", mp4v: "MJPEG, MPEG-4", av01: "AV1", vp09: "VP9" };
    return names[Object.keys(names).find((kind) => head.includes(kind))] ?? "?";
  }

  // Shows what was recorded at a moment, or what comes next; plays on if it plays.
  async function goTo(at, because = "") {
    const mine = turn += 1;
    reached = at;
    words.loading = "";
    find(".notice").hidden = true;
    current?.element.pause();
    let piece = pieces.find((one) => one.end > at);
    if (!piece) { // perhaps more was recorded since
      const known = await read();
      if (mine !== turn) return;
      if (!known) return stay(at, words.late);
      piece = pieces.find((one) => one.end > at + MORE_MS);
    }
    if (!piece) return stay(at, words.over.replace("{at}", clock(Math.min(at, pieces.at(-1)?.end ?? at))));
    const before = pieces.findLast((one) => one.end <= at);
    const said = because || (at < piece.start ? gap(Math.max(before?.end ?? 0, day.start), piece.start) : "");
    if (said) say(said);
    const film = films.find((one) => same(one.piece, piece)) ?? other();
    const outcome = await load(film, piece);
    if (mine !== turn) return;
    if (outcome === "late") return stay(at, words.late);
    if (outcome === "ready") return show(film, (at - piece.start) / 1000, mine);
    if (outcome === "broken") return passOver(piece);
    if (outcome === "gone") {
      await read();
      return mine === turn ? passOver(piece, words.gone) : undefined;
    }
    stay(at);
    find(".notice .words").textContent = words.unplayable.replace("{format}", outcome);
    find(".notice").hidden = false;
    find(".save").href = `${words.base}/${piece.start}.mp4?save`;
  }

  function passOver(piece, why = words.broken) {
    missing.add(piece.start);
    pieces = pieces.filter((one) => one.start !== piece.start);
    return goTo(reached, why);
  }

  async function show(film, from, mine) {
    const { element, piece } = film;
    if (from > element.duration - EDGE_S && from > 0) return onto(piece, piece.start + element.duration * 1000);
    element.currentTime = Math.max(0, from);
    await comes(element, "seeked", SEEK_MS);
    if (mine !== turn) return;
    if (element.error) return passOver(piece);
    for (const one of films) one.element.classList.toggle("shown", one === film);
    current = film;
    played = true;
    delete words.loading;
    words.piece = piece.start;
    find(".save").href = `${words.base}/${piece.start}.mp4?save`;
    go();
    tick();
  }

  function go() {
    draw();
    if (!playing || !current) return;
    current.element.playbackRate = rate();
    current.element.play().catch(() => {}); // it is not waited for: a browser may never answer
    const next = pieces.find((one) => one.start > current.piece.start);
    if (next) load(other(), next);
  }

  // Goes on where a piece is over.
  function onto(piece, end) {
    const next = pieces.find((one) => one.start > piece.start);
    return next ? goTo(next.start, gap(end, next.start)) : goTo(Math.max(end, piece.end));
  }

  // Stands still, and says why.
  function stay(at, why) {
    current = undefined;
    reached = at;
    playing = false;
    delete words.loading;
    if (why !== undefined) say(why);
    draw();
    tick();
  }

  function pause() {
    playing = false;
    current?.element.pause();
    draw();
  }

  const rate = () => (button("speed").getAttribute("aria-pressed") === "true" ? 4 : 1);

  function draw() {
    const play = button("play");
    play.dataset.play ??= play.getAttribute("aria-label");
    play.setAttribute("aria-label", playing ? play.dataset.pause : play.dataset.play);
    player.toggleAttribute("data-playing", playing);
  }

  function tick() {
    const at = here();
    find(".clock").textContent = clock(at);
    find(".head").hidden = false;
    find(".head").style.setProperty("--at", Math.max(0, Math.min(1, (at - day.start) / day.length)));
    strip.dispatchEvent(new CustomEvent("at", { detail: at }));
    button("before").disabled = !eventBefore();
    button("after").disabled = !eventAfter();
  }

  const eventBefore = () => events.findLast((event) => event.at - lead < here() - 2000);
  const eventAfter = () => events.find((event) => event.at - lead > here() + 500);
  const jump = (event) => { if (event) goTo(event.at - lead, event.words); };
  const deeds = {
    play: () => { if (playing) pause(); else { playing = true; goTo(here()); } },
    back: () => goTo(here() - STEP_MS),
    on: () => goTo(here() + STEP_MS),
    before: () => jump(eventBefore()),
    after: () => jump(eventAfter()),
    speed: () => {
      button("speed").setAttribute("aria-pressed", String(rate() === 1));
      for (const { element } of films) element.playbackRate = rate();
    },
  };

  for (const film of films) {
    const own = (act) => () => { if (film === current) act(); };
    film.element.addEventListener("timeupdate", own(tick));
    film.element.addEventListener("ended", own(() => { if (playing) onto(film.piece, here()); }));
    film.element.addEventListener("error", own(() => { film.loaded = undefined; reached = here(); passOver(film.piece); }));
  }
  player.addEventListener("click", (event) => deeds[event.target.closest("[data-do]")?.dataset.do]?.());
  find(".scene").addEventListener("click", deeds.play);
  strip.addEventListener("pick", (event) => { playing = true; goTo(event.detail); });
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, select, textarea, [role=slider]") || (event.key === " " && event.target.closest("a, button"))) return;
    const deed = { " ": "play", ArrowLeft: event.shiftKey ? "before" : "back", ArrowRight: event.shiftKey ? "after" : "on" }[event.key];
    if (deed) { event.preventDefault(); deeds[deed](); }
  });
  document.addEventListener("visibilitychange", () => { if (document.hidden) pause(); });
  addEventListener("pagehide", () => { pause(); for (const film of films) film.stop?.abort(); });

  draw();
  read().then((known) => (known ? goTo(reached) : stay(reached, words.late)));
}
