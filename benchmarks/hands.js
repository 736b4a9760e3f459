// What hands do in the browser, sixty times a second, and what was painted when. Injected by `visits`.
async ([kind, count]) => {
  const canvas = document.querySelector("[data-testid=viewport] .viewport-canvas");
  const box = canvas.getBoundingClientRect();
  const x = box.left + box.width / 2, y = box.top + box.height / 2;
  const paints = [];
  const observer = new PerformanceObserver((list) => {
    for (const { name, startTime, detail } of list.getEntries()) {
      if (name === "pacscribe.paint") paints.push({ at: startTime, ...detail });
    }
  });
  observer.observe({ entryTypes: ["mark"] });
  canvas.setPointerCapture = () => {};
  const button = kind === "pan" ? 1 : 0;
  const point = (type, right, down) => canvas.dispatchEvent(new PointerEvent(type, {
    bubbles: true, cancelable: true, pointerId: 1, pointerType: "mouse", buttons: button ? 4 : 1,
    button: type === "pointermove" ? -1 : button, clientX: x + right, clientY: y + down,
  }));
  const turn = (deltaY, ctrlKey) => canvas.dispatchEvent(new WheelEvent("wheel", {
    bubbles: true, cancelable: true, deltaY, ctrlKey, clientX: x, clientY: y,
  }));
  const step = {
    // The window's center goes up with every move, so that each painted center names the move it belongs to.
    drag: (number) => point("pointermove", 0, number),
    // Round in a circle, so that new parts of the image come into sight all the time.
    pan: (number) => point("pointermove", 250 * Math.sin(number / 25), 250 * Math.cos(number / 25) - 250),
    wheel: () => turn(100, false),
    zoom: (number) => turn(number <= count / 2 ? -40 : 40, true),
    nothing: () => {},
  }[kind];
  const isDrag = kind === "drag" || kind === "pan";
  if (isDrag) point("pointerdown", 0, 0);
  const inputs = [];
  const began = performance.now();
  await new Promise((done) => {
    const timer = setInterval(() => {
      while (inputs.length < count && performance.now() - began >= inputs.length * (1000 / 60)) {
        inputs.push(performance.now());
        step(inputs.length);
      }
      if (inputs.length >= count) { clearInterval(timer); done(); }
    }, 1);
  });
  const ended = performance.now();
  if (isDrag) point("pointerup", 0, kind === "drag" ? count : 0);
  await new Promise((done) => setTimeout(done, 700));
  observer.disconnect();
  return { paints: paints.filter(({ at }) => at >= began), inputs, began, ended };
}
