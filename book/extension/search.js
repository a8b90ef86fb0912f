/* The browser's half of book/extension/search.py: split a query as the index was split. */
const CJK = "\\u3005-\\u3007\\u3040-\\u30ff\\u3400-\\u4dbf\\u4e00-\\u9fff\\uf900-\\ufaff";
const CJK_RUN = new RegExp(`^[${CJK}]+$`, "u");
const WORD = new RegExp(`[${CJK}]+|(?:(?![${CJK}])[\\p{L}\\p{N}_])+`, "gu");

function queryWords(query) {
  return query.normalize("NFKC").match(WORD) || [];
}

function splitQuery(query) {
  return queryWords(query).flatMap((word) => {
    if (!CJK_RUN.test(word) || word.length === 1) return [word];
    return Array.from({ length: word.length - 1 }, (_, i) => word.slice(i, i + 2));
  });
}

/* A result shows the text of its page, not the table of contents that the theme keeps for print. */
Search.htmlToText = (html, anchor) => {
  const page = new DOMParser().parseFromString(html, "text/html");
  for (const extra of page.querySelectorAll(".headerlink, .tex-block, script, style")) extra.remove();
  const part = (anchor && page.querySelector(anchor)) || page.querySelector("article");
  return part ? part.textContent.replace(/\s+/g, " ") : "";
};

/* Sphinx would mark the pairs wherever they stand; mark the words that the reader typed. */
const parseQuery = Search._parseQuery;
Search._parseQuery = (query) => {
  const parsed = parseQuery(query);
  const marks = new Set(queryWords(query.toLowerCase()));
  if (SPHINX_HIGHLIGHT_ENABLED) localStorage.setItem("sphinx_highlight_terms", [...marks].join(" "));
  parsed[3] = marks;
  return parsed;
};
