// The page of one cluster: it is loaded once, follows the controller's stream, and shows what comes.

import { allowActions, prepareActions } from "./actions.js";
import { drawWindow, showBackups } from "./backups.js";
import { showConditions, showWork } from "./conditions.js";
import { merged, onFilter, showEndpoints, showEvents } from "./events.js";
import { addSample, showGraphs } from "./graphs.js";
import { drawLines, markPrimary, primaryOf, showTopology } from "./topology.js";
import { byId, duration, list, local, moment, time } from "./text.js";

/** All that is shown. */
const seen = { status: null, graphs: { seconds: [], lag: {}, writable: [] }, events: [], changes: [], plan: [] };
/** The last node that was the primary, to say in whose place another one came. */
let lastPrimary = null;

// MARK: what comes

function takeStatus(status) {
  const before = seen.status;
  seen.status = status;
  if (before?.time !== status.time) lookedAt = performance.now();
  showHeader(status);
  showTopology(status);
  showConditions(status.conditions);
  showWork(status, seen.plan);
  showBackups(status.backups, status.time);
  showEndpoints(status.endpoints);
  announce(before, status);
  // The stream has no plan: it is asked for again after what may have changed it.
  if (before && planMark(before) !== planMark(status)) refreshSoon();
}

/** What changes together with the plan; lag and sizes change all the time and say nothing of it. */
const planMark = ({ ready, waiting, pending, pauses, nodes }) =>
  JSON.stringify([ready, waiting, pending, pauses, nodes.map((node) => [node.name, node.role, node.state])]);

/** Takes all that the server knows; what the stream brought meanwhile is newer, and is not lost. */
function takeState(state, before) {
  seen.graphs = state.graphs;
  for (const sample of streamed) addSample(seen.graphs, sample);
  seen.plan = state.plan;
  seen.changes = state.changes;
  seen.events = merged(state.events, seen.events);
  // A server that names the verbs allows these; one that only says that there are some allows all.
  const all = ["switchover", "backup", "pause", "resume", "restart"];
  if (seen.status === before) takeStatus(state.status);
  allowActions(state.verbs ?? (state.mayAct ? all : []));
  showWork(seen.status, seen.plan);
  showEvents(seen.events);
  drawGraphs();
  showConnection();
}

function takeEvent(event) {
  seen.events = merged(seen.events, [event]);
  showEvents(seen.events);
  if (!event.measured) return;
  const kind = event.measured.kind === "held" ? "switchover" : event.measured.kind;
  seen.changes.push({ kind, at: event.time, seconds: event.measured.seconds, what: event.what, message: event.message });
  drawGraphs();
}

/** The samples that came while the whole state was asked for. */
const streamed = [];

function takeSample(sample) {
  if (loading) streamed.push(sample);
  addSample(seen.graphs, sample);
  drawGraphs();
}

const drawGraphs = () => showGraphs(seen.graphs, seen.changes, (seen.status?.nodes ?? []).map((node) => node.name).sort());

// MARK: the header and what is announced

function headline(status) {
  if (status.ready) return ["good", "Ready"];
  return status.pauses.some((pause) => !pause.node) ? ["hint", "Paused"] : ["bad", "Not ready"];
}

function showHeader(status) {
  const [tone, word] = headline(status);
  document.title = `${word}: ${status.cluster}`;
  byId("cluster").textContent = status.cluster;
  byId("headline").textContent = word;
  byId("headline").className = `badge ${tone}`;
  byId("why").textContent = reason(status);
  list(byId("pauses"), status.pauses, (pause) => pause.node ?? "", (pause) => [
    `${pause.node ?? "The whole cluster"} is paused`, pause.since && " since ", pause.since && time(pause.since),
    ` by ${pause.by}${pause.reason ? `: ${pause.reason}` : "."}`,
  ]);
  byId("look").replaceChildren("Last look: ", time(status.time), ".");
}

/** What the condition `Ready` says, as a sentence. */
function reason(status) {
  const message = status.conditions.find((condition) => condition.type === "Ready")?.message ?? "";
  return message && `${message[0].toUpperCase()}${message.slice(1)}${message.endsWith(".") ? "" : "."}`;
}

/** Says what changed: politely, but for the loss of the primary. */
function announce(before, status) {
  const primary = primaryOf(status)?.name ?? null;
  const polite = [];
  if (!primary && (!before || primaryOf(before))) {
    const why = status.conditions.find((condition) => condition.type === "PrimaryAvailable")?.message;
    byId("urgent").textContent = `There is no primary${why ? `: ${why}` : ""}.`;
  }
  if (primary) byId("urgent").textContent = "";
  if (before && primary && primary !== primaryOf(before)?.name) {
    const place = lastPrimary === primary ? "again" : lastPrimary ? `now, in place of ${lastPrimary}` : "now";
    polite.push(`${primary} is the primary ${place}.`);
    markPrimary(primary);
  }
  lastPrimary = primary ?? lastPrimary;
  if (before && headline(before)[1] !== headline(status)[1]) polite.push(`The cluster is ${headline(status)[1].toLowerCase()}. ${reason(status)}`);
  if (polite.length) say(polite.join(" "));
}

const say = (text) => (byId("polite").textContent = text);

// MARK: the connection

/** No word from the server for so long means that the connection is dead: it sends the status at least every 15 s. */
const silence = 40_000;
/** At rest the controller looks every minute at the latest. */
const blindness = 180_000;
let source = null;
let heardAt = performance.now();
let lookedAt = performance.now();
let lostAt = null;
let isLossSaid = false;
let opening = null;

function connect() {
  opening = null;
  source?.close();
  heardAt = performance.now();
  source = new EventSource("api/stream");
  // What happened while there was no stream comes with the whole state.
  source.addEventListener("open", load);
  source.addEventListener("state", (message) => hear(message, takeStatus));
  source.addEventListener("event", (message) => hear(message, takeEvent));
  source.addEventListener("sample", (message) => hear(message, takeSample));
  source.addEventListener("error", () => {
    lose();
    if (source.readyState !== EventSource.CLOSED) return;
    // The browser connects again by itself, but not after an answer that is no stream, as when too many browsers look.
    opening ??= setTimeout(connect, 5000);
    load();
  });
}

function hear(message, take) {
  heardAt = performance.now();
  if (isLossSaid) say("The page is connected again.");
  [lostAt, isLossSaid] = [null, false];
  take(JSON.parse(message.data));
  showConnection();
}

function lose() {
  lostAt ??= new Date();
  showConnection();
}

function showConnection() {
  const line = byId("connection");
  const isBlind = seen.status && performance.now() - lookedAt > blindness;
  const state = lostAt ? "lost" : isBlind ? "blind" : seen.status ? "live" : "waiting";
  line.className = state === "live" || state === "waiting" ? "" : "notice";
  // Nothing is touched while nothing changes, so that a screen reader is left in peace.
  const text = connectionWords(state);
  if (line.textContent !== text) line.textContent = text;
}

function connectionWords(state) {
  const look = seen.status ? moment(seen.status.time) : null;
  const age = look ? ` What is shown was seen at ${local(look)} and may be old.` : "";
  if (state === "lost") return `The connection is lost since ${local(lostAt)}; the page tries again.${age}`;
  if (state === "blind") return `The controller answers, but has not looked for ${duration((performance.now() - lookedAt) / 1000)}.${age}`;
  return state === "live" ? "Connected: changes come by themselves." : "Waiting for the first answer of the controller.";
}

let loading = false;

/** Asks for the whole state; where that fails, again in a while, or when the stream is open again. */
async function load() {
  if (loading) return;
  loading = true;
  streamed.length = 0;
  const before = seen.status;
  const answer = await fetch("api/state", { cache: "no-store", credentials: "omit" }).catch(() => null);
  const state = answer?.ok ? await answer.json().catch(() => null) : null;
  loading = false;
  if (state) takeState(state, before);
  else if (source.readyState === EventSource.OPEN) refreshSoon();
}

let refresh = null;

/** Several changes in a row are one reason to ask again. */
function refreshSoon() {
  refresh ??= setTimeout(() => {
    refresh = null;
    load();
  }, 3000);
}

function watch() {
  if (performance.now() - heardAt > silence) {
    lose();
    connect();
  }
  // A stream that ends and comes back at once is not worth a word.
  if (lostAt && !isLossSaid && Date.now() - lostAt > 3000) {
    say("The connection to the controller is lost. What is shown may be old.");
    isLossSaid = true;
  }
  showConnection();
}

/** Lines and graphs are drawn for the width that there is. */
function redraw() {
  if (!seen.status) return;
  drawLines(seen.status);
  drawWindow(seen.status.backups, seen.status.time);
  drawGraphs();
}

byId("zone").textContent = `Times are in the zone ${Intl.DateTimeFormat().resolvedOptions().timeZone}; the title of each says it in UTC.`;
onFilter(() => showEvents(seen.events));
prepareActions(() => seen.status, load);
new ResizeObserver(redraw).observe(byId("topology"));
setInterval(watch, 1000);
connect();
