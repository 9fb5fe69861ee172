// Events, newest first, and the endpoints.

import { badge, byId, count, element, list, moment, time } from "./text.js";

const limit = 200;
const tones = { Action: "good", Failure: "bad", Refusal: "bad" };

/** Both lists as one, oldest first, without what is in both, and only the newest. */
export function merged(one, other) {
  const known = new Map([...one, ...other].map((event) => [JSON.stringify(event, Object.keys(event).sort()), event]));
  // Sorting is stable: events of the same moment stay in their order.
  const sorted = [...known.values()].sort((first, second) => (moment(first.time) ?? 0) - (moment(second.time) ?? 0));
  return sorted.slice(-limit);
}

/** Shows the events that the filter lets through. */
export function showEvents(events) {
  const kind = byId("kind").value;
  const wanted = byId("words").value.trim().toLowerCase();
  const fits = (event) => (!kind || event.kind === kind) && (!wanted || text(event).toLowerCase().includes(wanted));
  const shown = events.filter(fits).reverse();
  byId("count").textContent =
    shown.length === events.length ? `${count(events.length, "event")}, newest first.` : `${shown.length} of ${count(events.length, "event")}.`;
  list(byId("events"), shown, (event) => `${event.time} ${event.object} ${event.what}`, (event) => [
    element("p", {}, time(event.time), " ", badge(tones[event.kind] ?? "plain", event.kind), " ",
      element("strong", {}, event.object), `: ${event.what}`),
    element("p", { class: "muted" }, event.reason && `because ${event.reason}`),
    event.message && element("p", {}, event.message),
  ]);
}

const text = (event) => `${event.object} ${event.what} ${event.reason} ${event.message}`;

/** Draws the list again whenever the filter changes. */
export function onFilter(show) {
  byId("filter").addEventListener("input", show);
  byId("filter").addEventListener("submit", (event) => event.preventDefault());
}

/** Shows where to connect. A URL is shown as text and never as a link: the server's text decides nothing here. */
export function showEndpoints(endpoints) {
  list(byId("endpoints"), endpoints, (endpoint) => `${endpoint.name} ${endpoint.url}`, (endpoint, item) => {
    item.className = "endpoint";
    const url = element("code", {}, endpoint.url);
    const button = element("button", { type: "button", "aria-label": `Copy the URL of ${endpoint.name} ${endpoint.url}` }, "Copy");
    button.addEventListener("click", () => copy(endpoint, url));
    return [element("strong", {}, endpoint.name), url, button];
  });
}

/** On plain HTTP from another host there is no clipboard: then the text is selected, and the person copies it. */
async function copy(endpoint, element) {
  try {
    await navigator.clipboard.writeText(endpoint.url);
    byId("copied").textContent = `The URL of ${endpoint.name} is copied.`;
  } catch {
    getSelection().selectAllChildren(element);
    byId("copied").textContent = `The browser does not let the page copy. The URL of ${endpoint.name} is selected: copy it by hand.`;
  }
}
