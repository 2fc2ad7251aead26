/** The host page: who looks at which add-on page of which workspace, and what is said between the two. */

import { openFrame } from "./frame.js";
import { runSamples } from "./samples.js";
import { sim } from "./sim.js";
import { runTracker } from "./tracker.js";

const TRACKER = "tracker";
const TIME_ZONES = [
  "UTC",
  "Europe/London",
  "Europe/Lisbon",
  "Europe/Stockholm",
  "America/New_York",
  "America/Denver",
  "Asia/Tokyo",
];
const TOASTS = ["info", "warning", "success", "error"];
const TOAST_MS = 6000;
const KEPT_MESSAGES = 30;
const byId = (id) => document.getElementById(id);

let workspaces = [];
let pages = [];
/** Keys of the address: workspace, viewer, addon (its key, or "tracker"). */
const place = Object.fromEntries(new URLSearchParams(location.search));
let frame;
let stopTracker;
let stopSamples;

const workspace = () => workspaces.find(({ id }) => id === place.workspace) ?? workspaces[0];
const viewer = () => workspace().users.find(({ id }) => id === place.viewer) ?? workspace().users[0];
const isAdmin = () => /^(OWNER|WORKSPACE_ADMIN)$/.test(viewer().role);

/** Loads and shows everything: at the start and when workspace or viewer change. */
async function show() {
  workspaces = await sim("workspaces");
  pages = await sim("listAddonPages", { workspaceId: workspace().id });
  const chosen = pages.find(({ addonKey }) => addonKey === place.addon) ?? pages[0];
  place.addon = place.addon === TRACKER || !chosen ? TRACKER : chosen.addonKey;
  fill("workspace", workspaces.map(({ id, name }) => [id, name]), workspace().id);
  fill("viewer", workspace().users.map(({ id, name, role }) => [id, `${name} (${spoken(role)})`]), viewer().id);
  showSettings(viewer());
  stopTracker?.();
  stopSamples?.();
  const who = { workspaceId: workspace().id, userId: viewer().id };
  stopTracker = runTracker(who, {
    acted: (title, entry) => frame?.post(title, entry),
    failed: (text) => toast("error", text),
  });
  stopSamples = runSamples(who);
  await open(place.addon);
}

/** Shows an add-on's page, or the tracker alone. */
async function open(addon) {
  place.addon = addon;
  history.replaceState(
    null,
    "",
    `/?${new URLSearchParams({ ...place, workspace: workspace().id, viewer: viewer().id })}`,
  );
  showSidebar();
  frame?.close();
  frame = undefined;
  const page = pages.find(({ addonKey }) => addonKey === addon);
  document.body.classList.toggle("alone", !page);
  if (!page) return;
  const token = await newToken();
  // Another page may have been chosen meanwhile.
  if (place.addon !== addon || frame) return;
  frame = openFrame(byId("place"), { page, token, act: (...said) => attempt(() => act(...said)), note });
}

function newToken() {
  return sim("userToken", { workspaceId: workspace().id, userId: viewer().id, addonKey: place.addon });
}

/** What the framed page asks for. */
async function act(action, payload) {
  switch (action) {
    case "refreshAddonToken":
      return frame?.post("refreshAddonToken", await newToken());
    case "navigate":
      return payload.type === TRACKER ? await open(TRACKER) : note("Only the tracker can be navigated to");
    case "toastrPop":
      return toast(payload.type, String(payload.message ?? ""));
    case "preview":
      return toast("info", "Clockify would open the add-on's page in its marketplace");
    default:
      note(`Unknown action ${action}`);
  }
}

/** Stores the viewer's choice and notifies the framed page, which then asks for a token with the same claims. */
async function changeSettings(title, change) {
  const settings = await sim("setUserSettings", { workspaceId: workspace().id, userId: viewer().id, ...change });
  Object.assign(viewer(), settings);
  showSettings(settings);
  frame?.post(title);
}

function showSettings({ theme, language, timeZone }) {
  document.documentElement.dataset.theme = theme;
  byId("theme").value = theme;
  byId("language").value = language;
  fill("time-zone", [...new Set([timeZone, ...TIME_ZONES])].map((zone) => [zone, zone]), timeZone);
}

/** Members see no page that is for admins; an address that names it opens it, as a link with a token would. */
function showSidebar() {
  const entries = pages.filter(({ accessLevel }) => accessLevel === "EVERYONE" || isAdmin());
  byId("sidebar").replaceChildren(
    ...[{ addonKey: TRACKER, label: "Time tracker" }, ...entries].map(({ addonKey, label }) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = label;
      if (addonKey === place.addon) button.setAttribute("aria-current", "page");
      button.onclick = () => attempt(() => open(addonKey));
      return button;
    }),
  );
}

function fill(id, options, chosen) {
  byId(id).replaceChildren(...options.map(([value, text]) => new Option(text, value, false, value === chosen)));
}

function spoken(role) {
  return role.replace("WORKSPACE_", "").toLowerCase();
}

function toast(type, message) {
  const item = document.createElement("p");
  item.className = TOASTS.includes(type) ? type : "info";
  item.textContent = message.slice(0, 300);
  byId("toasts").append(item);
  setTimeout(() => item.remove(), TOAST_MS);
}

function note(line) {
  const item = document.createElement("li");
  item.textContent = `${new Date().toLocaleTimeString()} ${line}`;
  byId("messages").append(item);
  while (byId("messages").children.length > KEPT_MESSAGES) byId("messages").firstChild.remove();
}

async function attempt(work) {
  try {
    await work();
  } catch (error) {
    toast("error", error.message);
  }
}

byId("workspace").onchange = (event) => {
  Object.assign(place, { workspace: event.target.value, viewer: "" });
  void attempt(show);
};
byId("viewer").onchange = (event) => {
  place.viewer = event.target.value;
  void attempt(show);
};
const onSetting = (id, title, name) =>
  byId(id).onchange = (event) => attempt(() => changeSettings(title, { [name]: event.target.value }));
onSetting("theme", "USER_SETTINGS_UPDATED", "theme");
onSetting("language", "PROFILE_UPDATED", "language");
onSetting("time-zone", "PROFILE_UPDATED", "timeZone");
await attempt(show);
