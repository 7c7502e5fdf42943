// The compose page's counter and the parts that belong to the chosen audience. The server checks everything again.
// Unfold's listener on file fields wants a text field beside each and fails without one; this says that it is there.
for (const input of document.querySelectorAll("input[type=file]")) input.hasChangeListener = true;
document.addEventListener("DOMContentLoaded", () => {
  const number = new Intl.NumberFormat(document.documentElement.lang || "en");
  const startCounters = (root) => {
    for (const output of root.querySelectorAll("[data-counts]")) {
      const field = document.getElementById(output.dataset.counts);
      const most = Number(output.dataset.most);
      const count = () => {
        const length = [...field.value.trim()].length; // characters, as the server counts: an emoji is not two
        output.textContent = `${number.format(length)} / ${number.format(most)} ${output.dataset.words}`;
        output.classList.toggle("msg-near", length > most * 0.9 && length <= most);
        output.classList.toggle("msg-over", length > most);
        field.toggleAttribute("aria-invalid", length > most);
      };
      field.addEventListener("input", count);
      count();
    }
  };
  startCounters(document);
  const content = document.getElementById("content-fields");
  content?.addEventListener("kza:content", () => startCounters(content));
  // Somebody found by name is added to the numbers.
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-number]");
    const into = button && document.getElementById(button.closest("[data-into]").dataset.into);
    if (!into) return;
    const lines = into.value.split("\n").map((line) => line.trim()).filter(Boolean);
    into.value = [...lines, button.dataset.number].join("\n");
    into.dispatchEvent(new Event("input", { bubbles: true }));
    button.disabled = true;
  });
  const parts = document.querySelectorAll("[data-part]");
  const show = () => {
    const mode = document.querySelector("input[name=mode]:checked")?.value;
    for (const part of parts) part.hidden = !part.dataset.part.split(" ").includes(mode);
  };
  for (const radio of document.querySelectorAll("input[name=mode]")) radio.addEventListener("change", show);
  show();
  // How many are chosen, and whose name stands on the phone.
  const bar = document.querySelector(".kza-phone-bar");
  const nobody = bar?.textContent;
  const tell = () => {
    for (const picker of document.querySelectorAll(".msg-picker")) {
      const chosen = picker.querySelectorAll("input:checked").length;
      const output = picker.querySelector("[data-chosen]");
      output.textContent = chosen ? `${number.format(chosen)} ${output.dataset.chosen}` : "";
    }
    const first = document.querySelector("[data-part]:not([hidden]) .msg-options input:checked:not([name=saved])");
    if (bar) bar.textContent = first?.closest("label").querySelector(".msg-option-name").textContent.trim() || nobody;
  };
  document.addEventListener("change", tell);
  document.addEventListener("htmx:afterSettle", tell);
  tell();
  document.querySelector(".msg-error")?.scrollIntoView({ block: "center" });
});
