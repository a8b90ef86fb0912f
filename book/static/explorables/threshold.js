/* A threshold on stored scores: precision, recall, F1, and what the mistakes cost. */
"use strict";
(() => {
  const { define, tr, number, beside } = bookExplorables;
  const BINS = 20;

  function counts(scores, t) {
    const found = { tp: 0, fp: 0, fn: 0, tn: 0 };
    for (const [p, y] of scores) found[y ? (p > t ? "tp" : "fn") : p > t ? "fp" : "tn"]++;
    return found;
  }
  const cost = ({ fp, fn }, ratio, n) => (ratio * fn + fp) / n;

  define("threshold", {
    state: { t: 0.5, ratio: 1 },
    controls: [
      { key: "t", label: tr("しきい値", "Threshold"), min: 0, max: 1, step: 0.01, show: (v) => v.toFixed(2) },
      { key: "ratio", label: tr("見落としは再検査の何倍悪いか", "How many times worse a miss is"), min: 1, max: 50, step: 1 },
    ],
    compute({ t, ratio }, { scores }) {
      const now = counts(scores, t), n = scores.length;
      const precision = now.tp + now.fp ? now.tp / (now.tp + now.fp) : null, recall = now.tp / (now.tp + now.fn);
      const curve = Array.from({ length: 101 }, (_, i) => [i / 100, cost(counts(scores, i / 100), ratio, n)]);
      const least = curve.reduce((best, at) => (at[1] < best[1] ? at : best));
      const expected = scores.reduce((sum, [p]) => sum + (p > t ? 1 - p : ratio * p), 0) / n;
      return { ...now, precision, recall, f1: (2 * now.tp) / (2 * now.tp + now.fp + now.fn), cost: cost(now, ratio, n), expected, bayes: 1 / (1 + ratio), curve, least };
    },
    build(stage) {
      const move = (t) => stage.set({ t: Number(t.toFixed(2)) });
      const margin = { left: 40, right: 12 };
      const handle = (y) => ({ name: "threshold", label: tr("しきい値", "Threshold"), axis: "x", step: [0.01, 0], get: () => [stage.state.t, y], move, say: (x) => number(x) });
      stage.plot("scores", { title: tr("悪性(上)と良性(下)の腫瘍の数", "Tumours: malignant above, benign below"), label: tr("スコアの度数", "Counts of the scores"), height: beside(250, 190), margin, live: true }).handle(handle(0));
      stage.plot("costs", { title: tr("腫瘍1つあたりの費用", "Cost per tumour"), label: tr("しきい値と費用", "Threshold and cost"), height: beside(250, 190), margin });
    },
    draw(stage, v, { t, ratio }) {
      const bins = { 0: new Array(BINS).fill(0), 1: new Array(BINS).fill(0) };
      for (const [p, y] of stage.data.scores) bins[y][Math.min(Math.floor(p * BINS), BINS - 1)]++;
      const [up, down] = [Math.max(...bins[1]), Math.max(...bins[0])];
      const { scores, costs } = stage.plots;
      scores.begin({ x: [0, 1], y: [-down * 1.08, up * 1.08] }).axes({ xlabel: tr("悪性の確率", "Probability of malignant"), ys: [-50, 0, 50].filter((y) => y > -down && y < up), show: (y) => `${Math.abs(y)}` });
      const width = (scores.inner("x") / BINS) * 0.8;
      bins[1].forEach((n, i) => scores.bar((i + 0.5) / BINS, 0, n, width, "area rival"));
      bins[0].forEach((n, i) => scores.bar((i + 0.5) / BINS, 0, -n, width, "area model"));
      scores.mark(t, -down * 1.08, t, up * 1.08, "curve data solid");
      const above = Math.max(...v.curve.map(([, c]) => c)) * 1.08;
      costs.begin({ x: [0, 1], y: [0, above] }).axes({ xlabel: tr("しきい値", "Threshold") });
      costs.path(v.curve, "curve model solid");
      costs.mark(v.bayes, 0, v.bayes, above, "curve rival");
      costs.words(v.bayes, above, `1/(1+${ratio})`, "rival", { dx: 5, dy: 12 });
      costs.dot(t, v.cost, "data", 6);
      stage.say(tr(`適合率 ${number(v.precision, 3)} · 再現率 ${number(v.recall, 3)} · F1 ${number(v.f1, 3)} · 費用 ${number(v.cost, 3)}(確率からの期待 ${number(v.expected, 3)}) · 見つけた ${v.tp}、見落とし ${v.fn}、無用な再検査 ${v.fp}、正しい良性 ${v.tn}`,
        `Precision ${number(v.precision, 3)} · recall ${number(v.recall, 3)} · F1 ${number(v.f1, 3)} · cost ${number(v.cost, 3)} (expected from the probabilities: ${number(v.expected, 3)}) · found ${v.tp}, missed ${v.fn}, examined needlessly ${v.fp}, rightly benign ${v.tn}`));
    },
  });
})();
