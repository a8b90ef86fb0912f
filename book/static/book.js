/* What a page does in the browser: menus, scheme, search dialog, copying, place and language. The theme's own
   scripts, Bootstrap and an engine of icons weighed a hundred times as much. */
"use strict";
(() => {
  const words = window.bookWords || {};
  const say = (text) => words[text] || text;
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const root = document.documentElement;

  /* Storage may be forbidden or full: what is kept there then lasts as long as the page. */
  const keep = {
    get(key, store = "localStorage") {
      try { return window[store].getItem(key); } catch { return null; }
    },
    set(key, value, store = "localStorage") {
      try {
        if (value === null) window[store].removeItem(key);
        else window[store].setItem(key, value);
      } catch { /* as above */ }
    },
  };

  /* Light, dark, or as the system has it. */
  function followScheme() {
    const system = matchMedia("(prefers-color-scheme: dark)");
    const apply = () => {
      const dark = root.dataset.mode === "auto" ? system.matches : root.dataset.mode === "dark";
      root.dataset.theme = dark ? "dark" : "light";
      for (const menu of all(".dropdown-menu")) menu.classList.toggle("dropdown-menu-dark", dark);
    };
    apply();
    system.addEventListener("change", apply);
    for (const button of all(".theme-switch-button"))
      button.addEventListener("click", () => {
        const modes = system.matches ? ["auto", "light", "dark"] : ["auto", "dark", "light"];
        root.dataset.mode = modes[(modes.indexOf(root.dataset.mode) + 1) % modes.length];
        keep.set("mode", root.dataset.mode);
        apply();
      });
  }

  /* The menus of the header: one open at a time; Escape, a click elsewhere or leaving by keyboard closes. */
  function openMenus() {
    const buttons = all("[data-bs-toggle=dropdown]");
    const menu = (button) => button.parentElement.querySelector(".dropdown-menu");
    const show = (button, open) => {
      menu(button).classList.toggle("show", open);
      button.classList.toggle("show", open);
      button.setAttribute("aria-expanded", String(open));
      if (!open) return;
      menu(button).style.removeProperty("right");
      const over = menu(button).getBoundingClientRect().right - root.clientWidth;
      menu(button).style.left = over > 0 ? `${-over - 8}px` : "";
    };
    const closeAll = (but) => buttons.filter((b) => b !== but && b.classList.contains("show")).forEach((b) => show(b, false));
    for (const button of buttons) {
      button.addEventListener("click", () => {
        closeAll(button);
        show(button, !button.classList.contains("show"));
      });
      button.parentElement.addEventListener("keydown", (event) => {
        const items = all(".dropdown-item", menu(button));
        const at = items.indexOf(document.activeElement);
        if (event.key === "Escape") {
          show(button, false);
          button.focus();
        } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
          event.preventDefault();
          show(button, true);
          const step = event.key === "ArrowDown" ? 1 : -1;
          items[Math.min(Math.max(at + step, 0), items.length - 1)].focus();
        }
      });
      button.parentElement.addEventListener("focusout", (event) => {
        if (event.relatedTarget && !button.parentElement.contains(event.relatedTarget)) show(button, false);
      });
    }
    document.addEventListener("click", (event) => {
      if (!event.target.closest(".dropdown")) closeAll();
    });
  }

  /* The book's contents and the page's contents: beside the text, or in a dialog where there is no room. */
  function openSidebars() {
    const move = (from, to) => {
      to.append(...from.childNodes);
      for (const name of [...from.classList]) {
        from.classList.remove(name);
        to.classList.add(name);
      }
    };
    for (const [name, wide] of [["primary", "(min-width: 992px)"], ["secondary", null]]) {
      const button = document.querySelector(`.${name}-toggle`);
      const bar = document.getElementById(`pst-${name}-sidebar`);
      const dialog = document.getElementById(`pst-${name}-sidebar-modal`);
      if (!button || !bar || !dialog) continue;
      button.addEventListener("click", () => {
        if (wide && matchMedia(wide).matches) return bar.classList.toggle("pst-sidebar-hidden");
        move(bar, dialog);
        dialog.showModal();
      });
      dialog.addEventListener("close", () => move(dialog, bar));
      dialog.addEventListener("click", (event) => {
        if (event.target.closest("a") || outside(event, dialog)) dialog.close();
      });
    }
    const bar = document.querySelector(".bd-sidebar-primary");
    if (!bar) return;
    const before = parseInt(keep.get("sidebar-scroll-top", "sessionStorage"), 10);
    const here = bar.querySelector(".current.active");
    if (!isNaN(before)) bar.scrollTop = before;
    else if (here && here.offsetTop > innerHeight / 2) bar.scrollTop = here.offsetTop - bar.clientHeight / 4;
    addEventListener("pagehide", () => keep.set("sidebar-scroll-top", bar.scrollTop, "sessionStorage"));
  }

  function outside(event, dialog) {
    const box = dialog.getBoundingClientRect();
    return event.target === dialog && (event.clientX < box.left || event.clientX > box.right || event.clientY < box.top || event.clientY > box.bottom);
  }

  function openSearch() {
    const dialog = document.getElementById("pst-search-dialog");
    if (!dialog) return;
    const own = document.querySelector("main form.bd-search input"); // the page of results has its own field
    const open = () => {
      if (!own) dialog.open ? dialog.close() : dialog.showModal();
      const field = own || dialog.querySelector("input");
      field.focus();
      field.select();
    };
    const mac = /^(Mac|iPhone|iPad)/.test(navigator.platform);
    if (mac) for (const key of all(".kbd-shortcut__modifier")) if (key.textContent === "Ctrl") key.textContent = "⌘";
    addEventListener("keydown", (event) => {
      if ((mac ? event.metaKey : event.ctrlKey) && !event.shiftKey && !event.altKey && /^k$/i.test(event.key)) {
        event.preventDefault();
        open();
      }
    });
    for (const button of all(".search-button__button")) button.addEventListener("click", open);
    dialog.addEventListener("click", (event) => outside(event, dialog) && dialog.close());
  }

  /* Which section is being read, in the page's contents; the button that leads back to the top. */
  function followReading() {
    const links = new Map(all(".bd-sidebar-secondary a[href^='#']").map((a) => [decodeURIComponent(a.hash.slice(1)), a]));
    const seen = new Set();
    const sections = all("article section[id]").filter((section) => links.has(section.id));
    const watcher = new IntersectionObserver((entries) => {
      for (const entry of entries) seen[entry.isIntersecting ? "add" : "delete"](entry.target);
      const last = sections.filter((section) => seen.has(section)).at(-1);
      if (!last) return;
      for (const a of links.values()) a.classList.remove("active");
      for (let s = last; s; s = s.parentElement.closest("section[id]")) links.get(s.id)?.classList.add("active");
    }, { rootMargin: "0px 0px -60%" });
    for (const section of sections) watcher.observe(section);

    const top = document.getElementById("pst-back-to-top");
    let before = scrollY;
    addEventListener("scroll", () => {
      document.body.classList.toggle("scrolled", scrollY > 0);
      if (top) top.style.display = before > scrollY && scrollY > 300 ? "block" : "none";
      before = scrollY;
    }, { passive: true });
    if (top) top.addEventListener("click", () => scrollTo({ top: 0 }));
  }

  window.toggleFullScreen = () => (document.fullscreenElement ? document.exitFullscreen() : root.requestFullscreen());

  /* Copying: code by its button; a formula in a selection as the TeX it was written in. */
  const ICONS = { copy: '<rect x="8" y="8" width="12" height="12" rx="2"/><path d="M16 8V6a2 2 0 0 0-2-2H6a2 2 0 0 0-2 2v8a2 2 0 0 0 2 2h2"/>', done: '<path d="M5 12l5 5L20 7"/>' };
  const icon = (name) => `<svg viewBox="0 0 24 24" stroke-width="1.5" fill="none" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">${ICONS[name]}</svg>`;

  function offerCopies() {
    for (const code of all("div.highlight pre")) {
      const button = document.createElement("button");
      button.className = "copybtn o-tooltip--left";
      button.setAttribute("aria-label", say("Copy to clipboard"));
      button.dataset.tooltip = say("Copy");
      button.innerHTML = icon("copy");
      button.addEventListener("click", async () => {
        const done = await copy(code.textContent.replace(/\n$/, ""));
        button.dataset.tooltip = say(done ? "Copied!" : "Failed to copy");
        button.classList.toggle("success", done);
        if (done) button.innerHTML = icon("done");
        setTimeout(() => {
          button.dataset.tooltip = say("Copy");
          button.classList.remove("success");
          button.innerHTML = icon("copy");
        }, 2000);
      });
      code.after(button);
    }
    document.addEventListener("copy", (event) => {
      const selection = getSelection();
      if (!selection.rangeCount || !event.clipboardData) return;
      const range = selection.getRangeAt(0);
      const within = (node) => (node.nodeType === 1 ? node : node.parentElement).closest(".katex");
      const [first, last] = [within(range.startContainer), within(range.endContainer)];
      if (first) range.setStartBefore(first);
      if (last) range.setEndAfter(last);
      const part = range.cloneContents();
      const formulas = all(".katex", part);
      if (!formulas.length) return;
      for (const formula of formulas) {
        const tex = formula.querySelector("annotation").textContent;
        formula.replaceWith(formula.querySelector("math[display=block]") ? `$$${tex}$$` : `$${tex}$`);
      }
      event.clipboardData.setData("text/plain", part.textContent);
      event.preventDefault();
    });
  }

  async function copy(text) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch { /* An old browser, or a page that was opened from disk. */ }
    const field = document.createElement("textarea");
    field.value = text;
    field.style.position = "fixed";
    document.body.append(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    return done;
  }

  function translateLabels() {
    for (const element of all("[aria-label]")) element.setAttribute("aria-label", say(element.getAttribute("aria-label")));
  }

  /* The other language, at the same section and as far into it: sections have the same ids in both. */
  function prepareSwitch() {
    const sections = all("article section[id]");
    const place = () => {
      const read = sections.filter((section) => section.getBoundingClientRect().top <= 120).at(-1);
      if (!read || scrollY < 40) return null;
      const box = read.getBoundingClientRect();
      const next = sections[sections.indexOf(read) + 1];
      const end = next && next.getBoundingClientRect().top > box.top ? next.getBoundingClientRect().top : box.bottom;
      return { id: read.id, part: Math.min(Math.max((120 - box.top) / Math.max(end - box.top, 1), 0), 1) };
    };
    for (const link of all("a[data-language]"))
      link.addEventListener("click", () => {
        const at = document.querySelector("[data-loss-explorer]") ? null : place(); // its address holds its settings
        link.href = link.getAttribute("href").split("#")[0] + (at ? `#${at.id}` : location.hash);
        keep.set("book-language", link.dataset.language);
        if (at) keep.set("book-place", JSON.stringify(at), "sessionStorage");
      });
    const kept = keep.get("book-place", "sessionStorage");
    keep.set("book-place", null, "sessionStorage");
    if (!kept) return;
    const { id, part } = JSON.parse(kept);
    const here = sections.findIndex((section) => section.id === id);
    if (here < 0 || location.hash !== `#${id}`) return;
    const go = () => {
      const box = sections[here].getBoundingClientRect();
      const next = sections[here + 1];
      const end = next && next.getBoundingClientRect().top > box.top ? next.getBoundingClientRect().top : box.bottom;
      scrollTo({ top: scrollY + box.top + part * (end - box.top) - 120, behavior: "instant" });
    };
    addEventListener("load", () => requestAnimationFrame(go));
  }

  /* Wide tables, formulas and outputs scroll inside themselves, show that they do, and a keyboard can reach them. */
  function makeScrollable() {
    for (const table of all("article table")) {
      if (table.closest(".table-box, .highlighttable")) continue;
      const box = document.createElement("div");
      box.className = "table-box";
      table.replaceWith(box);
      box.append(table);
    }
    const boxes = all("article pre, .table-box, .tex-block > .tex");
    const look = (box) => {
      const wide = box.scrollWidth > box.clientWidth; // by one pixel too: it scrolls
      box.tabIndex = wide ? 0 : -1;
      if (!wide) box.removeAttribute("tabindex");
      box.classList.toggle("wide", wide && box.scrollLeft + box.clientWidth < box.scrollWidth - 2);
    };
    const watcher = new ResizeObserver((entries) => entries.forEach((entry) => look(entry.target)));
    for (const box of boxes) {
      watcher.observe(box);
      box.addEventListener("scroll", () => look(box), { passive: true });
    }
    document.fonts.ready.then(() => boxes.forEach(look));
    for (const item of all("[role=list] > .citation")) item.setAttribute("role", "listitem");
  }

  /* A figure at its full size: a tap opens it, another closes. */
  function openFigures() {
    const figures = all("article .cell_output img, article figure img");
    if (!figures.length) return;
    const dialog = document.createElement("dialog");
    dialog.className = "enlarged";
    dialog.setAttribute("aria-label", say("Figure at full size"));
    const close = document.createElement("button");
    close.textContent = "×";
    close.setAttribute("aria-label", say("Close"));
    const box = document.createElement("div");
    box.tabIndex = 0;
    dialog.append(close, box);
    document.body.append(dialog);
    close.addEventListener("click", () => dialog.close());
    box.addEventListener("click", () => dialog.close());
    for (const figure of figures) {
      if (figure.closest("a, button")) continue;
      const button = document.createElement("button");
      button.className = "figure-button";
      button.title = say("Open at full size");
      figure.replaceWith(button);
      button.append(figure);
      button.addEventListener("click", () => {
        const copy = new Image();
        copy.src = figure.currentSrc || figure.src;
        copy.alt = figure.alt;
        box.replaceChildren(copy);
        dialog.showModal();
      });
    }
  }

  /* What a search led to is marked, until the reader hides the marks or leaves; nothing is remembered. */
  function markMatches() {
    const asked = new URLSearchParams(location.search).get("highlight");
    const article = document.querySelector("article");
    if (!asked || !article) return;
    const terms = asked.toLowerCase().split(/\s+/).filter(Boolean);
    const walker = document.createTreeWalker(article, NodeFilter.SHOW_TEXT);
    const texts = [];
    while (walker.nextNode())
      if (!walker.currentNode.parentElement.closest(".katex, script, style, .headerlink")) texts.push(walker.currentNode);
    const marks = [];
    for (let text of texts)
      for (;;) {
        const low = text.data.toLowerCase();
        const [at, length] = terms.map((term) => [low.indexOf(term), term.length]).filter(([n]) => n >= 0).sort((a, b) => a[0] - b[0])[0] || [-1];
        if (at < 0 || low.length !== text.data.length) break;
        const found = text.splitText(at);
        text = found.splitText(length);
        const mark = document.createElement("mark");
        mark.className = "highlighted";
        found.replaceWith(mark);
        mark.append(found);
        marks.push(mark);
      }
    if (!marks.length) return;
    const hide = document.createElement("button");
    hide.className = "btn btn-sm hide-matches";
    hide.textContent = say("Hide Search Matches");
    const clear = () => {
      for (const mark of marks) mark.replaceWith(...mark.childNodes);
      hide.remove();
      history.replaceState(null, "", location.pathname + location.hash);
    };
    hide.addEventListener("click", clear);
    addEventListener("keydown", (event) => event.key === "Escape" && hide.isConnected && clear());
    article.prepend(hide);
    if (!location.hash) marks[0].scrollIntoView({ block: "center" });
  }

  /* The list of exercises remembers, in this browser only, which are done. */
  function keepExercises() {
    const boxes = all("input[data-exercise]");
    const done = document.getElementById("exercises-done");
    const key = (box) => `book-exercise-${box.dataset.exercise}`;
    const count = () => (done.textContent = `${boxes.filter((box) => box.checked).length} / ${boxes.length}`);
    for (const box of boxes) {
      box.checked = keep.get(key(box)) === "1";
      box.addEventListener("change", () => {
        count();
        keep.set(key(box), box.checked ? "1" : null);
      });
    }
    if (done) count();
  }

  /* The quiz of a chapter: an answer is a button, its reason opens with it, and what was right is remembered. */
  function askQuiz() {
    const quiz = document.getElementById("quiz");
    if (!quiz) return;
    const questions = all("[data-question]", quiz);
    const key = (question) => `book-quiz-${question.dataset.question}`;
    const done = new Set(questions.filter((question) => keep.get(key(question)) === "1"));
    const score = document.createElement("span");
    const show = () => {
      score.textContent = `${quiz.dataset.score}: ${done.size} / ${questions.length}`;
      for (const question of questions) question.classList.toggle("done", done.has(question));
    };
    score.className = "quiz-score";
    quiz.querySelector(".quiz-title").append(score);
    for (const question of questions) {
      const tick = document.createElement("span");
      tick.className = "quiz-tick";
      tick.textContent = "✓";
      tick.setAttribute("role", "img");
      tick.setAttribute("aria-label", quiz.dataset.done);
      question.querySelector(".quiz-ask").append(tick);
      const verdict = document.createElement("p");
      verdict.className = "quiz-verdict";
      verdict.setAttribute("role", "status");
      const reason = question.querySelector("details");
      reason.before(verdict);
      const items = all(".quiz-answers > li", question);
      items.forEach((item, n) => {
        const button = document.createElement("button");
        button.type = "button";
        button.append(...item.childNodes);
        item.append(button);
        button.addEventListener("click", () => {
          const right = n === Number(question.dataset.key);
          items.forEach((other) => other.classList.remove("right", "wrong"));
          item.classList.add(right ? "right" : "wrong");
          verdict.textContent = quiz.dataset[right ? "right" : "wrong"];
          if (!right) return;
          reason.open = true;
          done.add(question);
          keep.set(key(question), "1");
          show();
        });
      });
    }
    show();
  }

  /* On paper, what is folded lies open: derivations, solutions; not the code that only draws a figure. */
  function unfoldForPrint() {
    let folded = [];
    addEventListener("beforeprint", () => {
      folded = all("details:not([open]):not(.above-input)");
      for (const fold of folded) fold.open = true;
    });
    addEventListener("afterprint", () => folded.forEach((fold) => (fold.open = false)));
  }

  for (const part of [followScheme, openMenus, openSidebars, openSearch, followReading, offerCopies, translateLabels,
    prepareSwitch, makeScrollable, openFigures, markMatches, keepExercises, askQuiz, unfoldForPrint]) part();
})();
