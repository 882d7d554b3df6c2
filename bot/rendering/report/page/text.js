"use strict";
// What comes from articles, questions and answers is text: it is put into the page as text nodes, never as markup.

const run = JSON.parse(document.getElementById("run-data").textContent);

// Controls, direction marks, invisible characters, tags, half surrogate pairs: shown by their number, without effect.
const HIDDEN = new RegExp(
  "[\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f\\u061c\\u200b\\u200e\\u200f\\u2028-\\u202e" +
    "\\u2060-\\u2069\\ufeff\\u{e0000}-\\u{e007f}]|[\\ud800-\\udfff]",
  "gu",
);

// The text of a key, with its values.
function say(key, values = {}) {
  return (run.texts[key] ?? key).replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

// An element with attributes (null and false are left out) and children: elements, texts, or lists of these.
function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

// A text from outside, as nodes.
function inert(text) {
  const nodes = [];
  let from = 0;
  for (const found of text.matchAll(HIDDEN)) {
    const code = found[0].codePointAt(0).toString(16).toUpperCase().padStart(4, "0");
    nodes.push(text.slice(from, found.index));
    nodes.push(element("span", { class: "hidden", title: say("list_hidden") }, `U+${code}`));
    from = found.index + found[0].length;
  }
  nodes.push(text.slice(from));
  return nodes;
}

// A text from outside in an element of its own, whose direction it cannot carry outside.
function isolated(text, name = "bdi", attributes = {}) {
  return element(name, { dir: "auto", ...attributes }, inert(text));
}

// An address that can be followed, or null: articles may name any.
function webAddress(text) {
  try {
    const url = new URL(text);
    return url.protocol === "https:" || url.protocol === "http:" ? url.href : null;
  } catch {
    return null;
  }
}

// A text without differences of case and accents.
function folded(text) {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}

// A number as the language writes it.
function number(value, digits = 0) {
  return value.toLocaleString(run.language, { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

// An article's text, to be cut by characters as Python counts them: one outside the first plane counts as one, not two.
const characters = new Map();
function slice(article, start, end) {
  const text = run.articles[article].text;
  if (!/[\ud800-\udbff]/.test(text)) return text.slice(start, end);
  if (!characters.has(article)) characters.set(article, Array.from(text));
  return characters.get(article).slice(start, end).join("");
}

function lengthOf(article) {
  const text = run.articles[article].text;
  if (!/[\ud800-\udbff]/.test(text)) return text.length;
  slice(article, 0, 0);
  return characters.get(article).length;
}
