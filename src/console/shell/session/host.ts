/**
 * The page that frames us: messages to it and from it, to and from its exact origin.
 * See docs/clockify-protocol.md "Messages".
 */

/** Titles of messages that may change theme, language or time zone. */
const PROFILE_TITLES = ["PROFILE_UPDATED", "USER_SETTINGS_UPDATED", "WORKSPACE_SETTINGS_UPDATED"];
const ANSWER_MS = 5_000;

export interface Host {
  /** A new user token, or undefined when the host gives none. */
  refreshToken(): Promise<string | undefined>;
  /** Shows a toast in Clockify. */
  toast(type: "info" | "warning" | "success" | "error", message: string): void;
  /** Opens a place of Clockify; "tracker" is the only one listed. */
  navigate(type: "tracker"): void;
  /** From now on messages go to these origins only, `*.` allowed; the verified session names them. */
  trust(origins: readonly string[]): void;
  /** Calls back when the viewer's profile or settings changed. */
  onProfile(listener: () => void): () => void;
}

/** The host, or undefined when the page stands alone. */
export function openHost(): Host | undefined {
  if (globalThis.top === globalThis.self || !globalThis.top) return undefined;
  const { top } = globalThis;
  const origin = originOfHost();
  const profileListeners = new Set<() => void>();
  let trusted: readonly string[] | undefined;
  /** The token request in progress: all callers share it. */
  let asked: { answer: Promise<string | undefined>; settle(token: string | undefined): void } | undefined;

  const allowed = () => origin !== undefined && (trusted === undefined || trusted.some((each) => fits(each, origin)));
  const post = (action: string, payload?: unknown) => {
    if (allowed()) top.postMessage(JSON.stringify({ action, payload }), origin!);
  };

  addEventListener("message", (event) => {
    if (event.origin !== origin || event.source !== top || !allowed()) return;
    const { title, body } = readMessage(event.data);
    if (title === "refreshAddonToken" && typeof body === "string") {
      asked?.settle(body);
    }
    if (PROFILE_TITLES.includes(title)) profileListeners.forEach((listener) => listener());
  });

  return {
    refreshToken: () => {
      if (!allowed()) return Promise.resolve(undefined);
      if (asked) return asked.answer;
      const { promise: answer, resolve } = Promise.withResolvers<string | undefined>();
      const settle = (token: string | undefined) => {
        clearTimeout(timer);
        asked = undefined;
        resolve(token);
      };
      const timer = setTimeout(() => settle(undefined), ANSWER_MS);
      asked = { answer, settle };
      post("refreshAddonToken");
      return answer;
    },
    toast: (type, message) => post("toastrPop", { type, message }),
    navigate: (type) => post("navigate", { type }),
    trust: (origins) => trusted = origins,
    onProfile: (listener) => {
      profileListeners.add(listener);
      return () => profileListeners.delete(listener);
    },
  };
}

/** The outermost page's origin; without ancestorOrigins (older Firefox) that of the page that loaded us. */
function originOfHost(): string | undefined {
  const { ancestorOrigins } = location as Location & { ancestorOrigins?: DOMStringList };
  if (ancestorOrigins && ancestorOrigins.length > 0) return ancestorOrigins[ancestorOrigins.length - 1];
  return document.referrer === "" ? undefined : new URL(document.referrer).origin;
}

/** True when `origin` is `pattern`, or below it where the pattern's host begins with `*.`. */
export function fits(pattern: string, origin: string): boolean {
  const wildcard = /^(https?:\/\/)\*(\..+)$/.exec(pattern);
  if (!wildcard) return pattern === origin;
  return origin.startsWith(wildcard[1]!) && origin.endsWith(wildcard[2]!) &&
    origin.length > wildcard[1]!.length + wildcard[2]!.length;
}

function readMessage(data: unknown): { title: string; body?: unknown } {
  let value = data;
  if (typeof value === "string") {
    try {
      value = JSON.parse(value);
    } catch {
      return { title: "" };
    }
  }
  if (typeof value !== "object" || value === null) return { title: "" };
  const { title, body } = value as { title?: unknown; body?: unknown };
  return { title: typeof title === "string" ? title : "", body };
}
