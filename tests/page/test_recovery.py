"""Cameras and connections that are lost and recovered."""

from tests.support.browser import LIVE_PROBLEM, LIVE_RESULT, serve, until
from tests.support.server_process import free_port


def test_lost_server_is_reported(open_page, photo):
    process, address = serve(free_port())
    try:
        page = open_page(address)
        page.click("#tab-live")
        page.click("#start")
        page.wait_for_selector("#live-result .assessed:not([hidden])")
    finally:
        process.terminate()
        process.wait(20)
    page.wait_for_selector("#live-result .problem:not([hidden])")
    assert "The connection is lost" in page.locator("#live-result .problem").inner_text()
    assert "connection" in page.locator("#live-result .problem").inner_text()
    page.click("#tab-upload")
    page.set_input_files("#file", photo)
    page.wait_for_selector("#upload-result .problem:not([hidden])")
    assert "does not answer" in page.locator("#upload-result .problem").inner_text()


VIDEO_TRACK = "document.getElementById('video').srcObject.getVideoTracks()[0]"


def test_lost_camera_is_reported_and_reopened(live):
    page, _ = live("mild")
    page.evaluate(
        """() => {
          const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
          window.tries = [];
          window.plugged = false;
          navigator.mediaDevices.getUserMedia = (wanted) => {
            window.tries.push(performance.now());
            return window.plugged ? open(wanted)
              : Promise.reject(new DOMException("no", "NotFoundError"));
          };
          document.getElementById("video").srcObject.getVideoTracks()[0].stop();
        }"""
    )
    page.evaluate(f"{VIDEO_TRACK}.dispatchEvent(new Event('ended'))")
    page.wait_for_selector(LIVE_PROBLEM)
    message = page.locator("#live-result .problem").inner_text()
    assert "The camera is lost" in message
    assert "tries again by itself" in message
    until(page, "window.tries.length >= 6")  # each time the same camera, then any
    first, second, third = page.evaluate("[0, 2, 4].map((index) => window.tries[index])")
    assert third - second > 1.5 * (second - first) - 300, "the pauses grow"
    assert page.locator("#stop").is_visible()
    page.evaluate("window.plugged = true")
    page.wait_for_selector(LIVE_RESULT)
    assert page.evaluate(f"{VIDEO_TRACK}.readyState") == "live"


def test_stop_ends_the_retries(live):
    page, _ = live("mild")
    page.evaluate(
        """() => {
          window.tries = 0;
          navigator.mediaDevices.getUserMedia = () => {
            window.tries += 1;
            return Promise.reject(new DOMException("no", "NotFoundError"));
          };
        }"""
    )
    page.evaluate(f"{VIDEO_TRACK}.dispatchEvent(new Event('ended'))")
    until(page, "window.tries >= 2")
    page.click("#stop")
    tries = page.evaluate("window.tries")
    page.wait_for_timeout(1500)
    assert page.evaluate("window.tries") == tries
    assert page.locator("#start").is_visible()


def test_lost_connection_is_reported_and_reopened(open_page):
    port = free_port()
    process, address = serve(port)
    try:
        page = open_page(address)
        sockets = []
        page.on("websocket", lambda socket: sockets.append(socket.url))
        page.click("#tab-live")
        page.click("#start")
        page.wait_for_selector(LIVE_RESULT)
        process.kill()
        process.wait(20)
        page.wait_for_selector(LIVE_PROBLEM)
        message = page.locator("#live-result .problem").inner_text()
        assert "The connection is lost" in message
        assert "tries again by itself" in message
        process, _ = serve(port)
        page.set_default_timeout(60_000)
        page.wait_for_selector(LIVE_RESULT)
        assert len(sockets) >= 2
        assert page.locator("#session-panel").is_visible()
    finally:
        process.kill()
        process.wait(20)


def test_pauses_between_retries_double_up_to_fifteen_seconds(open_page):
    page = open_page()
    pauses = page.evaluate(
        """async () => {
          const {createRetry} = await import("/static/retry.js");
          const pauses = [];
          const real = window.setTimeout;
          window.setTimeout = (call, pause) => { pauses.push(pause); return 0; };
          const retry = createRetry();
          for (let n = 0; n < 7; n += 1) retry.schedule(() => {});
          retry.reset();
          retry.schedule(() => {});
          window.setTimeout = real;
          return pauses;
        }"""
    )
    assert pauses == [500, 1000, 2000, 4000, 8000, 15000, 15000, 500]
