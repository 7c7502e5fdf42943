// Only the parts that belong to the chosen answers are shown. Without this all are, and the server sorts it out.
document.addEventListener("DOMContentLoaded", () => {
  const form = document.querySelector(".msg-plan");
  if (!form) return;
  const show = () => {
    for (const name of ["repeat", "ends", "missed"]) {
      const chosen = form.querySelector(`input[name=${name}]:checked`)?.value;
      for (const part of form.querySelectorAll(`[data-${name}]`)) part.hidden = !part.dataset[name].split(" ").includes(chosen);
    }
  };
  form.addEventListener("change", show);
  show();
});
