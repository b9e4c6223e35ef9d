"use strict";
// Draws the figures of the page: Plotly is unpacked from the page itself, figures are drawn as they come into view.
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

  const AXIS = { gridcolor: "--grid", linecolor: "--line", zerolinecolor: "--line", tickcolor: "--line", automargin: true, exponentformat: "none", separatethousands: true, title: { standoff: 8 } };
  const LAYOUT = {
    font: { family: "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif", size: 12.5, color: "--ink" },
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", margin: { l: 52, r: 14, t: 12, b: 44 },
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

  async function unpack() {
    const packed = $("plotly");
    if (!packed || typeof DecompressionStream === "undefined") throw new Error("no DecompressionStream");
    const letters = atob(packed.textContent.trim());
    const bytes = new Uint8Array(letters.length);
    for (let at = 0; at < letters.length; at++) bytes[at] = letters.charCodeAt(at); // Uint8Array.from takes half a second
    packed.remove();
    const script = document.createElement("script");
    script.textContent = await new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"))).text();
    // Styles of maps, which the page's policy would refuse with a message; Plotly looks whether they are there already.
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

  function watch() {
    const seen = new IntersectionObserver((entries) => {
      for (const entry of entries) if (entry.isIntersecting && !drawn.has(entry.target)) draw(entry.target);
    }, { rootMargin: "600px" });
    places().forEach((place) => seen.observe(place));
    // What is not in view yet is drawn when nothing else is to be done, so that searching and printing find it.
    const idle = window.requestIdleCallback || ((work) => setTimeout(work, 60));
    const next = () => {
      const place = places().find((one) => !drawn.has(one));
      if (!place) return void (root.dataset.figures = "drawn");
      draw(place);
      if (!drawn.has(place)) drawn.add(place);
      idle(next);
    };
    idle(next);
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
    addEventListener("beforeprint", () => { root.classList.add("print"); all(); again(); });
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
  unpack().then(watch).catch((error) => {
    root.dataset.figures = "none";
    for (const place of places()) place.textContent = "This browser cannot draw the figure; its numbers are in the table below.";
    console.warn(`figures are not drawn: ${error.message}`);
  });
  if ($("live")) live();
})();
