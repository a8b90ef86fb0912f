/* What every explorable draws with: controls, plots with points to drag, and the round of state, numbers, drawing.
   No library, no request. An explorable is one file beside this one:

     bookExplorables.define("name", {
       state: { ... },                 what the reader sets
       controls: [ ... ],              sliders and choices, each bound to one key of the state
       compute(state, data),           the numbers, from the state alone: tests hold them to lossbook
       build(stage),                   its plots, once
       draw(stage, values, state),     all that depends on the numbers
     });                                                                                                     */
"use strict";
(() => {
  const lang = document.documentElement.lang === "ja" ? "ja" : "en";
  const tr = (ja, en) => (lang === "ja" ? ja : en);
  const SVG = "http://www.w3.org/2000/svg";
  const DRAWN = new Set(["svg", "g", "path", "line", "circle", "rect", "text", "title"]);
  const clip = (x, low, high) => Math.min(Math.max(x, low), high);

  function element(tag, attributes = {}, ...children) {
    const made = DRAWN.has(tag) ? document.createElementNS(SVG, tag) : document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) if (value !== null) made.setAttribute(name, value);
    made.append(...children);
    return made;
  }

  function ticks(low, high, about = 4) {
    const raw = (high - low) / about, power = 10 ** Math.floor(Math.log10(raw));
    const step = power * [1, 2, 5, 10].find((n) => n * power >= raw * 0.999);
    const found = [];
    for (let at = Math.ceil(low / step - 1e-9) * step; at <= high + step / 1e6; at += step) found.push(Number(at.toPrecision(6)));
    return found;
  }
  const number = (value, digits = 2) => (value === null || !Number.isFinite(value) ? "—" : value.toFixed(digits).replace(/^-(0(\.0+)?)$/, "$1"));

  /* Controls. Each is a row: label, control, value. */
  function slider(id, { label, min, max, step, value, show = String }, onInput) {
    const input = element("input", { type: "range", id, min, max, step, value });
    const output = element("output", { for: id }, show(value));
    const tell = () => {
      output.textContent = show(Number(input.value));
      input.setAttribute("aria-valuetext", show(Number(input.value)));
    };
    tell();
    input.addEventListener("input", () => {
      tell();
      onInput(Number(input.value));
    });
    const set = (value, limits = {}) => {
      for (const [name, limit] of Object.entries(limits)) input[name] = limit;
      input.value = value;
      tell();
    };
    return { row: element("div", { class: "setting" }, element("label", { for: id }, label), input, output), set };
  }

  function chooser(id, { label, values, value }, onChange) {
    const select = element("select", { id });
    for (const [v, text] of values.map((v) => (Array.isArray(v) ? v : [v, `${v}`]))) select.append(element("option", { value: v }, text));
    select.value = value;
    select.addEventListener("change", () => onChange(select.value));
    const set = (value) => { select.value = value; };
    return { row: element("div", { class: "setting" }, element("label", { for: id }, label), select), set };
  }

  function field(id, { label, value, length, clean }, onInput) {
    const input = element("input", { type: "text", id, value, maxlength: length, autocomplete: "off", autocapitalize: "off", spellcheck: "false" });
    input.addEventListener("input", () => onInput(clean(input.value)));
    input.addEventListener("change", () => { input.value = clean(input.value); });
    const set = (value) => { if (clean(input.value) !== value) input.value = value; };
    return { row: element("div", { class: "setting" }, element("label", { for: id }, label), input), set };
  }

  /* A plot: as wide as its place, in pixels, so that its words stay as large as they are. */
  class Plot {
    constructor({ label, height, margin = {}, live = false }) {
      this.height = height;
      this.margin = { left: 44, right: 12, top: 12, bottom: 34, ...margin };
      this.back = element("g");
      this.front = element("g");
      this.points = element("g");
      this.svg = element("svg", { role: live ? "group" : "img", "aria-label": label }, this.back, this.front, this.points);
      this.handles = [];
      this.domain = { x: [0, 1], y: [0, 1] };
    }

    /* Take the width of the place; begin a new drawing on these ranges. */
    begin({ x, y, equal = false }) {
      const width = Math.max(this.svg.parentElement.clientWidth, 120);
      const height = Math.round(this.height(width));
      for (const [name, value] of Object.entries({ viewBox: `0 0 ${width} ${height}`, width, height })) this.svg.setAttribute(name, value);
      this.size = { width, height };
      this.domain = { x, y };
      if (equal) {
        const middle = (y[0] + y[1]) / 2, half = ((x[1] - x[0]) / 2) * (this.inner("y") / this.inner("x"));
        this.domain.y = [middle - half, middle + half];
      }
      this.back.replaceChildren();
      this.front.replaceChildren();
      return this;
    }
    inner(axis) {
      const { left, right, top, bottom } = this.margin;
      return axis === "x" ? this.size.width - left - right : this.size.height - top - bottom;
    }
    column(x) { return this.margin.left + ((x - this.domain.x[0]) / (this.domain.x[1] - this.domain.x[0])) * this.inner("x"); }
    row(y) { return this.size.height - this.margin.bottom - ((y - this.domain.y[0]) / (this.domain.y[1] - this.domain.y[0])) * this.inner("y"); }
    at(clientX, clientY) {
      const box = this.svg.getBoundingClientRect();
      const u = ((clientX - box.left) / box.width) * this.size.width, v = ((clientY - box.top) / box.height) * this.size.height;
      const { x, y } = this.domain;
      return [
        x[0] + ((u - this.margin.left) / this.inner("x")) * (x[1] - x[0]),
        y[0] + ((this.size.height - this.margin.bottom - v) / this.inner("y")) * (y[1] - y[0]),
      ];
    }

    axes({ xlabel = "", ylabel = "", xs = null, ys = null, names = null, show = String } = {}) {
      const { left, right, top, bottom } = this.margin, { width, height } = this.size;
      const line = (x1, y1, x2, y2) => this.back.append(element("line", { x1, y1, x2, y2, class: "grid" }));
      const word = (x, y, anchor, text, kind = "tick") => this.back.append(element("text", { x, y, "text-anchor": anchor, class: kind }, text));
      for (const y of ys || ticks(...this.domain.y, clip(this.inner("y") / 50, 2, 6))) {
        line(left, this.row(y), width - right, this.row(y));
        word(left - 6, this.row(y) + 4, "end", show(y));
      }
      if (names) names.forEach((name, i) => word(this.column(i), height - bottom + 16, "middle", name));
      else for (const x of xs || ticks(...this.domain.x, clip(this.inner("x") / 80, 2, 8))) {
        line(this.column(x), top, this.column(x), height - bottom);
        word(this.column(x), height - bottom + 16, "middle", `${x}`);
      }
      if (xlabel) word(left + this.inner("x") / 2, height - 4, "middle", xlabel, "axis");
      if (ylabel) word(4, top - 2, "start", ylabel, "axis");
      return this;
    }
    path(points, kind, closed = false) {
      const d = points.map(([x, y], i) => `${i ? "L" : "M"}${this.column(x).toFixed(2)} ${this.row(y).toFixed(2)}`).join("") + (closed ? "Z" : "");
      return this.add("path", { d, class: kind });
    }
    /* A straight line from edge to edge, cut at the frame. */
    line(intercept, slope, kind) {
      const { x, y } = this.domain, f = (at) => intercept + slope * at;
      const ends = [...x, ...(slope ? y.map((v) => (v - intercept) / slope) : [])]
        .filter((at) => at >= x[0] - 1e-9 && at <= x[1] + 1e-9 && f(at) >= y[0] - 1e-6 && f(at) <= y[1] + 1e-6).sort((a, b) => a - b);
      return ends.length < 2 ? null : this.path([[ends[0], f(ends[0])], [ends.at(-1), f(ends.at(-1))]], kind);
    }
    dot(x, y, kind, r = 4) { return this.add("circle", { cx: this.column(x), cy: this.row(y), r, class: kind }); }
    ring(x, y, radius, kind) { return this.add("circle", { cx: this.column(x), cy: this.row(y), r: Math.abs(this.column(x + radius) - this.column(x)), class: kind }); }
    bar(x, from, to, width, kind) {
      const [a, b] = [this.row(from), this.row(to)];
      return this.add("rect", { x: this.column(x) - width / 2, y: Math.min(a, b), width, height: Math.abs(a - b), class: kind });
    }
    mark(x1, y1, x2, y2, kind) { return this.add("line", { x1: this.column(x1), y1: this.row(y1), x2: this.column(x2), y2: this.row(y2), class: kind }); }
    arrow(x, y, dx, dy, kind) {
      const [u, v, s, t] = [this.column(x), this.row(y), this.column(x + dx), this.row(y + dy)];
      const angle = Math.atan2(t - v, s - u), tip = (turn) => `${s - 9 * Math.cos(angle + turn)} ${t - 9 * Math.sin(angle + turn)}`;
      if (Math.hypot(s - u, t - v) < 2) return null;
      return this.add("path", { d: `M${u} ${v}L${s} ${t}M${tip(0.45)}L${s} ${t}L${tip(-0.45)}`, class: `arrow ${kind}` });
    }
    /* Words at a place of the data, moved by pixels, and kept inside the frame. */
    words(x, y, text, kind = "", { dx = 0, dy = 0, anchor = "start" } = {}) {
      const made = this.add("text", { x: this.column(x) + dx, y: this.row(y) + dy, "text-anchor": anchor, class: `label ${kind}` });
      made.append(text);
      const box = made.getBBox();
      const right = box.x + box.width - (this.size.width - 2), left = 2 - box.x;
      if (right > 0) made.setAttribute("x", this.column(x) + dx - right);
      else if (left > 0) made.setAttribute("x", this.column(x) + dx + left);
      made.setAttribute("y", clip(this.row(y) + dy, 12, this.size.height - this.margin.bottom - 3));
      return made;
    }
    add(tag, attributes) {
      const made = element(tag, attributes);
      this.front.append(made);
      return made;
    }

    /* A point to drag, by finger or mouse or arrow keys. `move` is told where it should be; `get` says where it is. */
    handle({ name, label, kind = "", get, move, step = [0.1, 0.1], say, axis = "both" }) {
      const knob = element("circle", { r: 9, class: "knob" });
      const made = element("g", {
        class: `handle ${kind}`, tabindex: 0, role: "slider", "aria-label": label, "data-handle": name,
        "aria-orientation": axis === "x" ? "horizontal" : "vertical",
        "aria-roledescription": axis === "both" ? tr("上下左右に動かせる点", "point that moves both ways") : null,
      }, element("circle", { r: 22, class: "reach" }), knob);
      const go = (x, y) => {
        const [a, b] = get();
        const { x: [x0, x1], y: [y0, y1] } = this.domain;
        move(axis === "y" ? a : clip(x, x0, x1), axis === "x" ? b : clip(y, y0, y1));
      };
      made.addEventListener("pointerdown", (event) => {
        event.preventDefault();
        made.focus({ preventScroll: true });
        made.setPointerCapture(event.pointerId);
      });
      // A part of a drawing cannot tell the browser by style alone not to scroll under the finger.
      made.addEventListener("touchstart", (event) => event.preventDefault(), { passive: false });
      made.addEventListener("pointermove", (event) => made.hasPointerCapture(event.pointerId) && go(...this.at(event.clientX, event.clientY)));
      made.addEventListener("keydown", (event) => {
        const [dx, dy] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key] || [0, 0];
        if (!dx && !dy) return;
        event.preventDefault();
        const times = event.shiftKey ? 5 : 1, [x, y] = get();
        // What moves along one axis follows all four arrows, as a slider does.
        const along = axis === "x" ? [dx || dy, 0] : axis === "y" ? [0, dy || dx] : [dx, dy];
        go(x + along[0] * step[0] * times, y + along[1] * step[1] * times);
      });
      this.points.append(made);
      this.handles.push({ made, get, say, axis });
    }
    /* Put the points to drag where the state says. */
    place() {
      for (const { made, get, say, axis } of this.handles) {
        const [x, y] = get();
        made.setAttribute("transform", `translate(${this.column(x).toFixed(2)} ${this.row(y).toFixed(2)})`);
        const [low, high] = this.domain[axis === "x" ? "x" : "y"];
        for (const [key, value] of Object.entries({ min: low, max: high, now: axis === "x" ? x : y })) made.setAttribute(`aria-value${key}`, Number(value.toFixed(4)));
        made.setAttribute("aria-valuetext", say(x, y));
      }
    }
  }

  const parts = {};

  function define(name, part) {
    parts[name] = part;
    for (const root of document.querySelectorAll(`[data-explorable="${name}"]`)) start(root, name, part);
  }

  function start(root, name, part) {
    const stored = root.querySelector("script[type='application/json']");
    const data = stored ? JSON.parse(stored.textContent) : null;
    const first = () => structuredClone(part.state);
    const state = first();
    const stage = {
      name, data, state, plots: {}, tr,
      plots_at: element("div", { class: "plots" }),
      readout: element("p", { class: "readout", role: "status" }),
      notes: element("div", { class: "notes" }),
      /* A plot with its heading. */
      plot(key, options) {
        const made = new Plot(options);
        const place = element("div", { class: "plot" });
        const box = element("div", { class: options.whole ? "panel whole" : "panel" }, ...(options.title ? [element("p", { class: "panel-title" }, options.title)] : []), place);
        place.append(made.svg);
        this.plots_at.append(box);
        return (this.plots[key] = made);
      },
      set(changes) {
        Object.assign(state, changes);
        update();
      },
      say(text) {
        if (this.readout.textContent !== text) this.readout.textContent = text;
      },
    };
    const controls = (part.controls || []).map((control) => {
      const id = `${name}-${control.key}`, bound = { ...control, value: state[control.key] };
      const make = control.values ? chooser : control.clean ? field : slider;
      return { ...control, ...make(id, bound, (value) => stage.set(control.change ? control.change(value, state) : { [control.key]: value })) };
    });
    const reset = element("button", { type: "button", class: "reset" }, tr("初期値に戻す", "Reset"));
    reset.addEventListener("click", () => stage.set(first()));
    const paper = root.querySelector(".without"); // what is read where this script does not run, and on paper
    root.replaceChildren(element("div", { class: "controls" }, ...controls.map((c) => c.row)), stage.plots_at, stage.readout, stage.notes, reset, ...(paper ? [paper] : []));
    if (part.build) part.build(stage);

    function update() {
      const values = part.compute(state, data);
      stage.values = values;
      for (const control of controls) control.set(state[control.key], control.limits ? control.limits(state, values) : undefined);
      part.draw(stage, values, state);
      for (const plot of Object.values(stage.plots)) plot.place();
    }
    update();
    let width = root.clientWidth;
    new ResizeObserver(() => {
      if (root.clientWidth === width) return;
      width = root.clientWidth;
      update();
    }).observe(root);
    root.explorable = stage;
  }

  /* Lower where panels stand below one another, so that two of them fit on a phone. */
  const beside = (high, low) => () => (matchMedia("(max-width: 40rem)").matches ? low : high);

  window.bookExplorables = { define, parts, tr, element, beside, ticks, number, slider, chooser, Plot, clip };
})();
