/* Triplets on a plane: which negatives are hard, semi-hard or easy, and what the loss moves. */
"use strict";
(() => {
  const { define, tr, number } = bookExplorables;
  const minus = (a, b) => [a[0] - b[0], a[1] - b[1]];
  const length = (a) => Math.hypot(...a);
  /* The direction of a, and none where there is none. */
  const unit = (a) => (length(a) > 0 ? a.map((v) => v / length(a)) : [0, 0]);

  const POINTS = {
    a: [tr("アンカー", "Anchor"), "model"], p: [tr("ポジティブ", "Positive"), "third"],
    n1: [tr("ネガティブ1", "Negative 1"), "rival"], n2: [tr("ネガティブ2", "Negative 2"), "rival"], n3: [tr("ネガティブ3", "Negative 3"), "rival"],
  };
  const KINDS = { hard: "hard", "semi-hard": "semi-hard", easy: "easy" };
  const NEGATIVES = ["n1", "n2", "n3"];

  define("triplets", {
    state: { a: [-0.6, 0], p: [0.4, 0.5], n1: [0.1, -0.3], n2: [0.7, -1.2], n3: [2.1, 0.6], margin: 1, mining: "all" },
    controls: [
      { key: "margin", label: tr("マージン m", "Margin m"), min: 0, max: 2, step: 0.05, show: (v) => v.toFixed(2) },
      {
        key: "mining", label: tr("使うネガティブ", "Negatives used"),
        values: [["all", tr("全部", "all")], ["semi-hard", tr("semi-hard(なければ全部)", "semi-hard (all if there is none)")], ["hardest", tr("hardest(最も近いもの)", "hardest (the nearest)")]],
      },
    ],
    compute(state) {
      const { a, p, margin, mining } = state;
      const dp = length(minus(a, p));
      const negatives = NEGATIVES.map((name) => {
        const d = length(minus(a, state[name]));
        return { name, d, kind: d <= dp ? "hard" : d < dp + margin ? "semi-hard" : "easy", loss: Math.max(0, dp - d + margin) };
      });
      const semi = negatives.filter((n) => n.kind === "semi-hard");
      const nearest = negatives.reduce((best, n) => (n.d < best.d ? n : best));
      const used = mining === "hardest" ? [nearest] : mining === "semi-hard" && semi.length ? semi : negatives;
      const gradient = { a: [0, 0], p: [0, 0], n1: [0, 0], n2: [0, 0], n3: [0, 0] };
      const add = (name, by, times) => { gradient[name] = gradient[name].map((v, i) => v + times * by[i]); };
      const toA = unit(minus(a, p));
      for (const { name, loss } of used) {
        if (loss <= 0) continue;
        const away = unit(minus(a, state[name])), share = 1 / used.length;
        add("a", minus(toA, away), share);
        add("p", toA, -share);
        add(name, away, share);
      }
      const loss = used.reduce((sum, n) => sum + n.loss, 0) / used.length;
      return { dp, negatives, used: used.map((n) => n.name), active: used.filter((n) => n.loss > 0).map((n) => n.name), loss, gradient };
    },
    build(stage) {
      const plot = stage.plot("plane", {
        label: tr("平面上のアンカー、ポジティブ、3つのネガティブ", "Anchor, positive and three negatives on a plane"),
        height: (width) => Math.min(Math.max(width * 0.66, 280), 440), live: true, whole: true, margin: { left: 30, bottom: 24 },
      });
      for (const [name, [label, kind]] of Object.entries(POINTS)) plot.handle({
        name, label, kind, get: () => stage.state[name], step: [0.1, 0.1],
        move: (x, y) => stage.set({ [name]: [x, y].map((v) => Number(v.toFixed(3))) }),
        say: (x, y) => {
          const found = stage.values && stage.values.negatives.find((n) => n.name === name);
          return `${number(x, 1)}, ${number(y, 1)}${found ? `, ${KINDS[found.kind]}` : ""}`;
        },
      });
    },
    draw(stage, { dp, negatives, used, active, loss, gradient }, state) {
      const far = stage.plots_at.clientWidth < 500 ? 3 : 4;
      const plot = stage.plots.plane.begin({ x: [-far, far], y: [-2, 2], equal: true }).axes({ xs: [-4, -2, 0, 2, 4].filter((x) => Math.abs(x) <= far), ys: [-2, 0, 2] });
      plot.ring(...state.a, dp, "ring inner");
      plot.ring(...state.a, dp + state.margin, "ring outer");
      plot.mark(...state.a, ...state.p, "curve third thin");
      for (const { name } of negatives) if (used.includes(name)) plot.mark(...state.a, ...state[name], "curve rival thin");
      for (const [name, slope] of Object.entries(gradient)) plot.arrow(...state[name], ...slope.map((v) => -0.6 * v), POINTS[name][1]);
      plot.words(...state.a, POINTS.a[0], POINTS.a[1], { anchor: "end", dx: -13, dy: 5 });
      plot.words(...state.p, POINTS.p[0], POINTS.p[1], { dx: 12, dy: -10 });
      for (const { name, kind } of negatives) plot.words(...state[name], `${name.slice(1)}: ${KINDS[kind]}`, "rival", { anchor: "middle", dy: 28 });
      const list = active.map((name) => POINTS[name][0]).join(tr("、", ", "));
      stage.say(`d(a, p) = ${number(dp)} · ${negatives.map((n) => `d(a, n${n.name.slice(1)}) = ${number(n.d)}`).join(" · ")} · ${tr("損失", "loss")} ${number(loss, 3)} · ${tr("活動中", "active")}: ${list || tr("なし", "none")}`);
    },
  });
})();
