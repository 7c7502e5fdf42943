// Builders for lists: questions, choices, properties. The list lives in a hidden field as JSON; the server checks it.
(() => {
  const { make, icon, picture } = window.kzaMedia;
  const CHOOSING = ["SingleOption", "MultiOption"], FILES = ["Attachment", "AttachmentList"];
  const NEW = {
    questions: () => ({ title: "", type: "SingleOption", options: ["", ""], hidden: false }),
    choices: () => ({ title: "", picture: 0 }),
    properties: () => ({ name: "", type: "Text", value: "" }),
  };

  class Builder {
    constructor(field) {
      this.field = field;
      this.kind = field.dataset.builder;
      this.words = JSON.parse(field.dataset.words);
      this.types = JSON.parse(field.dataset.types || "[]");
      this.files = JSON.parse(field.dataset.files);
      this.problems = JSON.parse(field.dataset.problems);
      this.input = field.querySelector("input[type=hidden]");
      this.list = field.querySelector(".msg-rows");
      this.status = field.querySelector("[role=status]");
      this.add = field.querySelector("[data-add]");
      this.add.lastElementChild.textContent = this.words.add;
      try { this.rows = JSON.parse(this.input.value || "[]"); } catch { this.rows = []; }
      const first = this.kind === "choices" ? 2 : this.kind === "questions" && field.dataset.required !== undefined ? 1 : 0;
      while (this.rows.length < first && !this.problems.length) this.rows.push(NEW[this.kind]());
      this.add.addEventListener("click", () => { this.rows.push(NEW[this.kind]()); this.draw(this.rows.length - 1); });
      this.draw();
    }

    // Rows and last options that nobody has written in are not sent: what is missing is said better without them.
    tell() {
      const blank = (row) => !(row.title || row.name || row.value || row.picture || (row.options || []).some(Boolean));
      const written = (row) => (row.options ? { ...row, options: row.options.slice(0, row.options.findLastIndex((one) => one.trim()) + 1) } : row);
      this.input.value = JSON.stringify(this.rows.every(blank) ? [] : this.rows.map(written));
      this.input.dispatchEvent(new Event("input", { bubbles: true }));
    }

    draw(focus = -1, selector = "input, textarea, select") {
      this.list.replaceChildren(...this.rows.map((row, at) => this.row(row, at)));
      this.add.disabled = this.rows.length >= Number(this.field.dataset.most);
      this.tell();
      if (focus >= 0) (this.list.children[focus]?.querySelector(selector) || this.add).focus();
    }

    label(at) { return `${this.words.row} ${at + 1}`; }

    change(at, name, value) {
      this.rows[at][name] = value;
      this.forget(at, name);
      this.tell();
    }

    // A problem that somebody is mending is not shown any longer.
    forget(at, name) {
      this.problems = this.problems.filter(([row, part]) => row !== at || !(part === name || part.startsWith(`${name}.`)));
      for (const said of this.list.children[at].querySelectorAll(`[data-part="${name}"]`)) said.remove();
    }

    problem(at, part) {
      const found = this.problems.find(([row, name]) => row === at && name === part);
      return found && make("p", { className: "kza-note kza-danger msg-error", role: "alert", "data-part": part.split(".")[0], textContent: found[2] });
    }

    move(at, to, selector) {
      if (to < 0 || to >= this.rows.length) return;
      const place = new Map(this.rows.map((row, index) => [row, index]));
      this.rows.splice(to, 0, ...this.rows.splice(at, 1));
      const now = new Map([...place].map(([row, was]) => [was, this.rows.indexOf(row)]));
      this.problems = this.problems.map(([row, ...rest]) => [now.get(row), ...rest]);
      this.draw(to, selector);
      this.status.textContent = `${this.label(at)} ${this.words.moved} ${to + 1} ${this.words.of} ${this.rows.length}`;
    }

    remove(at) {
      this.rows.splice(at, 1);
      this.problems = this.problems.filter(([row]) => row !== at).map(([row, ...rest]) => [row > at ? row - 1 : row, ...rest]);
      this.draw(Math.min(at, this.rows.length - 1));
      this.status.textContent = `${this.label(at)} ${this.words.removed}`;
      if (!this.rows.length) this.add.focus();
    }

    copy(at) {
      this.rows.splice(at + 1, 0, structuredClone(this.rows[at]));
      this.problems = this.problems.map(([row, ...rest]) => [row > at ? row + 1 : row, ...rest]);
      this.draw(at + 1);
    }

    button(name, label, act, more = {}) {
      const made = make("button", { type: "button", className: "msg-icon", title: label, ariaLabel: label, ...more }, icon(name));
      made.addEventListener("click", act);
      return made;
    }

    row(row, at) {
      const name = this.label(at), { words } = this;
      const grip = make("span", { className: "msg-grip", title: words.drag, draggable: true }, icon("drag_indicator"));
      const head = make("div", { className: "msg-row-head" }, grip, make("span", { className: "kza-strong", textContent: name }),
        make("span", { className: "msg-row-buttons" },
          this.button("arrow_upward", `${words.up}: ${name}`, () => this.move(at, at - 1, "[data-up]"), { disabled: at === 0, "data-up": "" }),
          this.button("arrow_downward", `${words.down}: ${name}`, () => this.move(at, at + 1, "[data-down]"), { disabled: at === this.rows.length - 1, "data-down": "" }),
          this.button("content_copy", `${words.copy}: ${name}`, () => this.copy(at)),
          this.button("delete", `${words.remove}: ${name}`, () => this.remove(at))));
      const item = make("li", { className: "msg-row", role: "group", ariaLabel: name }, head, ...this[this.kind](row, at));
      item.addEventListener("keydown", (event) => {
        if (!event.altKey || (event.key !== "ArrowUp" && event.key !== "ArrowDown")) return;
        event.preventDefault();
        this.move(at, at + (event.key === "ArrowUp" ? -1 : 1));
      });
      grip.addEventListener("dragstart", (event) => { Builder.dragged = [this, at]; event.dataTransfer.effectAllowed = "move"; event.dataTransfer.setDragImage(item, 0, 0); });
      item.addEventListener("dragover", (event) => { if (Builder.dragged?.[0] === this) event.preventDefault(); });
      item.addEventListener("drop", (event) => {
        if (Builder.dragged?.[0] !== this) return;
        event.preventDefault();
        this.move(Builder.dragged[1], at);
        Builder.dragged = null;
      });
      return item;
    }

    line(row, at, name, label, more = {}) {
      const input = make("input", { type: "text", className: "msg-input", dir: "auto", autocomplete: "off", value: row[name], placeholder: label, ariaLabel: `${this.label(at)}: ${label}`, ...more });
      input.addEventListener("input", (event) => { event.stopPropagation(); this.change(at, name, input.value); });
      return input;
    }

    select(row, at, label, redraw) {
      const list = make("select", { className: "msg-input", ariaLabel: `${this.label(at)}: ${label}` },
        ...this.types.map(([key, title]) => make("option", { value: key, textContent: title, selected: key === row.type })));
      list.addEventListener("input", (event) => event.stopPropagation());
      list.addEventListener("change", () => { redraw(list.value); this.draw(at, "select"); });
      return list;
    }

    questions(row, at) {
      const kind = this.select(row, at, this.words.type, (type) => {
        row.type = type;
        if (CHOOSING.includes(type) && !row.options?.length) row.options = ["", ""];
      });
      const box = make("input", { type: "checkbox", checked: row.hidden === true });
      box.addEventListener("input", (event) => { event.stopPropagation(); this.change(at, "hidden", box.checked); });
      return [this.line(row, at, "title", this.words.title), this.problem(at, "title"),
        make("div", { className: "msg-row-line" }, kind, make("label", { className: "msg-switch" }, box, make("span", { textContent: this.words.hidden }))),
        this.problem(at, "type"), CHOOSING.includes(row.type) && this.options(row, at)].filter(Boolean);
    }

    options(row, at) {
      row.options ??= [];
      const change = (act, focus) => { act(); this.forget(at, "options"); this.draw(at, `.msg-option-row:nth-child(${focus + 1}) input`); };
      const rows = row.options.flatMap((option, place) => {
        const label = `${this.label(at)}: ${this.words.option} ${place + 1}`;
        const input = make("input", { type: "text", className: "msg-input", dir: "auto", autocomplete: "off", value: option, placeholder: `${this.words.option} ${place + 1}`, ariaLabel: label });
        input.addEventListener("input", (event) => { event.stopPropagation(); row.options[place] = input.value; this.forget(at, "options"); this.tell(); });
        input.addEventListener("keydown", (event) => {
          if (event.key === "Enter") { event.preventDefault(); change(() => row.options.splice(place + 1, 0, ""), place + 1); }
          if (event.key === "Backspace" && !input.value && row.options.length > 1) { event.preventDefault(); change(() => row.options.splice(place, 1), Math.max(0, place - 1)); }
          if (event.altKey && event.key === "ArrowUp" && place) { event.preventDefault(); event.stopPropagation(); change(() => row.options.splice(place - 1, 0, ...row.options.splice(place, 1)), place - 1); }
          if (event.altKey && event.key === "ArrowDown" && place < row.options.length - 1) { event.preventDefault(); event.stopPropagation(); change(() => row.options.splice(place + 1, 0, ...row.options.splice(place, 1)), place + 1); }
        });
        const line = make("li", { className: "msg-option-row" }, make("div", { className: "msg-option-line" }, input,
          this.button("close", `${this.words.remove}: ${label}`, () => change(() => row.options.splice(place, 1), Math.max(0, place - 1)))),
        this.problem(at, `options.${place}`));
        return [line];
      });
      const more = make("button", { type: "button", className: "kza-button msg-small", "data-more": "" }, icon("add"), make("span", { textContent: this.words.add_option }));
      more.addEventListener("click", () => change(() => row.options.push(""), row.options.length));
      return make("div", { className: "msg-row-options" }, make("ol", {}, ...rows), this.problem(at, "options"), more);
    }

    choices(row, at) {
      return [make("div", { className: "msg-row-line" }, this.line(row, at, "title", this.words.title), this.file(row, at)), this.problem(at, "title"), this.problem(at, "picture")].filter(Boolean);
    }

    // The picture of a choice: a button that shows it, and one that takes it away.
    file(row, at) {
      const file = this.files[row.picture];
      const label = `${this.label(at)}: ${this.words.picture}`;
      const open = make("button", { type: "button", className: "msg-choice-picture", title: label, ariaLabel: file ? `${label}: ${file.name}` : label }, file ? picture(file) : icon("add_photo_alternate"));
      open.addEventListener("click", () => window.kzaMedia.choose("image", (chosen) => { this.files[chosen.key] = chosen; row.picture = chosen.key; this.forget(at, "picture"); this.draw(at, ".msg-choice-picture"); }));
      return make("span", { className: "msg-row-buttons" }, open,
        row.picture ? this.button("close", `${this.words.remove}: ${label}`, () => { row.picture = 0; this.forget(at, "picture"); this.draw(at, ".msg-choice-picture"); }) : null);
    }

    properties(row, at) {
      const kind = this.select(row, at, this.words.property_type, (type) => {
        if (FILES.includes(type) !== FILES.includes(row.type)) row.value = FILES.includes(type) ? [] : "";
        row.type = type;
        this.forget(at, "value");
      });
      const value = FILES.includes(row.type) ? this.attachments(row, at) : this.value(row, at);
      return [make("div", { className: "msg-row-line" }, this.line(row, at, "name", this.words.title), kind), this.problem(at, "name"), this.problem(at, "type"), value, this.problem(at, "value")].filter(Boolean);
    }

    value(row, at) {
      if (!row.type.startsWith("String")) return this.line(row, at, "value", this.words.value);
      const area = make("textarea", { className: "msg-input", rows: 3, dir: "auto", value: row.value, placeholder: this.words.value, ariaLabel: `${this.label(at)}: ${this.words.value}` });
      area.addEventListener("input", (event) => { event.stopPropagation(); this.change(at, "value", area.value); });
      return area;
    }

    attachments(row, at) {
      row.value = Array.isArray(row.value) ? row.value : [];
      const shown = row.value.map((key, place) => make("li", { className: "msg-option-line" },
        make("bdi", { textContent: this.files[key]?.name || "?" }),
        this.button("close", `${this.words.remove}: ${this.files[key]?.name || ""}`, () => { row.value.splice(place, 1); this.draw(at, "[data-file-of]"); })));
      const open = make("button", { type: "button", className: "kza-button msg-small", "data-file-of": "" }, icon("attach_file_add"), make("span", { textContent: this.words.choose }));
      open.addEventListener("click", () => window.kzaMedia.choose("image,audio,video,document", (file) => {
        this.files[file.key] = file;
        row.value = row.type === "Attachment" ? [file.key] : [...new Set([...row.value, file.key])];
        this.forget(at, "value");
        this.draw(at, "[data-file-of]");
      }));
      return make("div", { className: "msg-row-options" }, make("ul", {}, ...shown), open);
    }
  }

  function start(root) {
    for (const field of root.querySelectorAll("[data-builder]")) {
      if (!field.dataset.started) { field.dataset.started = "yes"; new Builder(field); }
    }
  }
  document.addEventListener("DOMContentLoaded", () => start(document));
  document.addEventListener("kza:content", (event) => start(event.target));
})();
