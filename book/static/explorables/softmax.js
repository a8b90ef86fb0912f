/* A softmax of four logits: temperature and label smoothing, with the loss and its gradient. */
"use strict";
(() => {
  const { define, tr, number, beside } = bookExplorables;
  const FACES = ["A", "B", "C", "D"];

  define("softmax", {
    state: { z: [2, 0.5, -1, 0], right: 0, temperature: 1, smoothing: 0 },
    controls: [
      { key: "temperature", label: tr("温度 T", "Temperature T"), min: 0.25, max: 4, step: 0.05, show: (v) => v.toFixed(2) },
      { key: "smoothing", label: tr("ラベル平滑化 ε", "Label smoothing ε"), min: 0, max: 0.8, step: 0.05, show: (v) => v.toFixed(2) },
      { key: "right", label: tr("正解", "Right class"), values: FACES.map((face, i) => [i, face]), change: (value) => ({ right: Number(value) }) },
    ],
    compute({ z, right, temperature, smoothing }) {
      const scaled = z.map((v) => v / temperature), top = Math.max(...scaled);
      const logsum = top + Math.log(scaled.reduce((sum, v) => sum + Math.exp(v - top), 0));
      const p = scaled.map((v) => Math.exp(v - logsum));
      const q = z.map((_, k) => (k === right ? 1 - smoothing : 0) + smoothing / z.length);
      const loss = q.reduce((sum, share, k) => sum + share * (logsum - scaled[k]), 0);
      const entropy = q.reduce((sum, share) => sum - (share > 0 ? share * Math.log(share) : 0), 0);
      return { p, q, loss, entropy, gradient: p.map((v, k) => (v - q[k]) / temperature) };
    },
    build(stage) {
      const height = beside(210, 150);
      const margin = { left: 36, right: 6, bottom: 24 };
      const logits = stage.plot("logits", { title: tr("ロジット z(動かせます)", "Logits z (drag them)"), label: tr("4つのロジット", "Four logits"), height, margin, live: true });
      stage.plot("chances", { title: tr("確率 p と目標 q", "Probabilities p, target q"), label: tr("確率と目標", "Probabilities and target"), height, margin });
      stage.plot("gradient", { title: tr("ロジットの勾配 (p − q)/T", "Gradient by the logits, (p − q)/T"), label: tr("勾配", "Gradient"), height, margin });
      FACES.forEach((face, k) => logits.handle({
        name: face, label: `${tr("ロジット", "Logit")} ${face}`, axis: "y", step: [0, 0.1],
        get: () => [k, stage.state.z[k]], say: (_, y) => number(y, 2),
        move: (_, y) => stage.set({ z: stage.state.z.map((v, i) => (i === k ? Number(y.toFixed(2)) : v)) }),
      }));
    },
    draw(stage, { p, q, loss, entropy, gradient }, { z, right, temperature }) {
      const x = [-0.6, 3.6], most = Math.max(1, 1 / temperature);
      const names = FACES.map((face, k) => (k === right ? `${face} ✓` : face));
      const { logits, chances, gradient: slopes } = stage.plots;
      logits.begin({ x, y: [-4, 4] }).axes({ names, ys: [-4, -2, 0, 2, 4] });
      chances.begin({ x, y: [0, 1] }).axes({ names });
      slopes.begin({ x, y: [-most, most] }).axes({ names });
      const width = Math.min(logits.inner("x") / 6, 36);
      z.forEach((v, k) => {
        logits.bar(k, 0, v, width, "area data");
        chances.bar(k, 0, p[k], width, "area model");
        chances.mark(k - 0.4, q[k], k + 0.4, q[k], "curve rival solid");
        chances.words(k, p[k], number(p[k]), "", { anchor: "middle", dy: p[k] > 0.9 ? 14 : -4 });
        slopes.bar(k, 0, gradient[k], width, "area model");
        slopes.words(k, gradient[k], number(gradient[k]), "", { anchor: "middle", dy: gradient[k] >= 0 ? -4 : 14 });
      });
      for (const plot of [logits, slopes]) plot.mark(x[0], 0, x[1], 0, "zero");
      stage.say(`${tr("損失", "Loss")} ${number(loss, 4)} · ${tr("これ以上は下がらない値(目標のエントロピー)", "its floor, the entropy of the target")} ${number(entropy, 4)}`);
    },
  });
})();
