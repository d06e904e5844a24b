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
        is_routed: Whether a test answers the live socket. Playwright cannot take back the route of
            a socket, so these tests have tabs of their own.
    """

    def __init__(self, context, empty, *, is_routed):
        self.page = context.new_page()
        self.is_routed = is_routed
        self._empty = empty
        self._devtools = context.new_cdp_session(self.page)
        self._devtools.send("Page.enable")
        self._script, self._listeners = None, []
        self._add_listener, self.page.on = self.page.on, self._listen
        self._answer_socket = None
        if is_routed:
            self.page.route_web_socket("**/v1/live*", lambda route: self._answer_socket(route))
        self.page.route_web_socket = self.page.add_init_script = _refuse

    def prepare(self, script, answer_socket):
        """Set the script that runs before those of the page, and what answers the live socket."""
        self._answer_socket = answer_socket
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


class Tabs:
    """The tabs that are free, and new ones if there are too few."""

    def __init__(self, context, empty):
        self._context, self._empty = context, empty
        self._free = {False: [], True: []}

    def take(self, *, is_routed):
        """Return a free tab, one with a route of the live socket or one without."""
        free = self._free[is_routed]
        return free.pop() if free else Tab(self._context, self._empty, is_routed=is_routed)

    def give_back(self, tab):
        """Clear a tab for the next test."""
        tab.clear()
        self._free[tab.is_routed].append(tab)
