"use strict";
// Draws the figures of the page, those in view first.
(() => {
  const $ = (id) => document.getElementById(id);
  const root = document.documentElement;
  let figures = JSON.parse($("plots").textContent);
  const drawn = new Set();
  let ready = null;

  // Colours are those of the page, so that light, dark and print need no second set of figures.
  function coloured(value, style) {
    if (typeof value === "string") return /^--[a-z0-9-]+$/.test(value) ? style.getPropertyValue(value).trim() : value;
    if (Array.isArray(value)) return value.map((item) => coloured(item, style));
    if (value && typeof value === "object")
      return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, coloured(item, style)]));
    return value;
  }

  // Where labels fit into the margins nothing is laid out twice; looking whether labels overflow costs as much again.
  const AXIS = { gridcolor: "--grid", linecolor: "--line", zerolinecolor: "--line", tickcolor: "--line", automargin: true, exponentformat: "none", separatethousands: true, title: { standoff: 8 }, ticklabeloverflow: "allow" };
  const LAYOUT = {
    font: { family: "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif", size: 12.5, color: "--ink" },
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", margin: { l: 70, r: 14, t: 12, b: 50 },
    hoverlabel: { bgcolor: "--card", bordercolor: "--line", font: { color: "--ink" } },
    legend: { orientation: "h", x: 0, y: 1.02, yanchor: "bottom", bgcolor: "rgba(0,0,0,0)" },
    colorway: ["--blue", "--orange", "--green", "--purple", "--pink", "--teal", "--muted"], dragmode: "zoom", hovermode: "closest",
  };

  function merged(below, above) {
    const both = (a) => a && typeof a === "object" && !Array.isArray(a);
    const result = { ...below };
    for (const [key, value] of Object.entries(above)) result[key] = both(value) && both(result[key]) ? merged(result[key], value) : value;
    return result;
  }

  function specification(plot) {
    const layout = merged(LAYOUT, plot.layout);
    const axes = new Set(["xaxis", "yaxis", ...Object.keys(plot.layout).filter((key) => /^[xy]axis\d*$/.test(key))]);
    for (const axis of axes) {
      const own = layout[axis] || {};
      layout[axis] = merged(own.type === "log" ? { ...AXIS, exponentformat: "e", separatethousands: false } : AXIS, own);
    }
    const style = getComputedStyle(root);
    return [coloured(plot.traces, style), coloured(layout, style)];
  }

  function draw(place) {
    const [id, number] = place.dataset.plot.split("#");
    const plot = figures[id] && figures[id][number];
    if (!plot || !ready) return;
    const [traces, layout] = specification(plot);
    layout.height = plot.height;
    layout.width = place.clientWidth || undefined;
    Plotly.react(place, traces, layout, { displayModeBar: false, responsive: false, doubleClick: "reset" });
    drawn.add(place);
    place.dataset.drawn = "yes";
  }

  const places = () => [...document.querySelectorAll("[data-plot]")];
  const again = () => drawn.forEach(draw);
  const all = () => places().forEach((place) => drawn.has(place) || draw(place));

  // Plotly's script is text until the page can be read; then it is run as it stands, which the policy allows by its hash.
  function load() {
    const held = $("plotly");
    const script = document.createElement("script");
    script.textContent = held.textContent;
    held.remove();
    // Styles of maps, which the policy would refuse with a message; Plotly looks whether they are there already.
    for (const [, id] of script.textContent.matchAll(/getElementById\("([0-9a-f]{64})"\)/g))
      document.head.append(Object.assign(document.createElement("style"), { id }));
    document.head.append(script);
    if (typeof Plotly === "undefined") throw new Error("Plotly was not run");
    ready = true;
  }

  function size(place) {
    const [id, number] = place.dataset.plot.split("#");
    if (figures[id] && figures[id][number]) place.style.height = `${figures[id][number].height}px`;
  }

  // Figures near the view are drawn first and the others right after, so that searching and printing find them. Between
  // two the browser gets a turn, by a message: timers and idle times would wait some milliseconds each.
  function begin() {
    if (ready !== null) return;
    try { load(); } catch (error) { return void fail(error); }
    const far = ({ top, bottom }) => Math.max(0, top - innerHeight, -bottom);
    const left = places().map((place) => [far(place.getBoundingClientRect()), place]).sort(([a], [b]) => b - a);
    const turn = new MessageChannel();
    turn.port1.onmessage = () => {
      if (!left.length) return void (root.dataset.figures = "drawn");
      const [, place] = left.pop();
      if (!drawn.has(place)) draw(place);
      drawn.add(place);
      turn.port2.postMessage(0);
    };
    turn.port2.postMessage(0);
  }

  function fail(error) {
    ready = false;
    root.dataset.figures = "none";
    for (const place of places()) place.textContent = "This browser cannot draw the figure; its numbers are in the table below.";
    console.warn(`figures are not drawn: ${error.message}`);
  }

  function page() {
    const links = new Map([...document.querySelectorAll("nav a")].map((link) => [link.hash.slice(1), link]));
    const here = new IntersectionObserver((entries) => {
      for (const entry of entries) if (entry.isIntersecting) {
        links.forEach((link) => link.removeAttribute("aria-current"));
        const link = links.get(entry.target.id);
        if (link) link.setAttribute("aria-current", "true");
      }
    }, { rootMargin: "-20% 0px -70% 0px" });
    links.forEach((_, id) => $(id) && here.observe($(id)));
    for (const button of document.querySelectorAll("button[data-copy]")) {
      button.hidden = false;
      button.addEventListener("click", async () => {
        const text = $(button.dataset.copy).textContent;
        try { await navigator.clipboard.writeText(text); button.textContent = "Copied"; }
        catch { getSelection().selectAllChildren($(button.dataset.copy)); button.textContent = "Selected"; }
        setTimeout(() => (button.textContent = "Copy"), 1600);
      });
    }
    let width = innerWidth, timer = 0;
    addEventListener("resize", () => {
      if (innerWidth === width) return;
      width = innerWidth;
      clearTimeout(timer);
      timer = setTimeout(again, 150);
    });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again);
    addEventListener("beforeprint", () => { begin(); root.classList.add("print"); all(); again(); });
    addEventListener("afterprint", () => { root.classList.remove("print"); again(); });
  }

  // The page of a run that goes on: the server of `--watch` says what is new once a second.
  function live() {
    const state = $("live");
    const ask = async () => {
      try {
        const found = await (await fetch("state.json", { cache: "no-store" })).json();
        state.textContent = found.words;
        if (found.finished) return void location.reload();
        if (found.blocks !== root.dataset.blocks) {
          if (root.dataset.blocks) return void location.reload();
          root.dataset.blocks = found.blocks;
        }
        figures = { ...figures, ...found.plots };
        again();
      } catch {
        state.textContent = "The run has ended or was stopped; this page is not renewed any more.";
        return;
      }
      setTimeout(ask, 1000);
    };
    ask();
  }

  places().forEach(size);
  page();
  // Once the page has been shown; a page in a tab behind others is not, and waits no longer than this.
  requestAnimationFrame(() => setTimeout(begin));
  setTimeout(begin, 300);
  if ($("live")) live();
})();
