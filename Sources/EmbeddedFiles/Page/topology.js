// Nodes, poolers and etcd members as cards, and the lines between them.

import { badge, byId, bytes, count, element, fact, joined, list } from "./text.js";
import { svg } from "./chart.js";

/** How long a new primary stays marked. */
const markedFor = 8000;

/** The node that holds the leader key and takes writes. */
export const primaryOf = (status) => status?.nodes.find((node) => node.role === "primary") ?? null;

/** Shows who is there. */
export function showTopology(status) {
  const primary = primaryOf(status);
  // A node that calls itself primary without the lease comes before the replicas, too.
  const rank = (node) => (node === primary ? 0 : node.role.startsWith("primary") ? 1 : 2);
  const nodes = [...status.nodes].sort((one, other) => rank(one) - rank(other));
  const follows = (node) => (node.role === "replica" && node.state === "streaming" && primary ? primary.name : null);
  const name = (one) => one.name;
  list(byId("nodes"), nodes.map((node) => ({ ...node, follows: follows(node) })), name, nodeCard);
  list(byId("poolers"), status.poolers, name, poolerCard);
  list(byId("members"), status.etcd, name, memberCard);
  byId("disk").textContent = diskWords(status.disk);
  drawLines(status);
}

const diskWords = (disk) => (disk
  ? `Disk under the volumes: ${bytes(disk.freeBytes)} of ${bytes(disk.sizeBytes)} free.`
  : "Disk under the volumes: not seen.");

/** Marks the card of a new primary for some seconds. */
export function markPrimary(name) {
  const card = cardOf("nodes", name);
  card?.classList.add("new");
  setTimeout(() => card?.classList.remove("new"), markedFor);
}

const cardOf = (id, name) => [...byId(id).children].find((card) => card.dataset.key === name);

function nodeCard(node, card) {
  card.classList.toggle("primary", node.role === "primary");
  const isFine = ["running", "streaming"].includes(node.state);
  const role = node.role === "-" ? "role not known" : node.role;
  return [
    element("h4", {}, node.name, " ", badge(roleTone(node.role), role)),
    element("dl", {},
      fact("State", badge(isFine ? "good" : "bad", node.state)),
      fact("Follows", node.follows),
      fact("Timeline", node.timeline),
      node.role === "replica" && fact("Lag", bytes(node.lagBytes)),
      node.synchronous && fact("Synchronous", "yes, commits wait for it"),
      node.maintenance && fact("Maintenance", badge("hint", "yes, it is left alone")),
      node.tags.length > 0 && fact("Tags", node.tags.join(", ")),
      fact("Address", element("code", {}, node.endpoint))),
  ];
}

const roleTone = (role) => (role === "primary" ? "strong" : role === "replica" ? "plain" : "bad");

function poolerCard(pooler) {
  return [
    element("h4", {}, pooler.name, " ", badge("plain", pooler.access)),
    element("dl", {},
      fact("State", badge(pooler.state === "serving" ? "good" : "bad", pooler.state)),
      fact("Leads to", pooler.nodes.length ? joined(pooler.nodes) : "no node"),
      fact("Servers", Number.isInteger(pooler.servers) ? count(pooler.servers, "connection") : "not seen"),
      fact("Address", element("code", {}, pooler.endpoint))),
  ];
}

function memberCard(member) {
  const tone = { leader: "strong", follower: "good", learner: "hint" }[member.state] ?? "bad";
  return [
    element("h4", {}, member.name, " ", badge(tone, member.state)),
    element("dl", {}, fact("Store", member.databaseBytes === undefined ? null : bytes(member.databaseBytes))),
  ];
}

/**
 * Draws the lines where the columns stand beside each other. On a narrow screen they do not, and the cards' own words ("Leads to",
 * "Follows") have to do.
 */
export function drawLines(status) {
  const drawing = byId("lines");
  const area = byId("topology").getBoundingClientRect();
  const edges = (id, name) => {
    const box = cardOf(id, name)?.getBoundingClientRect();
    return box && { left: box.left - area.left, right: box.right - area.left, y: box.top - area.top + box.height / 2 };
  };
  const isWide = byId("poolers").getBoundingClientRect().right <= byId("nodes").getBoundingClientRect().left;
  byId("lines-legend").hidden = !isWide;
  drawing.replaceChildren(...(isWide ? [...poolerLines(status, edges), ...replicaLines(status, edges)] : []));
}

function poolerLines(status, edges) {
  return status.poolers.flatMap((pooler) => pooler.nodes.flatMap((name) => {
    const [from, to] = [edges("poolers", pooler.name), edges("nodes", name)];
    if (!from || !to) return [];
    const kind = pooler.state !== "serving" ? "broken" : pooler.access === "read-write" ? "write" : "read";
    // Those of one kind end at one height, a little apart from those of the other.
    const end = to.y + (pooler.access === "read-write" ? -10 : 10);
    const middle = (from.right + to.left) / 2;
    const path = `M${from.right} ${from.y}C${middle} ${from.y} ${middle} ${end} ${to.left - 6} ${end}`;
    return [svg("path", { class: `line ${kind}`, d: path }), arrow(kind, to.left - 1, end, -8)];
  }));
}

function replicaLines(status, edges) {
  const primary = primaryOf(status);
  const from = primary && edges("nodes", primary.name);
  if (!from) return [];
  return status.nodes.filter((node) => node !== primary).flatMap((node, index) => {
    const to = edges("nodes", node.name);
    if (!to) return [];
    const kind = node.role === "replica" && node.state === "streaming" ? "wal" : "broken";
    const bus = from.right + 16 + index * 9;
    const path = `M${from.right} ${from.y + index * 7}H${bus}V${to.y}H${to.right + 6}`;
    return [svg("path", { class: `line ${kind}`, d: path }), arrow(kind, to.right + 1, to.y, 8)];
  });
}

const arrow = (kind, x, y, length) => svg("path", { class: `head ${kind}`, d: `M${x} ${y}l${length} -4v8z` });
