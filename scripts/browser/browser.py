"""A headless Chromium for the tests: how it is started, what it is asked, what it did on its own."""

import contextlib
import json
import os
import pathlib
import shutil
import tempfile
import time

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--force-device-scale-factor=1",
]
DESK = (1280, 900)
PHONE = (390, 844)


def driver_path():
    """Chromium's driver: CHROMEDRIVER, else on the path, else beside the browser."""
    beside = pathlib.Path(os.environ["CHROMIUM"]).with_name("chromedriver")
    found = os.environ.get("CHROMEDRIVER") or shutil.which("chromedriver") or (beside.exists() and str(beside))
    if not found:
        raise SystemExit("chromedriver is missing: install it, on Debian: apt-get install chromium-driver")
    return found


class Browser:
    """One browser with a fresh profile. `page` opens a file and notes all that the page asks for."""

    def __init__(self):
        self.profile = tempfile.mkdtemp(prefix="standoff-browser-")
        options = Options()
        options.binary_location = os.environ["CHROMIUM"]
        for flag in [*FLAGS, f"--user-data-dir={self.profile}"]:
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        self.driver = webdriver.Chrome(options=options, service=Service(driver_path()))
        self.driver.set_page_load_timeout(120)
        self.cdp("Network.enable")
        self.size(*DESK)

    def close(self):
        self.driver.quit()
        shutil.rmtree(self.profile, ignore_errors=True)

    def cdp(self, command, **arguments):
        return self.driver.execute_cdp_cmd(command, arguments)

    def js(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def size(self, width, height):
        mobile = width < 600
        self.cdp("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=mobile)

    def scheme(self, value):
        """`light` or `dark`, as the system would ask for it; `print` lays out for paper."""
        media = "print" if value == "print" else ""
        features = [] if value == "print" else [{"name": "prefers-color-scheme", "value": value}]
        self.cdp("Emulation.setEmulatedMedia", media=media, features=features)

    def scripts(self, on):
        self.cdp("Emulation.setScriptExecutionDisabled", value=not on)

    def page(self, file, fragment=""):
        """Opens the file afresh, also if only the fragment differs, and forgets what was logged before."""
        self.driver.get("about:blank")
        self.logs()
        self.driver.get(pathlib.Path(file).resolve().as_uri() + fragment)

    def logs(self):
        """Console messages, and addresses asked for, since the last call."""
        console = [entry["message"] for entry in self.driver.get_log("browser")]
        asked = []
        for entry in self.driver.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                asked.append(message["params"]["request"]["url"])
        return console, asked

    def until(self, script, *arguments, seconds=10):
        """Waits until the script gives something true, and returns it."""
        end = time.monotonic() + seconds
        while True:
            value = self.js(script, *arguments)
            if value or time.monotonic() > end:
                return value
            time.sleep(0.05)

    def screenshot(self, file, width, height):
        self.size(width, height)
        with contextlib.suppress(FileExistsError):
            pathlib.Path(file).parent.mkdir(parents=True)
        self.driver.get_screenshot_as_file(str(file))
