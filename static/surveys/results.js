// Charts are drawn anew when the live part of the results is replaced.
"use strict";
const drawn = (part) => [...part.querySelectorAll("canvas.chart")];
document.addEventListener("htmx:beforeSwap", (event) => {
  for (const canvas of drawn(event.detail.target)) window.Chart?.getChart(canvas)?.destroy();
});
document.addEventListener("htmx:afterSwap", () => {
  const part = document.getElementById("results");
  if (part && drawn(part).length && typeof renderCharts === "function") renderCharts();
});
