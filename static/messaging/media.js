// The media library's scripts: uploading with progress, the window that chooses a file, and tiles of chosen files.
// The server checks every file again, by its content.
(() => {
  const make = (tag, given = {}, ...children) => {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(given)) {
      if (name in made && name !== "list") made[name] = value; else made.setAttribute(name, value);
    }
    made.append(...children.filter(Boolean));
    return made;
  };
  const icon = (name) => make("span", { className: "material-symbols-outlined", ariaHidden: "true", textContent: name });
  const picture = (file) => file.thumbnail
    ? make("img", { src: file.thumbnail, alt: "", loading: "lazy" })
    : make("span", { className: "msg-tile-icon" }, icon(file.icon));

  // One file at a time goes up; its line shows how far it is, then what became of it.
  function upload(zone, file) {
    const bar = make("progress", { max: 100, value: 0, ariaLabel: file.name });
    const said = make("span", { className: "kza-quiet", role: "status" });
    const line = make("li", { className: "msg-upload" }, make("bdi", { textContent: file.name }), bar, said);
    zone.querySelector(".msg-uploads").prepend(line);
    return new Promise((done) => {
      const request = new XMLHttpRequest();
      const end = (words, good, answer) => {
        bar.remove();
        said.textContent = words;
        said.className = good ? "msg-good" : "kza-note kza-danger";
        done(good ? answer : null);
      };
      request.open("POST", zone.dataset.drop);
      request.setRequestHeader("Accept", "application/json");
      request.setRequestHeader("X-CSRFToken", document.querySelector("[name=csrfmiddlewaretoken]")?.value || "");
      request.upload.addEventListener("progress", (event) => { if (event.lengthComputable) bar.value = 100 * event.loaded / event.total; });
      request.addEventListener("error", () => end(zone.dataset.failed, false));
      request.addEventListener("load", () => {
        let answer = null;
        try { answer = JSON.parse(request.responseText); } catch { /* a page of words: signed out, or too large */ }
        if (answer?.file) end(zone.dataset.done, true, answer.file);
        else end(answer?.error || zone.dataset.failed, false);
      });
      const form = new FormData();
      form.append("file", file);
      request.send(form);
    });
  }
  async function uploadAll(zone, files) {
    const kept = [];
    for (const file of files) {
      const one = await upload(zone, file);
      if (one) kept.push(one);
    }
    if (kept.length) zone.dispatchEvent(new CustomEvent("kza:uploaded", { bubbles: true, detail: kept }));
  }
  function startZone(zone) {
    if (zone.dataset.started) return;
    zone.dataset.started = "yes";
    const input = zone.querySelector("input[type=file]");
    input.hasChangeListener = true; // Unfold wants a text field beside each file field
    input.addEventListener("change", () => { uploadAll(zone, [...input.files]); input.value = ""; });
    const over = (event, inside) => { event.preventDefault(); zone.classList.toggle("msg-over-zone", inside); };
    zone.addEventListener("dragover", (event) => over(event, true));
    zone.addEventListener("dragleave", (event) => over(event, false));
    zone.addEventListener("drop", (event) => { over(event, false); uploadAll(zone, [...event.dataTransfer.files]); });
  }

  // The window that chooses: what the library has, found by name; or a new file, which is chosen at once.
  let choosing = null;
  const dialog = () => document.getElementById("media-picker");
  async function fill(query = "") {
    const place = dialog().querySelector("[data-found]");
    const address = new URL(dialog().dataset.from, location.href);
    address.search = new URLSearchParams({ takes: choosing.takes, q: query });
    const answer = await fetch(address, { headers: { "HX-Request": "true" } });
    place.innerHTML = answer.ok ? await answer.text() : "";
  }
  function choose(takes, then) {
    choosing = { takes, then };
    dialog().querySelector(".msg-uploads").replaceChildren();
    dialog().querySelector("input[type=search]").value = "";
    const kind = takes.includes(",") ? "" : takes[0].toUpperCase() + takes.slice(1);
    dialog().querySelector("input[type=file]").accept = dialog().dataset[`accept${kind}`] || "";
    dialog().querySelector(".msg-zone-types")?.replaceChildren(dialog().dataset[`types${kind}`]);
    fill();
    dialog().showModal();
  }
  const fits = (file) => choosing.takes.split(",").includes(file.kind);
  function chosen(file) {
    dialog().close();
    choosing.then(file);
  }
  function startDialog() {
    const window_ = dialog();
    if (!window_ || window_.dataset.started) return;
    window_.dataset.started = "yes";
    let waiting;
    window_.querySelector("input[type=search]").addEventListener("input", (event) => {
      event.stopPropagation();
      clearTimeout(waiting);
      waiting = setTimeout(() => fill(event.target.value), 250);
    });
    window_.querySelector("input[type=search]").addEventListener("keydown", (event) => { if (event.key === "Enter") event.preventDefault(); });
    window_.addEventListener("click", (event) => {
      const button = event.target.closest("[data-file]");
      if (button) chosen(JSON.parse(button.dataset.file));
      else if (event.target.closest("[data-close]") || event.target === window_) window_.close();
    });
    window_.addEventListener("kza:uploaded", (event) => {
      const fitting = event.detail.find(fits);
      if (fitting) { chosen(fitting); return; }
      const said = window_.querySelector(".msg-upload [role=status]");
      Object.assign(said, { textContent: window_.dataset.other, className: "kza-note kza-warning" });
      fill();
    });
  }

  // Chosen files, in their order, as tiles with buttons.
  function startTiles(field) {
    if (field.dataset.started) return;
    field.dataset.started = "yes";
    const words = JSON.parse(field.dataset.words), known = JSON.parse(field.dataset.files);
    const list = field.querySelector(".msg-tiles"), add = field.querySelector("[data-choose]"), most = Number(field.dataset.most);
    let files = [...list.querySelectorAll("input")].map((input) => known[input.value]).filter(Boolean);
    const button = (label, name, act, focus) => {
      const made = make("button", { type: "button", className: "msg-icon", title: label, ariaLabel: label }, icon(name));
      made.addEventListener("click", () => { act(); draw(true); list.children[focus]?.querySelector("button:last-of-type")?.focus() ?? add.focus(); });
      return made;
    };
    const open = (file) => make("a", { className: "msg-icon", href: file.url, target: "_blank", rel: "noopener", title: `${words.open}: ${file.name}`, ariaLabel: `${words.open}: ${file.name}` }, icon(file.thumbnail ? "open_in_new" : "download"));
    const swap = (a, b) => { [files[a], files[b]] = [files[b], files[a]]; };
    function draw(told) {
      list.replaceChildren(...files.map((file, at) => make("li", { className: "msg-tile" },
        picture(file), make("span", { className: "msg-tile-name", dir: "auto", textContent: file.name, title: file.name }),
        make("span", { className: "kza-quiet msg-tile-size", textContent: file.size }),
        make("input", { type: "hidden", name: field.dataset.media, value: file.key }),
        make("span", { className: "msg-tile-buttons" },
          open(file), at > 0 && button(`${words.earlier}: ${file.name}`, "arrow_back", () => swap(at, at - 1), at - 1),
          at < files.length - 1 && button(`${words.later}: ${file.name}`, "arrow_forward", () => swap(at, at + 1), at + 1),
          button(`${words.remove}: ${file.name}`, "close", () => files.splice(at, 1), at)))));
      add.hidden = files.length >= most;
      if (told) field.dispatchEvent(new Event("input", { bubbles: true }));
    }
    add.addEventListener("click", () => choose(field.dataset.takes, (file) => {
      if (!files.some((one) => one.key === file.key)) files.push(file);
      draw(true);
      add.focus();
    }));
    draw(false);
  }

  function start(root) {
    for (const zone of root.querySelectorAll("[data-drop]")) startZone(zone);
    for (const field of root.querySelectorAll("[data-media]")) startTiles(field);
    startDialog();
  }
  window.kzaMedia = { choose, make, icon, picture };
  document.addEventListener("DOMContentLoaded", () => start(document));
  document.addEventListener("kza:content", (event) => start(event.target));
  // On the library's own page the list is drawn again; what was said of each file stays.
  document.addEventListener("kza:uploaded", async (event) => {
    const list = event.target.closest("[data-reload]") && document.getElementById("library");
    if (!list) return;
    const answer = await fetch(location.href);
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("library");
    if (fresh) list.replaceWith(fresh);
  });
})();
