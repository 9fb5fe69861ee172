// The repository: what is in it, to which moments it leads back, and what proves that.

import { drawing, svg, timeAxis } from "./chart.js";
import { byId, bytes, count, day, clock, duration, element, fact, full, list, moment, time, utc } from "./text.js";

const jobs = {
  full: "full backup", diff: "differential backup", incr: "incremental backup", verify: "verification", drill: "restore drill",
};

/** Shows all of it. */
export function showBackups(backups, now) {
  byId("backup-facts").replaceChildren(...facts(backups).filter(Boolean));
  const next = Object.entries(backups.next).sort(([, one], [, other]) => (one < other ? -1 : 1));
  byId("next").replaceChildren(...next.map(([job, at]) => fact(jobs[job] ?? job, time(at, full))));
  if (!next.length) byId("next").append(fact("Schedule", "no job is scheduled"));
  byId("window").replaceChildren(...windowWords(backups));
  byId("history-summary").textContent = `Backups that are kept (${backups.history.length} of ${backups.count})`;
  list(byId("history"), [...backups.history].reverse(), (backup) => backup.label, row, "tr");
  drawWindow(backups, now);
}

function facts(backups) {
  const newest = backups.history.find((backup) => backup.label === backups.newest);
  return [
    fact("Newest backup", backups.newest ? element("code", {}, backups.newest) : "there is none yet",
      newest && ` (${newest.type})`),
    backups.newestAt && fact("Ended", time(backups.newestAt), age(backups.newestAgeSeconds), ", took ", duration(backups.newestSeconds)),
    backups.newest && fact("Size", `${bytes(backups.newestDatabaseBytes)} of data, ${bytes(backups.newestRepositoryBytes)} added`),
    backups.newestArchived && fact("Newest WAL in the archive", element("code", {}, backups.newestArchived), " ",
      time(backups.newestArchivedAt), age(backups.newestArchivedAgeSeconds)),
    fact("Restore proven", backups.provenAt ? [time(backups.provenAt), age(backups.provenAgeSeconds)] : "not yet"),
    fact("Newest restore drill", check(backups.drill)),
    fact("Newest verification", check(backups.verification)),
  ];
}

/** The server's own difference of times: the viewer's clock may be wrong. */
const age = (seconds) => (seconds === undefined || seconds === null ? "" : ` (${duration(seconds)} before the last look)`);

function check(seen) {
  if (!seen) return "none yet";
  const measured = Object.entries(seen.measured).map(([name, value]) => measuredWords(name, value));
  return [
    element("span", { class: `badge ${seen.passed ? "good" : "bad"}` }, seen.passed ? "passed" : "failed"), " ", time(seen.endedAt),
    measured.length ? element("span", { class: "muted" }, ` ${measured.join(", ")}`) : null,
  ];
}

/** `replaySeconds` as "replay 2.1 s", `vectorSearches` as "3 vector searches", `error` as "error: …". */
function measuredWords(name, value) {
  const plain = name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`).replace("lsn", "LSN");
  if (/seconds$/.test(plain)) return `${plain.slice(0, -8) || "all"} in ${duration(Number(value))}`;
  return /^\d+$/.test(value) && plain.endsWith("s") ? `${value} ${plain}` : `${plain}: ${value}`;
}

function windowWords(backups) {
  if (!backups.recoverableFrom) return ["No moment can be restored now."];
  const from = time(backups.recoverableFrom, full);
  if (!backups.recoverableTo) return ["Any moment since ", from, " can be restored."];
  return ["Any moment from ", from, " to ", time(backups.recoverableTo, full), " can be restored."];
}

const row = (backup) => [
  element("td", {}, element("code", {}, backup.label)), element("td", {}, backup.type), element("td", {}, time(backup.endedAt)),
  element("td", {}, duration(backup.seconds)), element("td", {}, bytes(backup.databaseBytes)),
  element("td", {}, bytes(backup.repositoryBytes)),
];

const at = (text) => moment(text)?.getTime();

/** The window as a bar; below it the backups, the drills and the verifications, each in a row of its own. */
export function drawWindow(backups, now) {
  const rows = [
    ["Backups", backups.history.map((backup) => ({ kind: backup.type, at: at(backup.endedAt), text: `${backup.type} backup ${backup.label}` }))],
    ["Restore drills", checks(backups.drills, backups.drill, "restore drill")],
    ["Verifications", checks(backups.verifications, backups.verification, "verification")],
  ].filter(([, marks]) => marks.length);
  const [from, to] = [at(backups.recoverableFrom), at(backups.recoverableTo) ?? at(now)];
  const times = [from, to, at(now), ...rows.flatMap(([, marks]) => marks.map((mark) => mark.at))].filter(Boolean);
  const label = `${byId("window").textContent} ${rows.map(([name, marks]) => `${name}: ${marks.length}`).join(", ")}.`;
  const chart = drawing(byId("window-graph"), 66 + rows.length * 38, [Math.min(...times), Math.max(...times)], label);
  timeAxis(chart);
  if (from) chart.root.append(...windowBar(chart, from, to));
  rows.forEach(([name, marks], index) => {
    const y = 62 + index * 38;
    chart.root.append(svg("text", { class: "halo", x: 2, y }, name));
    marks.forEach((mark) => chart.root.append(shape(mark, chart.x(mark.at), y + 13)));
  });
  list(byId("window-legend"), [...new Set(rows.flatMap(([, marks]) => marks.map((mark) => mark.kind)))], String, (kind) => [
    svg("svg", { class: "key", width: 18, height: 16, "aria-hidden": "true" }, shape({ kind }, 9, 8)), legend[kind] ?? kind,
  ]);
}

const legend = { ...jobs, passed: "check passed", failed: "check failed" };

function checks(past, newest, word) {
  const all = newest && !past.some((one) => one.endedAt === newest.endedAt) ? [...past, newest] : past;
  return all.map((one) => ({
    kind: one.passed ? "passed" : "failed", at: at(one.endedAt), text: `${word} ${one.passed ? "passed" : "failed"}`,
  })).filter((mark) => mark.at);
}

function windowBar({ root, x, width }, from, to) {
  const text = (date) => `${day(date)} ${clock(date, false)}`;
  return [
    svg("rect", { class: "window", x: x(from), y: 18, width: Math.max(3, x(to) - x(from)), height: 14 },
      svg("title", {}, `${utc(new Date(from))} to ${utc(new Date(to))}`)),
    svg("text", { class: "halo", x: 2, y: 12 }, `from ${text(new Date(from))}`),
    svg("text", { class: "halo", x: width - 2, y: 12, "text-anchor": "end" }, `to ${text(new Date(to))}`),
  ];
}

/** Each kind has a shape of its own. */
function shape({ kind, at: when, text }, x, y) {
  const paths = {
    full: "M-6 -6H6V6H-6Z", diff: "M0 -7L7 0L0 7L-7 0Z", incr: "M0 -4A4 4 0 1 0 0.01 -4Z",
    passed: "M-6 0L-2 5L6 -5", failed: "M-5 -5L5 5M-5 5L5 -5",
  };
  const made = svg("path", { class: `shape ${paths[kind] ? kind : "incr"}`, d: paths[kind] ?? paths.incr, transform: `translate(${x} ${y})` });
  if (text) made.append(svg("title", {}, `${text}, ${utc(new Date(when))}`));
  return made;
}
