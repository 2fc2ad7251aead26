/** Buttons that make what people try and let Clockify fail; each says what it did, and how the add-ons answered. */

import { sim } from "./sim.js";

const LOOK_EVERY_MS = 500;
/** Longer than a delivery and its repeats take by default; what still waits then is said. */
const LOOKS = 60;
const KEPT = 30;
const FAIL_FOR_MS = 30_000;
/** Retry-After of a 429, so that Timewire knows when to call again. */
const RETRY_AFTER_SECONDS = 20;
const FAULTS = {
  limit: { kind: "status", status: 429, retryAfter: String(RETRY_AFTER_SECONDS) },
  error: { kind: "status", status: 500 },
  away: { kind: "cut" },
};
const byId = (id) => document.getElementById(id);

/** Runs until the returned function is called: for one person of one workspace. */
export function runSamples(who) {
  let over = false;
  let faultTimer;
  let failing;

  async function make(button, input) {
    const item = line(`${button.textContent.trim()}: being made`);
    try {
      const { made, deliveries } = await sim("makeSample", { ...who, ...input });
      showMade(item, made);
      await follow(item, deliveries);
    } catch (error) {
      fail(item, error);
    }
  }

  /** Looks until every delivery has its last answer. */
  async function follow(item, ids) {
    const list = document.createElement("ul");
    item.append(list);
    let shown = "";
    for (let look = 0; look < LOOKS && !over; look++) {
      const outcomes = await sim("deliveryOutcomes", { ids });
      const words = outcomes.map(outcomeWords);
      if (words.length === 0) words.push("No add-on wants this event: nothing was sent");
      // Unchanged lines are not read out again.
      if (words.join() !== shown) list.replaceChildren(...words.map((one) => text("li", one)));
      shown = words.join();
      if (outcomes.every(({ pending }) => pending === 0)) return;
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  }

  async function letFail(fault, button) {
    const item = line(`${button.textContent}: being set`);
    try {
      await sim("clearFaults");
      await lookAtFault();
      const { id } = await sim("addFault", { ...fault, count: null, forMs: FAIL_FOR_MS });
      failing = { id, item, what: button.textContent };
      await lookAtFault();
    } catch (error) {
      fail(item, error);
    }
  }

  async function lookAtFault() {
    clearTimeout(faultTimer);
    const faults = await sim("listFaults");
    const active = faults.find(({ state }) => state === "active");
    byId("recover").disabled = !active;
    byId("failing").textContent = active ? `Clockify fails: ${faultWords(active)}${untilWords(active)}` : "";
    const mine = faults.find(({ id }) => id === failing?.id);
    if (mine) failing.item.textContent = `${failing.what}: ${faultWords(mine)}, ${hitWords(mine)}`;
    if (active && !over) faultTimer = setTimeout(() => void lookAtFault().catch(() => {}), LOOK_EVERY_MS);
  }

  for (const button of document.querySelectorAll("[data-sample]")) {
    button.onclick = () => make(button, { what: button.dataset.sample });
  }
  for (const button of document.querySelectorAll("[data-fault]")) {
    button.onclick = () => letFail(FAULTS[button.dataset.fault], button);
  }
  byId("burst").onsubmit = (event) => {
    event.preventDefault();
    const count = byId("burst-count").valueAsNumber;
    void make(event.submitter ?? byId("burst").querySelector("button"), { what: "burst", count });
  };
  byId("recover").onclick = async () => {
    await sim("clearFaults").catch((error) => fail(line(""), error));
    await lookAtFault().catch(() => {});
  };
  void lookAtFault().catch(() => {});

  return () => {
    over = true;
    clearTimeout(faultTimer);
  };
}

/** A new line on top of what was done; the oldest go. */
function line(words) {
  const item = text("li", words);
  byId("made").querySelector(".none")?.remove();
  byId("made").prepend(item);
  while (byId("made").children.length > KEPT) byId("made").lastChild.remove();
  return item;
}

function fail(item, { message }) {
  item.className = "bad";
  item.textContent = message;
}

function showMade(item, made) {
  const [{ type, id, name }] = made;
  item.textContent = made.length === 1
    ? `Made ${type} "${name}" `
    : `Made ${made.length} objects, the first a ${type} "${name}" `;
  item.append(text("code", id));
}

function text(tag, words) {
  const element = document.createElement(tag);
  element.textContent = words;
  return element;
}

function outcomeWords({ event, to, sent, pending, answers, repeats }) {
  const times = (count) => sent === 1 ? "" : `${count} `;
  const said = answers.map(({ answer, count }) => `${times(count)}answered ${answer}`);
  if (pending > 0) said.push(`${times(pending)}without an answer yet`);
  if (repeats > 0) said.push(`${repeats} repeated`);
  return `${event} to ${to}: ${said.join(", ")}`;
}

function faultWords({ kind, status, retryAfter }) {
  if (kind === "status") return `${status} to every call${retryAfter ? `, Retry-After ${retryAfter}` : ""}`;
  return kind === "cut" ? "no answer to any call" : kind;
}

function untilWords({ endsAt }) {
  return endsAt === null ? "" : `, until ${new Date(endsAt).toLocaleTimeString()}`;
}

function hitWords({ state, hits, endsAt }) {
  const met = hits === 1 ? "1 call met it" : `${hits} calls met it`;
  return state === "active"
    ? `${met} so far`
    : `${met}; Clockify answers again since ${new Date(endsAt).toLocaleTimeString()}`;
}
