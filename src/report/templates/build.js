// Elements for single things. Text from outside goes in as text nodes only.

function el(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "on") for (const [event, f] of Object.entries(value)) node.addEventListener(event, f);
    else node.setAttribute(name, value === true ? "" : value);
  }
  for (const child of children.flat()) {
    if (child !== null && child !== undefined && child !== false) node.append(child);
  }
  return node;
}
// Isolated, so that its direction does not reach its neighbours.
const outside = (text, attributes) => el("bdi", attributes, visible(text));
const fragment = (kind, id) => `#${kind}-${encodeURIComponent(id)}`;

// The text with the words that decided side and stance marked.
function marked(s) {
  const text = s.text;
  const cuts = new Set([0, text.length]);
  const spans = (flat) => {
    const out = [];
    for (let i = 0; i < flat.length; i += 2) {
      out.push([flat[i], flat[i] + flat[i + 1]]);
      cuts.add(flat[i]).add(flat[i] + flat[i + 1]);
    }
    return out;
  };
  const side = spans(s.sideWords);
  const stance = spans(s.stanceWords);
  const at = [...cuts].sort((x, y) => x - y);
  const inside = (list, p) => list.some(([a, b]) => a <= p && p < b);
  const out = [];
  for (let i = 0; i + 1 < at.length; i++) {
    const piece = visible(text.slice(at[i], at[i + 1]));
    const classes = [inside(side, at[i]) && "w-side", inside(stance, at[i]) && "w-stance"].filter(Boolean);
    out.push(classes.length ? el("mark", { class: classes.join(" ") }, piece) : piece);
  }
  return out;
}

const HOW = {
  direct: "quoted",
  indirect: "reported",
  mixed: "partly quoted",
  headline: "headline",
  coreference: "named elsewhere",
  unresolved: "not resolved",
};

function who(s) {
  const p = s.speaker;
  if (!p) return el("p", { class: "who" }, el("span", { class: "aside" }, "No speaker named"));
  const line = el("p", { class: "who", title: p.note ? visible(p.note) : null }, outside(p.n, { class: "speaker" }));
  if (p.r) line.append(", ", outside(p.r));
  if (p.w) line.append(" ", el("span", { class: "aside" }, "(“", outside(p.w), "” in the text)"));
  if (p.q) line.append(" ", el("span", { class: "aside" }, "quoting ", outside(p.q.join(", "))));
  return line;
}

function link(url, text) {
  return el(
    "a",
    { href: url, rel: "noopener noreferrer", target: "_blank" },
    outside(text),
    el("span", { class: "out", "aria-hidden": "true" }, "↗"),
  );
}

function from(s, inText) {
  const line = el("p", { class: "from" });
  if (s.url) line.append(link(s.url, s.outlet || "source"));
  else if (s.outlet) line.append(outside(s.outlet));
  if (s.date) line.append(el("span", { class: "date" }, shortDate(s.date)));
  if (inText && s.doc) line.append(el("a", { href: fragment("statement", s.id) }, "in the text"));
  return line;
}

function judged(s) {
  const stance = STANCES[s.stance];
  const sure = s.stanceScores[s.stance];
  return el(
    "p",
    { class: "judged" },
    el(
      "span",
      { class: "stance" },
      el("span", { "aria-hidden": "true" }, stance.sign),
      ` ${stance.word} ${percent(sure)}`,
    ),
    " ",
    el("span", { class: "sure" }, `${sureness(sure)} confidence`),
    s.abstained && el("span", { class: "flagged" }, "abstained"),
    s.truncated && el("span", { class: "flagged" }, "cut short"),
    s.more.l && el("span", { class: "flagged" }, "language: ", outside(s.more.l)),
  );
}

// A statement with everything that is known of it. `alone`: not in a pair, so the keys stop at it.
function claim(s, alone) {
  return el(
    alone ? "li" : "div",
    { class: `claim side-${LETTERS[s.side]}${alone ? " alone" : ""}`, tabindex: alone ? "-1" : null },
    el(
      "p",
      { class: "side-line" },
      outside(data.sides[s.side], { class: "side-name" }),
      " ",
      el("span", { class: "percent" }, percent(s.sideScores[s.side])),
    ),
    el("blockquote", { class: "words", dir: "auto" }, marked(s)),
    who(s),
    from(s, true),
    judged(s),
  );
}

function pairNode(p) {
  const notes = [];
  // It was lined up although another relation is likelier.
  if (p.relation) notes.push(`likelier ${RELATIONS[p.relation]} (${percent(p.scores[p.relation])})`);
  if (!p.primary) notes.push("a further answer");
  if (p.days === 0) notes.push("same day");
  else if (p.days !== null) notes.push(count(Math.abs(p.days), "day apart", "days apart"));
  const common = p.actors.map((a) => data.actors[a] || a).slice(0, 3);
  common.push(...p.terms.slice(0, 4).filter((t) => !common.some((c) => c.toLowerCase() === t.toLowerCase())));
  return el(
    "section",
    { class: "pair", id: `pair-${p.id}`, tabindex: "-1", "aria-label": "Pair" },
    claim(p.a),
    el(
      "div",
      { class: "meet" },
      el("span", { class: `relation ${p.relation ? "doubtful" : "opposed"}` }, p.relation ? "perhaps opposed" : "opposed"),
      el("span", { class: "percent" }, percent(p.scores[0])),
      notes.map((n) => el("span", { class: "note" }, n)),
      common.length > 0 && el("span", { class: "note common" }, "both: ", outside(common.join(", "))),
      el("a", { class: "anchor", href: fragment("pair", p.id), "aria-label": "Link to this pair" }, "#"),
    ),
    claim(p.b),
  );
}
