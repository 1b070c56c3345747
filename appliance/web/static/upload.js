// Many files, one after another (two at a time), each with its progress; the plain form works without it.
const form = document.getElementById("drop");
const picker = document.getElementById("files");
const list = document.getElementById("uploads");
const summary = document.getElementById("summary");
const row = document.getElementById("upload-row");
const AT_ONCE = 2;
const words = form.dataset;
const queue = [];
let running = 0, total = 0, finished = 0;

document.getElementById("send").hidden = true;
form.classList.add("alone");
form.querySelector(".chooser").hidden = false;
picker.addEventListener("change", () => { add(picker.files); picker.value = ""; });
form.addEventListener("submit", (event) => event.preventDefault());

let depth = 0;
addEventListener("dragenter", (event) => { event.preventDefault(); depth += 1; form.classList.add("over"); });
addEventListener("dragleave", () => { depth -= 1; if (depth <= 0) form.classList.remove("over"); });
addEventListener("dragover", (event) => event.preventDefault());
addEventListener("drop", (event) => {
  event.preventDefault();
  depth = 0;
  form.classList.remove("over");
  add(event.dataTransfer.files);
});

function add(files) {
  for (const file of files) {
    const item = row.content.firstElementChild.cloneNode(true);
    item.querySelector(".name").textContent = file.name;
    item.querySelector("progress").setAttribute("aria-label", file.name);
    item.querySelector(".again").addEventListener("click", () => { total += 1; enqueue(file, item); });
    list.append(item);
    total += 1;
    if (file.size > Number(words.limit) * 1e6) end(item, false, words.tooLarge, false);
    else enqueue(file, item);
  }
}

function enqueue(file, item) {
  item.querySelector(".again").hidden = true;
  item.querySelector(".disc").className = "disc";
  item.querySelector("progress").value = 0;
  item.querySelector("progress").hidden = false;
  item.querySelector(".message").textContent = words.waiting;
  queue.push([file, item]);
  next();
}

function next() {
  while (running < AT_ONCE && queue.length) send(...queue.shift());
}

function send(file, item) {
  running += 1;
  const request = new XMLHttpRequest(); // fetch tells nothing of an upload's progress
  const progress = item.querySelector("progress");
  const message = item.querySelector(".message");
  request.upload.addEventListener("progress", (event) => {
    progress.value = event.lengthComputable ? (100 * event.loaded) / event.total : 0;
    message.textContent = `${Math.round(progress.value)} %`;
  });
  request.addEventListener("load", () => {
    if (request.status === 401) { location.href = "/login"; return; }
    end(item, request.status === 201, request.response?.message || words.failed, request.status !== 413);
  });
  request.addEventListener("error", () => end(item, false, words.failed, true));
  request.addEventListener("loadend", () => { running -= 1; next(); });
  request.open("POST", `/upload/file?name=${encodeURIComponent(file.name)}`);
  request.responseType = "json";
  request.setRequestHeader("Content-Type", "application/octet-stream");
  request.send(file);
}

function end(item, well, text, again) {
  item.querySelector(".disc").className = `disc ${well ? "good" : "bad"}`;
  item.querySelector("progress").hidden = true;
  item.querySelector(".message").textContent = text;
  item.querySelector(".again").hidden = well || !again;
  finished += 1;
  summary.textContent = finished === total ? words.done : `${finished} / ${total}`;
}

addEventListener("beforeunload", (event) => { if (running) event.preventDefault(); });
