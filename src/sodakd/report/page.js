(() => {
  const rows = JSON.parse(document.getElementById("data").textContent);
  const form = document.getElementById("filters");
  const list = document.getElementById("list");
  const detail = document.getElementById("detail");
  const fields = ["student", "level", "difficulty", "outcome", "fault"];
  const difficulties = ["mastered", "easy", "medium", "hard", "broken"];
  const rules = { functionality: 2, boundary: 1, coverage: 1, readability: 1, practices: 1 };
  let kind = "answer", shown = [], at = 0;

  const colour = (difficulty) => `var(--d${difficulties.indexOf(difficulty)})`;

  const grade = (score) => {
    const box = make("div"), points = make("div", undefined, "points");
    for (const [rule, most] of Object.entries(rules)) {
      const card = make("div"), bar = make("em"), fill = make("i");
      fill.style.width = 100 * score[rule] / most + "%"; bar.append(fill);
      card.append(make("b", score[rule]), ` of ${most}`, make("div", rule), bar);
      card.querySelector("div").style.cssText = "border:0;padding:0";
      points.append(card);
    }
    box.append(make("h3", `Grade: ${score.total} of 6`), points, make("p", score.reason, "words why"));
    return box;
  };

  const tests = (row) => {
    const box = make("details"), table = make("table");
    box.append(make("summary", row.tests.length + row.more + " tests"));
    const head = make("tr"); head.append(make("th", "call"), make("th", "gives")); table.append(head);
    for (const [call, gives] of row.tests) {
      const line = make("tr"); line.append(make("td", row.entry ? `${row.entry}(${call})` : call), make("td", gives)); table.append(line);
    }
    box.append(table);
    if (row.more) box.append(make("p", `and ${row.more} more`, "meta"));
    return box;
  };

  const answer = (row) => {
    const passed = row.outcome === "passed", parts = [];
    const side = make("div");
    side.append(block("Student's answer", row, row.answer, passed ? undefined : row.chosen, !passed));
    parts.push(side);
    if (!passed && row.chosen !== undefined) parts.push(make("p", "Marked: what the teacher's correct solution does not have.", "meta"));
    parts.push(make("h3", `Verdict: ${words(row.outcome)}` + (passed ? "" : `, at ${row.stage}`)));
    if (row.output) parts.push(make("pre", row.output, "output"));
    else parts.push(make("p", passed ? "Every test gave the expected value." : "The judge left no output.", "meta"));
    parts.push(make("h3", `Why ${row.difficulty}`), make("p", row.reason, "why"));
    parts.push(make("p", `${Math.round(100 * row.rate)} % of ${row.samples} sample${row.samples === 1 ? "" : "s"} passed`, "meta"));
    parts.push(row.score ? grade(row.score) : make("p", "The teacher gave no grade.", "meta"));
    if (row.findings.length) {
      const items = make("ul"); row.findings.forEach((text) => items.append(make("li", text)));
      parts.push(make("h3", "Remarks of static tools"), items);
    }
    return parts;
  };

  const pair = (row) => {
    const side = make("div", undefined, "codes");
    side.append(block("Correct", row, row.chosen, row.rejected), block("Faulty: " + words(row.fault), row, row.rejected, row.chosen, true));
    return [side, make("p", `${row.distance} token${row.distance === 1 ? "" : "s"} apart`, "meta")];
  };

  const show = () => {
    detail.replaceChildren();
    for (const item of list.children) item.setAttribute("aria-selected", String(item === list.children[at]));
    const row = shown[at];
    if (!row) { list.removeAttribute("aria-activedescendant"); detail.append(make("p", rows.length ? "Nothing matches." : "There are no examples yet.", "meta")); return; }
    const item = list.children[at];
    list.setAttribute("aria-activedescendant", item.id);
    if (item.offsetTop - list.offsetTop < list.scrollTop) list.scrollTop = item.offsetTop - list.offsetTop;
    const below = item.offsetTop - list.offsetTop + item.offsetHeight - list.clientHeight;
    if (below > list.scrollTop) list.scrollTop = below;
    const tags = make("div");
    tags.append(tag(row.student));
    if (row.level !== null) tags.append(tag("level " + row.level));
    if (row.difficulty) tags.append(tag(row.difficulty, "", colour(row.difficulty)));
    if (row.outcome) tags.append(tag(words(row.outcome), row.outcome === "passed" ? "passed" : "failed"));
    if (row.fault) tags.append(tag("fault: " + words(row.fault)));
    detail.append(tags, make("p", row.question, "question"), make("p", `${row.language} · ${row.source} · ${row.id}`, "meta"), tests(row));
    if (row.answer !== undefined) detail.append(...answer(row));
    if (row.chosen !== undefined) {
      if (row.answer !== undefined) detail.append(make("h3", "The teacher's pair of this question"));
      detail.append(...pair(row));
    }
    detail.scrollTop = 0;
  };

  const remember = () => {
    const state = new URLSearchParams({ kind });
    fields.concat("search").forEach((name) => { if (form.elements[name].value) state.set(name, form.elements[name].value); });
    if (shown[at]) { state.set("in", shown[at].student); state.set("id", shown[at].id); }
    history.replaceState(null, "", "#examples?" + state);
  };

  const move = (to) => { at = Math.min(Math.max(0, to), Math.max(0, shown.length - 1)); show(); remember(); };

  const options = (name) => {
    const values = [...new Set(rows.filter((row) => row.kind === kind).map((row) => row[name]).filter((v) => v !== undefined && v !== null))];
    values.sort((a, b) => name === "difficulty" ? difficulties.indexOf(a) - difficulties.indexOf(b) : typeof a === "number" ? a - b : String(a).localeCompare(b));
    const select = form.elements[name];
    const all = { difficulty: "every difficulty", outcome: "every outcome", fault: "every fault" }[name] || `every ${name}`;
    select.replaceChildren(new Option(all, ""), ...values.map((v) => new Option(typeof v === "number" ? `${name} ${v}` : words(v), v)));
    select.hidden = values.length === 0 || (name === "fault" && kind === "answer");
  };

  const entry = (row, number) => {
    const item = make("li"), notes = make("small");
    item.id = "example-" + number;
    item.setAttribute("role", "option");
    const notable = row.kind === "answer" ? [row.difficulty, words(row.outcome)] : [words(row.fault)];
    [...notable, row.level === null ? "" : "level " + row.level, row.student].filter(Boolean).forEach((text) => notes.append(make("b", text)));
    for (const note of notes.children) note.style.fontWeight = 400;
    if (row.difficulty) { const dot = make("i"); dot.style.cssText = `width:8px;height:8px;border-radius:4px;align-self:center;background:${colour(row.difficulty)}`; notes.prepend(dot); }
    item.append(make("span", row.question), notes);
    item.addEventListener("click", () => move(number));
    return item;
  };

  const filter = () => {
    const text = form.elements.search.value.trim().toLowerCase();
    shown = rows.filter((row) => row.kind === kind
      && fields.every((name) => form.elements[name].hidden || !form.elements[name].value || String(row[name]) === form.elements[name].value)
      && (!text || [row.question, row.source, row.id, row.answer, row.output, row.reason, row.chosen, row.rejected].some((part) => part && part.toLowerCase().includes(text))));
    list.replaceChildren(...shown.map(entry));
    list.scrollTop = 0;
    document.getElementById("count").textContent = shown.length + (shown.length === 1 ? " example" : " examples");
  };

  const choose = (wanted) => {
    kind = wanted;
    form.querySelectorAll("[role=tab]").forEach((tab) => tab.setAttribute("aria-selected", String(tab.dataset.kind === kind)));
    fields.forEach(options);
  };

  const restore = () => {
    const state = new URLSearchParams(location.hash.split("?")[1] || "");
    choose((state.get("kind") || (rows.some((row) => row.kind === "answer") ? "answer" : "pair")) === "pair" ? "pair" : "answer");
    fields.concat("search").forEach((name) => { form.elements[name].value = state.get(name) || ""; if (form.elements[name].selectedIndex === -1) form.elements[name].value = ""; });
    filter();
    at = Math.max(0, shown.findIndex((row) => row.id === state.get("id") && row.student === state.get("in")));
    show();
    if (location.hash.startsWith("#examples?")) document.getElementById("examples").scrollIntoView();
  };

  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", () => { filter(); move(0); });
  form.querySelectorAll("[role=tab]").forEach((tab) => tab.addEventListener("click", () => { choose(tab.dataset.kind); filter(); move(0); }));
  list.addEventListener("keydown", (event) => {
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, PageDown: at + 10, PageUp: at - 10, Home: 0, End: shown.length }[event.key];
    if (to !== undefined) { event.preventDefault(); move(to); }
  });
  window.addEventListener("hashchange", () => { if (location.hash.startsWith("#examples?")) restore(); });
  restore();
})();
