"""The page in a real browser, beside a server that answers as the controller does (fixture.py)."""

import json
import os
import re
import unittest

from .devtools import Browser, eventually, program
from .fixture import FILES, POLICY, TOKEN, Fixture

# Notes in the page itself when a message of the stream came, when the new primary was shown and said, and what the policy forbids.
WITNESS = """
window.seen = {violations: [], first: null, came: null, card: null, said: null, marked: null};
const listen = EventSource.prototype.addEventListener;
EventSource.prototype.addEventListener = function (name, act) {
  listen.call(this, name, (message) => {
    const nodes = name === 'state' ? JSON.parse(message.data).nodes : [];
    if (nodes.some((node) => node.name === 'pg-node-2' && node.role === 'primary')) seen.came ??= Date.now();
    act(message);
  });
};
addEventListener('securitypolicyviolation', (event) => seen.violations.push(event.violatedDirective + ' ' + event.blockedURI));
const watch = () => {
  const card = document.querySelector('#nodes > .primary')?.textContent ?? '';
  seen.first ??= card || null;
  seen.marked ??= document.querySelector('#nodes > .primary.new')?.textContent ?? null;
  if (card.includes('pg-node-2')) seen.card ??= Date.now();
  const said = document.querySelector('#polite')?.textContent ?? '';
  if (said.includes('pg-node-2 is the primary now, in place of pg-node-1')) seen.said ??= Date.now();
};
new MutationObserver(watch).observe(document, {subtree: true, childList: true, characterData: true, attributes: true});
"""
HOSTILE = ["<img src=x onerror=\"document.title='executed'\">", "\"><script>document.title='executed'</script>"]
CONTROLS = "#actions button"
# Other tests start containers on this machine, which changes its network, and Chromium drops requests that are under way.
NETWORK = "ERR_NETWORK_CHANGED"


@unittest.skipUnless(program(), "Chromium is not installed: apt-get install -y --no-install-recommends chromium")
class PageCase(unittest.TestCase):
    """One browser for all tests, a server and a fresh page for each."""

    @classmethod
    def setUpClass(cls):
        cls.browser = Browser()
        cls.addClassCleanup(cls.browser.close)
        cls.browser.call("Page.addScriptToEvaluateOnNewDocument", source=WITNESS)

    def open(self, size=(1280, 900), **options):
        """A fresh server and its page; once more where the browser lost the page itself (`NETWORK`)."""
        self.browser.media(prefers_color_scheme="light")
        self.browser.size(*size, mobile=size[0] < 500)
        for _ in range(3):
            self.fixture = Fixture(**options)
            self.addCleanup(self.fixture.close)
            self.browser.call("Page.navigate", url="about:blank")
            self.browser.complaints.clear()
            self.browser.call("Page.navigate", url=self.fixture.url)
            eventually("the page with its graphs", lambda: self.shows_graphs() or self.lost_a_file())
            if self.shows_graphs():
                return

    def shows_graphs(self):
        return self.browser.run("document.querySelectorAll('#lag svg path').length > 0")

    def lost_a_file(self):
        return any(NETWORK in text for text in self.browser.complaints) or "error" in self.browser.run("location.protocol")

    def see(self, selector, text):
        eventually(f"{text!r} in {selector}", lambda: text in (self.browser.text(selector) or ""))

    def quiet(self, *allowed):
        """Nothing was forbidden by the policy, nothing was executed, and the console is empty."""
        self.assertEqual(self.browser.run("seen.violations"), [])
        self.assertNotIn("executed", self.browser.run("document.title"))
        allowed += (NETWORK,)
        self.assertEqual([text for text in self.browser.complaints if not any(word in text for word in allowed)], [])

    def sign_in(self):
        self.browser.click("#signin > summary")
        self.browser.click("#token")
        self.browser.type(TOKEN)
        self.browser.press("Enter")
        eventually("the buttons", lambda: self.browser.run(f"document.querySelectorAll('{CONTROLS}').length") == 5)

    def button(self, text):
        """Marks the button of this text, so that it can be clicked."""
        self.browser.run(f"[...document.querySelectorAll('{CONTROLS}')].find((one) => one.textContent === '{text}').id = 'wanted'")
        return "#wanted"

    def focused(self):
        return self.browser.run("document.activeElement.id || document.activeElement.textContent")

    def tab_to(self, wanted):
        """By the keyboard alone, from where the focus is."""
        for _ in range(60):
            if self.focused() == wanted:
                return
            self.browser.press("Tab")
        self.fail(f"the keyboard does not reach {wanted!r}; the focus is on {self.focused()!r}")


class Reading(PageCase):
    def test_a_failover_is_seen_and_said_within_a_second(self):
        self.open(plays=True)
        seen = eventually("the new primary", lambda: (now := self.browser.run("seen"))["card"] and now["said"] and now)
        self.assertIn("pg-node-1", seen["first"])
        for what in ("card", "said"):
            self.assertLess(seen[what] - seen["came"], 1000, what)
        self.assertEqual(self.browser.run("document.querySelectorAll('#nodes > .primary').length"), 1)
        self.assertIn("pg-node-2", self.browser.run("seen.marked"))
        self.assertTrue(self.browser.run("document.querySelector('#nodes > :first-child').matches('.primary')"))
        self.see("#events > li:first-child", "failover from pg-node-1 to pg-node-2 is over")
        self.see("#changes > li:first-child", "Failover: 0.81 s")
        self.see("#poolers > li:first-child", "pg-node-2")
        self.quiet()

    def test_what_is_shown(self):
        self.open()
        for selector, text in (
                ("#headline", "Not ready"), ("#why", "Waiting for pgbouncer-2-ro"), ("#connection", "Connected"),
                ("#members", "leader"), ("#bad > li:first-child", "Repository verified: no"), ("#bad > li:last-child", "Ready: no"),
                ("#hints", "Images current: no"), ("#good-summary", "7 good conditions"), ("#waiting", "pgbouncer-2-ro"),
                ("#pending", "one interruption at a time"), ("#plan", "Price: restarts a replica"), ("#window", "can be restored"),
                ("#disk", "42 GiB of 100 GiB free"),
                ("#lag-legend", "pg-node-2: "), ("#writes-summary", "not writable for about 2 min"), ("#count", "8 events")):
            self.see(selector, text)
        self.assertEqual(self.browser.run("document.querySelectorAll('#lines .head.write').length"), 2)
        self.assertEqual(self.browser.run("document.querySelectorAll('#lines .head.wal').length"), 2)
        self.assertEqual(self.browser.run("[...document.querySelectorAll('svg:not([role=img], [aria-hidden])')].length"), 0)
        levels = self.browser.run("[...document.querySelectorAll('h1, h2, h3, h4')].filter((one) => one.checkVisibility())"
                                  ".map((one) => Number(one.tagName[1]))")
        self.assertTrue(all(after <= before + 1 for before, after in zip(levels, levels[1:])), levels)
        self.assertIn(" UTC", self.browser.run("document.querySelector('#look time').title"))
        self.quiet()

    def test_hostile_texts_are_texts(self):
        self.open()
        self.see("#events", HOSTILE[0])
        self.see("#events", HOSTILE[1])
        self.see("#bad", HOSTILE[0])
        self.see("#endpoints", "javascript:")
        self.fixture.send("event", {"time": "<b>", "cluster": "x", "kind": HOSTILE[0], "object": HOSTILE[1], "what": HOSTILE[0],
                                    "reason": HOSTILE[1], "message": ""})
        self.see("#count", "9 events")
        self.assertEqual(self.browser.run("document.querySelectorAll('img, script:not([src=\"page.js\"]), b, iframe, a:not(.skip)').length"), 0)
        self.quiet()

    def test_this_test_would_notice(self):
        """A policy that is broken and an error in the console are complaints: the tests above can fail."""
        self.open()
        self.browser.run("document.body.insertAdjacentHTML('beforeend', '<img src=\"data:,x\" onerror=\"1\"><p style=\"color: red\">')")
        eventually("the violations", lambda: len(self.browser.run("seen.violations")) >= 2)
        self.browser.run("void setTimeout(() => { throw new Error('deliberate') })")
        eventually("the exception", lambda: self.browser.run("1") and any("deliberate" in text for text in self.browser.complaints))

    def test_the_loss_of_the_primary_is_urgent(self):
        self.open()
        self.assertEqual(self.browser.text("#urgent"), "")
        self.fixture.lose_primary()
        self.see("#urgent", "There is no primary: no node leads.")
        self.see("#bad > li:first-child", "Primary available: no")
        self.assertEqual(self.browser.run("document.querySelector('#urgent').getAttribute('role')"), "alert")
        self.assertEqual(self.browser.run("document.querySelectorAll('#nodes > .primary').length"), 0)

    def test_a_lost_connection_is_shown_and_mended(self):
        self.open()
        self.see("#connection", "Connected")
        self.fixture.is_deaf = True
        self.fixture.drop()
        self.see("#connection", "The connection is lost since")
        self.see("#connection", "may be old")
        self.see("#polite", "The connection to the controller is lost")
        self.fixture.state["events"].append({**self.fixture.state["events"][-1], "what": "missed meanwhile"})
        self.fixture.is_deaf = False
        self.see("#connection", "Connected")
        self.see("#events", "missed meanwhile")
        self.quiet("503", "ERR_", "MIME")

    def test_a_module_that_did_not_arrive_is_loaded_again(self):
        self.open(lost=["chart.js"])
        self.see("#connection", "Connected")
        self.assertEqual(len([one for one in self.fixture.requests if one["path"] == "/chart.js"]), 2)

    def test_without_a_stream_the_state_is_asked_for(self):
        self.open(is_full=True)
        self.see("#nodes > .primary", "pg-node-1")
        self.see("#connection", "The connection is lost since")
        self.fixture.fail_over()
        self.see("#nodes > .primary", "pg-node-2")
        self.fixture.is_full = False
        self.see("#connection", "Connected")

    def test_events_are_filtered_and_kept_in_bounds(self):
        self.open()
        self.browser.run("document.querySelector('#kind').value = 'Refusal'")
        self.browser.run("document.querySelector('#kind').dispatchEvent(new Event('input', {bubbles: true}))")
        self.see("#count", "1 of 8 events")
        self.browser.click("#words")
        self.browser.type("NOTHING LIKE THIS")
        self.see("#count", "0 of 8 events")
        for number in range(205):
            self.fixture.send("event", {**self.fixture.state["events"][0], "time": "2030-01-01T00:00:00.000Z", "what": f"number {number}"})
        self.see("#count", "0 of 200 events")

    def test_details_stay_open_and_the_focus_stays_when_something_else_changes(self):
        self.open()
        self.browser.run("document.querySelector('#bad details').open = true; document.querySelector('#endpoints button').focus()")
        self.fixture.fail_over()
        self.see("#nodes > .primary", "pg-node-2")
        self.assertTrue(self.browser.run("document.querySelector('#bad details').open"))
        self.assertEqual(self.focused(), "Copy")

    def test_without_a_clipboard_the_url_is_selected(self):
        self.open()
        self.browser.run("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
        self.browser.click("#endpoints > li:first-child button")
        self.see("#copied", "is selected")
        self.assertEqual(self.browser.run("getSelection().toString()"), "postgresql://pgadmin@127.0.0.1:6432/postgres")

    def test_a_phone_does_not_scroll_sideways(self):
        self.open(size=(360, 740))
        self.browser.run("document.querySelectorAll('details:not([hidden])').forEach((one) => { one.open = true })")
        self.assertLessEqual(self.browser.run("document.documentElement.scrollWidth"), 360)
        self.sign_in_on_a_phone()
        self.assertLessEqual(self.browser.run("document.documentElement.scrollWidth"), 360)
        self.assertLessEqual(self.browser.run("document.querySelector('#dialog').getBoundingClientRect().right"), 360)

    def sign_in_on_a_phone(self):
        self.browser.click("#token")
        self.browser.type(TOKEN)
        self.browser.press("Enter")
        eventually("the buttons", lambda: self.browser.run(f"document.querySelectorAll('{CONTROLS}').length"))
        self.browser.click(self.button("Switch over…"))
        self.see("#dialog-price", "Price: ")

    @unittest.skipUnless(os.environ.get("PAGE_SCREENSHOTS"), "pictures only with PAGE_SCREENSHOTS=1")
    def test_pictures(self):
        for name, size, scheme in (("light", (1280, 900), "light"), ("dark", (1280, 900), "dark"), ("phone", (360, 740), "light")):
            self.open(size=size)
            self.browser.media(prefers_color_scheme=scheme)
            self.browser.screenshot(f"/tmp/page-{name}.png")
            self.sign_in()
            self.browser.click(self.button("Switch over…"))
            self.see("#dialog-price", "Price: ")
            self.browser.screenshot(f"/tmp/page-{name}-dialog.png", whole=False)


class Acting(PageCase):
    def test_without_a_token_there_is_no_control(self):
        self.open()
        self.see("#signin", "Sign in to act")
        self.assertEqual(self.browser.run(f"document.querySelectorAll('{CONTROLS}').length"), 0)
        self.assertFalse(self.browser.run("document.querySelector('#dialog').open"))

    def test_where_nothing_is_allowed_there_is_nothing_to_sign_in_for(self):
        self.open(verbs=())
        self.assertFalse(self.browser.run("document.querySelector('#signin').checkVisibility()"))

    def test_a_wrong_token_opens_nothing(self):
        self.open()
        self.browser.click("#signin > summary")
        self.browser.click("#token")
        self.browser.type("wrong")
        self.browser.press("Enter")
        self.see("#answer", "the token is wrong")
        self.assertEqual(self.browser.run(f"document.querySelectorAll('{CONTROLS}').length"), 0)

    def test_a_switchover_shows_its_price_and_is_sent_once_with_the_right_word(self):
        self.open()
        self.sign_in()
        self.browser.click(self.button("Switch over…"))
        self.see("#dialog-price", "writes pause for about 0.63 s")
        self.see("#dialog-word", "pg-ha-cluster")
        self.browser.run("document.querySelector('#dialog-to').value = 'pg-node-3'")
        self.browser.run("document.querySelector('#dialog-to').dispatchEvent(new Event('change'))")
        eventually("the price for that node", lambda: any("to=pg-node-3" in one["path"] for one in self.fixture.requests)
                   and self.browser.run("!document.querySelector('#dialog-confirm').disabled"))
        self.browser.click("#dialog-confirm")
        self.browser.type("pg-ha-clusteR")
        self.browser.press("Enter")
        self.see("#dialog-error", "Nothing was sent")
        self.assertEqual(self.fixture.posts(), [])
        self.browser.run("document.querySelector('#dialog-confirm').select()")
        self.browser.type("pg-ha-cluster")
        # Twice, as an impatient person does.
        self.browser.run("for (const _ of [1, 2]) document.querySelector('#dialog-form').requestSubmit()")
        self.see("#answer", "asked for: switchover")
        self.assertFalse(self.browser.run("document.querySelector('#dialog').open"))
        [post] = self.fixture.posts()
        self.assertEqual(post["path"], "/api/actions/switchover")
        self.assertEqual(post["headers"]["Authorization"], f"Bearer {TOKEN}")
        self.assertEqual(post["headers"]["Content-Type"], "application/json")
        self.assertEqual(json.loads(post["body"]), {"confirm": "pg-ha-cluster", "to": "pg-node-3"})
        self.quiet()

    def test_each_verb_sends_its_arguments(self):
        self.open()
        self.sign_in()
        for text, word, choose, expected in (
                ("Back up…", "pg-ha-cluster", "type=incr", {"type": "incr"}),
                ("Pause…", "pg-node-2", "node=pg-node-2", {"node": "pg-node-2", "reason": ""}),
                ("Resume…", "pg-ha-cluster", None, {"node": None})):
            self.browser.click(self.button(text))
            if choose:
                name, value = choose.split("=")
                self.browser.run(f"document.querySelector('#dialog-{name}').value = '{value}'")
                self.browser.run(f"document.querySelector('#dialog-{name}').dispatchEvent(new Event('change'))")
            self.see("#dialog-word", word)
            eventually("the price", lambda: self.browser.run("!document.querySelector('#dialog-confirm').disabled"))
            self.browser.click("#dialog-confirm")
            self.browser.type(word)
            self.browser.press("Enter")
            self.see("#answer", "asked for: ")
            self.assertEqual(json.loads(self.fixture.posts()[-1]["body"]), {"confirm": word, **expected})
            self.browser.run("document.querySelector('#wanted').id = ''")
        self.assertEqual(len(self.fixture.posts()), 3)

    def test_what_the_server_refuses_is_said_in_the_dialog(self):
        self.open()
        self.sign_in()
        self.fixture.refusal = "the cluster is paused <b>by a person</b>"
        self.browser.click(self.button("Switch over…"))
        self.see("#dialog-error", "the cluster is paused <b>by a person</b>")
        self.assertTrue(self.browser.run("document.querySelector('#dialog-confirm').disabled"))

    def test_the_token_is_kept_nowhere_but_in_memory(self):
        self.open()
        self.sign_in()
        kept = self.browser.run("""JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie, location.href,
            document.documentElement.outerHTML, [...document.querySelectorAll('input')].map((one) => one.value)])""")
        self.assertNotIn(TOKEN, kept)
        self.assertFalse([one["path"] for one in self.fixture.requests if TOKEN in one["path"]])
        self.browser.call("Page.reload")
        eventually("the page again", lambda: self.browser.text("#headline") == "Not ready")
        self.assertEqual(self.browser.run(f"document.querySelectorAll('{CONTROLS}').length"), 0)

    def test_the_keyboard_alone_reaches_all_of_it(self):
        self.open()
        self.browser.press("Tab")
        self.assertEqual(self.focused(), "Skip to the content")
        self.tab_to("Sign in to act")
        self.browser.press("Enter")
        self.tab_to("token")
        self.browser.type(TOKEN)
        self.browser.press("Enter")
        eventually("the first button", lambda: self.focused() == "Switch over…")
        self.browser.press("Enter")
        eventually("the price", lambda: self.browser.run("!document.querySelector('#dialog-confirm').disabled"))
        self.assertEqual(self.focused(), "dialog-to")
        self.browser.press("Escape")
        eventually("the end of the dialog", lambda: not self.browser.run("document.querySelector('#dialog').open"))
        self.assertEqual(self.focused(), "Switch over…")
        self.browser.press("Enter")
        eventually("the price", lambda: self.browser.run("!document.querySelector('#dialog-confirm').disabled"))
        self.tab_to("dialog-confirm")
        self.browser.type("pg-ha-cluster")
        self.tab_to("dialog-send")
        self.browser.press("Enter")
        self.see("#answer", "asked for: switchover")
        self.assertEqual(json.loads(self.fixture.posts()[0]["body"]), {"confirm": "pg-ha-cluster", "to": None})


class Files(unittest.TestCase):
    """What the policy asks for, without a browser."""

    def read(self, name):
        with open(os.path.join(FILES, name), encoding="utf-8") as file:
            return file.read()

    def test_nothing_is_inline_and_nothing_comes_from_outside(self):
        page = self.read("index.html")
        self.assertEqual(re.findall(r"<style|<script(?! type=\"module\" src=\"page.js\"></script>)| style=| on\w+=", page), [])
        for name in sorted(os.listdir(FILES)):
            text = self.read(name).replace("http://www.w3.org/2000/svg", "")
            self.assertEqual(re.findall(r"https?://|@import|@font-face", text), [], name)
        self.assertIn("script-src 'self'", POLICY)

    def test_no_code_makes_markup_or_keeps_something(self):
        for name in sorted(os.listdir(FILES)):
            if name.endswith(".js"):
                code = re.sub(r"//.*|/\*.*?\*/", "", self.read(name), flags=re.DOTALL)
                self.assertEqual(re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|"
                                            r"localStorage|sessionStorage|document\.cookie|\.href\b|\.src\b", code), [], name)

    def test_every_module_that_is_imported_is_there(self):
        names = os.listdir(FILES)
        for name in names:
            for other in re.findall(r"(?:from |import\()\"\./([\w.]+)\"", self.read(name)) if name.endswith(".js") else []:
                self.assertIn(other, names)


if __name__ == "__main__":
    unittest.main()
