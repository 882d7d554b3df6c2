"use strict";
// Passages of articles, with what was quoted and what is evidence marked in them.

const AROUND = 350; // characters shown on each side of evidence
const WHOLE = 900; // an article up to this length is shown whole

// The marks of a question in an article: quotes with their numbers, and pieces of evidence.
function marksOf(question, article) {
  const quotes = (question.citations ?? [])
    .filter((citation) => citation.article === article && !citation.quote)
    .map(({ start, end, number }) => ({ start, end, kind: "quote", tag: `[${number}]` }));
  const evidence = (question.evidence ?? [])
    .filter((item) => item.article === article)
    .flatMap(({ spans }) => spans)
    .filter(([start, end]) => end - start < lengthOf(article)) // a whole article as evidence marks nothing in it
    .map(([start, end]) => ({ start, end, kind: "evidence", tag: say("list_tag_evidence") }));
  return [...quotes, ...evidence];
}

// A slice of an article with its marks, which may overlap: each piece is marked with all that cover it.
function passage(question, article, start, end) {
  const marks = marksOf(question, article).filter((mark) => mark.start < end && start < mark.end);
  const cuts = marks.flatMap((mark) => [Math.max(mark.start, start), Math.min(mark.end, end)]);
  const borders = [...new Set([start, end, ...cuts])].sort((a, b) => a - b);
  const pieces = borders.slice(0, -1).map((from, at) => {
    const covering = marks.filter((mark) => mark.start <= from && from < mark.end);
    const text = inert(slice(article, from, borders[at + 1]));
    if (!covering.length) return text;
    const begun = covering.filter((mark) => Math.max(mark.start, start) === from);
    const tags = begun.map(({ tag, kind }) => element("span", { class: `tag ${kind}` }, tag));
    return element("mark", { class: [...new Set(covering.map(({ kind }) => kind))].join(" ") }, tags, text);
  });
  return element(
    "blockquote",
    { class: "passage", dir: "auto" },
    start > 0 ? "… " : null,
    pieces,
    end < lengthOf(article) ? " …" : null,
  );
}

// Where to cut around a place: at spaces, or the whole article when it is short.
function around(article, start, end) {
  const length = lengthOf(article);
  if (length <= WHOLE) return [0, length];
  let [from, to] = [Math.max(0, start - AROUND), Math.min(length, end + AROUND)];
  const before = slice(article, from, start).search(/\s/);
  if (from > 0 && before >= 0) from += Array.from(slice(article, from, start).slice(0, before)).length + 1;
  const after = slice(article, end, to);
  const last = after.search(/\s\S*$/);
  if (to < length && last >= 0) to = end + Array.from(after.slice(0, last)).length;
  return [from, to];
}

// A part of the page that is filled when it is first opened.
function lazily(summary, fill, attributes = {}) {
  const made = element("details", attributes, element("summary", {}, summary));
  made.addEventListener("toggle", () => {
    if (made.open && made.childElementCount === 1) made.append(...[fill()].flat());
  });
  return made;
}

function wholeArticle(question, article) {
  return lazily(say("list_whole"), () => passage(question, article, 0, lengthOf(article)), { class: "whole" });
}

// An article's title, outlet, date and address.
function named(article) {
  const { title, id, source, date, url } = run.articles[article];
  const address = url && webAddress(url);
  const shown = isolated(title || id, "cite");
  return [
    address ? element("a", { href: address, rel: "noreferrer noopener" }, shown) : shown,
    element(
      "span",
      { class: "note" },
      source ? [" · ", isolated(source)] : null,
      " · ",
      date ? isolated(date) : say("list_undated"),
      title ? [" · ", isolated(id)] : null,
    ),
  ];
}
