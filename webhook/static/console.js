/* What pages of the console do beyond htmx: the menu on a narrow screen, ticking all, charts. */
"use strict";

const menu = document.querySelector(".menu-toggle");
if (menu) menu.addEventListener("toggle", () => document.body.classList.toggle("menu-open", menu.open));

/* A box with data-ticks="NAME" ticks every box of that name in its form. */
document.addEventListener("change", (event) => {
  const name = event.target.dataset?.ticks;
  if (!name) return;
  for (const box of document.querySelectorAll(`input[type=checkbox][name="${name}"]`)) box.checked = event.target.checked;
});

/* A select or box with data-submits sends its form when it is changed. */
document.addEventListener("change", (event) => {
  if (event.target.matches?.("[data-submits]")) event.target.form.requestSubmit();
});

/* A button with data-confirm asks before its form is sent. */
document.addEventListener("submit", (event) => {
  const question = event.submitter?.dataset.confirm;
  if (question && !window.confirm(question)) event.preventDefault();
});

/* A button with data-print prints the page. */
document.addEventListener("click", (event) => {
  if (event.target.closest?.("[data-print]")) window.print();
});

/* What htmx could not do is told where everything is told. */
document.addEventListener("htmx:responseError", (event) => {
  const told = document.querySelector("#told");
  const line = document.createElement("p");
  line.className = "told bad";
  line.textContent = document.documentElement.lang === "id"
    ? "Ini tidak berhasil. Muat ulang halaman dan coba lagi."
    : "This did not work. Load the page anew and try again.";
  told.replaceChildren(line);
});

/* A figure with data-chart="bars" holds a table of labels and numbers, and shows them as a chart. */
for (const figure of document.querySelectorAll("figure[data-chart]")) {
  const table = figure.querySelector("table");
  if (!table || !window.uPlot) continue;
  const rows = [...table.tBodies[0].rows];
  const labels = rows.map((row) => row.cells[0].textContent.trim());
  const series = [...table.tHead.rows[0].cells].slice(1).map((cell, at) => ({
    label: cell.textContent.trim(),
    values: rows.map((row) => Number(row.cells[at + 1].dataset.value ?? row.cells[at + 1].textContent)),
  }));
  const style = getComputedStyle(document.documentElement);
  const colours = ["--accent", "--good", "--wait"].map((name) => style.getPropertyValue(name).trim());
  const ink = style.getPropertyValue("--soft").trim();
  const line = style.getPropertyValue("--line").trim();
  const place = document.createElement("div");
  place.setAttribute("aria-hidden", "true");
  figure.prepend(place);
  /* Several series stand beside each other: the first ends where the second begins. */
  const bars = series.map((_one, at) => window.uPlot.paths.bars({ size: [0.7 / series.length, 60], align: series.length === 1 ? 0 : at ? 1 : -1 }));
  const width = () => Math.max(200, place.clientWidth);
  const axis = { stroke: ink, grid: { stroke: line, width: 1 }, ticks: { show: false } };
  const chart = new window.uPlot({
    width: width(), height: 220, cursor: { show: false }, legend: { show: series.length > 1 },
    scales: { x: { time: false, range: [-0.5, labels.length - 0.5] }, y: { range: (_self, _low, high) => [0, Math.max(1, high * 1.1)] } },
    axes: [
      { ...axis, grid: { show: false }, splits: () => labels.map((_label, at) => at), values: (_self, at) => at.map((one) => (labels.length > 8 && one % 2 ? "" : labels[one])) },
      { ...axis, size: 60, incrs: [1, 2, 5].flatMap((one) => [1, 10, 100, 1e3, 1e4, 1e5].map((many) => one * many)).sort((a, b) => a - b), values: (_self, at) => at.map((one) => one.toLocaleString(document.documentElement.lang)) },
    ],
    series: [{}, ...series.map((one, at) => ({ label: one.label, fill: colours[at], stroke: colours[at], paths: bars[at], points: { show: false } }))],
  }, [labels.map((_label, at) => at), ...series.map((one) => one.values)], place);
  figure.classList.add("drawn");
  new ResizeObserver(() => chart.setSize({ width: width(), height: 220 })).observe(figure);
}
