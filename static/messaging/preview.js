// The phone follows what is typed; another kind brings its own fields and keeps what fits them.
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
    data.append("csrfmiddlewaretoken", document.querySelector("[name=csrfmiddlewaretoken]").value);
    return data;
  };
  let under_way = null, waiting = 0;
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
    const card = new DOMParser().parseFromString(html, "text/html").getElementById("phone-card");
    if (card) document.getElementById("phone-card").replaceWith(card);
  });
  const soon = () => { clearTimeout(waiting); waiting = setTimeout(show, 250); };
  content.addEventListener("input", soon);
  content.addEventListener("change", soon);
  content.addEventListener("click", (event) => { if (event.target.closest("[data-number]")) soon(); });
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
