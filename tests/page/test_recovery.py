"""Cameras and connections that are lost and recovered."""

from tests.support.browser import LIVE_PROBLEM, serve, start_watching, until
from tests.support.page_constants import LIVE_RESULT
from tests.support.server_process import free_port

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
    assert "The camera is no longer connected" in page.locator(LIVE_PROBLEM).inner_text()
    until(page, "window.tries.length >= 6")  # each time the same camera, then any
    first, second, third = page.evaluate("[0, 2, 4].map((index) => window.tries[index])")
    assert third - second > 1.5 * (second - first) - 300, "the pauses grow"
    assert page.locator("#finish").is_visible()
    page.evaluate("window.plugged = true")
    page.wait_for_selector(LIVE_RESULT)
    assert page.evaluate(f"{VIDEO_TRACK}.readyState") == "live"


def test_finish_ends_the_retries(live):
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
    page.click("#finish")
    tries = page.evaluate("window.tries")
    page.wait_for_timeout(1500)
    assert page.evaluate("window.tries") == tries
    assert page.locator("#summary").is_visible()


def test_lost_connection_is_reported_and_reopened(open_page, photo):
    port = free_port()
    process, address = serve(port)
    try:
        page = open_page(address)
        sockets = []
        page.on("websocket", lambda socket: sockets.append(socket.url))
        start_watching(page)
        process.kill()
        process.wait(20)
        page.wait_for_selector(LIVE_PROBLEM)
        assert "No connection to wince" in page.locator(LIVE_PROBLEM).inner_text()
        assert "tried again by itself" in page.locator(LIVE_PROBLEM).inner_text()
        until(page, "document.getElementById('status-strip').innerText.includes('NOT WATCHING')")
        process, _ = serve(port)
        page.set_default_timeout(60_000)
        page.wait_for_selector(LIVE_RESULT)
        assert len(sockets) >= 2
        assert page.locator("#trend").is_visible()
        process.terminate()  # a server that ends is reported as one that was killed
        process.wait(20)
        page.wait_for_selector(LIVE_PROBLEM)
        page.click("#tab-upload")
        page.set_input_files("#file", photo)
        page.wait_for_selector('#upload-result .result[data-kind="problem"]')
        assert "does not answer" in page.locator("#upload-result").inner_text()
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
