/* The loss explorer: draws losses over each other, with gradients and densities, for the reader's settings.
   No kernel, no library. The address keeps what is drawn: #loss=huber_loss&delta=0.5&loss=mse_loss&at=2.
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
  const pseudoHuber = (r, d) => (d * r * r) / (d + Math.hypot(r, d));

  /* The integral of e^-loss of the pseudo-Huber loss, 2 d e^(d^2) K_1(d^2), by the trapezoidal rule. */
  function pseudoHuberMass(d) {
    let sum = 0.5;
    for (let t = 1 / 64; d * d * (Math.cosh(t) - 1) < 60; t += 1 / 64) sum += Math.exp(-d * d * (Math.cosh(t) - 1)) * Math.cosh(t);
    return (2 * d * sum) / 64;
  }

  /* The logarithm of the gamma function for x > 0: Stirling's series, after steps to where it is exact. */
  function logGamma(x) {
    let before = 0;
    for (; x < 10; x++) before += Math.log(x);
    const y = 1 / (x * x);
    return (x - 0.5) * Math.log(x) - x + 0.5 * Math.log(2 * Math.PI)
      + (1 / 12 - y * (1 / 360 - y * (1 / 1260 - y / 1680))) / x - before;
  }
  const studentT = (x, { scale, df }) => 0.5 * (df + 1) * Math.log1p((x * x) / (df * scale * scale)) + Math.log(scale)
    + logGamma(0.5 * df) - logGamma(0.5 * (df + 1)) + 0.5 * Math.log(df);

  /* Barron's loss: alpha 2 and 0 are limits. */
  function robust(x, { alpha, scale }) {
    const square = (x / scale) ** 2, b = Math.abs(alpha - 2);
    if (alpha === 2) return 0.5 * square;
    if (alpha === 0) return Math.log1p(0.5 * square);
    return (b / alpha) * Math.expm1(0.5 * alpha * Math.log1p(square / b));
  }
  const robustGradient = (x, { alpha, scale }) => (x / scale ** 2) * (alpha === 2 ? 1 : ((x / scale) ** 2 / Math.abs(alpha - 2) + 1) ** (0.5 * alpha - 1));

  /* The probability of the right class whose logit leads by x. */
  const leading = (x, C) => 1 / (1 + (C - 1) * Math.exp(-x));
  // What the share of the right class adds to its lead; the others have equal shares.
  const adjustment = (p) => p.tau * Math.log((p.share * (p.C - 1)) / (1 - p.share));
  const binary = (z, t) => t * softplus(-z) + (1 - t) * softplus(z);

  const range = (name, min, max, step, value) => ({ name, min, max, step, value });
  const choice = (name, values, value) => ({ name, values, value });

  /* x is the one variable of the curve; p holds the settings. density is of the target, where there is one.
     Losses with the same x can be drawn over each other. */
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
    log_cosh_loss: {
      x: "residual", from: -4, to: 4, settings: [],
      loss: (x) => Math.abs(x) + Math.log1p(0.5 * Math.expm1(-2 * Math.abs(x))), gradient: (x) => Math.tanh(x),
      density: (x) => 1 / (Math.PI * Math.cosh(x)),
    },
    pseudo_huber_loss: {
      x: "residual", from: -4, to: 4, settings: [range("delta", 0.1, 3, 0.1, 1)],
      loss: (x, p) => pseudoHuber(x, p.delta), gradient: (x, p) => (p.delta * x) / Math.hypot(x, p.delta),
      density: (x, p) => Math.exp(-pseudoHuber(x, p.delta)) / pseudoHuberMass(p.delta),
    },
    general_robust_loss: {
      x: "residual", from: -4, to: 4, settings: [range("alpha", -4, 2, 0.5, 1), range("scale", 0.1, 3, 0.1, 1)],
      loss: robust, gradient: robustGradient, density: null,
    },
    quantile_loss: {
      x: "residual", from: -4, to: 4, settings: [range("quantile", 0.05, 0.95, 0.05, 0.5)],
      loss: (x, p) => Math.max(-p.quantile * x, (1 - p.quantile) * x),
      gradient: (x, p) => 0.5 * Math.sign(x) + 0.5 - p.quantile,
      density: (x, p) => p.quantile * (1 - p.quantile) * Math.exp(-Math.max(-p.quantile * x, (1 - p.quantile) * x)),
    },
    expectile_loss: {
      x: "residual", from: -4, to: 4, settings: [range("expectile", 0.05, 0.95, 0.05, 0.5)],
      loss: (x, p) => (x > 0 ? 1 - p.expectile : p.expectile) * x * x,
      gradient: (x, p) => 2 * (x > 0 ? 1 - p.expectile : p.expectile) * x, density: null,
    },
    interval_score_loss: {
      x: "residual", from: -4, to: 4, settings: [range("alpha", 0.05, 0.95, 0.05, 0.1), range("width", 0.2, 6, 0.2, 3)],
      loss: (x, p) => p.width + (2 / p.alpha) * Math.max(Math.abs(x) - 0.5 * p.width, 0),
      gradient: (x, p) => (Math.abs(x) > 0.5 * p.width ? (2 / p.alpha) * Math.sign(x) : 0), density: null,
    },
    gaussian_nll_loss: {
      x: "residual", from: -4, to: 4, settings: [range("var", 0.1, 4, 0.1, 1)],
      loss: (x, p) => 0.5 * (Math.log(p.var) + (x * x) / p.var), gradient: (x, p) => x / p.var,
      density: (x, p) => normalDensity(x / Math.sqrt(p.var)) / Math.sqrt(p.var),
    },
    beta_nll_loss: {
      x: "residual", from: -4, to: 4, settings: [range("var", 0.1, 4, 0.1, 1), range("beta", 0, 1, 0.1, 0.5)],
      loss: (x, p) => 0.5 * p.var ** p.beta * (Math.log(p.var) + (x * x) / p.var),
      gradient: (x, p) => x * p.var ** (p.beta - 1), density: null,
    },
    laplace_nll_loss: {
      x: "residual", from: -4, to: 4, settings: [range("scale", 0.1, 3, 0.1, 1)],
      loss: (x, p) => Math.abs(x) / p.scale + Math.log(p.scale), gradient: (x, p) => Math.sign(x) / p.scale,
      density: (x, p) => (0.5 / p.scale) * Math.exp(-Math.abs(x) / p.scale),
    },
    student_t_nll_loss: {
      x: "residual", from: -4, to: 4, settings: [range("scale", 0.1, 3, 0.1, 1), range("df", 0.5, 30, 0.5, 3)],
      loss: studentT, gradient: (x, p) => ((p.df + 1) * x) / (p.df * p.scale * p.scale + x * x),
      density: (x, p) => Math.exp(-studentT(x, p)) / Math.sqrt(Math.PI),
    },
    gaussian_crps_loss: {
      x: "residual", from: -4, to: 4, settings: [range("scale", 0.1, 3, 0.1, 1)],
      loss: (x, p) => x * erf(x / (p.scale * Math.SQRT2)) + p.scale * (2 * normalDensity(x / p.scale) - 1 / Math.sqrt(Math.PI)),
      gradient: (x, p) => erf(x / (p.scale * Math.SQRT2)), density: null,
    },
    poisson_nll_loss: {
      x: "logRate", from: -3, to: 3, settings: [range("y", 0, 10, 1, 3)],
      loss: (x, p) => Math.exp(x) - p.y * x, gradient: (x, p) => Math.exp(x) - p.y, density: null,
    },
    negative_binomial_nll_loss: {
      x: "logRate", from: -3, to: 3, settings: [range("y", 0, 10, 1, 3), range("dispersion", 0.1, 4, 0.1, 1)],
      loss: (x, p) => {
        const r = 1 / p.dispersion, z = x + Math.log(p.dispersion);
        return p.y * softplus(-z) + r * softplus(z) - (logGamma(p.y + r) - logGamma(r));
      },
      gradient: (x, p) => sigmoid(x + Math.log(p.dispersion)) / p.dispersion - p.y * sigmoid(-x - Math.log(p.dispersion)),
      density: null,
    },
    log_normal_nll_loss: {
      x: "logMedian", from: -3, to: 3, settings: [range("y", 0.1, 10, 0.1, 2), range("scale", 0.1, 3, 0.1, 1)],
      loss: (x, p) => 0.5 * ((Math.log(p.y) - x) / p.scale) ** 2 + Math.log(p.scale),
      gradient: (x, p) => (x - Math.log(p.y)) / p.scale ** 2, density: null,
    },
    binary_cross_entropy_with_logits: {
      x: "logit", from: -6, to: 6, settings: [range("t", 0, 1, 0.05, 1), range("pos_weight", 0.1, 10, 0.1, 1)],
      loss: (x, p) => p.pos_weight * p.t * softplus(-x) + (1 - p.t) * softplus(x),
      gradient: (x, p) => (1 - p.t) * sigmoid(x) - p.pos_weight * p.t * sigmoid(-x), density: null,
    },
    multilabel_soft_margin_loss: {
      x: "logit", from: -6, to: 6, settings: [range("t", 0, 1, 0.05, 1)],
      loss: (x, p) => binary(x, p.t), gradient: (x, p) => sigmoid(x) - p.t, density: null,
    },
    sigmoid_focal_loss: {
      x: "logit", from: -6, to: 6,
      settings: [range("t", 0, 1, 0.05, 1), range("alpha", 0, 1, 0.05, 0.25), range("gamma", 0, 5, 0.5, 2)],
      loss: (x, p) => {
        const missed = p.t * sigmoid(-x) + (1 - p.t) * sigmoid(x);
        return (p.alpha * p.t + (1 - p.alpha) * (1 - p.t)) * Math.pow(missed, p.gamma) * binary(x, p.t);
      },
      gradient: (x, p) => {
        const missed = p.t * sigmoid(-x) + (1 - p.t) * sigmoid(x), slope = (1 - 2 * p.t) * sigmoid(x) * sigmoid(-x);
        const fading = p.gamma * Math.pow(missed, p.gamma - 1) * slope * binary(x, p.t);
        return (p.alpha * p.t + (1 - p.alpha) * (1 - p.t)) * (fading + Math.pow(missed, p.gamma) * (sigmoid(x) - p.t));
      },
      density: null,
    },
    soft_margin_loss: {
      x: "logit", from: -6, to: 6, settings: [choice("y", [-1, 1], 1)],
      loss: (x, p) => softplus(-p.y * x), gradient: (x, p) => -p.y * sigmoid(-p.y * x), density: null,
    },
    exponential_loss: {
      x: "logit", from: -3, to: 3, settings: [choice("y", [-1, 1], 1)],
      loss: (x, p) => Math.exp(-p.y * x), gradient: (x, p) => -p.y * Math.exp(-p.y * x), density: null,
    },
    perceptron_loss: {
      x: "logit", from: -4, to: 4, settings: [choice("y", [-1, 1], 1)],
      loss: (x, p) => Math.max(0, -p.y * x), gradient: (x, p) => (p.y * x < 0 ? -p.y : 0), density: null,
    },
    probit_loss: {
      x: "logit", from: -5, to: 5, settings: [range("t", 0, 1, 0.05, 1)],
      loss: (x, p) => -p.t * Math.log(normalBelow(x)) - (1 - p.t) * Math.log(normalBelow(-x)),
      gradient: (x, p) => normalDensity(x) * ((1 - p.t) / normalBelow(-x) - p.t / normalBelow(x)), density: null,
    },
    cloglog_loss: {
      x: "logit", from: -6, to: 3, settings: [range("t", 0, 1, 0.05, 1)],
      loss: (x, p) => -p.t * Math.log(-Math.expm1(-Math.exp(x))) + (1 - p.t) * Math.exp(x),
      gradient: (x, p) => Math.exp(x) * (1 - p.t - p.t / Math.expm1(Math.exp(x))), density: null,
    },
    asymmetric_loss: {
      x: "logit", from: -6, to: 6,
      settings: [range("t", 0, 1, 0.05, 1), range("gamma_pos", 0, 5, 0.5, 1), range("gamma_neg", 0, 5, 0.5, 4), range("clip", 0, 0.3, 0.05, 0.05)],
      loss: (x, p) => {
        const shifted = Math.max(sigmoid(x) - p.clip, 0);
        return p.t * Math.pow(sigmoid(-x), p.gamma_pos) * softplus(-x) - (1 - p.t) * Math.pow(shifted, p.gamma_neg) * Math.log1p(-shifted);
      },
      gradient: (x, p) => {
        const yes = sigmoid(x), no = sigmoid(-x), shifted = Math.max(yes - p.clip, 0);
        const fading = p.gamma_neg * Math.pow(shifted, p.gamma_neg - 1) * -Math.log1p(-shifted);
        const less = shifted > 0 ? yes * no * (fading + Math.pow(shifted, p.gamma_neg) / (1 - shifted)) : 0;
        return (1 - p.t) * less - p.t * Math.pow(no, p.gamma_pos) * (p.gamma_pos * yes * softplus(-x) + no);
      },
      density: null,
    },
    hinge_loss: {
      x: "logit", from: -4, to: 4, settings: [range("margin", 0, 2, 0.1, 1), choice("y", [-1, 1], 1)],
      loss: (x, p) => Math.max(0, p.margin - p.y * x), gradient: (x, p) => (p.y * x < p.margin ? -p.y : 0),
      density: null,
    },
    binary_cross_entropy: {
      x: "probability", from: 0.01, to: 0.99, settings: [range("t", 0, 1, 0.05, 1)],
      loss: (x, p) => -p.t * Math.log(x) - (1 - p.t) * Math.log1p(-x),
      gradient: (x, p) => (1 - p.t) / (1 - x) - p.t / x, density: null,
    },
    nll_loss: {
      x: "logProbability", from: -5, to: 0, settings: [],
      loss: (x) => -x, gradient: () => -1, density: null,
    },
    kl_div: {
      x: "logProbability", from: -5, to: 0, settings: [range("t", 0, 1, 0.05, 0.5)],
      loss: (x, p) => (p.t > 0 ? p.t * (Math.log(p.t) - x) : 0), gradient: (x, p) => -p.t, density: null,
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
    logit_adjusted_cross_entropy: {
      x: "lead", from: -6, to: 6,
      settings: [range("C", 2, 20, 1, 3), range("share", 0.01, 0.99, 0.01, 0.1), range("tau", 0, 2, 0.25, 1)],
      loss: (x, p) => -Math.log(leading(x + adjustment(p), p.C)),
      gradient: (x, p) => -(1 - leading(x + adjustment(p), p.C)), density: null,
    },
    focal_loss: {
      x: "lead", from: -6, to: 6, settings: [range("C", 2, 20, 1, 3), range("gamma", 0, 5, 0.5, 2)],
      loss: (x, p) => Math.pow(1 - leading(x, p.C), p.gamma) * -Math.log(leading(x, p.C)),
      gradient: (x, p) => {
        const q = leading(x, p.C);
        return -Math.pow(1 - q, p.gamma) * (p.gamma * q * -Math.log(q) + 1 - q);
      },
      density: null,
    },
    generalized_cross_entropy: {
      x: "lead", from: -6, to: 6, settings: [range("C", 2, 20, 1, 3), range("q", 0.1, 1, 0.1, 0.7)],
      loss: (x, p) => (1 - Math.pow(leading(x, p.C), p.q)) / p.q,
      gradient: (x, p) => -Math.pow(leading(x, p.C), p.q) * (1 - leading(x, p.C)), density: null,
    },
    symmetric_cross_entropy: {
      x: "lead", from: -6, to: 6, settings: [range("C", 2, 20, 1, 3), range("alpha", 0, 1, 0.1, 0.1), range("beta", 0, 2, 0.1, 1)],
      loss: (x, p) => -p.alpha * Math.log(leading(x, p.C)) + 4 * p.beta * (1 - leading(x, p.C)),
      gradient: (x, p) => -(1 - leading(x, p.C)) * (p.alpha + 4 * p.beta * leading(x, p.C)), density: null,
    },
    poly1_cross_entropy: {
      x: "lead", from: -6, to: 6, settings: [range("C", 2, 20, 1, 3), range("epsilon", -1, 5, 0.5, 2)],
      loss: (x, p) => -Math.log(leading(x, p.C)) + p.epsilon * (1 - leading(x, p.C)),
      gradient: (x, p) => -(1 - leading(x, p.C)) * (1 + p.epsilon * leading(x, p.C)), density: null,
    },
    confidence_penalty: {
      x: "lead", from: -6, to: 6, settings: [range("C", 2, 20, 1, 3), range("beta", 0, 1, 0.05, 0.1)],
      loss: (x, p) => {
        const q = leading(x, p.C), other = (1 - q) / (p.C - 1);
        return -Math.log(q) + p.beta * (q * Math.log(q) + (1 - q) * Math.log(other));
      },
      gradient: (x, p) => -(1 - leading(x, p.C)) * (1 - p.beta * x * leading(x, p.C)), density: null,
    },
    brier_loss: {
      x: "lead", from: -6, to: 6, settings: [range("C", 2, 20, 1, 3)],
      loss: (x, p) => ((1 - leading(x, p.C)) ** 2 * p.C) / (p.C - 1),
      gradient: (x, p) => (-2 * leading(x, p.C) * (1 - leading(x, p.C)) ** 2 * p.C) / (p.C - 1), density: null,
    },
    multi_margin_loss: {
      x: "lead", from: -6, to: 6, settings: [range("C", 2, 20, 1, 3), range("margin", 0.1, 3, 0.1, 1), choice("p", [1, 2], 1)],
      loss: (x, p) => ((p.C - 1) / p.C) * Math.max(0, p.margin - x) ** p.p,
      gradient: (x, p) => (x < p.margin ? -((p.C - 1) / p.C) * p.p * (p.margin - x) ** (p.p - 1) : 0), density: null,
    },
    crammer_singer_loss: {
      x: "lead", from: -6, to: 6, settings: [range("margin", 0.1, 3, 0.1, 1)],
      loss: (x, p) => Math.max(0, p.margin - x), gradient: (x, p) => (x < p.margin ? -1 : 0), density: null,
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
    contrastive_loss: {
      x: "distance", from: 0, to: 3, settings: [range("margin", 0.1, 2, 0.1, 1), choice("y", [-1, 1], -1)],
      loss: (x, p) => 0.5 * (p.y === 1 ? x : Math.max(0, p.margin - x)) ** 2,
      gradient: (x, p) => (p.y === 1 ? x : -Math.max(0, p.margin - x)), density: null,
    },
    triplet_margin_loss: {
      x: "gap", from: -3, to: 3, settings: [range("margin", 0, 2, 0.1, 1)],
      loss: (x, p) => Math.max(0, x + p.margin), gradient: (x, p) => (x + p.margin > 0 ? 1 : 0), density: null,
    },
    cosine_embedding_loss: {
      x: "cosine", from: -1, to: 1, settings: [range("margin", -0.5, 0.9, 0.1, 0), choice("y", [-1, 1], -1)],
      loss: (x, p) => (p.y === 1 ? 1 - x : Math.max(0, x - p.margin)),
      gradient: (x, p) => (p.y === 1 ? -1 : x > p.margin ? 1 : 0), density: null,
    },
  };

  const WORDS = {
    ja: {
      loss: "損失", gradient: "勾配", density: "密度", choose: "損失関数", over: "重ねる損失", at: "調べる位置", none: "この損失では、横軸の量の密度を描けません",
      residual: "予測 − 観測", logRate: "対数レート(対数平均)", logMedian: "中央値の対数 μ", logit: "ロジット(スコア) z", probability: "確率 p",
      logProbability: "対数確率", lead: "正解クラスのロジット(他は0)", difference: "スコアの差 x₁ − x₂(1が上)", distance: "距離 d",
      gap: "距離の差 d(a, p) − d(a, n)", cosine: "コサイン類似度", add: "損失を重ねる", remove: "外す", reset: "初期値に戻す", values: "調べる位置での値",
      unknown: (name) => `「${name}」は、この図では描けません。`, apart: (name) => `「${name}」は横軸の量が違うため、重ねられません。`,
      many: (most) => `重ねられる損失は${most}個までです。`,
    },
    en: {
      loss: "Loss", gradient: "Gradient", density: "Density", choose: "Loss function", over: "Drawn over it", at: "Look at", none: "the quantity on the axis has no density under this loss",
      residual: "prediction − observation", logRate: "log-rate (log-mean)", logMedian: "logarithm of the median, μ", logit: "logit (score) z", probability: "probability p",
      logProbability: "log-probability", lead: "logit of the right class (others 0)", difference: "difference of scores x₁ − x₂ (1 ranks higher)", distance: "distance d",
      gap: "difference of distances d(a, p) − d(a, n)", cosine: "cosine similarity", add: "Draw another over it", remove: "Remove", reset: "Reset", values: "Values where you look",
      unknown: (name) => `“${name}” is not a loss that this page draws.`, apart: (name) => `“${name}” has another quantity on its axis and cannot be drawn over the first.`,
      many: (most) => `At most ${most} losses are drawn over each other.`,
    },
  };
  const CURVES = ["loss", "gradient", "density"];
  const SIZE = { width: 320, height: 175, left: 44, right: 10, top: 8, bottom: 26 };
  const MOST = 4; // losses in one picture: more curves cannot be told apart
  const SVG = "http://www.w3.org/2000/svg";

  const initial = (name) => Object.fromEntries(LOSSES[name].settings.map((s) => [s.name, s.value]));

  function evaluate(name, x, settings) {
    const chosen = LOSSES[name];
    const p = { ...initial(name), ...settings };
    return Object.fromEntries(CURVES.map((curve) => [curve, chosen[curve] ? chosen[curve](x, p) : null]));
  }

  /* What an address asks for: losses with their settings, the place, and what it asks for in vain. */
  function readAddress(hash, words) {
    const drawn = [], notes = [];
    let at = null;
    for (const [key, value] of new URLSearchParams(hash.replace(/^#/, ""))) {
      const last = drawn.at(-1);
      if (key === "loss") {
        for (const name of value.split(",").map((part) => part.trim()).filter(Boolean)) {
          if (!Object.hasOwn(LOSSES, name)) notes.push(words.unknown(name));
          else if (drawn.length && LOSSES[name].x !== LOSSES[drawn[0].name].x) notes.push(words.apart(name));
          else if (drawn.length === MOST) notes.push(words.many(MOST));
          else drawn.push({ name, p: initial(name) });
        }
      } else if (key === "at") {
        if (value !== "" && Number.isFinite(Number(value))) at = Number(value);
      } else if (last && Object.hasOwn(last.p, key) && value !== "" && Number.isFinite(Number(value))) {
        const setting = LOSSES[last.name].settings.find((s) => s.name === key);
        if (!setting.values) last.p[key] = clip(Number(value), setting.min, setting.max);
        else if (setting.values.includes(Number(value))) last.p[key] = Number(value);
      }
    }
    return { drawn, at, notes };
  }

  function writeAddress(drawn, at) {
    const parts = drawn.flatMap(({ name, p }) => [`loss=${name}`, ...Object.entries(p).map(([key, value]) => `${key}=${value}`)]);
    return `#${[...parts, `at=${at}`].join("&")}`;
  }

  window.bookExplorer = { evaluate, losses: LOSSES, readAddress: (hash) => readAddress(hash, WORDS.en), writeAddress };

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
    for (let at = Math.ceil(low / step) * step; at <= high + step / 1e6; at += step) found.push(Number((Math.abs(at) < step / 1e6 ? 0 : at).toPrecision(6)));
    return found;
  }

  /* One panel: axes, the curves, and the points that the reader looks at. */
  function panel(drawn, curve, [from, to], at, words) {
    const shown = drawn.map((one, number) => ({ ...one, number })).filter(({ name }) => LOSSES[name][curve]);
    const label = `${words[curve]}: ${shown.map(({ name }) => name).join(", ") || "—"}`;
    const svg = element("svg", { viewBox: `0 0 ${SIZE.width} ${SIZE.height}`, role: "img", "aria-label": label });
    if (!shown.length) {
      svg.append(element("text", { x: SIZE.width / 2, y: SIZE.height / 2, "text-anchor": "middle", class: "note" }, "—"));
      return svg;
    }
    const xs = Array.from({ length: 401 }, (_, i) => from + ((to - from) * i) / 400);
    const values = shown.map(({ name, p }) => xs.map((x) => LOSSES[name][curve](x, p)));
    const [least, most] = [Math.min(0, ...values.flat()), Math.max(0, ...values.flat())];
    const pad = (most - least || 1) * 0.06;
    const [low, high] = [least - pad, most + pad];
    const column = (x) => SIZE.left + ((x - from) / (to - from)) * (SIZE.width - SIZE.left - SIZE.right);
    const row = (y) => SIZE.height - SIZE.bottom - ((y - low) / (high - low)) * (SIZE.height - SIZE.top - SIZE.bottom);
    for (const x of ticks(from, to)) {
      svg.append(element("line", { x1: column(x), x2: column(x), y1: SIZE.top, y2: SIZE.height - SIZE.bottom, class: "grid" }));
      svg.append(element("text", { x: column(x), y: SIZE.height - SIZE.bottom + 16, "text-anchor": "middle" }, `${x}`));
    }
    for (const y of ticks(low, high)) {
      svg.append(element("line", { x1: SIZE.left, x2: SIZE.width - SIZE.right, y1: row(y), y2: row(y), class: "grid" }));
      svg.append(element("text", { x: SIZE.left - 6, y: row(y) + 4, "text-anchor": "end" }, `${y}`));
    }
    svg.append(element("line", { x1: column(at), x2: column(at), y1: SIZE.top, y2: SIZE.height - SIZE.bottom, class: "place" }));
    shown.forEach(({ number }, n) => {
      const path = xs.map((x, i) => `${i ? "L" : "M"}${column(x).toFixed(2)} ${row(values[n][i]).toFixed(2)}`).join("");
      svg.append(element("path", { d: path, class: `curve ${curve} series-${number}` }));
    });
    for (const { name, p, number } of shown)
      svg.append(element("circle", { cx: column(at), cy: row(LOSSES[name][curve](at, p)), r: 4, class: `point series-${number}` }));
    return svg;
  }

  function swatch(number) {
    const svg = element("svg", { viewBox: "0 0 36 10", class: "swatch", "aria-hidden": "true" });
    svg.append(element("path", { d: "M1 5L35 5", class: `curve series-${number}` }));
    return svg;
  }

  function slider(label, id, key, { min, max, step, value }, onInput) {
    const input = element("input", { type: "range", min, max, step, value, id, "data-setting": key });
    const output = element("output", { for: id }, `${value}`);
    input.addEventListener("input", () => {
      output.textContent = input.value;
      onInput(Number(input.value));
    });
    return element("div", { class: "setting" }, element("label", { for: id }, label), input, output);
  }

  function chooser(label, id, key, groups, value, onChange) {
    const select = element("select", { id, ...(key ? { "data-setting": key } : {}) });
    for (const [title, values] of groups) {
      const place = title ? element("optgroup", { label: title }) : select;
      for (const v of values) {
        const option = element("option", { value: v }, `${v}`);
        option.selected = v === value;
        place.append(option);
      }
      if (title) select.append(place);
    }
    select.addEventListener("change", () => onChange(select.value));
    return element("div", { class: "setting" }, element("label", { for: id }, ...[label].flat()), select);
  }

  const alike = (name) => Object.keys(LOSSES).filter((other) => LOSSES[other].x === LOSSES[name].x);

  function start(root) {
    const words = WORDS[document.documentElement.lang] || WORDS.en;
    const controls = element("div", { class: "controls" });
    const figures = CURVES.map((curve) => element("figure", { class: `panel-${curve}` }));
    const place = element("div", { class: "place-control" });
    const readout = element("div", { "aria-live": "polite", class: "readout table-box" });
    const note = element("p", { role: "status", class: "explorer-note" });
    const formulas = document.querySelector(".explorer-formulas");
    let drawn = [], at = 0;

    const id = (number, key) => (number ? `explorer-${number + 1}-${key}` : `explorer-${key}`);
    const limits = () => [Math.min(...drawn.map(({ name }) => LOSSES[name].from)), Math.max(...drawn.map(({ name }) => LOSSES[name].to))];

    function draw() {
      CURVES.forEach((curve, n) => {
        const empty = !drawn.some(({ name }) => LOSSES[name][curve]);
        figures[n].replaceChildren(element("figcaption", {}, empty ? `${words[curve]}: ${words.none}` : words[curve]), panel(drawn, curve, limits(), at, words));
      });
      const head = element("tr", {}, element("th", { scope: "col" }, words.choose), ...CURVES.map((curve) => element("th", { scope: "col" }, words[curve])));
      const rows = drawn.map(({ name, p }, number) => {
        const found = evaluate(name, at, p);
        return element("tr", {}, element("th", { scope: "row" }, swatch(number), element("code", {}, name)),
          ...CURVES.map((curve) => element("td", {}, found[curve] === null ? "—" : found[curve].toFixed(4).replace(/^-(0\.0000)$/, "$1"))));
      });
      readout.replaceChildren(element("table", { "aria-label": words.values }, element("thead", {}, head), element("tbody", {}, ...rows)));
    }

    /* The reader changed something: the address follows, so that it can be kept or passed on. */
    function changed() {
      draw();
      note.textContent = "";
      history.replaceState(null, "", writeAddress(drawn, at));
    }

    function settle(next, focus) {
      const before = drawn.length && LOSSES[drawn[0].name].x;
      drawn = next;
      const [from, to] = limits();
      if (before !== LOSSES[drawn[0].name].x || at < from || at > to) at = Number((from + (to - from) * 0.75).toFixed(2));
      control();
      changed();
      document.getElementById(focus).focus();
    }

    function choose(number, name) {
      const next = drawn.map((one, n) => (n === number ? { name, p: initial(name) } : one));
      settle(next.filter((one) => LOSSES[one.name].x === LOSSES[next[0].name].x), id(number, "loss"));
    }

    function series({ name, p }, number) {
      const groups = number
        ? [[words[LOSSES[name].x], alike(name)]]
        : [...new Set(Object.values(LOSSES).map((loss) => loss.x))].map((x) => [words[x], Object.keys(LOSSES).filter((n) => LOSSES[n].x === x)]);
      const formula = formulas && formulas.querySelector(`.of-${name} .tex`);
      const change = (key) => (value) => {
        p[key] = Number(value);
        changed();
      };
      const box = element("div", { class: "series", role: "group", "aria-label": `${number ? words.over : words.choose}: ${name}` },
        chooser([swatch(number), number ? words.over : words.choose], id(number, "loss"), "", groups, name, (value) => choose(number, value)),
        element("p", { class: "explorer-formula", tabindex: "0" }, ...(formula ? [formula.cloneNode(true)] : [])),
        ...LOSSES[name].settings.map((s) => s.values
          ? chooser(element("code", {}, s.name), id(number, s.name), s.name, [["", s.values]], p[s.name], change(s.name))
          : slider(element("code", {}, s.name), id(number, s.name), s.name, { ...s, value: p[s.name] }, change(s.name))));
      if (drawn.length > 1) {
        const remove = element("button", { type: "button", id: id(number, "remove"), "aria-label": `${words.remove}: ${name}` }, words.remove);
        remove.addEventListener("click", () => settle(drawn.filter((_, n) => n !== number), "explorer-add"));
        box.firstElementChild.append(remove);
      }
      return box;
    }

    function control() {
      const others = alike(drawn[0].name).filter((name) => !drawn.some((one) => one.name === name));
      const add = element("button", { type: "button", id: "explorer-add" }, words.add);
      add.disabled = drawn.length === MOST;
      add.addEventListener("click", () => {
        const name = others[0] || drawn[0].name; // the same loss twice, with other settings, is worth drawing too
        settle([...drawn, { name, p: initial(name) }], id(drawn.length, "loss"));
      });
      const reset = element("button", { type: "button", id: "explorer-reset" }, words.reset);
      reset.addEventListener("click", () => settle(drawn.map(({ name }) => ({ name, p: initial(name) })), "explorer-reset"));
      controls.replaceChildren(...drawn.map(series), element("div", { class: "buttons" }, add, reset));
      const [min, max] = limits();
      place.replaceChildren(slider(`${words.at}: ${words[LOSSES[drawn[0].name].x]}`, "explorer-at", "at", { min, max, step: 0.01, value: at }, (value) => {
        at = value;
        changed();
      }));
    }

    function follow() {
      const asked = readAddress(location.hash, words);
      if (drawn.length && !asked.drawn.length && !asked.notes.length) return; // the address of a section
      drawn = asked.drawn.length ? asked.drawn : drawn.length ? drawn : [{ name: "huber_loss", p: initial("huber_loss") }];
      const [from, to] = limits();
      at = asked.at === null ? Number((from + (to - from) * 0.75).toFixed(2)) : clip(asked.at, from, to);
      control();
      draw();
      note.textContent = asked.notes.join(" ");
    }

    root.replaceChildren(note, controls, figures[0], figures[1], place, readout, figures[2]);
    addEventListener("hashchange", follow);
    follow();
  }

  const root = document.querySelector("[data-loss-explorer]"); // the script is deferred
  if (root) start(root);
})();
