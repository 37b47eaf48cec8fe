"""Tests of report.html in a real browser. `scripts/checks/browser.sh` runs them.

STANDOFF_PAGES is a folder with the reports of examples/sample_report.rs: dispute, hostile, large.
"""

import json
import os
import pathlib
import re
import unittest

import axe_core_python
from browser import DESK, PHONE, Browser
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

PAGES = pathlib.Path(os.environ["STANDOFF_PAGES"])
AXE = (pathlib.Path(axe_core_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")


class Page(unittest.TestCase):
    """A test with a browser on one of the pages."""

    kind = "dispute"

    @classmethod
    def setUpClass(cls):
        cls.browser = Browser()
        cls.file = PAGES / cls.kind / "report.html"
        cls.analysis = json.loads((PAGES / cls.kind / "analysis.json").read_text(encoding="utf-8"))

    @classmethod
    def tearDownClass(cls):
        cls.browser.close()

    def setUp(self):
        self.browser.size(*DESK)
        self.browser.scheme("light")
        self.open()

    def open(self, fragment=""):
        self.browser.page(self.file, fragment)

    def js(self, script, *arguments):
        return self.browser.js(script, *arguments)

    def find(self, css):
        return self.browser.driver.find_element(By.CSS_SELECTOR, css)

    def keys(self, *keys):
        ActionChains(self.browser.driver).send_keys(*keys).perform()

    def shown_pairs(self):
        return self.js("return [...document.querySelectorAll('.pair')].map(n => n.id.slice(5))")

    def settle(self):
        """Filters wait for a pause in typing."""
        self.js("return 0")
        self.browser.driver.execute_async_script("setTimeout(arguments[0], 250)")

    def assert_quiet(self):
        console, asked = self.browser.logs()
        self.assertEqual(console, [])
        outside = [url for url in asked if not url.startswith(("file://", "data:", "about:"))]
        self.assertEqual(outside, [])

    def axe(self):
        """Findings of axe-core that are serious or critical."""
        self.js(AXE + "; return 0")
        result = self.browser.driver.execute_async_script(
            "axe.run(document).then(arguments[0], e => arguments[0]({violations: [{id: String(e), impact: 'critical', nodes: []}]}))"
        )
        return [
            (v["id"], v["impact"], [n["html"][:160] for n in v["nodes"][:3]])
            for v in result["violations"]
            if v["impact"] in ("serious", "critical")
        ]


class Rendering(Page):
    def test_is_silent(self):
        self.assert_quiet()

    def test_first_bloc_left_second_right(self):
        boxes = self.js(
            "return [...document.querySelectorAll('.pair')].map(p => [...p.querySelectorAll('.claim')]"
            ".map(c => [c.getBoundingClientRect().left, c.className]))"
        )
        self.assertGreater(len(boxes), 5)
        for (left, a), (right, b) in boxes:
            self.assertIn("side-a", a)
            self.assertIn("side-b", b)
            if right:
                self.assertLess(left + 300, right)

    def test_every_pair_has_its_evidence(self):
        text = self.js("return document.querySelector('.pair').innerText")
        for part in [
            "Norland", "The Coast League", "Joren Brandt", "spokesman of Norland", "Northern Wire", "3 May 2031",
            "De-escalation", "Escalation", "high confidence", "opposed", "95\u00a0%", "1 day apart",
        ]:
            self.assertIn(part, text)
        marked = self.js("return [...document.querySelectorAll('.pair .w-stance')].map(m => m.textContent)")
        self.assertIn("are returning", marked)

    def test_a_doubtful_pair_is_said_to_be_one(self):
        doubtful = [p for p in self.analysis["pairs"] if p["relation"]["label"] != "opposed"]
        self.assertEqual(len(doubtful), 1)
        text = self.js("return document.getElementById('pair-' + arguments[0]).textContent", doubtful[0]["id"])
        self.assertIn("perhaps opposed36\u00a0%likelier unrelated (45\u00a0%)", text)

    def test_the_contents_quote_both_sides(self):
        text = self.find(".contents").text
        for part in ["Norland", "Our ships", "The Coast League", "We see no sign"]:
            self.assertIn(part, text)

    def test_counts_agree_with_the_analysis(self):
        cells = self.js("return [...document.querySelectorAll('.counts tbody tr')].map(r => [...r.cells].map(c => c.innerText.trim()))")
        judged = [s for s in self.analysis["statements"] if not s["abstained"]]
        for row, side in zip(cells, ["norland", "league", "other"]):
            for cell, stance in zip(row[1:], ["escalation", "de-escalation", "neutral"]):
                wanted = sum(s["side"]["label"] == side and s["stance"]["label"] == stance for s in judged)
                self.assertEqual(int(cell), wanted)

    def test_the_timeline_has_words(self):
        label = self.js("return document.querySelector('.time [role=img]').getAttribute('aria-label')")
        self.assertIn("Statements per day", label)
        self.assertIn("Norland: 5 escalation", label)
        self.assertGreater(self.js("return document.querySelectorAll('.timeline.wide .t-up').length"), 4)
        self.assertGreater(self.js("return document.querySelectorAll('.numbers tbody tr').length"), 4)

    def test_what_was_left_out_is_shown(self):
        for anchor, words in {
            "abstained": "He added that it might",
            "truncated": "She called the warnings",
            "filtered": "By our naval correspondent",
            "copies": "again in",
            "rejected": "feeds/monday.jsonl:17",
        }.items():
            self.js("document.getElementById(arguments[0]).open = true", anchor)
            text = self.browser.until(
                "const t = document.getElementById(arguments[0]).innerText; return t.includes(arguments[1]) && t", anchor, words
            )
            self.assertTrue(text, anchor)

    def test_documents_show_their_statements_in_place(self):
        self.js("document.querySelector('.doc').open = true")
        self.browser.until("return document.querySelector('.doc .st')")
        shown = self.js("return document.querySelector('.doc .text').textContent")
        for s in [s for s in self.analysis["statements"] if s["document"] == "northern-wire/drills.txt"]:
            self.assertIn(s["text"], shown)
        self.assertIn("By our naval correspondent", shown)
        self.js("document.querySelector('.doc .flag').scrollIntoView({block: 'center'})")
        self.find(".doc .flag").click()
        self.assertIn("link to this statement", self.find(".doc .card").text)

    def test_reads_without_scripts(self):
        self.browser.scripts(False)
        try:
            self.open()
            text = self.find("body").text
        finally:
            self.browser.scripts(True)
        for part in ["Ships, drills, return", "11 pairs of opposing claims on 7 issues", "Our ships", "We see no sign", "opposed", "Marchetti"]:
            self.assertIn(part.lower(), text.lower())

    def test_prints(self):
        pdf = self.browser.cdp("Page.printToPDF")["data"]
        self.assertGreater(len(pdf), 20_000)
        self.browser.scheme("print")
        self.assertEqual(self.js("return getComputedStyle(document.querySelector('.bar')).display"), "none")


class Filtering(Page):
    def status(self):
        self.settle()
        return self.find("#status").text

    def open_filters(self):
        self.find("#filter-toggle").click()

    def test_text(self):
        self.find("#q").send_keys("trawler")
        self.assertIn("1 of 11 pairs", self.status())
        self.assertEqual(len(self.shown_pairs()), 1)
        self.find("#q").send_keys(Keys.ESCAPE)
        self.settle()
        self.assertEqual(len(self.shown_pairs()), 11)

    def test_side_and_stance(self):
        self.open_filters()
        self.find("#f-sides button[value='2']").click()
        self.assertIn("0 of 11 pairs", self.status())
        self.assertIn("No pair passes", self.find("#issue-list").text)
        self.find("#f-sides button[value='2']").click()
        self.find("#f-sides button[value='0']").click()
        self.find("#f-stances button[value='1']").click()
        wanted = {
            p["id"] for p in self.analysis["pairs"] if self.statement(p["a"])["stance"]["label"] == "de-escalation"
        }
        self.settle()
        self.assertEqual(set(self.shown_pairs()), wanted)

    def statement(self, name):
        return next(s for s in self.analysis["statements"] if s["id"] == name)

    def choose(self, control, value):
        self.js(
            "const c = document.getElementById(arguments[0]); c.value = arguments[1];"
            "c.dispatchEvent(new Event('input', {bubbles: true}))",
            control,
            value,
        )
        self.settle()

    def test_speaker_outlet_dates_confidence(self):
        self.open_filters()
        for control, value, test in [
            ("f-speaker", "Petra Olden", lambda s: s["speaker"] and s["speaker"]["name"] == "Petra Olden"),
            ("f-outlet", "Harbour Herald", lambda s: s["outlet"] == "Harbour Herald"),
            ("f-from", "2031-05-08", lambda s: s["date"] >= "2031-05-08"),
            ("f-to", "2031-05-04", lambda s: s["date"] <= "2031-05-04"),
            ("f-conf", "93", lambda s: min(s["side"]["confidence"], s["stance"]["confidence"]) >= 0.93),
        ]:
            with self.subTest(control):
                self.choose(control, value)
                wanted = {
                    p["id"] for p in self.analysis["pairs"] if test(self.statement(p["a"])) or test(self.statement(p["b"]))
                }
                self.assertTrue(wanted)
                self.assertEqual(set(self.shown_pairs()), wanted)
                self.find("#f-reset").click()
                self.settle()
                self.assertEqual(len(self.shown_pairs()), 11)

    def test_a_link_to_something_filtered_clears_the_filter(self):
        self.find("#q").send_keys("trawler")
        self.settle()
        last = self.analysis["pairs"][-1]["id"]
        self.js("location.hash = 'pair-' + arguments[0]", last)
        self.assertTrue(self.browser.until("return document.getElementById('pair-' + arguments[0])", last))


class Links(Page):
    def in_view(self, name):
        return self.browser.until(
            "const n = document.getElementById(arguments[0]); if (!n) return false; const r = n.getBoundingClientRect();"
            "return r.height > 0 && r.top >= 0 && r.top < innerHeight && n.classList.contains('target')",
            name,
        )

    def test_every_pair_can_be_linked(self):
        for pair in self.analysis["pairs"]:
            self.open(f"#pair-{pair['id']}")
            self.assertTrue(self.in_view(f"pair-{pair['id']}"), pair["id"])

    def test_statements_issues_and_documents_can_be_linked(self):
        statement = self.analysis["statements"][-3]["id"]
        for name in [f"statement-{statement}", "issue-sarn-lys", "document-harbour-herald/cable.html"]:
            self.open("#" + name.replace("/", "%2F"))
            self.assertTrue(self.in_view(name), name)

    def test_links_lead_out_safely(self):
        links = self.js("return [...document.querySelectorAll('a[href]:not([href^=\"#\"])')].map(a => [a.href, a.rel, a.target])")
        self.assertGreater(len(links), 10)
        for href, rel, target in links:
            self.assertRegex(href, r"^https?://")
            self.assertEqual((rel, target), ("noopener noreferrer", "_blank"))

    def test_links_within_lead_somewhere(self):
        for name in self.js("return [...document.querySelectorAll('.glance a[href^=\"#\"], .bar a')].map(a => decodeURIComponent(a.hash.slice(1)))"):
            self.assertTrue(self.js("return !!document.getElementById(arguments[0])", name), name)


class Keyboard(Page):
    def focused(self):
        return self.js("return document.activeElement.id")

    def test_moves_from_pair_to_pair(self):
        first, second = self.shown_pairs()[:2]
        self.keys("j")
        self.assertEqual(self.focused(), f"pair-{first}")
        self.keys("j")
        self.assertEqual(self.focused(), f"pair-{second}")
        self.keys("k")
        self.assertEqual(self.focused(), f"pair-{first}")

    def test_search_and_escape(self):
        self.keys("/")
        self.assertEqual(self.focused(), "q")
        self.keys("jolly")
        self.assertEqual(self.find("#q").get_property("value"), "jolly")
        self.keys(Keys.ESCAPE)
        self.assertEqual(self.find("#q").get_property("value"), "")
        self.keys(Keys.ESCAPE)
        self.assertNotEqual(self.focused(), "q")

    def test_single_letter_keys_can_be_switched_off(self):
        self.keys("?")
        self.assertTrue(self.js("return document.getElementById('help').open"))
        self.find("#keys").click()
        self.keys(Keys.ESCAPE)
        self.keys("/")
        self.assertNotEqual(self.focused(), "q")
        self.js("document.getElementById('keys').click()")

    def test_focus_is_seen(self):
        self.keys(Keys.TAB, Keys.TAB)
        outline = self.js("return getComputedStyle(document.activeElement).outlineWidth")
        self.assertEqual(outline, "3px")


class Looks(Page):
    def ground(self):
        return self.js("return getComputedStyle(document.body).backgroundColor")

    def test_dark_follows_the_system_and_the_button(self):
        self.assertEqual(self.ground(), "rgb(252, 251, 248)")
        self.browser.scheme("dark")
        self.assertEqual(self.ground(), "rgb(20, 22, 25)")
        fills = self.js("return getComputedStyle(document.querySelector('.timeline .t-up')).fill")
        self.browser.scheme("light")
        self.assertNotEqual(self.js("return getComputedStyle(document.querySelector('.timeline .t-up')).fill"), fills)
        button = self.find("#theme")
        button.click()
        button.click()
        self.assertEqual(self.ground(), "rgb(20, 22, 25)")
        button.click()
        self.assertEqual(self.ground(), "rgb(252, 251, 248)")

    def test_fits_a_phone(self):
        self.browser.size(*PHONE)
        self.open()
        self.js("document.querySelector('.doc').open = true; document.getElementById('filter-toggle').click()")
        self.assertLessEqual(self.js("return document.documentElement.scrollWidth"), PHONE[0])
        tops = self.js("return [...document.querySelector('.pair').children].map(n => n.getBoundingClientRect().top)")
        self.assertEqual(tops, sorted(tops))
        self.assertGreater(tops[2], tops[0] + 50)

    def test_accessible(self):
        for scheme in ["light", "dark"]:
            for size in [DESK, PHONE]:
                with self.subTest(scheme=scheme, size=size):
                    self.browser.scheme(scheme)
                    self.browser.size(*size)
                    self.open()
                    self.js(
                        "document.querySelectorAll('details').forEach(d => d.open = true);"
                        "document.getElementById('filter-toggle').click()"
                    )
                    self.browser.until("return document.querySelector('.doc .flag')")
                    self.js("document.querySelector('.doc .flag').click(); document.querySelector('#f-sides button').click()")
                    self.assertEqual(self.axe(), [])


class Hostile(Page):
    """An analysis in which every text tries to break out."""

    kind = "hostile"

    def test_nothing_runs_and_nothing_is_asked_for(self):
        self.js("document.querySelectorAll('details').forEach(d => d.open = true)")
        self.js("document.querySelectorAll('.more').forEach(b => b.click())")
        self.browser.until("return document.querySelectorAll('.doc .st').length > 20")
        self.js("document.querySelectorAll('.flag').forEach(b => b.click())")
        self.js("for (const n of document.querySelectorAll('*')) n.dispatchEvent(new MouseEvent('mouseover'))")
        self.settle()
        self.assertIsNone(self.js("return window.pwned === undefined ? null : window.pwned"))
        self.assert_quiet()
        self.assertEqual(self.js("return document.scripts.length"), 2)
        self.assertEqual(self.js("return document.querySelectorAll('iframe, object, embed, base, body style, main svg script, body link, body meta, main img').length"), 0)
        self.assertEqual(
            self.js("return [...document.querySelectorAll('*')].filter(n => [...n.attributes].some(a => /^on/i.test(a.name))).length"), 0
        )
        for href in self.js("return [...document.querySelectorAll('a')].map(a => a.href)"):
            self.assertRegex(href, r"^(file|https?)://")
            self.assertNotIn("evil.example", href)
        self.assertEqual(self.js("return getComputedStyle(document.body).display"), "block")

    def test_texts_are_shown_as_they_are(self):
        text = self.js("return document.querySelector('main').textContent")
        for part in ["<script>window.pwned=1;alert(1)</script>", "{ { 7*7 } }", "<iframe src=", "=HYPERLINK(", "[U+202E]desrever"]:
            self.assertIn(part.replace("{ { 7*7 } }", "7*7"), text)
        self.assertNotRegex(text, BIDI)
        self.assertNotIn("\x1b", text)
        title = self.js("return document.title")
        self.assertNotRegex(title, BIDI)
        self.assertIn("Nor<b>land</b>", title)

    def test_names_of_any_kind_can_be_linked(self):
        statement = self.analysis["statements"][0]["id"]
        self.js("location.hash = 'statement-' + encodeURIComponent(arguments[0])", statement)
        self.assertTrue(self.browser.until("return document.getElementById('statement-' + arguments[0])", statement))
        self.assert_quiet()

    def test_nothing_runs_without_scripts_either(self):
        self.browser.scripts(False)
        try:
            self.open()
            self.assert_quiet()
        finally:
            self.browser.scripts(True)

    def test_accessible(self):
        self.assertEqual([f for f in self.axe() if f[0] != "duplicate-id"], [])


class Large(Page):
    """20,000 distinct statements: the first view in 2 s, the page under 30 MB."""

    kind = "large"

    def test_size(self):
        size = self.file.stat().st_size
        distinct = {s["text"] for s in self.analysis["statements"]}
        print(f"\n20,000 statements: {size / 1e6:.1f} MB", flush=True)
        self.assertEqual(len(distinct), 20_000)
        self.assertLess(size, 30e6)

    def test_first_view(self):
        times = []
        for _ in range(3):
            self.open()
            times.append(
                self.browser.until(
                    "const p = performance.getEntriesByName('first-contentful-paint')[0];"
                    "const n = performance.getEntriesByType('navigation')[0];"
                    "return p && n.loadEventEnd && [p.startTime, n.domContentLoadedEventEnd, n.loadEventEnd]"
                )
            )
        best = min(times, key=max)
        print("\n20,000 statements: first paint {:.0f} ms, ready {:.0f} ms, loaded {:.0f} ms".format(*best), flush=True)
        self.assertLess(max(best), 2000)

    def test_stays_usable(self):
        took = self.js(
            "const q = document.getElementById('q'); q.value = 'watch 19999,'; const t = performance.now();"
            "q.dispatchEvent(new Event('input', {bubbles: true}));"
            "return new Promise(done => { const ask = () => document.getElementById('status').textContent"
            " ? done(performance.now() - t) : setTimeout(ask, 10); ask(); })"
        )
        print(f"\n20,000 statements: search {took:.0f} ms", flush=True)
        self.assertLess(took, 2000)
        self.assertIn("1 of 20,000 statements", self.find("#status").text)
        self.find("#q").send_keys(Keys.ESCAPE)
        last = self.analysis["statements"][-1]["id"]
        took = self.js(
            "const t = performance.now(); location.hash = 'statement-' + encodeURIComponent(arguments[0]);"
            "return new Promise(done => { const ask = () => document.getElementById('statement-' + arguments[0])"
            " ? done(performance.now() - t) : setTimeout(ask, 10); ask(); })",
            last,
        )
        print(f"\n20,000 statements: link to the last one {took:.0f} ms", flush=True)
        self.assertLess(took, 2000)
        self.assertLess(self.js("return document.querySelectorAll('*').length"), 60_000)
        pair = self.analysis["pairs"][-1]["id"]
        self.js("location.hash = 'pair-' + arguments[0]", pair)
        self.assertTrue(self.browser.until("return document.getElementById('pair-' + arguments[0])", pair))
        self.assert_quiet()


if __name__ == "__main__":
    unittest.main(verbosity=2)
