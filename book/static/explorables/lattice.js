/* The lattice of connectionist temporal classification: which paths collapse to a word, and how many there are. */
"use strict";
(() => {
  const { define, tr, number, element } = bookExplorables;
  const LISTED = 12;

  const letters = (text) => [...text.toLowerCase()].filter((c) => /[\p{L}\p{N}]/u.test(c)).slice(0, 6).join("");

  /* Blanks between and around the letters. */
  const states = (word) => ["-", ...[...word].flatMap((c) => [c, "-"])];

  /* From which states one can come: the same, the one before, and over a blank if the letters differ. */
  function before(l, s) {
    const found = [s];
    if (s > 0) found.push(s - 1);
    if (s > 1 && l[s] !== "-" && l[s] !== l[s - 2]) found.push(s - 2);
    return found;
  }

  /* ways[t][s]: in how many ways a path that is in state s at frame t can end well. */
  function ways(l, frames) {
    const last = new Array(l.length).fill(0);
    last[l.length - 1] = 1;
    if (l.length > 1) last[l.length - 2] = 1;
    const table = [last];
    for (let t = frames - 2; t >= 0; t--) {
      const row = new Array(l.length).fill(0);
      for (let s = 0; s < l.length; s++) for (const from of before(l, s)) row[from] += table[0][s];
      table.unshift(row);
    }
    return table;
  }

  const after = (l, s) => [s, s + 1, s + 2].filter((next) => next < l.length && before(l, next).includes(s));

  /* The path of a rank, counted from 0, without listing those before it. */
  function path(l, table, rank) {
    const found = [];
    let choices = [0, 1].filter((s) => s < l.length);
    for (const row of table)
      for (const s of choices) {
        if (rank < row[s]) {
          found.push(s);
          choices = after(l, s);
          break;
        }
        rank -= row[s];
      }
    return found;
  }

  define("lattice", {
    state: { word: "ab", frames: 5, chosen: 1 },
    controls: [
      { key: "word", label: tr("単語(6文字まで)", "Word (up to six letters)"), length: 6, clean: letters, change: (word) => ({ word, chosen: 1 }) },
      { key: "frames", label: tr("フレーム数 T", "Number of frames T"), min: 1, max: 12, step: 1, change: (frames) => ({ frames, chosen: 1 }) },
      {
        key: "chosen", label: tr("描く経路", "Path drawn"), min: 1, max: 35, step: 1,
        limits: (_, { count }) => ({ max: Math.max(count, 1), disabled: count < 2 }),
      },
    ],
    compute({ word, frames, chosen }) {
      const l = states(word), table = ways(l, frames);
      const count = [0, 1].filter((s) => s < l.length).reduce((sum, s) => sum + table[0][s], 0);
      const alphabet = new Set(word).size + 1;
      const repeats = [...word].filter((c, i, all) => i && c === all[i - 1]).length;
      const spell = (rank) => path(l, table, rank).map((s) => l[s]).join("");
      const listed = Array.from({ length: Math.min(count, LISTED) }, (_, rank) => spell(rank));
      const drawn = count ? path(l, table, Math.min(chosen, count) - 1) : [];
      return { l, table, count, all: alphabet ** frames, alphabet, least: [...word].length + repeats, repeats, listed, drawn, spelt: drawn.map((s) => l[s]).join("") };
    },
    build(stage) {
      stage.plot("lattice", {
        label: tr("CTCの格子。横がフレーム、縦が空白を挟んだ文字", "CTC lattice: frames across, letters with blanks between them down"),
        height: () => 40 + 30 * (2 * [...stage.state.word].length + 1), margin: { left: 34, right: 16, bottom: 22, top: 14 }, whole: true,
      });
    },
    draw(stage, values, { word, frames }) {
      const { l, table, count, all, alphabet, least, repeats, listed, drawn, spelt } = values;
      const plot = stage.plots.lattice.begin({ x: [0.6, Math.max(frames, 2) + 0.4], y: [l.length - 0.4, -0.6] });
      l.forEach((c, s) => plot.words(0.6, s, c, c === "-" ? "blank" : "letter", { anchor: "end", dx: -10, dy: 5 }));
      for (let t = 0; t < frames; t++) plot.back.append(element("text", { x: plot.column(t + 1), y: plot.size.height - 6, "text-anchor": "middle", class: "tick" }, `${t + 1}`));
      // Reached: from the start in t steps, and the end is still within reach.
      const reach = [new Set([0, 1].filter((s) => s < l.length))];
      for (let t = 1; t < frames; t++) reach.push(new Set([...reach[t - 1]].flatMap((s) => after(l, s))));
      const open = (t, s) => reach[t].has(s) && table[t][s] > 0;
      for (let t = 1; t < frames; t++) for (let s = 0; s < l.length; s++) if (open(t, s))
        for (const from of before(l, s)) if (open(t - 1, from)) plot.mark(t, from, t + 1, s, "edge");
      if (drawn.length) plot.path(drawn.map((s, t) => [t + 1, s]), "curve model solid");
      for (let t = 0; t < frames; t++) for (let s = 0; s < l.length; s++) plot.dot(t + 1, s, drawn[t] === s ? "node model" : open(t, s) ? "node open" : "node shut", drawn[t] === s ? 7 : open(t, s) ? 5 : 2.5);
      const share = count / all, unbroken = spelt.replaceAll("-", "-\u2060"); // a path stays on one line
      stage.say(count
        ? tr(`「${word}」になる経路は${count}本(この文字と空白による全${alphabet}^${frames} = ${all}本の${number(100 * share, 1)}%)。いま描いている経路: ${unbroken}`,
          `${count} ${count === 1 ? "path collapses" : "paths collapse"} to “${word}”, of ${alphabet}^${frames} = ${all} over its letters and the blank (${number(100 * share, 1)}\u00a0%). Drawn: ${unbroken}`)
        : tr(`「${word}」には${least}フレームが必要です(${[...word].length}文字${repeats ? `と、同じ文字の間の空白${repeats}つ` : ""})。${frames}フレームでは経路がなく、損失は無限大です。`,
          `“${word}” needs ${least} frames (${[...word].length} letters${repeats ? ` and ${repeats} ${repeats === 1 ? "blank" : "blanks"} between equal ones` : ""}). With ${frames} there is no path, and the loss is infinite.`));
      const more = count - listed.length;
      stage.notes.replaceChildren(...(listed.length ? [element("p", { class: "paths" }, ...listed.flatMap((each) => [element("code", {}, each), " "]),
        more > 0 ? tr(`… ほか${more}本`, `… and ${more} more`) : "")] : []));
    },
  });
})();
