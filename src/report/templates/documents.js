// Documents with their statements in place.

const openDocuments = new Map();
let documentList = null;

const documentNode = (index) => {
  const d = data.docs[index];
  const own = byDocument[index];
  const hits = active ? own.filter(shown).length : own.length;
  const amount = active ? `${grouped(hits)} of ${count(own.length, "statement", "statements")}` : count(own.length, "statement", "statements");
  const sides = [0, 1, 2].map((k) => own.filter((s) => s.side === k && !s.abstained).length);
  const body = el("div", { class: "doc-body" });
  const fold = el(
    "details",
    { class: "doc", id: `document-${d.id}` },
    el(
      "summary",
      null,
      outside(d.t || d.id, { class: "doc-title" }),
      el(
        "span",
        { class: "doc-meta" },
        d.o && outside(d.o),
        d.d && el("span", null, shortDate(d.d)),
        el("span", null, amount),
        sides.map((n, k) => n > 0 && el("span", { class: `side-${LETTERS[k]} tally` }, outside(data.sides[k]), ` ${n}`)),
      ),
    ),
    body,
  );
  fold.addEventListener("toggle", () => {
    if (fold.open) openDocument(index, body);
  });
  return fold;
};

// The text as a row of runs: statements, filtered stretches, and what lies between.
function runs(index) {
  const d = data.docs[index];
  const marks = byDocument[index]
    .filter((s) => s.placed)
    .map((s) => ({ start: s.start, end: s.end, s }))
    .concat((d.f || []).map(([start, end, reason]) => ({ start, end, reason })))
    .sort((x, y) => x.start - y.start || y.end - x.end);
  const out = [];
  let at = 0;
  for (const m of marks) {
    if (m.start < at) {
      out.push({ ...m, again: true });
      continue;
    }
    if (m.start > at) out.push({ start: at, end: m.start });
    out.push(m);
    at = m.end;
  }
  if (at < d.x.length) out.push({ start: at, end: d.x.length });
  for (const s of byDocument[index]) if (!s.placed) out.push({ s, again: true });
  return out;
}

function runNode(d, run) {
  const text = run.s ? run.s.text : d.x.slice(run.start, run.end);
  if (run.reason) return el("span", { class: "filtered", title: `filtered: ${run.reason}` }, el("span", { class: "reason" }, run.reason), outside(text));
  if (!run.s) return el("span", { class: "plain-text" }, visible(text.replace(/\n{3,}/g, "\n\n")));
  const s = run.s;
  const card = el("span", { class: "card", hidden: true });
  const stance = STANCES[s.stance];
  const flag = el(
    "button",
    {
      type: "button",
      class: "flag",
      "aria-expanded": "false",
      on: {
        click: () => {
          const open = card.hidden;
          card.hidden = !open;
          flag.setAttribute("aria-expanded", String(open));
          if (open && !card.childElementCount) card.append(details(s));
        },
      },
    },
    outside(data.sides[s.side]),
    el("span", { "aria-hidden": "true" }, ` ${stance.sign}`),
    el("span", { class: "hidden" }, `, ${stance.word}${s.abstained ? ", abstained" : ""}`),
  );
  return el(
    "span",
    { class: `st side-${LETTERS[s.side]}${s.abstained ? " unsure" : ""}${active && !shown(s) ? " dim" : ""}`, id: `statement-${s.id}`, tabindex: "-1" },
    flag,
    el("mark", { class: "in-place", dir: "auto" }, visible(text)),
    card,
  );
}

// All scores, and links to the pairs that the statement is in.
function details(s) {
  const scores = (names, values) =>
    el("span", { class: "scores" }, names.map((n, i) => el("span", null, outside(n), ` ${percent(values[i])}`)));
  const partners = pairs.filter((p) => p.a === s || p.b === s);
  const node = claim(s);
  node.append(
    scores(data.sides, s.sideScores),
    scores(STANCES.map((x) => x.word), s.stanceScores),
    s.speaker ? el("span", { class: "scores" }, `speaker ${HOW[s.speaker.h] || s.speaker.h}`, s.speaker.note && [": ", outside(s.speaker.note)]) : "",
    el(
      "span",
      { class: "scores" },
      partners.slice(0, 20).map((p, i) => el("a", { href: fragment("pair", p.id) }, `pair ${i + 1}`)),
      el("a", { href: fragment("statement", s.id) }, "link to this statement"),
    ),
  );
  return node;
}

function openDocument(index, body) {
  if (openDocuments.has(index)) return;
  const d = data.docs[index];
  const text = el("div", { class: "text" });
  const links = el("p", { class: "from" });
  const url = safeUrl(d.u);
  if (url) links.append(link(url, url.length > 90 ? `${url.slice(0, 89)}…` : url));
  else if (d.ux) links.append(el("span", { class: "aside" }, "address not made a link: ", outside(d.ux)));
  links.append(el("span", { class: "aside" }, outside(d.s || d.id)));
  body.replaceChildren(links, text);
  openDocuments.set(index, new Growing(text, runs(index), (run) => runNode(d, run), 240, ["stretch", "stretches"]));
}

function renderDocuments() {
  openDocuments.clear();
  const root = $("#document-list");
  const list = data.docs.map((_, i) => i).filter((i) => !active || byDocument[i].some(shown));
  documentList = new Growing(root, list, documentNode, 25, ["document", "documents"]);
  if (!list.length) root.append(none(data.docs.length ? "No document has a statement that passes the filters." : "The statements came without documents."));
  const loose = statements.filter((s) => !s.doc && shown(s));
  if (loose.length) root.append(folded(`${count(loose.length, "statement", "statements")} without a document`, loose));
  else if (data.docs.length === 1 && root.firstElementChild.matches("details")) root.firstElementChild.open = true;
}
