"use strict";
// The list of questions: its filters, its order, and as many rows as are looked at.

const CHUNK = 60; // rows added at a time
const WAIT = 150; // milliseconds after the last key before a search

const by = (id) => document.getElementById(id);
const rows = new Map(); // rows once made, by the place of their question, with what is open in them
let state = { ...NOTHING };
let shown = { chosen: [], outcomes: new Map() };

// A row: the question with what came of it; what is told of it is made when it is opened.
function row(at) {
  if (rows.has(at)) return rows.get(at);
  const question = run.questions[at];
  const cell = (name, label, value, unit = "") =>
    element(
      "span",
      { class: value === null ? `${name} none` : name },
      element("span", { class: "name" }, `${label} `),
      value ?? "–",
      value === null ? "" : unit,
    );
  const sure = question.confidence ?? null;
  const rank = !question.evidence
    ? null
    : question.rank
      ? say("list_rank", { rank: question.rank })
      : say("list_no_rank");
  const language = element("abbr", { title: by("language").labels[0].textContent }, question.language);
  const summary = element(
    "summary",
    {},
    element("span", { class: `mark ${question.outcome}`, "aria-hidden": "true" }),
    element("span", { class: "asked", dir: "auto" }, inert(question.question)),
    element(
      "span",
      { class: "said" },
      element("span", { class: question.outcome }, say(`outcome_${question.outcome}`)),
      element(
        "span",
        { class: "tags" },
        isolated(question.id, "bdi", { class: "id" }),
        " · ",
        (question.tags ?? []).map((tag) => [isolated(tag), " · "]),
        language,
      ),
    ),
    cell("rank", say("list_by_rank"), rank),
    cell(
      "confidence",
      sureLabel(),
      sure === null ? null : run.calibrated ? `${number(100 * sure)} %` : number(sure, 1),
    ),
    cell("seconds", say("list_time"), question.seconds === undefined ? null : number(1000 * question.seconds), " ms"),
  );
  const made = element("details", { class: "question", "data-id": question.id }, summary);
  made.addEventListener("toggle", () => {
    if (made.open && made.childElementCount === 1) made.append(opened(question, `c${at}`));
    if (made.open) change({ q: question.id });
    else if (state.q === question.id) change({ q: "" });
  });
  rows.set(at, made);
  return made;
}

const sureLabel = () => say(run.calibrated ? "list_by_confidence" : "list_by_score");

// A part of the state is other than it was: the list is drawn again when it is another, and the address says so.
function change(part) {
  const before = state;
  state = { ...state, ...part };
  if (Object.keys(part).some((key) => key !== "q" && String(before[key]) !== String(state[key]))) {
    draw();
    if (!shown.chosen.includes(places.get(state.q))) state.q = ""; // a link must not lead to what its filters hide
  }
  const fragment = toFragment(state);
  if (fragment === location.hash.slice(1)) return;
  history.replaceState(null, "", fragment ? `#${fragment}` : location.pathname + location.search);
}

function draw() {
  shown = view(state);
  by("list").replaceChildren();
  more();
  const handled = shown.chosen.filter((at) => GOOD.has(run.questions[at].outcome)).length;
  const values = { shown: number(shown.chosen.length), all: number(run.questions.length) };
  by("count").textContent = shown.chosen.length
    ? say("list_count_handled", { ...values, handled: number((100 * handled) / shown.chosen.length, 1) })
    : say("list_count_none");
  for (const box of by("outcomes").querySelectorAll("input")) {
    box.checked = state.outcome.includes(box.value);
    box.nextElementSibling.querySelector("strong").textContent = number(shown.outcomes.get(box.value) ?? 0);
  }
  for (const name of ["tag", "language", "proof", "metric"]) by(name).value = state[name];
  if (by("text").value !== state.text) by("text").value = state.text;
  for (const button of by("sorts").querySelectorAll("button")) {
    const way =
      state.sort.replace(/^-/, "") !== button.value ? "" : state.sort.startsWith("-") ? "descending" : "ascending";
    button.setAttribute("aria-pressed", String(way !== ""));
    button.dataset.way = way;
    button.querySelector(".unseen").textContent = way ? say(`list_${way}`) : "";
  }
  by("clear").disabled = !toFragment({ ...state, q: "", sort: "order" });
}

// The next rows.
function more(until = by("list").childElementCount + CHUNK) {
  by("list").append(...shown.chosen.slice(by("list").childElementCount, until).map(row));
  by("further").hidden = by("list").childElementCount >= shown.chosen.length;
}

// Go to what the address says: filters, and a question that is opened, whatever hides it.
function follow() {
  const wanted = fromFragment(location.hash);
  if (!wanted) return;
  const at = places.get(wanted.q);
  state = wanted;
  draw();
  if (at === undefined) {
    by("questions").scrollIntoView();
    return;
  }
  if (!shown.chosen.includes(at)) {
    state = { ...NOTHING, q: wanted.q };
    draw();
  }
  more(Math.max(by("list").childElementCount, shown.chosen.indexOf(at) + 1));
  const made = row(at);
  made.open = true;
  made.scrollIntoView();
  made.querySelector("summary").focus({ preventScroll: true });
}

function options(select, entries) {
  const all = element("option", { value: "" }, say("list_all"));
  select.append(all, ...entries.map(([value, label]) => element("option", { value }, inert(label))));
  select.addEventListener("change", () => change({ [select.id]: select.value }));
}

function begin() {
  for (const name of OUTCOMES) {
    const box = element("input", { type: "checkbox", id: `outcome-${name}`, value: name });
    const label = element(
      "label",
      { for: box.id, class: name },
      element("span", { class: "mark", "aria-hidden": "true" }),
      say(`outcome_${name}`),
      " ",
      element("strong"),
    );
    by("outcomes").append(element("span", { class: "choice" }, box, label));
  }
  by("outcomes").addEventListener("change", () =>
    change({ outcome: [...by("outcomes").querySelectorAll(":checked")].map((box) => box.value) }),
  );
  const many = (counts, label = (name) => name) =>
    [...counts].map(([name, n]) => [name, `${label(name)} (${number(n)})`]);
  options(by("tag"), many(tags));
  options(by("language"), many(languages));
  options(
    by("proof"),
    many(new Map(PROOFS.filter((name) => proofs.has(name)).map((name) => [name, proofs.get(name)])), (name) =>
      say(`list_proof_${name}`),
    ),
  );
  const short = run.metrics.map((metric, at) => [
    metric,
    run.questions.filter((question) => fallsShort(question, at)).length,
  ]);
  options(
    by("metric"),
    short.filter(([, n]) => n).map(([{ name, label }, n]) => [name, `${label} (${number(n)})`]),
  );
  let waiting;
  by("text").addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => change({ text: by("text").value }), WAIT);
  });
  by("filters").addEventListener("submit", (event) => event.preventDefault());
  by("clear").addEventListener("click", () => change({ ...NOTHING, sort: state.sort, q: "" }));
  const ordered = [];
  for (const name of SORTS) {
    const label = name === "confidence" ? sureLabel() : name === "seconds" ? say("list_time") : say(`list_by_${name}`);
    const button = element(
      "button",
      { type: "button", value: name, class: name },
      label,
      " ",
      element("span", { class: "unseen" }),
    );
    button.addEventListener("click", () => change({ sort: state.sort === name ? `-${name}` : name }));
    ordered.push(button);
  }
  by("sorts").append(element("span", {}, ordered.slice(0, 2)), ...ordered.slice(2));
  by("further").addEventListener("click", () => more());
  new IntersectionObserver((seen) => seen.some((one) => one.isIntersecting) && more(), { rootMargin: "600px" }).observe(
    by("further"),
  );
  by("browser").hidden = false;
  draw();
  follow();
  addEventListener("hashchange", follow);
}

begin();
