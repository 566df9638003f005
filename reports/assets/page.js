// Draws the charts from inert JSON, sorts tables, follows the reader through the contents.
(() => {
  "use strict";

  // Below its own width the margin of text would squeeze a chart; the table has the numbers.
  const isNarrow = (chart) => chart.clientWidth < Number(chart.dataset.narrow);

  const CONFIG = {
    background: null,
    autosize: { type: "fit-x", contains: "padding" },
    font: getComputedStyle(document.documentElement).getPropertyValue("--sans").trim(),
    view: { stroke: null },
    aria: false,
    axis: {
      labelColor: "var(--ink)", labelFontSize: 12, labelPadding: 6, ticks: false, domain: false,
      grid: false,
    },
    axisX: { grid: true, gridColor: "var(--line)", labelColor: "var(--muted)", labelFontSize: 11 },
    axisY: { labelPadding: 10 },
    scale: { bandPaddingInner: 0, bandPaddingOuter: 0 },
  };

  const narrowed = (spec) => ({
    ...spec,
    layer: spec.layer.filter((layer) => layer.name !== "margin"),
  });

  // Of charts that differ in data alone only the first of a figure holds the rest.
  const specOf = (chart) => {
    const own = JSON.parse(chart.querySelector(".spec").textContent);
    if (own.like === undefined) return own;
    const first = chart.closest("figure").querySelectorAll(".spec")[own.like];
    return { ...JSON.parse(first.textContent), datasets: own.datasets };
  };

  const draw = async (chart) => {
    const canvas = chart.querySelector(".canvas");
    const spec = specOf(chart);
    const narrow = isNarrow(chart);
    chart.finalize?.();
    chart.narrow = narrow;
    try {
      const result = await vegaEmbed(canvas, narrow ? narrowed(spec) : spec, {
        mode: "vega-lite", ast: true, actions: false, renderer: "svg", tooltip: false,
        defaultStyle: false, config: CONFIG, logLevel: 0,
      });
      chart.finalize = () => result.finalize();
      canvas.removeAttribute("role");
      canvas.removeAttribute("aria-label");
      canvas.removeAttribute("aria-roledescription");
    } catch (error) {
      chart.classList.add("failed");
      console.error(error);
    }
  };

  const drawAll = async () => {
    for (const chart of document.querySelectorAll(".chart")) await draw(chart);
    document.documentElement.dataset.charts = "drawn";
  };

  const redraw = () => {
    for (const chart of document.querySelectorAll(".chart")) {
      if (chart.narrow !== isNarrow(chart)) draw(chart);
    }
  };

  const value = (row, column) => {
    const cell = row.cells[column];
    const sort = cell.dataset.sort;
    return sort === undefined ? cell.textContent : Number(sort);
  };

  const compare = (a, b) => {
    if (a === b) return 0;
    if (a === "") return 1;
    if (b === "") return -1;
    if (typeof a === "number" && typeof b === "number") return a - b;
    return String(a).localeCompare(String(b), "en", { numeric: true });
  };

  const sortBy = (table, column) => {
    const head = table.tHead.rows[0].cells[column];
    const down = head.getAttribute("aria-sort") === "ascending";
    const rows = [...table.tBodies[0].rows];
    rows.sort((a, b) => (down ? -1 : 1) * compare(value(a, column), value(b, column)));
    for (const cell of table.tHead.rows[0].cells) cell.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    table.tBodies[0].append(...rows);
  };

  const makeSortable = (table) => {
    [...table.tHead.rows[0].cells].forEach((cell, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = cell.textContent;
      button.addEventListener("click", () => sortBy(table, column));
      cell.replaceChildren(button);
    });
  };

  const openForPrint = () => {
    const closed = [...document.querySelectorAll("details:not([open])")];
    for (const fold of closed) fold.open = true;
    addEventListener("afterprint", () => closed.forEach((fold) => (fold.open = false)), { once: true });
  };

  const follow = () => {
    const links = new Map(
      [...document.querySelectorAll("nav a")].map((link) => [link.hash.slice(1), link]),
    );
    const observer = new IntersectionObserver(
      (entries) => {
        for (const entry of entries) {
          if (!entry.isIntersecting) continue;
          for (const link of links.values()) link.removeAttribute("aria-current");
          links.get(entry.target.id)?.setAttribute("aria-current", "true");
        }
      },
      { rootMargin: "-10% 0px -80% 0px" },
    );
    for (const section of document.querySelectorAll("main > section")) observer.observe(section);
  };

  const wide = matchMedia("(min-width: 1100px)");
  const foldContents = () => (document.getElementById("contents").open = wide.matches);

  foldContents();
  wide.addEventListener("change", foldContents);
  document.querySelectorAll("table").forEach(makeSortable);
  addEventListener("beforeprint", openForPrint);
  addEventListener("resize", redraw);
  follow();
  drawAll();
})();
