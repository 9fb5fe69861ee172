// What holds, in words, and what is still to be done.

import { badge, byId, count, element, list, time, words } from "./text.js";

/** The conditions that are good when true (`ConditionType.isGoodWhenTrue`); all others tell of trouble when they are true. */
const goodWhenTrue = new Set([
  "Ready", "PrimaryAvailable", "ReplicasStreaming", "SynchronousStandby", "EtcdHealthy", "SchemaCurrent", "RolesCurrent",
  "DatabasesCurrent", "Archiving", "BackupAvailable", "RestoreProven", "RepositoryVerified", "PoolerAvailable", "ConsoleAvailable",
  "ImagesCurrent", "MonitoringAvailable", "PrometheusAvailable",
]);

/** `bad` is the server's judgement; a hint is what is not as usual and worth a line, but no alarm. */
function tone(condition) {
  if (condition.bad) return "bad";
  return condition.status === (goodWhenTrue.has(condition.type) ? "True" : "False") ? "good" : "hint";
}

const marks = { bad: "Bad", hint: "Hint", good: "Good" };
const answers = { True: "yes", False: "no", Unknown: "not known" };

/** Shows the bad ones, the hints, and the good ones, which are folded. */
export function showConditions(conditions) {
  const [bad, hints, good] = ["bad", "hint", "good"].map((wanted) => conditions.filter((one) => tone(one) === wanted));
  // `Ready` repeats what another one says, so it comes last among the bad.
  bad.sort((one, other) => (one.type === "Ready") - (other.type === "Ready"));
  const key = (condition) => `${condition.type} ${condition.object}`;
  list(byId("bad"), bad, key, line);
  list(byId("hints"), hints, key, line);
  list(byId("good"), good, key, line);
  byId("conditions-summary").textContent =
    `${bad.length ? `${count(bad.length, "condition")} ${bad.length === 1 ? "is" : "are"} bad` : "No condition is bad"}` +
    `${hints.length ? `, and there ${hints.length === 1 ? "is 1 hint" : `are ${hints.length} hints`}` : ""}.`;
  byId("good-summary").textContent = count(good.length, "good condition");
  byId("good-box").hidden = good.length === 0;
}

function line(condition, item) {
  item.className = `condition ${tone(condition)}`;
  const since = condition.lastTransitionTime ? [" since ", time(condition.lastTransitionTime)] : [];
  return [
    element("p", {},
      badge(tone(condition), marks[tone(condition)]), " ",
      element("strong", {}, `${words(condition.type)}: ${answers[condition.status] ?? condition.status}`),
      element("span", { class: "muted" }, ` ${condition.object === "cluster" ? "" : `${condition.object}, `}${condition.reason}`, ...since)),
    element("p", {}, condition.message),
    condition.details.length > 0 && element("details", {},
      element("summary", {}, count(condition.details.length, "line")),
      element("pre", { tabindex: "0" }, condition.details.join("\n"))),
  ];
}

/** Shows what is waited for, what is wanted and not done now, and the plan with its price. */
export function showWork(status, plan) {
  const { waiting, pending } = status;
  list(byId("waiting"), waiting, String, String);
  list(byId("pending"), pending, (one) => `${one.object} ${one.action}`, (one) => [
    element("p", {}, element("strong", {}, one.object), `: ${one.action}`),
    element("p", { class: "muted" }, `Not done now: ${one.why}`),
  ]);
  list(byId("plan"), plan, (step) => `${step.object} ${step.action}`, (step) => [
    element("p", {}, element("strong", {}, step.object), `: ${step.action}`),
    element("p", { class: "muted" }, `Because ${step.why}`),
    element("p", {}, step.price ? `Price: ${step.price}` : "Price: nothing is interrupted"),
  ]);
  for (const [id, items] of [["waiting", waiting], ["pending", pending], ["plan", plan]]) byId(`${id}-box`).hidden = !items.length;
  byId("idle").textContent =
    waiting.length || pending.length || plan.length ? "" : "Nothing is waited for, and nothing is left to do.";
}
