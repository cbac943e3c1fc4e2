(() => {
  // Tables: a click on a head sorts by it, the best or first on top; another click turns it round.
  const value = (row, column) => {
    const text = row.cells[column].textContent.trim(), number = parseFloat(text.replace(/,/g, "").replace(/^< /, ""));
    return Number.isNaN(number) ? text : number;
  };
  const order = (a, b) => {
    const [left, right] = [typeof a === "number", typeof b === "number"];
    return left && right ? a - b : left ? -1 : right ? 1 : a.localeCompare(b);
  };
  document.querySelectorAll("table.sortable").forEach((table) => {
    const heads = [...table.tHead.rows[0].cells], body = table.tBodies[0];
    heads.forEach((head, column) => head.addEventListener("click", () => {
      const falling = head.ariaSort ? head.ariaSort === "ascending" : column > 0;
      heads.forEach((each) => each.removeAttribute("aria-sort"));
      head.ariaSort = falling ? "descending" : "ascending";
      const filled = [...body.rows].filter((row) => row.cells[column].textContent.trim());
      const empty = [...body.rows].filter((row) => !row.cells[column].textContent.trim());
      filled.sort((a, b) => (falling ? -1 : 1) * order(value(a, column), value(b, column)));
      body.append(...filled, ...empty);
    }));
  });

  const form = document.getElementById("filters");
  const list = document.getElementById("list");
  const detail = document.getElementById("detail");
  const WHICH = {
    all: ["every task", () => true],
    left: ["the first is better", (a, b) => a > b],
    right: ["the second is better", (a, b) => a < b],
    both: ["both pass", (a, b) => a === 1 && b === 1],
    neither: ["neither passes", (a, b) => a === 0 && b === 0],
  };
  let data, shown = [], at = 0;

  const said = (name) => { const model = Number(form.elements[name].value); return { model: data.models[model], answers: data.answers[model] }; };
  const rate = (answers) => answers.length ? answers.filter((one) => one[1] === "passed").length / answers.length : 0;

  const unpack = async () => {
    const bytes = Uint8Array.from(atob(document.getElementById("data").textContent.trim()), (letter) => letter.charCodeAt(0));
    return JSON.parse(await new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).text());
  };

  const answer = (model, given, other, language) => {
    const box = make("div");
    given.forEach(([text, outcome, stage, output, cut, findings], number) => {
      const tags = make("div");
      tags.append(tag(words(outcome), outcome === "passed" ? "passed" : "failed"));
      if (cut) tags.append(tag("cut"));
      const name = given.length > 1 ? `${model}, answer ${number + 1}` : model;
      box.append(block(name, { language }, text, other && other[number] ? other[number][0] : undefined, outcome !== "passed"), tags);
      if (outcome !== "passed") box.append(make("p", `at ${stage}`, "meta"));
      if (output) box.append(make("pre", output, "output"));
      if (findings.length) { const items = make("ul"); findings.forEach((words) => items.append(make("li", words))); box.append(items); }
    });
    return box;
  };

  const show = () => {
    detail.replaceChildren();
    for (const item of list.children) item.setAttribute("aria-selected", String(item === list.children[at]));
    const task = shown[at];
    if (task === undefined) { list.removeAttribute("aria-activedescendant"); detail.append(make("p", data.models.length ? "Nothing matches." : "There are no answers yet.", "meta")); return; }
    const item = list.children[at];
    list.setAttribute("aria-activedescendant", item.id);
    item.scrollIntoView({ block: "nearest" });
    const [group, id, question] = data.tasks[task], { name, language } = data.groups[group];
    const [left, right] = [said("left"), said("right")], sides = make("div", undefined, "codes");
    const alone = left.model === right.model;
    sides.append(answer(left.model, left.answers[task], alone ? undefined : right.answers[task], language));
    if (!alone) sides.append(answer(right.model, right.answers[task], left.answers[task], language));
    detail.append(make("p", `${name} · ${id}`, "meta"), make("p", question, "question"), sides);
    detail.scrollTop = 0;
  };

  const entry = (task, number) => {
    const item = make("li"), [group, id, , entry] = data.tasks[task], notes = make("small");
    item.id = "task-" + number;
    item.setAttribute("role", "option");
    for (const name of form.elements.left.value === form.elements.right.value ? ["left"] : ["left", "right"]) {
      const dot = make("i"), { model, answers } = said(name), share = rate(answers[task]);
      dot.style.cssText = `width:8px;height:8px;border-radius:4px;align-self:center;background:var(${share === 1 ? "--d0" : share ? "--d2" : "--d4"})`;
      notes.append(dot, make("b", model));
    }
    notes.append(make("b", data.groups[group].name));
    for (const note of notes.querySelectorAll("b")) note.style.fontWeight = 400;
    item.append(make("span", `${id} · ${entry}`), notes);
    item.addEventListener("click", () => { at = number; show(); });
    return item;
  };

  const filter = () => {
    const [left, right] = [said("left").answers, said("right").answers], text = form.elements.search.value.trim().toLowerCase();
    const fits = WHICH[form.elements.which.value][1], group = form.elements.group.value;
    const found = (task) => [data.tasks[task][1], data.tasks[task][2], ...[left, right].flatMap((side) => side[task].flatMap((one) => [one[0], one[1], one[3]]))];
    shown = data.tasks.map((_, task) => task).filter((task) => (group === "" || data.tasks[task][0] === Number(group))
      && fits(rate(left[task]), rate(right[task])) && (!text || found(task).some((part) => part.toLowerCase().includes(text))));
    list.replaceChildren(...shown.map(entry));
    list.scrollTop = at = 0;
    document.getElementById("count").textContent = shown.length + (shown.length === 1 ? " task" : " tasks");
    show();
  };

  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", filter);
  list.addEventListener("keydown", (event) => {
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, PageDown: at + 10, PageUp: at - 10, Home: 0, End: shown.length }[event.key];
    if (to !== undefined) { event.preventDefault(); at = Math.min(Math.max(to, 0), Math.max(0, shown.length - 1)); show(); }
  });
  unpack().then((found) => {
    data = found;
    const options = data.models.map((name, number) => [name, number]);
    if (!options.length) { show(); return; }
    form.elements.left.replaceChildren(...options.map(([name, number]) => new Option(name, number)));
    form.elements.right.replaceChildren(...options.map(([name, number]) => new Option(name, number)));
    form.elements.right.value = String(Math.min(1, options.length - 1));
    form.elements.which.replaceChildren(...Object.entries(WHICH).map(([key, [name]]) => new Option(name, key)));
    form.elements.group.replaceChildren(new Option("every benchmark and language", ""), ...data.groups.map(({ name }, number) => new Option(name, number)));
    filter();
  });
})();
