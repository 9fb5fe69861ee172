// What all graphs share: SVG elements, scales and axes. A graph is drawn at the width that it has, so that its text keeps its size
// on a phone.

import { clock, day } from "./text.js";

/** Makes an SVG element. */
export function svg(name, attributes = {}, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

/** Puts an empty drawing into an element: `x` gives the place of a moment in milliseconds. */
export function drawing(host, height, [from, to], label) {
  const width = Math.max(200, Math.floor(host.clientWidth));
  const root = svg("svg", { role: "img", "aria-label": label, width, height });
  host.replaceChildren(root);
  // Half a mark's width stays free at both ends.
  const x = (at) => 8 + ((at - from) / Math.max(1, to - from)) * (width - 16);
  return { root, width, height, x, from, to };
}

const minute = 60_000;
const hour = 60 * minute;
const steps = [1, 2, 5, 10, 15, 30].map((n) => n * minute).concat([1, 2, 3, 6, 12, 24, 48, 96, 168, 336, 672].map((n) => n * hour));

/** Vertical lines at round times of the viewer's zone, with their labels at the bottom. */
export function timeAxis({ root, width, height, x, from, to }) {
  const room = Math.max(2, Math.floor(width / 90));
  const step = steps.find((length) => (to - from) / length <= room) ?? (to - from) / room;
  const shift = new Date(to).getTimezoneOffset() * minute;
  for (let at = Math.ceil((from - shift) / step) * step + shift; at <= to; at += step) {
    root.append(
      svg("line", { class: "grid", x1: x(at), x2: x(at), y1: 0, y2: height - 16 }),
      svg("text", { x: x(at), y: height - 3, "text-anchor": anchor(x(at), width) },
        step >= 24 * hour ? day(new Date(at)).slice(5) : clock(new Date(at), false)));
  }
}

/** A label near an edge is put inside of it. */
const anchor = (x, width) => (x < 24 ? "start" : x > width - 24 ? "end" : "middle");

/** Horizontal lines from zero up; the labels stand on them, so that no margin is lost. Gives the place of a value. */
export function valueAxis({ root, width, height }, highest, step, text) {
  const top = Math.max(step, Math.ceil(highest / step) * step);
  const y = (value) => height - 20 - (value / top) * (height - 38);
  for (let value = 0; value <= top; value += step) {
    root.append(
      svg("line", { class: "grid", x1: 0, x2: width, y1: y(value), y2: y(value) }),
      svg("text", { class: "halo", x: 2, y: y(value) - 3 }, text(value)));
  }
  return y;
}

/** A step of a power of two, for bytes. */
export const binaryStep = (highest) => 2 ** Math.max(10, Math.ceil(Math.log2(highest / 4)));

/** A line through the values, with a gap where a value is null or where no sample was taken for long. */
export function linePath(times, values, x, y, longest) {
  let path = "";
  let before = null;
  values.forEach((value, index) => {
    if (value === null || value === undefined) return (before = null);
    const isGap = before === null || times[index] - before > longest;
    // A round cap makes a dot of a value that stands alone.
    path += `${isGap ? "M" : "L"}${x(times[index]).toFixed(1)} ${y(value).toFixed(1)}${isGap ? "h0" : ""}`;
    before = times[index];
  });
  return path;
}

/** Stretches of the same value: `[{value, from, to}]`. What lies between two samples that are far apart was not seen. */
export function stretches(times, values, step) {
  const found = [];
  const add = (value, from, to) => {
    const last = found[found.length - 1];
    if (last && last.value === value) last.to = to;
    else found.push({ value, from, to });
  };
  times.forEach((at, index) => {
    const next = times[index + 1] ?? at + step;
    const end = next - at > 2.5 * step ? at + step : next;
    add(values[index] ?? null, at, end);
    if (end < next) add(null, end, next);
  });
  return found;
}
