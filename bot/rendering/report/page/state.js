"use strict";
// What is shown and how it is sorted: kept in the fragment of the address, so that a link leads to the same view.

const OUTCOMES = ["right", "rightly_abstained", "wrongly_abstained", "wrong", "should_have_abstained"];
const GOOD = new Set(["right", "rightly_abstained"]);
const PROOFS = ["cited", "found", "near", "absent", "none"];
const SORTS = ["order", "outcome", "rank", "confidence", "seconds"];
const NOTHING = { outcome: [], tag: "", language: "", proof: "", metric: "", text: "", sort: "order", q: "" };

const places = new Map(run.questions.map((question, at) => [question.id, at]));
const tags = counted(run.questions.flatMap((question) => question.tags ?? []));
const languages = counted(run.questions.map((question) => question.language));
const proofs = counted(run.questions.map((question) => question.proof ?? "none"));

// How often each name occurs, by name.
function counted(names) {
  const counts = new Map();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return new Map([...counts].sort(([a], [b]) => a.localeCompare(b)));
}

// The state that a fragment says; what it says of unknown things is left out. Null: it says nothing of the list.
function fromFragment(fragment) {
  if (!fragment.includes("=")) return null;
  const said = new URLSearchParams(fragment.replace(/^#/, ""));
  const one = (key, known) => (known(said.get(key) ?? "") ? said.get(key) : "");
  return {
    outcome: (said.get("outcome") ?? "").split(",").filter((name) => OUTCOMES.includes(name)),
    tag: one("tag", (name) => tags.has(name)),
    language: one("language", (name) => languages.has(name)),
    proof: one("proof", (name) => PROOFS.includes(name)),
    metric: one("metric", (name) => run.metrics.some((metric) => metric.name === name)),
    text: said.get("text") ?? "",
    sort: one("sort", (name) => SORTS.includes(name.replace(/^-/, ""))) || "order",
    q: one("q", (name) => places.has(name)),
  };
}

// The fragment of a state, without what is as at the beginning.
function toFragment(state) {
  const said = new URLSearchParams();
  for (const [key, value] of Object.entries(state)) {
    if (String(value) !== String(NOTHING[key])) said.set(key, String(value));
  }
  return String(said).replaceAll("%2C", ",");
}

// Whether a question falls short of the best in a measure.
function fallsShort(question, at) {
  const value = question.measures[at];
  if (value === null || value === undefined) return false;
  return run.metrics[at].better > 0 ? value < 1 : value > 0;
}

const haystacks = new Map();
function haystack(question) {
  if (!haystacks.has(question.id)) {
    const named = [...(question.citations ?? []), ...(question.evidence ?? [])].map(
      ({ article }) => run.articles[article],
    );
    haystacks.set(
      question.id,
      folded(
        [
          question.id,
          question.question,
          question.understood,
          question.tags,
          (question.answers ?? []).map(([text]) => text),
          (question.statements ?? []).map(([text]) => text),
          named.map((article) => [article.id, article.title]),
        ]
          .flat(Infinity)
          .filter(Boolean)
          .join("\n"),
      ),
    );
  }
  return haystacks.get(question.id);
}

// What a state asks of a question, but for its outcome.
function asked(state) {
  const words = folded(state.text).split(/\s+/).filter(Boolean);
  const metric = run.metrics.findIndex(({ name }) => name === state.metric);
  return (question) =>
    (!state.tag || (question.tags ?? []).includes(state.tag)) &&
    (!state.language || question.language === state.language) &&
    (!state.proof || (question.proof ?? "none") === state.proof) &&
    (metric < 0 || fallsShort(question, metric)) &&
    words.every((word) => haystack(question).includes(word));
}

const KEYS = {
  order: (question) => places.get(question.id),
  outcome: (question) => OUTCOMES.indexOf(question.outcome),
  rank: (question) => (question.evidence ? (question.rank ?? Infinity) : null),
  confidence: (question) => question.confidence ?? null,
  seconds: (question) => question.seconds ?? null,
};

// The places of questions in the order of a state; those without a value stand last, either way.
function sorted(chosen, sort) {
  const key = KEYS[sort.replace(/^-/, "")];
  const way = sort.startsWith("-") ? -1 : 1;
  const keys = new Map(chosen.map((at) => [at, key(run.questions[at])]));
  return chosen.sort((a, b) => {
    const [first, second] = [keys.get(a), keys.get(b)];
    if (first === second) return a - b;
    if (first === null || second === null) return first === null ? 1 : -1;
    return first < second ? -way : way;
  });
}

// What a state shows: the places of its questions, and how many there are of each outcome without regard to outcome.
function view(state) {
  const fits = asked(state);
  const found = [...run.questions.keys()].filter((at) => fits(run.questions[at]));
  const outcomes = counted(found.map((at) => run.questions[at].outcome));
  const chosen = found.filter((at) => !state.outcome.length || state.outcome.includes(run.questions[at].outcome));
  return { chosen: sorted(chosen, state.sort), outcomes };
}
