// Words, numbers, times and elements. Whatever comes from the server is hostile: it only ever becomes a text node or the value of an
// attribute that cannot execute (title, datetime, aria-label, data-*, value). No code here or elsewhere sets innerHTML, href or src.

/** The element with this id. */
export const byId = (id) => document.getElementById(id);

/** Makes an element. Children are elements or text; absent ones are left out. */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

const filled = new WeakMap();

/**
 * Makes the children of a list those of `items`. An element whose item stays is kept, and is filled again only when the item changed:
 * focus, selected text and open details survive each update.
 */
export function list(parent, items, keyOf, fill, name = "li") {
  const known = new Map([...parent.children].map((child) => [child.dataset.key, child]));
  const children = items.map((item) => {
    const key = String(keyOf(item));
    const child = known.get(key) ?? element(name, { "data-key": key });
    known.delete(key);
    // A time is shown without its day only on that day.
    const text = day(new Date()) + JSON.stringify(item);
    if (filled.get(child) !== text) child.replaceChildren(...[fill(item, child)].flat().filter(Boolean));
    filled.set(child, text);
    return child;
  });
  const wanted = new Set(children);
  for (const child of [...parent.children]) if (!wanted.has(child)) child.remove();
  // Only what is out of its place is moved, because an element that is moved loses the focus.
  children.forEach((child, index) => {
    if (parent.children[index] !== child) parent.insertBefore(child, parent.children[index] ?? null);
  });
}

/** A term and its value for a `dl`; nothing where there is no value. */
export function fact(term, ...value) {
  const known = value.flat().filter((part) => part !== null && part !== undefined && part !== "");
  return known.length ? element("div", {}, element("dt", {}, term), element("dd", {}, ...known)) : null;
}

/** A label with a tone: `good`, `bad`, `hint` or `plain`. The word says what the colour says. */
export const badge = (tone, text) => element("span", { class: `badge ${tone}` }, text);

/** A moment from RFC 3339 or `YYYY-MM-DD HH:MM:SSZ`; null where it is neither. */
export function moment(text) {
  const date = new Date(String(text ?? "").replace(" ", "T"));
  return Number.isNaN(date.getTime()) ? null : date;
}

const two = (number) => String(number).padStart(2, "0");

/** `YYYY-MM-DD` in the viewer's zone. */
export const day = (date) => `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;

/** `HH:MM` or `HH:MM:SS` in the viewer's zone. */
export const clock = (date, seconds = true) =>
  `${two(date.getHours())}:${two(date.getMinutes())}${seconds ? `:${two(date.getSeconds())}` : ""}`;

/** `YYYY-MM-DD HH:MM:SS` in the viewer's zone. */
export const full = (date) => `${day(date)} ${clock(date)}`;

/** The time of day, with the day before it where that is not today. */
export const local = (date) => (day(date) === day(new Date()) ? clock(date) : full(date));

/** A time in the viewer's zone, with UTC in the title; the server's own text where it is no time. */
export function time(text, show = local) {
  const date = moment(text);
  if (!date) return document.createTextNode(text ?? "-");
  return element("time", { datetime: date.toISOString(), title: utc(date) }, show(date));
}

/** A time in UTC, as titles show it. */
export const utc = (date) => `${date.toISOString().slice(0, 19).replace("T", " ")} UTC`;

const short = (number) => String(Math.round(number * 10) / 10);

/** Bytes with a binary unit. */
export function bytes(count) {
  if (count === null || count === undefined) return "not seen";
  for (const [unit, size] of [["GiB", 2 ** 30], ["MiB", 2 ** 20], ["KiB", 2 ** 10]]) {
    if (count >= size) return `${short(count / size)} ${unit}`;
  }
  return `${count} B`;
}

/** A duration in the largest unit of which there are at least two. */
export function duration(seconds) {
  if (seconds < 10) return `${Math.round(Math.max(0, seconds) * 100) / 100} s`;
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  return seconds < 172800 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86400)} days`;
}

/** A number of things. */
export const count = (number, one, many = `${one}s`) => `${number} ${number === 1 ? one : many}`;

/** `a, b and c`. */
export const joined = (words) =>
  words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words[words.length - 1]}`;

/** `WALGrowing` as "WAL growing", `EtcdHealthy` as "etcd healthy". */
export function words(name) {
  const parts = String(name).replace(/([a-z])([A-Z])/g, "$1 $2").replace(/([A-Z])([A-Z][a-z])/g, "$1 $2").split(" ");
  const lower = parts.map((part, index) => (index > 0 && /^[A-Z][a-z]/.test(part) ? part.toLowerCase() : part));
  return lower.join(" ").replace(/^Etcd/, "etcd");
}
