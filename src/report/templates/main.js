// Starts the page: renders, listens to filters, links and keys.

function render() {
  renderIssues();
  renderUnanswered();
  renderDocuments();
  const status = $("#status");
  status.hidden = !active;
  if (active) {
    const n = passes.reduce((sum, x) => sum + x, 0);
    status.replaceChildren(
      el("a", { href: "#issues" }, `${grouped(pairs.filter(pairShown).length)} of ${count(pairs.length, "pair", "pairs")}`),
      " and ",
      el("a", { href: "#documents" }, `${grouped(n)} of ${count(statements.length, "statement", "statements")}`),
      " pass the filters.",
    );
  }
}

function changed() {
  readFilters();
  render();
}

// Brings what a link names onto the page. A filter that hides it is cleared.
function go(hash) {
  let name;
  try {
    name = decodeURIComponent(hash.slice(1));
  } catch {
    name = hash.slice(1);
  }
  const [, kind, id] = /^(pair|issue|statement|document)-([^]*)$/.exec(name) || [];
  const find = () => {
    if (kind === "pair") {
      const p = pairs.find((x) => x.id === id);
      const issue = p && issues.find((i) => i.pairs.includes(p));
      return issue && issueList.reach(issue) && issueLists.get(issue).some((list) => list.reach(p));
    }
    if (kind === "issue") {
      const issue = issues.find((i) => i.id === id);
      return issue && issueList.reach(issue);
    }
    if (kind === "statement") {
      const s = statements.find((x) => x.id === id);
      return s && s.doc && reachStatement(s);
    }
    if (kind === "document") {
      const i = data.docs.findIndex((d) => d.id === id);
      return i >= 0 && showDocument(i);
    }
    return false;
  };
  if (kind && !find() && active) {
    clearFilters();
    changed();
    find();
  }
  const node = document.getElementById(name);
  if (!node) return;
  for (const old of document.querySelectorAll(".target")) old.classList.remove("target");
  for (let fold = node.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
  if (kind) {
    node.classList.add("target");
    node.focus({ preventScroll: true });
  }
  node.scrollIntoView({ block: kind === "statement" ? "center" : "start" });
}

function showDocument(index) {
  if (!documentList.reach(index)) return false;
  const fold = document.getElementById(`document-${data.docs[index].id}`);
  if (!fold) return false;
  openDocument(index, $(".doc-body", fold));
  fold.open = true;
  return true;
}

function reachStatement(s) {
  if (!showDocument(s.docIndex)) return false;
  const list = openDocuments.get(s.docIndex);
  return list.reach(list.items.find((run) => run.s === s));
}

// j and k: from the pair or lone claim that has the focus, else from the one in view.
function step(by) {
  const stops = [...document.querySelectorAll(".pair, .claim.alone")].filter((n) => n.offsetParent !== null);
  if (!stops.length) return;
  const here = document.activeElement && document.activeElement.closest(".pair, .claim.alone");
  let at = stops.indexOf(here);
  if (at < 0) {
    const next = stops.findIndex((n) => n.getBoundingClientRect().top >= 0);
    at = next < 0 ? stops.length - 1 : by > 0 ? next - 1 : next;
  }
  const to = stops[Math.max(0, Math.min(stops.length - 1, at + by))];
  to.focus({ preventScroll: true });
  to.scrollIntoView({ block: "center" });
}

const store = {
  get(key) {
    try {
      return localStorage.getItem(key);
    } catch {
      return null;
    }
  },
  set(key, value) {
    try {
      localStorage.setItem(key, value);
    } catch {
      // A page from disk may not have a store: then the choice lasts as long as the page.
    }
  },
};

const THEMES = { auto: ["◐", "automatic"], light: ["☀", "light"], dark: ["☾", "dark"] };
function setTheme(theme) {
  if (theme === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  const button = $("#theme");
  button.textContent = THEMES[theme][0];
  button.setAttribute("aria-label", `Theme: ${THEMES[theme][1]}`);
  button.title = `Theme: ${THEMES[theme][1]}`;
  button.dataset.now = theme;
}

function toggleFilters(open = $("#filters").hidden) {
  $("#filters").hidden = !open;
  $("#filter-toggle").setAttribute("aria-expanded", String(open));
}

function onKey(e) {
  const typing = e.target.closest("input, select, textarea");
  if (e.key === "Escape") {
    if (e.target.id === "q" && e.target.value) {
      e.target.value = "";
      changed();
    } else if (typing) {
      e.target.blur();
    } else if (!$("#filters").hidden) {
      toggleFilters(false);
      $("#filter-toggle").focus();
    }
    return;
  }
  if (typing || e.ctrlKey || e.metaKey || e.altKey || !$("#keys").checked || $("#help").open) return;
  const act = {
    j: () => step(1),
    k: () => step(-1),
    "/": () => $("#q").focus(),
    f: () => toggleFilters(),
    "?": () => $("#help").showModal(),
  }[e.key];
  if (act) {
    e.preventDefault();
    act();
  }
}

document.documentElement.classList.add("js");
const saved = store.get("standoff-theme");
setTheme(Object.hasOwn(THEMES, saved || "") ? saved : "auto");
fillFilters(changed);
fillLeftOut();
readFilters();
render();
document.addEventListener("keydown", onKey);
addEventListener("hashchange", () => go(location.hash));
// A link to where we are already makes no hashchange.
document.addEventListener("click", (e) => {
  const a = e.target.closest && e.target.closest('a[href^="#"]');
  if (a && a.hash === location.hash) go(a.hash);
});
$("#filter-toggle").addEventListener("click", () => toggleFilters());
$("#help-open").addEventListener("click", () => $("#help").showModal());
$("#keys").checked = store.get("standoff-keys") !== "off";
$("#keys").addEventListener("change", (e) => store.set("standoff-keys", e.target.checked ? "on" : "off"));
$("#theme").addEventListener("click", (e) => {
  const order = Object.keys(THEMES);
  const next = order[(order.indexOf(e.currentTarget.dataset.now) + 1) % order.length];
  setTheme(next);
  store.set("standoff-theme", next);
});
// Paper has no buttons: what is next in each list goes along.
addEventListener("beforeprint", () => {
  if (issueList) issueList.more(false, 100);
  for (const lists of issueLists.values()) for (const list of lists) list.more(false, 25);
});
if (location.hash.length > 1) go(location.hash);
