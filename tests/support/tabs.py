"""Tabs of Chromium in which tests open the page one after the other.

Opening the page takes half the computing time there that it takes in a new tab.
"""

WITHOUT_EMULATION = {
    "media": "null",
    "color_scheme": "light",
    "reduced_motion": "no-preference",
    "forced_colors": "none",
}


class Tab:
    """A tab that can be cleared: then nothing is left of a test.

    Args:
        context: The browser context.
        empty: An address of the server without scripts, where the tab waits.
    """

    def __init__(self, context, empty):
        self.page = context.new_page()
        self._empty = empty
        self._devtools = context.new_cdp_session(self.page)
        self._devtools.send("Page.enable")
        self._script, self._listeners = None, []
        self._add_listener, self.page.on = self.page.on, self._listen
        self.page.route_web_socket = self.page.add_init_script = _refuse

    def prepare(self, script):
        """Set the script that runs before those of the page."""
        source = {"source": script}
        added = self._devtools.send("Page.addScriptToEvaluateOnNewDocument", source)
        self._script = {"identifier": added["identifier"]}

    def clear(self):
        """Leave the page, and remove what a test has added."""
        for event, handler in self._listeners:
            self.page.remove_listener(event, handler)
        self._listeners.clear()
        self.page.unroute_all()
        if self._script:
            self._devtools.send("Page.removeScriptToEvaluateOnNewDocument", self._script)
            self._script = None
        self.page.emulate_media(**WITHOUT_EMULATION)
        self.page.mouse.move(0, 0)
        self.page.goto(self._empty)

    def _listen(self, event, handler):
        self._listeners.append((event, handler))
        self._add_listener(event, handler)


def _refuse(*given, **options):
    raise AssertionError("it would stay in the tab; give it to open_page instead")


class RoutedTab:
    """A tab for one test, whose live socket the test answers. Playwright cannot take that back."""

    def __init__(self, context, answer_socket):
        self.page = context.new_page()
        self.page.route_web_socket("**/v1/live*", answer_socket)

    def prepare(self, script):
        """Set the script that runs before those of the page."""
        self.page.add_init_script(script)


class Tabs:
    """The tabs that are free, and new ones if there are too few."""

    def __init__(self, context, empty):
        self._context, self._empty = context, empty
        self._free = []

    def take(self, answer_socket=None):
        """Return a free tab, or one whose live socket a test answers."""
        if answer_socket:
            return RoutedTab(self._context, answer_socket)
        return self._free.pop() if self._free else Tab(self._context, self._empty)

    def give_back(self, tab):
        """Clear a tab for the next test, or close it."""
        if isinstance(tab, RoutedTab):
            tab.page.close()
        else:
            tab.clear()
            self._free.append(tab)
