// The last hours: replication lag, writes, and what was measured.

import { binaryStep, drawing, linePath, stretches, svg, timeAxis, valueAxis } from "./chart.js";
import { byId, bytes, clock, count, duration, element, list, moment, time, utc, words } from "./text.js";

/** Milliseconds between two samples of the server. */
const step = 15_000;
/** As many samples as the server keeps. */
const limit = 960;
/** What interrupts writes, and is marked in the graph. */
const interrupting = ["failover", "switchover", "primaryRestart"];

/** Adds a sample to the graphs, unless it is known. */
export function addSample(graphs, sample) {
  const length = graphs.seconds.length;
  if (length && sample.seconds <= graphs.seconds[length - 1]) return;
  graphs.seconds.push(sample.seconds);
  graphs.writable.push(sample.writable ?? null);
  for (const node of new Set([...Object.keys(graphs.lag), ...Object.keys(sample.lag)])) {
    graphs.lag[node] ??= Array(length).fill(null);
    graphs.lag[node].push(sample.lag[node] ?? null);
  }
  if (graphs.seconds.length <= limit) return;
  for (const series of [graphs.seconds, graphs.writable, ...Object.values(graphs.lag)]) series.shift();
}

/** Draws all of them. */
export function showGraphs(graphs, changes, nodes) {
  const times = graphs.seconds.map((seconds) => seconds * 1000);
  const end = times.length ? times[times.length - 1] : Date.now();
  // A controller that has just started has few samples: they are not drawn as if they filled the width.
  const span = [Math.min(times[0] ?? end, end - 15 * 60_000), end + step];
  const marked = changes.filter((change) => interrupting.includes(change.kind) && moment(change.at)?.getTime() >= span[0]);
  showLag(times, graphs.lag, span, nodes);
  showWrites(times, graphs.writable, span, marked);
  showChanges(changes, marked);
}

const highestOf = (values) => values.reduce((highest, value) => Math.max(highest, value ?? 0), 0);

function showLag(times, lag, span, nodes) {
  // A node keeps its colour and its dashes whatever its role is.
  const names = [...new Set([...nodes, ...Object.keys(lag)])].filter((name) => lag[name]);
  const highest = highestOf(names.map((name) => highestOf(lag[name])));
  const summaries = names.map((name) => `${name}: ${lagWords(times, lag[name])}`);
  const chart = drawing(byId("lag"), 190, span, `Replication lag. ${summaries.join(". ") || "Nothing was seen"}.`);
  timeAxis(chart);
  const y = valueAxis(chart, Math.max(highest, 1024), binaryStep(Math.max(highest, 4096)), bytes);
  for (const name of names) {
    const path = linePath(times, lag[name], chart.x, y, 2.5 * step);
    chart.root.append(svg("path", { class: `series ${seriesOf(name, nodes)}`, d: path }));
  }
  list(byId("lag-legend"), names.map((name) => ({ name, text: lagWords(times, lag[name]) })), (item) => item.name, (item) => [
    svg("svg", { class: "key", width: 34, height: 10, "aria-hidden": "true" },
      svg("path", { class: `series ${seriesOf(item.name, nodes)}`, d: "M2 5H32" })),
    `${item.name}: ${item.text}`,
  ]);
}

const seriesOf = (name, nodes) => `series-${Math.max(0, nodes.indexOf(name)) % 6}`;

function lagWords(times, values) {
  const highest = highestOf(values);
  const last = values[values.length - 1];
  const now = last === null || last === undefined ? "not a replica now, or not seen" : `${bytes(last)} now`;
  return highest ? `${now}, at most ${bytes(highest)} at ${clock(new Date(times[values.indexOf(highest)]))}` : now;
}

function showWrites(times, writable, span, marked) {
  const found = stretches(times, writable, step);
  const text = writeWords(found);
  byId("writes-summary").textContent = text;
  const label = `Writes. ${text} ${count(marked.length, "measured interruption")} marked.`;
  const chart = drawing(byId("writes"), 104, span, label);
  timeAxis(chart);
  chart.root.append(hatching());
  for (const stretch of found) chart.root.append(writeStretch(stretch, chart.x));
  marks(marked, chart.x).forEach((mark) => chart.root.append(...mark));
}

/** Each kind has a height of its own, so that the colour is not the only sign. */
function writeStretch({ value, from, to }, x) {
  const [kind, word, top, height] =
    value === true ? ["writable", "writable", 56, 16]
    : value === false ? ["outage", "not writable", 46, 32]
    : ["unknown", "not seen", 62, 4];
  const text = `${word}, ${clock(new Date(from))} to ${clock(new Date(to))}`;
  // A short outage must not vanish between two pixels.
  const width = Math.max(value === false ? 3 : 0.5, x(to) - x(from));
  const fill = value === false ? { fill: "url(#hatch)" } : {};
  return svg("rect", { class: kind, x: x(from), y: top, width, height, ...fill }, svg("title", {}, text));
}

const hatching = () => svg("defs", {}, svg("pattern", { id: "hatch", width: 6, height: 6, patternUnits: "userSpaceOnUse" },
  svg("rect", { class: "hatch-ground", width: 6, height: 6 }), svg("path", { class: "hatch-line", d: "M0 6L6 0" })));

/** Numbers on stems; a number that would cover the one before stands higher. */
function marks(changes, x) {
  let before = { x: -100, level: 0 };
  return changes.map((change, index) => {
    const at = x(moment(change.at).getTime());
    const level = at - before.x < 20 ? (before.level + 1) % 2 : 0;
    before = { x: at, level };
    const y = 30 - level * 20;
    return [
      svg("line", { class: "stem", x1: at, x2: at, y1: y, y2: 80 }),
      svg("circle", { class: "mark", cx: at, cy: y, r: 9 }, svg("title", {}, changeTitle(change))),
      svg("text", { class: "mark-text", x: at, y: y + 4, "text-anchor": "middle" }, String(index + 1)),
    ];
  });
}

const changeTitle = (change) => `${words(change.kind).toLowerCase()}, ${duration(change.seconds)}, ${utc(moment(change.at))}`;

function writeWords(found) {
  const total = (value) => found.filter((part) => part.value === value).reduce((sum, part) => sum + part.to - part.from, 0) / 1000;
  const [yes, no, unknown] = [true, false, null].map(total);
  if (!yes && !no) return "No sample has told yet whether writes are possible.";
  const parts = [`writable for ${duration(yes)}`];
  if (no) parts.push(`not writable for about ${duration(no)}`);
  if (unknown) parts.push(`not seen for ${duration(unknown)}`);
  return `By one sample each 15 s: ${parts.join(", ")}.`;
}

function showChanges(changes, marked) {
  byId("changes-summary").textContent = changes.length ? "" : "Nothing was measured yet.";
  const newest = changes.slice(-20).reverse();
  const items = newest.map((change) => ({ ...change, number: marked.indexOf(change) + 1 }));
  list(byId("changes"), items, (item) => `${item.at} ${item.kind} ${item.what}`, (item) => [
    element("p", {},
      item.number > 0 && element("span", { class: "number" }, String(item.number)),
      element("strong", {}, `${words(item.kind).replace(/^./, (first) => first.toUpperCase())}: ${duration(item.seconds)}`),
      " ", time(item.at), ` ${item.what}`),
    item.message && element("p", { class: "muted" }, item.message),
  ]);
}
