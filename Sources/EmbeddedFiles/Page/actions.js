// What a person with the token may do. The token is in this module's memory alone: in no storage, in no URL, in no element.

import { byId, element } from "./text.js";

let token = null;
/** What the page shows now decides what can be chosen. */
let statusNow = () => null;
let allowed = [];
/** The action in the dialog: `{verb, values, confirm, isSent}`. */
let asked = null;

const nodeNames = (role) => statusNow().nodes.filter((node) => !role || node.role === role).map((node) => [node.name, node.name]);

/** What can be asked for, and what has to be said with it. A choice without a value stands for null. */
const verbs = {
  switchover: {
    title: "Switch over",
    about: "Another node becomes the primary.",
    fields: [{ name: "to", label: "New primary", choices: () => [["", "the standby that is least behind"], ...nodeNames("replica")] }],
  },
  backup: {
    title: "Back up",
    about: "A backup is taken now, beside the schedule.",
    fields: [{ name: "type", label: "Type", choices: () => [["full", "full"], ["diff", "differential"], ["incr", "incremental"]] }],
  },
  pause: {
    title: "Pause",
    about: "The controller leaves the cluster or one node alone until it is told to resume.",
    fields: [
      { name: "node", label: "What", choices: () => [["", "the whole cluster"], ...nodeNames()] },
      { name: "reason", label: "Reason, for others to read" },
    ],
  },
  resume: {
    title: "Resume",
    about: "A pause ends, and the controller acts again.",
    fields: [{ name: "node", label: "What", choices: () => [["", "the whole cluster"], ...nodeNames()] }],
  },
  restart: {
    title: "Restart",
    about: "PostgreSQL on one node is restarted.",
    fields: [{ name: "node", label: "Node", choices: () => nodeNames() }],
  },
};

/** Takes what the server allows. */
export function allowActions(names) {
  const known = Object.keys(verbs).filter((verb) => names.includes(verb));
  const isNew = known.join() !== allowed.join();
  allowed = known;
  if (isNew) showControls();
}

function showControls() {
  byId("signin").hidden = token !== null || allowed.length === 0;
  const buttons = token === null ? [] : allowed.map((verb) => button(`${verbs[verb].title}…`, () => ask(verb)));
  if (token !== null) buttons.push(button("Sign out", () => signOut("Signed out.")));
  byId("actions").replaceChildren(...(buttons.length ? [element("div", { class: "row", role: "group", "aria-label": "Actions" }, ...buttons)] : []));
}

function button(text, act) {
  const made = element("button", { type: "button" }, text);
  made.addEventListener("click", act);
  return made;
}

/** Whom to call when something was done, so that the page asks for the news at once. */
let done = () => {};

/** Wires the form and the dialog. */
export function prepareActions(status, whenDone) {
  [statusNow, done] = [status, whenDone];
  byId("insecure").hidden = window.isSecureContext;
  // The page never submits a form: each is read here, and the policy `form-action 'none'` would refuse it besides.
  on("signin-form", "submit", signIn);
  on("dialog-form", "submit", send);
  byId("dialog-cancel").addEventListener("click", () => byId("dialog").close());
  // The event comes a little later than the end: by then the dialog may be open again, for something else.
  byId("dialog").addEventListener("close", () => byId("dialog").open || (asked = null));
}

const on = (id, name, act) => byId(id).addEventListener(name, (event) => {
  event.preventDefault();
  act();
});

/** The price of an action tells whether the token is right: asking for it changes nothing. */
async function signIn() {
  const field = byId("token");
  const typed = field.value.trim();
  field.value = "";
  if (!typed || !allowed.length) return;
  if (/[^!-~]/.test(typed)) return say("A token has no spaces and no letters beyond ASCII.");
  const verb = allowed.includes("pause") ? "pause" : allowed[0];
  const answer = await call("GET", verb, typed, verb === "backup" ? { type: "full" } : {});
  if (answer.status === 401 || answer.status === 0) return say(answer.message || "The token is not the right one.");
  token = typed;
  byId("signin").open = false;
  showControls();
  say("Signed in.");
  byId("actions").querySelector("button")?.focus();
}

function signOut(message) {
  token = null;
  if (byId("dialog").open) byId("dialog").close();
  showControls();
  say(message);
  byId("signin").querySelector("summary").focus();
}

const say = (message) => (byId("answer").textContent = message);

/** One request; a status of 0 where no answer came. What changes nothing is asked again, for the network changes now and then. */
async function call(method, verb, bearer, values, attempts = method === "GET" ? 3 : 1) {
  const headers = { Authorization: `Bearer ${bearer}` };
  const options = { method, headers, cache: "no-store", credentials: "omit", redirect: "error" };
  let address = `api/actions/${verb}`;
  if (method === "POST") {
    headers["Content-Type"] = "application/json";
    options.body = JSON.stringify(values);
  } else {
    const known = Object.entries(values).filter(([, value]) => value !== null);
    if (known.length) address += `?${new URLSearchParams(known)}`;
  }
  try {
    const answer = await fetch(address, options);
    const body = await answer.json().catch(() => ({}));
    return { status: answer.status, ok: answer.ok, message: body.message ?? "", price: body.price, confirm: body.confirm };
  } catch {
    if (attempts < 2) return { status: 0, ok: false, message: "No answer came. Look at the events before you ask again." };
    await new Promise((resume) => setTimeout(resume, 500));
    return call(method, verb, bearer, values, attempts - 1);
  }
}

/** Opens the dialog of a verb. */
function ask(verb) {
  const { title, about, fields } = verbs[verb];
  asked = { verb, values: {}, confirm: null };
  byId("dialog-title").textContent = title;
  byId("dialog-send").textContent = title;
  byId("dialog-about").textContent = about;
  byId("dialog-fields").replaceChildren(...fields.map(fieldOf));
  say("");
  byId("dialog").showModal();
  loadPrice();
}

function fieldOf({ name, label, choices }) {
  const id = `dialog-${name}`;
  const field = choices
    ? element("select", { id, name }, ...choices().map(([value, text]) => element("option", { value }, text)))
    : element("input", { id, name, autocomplete: "off", maxlength: "500" });
  // A reason has no price, and does not belong into an address.
  if (choices) field.addEventListener("change", loadPrice);
  return element("div", { class: "field" }, element("label", { for: id }, label), field);
}

/** What is chosen in the dialog. */
function values() {
  const fields = [...byId("dialog-fields").querySelectorAll("select, input")];
  return Object.fromEntries(fields.map((field) => [field.name, field.value || (field.tagName === "SELECT" ? null : "")]));
}

/** Shows the price of what is chosen; nothing can be confirmed before. */
async function loadPrice() {
  const mine = asked;
  mine.values = values();
  mine.confirm = null;
  allowConfirmation("");
  byId("dialog-price").textContent = "Asking for the price.";
  const chosen = mine.values;
  const { reason, ...priced } = chosen;
  const answer = await call("GET", mine.verb, token, priced);
  // Meanwhile the dialog may be closed, or something else chosen.
  if (asked !== mine || mine.values !== chosen) return;
  if (answer.status === 401) return signOut(answer.message || "The token is not valid any more.");
  if (!answer.ok || !answer.confirm) {
    byId("dialog-price").textContent = "";
    byId("dialog-error").textContent = answer.message || `The controller refuses this (${answer.status}).`;
    return;
  }
  mine.confirm = answer.confirm;
  byId("dialog-price").textContent = `Price: ${answer.price}`;
  allowConfirmation(answer.confirm);
}

function allowConfirmation(word) {
  byId("dialog-error").textContent = "";
  byId("dialog-word").textContent = word || "the name that follows";
  byId("dialog-confirm").value = "";
  byId("dialog-confirm").disabled = byId("dialog-send").disabled = word === "";
}

/** Sends the action once, and only with the right word. */
async function send() {
  const mine = asked;
  if (!mine?.confirm || mine.isSent) return;
  const typed = byId("dialog-confirm").value.trim();
  if (typed !== mine.confirm) {
    byId("dialog-error").textContent = `That is not ${mine.confirm}. Nothing was sent.`;
    byId("dialog-confirm").focus();
    return;
  }
  mine.isSent = byId("dialog-send").disabled = true;
  const answer = await call("POST", mine.verb, token, { ...values(), confirm: typed });
  if (answer.status === 401) return signOut(answer.message || "The token is not valid any more.");
  if (answer.ok) {
    if (asked === mine) byId("dialog").close();
    say(answer.message || "The controller was asked.");
    return done();
  }
  const message = answer.message || `The controller refuses this (${answer.status}).`;
  if (asked !== mine) return say(message);
  byId("dialog-error").textContent = message;
  mine.isSent = byId("dialog-send").disabled = false;
}
