/* Looks through search-data.js (book/extension/search.py). No index, no other page is asked for: it works from disk. */
"use strict";
(() => {
  const SAY = {
    ja: { none: "見つかりませんでした。別の言葉でも試してください。", some: (n) => `${n}件が見つかりました。`, broken: "検索の索引を読めませんでした。", also: "同じ意味の言葉：" },
    en: { none: "Nothing was found. Try other words.", some: (n) => `${n} ${n === 1 ? "result" : "results"}.`, broken: "The search data could not be read.", also: "Also searched:" },
  };
  const CJK = /[\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]/;
  const MOST = 60, AROUND = 70;
  const normal = (text) => text.normalize("NFKC").toLowerCase();

  /* A query is words; words of Latin letters and of Japanese are told apart even where no space parts them. */
  function wordsOf(query) {
    return normal(query).match(/[\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+|(?:(?![\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff])[\p{L}\p{N}_])+/gu) || [];
  }

  /* An English word is found in its other forms too: losses, loss; weighting, weighted. */
  function stem(word) {
    if (CJK.test(word) || word.length < 5 || /\d|_/.test(word)) return word;
    return word.replace(/(?:ations?|ings?|edly|ed|ies|es|s|y|e)$/, "") || word;
  }

  function pattern(word) {
    const safe = stem(word).replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
    return CJK.test(word) ? new RegExp(safe) : new RegExp(`(?<![\\p{L}\\p{N}])${safe}`, "u");
  }

  /* What to look for: for each word of the query its own pattern or that of a word that means the same. */
  function plan(query, data) {
    const whole = wordsOf(query).join(" ");
    const sets = new Map(); // a Map, since "constructor" is a property of every object
    for (const group of data.same)
      for (const word of group) {
        const key = wordsOf(word).join(" ");
        sets.set(key, [...(sets.get(key) || []), ...group]);
      }
    const same = [...new Set((sets.get(whole) || []).map(normal))].filter((word) => word !== normal(query));
    const alternatives = [query, ...same].map((words) => wordsOf(words).map(pattern)).filter((found) => found.length);
    const answers = new Set();
    for (const { page, words } of data.answers) if (words.some((word) => wordsOf(word).join(" ") === whole)) answers.add(page);
    return { alternatives, answers, same };
  }

  const holds = (patterns, text) => patterns.every((p) => p.test(text));

  function look(query, data) {
    const { alternatives, answers, same } = plan(query, data);
    const found = [];
    data.pages.forEach(({ page, title, sections }, order) => {
      const pageTitle = normal(title);
      sections.forEach(([anchor, heading, text, code], place) => {
        const top = place === 0;
        const head = normal(heading), body = normal(text), all = `${body} ${normal(code)}`;
        let score = 0, hit = null;
        alternatives.forEach((patterns, rank) => {
          let points = 0;
          if (top && holds(patterns, pageTitle)) points = 1000;
          else if (holds(patterns, head)) points = 300;
          else if (holds(patterns, body)) points = 10 + Math.min(20, count(patterns[0], body));
          else if (holds(patterns, all)) points = 8;
          else if (patterns.length > 1 && holds(patterns, `${pageTitle} ${head} ${all}`) && patterns.some((p) => p.test(all))) points = 5;
          if (rank && points) points = points * 0.6;
          if (points > score) [score, hit] = [points, patterns];
        });
        if (top && answers.has(page)) [score, hit] = [1500, hit || alternatives[0]];
        if (score) found.push({ page, title, anchor, heading, text, code, top, score, hit, order, place });
      });
    });
    found.sort((a, b) => b.score - a.score || a.order - b.order || a.place - b.place);
    return { found, same };
  }

  function count(p, text) {
    return (text.match(new RegExp(p.source, "gu")) || []).length;
  }

  function excerpt(text, patterns) {
    const low = normal(text);
    const at = low.length === text.length ? Math.max(0, ...patterns.map((p) => low.search(p)).filter((n) => n > 0)) : 0;
    const first = patterns.map((p) => low.search(p)).filter((n) => n >= 0);
    const start = Math.max(0, (low.length === text.length && first.length ? Math.min(...first) : at) - AROUND);
    return (start ? "…" : "") + text.slice(start, start + 3 * AROUND).trim() + (start + 3 * AROUND < text.length ? "…" : "");
  }

  /* The words as they stand on the page, to be marked there. */
  function marksOf(text, patterns) {
    const low = normal(text);
    return [...new Set(patterns.map((p) => (low.match(new RegExp(p.source + (CJK.test(p.source) ? "" : "[\\p{L}\\p{N}]*"), "u")) || [""])[0]).filter(Boolean))];
  }

  function element(tag, attributes = {}, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    made.append(...children);
    return made;
  }

  function show(query, data, say) {
    const summary = document.querySelector(".search-summary");
    const list = document.querySelector("ul.search");
    if (!wordsOf(query).length) return void (summary.textContent = query.trim() ? say.none : "");
    const { found, same } = look(query, data);
    summary.textContent = found.length ? say.some(found.length) : say.none;
    if (same.length && found.length) summary.append(` ${say.also} ${same.slice(0, 2).join(", ")}`);
    const item = (result) => {
      const { page, title, anchor, heading, text, code, top, hit } = result;
      const marks = marksOf(`${heading} ${text} ${code}`, hit).join(" ");
      const address = `${page}.html${marks ? `?highlight=${encodeURIComponent(marks)}` : ""}${top ? "" : `#${anchor}`}`;
      const name = top || heading === title ? title : `${heading || title}`;
      const made = element("li", {}, element("a", { href: address }, name));
      if (!top) made.append(element("span", { class: "search-page" }, ` — ${title}`));
      const words = excerpt(text, hit);
      if (words) made.append(element("p", { class: "context" }, words));
      return made;
    };
    list.replaceChildren(...found.slice(0, MOST).map(item));
    if (found.length > MOST) {
      const more = element("button", { class: "btn btn-sm", type: "button" }, `+ ${found.length - MOST}`);
      more.addEventListener("click", () => {
        more.remove();
        list.append(...found.slice(MOST).map(item));
      });
      list.after(more);
    }
  }

  window.bookSearching = { look, wordsOf };

  const say = SAY[document.documentElement.lang] || SAY.en;
  const query = new URLSearchParams(location.search).get("q") || "";
  const field = document.querySelector("main form.bd-search input");
  field.value = query;
  field.focus();
  field.select();
  if (query.trim()) {
    const script = element("script", { src: "_static/search-data.js" });
    script.addEventListener("load", () => show(query, window.bookSearch, say));
    script.addEventListener("error", () => (document.querySelector(".search-summary").textContent = say.broken));
    document.head.append(script);
  }
})();
