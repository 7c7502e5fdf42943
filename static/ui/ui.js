// The console's few lines of script. Everything works without them, only less comfortably.
document.addEventListener("DOMContentLoaded", () => {
  for (const bubble of document.querySelectorAll("[data-follows]")) {
    const field = document.getElementById(bubble.dataset.follows);
    if (!field) continue;
    const follow = () => { bubble.textContent = field.value || bubble.dataset.empty; };
    field.addEventListener("input", follow);
    follow();
  }
});
// On a narrow screen the tab that is open may lie beyond the edge.
document.addEventListener("DOMContentLoaded", () => {
  for (const tab of document.querySelectorAll(".kza-tabs [aria-current]")) {
    const { parentElement: bar } = tab;
    bar.scrollLeft = tab.offsetLeft - bar.offsetLeft - (bar.clientWidth - tab.offsetWidth) / 2;
  }
});
// Unfold hangs clicks on plain elements; people on the keyboard and with screen readers need buttons.
document.addEventListener("DOMContentLoaded", () => {
  document.getElementById("main")?.setAttribute("role", "main"); // the landmark that Unfold leaves out
  const { menu, search } = document.querySelector(".kza-skip")?.dataset ?? {};
  if (search) document.getElementById("searchbar-submit")?.setAttribute("aria-label", search);
  for (const icon of document.querySelectorAll(".material-symbols-outlined")) {
    if (!icon.hasAttribute("x-on:click")) icon.setAttribute("aria-hidden", "true");
  }
  for (const thing of document.querySelectorAll("[x-on\\:click]:not(a[href], button, input, label, select)")) {
    thing.setAttribute("role", "button");
    thing.tabIndex = 0;
    if (menu && thing.textContent.trim() === "dock_to_right") thing.setAttribute("aria-label", menu);
    thing.addEventListener("keydown", (event) => {
      if (event.target !== thing || (event.key !== "Enter" && event.key !== " ")) return;
      event.preventDefault();
      thing.click();
    });
  }
});
// Countries by their names in the reader's language; without script they stand as two letters.
document.addEventListener("DOMContentLoaded", () => {
  const names = new Intl.DisplayNames([document.documentElement.lang || "en"], { type: "region" });
  const say = (element) => { element.textContent = element.textContent.trim().replace(/^[A-Z]{2}/, (code) => names.of(code)); };
  for (const element of document.querySelectorAll("[data-region]")) say(element);
  for (const list of document.querySelectorAll("select[data-regions]")) {
    const chosen = list.value;
    for (const option of list.options) say(option);
    list.append(...[...list.options].sort((a, b) => a.text.localeCompare(b.text)));
    list.value = chosen;
  }
});
// A second click on a form marked data-once does nothing; the server is safe anyway.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("form[data-once]")) return;
  if (form.dataset.sent) { event.preventDefault(); return; }
  form.dataset.sent = "yes";
  for (const button of form.querySelectorAll("button[type=submit]")) button.setAttribute("aria-disabled", "true");
});
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    for (const button of form.querySelectorAll("button[aria-disabled]")) button.removeAttribute("aria-disabled");
  }
});
