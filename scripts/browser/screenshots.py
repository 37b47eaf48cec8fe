"""Screenshots of a report: `screenshots.py REPORT.html FOLDER`. CHROMIUM names the browser.

Gives light.png and dark.png (1280 wide), phone.png, phone-dark.png, document.png and filters.png.
"""

import pathlib
import sys

from browser import PHONE, Browser


def main():
    file, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    browser = Browser()
    try:
        for scheme in ["light", "dark"]:
            browser.scheme(scheme)
            browser.page(file)
            browser.screenshot(folder / f"{scheme}.png", 1280, 1080)
            browser.page(file)
            browser.screenshot(folder / f"phone{'' if scheme == 'light' else '-dark'}.png", PHONE[0], 1900)
        browser.scheme("light")
        browser.size(1280, 1080)
        browser.page(file)
        browser.js(
            "const d = document.querySelector('.doc'); d.open = true;"
            "setTimeout(() => { document.querySelector('.doc .flag').click(); location.hash = 'documents'; }, 100)"
        )
        browser.until("return document.querySelector('.doc .card:not([hidden])')")
        browser.screenshot(folder / "document.png", 1280, 1300)
        browser.page(file)
        browser.js("document.getElementById('filter-toggle').click(); document.querySelector('#f-sides button').click()")
        browser.screenshot(folder / "filters.png", 1280, 900)
        browser.page(file, "#unanswered")
        browser.screenshot(folder / "unanswered.png", 1280, 1300)
    finally:
        browser.close()


if __name__ == "__main__":
    main()
