"use strict";
// One question, opened: what was expected, what came, the passages, and what search found.

function citation(question, cited, key) {
  const { number: shown, article, start, end, quote } = cited;
  const head = element("p", { class: "source" }, element("strong", {}, `[${shown}]`), " ", named(article));
  const made = element("li", { id: `${key}-${shown}`, tabindex: "-1" }, head);
  if (quote) made.append(element("p", { class: "notice" }, say("list_invented"), " ", isolated(quote, "q")));
  if (run.articles[article].text === null) made.append(element("p", { class: "note" }, say("list_no_text")));
  else {
    const hit = (question.hits ?? []).find(([name, from, to]) => name === article && from <= start && end <= to);
    const [from, to] = hit ? [hit[1], hit[2]] : around(article, start, end);
    made.append(passage(question, article, from, to), wholeArticle(question, article));
  }
  return made;
}

function missed(question, item) {
  const told = item.spans.length ? `list_evidence_${item.state}` : "list_evidence_gone";
  const made = element("li", {}, element("p", { class: "source" }, named(item.article)));
  made.append(element("p", { class: "why" }, say(told, { rank: item.rank })));
  if (!item.spans.length) {
    if (item.quote) made.append(isolated(item.quote, "blockquote", { class: "passage" }));
  } else if (run.articles[item.article].text === null)
    made.append(element("p", { class: "note" }, say("list_no_text")));
  else {
    const [start, end] = item.spans[0];
    const [from, to] = end - start < lengthOf(item.article) ? around(item.article, start, end) : [0, end];
    made.append(passage(question, item.article, from, to), wholeArticle(question, item.article));
  }
  return made;
}

function hitsOf(question) {
  const cited = question.citations ?? [];
  return element(
    "ol",
    { class: "hits" },
    question.hits.map(([article, start, end, score, evidence]) => {
      const quoted = cited.some((one) => one.article === article && one.start < end && start < one.end);
      const badges = [
        evidence ? element("span", { class: "badge evidence" }, say("list_hit_evidence")) : null,
        quoted ? element("span", { class: "badge quote" }, say("list_hit_cited")) : null,
      ];
      const title = [isolated(run.articles[article].title || run.articles[article].id, "cite")];
      const line = [title, " ", badges, element("span", { class: "note" }, ` ${number(score, 1)} · ${start}–${end}`)];
      if (run.articles[article].text === null) return element("li", {}, line);
      return element(
        "li",
        {},
        lazily(line, () => passage(question, article, start, end)),
      );
    }),
  );
}

// The sentences of the answer, each with the numbers of its citations, which lead to them.
function answerOf(question, key) {
  const parts = [];
  if (question.notice) parts.push(element("p", { class: "notice" }, inert(question.notice)));
  if (question.abstained) {
    parts.push(element("p", { class: "silence" }, say("list_abstained")));
    if (question.missing) parts.push(element("p", {}, say("list_missing"), " ", isolated(question.missing.join(", "))));
  }
  const known = new Set((question.citations ?? []).map(({ number: shown }) => shown));
  const doubted = question.judge?.statements ?? [];
  for (const [at, [text, numbers, supported]] of (question.statements ?? []).entries()) {
    const markers = numbers.map((shown) => {
      if (!known.has(shown)) return element("span", { class: "marker" }, `[${shown}]`);
      const button = element(
        "button",
        { type: "button", class: "marker", title: say("list_source", { number: shown }) },
        `[${shown}]`,
      );
      button.addEventListener("click", () => document.getElementById(`${key}-${shown}`).focus());
      return button;
    });
    const notes = [supported ? null : "list_unsupported", doubted[at] === false ? "list_doubted" : null];
    const badges = notes.map((note) => note && element("span", { class: "badge" }, say(note)));
    parts.push(element("p", { class: "statement", dir: "auto" }, inert(text), " ", markers, badges));
  }
  if (question.judge && (question.judge.reason || question.judge.correctness !== null)) {
    const grade = question.judge.correctness;
    const told = grade === null ? null : [say("list_judge", { grade: number(grade, grade % 1 ? 1 : 0) }), " · "];
    parts.push(element("p", { class: "note" }, told, isolated(question.judge.reason ?? "")));
  }
  if (question.unanswered) {
    parts.push(
      element("p", {}, say("list_unanswered")),
      question.unanswered.map((text) => isolated(text, "p", { class: "unanswered" })),
    );
  }
  if (question.dropped) {
    parts.push(
      element("h4", {}, say("list_dropped")),
      element(
        "ul",
        {},
        question.dropped.map(([text, reason]) =>
          element("li", {}, isolated(text, "s"), element("span", { class: "note" }, " · ", isolated(reason))),
        ),
      ),
    );
  }
  return parts;
}

function expectedOf(question) {
  const parts = [];
  if (question.premise) parts.push(element("p", {}, say("list_premise", { premise: "" }), isolated(question.premise)));
  if (!question.answerable) parts.push(element("p", { class: "silence" }, say("list_expected_silence")));
  else if (question.answers) {
    if (question.answers.length > 1) {
      parts.push(element("p", { class: "note" }, say(question.all ? "list_expected_all" : "list_expected_any")));
    }
    parts.push(
      element(
        "ul",
        { class: "expected" },
        question.answers.map(([text, there]) =>
          element(
            "li",
            { class: there ? "there" : "gone" },
            isolated(text),
            element("span", { class: "unseen" }, ` (${say(there ? "list_in_answer" : "list_not_in_answer")})`),
          ),
        ),
      ),
    );
  }
  if (question.forbidden) {
    parts.push(
      element("p", {}, say("list_forbidden"), " ", isolated(question.forbidden.join(" · "), "span", { class: "note" })),
    );
  }
  return parts;
}

// How the question was understood, where that is told.
function understandingOf(question) {
  const facts = [];
  if (question.understood) facts.push([say("list_understood"), isolated(question.understood)]);
  const [wanted, understood] = question.periods ?? [null, null];
  if (wanted || understood) {
    const told = [isolated(understood ?? say("list_no_period"))];
    if (wanted && wanted !== understood) told.push(" · ", say("list_period_wanted", { period: wanted }));
    facts.push([say("list_period"), told]);
  }
  const made = element(
    "dl",
    { class: "facts" },
    facts.map(([name, value]) => [element("dt", {}, name), element("dd", {}, value)]),
  );
  return facts.length ? made : null;
}

function measuresOf(question) {
  const rows = run.metrics.map(({ label }, at) => [label, question.measures[at], fallsShort(question, at)]);
  return element(
    "ul",
    { class: "measures" },
    rows
      .filter(([, value]) => value !== null && value !== undefined)
      .map(([label, value, short]) =>
        element(
          "li",
          { class: short ? "short" : null },
          label,
          " ",
          element("strong", {}, number(100 * value)),
          short ? element("span", { class: "unseen" }, ` (${say("list_short")})`) : null,
        ),
      ),
  );
}

// All that is told of a question.
function opened(question, key) {
  const section = (title, ...content) => element("section", {}, element("h3", {}, title), ...content);
  const misses = (question.evidence ?? []).filter(({ state }) => state !== "cited");
  const turn = question.dialogue
    ? [isolated(say("list_turn", { dialogue: question.dialogue, turn: question.turn })), " · "]
    : [];
  const legend = element(
    "p",
    { class: "legend" },
    element("mark", { class: "quote" }, say("list_mark_quote")),
    " ",
    element("mark", { class: "evidence" }, say("list_mark_evidence")),
  );
  const passages = question.citations || misses.length;
  return element(
    "div",
    { class: "opened" },
    understandingOf(question),
    element(
      "div",
      { class: "pair" },
      section(say("list_expected"), ...expectedOf(question)),
      section(say("list_answer"), ...answerOf(question, key)),
    ),
    passages ? legend : null,
    question.citations
      ? section(
          say("list_citations"),
          element(
            "ul",
            { class: "sources" },
            question.citations.map((one) => citation(question, one, key)),
          ),
        )
      : null,
    misses.length
      ? section(
          say("list_missed"),
          element(
            "ul",
            { class: "sources" },
            misses.map((item) => missed(question, item)),
          ),
        )
      : null,
    question.hits ? lazily(`${say("list_hits")} (${question.hits.length})`, () => hitsOf(question)) : null,
    lazily(say("list_measures"), () => measuresOf(question)),
    element(
      "p",
      { class: "note" },
      turn,
      question.model ? [isolated(question.model), " · "] : null,
      element("a", { href: `#${toFragment({ q: question.id })}` }, say("list_link")),
    ),
  );
}
