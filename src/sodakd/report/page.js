"use strict";
(() => {
  const rows = JSON.parse(document.getElementById("data").textContent);
  const form = document.getElementById("filters");
  const list = document.getElementById("list");
  const detail = document.getElementById("detail");
  const fields = ["cycle", "level", "difficulty", "outcome", "fault"];
  const order = { difficulty: ["mastered", "easy", "medium", "hard", "broken"] };
  let kind = "answer", shown = [], at = 0;

  const make = (tag, text, style) => {
    const node = document.createElement(tag);
    if (text !== undefined) node.textContent = text;
    if (style) node.className = style;
    return node;
  };

  // Tokens of code, for colours and for marking what differs. Text only: nothing is parsed as HTML.
  const TOKEN = /(#[^\n]*)|("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')|(\d+(?:\.\d+)?)|([A-Za-z_]\w*)|(\s+)|([^\w\s])/g;
  const WORDS = new Set("def return for in if else while not and or is lambda import from None True False pass break continue class try except with as yield".split(" "));
  const tokens = (code) => code.match(TOKEN) || [];
  const style = (t) => t[0] === "#" ? "m" : /^["']/.test(t) ? "s" : /^\d/.test(t) ? "n" : WORDS.has(t) ? "k" : "";

  // Which tokens of `mine` are in no longest common subsequence with `other`.
  const differing = (mine, other) => {
    const n = mine.length, m = other.length;
    if (n * m > 400000) return mine.map(() => false);
    const best = Array.from({ length: n + 1 }, () => new Uint16Array(m + 1));
    for (let i = n - 1; i >= 0; i--)
      for (let j = m - 1; j >= 0; j--)
        best[i][j] = mine[i] === other[j] ? best[i + 1][j + 1] + 1 : Math.max(best[i + 1][j], best[i][j + 1]);
    const marks = [];
    for (let i = 0, j = 0; i < n;) {
      if (j < m && mine[i] === other[j]) { marks.push(false); i++; j++; }
      else if (j < m && best[i][j + 1] >= best[i + 1][j]) j++;
      else { marks.push(true); i++; }
    }
    return marks;
  };

  const code = (text, other) => {
    const pre = make("pre"), mine = tokens(text);
    const marks = other === undefined ? [] : differing(mine, tokens(other));
    mine.forEach((token, number) => {
      const marked = marks[number] && token.trim();
      const name = style(token);
      const leaf = marked ? make("mark", token, name) : name ? make("span", token, name) : document.createTextNode(token);
      pre.append(leaf);
    });
    return pre;
  };

  const block = (title, text, other, wrong) => {
    const box = make("div", undefined, wrong ? "wrong" : "");
    box.append(make("h3", title), code(text, other));
    return box;
  };

  const tag = (text, name) => make("span", text, "tag " + (name || ""));

  const show = () => {
    detail.replaceChildren();
    const row = shown[at];
    [...list.children].forEach((item, number) => item.setAttribute("aria-selected", String(number === at)));
    if (!row) { detail.append(make("p", "Nothing matches.")); return; }
    const item = list.children[at], top = item.offsetTop - list.offsetTop;
    if (top < list.scrollTop) list.scrollTop = top;
    else if (top + item.offsetHeight > list.scrollTop + list.clientHeight) list.scrollTop = top + item.offsetHeight - list.clientHeight;
    const tags = make("div");
    tags.append(tag("cycle " + row.cycle), tag("level " + row.level));
    if (row.difficulty) tags.append(tag(row.difficulty, row.difficulty));
    if (row.outcome) tags.append(tag(row.outcome, row.outcome === "passed" ? "passed" : "failed"));
    if (row.fault) tags.append(tag("fault: " + row.fault));
    detail.append(tags, make("h3", "Question"), make("p", row.question));
    const codes = make("div", undefined, "codes");
    if (row.answer !== undefined) codes.append(block("Student's answer", row.answer, row.chosen, row.outcome !== "passed"));
    if (row.chosen !== undefined) codes.append(block("Correct", row.chosen, row.rejected), block("Faulty: " + row.fault, row.rejected, row.chosen, true));
    detail.append(codes);
    if (row.reason) detail.append(make("h3", "Why " + row.difficulty), make("p", row.reason));
    if (row.output) { detail.append(make("h3", "Verdict: " + row.outcome), make("pre", row.output)); }
    if (row.score) {
      const points = make("div", undefined, "points");
      for (const rule of ["functionality", "boundary", "coverage", "readability", "practices"]) {
        const box = make("div"); box.append(make("b", row.score[rule]), rule); points.append(box);
      }
      detail.append(make("h3", `Grade: ${row.total} of 6`), points, make("p", row.score.reason, "words"));
    }
    const tests = make("details"), table = make("table");
    tests.append(make("summary", row.tests.length + " tests"));
    row.tests.forEach((test) => { const line = make("tr"); line.append(make("td", test.call), make("td", test.expected)); table.append(line); });
    tests.append(table); detail.append(tests); detail.scrollTop = 0;
    const state = new URLSearchParams({ kind, at });
    fields.concat("search").forEach((name) => { if (form.elements[name].value) state.set(name, form.elements[name].value); });
    history.replaceState(null, "", "#examples?" + state);
  };

  const options = (name) => {
    const values = [...new Set(rows.filter((row) => row.kind === kind).map((row) => row[name]).filter((v) => v !== undefined && v !== null))];
    const rank = order[name];
    values.sort((a, b) => rank ? rank.indexOf(a) - rank.indexOf(b) : typeof a === "number" ? a - b : String(a).localeCompare(b));
    const select = form.elements[name];
    select.replaceChildren(new Option("every " + name, ""), ...values.map((v) => new Option(typeof v === "number" ? name + " " + v : v, v)));
    select.hidden = values.length === 0;
  };

  const filter = (start) => {
    const text = form.elements.search.value.toLowerCase();
    shown = rows.filter((row) => row.kind === kind
      && fields.every((name) => !form.elements[name].value || String(row[name]) === form.elements[name].value)
      && (!text || [row.question, row.answer, row.chosen, row.rejected].some((part) => part && part.toLowerCase().includes(text))));
    at = Math.min(Math.max(0, start || 0), Math.max(0, shown.length - 1));
    list.replaceChildren(...shown.map((row, number) => {
      const item = make("li"); item.append(make("span", row.question), make("small", [row.difficulty, row.outcome, row.fault && !row.outcome ? row.fault : null, "level " + row.level].filter(Boolean).join(" · ")));
      item.addEventListener("click", () => { at = number; show(); });
      return item;
    }));
    document.getElementById("count").textContent = shown.length + (shown.length === 1 ? " example" : " examples");
    show();
  };

  const choose = (wanted) => {
    kind = wanted;
    form.querySelectorAll("[role=tab]").forEach((tab) => tab.setAttribute("aria-selected", String(tab.dataset.kind === kind)));
    fields.forEach(options);
  };

  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", () => filter(0));
  form.querySelectorAll("[role=tab]").forEach((tab) => tab.addEventListener("click", () => { choose(tab.dataset.kind); filter(0); }));
  list.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) { event.preventDefault(); at = Math.min(Math.max(0, at + step), shown.length - 1); show(); }
  });

  const state = new URLSearchParams((location.hash.split("?")[1]) || "");
  choose(state.get("kind") === "pair" || !rows.some((row) => row.kind === "answer") ? "pair" : "answer");
  fields.concat("search").forEach((name) => { form.elements[name].value = state.get(name) || ""; });
  const hash = location.hash;
  filter(Number(state.get("at")) || 0);
  if (!hash.startsWith("#examples")) history.replaceState(null, "", hash || location.pathname + location.search);
})();
