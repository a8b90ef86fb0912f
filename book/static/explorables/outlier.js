/* Three lines through the same patients: least squares, Huber's loss, least absolute deviations. */
"use strict";
(() => {
  const { define, tr, number } = bookExplorables;

  /* The line that minimises a weighted sum of squares. */
  function weighted(points, w) {
    let s = 0, sx = 0, sy = 0;
    points.forEach(([x, y], i) => { s += w[i]; sx += w[i] * x; sy += w[i] * y; });
    const [mx, my] = [sx / s, sy / s];
    let xx = 0, xy = 0;
    points.forEach(([x, y], i) => { xx += w[i] * (x - mx) ** 2; xy += w[i] * (x - mx) * (y - my); });
    return [my - (xy / xx) * mx, xy / xx];
  }

  /* Huber's line: squares inside delta, and outside the weight that gives a pull of delta; repeated until it rests. */
  function huber(points, delta) {
    let line = l1(points);
    for (let round = 0; round < 5000; round++) {
      const w = points.map(([x, y]) => Math.min(1, delta / Math.max(Math.abs(y - line[0] - line[1] * x), 1e-300)));
      const next = weighted(points, w);
      const moved = Math.abs(next[0] - line[0]) + 50 * Math.abs(next[1] - line[1]);
      line = next;
      if (moved < 1e-11) break;
    }
    return line;
  }

  /* Some line of least absolute deviations passes through two of the points: try all pairs. */
  function l1(points) {
    let best = [Infinity, null];
    for (let i = 0; i < points.length; i++)
      for (let j = 0; j < i; j++) {
        if (points[i][0] === points[j][0]) continue;
        const slope = (points[i][1] - points[j][1]) / (points[i][0] - points[j][0]), intercept = points[i][1] - slope * points[i][0];
        let sum = 0;
        for (const [x, y] of points) sum += Math.abs(y - intercept - slope * x);
        if (sum < best[0]) best = [sum, [intercept, slope]];
      }
    return best[1];
  }

  const LINES = [["mse", "MSE", "rival"], ["huber", "Huber", "model"], ["l1", "L1", "third"]];
  define("outlier", {
    state: { x: 26, y: 30, delta: 40 },
    controls: [{ key: "delta", label: tr("Huberのδ(進行度の単位)", "Huber’s δ, in units of the progression"), min: 5, max: 150, step: 5 }],
    compute({ x, y, delta }, data) {
      const points = [...data.points, [x, y]];
      const fits = { mse: weighted(points, points.map(() => 1)), huber: huber(points, delta), l1: l1(points) };
      const clean = { mse: weighted(data.points, data.points.map(() => 1)), huber: huber(data.points, delta), l1: l1(data.points) };
      return { fits, clean };
    },
    build(stage) {
      const plot = stage.plot("lines", {
        label: tr("BMIと糖尿病の進行度。3本の直線と、動かせる外れ値", "BMI and the progression of diabetes: three lines and an outlier to drag"),
        height: (width) => Math.min(Math.max(width * 0.62, 260), 420), live: true, whole: true, margin: { right: 50 },
      });
      plot.handle({
        name: "outlier", label: tr("外れ値", "Outlier"), get: () => [stage.state.x, stage.state.y], step: [0.5, 10],
        move: (x, y) => stage.set({ x, y }), say: (x, y) => `BMI ${number(x, 1)}, ${tr("進行度", "progression")} ${number(y, 0)}`,
      });
    },
    draw(stage, { fits, clean }, { x, y }) {
      const plot = stage.plots.lines.begin({ x: [18, 44], y: [0, 360] }).axes({ xlabel: "BMI (kg/m²)", ylabel: tr("1年後の進行度", "progression after one year") });
      for (const [px, py] of stage.data.points) plot.dot(px, py, "data");
      const ends = LINES.map(([key, label, kind]) => [key, label, kind, fits[key][0] + fits[key][1] * 44]);
      for (const [key, , kind] of ends) plot.line(...fits[key], `curve ${kind}`);
      // Labels to the right of the ends, apart from one another.
      let below = Infinity;
      for (const [, label, kind, end] of ends.sort((a, b) => b[3] - a[3])) {
        const at = Math.min(Math.max(Math.min(end, 345), 8), below - 24);
        plot.words(44, at, label, kind, { dx: 5, dy: 4 });
        below = at;
      }
      const slopes = LINES.map(([key, label]) => `${label} ${number(fits[key][1], 1)} (${number(clean[key][1], 1)})`).join(" · ");
      stage.say(tr(`傾き(括弧内は外れ値のない20人): ${slopes}`, `Slopes (in brackets: the 20 patients without the outlier): ${slopes}`));
    },
  });
})();
