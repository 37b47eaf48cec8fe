// What the page knows: the data block, read once. Its layout is described in src/report/html/data.rs.

const $ = (selector, root = document) => root.querySelector(selector);
const data = JSON.parse($("#data").textContent);
const LETTERS = ["a", "b", "o"];
const STANCES = [
  { word: "Escalation", sign: "▲", key: "escalation" },
  { word: "De-escalation", sign: "▽", key: "de-escalation" },
  { word: "Neutral", sign: "●", key: "neutral" },
];
const RELATIONS = ["opposed", "aligned", "unrelated"];
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

// Characters that turn the direction of text or hide in it; shown as what they are.
const UNRULY = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\ufff9-\ufffb]/g;
const visible = (text) =>
  String(text)
    .replace(/\r(?=\n|$)/g, "")
    .replace(UNRULY, (c) => `[U+${c.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}]`);

const grouped = (n) => String(n).replace(/\B(?=(\d{3})+$)/g, ",");
const count = (n, one, many) => `${grouped(n)} ${n === 1 ? one : many}`;
const percent = (thousandths) => {
  const p = Math.round(thousandths / 10);
  return `${p === 100 && thousandths < 1000 ? 99 : p === 0 && thousandths > 0 ? 1 : p}\u00a0%`;
};
const sureness = (thousandths) => (thousandths >= 850 ? "high" : thousandths >= 650 ? "fair" : "low");
const shortDate = (iso) => {
  const [y, m, d] = iso.split("-").map(Number);
  return `${d} ${MONTHS[m - 1]} ${y}`;
};
const safeUrl = (url) => (url && /^https?:\/\/[^\s"<>\\`]+$/i.test(url) ? url : null);

class Statement {
  constructor(row, index) {
    this.index = index;
    this.docIndex = row[0];
    this.doc = data.docs[row[0]] || null;
    this.start = row[1];
    this.end = row[2];
    this.sideScores = row[3];
    this.stanceScores = row[4];
    this.side = row[5] & 3;
    this.stance = (row[5] >> 2) & 3;
    this.abstained = Boolean(row[5] & 16);
    this.truncated = Boolean(row[5] & 32);
    this.speaker = data.speakers[row[6]] || null;
    this.sideWords = row[7];
    this.stanceWords = row[8];
    this.more = row[10] || {};
    this.placed = this.more.x === undefined;
    this.id = row[9][0] === ":" && this.doc ? this.doc.id + row[9] : row[9];
  }
  get text() {
    return this.placed ? this.doc.x.slice(this.start, this.end) : this.more.x;
  }
  get date() {
    return this.more.d || (this.doc && this.doc.d) || null;
  }
  get title() {
    return this.more.t || (this.doc && this.doc.t) || null;
  }
  get outlet() {
    return this.more.o || (this.doc && this.doc.o) || null;
  }
  get url() {
    const own = this.more.u || this.more.ux;
    return safeUrl(own ? this.more.u : this.doc && this.doc.u);
  }
  get confidence() {
    return Math.min(this.sideScores[this.side], this.stanceScores[this.stance]);
  }
  get haystack() {
    if (this.hay === undefined) {
      const p = this.speaker;
      this.hay = [this.text, p && p.n, p && p.r, this.title, this.outlet]
        .filter(Boolean)
        .join("\n")
        .toLowerCase();
    }
    return this.hay;
  }
}

class Pair {
  constructor(row, index) {
    this.index = index;
    [this.id, this.issue, this.ai, this.bi, this.similarity, this.relation, this.scores, this.score] = row;
    this.primary = row[8] === 1;
    [, , , , , , , , , this.actors, this.terms, this.days] = row;
    this.a = statements[this.ai];
    this.b = statements[this.bi];
  }
}

const statements = data.statements.map((row, i) => new Statement(row, i));
const pairs = data.pairs.map((row, i) => new Pair(row, i));
const issues = data.issues.map((issue, i) => ({
  index: i,
  id: issue.id,
  matter: issue.m,
  headline: issue.h,
  from: issue.f,
  to: issue.t,
  // The best matching first, then further answers.
  pairs: issue.p.map((p) => pairs[p]).sort((x, y) => y.primary - x.primary),
  neighbours: issue.n.map((s) => statements[s]),
}));
const byDocument = data.docs.map(() => []);
for (const s of statements) if (s.doc) byDocument[s.docIndex].push(s);
