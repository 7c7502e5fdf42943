// The phone follows what is typed; another kind brings its own fields and keeps what fits them.
const WHOM = ["mode", "groups", "public", "every_public", "to", "saved", "through"];
document.addEventListener("DOMContentLoaded", () => {
  const content = document.getElementById("content-fields");
  if (!content) return;
  const gather = () => {
    const data = new FormData();
    for (const field of content.querySelectorAll("[name]")) {
      if (["checkbox", "radio"].includes(field.type) && !field.checked) continue;
      if (field.type !== "file" && field.type !== "search") data.append(field.name, field.value);
    }
    data.append("kind", document.querySelector("input[name=kind]:checked")?.value || "");
    const form = content.closest("form");
    for (const name of [...WHOM, "pasted"]) {
      for (const field of form.querySelectorAll(`[name="${name}"]`)) {
        if (!["checkbox", "radio"].includes(field.type) || field.checked) data.append(name, field.value.slice(0, 5000));
      }
    }
    // Of a sheet only its beginning; a workbook cannot be cut, so a large one waits for the draft to be saved.
    const sheet = form.querySelector("input[type=file][name=file]")?.files[0];
    const whole = /\.xlsx$/i.test(sheet?.name || "");
    if (sheet && !(whole && sheet.size > 262144)) data.append("sheet", whole ? sheet : sheet.slice(0, 65536), sheet.name);
    if (content.dataset.draft) data.append("draft", content.dataset.draft);
    data.append("person", person);
    data.append("csrfmiddlewaretoken", document.querySelector("[name=csrfmiddlewaretoken]").value);
    return data;
  };
  let under_way = null, waiting = 0, person = 1;
  async function ask(address, then) {
    under_way?.abort();
    under_way = new AbortController();
    try {
      const answer = await fetch(address, { method: "POST", body: gather(), signal: under_way.signal });
      if (answer.ok && !answer.redirected) then(await answer.text());
    } catch (error) {
      if (error.name !== "AbortError") console.warn("The preview could not be fetched.");
    }
  }
  const show = () => ask(content.dataset.preview, (html) => {
    const shown = new DOMParser().parseFromString(html, "text/html");
    for (const id of ["phone-card", "typed-person"]) {
      const [now, then] = [document.getElementById(id), shown.getElementById(id)];
      if (now && then) now.replaceWith(then);
    }
  });
  const soon = () => { clearTimeout(waiting); waiting = setTimeout(show, 250); };
  content.addEventListener("input", soon);
  content.addEventListener("change", soon);
  content.addEventListener("click", (event) => { if (event.target.closest("[data-number]")) soon(); });
  // The person before and after; and a field's name, put in where somebody writes.
  let written = null;
  content.addEventListener("focusin", (event) => { if (event.target.matches("textarea, input[type=text], input:not([type])")) written = event.target; });
  document.addEventListener("click", (event) => {
    const step = event.target.closest("[data-person]");
    if (step) { person = Number(step.dataset.person); show(); }
    const place = event.target.closest("[data-insert]");
    const into = place && ((written?.isConnected && written) || content.querySelector("textarea, input[type=text]"));
    if (!into) return;
    into.setRangeText(place.dataset.insert, into.selectionStart, into.selectionEnd, "end");
    into.focus();
    into.dispatchEvent(new Event("input", { bubbles: true }));
  });
  content.closest("form").addEventListener("change", (event) => { if ([...WHOM, "pasted", "file"].includes(event.target.name)) { person = 1; soon(); } });
  show();
  for (const radio of document.querySelectorAll("input[name=kind]")) {
    radio.addEventListener("change", () => {
      clearTimeout(waiting);
      ask(content.dataset.fields, (html) => {
        content.innerHTML = html;
        window.htmx?.process(content);
        content.dispatchEvent(new CustomEvent("kza:content", { bubbles: true }));
        show();
      });
    });
  }
});
