// Several faces in one photo: which one was assessed, and a button on each of the others.

/** Put buttons into `root`, which lies over the picture. onChoose(index) when one is pressed. */
export function createFaces(root, onChoose) {
  return {
    /** Show the faces of an assessment whose picture has this size; one face needs no choice. */
    show(assessment, { width, height }) {
      const { boxes = [], index = 0 } = assessment?.face ?? {};
      const focused = [...root.children].indexOf(document.activeElement);
      root.hidden = boxes.length < 2 || !width;
      root.replaceChildren(
        ...(root.hidden ? [] : boxes.map((box, number) => button(box, number, index, width, height))),
      );
      root.children[focused]?.focus({ preventScroll: true });
    },
  };

  function button([x0, y0, x1, y1], number, index, width, height) {
    const made = document.createElement("button");
    made.type = "button";
    made.setAttribute("aria-pressed", String(number === index));
    const name = `Face ${number + 1}`;
    const word = document.createElement("span");
    word.textContent = name;
    made.append(word);
    made.setAttribute("aria-label", number === index ? `${name}, assessed` : `${name}: assess this one`);
    const [left, top] = [Math.max(0, x0 / width), Math.max(0, y0 / height)];
    made.style.left = `${100 * left}%`;
    made.style.top = `${100 * top}%`;
    made.style.width = `${100 * (Math.min(1, x1 / width) - left)}%`;
    made.style.height = `${100 * (Math.min(1, y1 / height) - top)}%`;
    made.addEventListener("click", () => number === index || onChoose(number));
    return made;
  }
}
