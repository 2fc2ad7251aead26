/** The viewer's own time tracker: a timer to start and stop, and the last entries, refreshed all the time. */

import { sim } from "./sim.js";

const READ_EVERY_MS = 1000;
const SHOWN = 8;
const byId = (id) => document.getElementById(id);

/**
 * Runs until the returned function is called. `acted` hears the title of the window message that Clockify sends for what
 * the person did, and the entry; `failed` a sentence.
 */
export function runTracker({ workspaceId, userId }, { acted, failed }) {
  const change = (method, path, body) => sim("change", { workspaceId, userId, method, path, body });
  const mine = `/user/${userId}/time-entries`;
  let running;
  let shown = "";
  let seenTags = new Map();
  let timer;
  let reads = 0;
  let over = false;

  async function read() {
    const number = ++reads;
    const entries = await change("GET", `${mine}?hydrated=true&page-size=${SHOWN}`);
    // A later look knows more: this one may have begun before the person did something.
    if (over || number !== reads) return;
    running = entries.find(({ timeInterval }) => timeInterval.end === null);
    const text = JSON.stringify(entries);
    if (text === shown) return;
    shown = text;
    byId("entries").replaceChildren(...entries.map((entry) => row(entry, seenTags.get(entry.id))));
    announce(entries, seenTags);
    seenTags = new Map(entries.map((entry) => [entry.id, entry.tagIds]));
    showTimer();
  }

  function showTimer() {
    const button = byId("start-stop");
    button.textContent = running ? "Stop" : "Start";
    button.className = running ? "stop" : "start";
    byId("elapsed").textContent = running ? clock(Date.now() - Date.parse(running.timeInterval.start)) : "0:00:00";
  }

  async function tick() {
    if (!document.hidden) await read().catch((error) => byId("news").textContent = error.message);
    if (over) return;
    showTimer();
    timer = setTimeout(tick, READ_EVERY_MS);
  }

  const attempt = (work) => async (event) => {
    event.preventDefault();
    try {
      await work();
      await read();
    } catch (error) {
      failed(error.message);
    }
  };
  const written = () => ({
    description: byId("description").value,
    ...(byId("project").value && { projectId: byId("project").value }),
  });
  byId("timer").onsubmit = attempt(async () => {
    if (running) return acted("TIME_ENTRY_STOPPED", await change("PATCH", mine, { end: instant(0) }));
    acted("TIME_ENTRY_STARTED", await change("POST", "/time-entries", written()));
    byId("description").value = "";
  });
  byId("add").onclick = attempt(async () => {
    const body = { ...written(), start: instant(-30), end: instant(0) };
    acted("TIME_ENTRY_CREATED", await change("POST", "/time-entries", body));
  });

  void change("GET", "/projects?archived=false").then((projects) => {
    const none = new Option("No project", "");
    byId("project").replaceChildren(none, ...projects.map(({ id, name }) => new Option(name, id)));
  }, (error) => failed(error.message));
  void tick();

  return () => {
    over = true;
    clearTimeout(timer);
  };
}

/** One entry; tags that were not there at the last look stand out. */
function row(entry, tagsBefore) {
  const { description, project, tags, timeInterval: { start, end } } = entry;
  const item = document.createElement("li");
  const part = (className, text) => {
    const span = document.createElement("span");
    span.className = className;
    span.textContent = text;
    item.append(span);
    return span;
  };
  part("what", description || "(no description)");
  part("project", project?.name ?? "No project");
  for (const { id, name } of tags) part(tagsBefore && !tagsBefore.includes(id) ? "tag fresh" : "tag", name);
  part("time", end ? clock(Date.parse(end) - Date.parse(start)) : "running");
  return item;
}

function announce(entries, seenTags) {
  for (const { id, description, tags } of entries) {
    const before = seenTags.get(id);
    const fresh = before ? tags.filter((tag) => !before.includes(tag.id)) : [];
    for (const { name } of fresh) byId("news").textContent = `"${description}" got the tag ${name}`;
  }
}

/** Minutes from now, to the second, as Clockify writes instants. */
function instant(minutes) {
  return new Date(Date.now() + minutes * 60_000).toISOString().slice(0, 19) + "Z";
}

/** Milliseconds as 1:02:03. */
function clock(ms) {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const two = (value) => String(value).padStart(2, "0");
  return `${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}
