// Lists that grow on demand: issues, claims without an answer, what was left out.

class Growing {
  // `render(item, index)` gives a node; `step` at a time; `noun` is [one, many].
  constructor(root, items, render, step, noun) {
    Object.assign(this, { root, items, render, step, noun, done: 0 });
    this.button = el("button", { type: "button", class: "more", on: { click: () => this.more(true) } });
    root.replaceChildren();
    this.more(false);
  }
  more(byUser, to = this.done + this.step) {
    const end = Math.min(this.items.length, to);
    const nodes = [];
    for (; this.done < end; this.done++) nodes.push(this.render(this.items[this.done], this.done));
    this.button.remove();
    this.root.append(...nodes);
    const left = this.items.length - this.done;
    if (left > 0) {
      this.button.textContent = `Show ${left > this.step ? `${this.step} of ${grouped(left)}` : grouped(left)} more ${left === 1 ? this.noun[0] : this.noun[1]}`;
      this.root.append(this.button);
    }
    // The focus would be lost with the button.
    if (byUser && nodes.length) {
      const first = nodes[0].matches("[tabindex]") ? nodes[0] : nodes[0].querySelector("[tabindex], a, button");
      if (first) first.focus({ preventScroll: true });
    }
    return nodes;
  }
  // Renders as far as this item and a little on.
  reach(item) {
    const at = this.items.indexOf(item);
    if (at >= this.done) this.more(false, at + 1);
    return at >= 0;
  }
}

const issueLists = new Map();
let issueList = null;

function issueNode(issue) {
  const list = issue.pairs.filter((p) => !active || pairShown(p));
  const main = list.filter((p) => p.primary);
  const further = list.filter((p) => !p.primary);
  if (!main.length) main.push(...further.splice(0));
  const range = issue.from && issue.to
    ? ` · ${issue.from === issue.to ? shortDate(issue.from) : `${shortDate(issue.from)} – ${shortDate(issue.to)}`}`
    : "";
  const amount = list.length === issue.pairs.length
    ? count(list.length, "pair", "pairs")
    : `${grouped(list.length)} of ${count(issue.pairs.length, "pair", "pairs")}`;
  const body = el("div", { class: "pairs" });
  const node = el(
    "article",
    { class: "issue", id: `issue-${issue.id}`, tabindex: "-1" },
    el(
      "header",
      null,
      el("p", { class: "number", "aria-hidden": "true" }, String(issue.index + 1)),
      el("h3", null, el("a", { href: fragment("issue", issue.id) }, outside(issue.matter))),
      el("p", { class: "meta" }, amount + range),
    ),
    body,
  );
  const shownPairs = new Growing(body, main, pairNode, 4, ["pair", "pairs"]);
  const lists = [shownPairs];
  if (further.length) {
    const inside = el("div", { class: "pairs" });
    // A few are better seen than counted.
    const fold = el("details", { class: "further", open: further.length <= 3 }, el("summary", null, count(further.length, "further answer", "further answers"), " to claims above"), inside);
    lists.push(new Growing(inside, further, pairNode, 4, ["pair", "pairs"]));
    node.append(fold);
  }
  issueLists.set(issue, lists);
  if (issue.neighbours.length) node.append(folded(
    `${count(issue.neighbours.length, "further statement", "further statements")} on this, without a partner`,
    issue.neighbours,
  ));
  return node;
}

// A fold that makes its list when it is opened.
function folded(title, items) {
  const list = el("ul", { class: "claims" });
  const fold = el("details", { class: "neighbours" }, el("summary", null, title), list);
  fold.addEventListener("toggle", () => {
    if (fold.open && !list.childElementCount) new Growing(list, items, (s) => claim(s, true), 10, ["statement", "statements"]);
  });
  return fold;
}

const none = (text) => el("p", { class: "none" }, text);

function renderIssues() {
  issueLists.clear();
  const root = $("#issue-list");
  const list = issues.filter((i) => !active || i.pairs.some(pairShown));
  issueList = new Growing(root, list, issueNode, 12, ["issue", "issues"]);
  if (!list.length) root.append(none(issues.length ? "No pair passes the filters." : "No opposing claims were found."));
}

function renderUnanswered() {
  const columns = data.unanswered.map((ids, k) => {
    const all = ids.map((i) => statements[i]);
    const list = all.filter(shown);
    const amount = active ? `${grouped(list.length)} of ${grouped(all.length)}` : grouped(all.length);
    const body = el("ul", { class: "claims" });
    new Growing(body, list, (s) => claim(s, true), 8, ["claim", "claims"]);
    return el(
      "div",
      { class: `column side-${LETTERS[k]}` },
      el("h3", null, outside(data.sides[k]), el("span", { class: "n" }, ` ${amount}`)),
      list.length ? body : none(all.length ? "None passes the filters." : "None."),
    );
  });
  $("#unanswered-lists").replaceChildren(...columns);
}

// The folds under "What was left out" fill themselves when they are opened.
function fillLeftOut() {
  const fill = (id, make) => {
    const fold = document.getElementById(id);
    if (!fold) return;
    const body = $(".left-body", fold);
    let filled = false;
    fold.addEventListener("toggle", () => {
      if (fold.open && !filled) {
        filled = true;
        make(body);
      }
    });
  };
  const claims = (test) => (body) => {
    const list = el("ul", { class: "claims" });
    body.replaceChildren(list);
    new Growing(list, statements.filter(test), (s) => claim(s, true), 10, ["statement", "statements"]);
  };
  const plain = (items, render) => (body) => {
    const list = el("ul", { class: "plain" });
    body.replaceChildren(list);
    new Growing(list, items(), render, 40, ["line", "lines"]);
  };
  fill("abstained", claims((s) => s.abstained));
  fill("truncated", claims((s) => s.truncated));
  fill("filtered", plain(
    () => data.docs.flatMap((d) => (d.f || []).map(([a, b, reason]) => [d, d.x.slice(a, b), reason])),
    ([d, text, reason]) =>
      el("li", null, el("span", { class: "reason" }, reason), " ", outside(text), " ", el("span", { class: "aside" }, outside(d.t || d.id))),
  ));
  fill("copies", plain(
    () => data.copies,
    ([first, others]) =>
      el(
        "li",
        null,
        el("a", { href: fragment("statement", statements[first].id) }, outside(statements[first].text)),
        el("ul", null, others.map((c) => {
          const s = statements[c];
          if (!s) return el("li", null, outside(c));
          const place = visible(s.title || (s.doc && s.doc.id) || s.id);
          return el("li", null, "again in ", el("a", { href: fragment("statement", s.id) }, el("bdi", null, place)), s.outlet ? [", ", outside(s.outlet)] : null);
        })),
      ),
  ));
  fill("rejected", plain(
    () => data.rejected,
    ([source, error]) => el("li", null, outside(source, { class: "path" }), ": ", outside(error)),
  ));
}
