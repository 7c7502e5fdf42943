// Charts are drawn anew when the live part of the results is replaced.
"use strict";
document.addEventListener("htmx:beforeSwap", (event) => {
  for (const canvas of event.detail.target.querySelectorAll("canvas.chart")) Chart.getChart(canvas)?.destroy();
});
document.addEventListener("htmx:load", (event) => {
  // Of a new part only: the page's own charts are drawn when it has loaded.
  if (event.detail.elt.id === "results") renderCharts();
});
