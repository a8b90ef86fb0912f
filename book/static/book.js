/* What a page does in the browser: draw formulas, finish the interface's language, keep place and choice of language. */
"use strict";
(() => {
  const words = window.bookWords || {};

  /* sphinx-copybutton has no Japanese; its words and icons are globals that it reads when the page is ready. */
  if (words.Copy && typeof messages !== "undefined") {
    const lang = document.documentElement.lang;
    messages[lang] = {
      copy: words.Copy,
      copy_to_clipboard: words["Copy to clipboard"],
      copy_success: words["Copied!"],
      copy_failure: words["Failed to copy"],
    };
    iconCopy = iconCopy.replace(messages[locale].copy_to_clipboard, words["Copy to clipboard"]);
    iconCheck = iconCheck.replace(messages[locale].copy_success, words["Copied!"]);
    locale = lang;
  }

  /* Sphinx's own catalogue lacks some strings of the search page. */
  if (window.bookWords) Documentation.addTranslations({ locale: "", messages: words, plural_expr: "0" });

  function drawFormulas() {
    for (const element of document.querySelectorAll(".tex")) {
      katex.render(element.textContent, element, {
        displayMode: element.tagName === "DIV",
        throwOnError: false,
        strict: "ignore",
      });
    }
  }

  function translateLabels() {
    for (const element of document.querySelectorAll("[aria-label]")) {
      const word = words[element.getAttribute("aria-label")];
      if (word) element.setAttribute("aria-label", word);
    }
  }

  /* The same sections have the same ids in both languages. */
  function prepareSwitch() {
    for (const link of document.querySelectorAll("a[data-language]")) {
      link.addEventListener("click", () => {
        link.href = link.getAttribute("href").split("#")[0] + location.hash;
        try {
          localStorage.setItem("book-language", link.dataset.language);
        } catch {
          /* Storage may be forbidden; the switch itself still works. */
        }
      });
    }
  }

  /* Wide tables and outputs scroll inside themselves; a keyboard must be able to reach what scrolls. */
  function makeScrollable() {
    for (const table of document.querySelectorAll("article table")) {
      if (table.closest(".table-box, .highlighttable")) continue;
      const box = document.createElement("div");
      box.className = "table-box";
      box.tabIndex = 0;
      table.replaceWith(box);
      box.append(table);
    }
    for (const block of document.querySelectorAll("article pre")) block.tabIndex = 0;
    for (const item of document.querySelectorAll("[role=list] > .citation")) item.setAttribute("role", "listitem");
  }

  /* The list of exercises remembers, in this browser only, which are done. */
  function keepExercises() {
    const boxes = [...document.querySelectorAll("input[data-exercise]")];
    const done = document.getElementById("exercises-done");
    const key = (box) => `book-exercise-${box.dataset.exercise}`;
    const count = () => (done.textContent = `${boxes.filter((box) => box.checked).length} / ${boxes.length}`);
    for (const box of boxes) {
      try {
        box.checked = localStorage.getItem(key(box)) === "1";
      } catch {
        /* Without storage the ticks last as long as the page. */
      }
      box.addEventListener("change", () => {
        count();
        try {
          if (box.checked) localStorage.setItem(key(box), "1");
          else localStorage.removeItem(key(box));
        } catch {
          /* as above */
        }
      });
    }
    if (done) count();
  }

  document.addEventListener("DOMContentLoaded", () => {
    drawFormulas();
    translateLabels();
    prepareSwitch();
    makeScrollable();
    keepExercises();
  });
})();
