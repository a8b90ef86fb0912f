/* Two quantile lines through Engel's households; how many lie below, between and above is counted. */
"use strict";
(() => {
  const { define, tr, number } = bookExplorables;
  const ON = 1e-6; // francs: closer than this is on the line

  /* Some line that minimises the quantile loss passes through two of the points: try all pairs, and stop a sum that is lost. */
  const known = new Map();
  function line(points, tau) {
    if (known.has(tau)) return known.get(tau);
    let best = [Infinity, null];
    for (let i = 0; i < points.length; i++)
      for (let j = 0; j < i; j++) {
        const run = points[i][0] - points[j][0];
        if (run === 0) continue;
        const slope = (points[i][1] - points[j][1]) / run, intercept = points[i][1] - slope * points[i][0];
        let sum = 0;
        for (let k = 0; k < points.length && sum < best[0]; k++) {
          const r = points[k][1] - intercept - slope * points[k][0];
          sum += r > 0 ? tau * r : (tau - 1) * r;
        }
        if (sum < best[0]) best = [sum, [intercept, slope]];
      }
    known.set(tau, best[1]);
    return best[1];
  }

  define("quantiles", {
    state: { low: 0.05, high: 0.95 },
    controls: [
      { key: "low", label: tr("下の直線の τ", "τ of the lower line"), min: 0.02, max: 0.98, step: 0.01, show: (v) => v.toFixed(2), change: (low, { high }) => ({ low, high: Math.max(low, high) }) },
      { key: "high", label: tr("上の直線の τ", "τ of the upper line"), min: 0.02, max: 0.98, step: 0.01, show: (v) => v.toFixed(2), change: (high, { low }) => ({ high, low: Math.min(low, high) }) },
    ],
    compute({ low, high }, { points }) {
      const lower = line(points, low), upper = line(points, high);
      const side = ([x, y], [intercept, slope]) => { const r = y - intercept - slope * x; return Math.abs(r) < ON ? 0 : Math.sign(r); };
      const inside = points.map((point) => (side(point, lower) < 0 ? -1 : side(point, upper) > 0 ? 1 : 0));
      const count = (where) => inside.filter((v) => v === where).length;
      return { lower, upper, inside, below: count(-1), between: count(0), above: count(1), coverage: count(0) / points.length, promised: high - low };
    },
    build(stage) {
      stage.plot("lines", {
        label: tr("世帯の収入と食費、2本の分位点の直線", "Income of households and what they spend on food, with two quantile lines"),
        height: (width) => Math.min(Math.max(width * 0.62, 260), 420), whole: true, margin: { left: 50, right: 52 },
      });
    },
    draw(stage, v, { low, high }) {
      const plot = stage.plots.lines.begin({ x: [300, 3000], y: [200, 2100] }).axes({ xlabel: tr("収入(フラン/年)", "income (francs a year)"), ylabel: tr("食費(フラン/年)", "food (francs a year)") });
      stage.data.points.forEach(([x, y], i) => {
        if (x <= 3000 && y <= 2100) plot.dot(x, y, v.inside[i] ? "data out" : "data", 3);
      });
      // Labels to the right of the ends, the lower one below the other.
      let under = -Infinity;
      for (const [each, tau] of [[v.upper, high], [v.lower, low]]) {
        plot.line(...each, "curve model solid");
        const end = Math.min(each[0] + each[1] * 3000, 2080), apart = Math.max(0, under + 16 - plot.row(end));
        plot.words(3000, end, `τ ${tau.toFixed(2)}`, "model", { dx: 5, dy: 4 + apart });
        under = plot.row(end) + apart;
      }
      const n = stage.data.points.length;
      stage.say(tr(`${n}世帯のうち、下に${v.below}、間(線上を含む)に${v.between}、上に${v.above}。間の割合 ${number(100 * v.coverage, 1)}%、τの差 ${number(100 * v.promised, 0)}%`,
        `Of ${n} households ${v.below} lie below, ${v.between} between the lines or on them, ${v.above} above. Between: ${number(100 * v.coverage, 1)}\u00a0%; difference of the τ: ${number(100 * v.promised, 0)}\u00a0%`));
    },
  });
})();
