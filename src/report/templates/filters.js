// Filters: what is chosen, and which statements pass.

const chosen = { words: [], sides: new Set(), stances: new Set(), speaker: "", outlet: "", from: "", to: "", least: 0 };
let active = 0;
let passes = new Uint8Array(statements.length).fill(1);

function test(s) {
  return (
    (!chosen.sides.size || chosen.sides.has(s.side)) &&
    (!chosen.stances.size || chosen.stances.has(s.stance)) &&
    (!chosen.speaker || (s.speaker !== null && s.speaker.n === chosen.speaker)) &&
    (!chosen.outlet || s.outlet === chosen.outlet) &&
    (!chosen.from || (s.date !== null && s.date >= chosen.from)) &&
    (!chosen.to || (s.date !== null && s.date <= chosen.to)) &&
    s.confidence >= chosen.least &&
    chosen.words.every((w) => s.haystack.includes(w))
  );
}
const shown = (s) => passes[s.index] === 1;
const pairShown = (p) => shown(p.a) || shown(p.b);

function readFilters() {
  const value = (id) => $(`#${id}`).value;
  chosen.words = value("q").toLowerCase().split(/\s+/).filter(Boolean);
  chosen.speaker = value("f-speaker");
  chosen.outlet = value("f-outlet");
  chosen.from = value("f-from");
  chosen.to = value("f-to");
  chosen.least = Number(value("f-conf")) * 10;
  $("#f-conf-out").textContent = `${chosen.least / 10}\u00a0%`;
  const pressed = (id) =>
    new Set([...$(`#${id}`).children].filter((b) => b.getAttribute("aria-pressed") === "true").map((b) => Number(b.value)));
  chosen.sides = pressed("f-sides");
  chosen.stances = pressed("f-stances");
  const panel = [chosen.sides.size, chosen.stances.size, chosen.speaker, chosen.outlet, chosen.from, chosen.to, chosen.least];
  const inPanel = panel.filter(Boolean).length;
  active = inPanel + (chosen.words.length ? 1 : 0);
  $("#filter-count").textContent = inPanel ? ` (${inPanel})` : "";
  passes = Uint8Array.from(statements, (s) => (test(s) ? 1 : 0));
}

function clearFilters() {
  $("#filters").reset();
  $("#q").value = "";
  for (const b of document.querySelectorAll(".chips button")) b.setAttribute("aria-pressed", "false");
}

// The names that occur, commonest first; a list of thousands would help nobody.
function tally(name) {
  const counts = new Map();
  for (const s of statements) {
    const n = name(s);
    if (n) counts.set(n, (counts.get(n) || 0) + 1);
  }
  return [...counts].sort((x, y) => y[1] - x[1] || (x[0] < y[0] ? -1 : 1)).slice(0, 400);
}

function fillFilters(changed) {
  const chips = (id, labels) => {
    labels.forEach((label, i) => {
      const press = (e) => {
        const b = e.currentTarget;
        b.setAttribute("aria-pressed", b.getAttribute("aria-pressed") === "true" ? "false" : "true");
        changed();
      };
      $(`#${id}`).append(
        el("button", { type: "button", value: i, "aria-pressed": "false", class: `chip ${id === "f-sides" ? `side-${LETTERS[i]}` : ""}`, on: { click: press } }, ...label),
      );
    });
  };
  chips("f-sides", data.sides.map((n) => [outside(n)]));
  chips("f-stances", STANCES.map((s) => [el("span", { "aria-hidden": "true" }, s.sign), ` ${s.word}`]));
  const options = (id, list) =>
    $(`#${id}`).append(...list.map(([name, n]) => el("option", { value: name }, `${visible(name)} (${n})`)));
  options("f-speaker", tally((s) => s.speaker && s.speaker.n));
  options("f-outlet", tally((s) => s.outlet));
  const dates = statements.map((s) => s.date).filter(Boolean).sort();
  if (dates.length) {
    for (const id of ["f-from", "f-to"]) {
      $(`#${id}`).min = dates[0];
      $(`#${id}`).max = dates[dates.length - 1];
    }
  }
  let pending = 0;
  const soon = () => {
    clearTimeout(pending);
    pending = setTimeout(changed, 120);
  };
  $("#q").addEventListener("input", soon);
  $("#filters").addEventListener("input", soon);
  $("#filters").addEventListener("submit", (e) => e.preventDefault());
  $("#filters").addEventListener("reset", (e) => {
    e.preventDefault();
    for (const id of ["f-speaker", "f-outlet", "f-from", "f-to"]) $(`#${id}`).value = "";
    $("#f-conf").value = 0;
    for (const b of document.querySelectorAll(".chips button")) b.setAttribute("aria-pressed", "false");
    $("#q").value = "";
    changed();
  });
}
