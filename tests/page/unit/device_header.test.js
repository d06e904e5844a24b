// The header of an image file is checked before the browser decodes it.

import assert from "node:assert/strict";
import test from "node:test";

import { readHeader } from "../../../src/wince/server/static/engine/device/image_header.js";
import { readImage } from "../../../src/wince/server/static/engine/device/upright_image.js";

/** Files of 40 x 24 pixels, as Pillow writes them. */
const FILES = {
  JPEG: "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAKBueIx4ZKCMgoy0qqC+8P//8Nzc8P//////////////////////////////////////////////////////////2wBDAaq0tPDS8P//////////////////////////////////////////////////////////////////////////////wAARCAAYACgDASIAAhEBAxEB/8QAHwAAAQUBAQEBAQEAAAAAAAAAAAECAwQFBgcICQoL/8QAtRAAAgEDAwIEAwUFBAQAAAF9AQIDAAQRBRIhMUEGE1FhByJxFDKBkaEII0KxwRVS0fAkM2JyggkKFhcYGRolJicoKSo0NTY3ODk6Q0RFRkdISUpTVFVWV1hZWmNkZWZnaGlqc3R1dnd4eXqDhIWGh4iJipKTlJWWl5iZmqKjpKWmp6ipqrKztLW2t7i5usLDxMXGx8jJytLT1NXW19jZ2uHi4+Tl5ufo6erx8vP09fb3+Pn6/8QAHwEAAwEBAQEBAQEBAQAAAAAAAAECAwQFBgcICQoL/8QAtREAAgECBAQDBAcFBAQAAQJ3AAECAxEEBSExBhJBUQdhcRMiMoEIFEKRobHBCSMzUvAVYnLRChYkNOEl8RcYGRomJygpKjU2Nzg5OkNERUZHSElKU1RVVldYWVpjZGVmZ2hpanN0dXZ3eHl6goOEhYaHiImKkpOUlZaXmJmaoqOkpaanqKmqsrO0tba3uLm6wsPExcbHyMnK0tPU1dbX2Nna4uPk5ebn6Onq8vP09fb3+Pn6/9oADAMBAAIRAxEAPwB1FFFIYUUUUAFFFFABRRRQAUUUUAFFFFAH/9k=",
  progressive:
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAKBueIx4ZKCMgoy0qqC+8P//8Nzc8P//////////////////////////////////////////////////////////2wBDAaq0tPDS8P//////////////////////////////////////////////////////////////////////////////wgARCAAYACgDASIAAhEBAxEB/8QAFQABAQAAAAAAAAAAAAAAAAAAAAH/xAAVAQEBAAAAAAAAAAAAAAAAAAAAAf/aAAwDAQACEAMQAAABogAAAAD/xAAUEAEAAAAAAAAAAAAAAAAAAAAw/9oACAEBAAEFAn//xAAUEQEAAAAAAAAAAAAAAAAAAAAg/9oACAEDAQE/AV//xAAUEQEAAAAAAAAAAAAAAAAAAAAg/9oACAECAQE/AV//xAAUEAEAAAAAAAAAAAAAAAAAAAAw/9oACAEBAAY/An//xAAUEAEAAAAAAAAAAAAAAAAAAAAw/9oACAEBAAE/IX//2gAMAwEAAgADAAAAEAwwwww//8QAFBEBAAAAAAAAAAAAAAAAAAAAIP/aAAgBAwEBPxBf/8QAFBEBAAAAAAAAAAAAAAAAAAAAIP/aAAgBAgEBPxBf/8QAFBABAAAAAAAAAAAAAAAAAAAAMP/aAAgBAQABPxB//9k=",
  PNG: "iVBORw0KGgoAAAANSUhEUgAAACgAAAAYCAIAAAAH5iiXAAAAK0lEQVR4nGM8Ma2CYSAA04DYOmrxqMWjFo9aPGrxqMWjFo9aPGrxqMU0AQDtBwIGz1miwAAAAABJRU5ErkJggg==",
  APNG: "iVBORw0KGgoAAAANSUhEUgAAACgAAAAYCAIAAAAH5iiXAAAACGFjVEwAAAACAAAAAPONk3AAAAAaZmNUTAAAAAAAAAAoAAAAGAAAAAAAAAAAAAAAAQAAoZ2VaAAAACtJREFUeJxjPDGtgmEgANOA2Dpq8ajFoxaPWjxq8ajFoxaPWjxq8ajFNAEA7QcCBs9ZosAAAAAaZmNUTAAAAAEAAAAoAAAAGAAAAAAAAAAAAAAAAQAAOu5/vAAAAC9mZEFUAAAAAnicYxQx0mAYCMA0ILaOWjxq8ajFoxaPWjxq8ajFoxaPWjxqMU0AAPrDAJ4Vb/BQAAAAAElFTkSuQmCC",
  WebP: "UklGRjoAAABXRUJQVlA4IC4AAADwAgCdASooABgAP83m7XA/uDIrJWgD8DmJZwAAKUNt8AD+tld73TEL9DDHAAAA",
  lossless: "UklGRh4AAABXRUJQVlA4TBEAAAAvJ8AFAAdQyyIXr/+BiOh/AAA=",
  "animated WebP":
    "UklGRtwAAABXRUJQVlA4WAoAAAACAAAAJwAAFwAAQU5JTQYAAAAAAAAAAABBTk1GXAAAAAAAAAAAACcAABcAAAAAAAJWUDggRAAAALADAJ0BKigAGAA+bTaXSKQjIiElaACADYlnAND6gAKnEXci4YAAAP7sA9/43ZZw4Pf7UwSRlL/9AlTqOv8BKSNpAAAAQU5NRkwAAAAAAAAAAAAnAAAXAAAAAAAAVlA4IDQAAAC0AgCdASooABgAPm0wkUiCVgAA2JZwACgxrnOQwgAA/vfkY/1VT1+N3/SRxoz/3M8JgQAA",
  AVIF: "AAAAIGZ0eXBhdmlmAAAAAGF2aWZtaWYxbWlhZk1BMUIAAADrbWV0YQAAAAAAAAAhaGRscgAAAAAAAAAAcGljdAAAAAAAAAAAAAAAAAAAAAAOcGl0bQAAAAAAAQAAAB5pbG9jAAAAAEQAAAEAAQAAAAEAAAETAAAAJgAAAChpaW5mAAAAAAABAAAAGmluZmUCAAAAAAEAAGF2MDFDb2xvcgAAAABqaXBycAAAAEtpcGNvAAAAFGlzcGUAAAAAAAAAKAAAABgAAAAQcGl4aQAAAAADCAgIAAAADGF2MUOBAAwAAAAAE2NvbHJuY2x4AAEADQAGgAAAABdpcG1hAAAAAAAAAAEAAQQBAoMEAAAALm1kYXQSAAoJGBUnu0QENBoQMhcex4eFWd///+LAAADcqMEFKTI4n43Ucg==",
  "animated AVIF":
    "AAAALGZ0eXBhdmlzAAAAAGF2aWZhdmlzbXNmMWlzbzhtaWYxbWlhZk1BMUIAAADrbWV0YQAAAAAAAAAhaGRscgAAAAAAAAAAcGljdAAAAAAAAAAAAAAAAAAAAAAOcGl0bQAAAAAAAQAAAB5pbG9jAAAAAEQAAAEAAQAAAAEAAAPlAAAAIgAAAChpaW5mAAAAAAABAAAAGmluZmUCAAAAAAEAAGF2MDFDb2xvcgAAAABqaXBycAAAAEtpcGNvAAAAFGlzcGUAAAAAAAAAKAAAABgAAAAQcGl4aQAAAAADCAgIAAAADGF2MUOBAAwAAAAAE2NvbHJuY2x4AAEADQAGgAAAABdpcG1hAAAAAAAAAAEAAQQBAoMEAAACxm1vb3YAAAB4bXZoZAEAAAAAAAAA5zEWugAAAADnMRa6AAAD6P//////////AAEAAAEAAAAAAAAAAAAAAAABAAAAAAAAAAAAAAAAAAAAAQAAAAAAAAAAAAAAAAAAQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAEAAAJGdHJhawAAAGh0a2hkAQAAAQAAAADnMRa6AAAAAOcxFroAAAABAAAAAP//////////AAAAAAAAAAAAAAAAAAAAAAABAAAAAAAAAAAAAAAAAAAAAQAAAAAAAAAAAAAAAAAAQAAAAAAoAAAAGAAAAAAALGVkdHMAAAAkZWxzdAEAAAEAAAABAAAAAAAAAAIAAAAAAAAAAAABAAAAAAGqbWRpYQAAACxtZGhkAQAAAAAAAADnMRa6AAAAAOcxFroAAAPoAAAAAAAAAAJVxAAAAAAAIWhkbHIAAAAAAAAAAHBpY3QAAAAAAAAAAAAAAAAAAAABVW1pbmYAAAAUdm1oZAAAAAEAAAAAAAAAAAAAACRkaW5mAAAAHGRyZWYAAAAAAAAAAQAAAAx1cmwgAAAAAQAAARVzdGJsAAAAlXN0c2QAAAAAAAAAAQAAAIVhdjAxAAAAAAAAAAEAAAAAAAAAAAAAAAAAAAAAACgAGABIAAAASAAAAAAAAAABCkFPTSBDb2RpbmcAAAAAAAAAAAAAAAAAAAAAAAAAAAAAGP//AAAADGF2MUOBAAwAAAAAE2NvbHJuY2x4AAEADQAGgAAAABBjY3N0AAAAAHwAAAAAAAAYc3R0cwAAAAAAAAABAAAAAgAAAAEAAAAcc3RzYwAAAAAAAAABAAAAAQAAAAIAAAABAAAAHHN0c3oAAAAAAAAAAAAAAAIAAAAiAAAAGQAAABRzdGNvAAAAAAAAAAEAAAPlAAAAFHN0c3MAAAAAAAAAAQAAAAEAAABDbWRhdBIACg0AAAACpPc2vkQENBoQMg8QAPIAAALAAAALOWHw3kQSADIVMAPAgAAAO8gAAAsAAIAAAGn6GUcg",
  HEIC: "AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAXxtZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAAAAAAAAAAACJpbG9jAAAAAERAAAEAAQAAAAABoAABAAAAAAAAACYAAAAjaWluZgAAAAAAAQAAABVpbmZlAgAAAAABAABodmMxAAAAAA5waXRtAAAAAAABAAAA/GlwcnAAAADcaXBjbwAAAHVodmNDAQNwAAAAkAAAAAAAHvAA/P34+AAADwNgAAEAGEABDAH//wNwAAADAJAAAAMAAAMAHroCQGEAAQApQgEBA3AAAAMAkAAAAwAAAwAeoCCBBZbqrprm4CGgwIAAAAyAAAADAIRiAAEABkQBwXPBiQAAABNjb2xybmNseAABAA0ABoAAAAAUaXNwZQAAAAAAAABAAAAAQAAAAChjbGFwAAAAKAAAAAEAAAAYAAAAAf///+gAAAAC////2AAAAAIAAAAQcGl4aQAAAAADCAgIAAAAGGlwbWEAAAAAAAAAAQABBYECAwWEAAAALm1kYXQAAAAiKAGvBBITTOD46cJoC0zp+B5P/vJ+0Ksr40mfd7EYkqn/oA==",
};
const bytes = (name) => new Uint8Array(Buffer.from(FILES[name], "base64"));

/** Return a file with another size in its header: big-endian numbers of 16 or 32 bits. */
function enlarged(name, start, length, width, height) {
  const file = bytes(name);
  const view = new DataView(file.buffer);
  const set = (at, value) => (length === 2 ? view.setUint16(at, value) : view.setUint32(at, value));
  set(start, width);
  set(start + length, height);
  return file;
}

test("format, size and frames are read from the header", () => {
  const formats = { progressive: "JPEG", APNG: "PNG", lossless: "WebP" };
  for (const name of Object.keys(FILES)) {
    const { format, width, height, hasFrames, scans } = readHeader(bytes(name));
    assert.equal(format, formats[name] ?? name.split(" ").at(-1));
    // A HEIC states the size of its blocks of 64 x 64 pixels, before it is cropped.
    assert.deepEqual([width, height], name === "HEIC" ? [64, 64] : [40, 24], name);
    assert.equal(hasFrames, name.startsWith("animated") || name === "APNG", name);
    assert.equal(scans > 1, name === "progressive");
  }
});

test("a file that is cut off within its header, or of another format, has none or no size", () => {
  for (const name of Object.keys(FILES)) {
    const whole = readHeader(bytes(name));
    for (let length = 0; length < 100; length += 1) {
      const header = readHeader(bytes(name).slice(0, length));
      if (header?.width) assert.deepEqual(header.width, whole.width, name);
    }
  }
  for (const start of ["GIF89a", "BM", "II*\0", "%PDF", "<svg", "RIFF1234AVI ", "    ftypqt  "]) {
    assert.equal(readHeader(new TextEncoder().encode(start.padEnd(64))), null, start);
  }
});

test("files are refused before they are decoded, for the reasons of the server", async (context) => {
  let decoded = 0;
  globalThis.createImageBitmap = async () => {
    decoded += 1;
    throw new Error("damaged");
  };
  const sof = bytes("JPEG").findIndex((byte, at, all) => byte === 0xff && all[at + 1] === 0xc0);
  const scans = [...bytes("JPEG"), ...Array(100).fill([0xff, 0xda]).flat()];
  const cases = [
    ["too-large", enlarged("PNG", 16, 4, 8001, 8000)],
    ["too-large", enlarged("JPEG", sof + 5, 2, 65500, 65500)],
    ["too-large", new Uint8Array(scans)],
    ["too-large", new Uint8Array(32 * 2 ** 20 + 1)],
    ["unsuitable-image", enlarged("PNG", 16, 4, 4000, 15)],
    ["not-an-image", new TextEncoder().encode("GIF89a")],
    ["not-an-image", new Uint8Array()],
  ];
  for (const [code, file] of cases) {
    await assert.rejects(readImage(new Blob([file])), ({ problem }) => problem.code === code);
  }
  assert.equal(decoded, 0);
  const whole = enlarged("PNG", 16, 4, 8000, 8000);
  await assert.rejects(readImage(new Blob([whole])), { message: "unreadable-image" });
  assert.equal(decoded, 1);
});

test("a file with several frames has the warning of the server", async () => {
  globalThis.createImageBitmap = async () => ({ width: 40, height: 24, close() {} });
  globalThis.OffscreenCanvas = class {
    getContext() {
      const getImageData = (_x, _y, width, height) => ({
        width,
        height,
        data: new Uint8ClampedArray(width * height * 4),
      });
      return { clearRect() {}, drawImage() {}, getImageData };
    }
  };
  const warnings = async (name) => (await readImage(new Blob([bytes(name)]))).warnings;
  assert.deepEqual(await warnings("PNG"), []);
  assert.match((await warnings("APNG"))[0], /several frames or pages. Only the first/);
});
