/* The loss explorer: draws a loss, its gradient and its density for the reader's settings. No kernel, no library.
   tests/browser/test_explorer.py compares every curve with lossbook. */
"use strict";
(() => {
  const sigmoid = (z) => (z >= 0 ? 1 / (1 + Math.exp(-z)) : Math.exp(z) / (1 + Math.exp(z)));
  const softplus = (z) => Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z)));
  const clip = (x, low, high) => Math.min(Math.max(x, low), high);

  /* The error function to 1.2e-7 (Abramowitz and Stegun 7.1.26 is coarser): a continued series around 0 and far. */
  function erf(x) {
    const a = Math.abs(x);
    if (a > 6) return Math.sign(x);
    let term = a, sum = a;
    for (let n = 1; n < 200; n++) {
      term *= (2 * a * a) / (2 * n + 1);
      sum += term;
    }
    return Math.sign(x) * (2 / Math.sqrt(Math.PI)) * Math.exp(-a * a) * sum;
  }
  const normalDensity = (x) => Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI);
  const normalBelow = (x) => 0.5 * (1 + erf(x / Math.SQRT2));

  const huber = (r, d) => (Math.abs(r) <= d ? 0.5 * r * r : d * (Math.abs(r) - 0.5 * d));
  const huberMass = (d) => Math.sqrt(2 * Math.PI) * erf(d / Math.SQRT2) + (2 / d) * Math.exp(-0.5 * d * d);

  const range = (name, min, max, step, value) => ({ name, min, max, step, value });
  const choice = (name, values, value) => ({ name, values, value });

  /* x is the one variable of the curve; p holds the settings. density is of the target, where there is one. */
  const LOSSES = {
    mse_loss: {
      x: "residual", from: -4, to: 4, settings: [],
      loss: (x) => x * x, gradient: (x) => 2 * x,
      density: (x) => Math.exp(-x * x) / Math.sqrt(Math.PI),
    },
    l1_loss: {
      x: "residual", from: -4, to: 4, settings: [],
      loss: (x) => Math.abs(x), gradient: (x) => Math.sign(x), density: (x) => 0.5 * Math.exp(-Math.abs(x)),
    },
    smooth_l1_loss: {
      x: "residual", from: -4, to: 4, settings: [range("beta", 0.1, 3, 0.1, 1)],
      loss: (x, p) => huber(x, p.beta) / p.beta, gradient: (x, p) => clip(x / p.beta, -1, 1),
      density: (x, p) =>
        Math.exp(-huber(x, p.beta) / p.beta) / (Math.sqrt(p.beta) * huberMass(Math.sqrt(p.beta))),
    },
    huber_loss: {
      x: "residual", from: -4, to: 4, settings: [range("delta", 0.1, 3, 0.1, 1)],
      loss: (x, p) => huber(x, p.delta), gradient: (x, p) => clip(x, -p.delta, p.delta),
      density: (x, p) => Math.exp(-huber(x, p.delta)) / huberMass(p.delta),
    },
    gaussian_nll_loss: {
      x: "residual", from: -4, to: 4, settings: [range("var", 0.1, 4, 0.1, 1)],
      loss: (x, p) => 0.5 * (Math.log(p.var) + (x * x) / p.var), gradient: (x, p) => x / p.var,
      density: (x, p) => normalDensity(x / Math.sqrt(p.var)) / Math.sqrt(p.var),
    },
    poisson_nll_loss: {
      x: "logRate", from: -3, to: 3, settings: [range("y", 0, 10, 1, 3)],
      loss: (x, p) => Math.exp(x) - p.y * x, gradient: (x, p) => Math.exp(x) - p.y, density: null,
    },
    binary_cross_entropy_with_logits: {
      x: "logit", from: -6, to: 6, settings: [range("t", 0, 1, 0.05, 1), range("pos_weight", 0.1, 10, 0.1, 1)],
      loss: (x, p) => p.pos_weight * p.t * softplus(-x) + (1 - p.t) * softplus(x),
      gradient: (x, p) => (1 - p.t) * sigmoid(x) - p.pos_weight * p.t * sigmoid(-x), density: null,
    },
    soft_margin_loss: {
      x: "logit", from: -6, to: 6, settings: [choice("y", [-1, 1], 1)],
      loss: (x, p) => softplus(-p.y * x), gradient: (x, p) => -p.y * sigmoid(-p.y * x), density: null,
    },
    hinge_loss: {
      x: "score", from: -4, to: 4, settings: [range("margin", 0, 2, 0.1, 1), choice("y", [-1, 1], 1)],
      loss: (x, p) => Math.max(0, p.margin - p.y * x), gradient: (x, p) => (p.y * x < p.margin ? -p.y : 0),
      density: null,
    },
    focal_loss: {
      x: "lead", from: -6, to: 6, settings: [range("gamma", 0, 5, 0.5, 2)],
      loss: (x, p) => Math.pow(sigmoid(-x), p.gamma) * softplus(-x),
      gradient: (x, p) => {
        const q = sigmoid(x);
        return -Math.pow(1 - q, p.gamma) * (p.gamma * q * softplus(-x) + 1 - q);
      },
      density: null,
    },
    cross_entropy: {
      x: "lead", from: -6, to: 6,
      settings: [
        range("C", 2, 20, 1, 3), range("label_smoothing", 0, 0.5, 0.05, 0), range("temperature", 0.2, 5, 0.1, 1),
      ],
      loss: (x, p) => {
        const z = x / p.temperature;
        const all = Math.max(z, 0) + Math.log(Math.exp(z - Math.max(z, 0)) + (p.C - 1) * Math.exp(-Math.max(z, 0)));
        return all - (1 - p.label_smoothing + p.label_smoothing / p.C) * z;
      },
      gradient: (x, p) => {
        const probability = 1 / (1 + (p.C - 1) * Math.exp(-x / p.temperature));
        return (probability - (1 - p.label_smoothing + p.label_smoothing / p.C)) / p.temperature;
      },
      density: null,
    },
    margin_ranking_loss: {
      x: "difference", from: -4, to: 4, settings: [range("margin", 0, 2, 0.1, 0.5)],
      loss: (x, p) => Math.max(0, p.margin - x), gradient: (x, p) => (x < p.margin ? -1 : 0), density: null,
    },
    pairwise_logistic_loss: {
      x: "difference", from: -6, to: 6, settings: [],
      loss: (x) => softplus(-x), gradient: (x) => -sigmoid(-x), density: null,
    },
    pairwise_probit_loss: {
      x: "difference", from: -4, to: 4, settings: [],
      loss: (x) => -Math.log(normalBelow(x)), gradient: (x) => -normalDensity(x) / normalBelow(x), density: null,
    },
    hinge_embedding_loss: {
      x: "distance", from: 0, to: 3, settings: [range("margin", 0.1, 2, 0.1, 1), choice("y", [-1, 1], -1)],
      loss: (x, p) => (p.y === 1 ? x : Math.max(0, p.margin - x)),
      gradient: (x, p) => (p.y === 1 ? 1 : x < p.margin ? -1 : 0), density: null,
    },
    triplet_margin_loss: {
      x: "gap", from: -3, to: 3, settings: [range("margin", 0, 2, 0.1, 1)],
      loss: (x, p) => Math.max(0, x + p.margin), gradient: (x, p) => (x + p.margin > 0 ? 1 : 0), density: null,
    },
  };

  const WORDS = {
    ja: {
      loss: "損失", gradient: "勾配", density: "密度", choose: "損失関数", at: "調べる位置", none: "この損失では、横軸の量の密度を描けません",
      residual: "予測 − 観測", logRate: "対数レート z", logit: "ロジット z", score: "スコア z", lead: "正解クラスのロジット(他は0)",
      difference: "スコアの差 x₁ − x₂(1が上)", distance: "距離 d", gap: "距離の差 d(a, p) − d(a, n)", reset: "初期値に戻す",
    },
    en: {
      loss: "Loss", gradient: "Gradient", density: "Density", choose: "Loss function", at: "Look at", none: "The quantity on the axis has no density under this loss",
      residual: "prediction − observation", logRate: "log-rate z", logit: "logit z", score: "score z", lead: "logit of the right class (others 0)",
      difference: "difference of scores x₁ − x₂ (1 ranks higher)", distance: "distance d", gap: "difference of distances d(a, p) − d(a, n)", reset: "Reset",
    },
  };
  const CURVES = ["loss", "gradient", "density"];
  const SIZE = { width: 320, height: 220, left: 44, right: 10, top: 10, bottom: 30 };
  const SVG = "http://www.w3.org/2000/svg";

  function evaluate(name, x, settings) {
    const chosen = LOSSES[name];
    const p = { ...Object.fromEntries(chosen.settings.map((s) => [s.name, s.value])), ...settings };
    return Object.fromEntries(CURVES.map((curve) => [curve, chosen[curve] ? chosen[curve](x, p) : null]));
  }
  window.bookExplorer = { evaluate, losses: LOSSES };

  function element(tag, attributes = {}, ...children) {
    const made = ["svg", "path", "line", "circle", "text", "title"].includes(tag)
      ? document.createElementNS(SVG, tag) : document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    made.append(...children);
    return made;
  }

  function ticks(low, high) {
    const raw = (high - low) / 4, power = 10 ** Math.floor(Math.log10(raw));
    const step = power * [1, 2, 5, 10].find((n) => n * power >= raw);
    const found = [];
    for (let at = Math.ceil(low / step) * step; at <= high + step / 1e6; at += step) found.push(Number(at.toPrecision(6)));
    return found;
  }

  /* One panel: axes, curve, and the point that the reader looks at. */
  function panel(chosen, curve, p, at, words) {
    const svg = element("svg", { viewBox: `0 0 ${SIZE.width} ${SIZE.height}`, role: "img", "aria-label": words[curve] });
    if (!chosen[curve]) {
      svg.append(element("text", { x: SIZE.width / 2, y: SIZE.height / 2, "text-anchor": "middle", class: "note" }, "—"));
      return svg;
    }
    const xs = Array.from({ length: 401 }, (_, i) => chosen.from + ((chosen.to - chosen.from) * i) / 400);
    const ys = xs.map((x) => chosen[curve](x, p));
    const pad = (Math.max(...ys) - Math.min(...ys) || 1) * 0.06;
    const [low, high] = [Math.min(0, ...ys) - pad, Math.max(0, ...ys) + pad];
    const column = (x) => SIZE.left + ((x - chosen.from) / (chosen.to - chosen.from)) * (SIZE.width - SIZE.left - SIZE.right);
    const row = (y) => SIZE.height - SIZE.bottom - ((y - low) / (high - low)) * (SIZE.height - SIZE.top - SIZE.bottom);
    for (const x of ticks(chosen.from, chosen.to)) {
      svg.append(element("line", { x1: column(x), x2: column(x), y1: SIZE.top, y2: SIZE.height - SIZE.bottom, class: "grid" }));
      svg.append(element("text", { x: column(x), y: SIZE.height - SIZE.bottom + 16, "text-anchor": "middle" }, `${x}`));
    }
    for (const y of ticks(low, high)) {
      svg.append(element("line", { x1: SIZE.left, x2: SIZE.width - SIZE.right, y1: row(y), y2: row(y), class: "grid" }));
      svg.append(element("text", { x: SIZE.left - 6, y: row(y) + 4, "text-anchor": "end" }, `${y}`));
    }
    const path = xs.map((x, i) => `${i ? "L" : "M"}${column(x).toFixed(2)} ${row(ys[i]).toFixed(2)}`).join("");
    svg.append(element("path", { d: path, class: `curve ${curve}` }));
    svg.append(element("circle", { cx: column(at), cy: row(chosen[curve](at, p)), r: 4, class: "point" }));
    return svg;
  }

  function slider(label, name, { min, max, step, value }, onInput) {
    const input = element("input", { type: "range", min, max, step, value, id: `explorer-${name}`, "data-setting": name });
    const output = element("output", { for: input.id }, `${value}`);
    input.addEventListener("input", () => {
      output.textContent = input.value;
      onInput(Number(input.value));
    });
    return element("div", { class: "setting" }, element("label", { for: input.id }, label), input, output);
  }

  function chooser(label, id, values, value, onChange) {
    const select = element("select", { id, ...(id === "explorer-loss" ? {} : { "data-setting": id.slice(9) }) });
    for (const v of values) {
      const option = element("option", { value: v }, `${v}`);
      option.selected = v === value;
      select.append(option);
    }
    select.addEventListener("change", () => onChange(select.value));
    return element("div", { class: "setting" }, element("label", { for: id }, label), select);
  }

  function start(root) {
    const words = WORDS[document.documentElement.lang] || WORDS.en;
    const controls = element("div", { class: "controls" });
    const panels = element("div", { class: "panels" });
    const readout = element("p", { "aria-live": "polite", class: "readout" });
    let name, at, p;

    const formulas = document.querySelector(".explorer-formulas");
    const formula = element("p", { class: "explorer-formula" });

    function draw() {
      const chosen = LOSSES[name];
      const drawn = formulas && formulas.querySelector(`.of-${name} .tex`);
      formula.replaceChildren(...(drawn ? [drawn.cloneNode(true)] : []));
      panels.replaceChildren(...CURVES.map((curve) => element("figure", {},
        element("figcaption", {}, chosen[curve] || curve !== "density" ? words[curve] : `${words.density}: ${words.none}`),
        panel(chosen, curve, p, at, words))));
      const found = evaluate(name, at, p);
      readout.textContent = CURVES.filter((curve) => found[curve] !== null)
        .map((curve) => `${words[curve]} ${found[curve].toFixed(4)}`).join(" · ");
    }

    function choose(next) {
      name = next;
      const chosen = LOSSES[name];
      p = Object.fromEntries(chosen.settings.map((s) => [s.name, s.value]));
      at = Number((chosen.from + (chosen.to - chosen.from) * 0.75).toFixed(2));
      const change = (setting) => (value) => {
        p[setting] = Number(value);
        draw();
      };
      controls.replaceChildren(
        chooser(words.choose, "explorer-loss", Object.keys(LOSSES), name, choose),
        ...chosen.settings.map((s) => s.values
          ? chooser(element("code", {}, s.name), `explorer-${s.name}`, s.values, s.value, change(s.name))
          : slider(element("code", {}, s.name), s.name, s, change(s.name))),
        slider(`${words.at}: ${words[chosen.x]}`, "at", { min: chosen.from, max: chosen.to, step: 0.01, value: at }, (value) => {
          at = value;
          draw();
        }));
      draw();
      if (document.activeElement === document.body) return;
      document.getElementById("explorer-loss").focus();
    }

    root.replaceChildren(controls, formula, panels, readout);
    choose("huber_loss");
  }

  const root = document.querySelector("[data-loss-explorer]"); // the script is deferred
  if (root) start(root);
})();
