"use strict";
// What pages have in common: elements, and code with its colours and differences.

const make = (tag, text, style) => {
  const node = document.createElement(tag);
  if (text !== undefined) node.textContent = text;
  if (style) node.className = style;
  return node;
};
const words = (text) => String(text).replaceAll("_", " ");

// Tokens of code, for colours and for marking what differs. Text only: nothing is parsed as HTML.
const REST = /("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`)|\d+(?:\.\d+)?|[\p{L}_]\w*|\s+|[^]/.source;
const HASH = new RegExp(/```[^\n`]*|"""[^]*?"""|'''[^]*?'''|#[^\n]*/.source + "|" + REST, "gu");
const SLASH = new RegExp(/```[^\n`]*|\/\/[^\n]*|\/\*[^]*?\*\//.source + "|" + REST, "gu");
const WORDS = new Set(("def return for in if else elif while not and or is lambda import from None True False pass break continue class try except finally raise with as yield "
  + "int double float char bool boolean void long short unsigned const static public private final new this null nullptr true false switch case default do struct using namespace include "
  + "func var let function package range type interface map string number export extends implements throw throws catch auto size_t std undefined").split(" "));
const tokens = (code, language) => code.match(language === "python" ? HASH : SLASH) || [];
const style = (token) => /^(#|\/\/|\/\*|```)/.test(token) ? "m" : /^["'`]/.test(token) && token.length > 1 ? "s" : /^\d/.test(token) ? "n" : WORDS.has(token) ? "k" : "";

// Which tokens of `mine` are in no longest common subsequence with `other`.
const differing = (mine, other) => {
  const n = mine.length, m = other.length;
  if (n * m > 4e6) return mine.map(() => false);
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

// Code line by line; a line that holds a differing token is tinted, the token itself is marked.
const code = (text, other, language) => {
  const pre = make("pre"), mine = tokens(text.replace(/\n+$/, ""), language);
  const marks = other === undefined ? [] : differing(mine, tokens(other.replace(/\n+$/, ""), language));
  let line = make("span", undefined, "row");
  mine.forEach((token, number) => {
    const marked = marks[number] && token.trim(), name = style(token);
    token.split("\n").forEach((part, index) => {
      if (index) { pre.append(line); line = make("span", undefined, "row"); }
      if (marked) line.classList.add("differs");
      if (part) line.append(marked ? make("mark", part, name) : name ? make("span", part, name) : part);
    });
  });
  pre.append(line);
  return pre;
};

const block = (title, row, text, other, wrong) => {
  const box = make("div", undefined, wrong ? "wrong" : "");
  box.append(make("h3", title), code(text, other, row.language));
  return box;
};

const tag = (text, name, colour) => {
  const node = make("span", undefined, "tag " + (name || ""));
  if (colour) { const dot = make("i"); dot.style.background = colour; node.append(dot); }
  node.append(text);
  return node;
};
