/** Debian's Chromium for tests: finds it, opens watched pages, and says what a page did that it should not. */

import { assertEquals } from "@std/assert";
import { AxeBuilder } from "@axe-core/playwright";
import { type Browser, chromium, type Page } from "playwright-core";
import { analyzeWithFrames, hasAxe } from "./axe_frames.ts";
import { isKept } from "./together.ts";

/** Loading a page on a slow, shared machine; for one action and one navigation. */
const PATIENCE_MS = 120_000;
const LAUNCH_MS = 120_000;
// The shell first: it draws the same pages without a window of its own, for a third less of a processor.
const PLACES = [
  "/usr/bin/chromium-headless-shell",
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/usr/bin/google-chrome-stable",
];
/** Puts CSP violations of every frame where we read them: on its console. */
const VIOLATION = "securitypolicyviolation:";

/** What a page of tests keeps from its beginning. */
export const KEPT_FROM_BEFORE = JSON.stringify({ "timewire.flow-view": "list" });

/** As a viewer has it who chose the list before. Pages that may keep nothing, as about:blank, are left alone. */
const SHOW_LISTS = `try {
  if (localStorage.getItem("timewire.flow-view") === null) localStorage.setItem("timewire.flow-view", "list");
} catch {}`;

export interface TestBrowser {
  openPage(options?: PageOptions): Promise<WatchedPage>;
  stop(): Promise<void>;
}

export interface PageOptions {
  /** What the browser says it prefers; light when absent. */
  theme?: "light" | "dark";
  /** CSS pixels; 1280 x 800 when absent. */
  viewport?: { width: number; height: number };
  locale?: string;
  /** IANA name; UTC when absent. */
  timeZone?: string;
  /** How flows are shown: as a list unless the choice is left to the page. */
  flowView?: "by room";
}

/** What a page did wrong, with its own words. */
export interface Problem {
  kind: "console" | "exception" | "csp" | "request" | "foreign";
  text: string;
}

export interface WatchedPage {
  page: Page;
  /** Everything seen so far, in order, of the page and its frames. */
  problems: Problem[];
  /** Fails with the problems that no pattern of `except` fits. A request to another machine is never excused. */
  assertClean(except?: readonly RegExp[]): void;
  close(): Promise<void>;
}

/** Path of Chromium: CHROMIUM_PATH or where Debian and others put it. Throws with what to install. */
export function chromiumPath(): string {
  const named = Deno.env.get("CHROMIUM_PATH");
  const found = (named ? [named] : PLACES).find(isFile);
  if (found) return found;
  throw new Error(
    named
      ? `Cannot start the browser: CHROMIUM_PATH names ${named}, which is no file`
      : "Cannot start the browser: no Chromium here. Install it (Debian: apt-get install chromium fonts-liberation fonts-dejavu-core) or set CHROMIUM_PATH",
  );
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

/** The one browser of an isolate: starting it takes longer than most tests. */
let shared: Promise<Browser> | undefined;

/** The files of an isolate share it, each page in a context of its own; stopped by the last of them. */
export async function openBrowser(): Promise<TestBrowser> {
  const browser = await (shared ??= launch());
  return {
    openPage: (options = {}) => openPage(browser, options),
    stop: async () => {
      if (!isKept(stopShared)) await stopShared();
    },
  };
}

async function stopShared(): Promise<void> {
  await (await shared)?.close();
  shared = undefined;
}

async function launch(): Promise<Browser> {
  return await chromium.launch({
    executablePath: chromiumPath(),
    timeout: LAUNCH_MS,
    args: [
      // Chromium's sandbox refuses to start as root, which test machines often are.
      ...(Deno.uid() === 0 ? ["--no-sandbox"] : []),
      "--disable-dev-shm-usage",
      // No name but loopback resolves: a page that asks elsewhere is caught, not served.
      "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
    ],
  });
}

async function openPage(browser: Browser, options: PageOptions): Promise<WatchedPage> {
  const context = await browser.newContext({
    viewport: options.viewport ?? { width: 1280, height: 800 },
    colorScheme: options.theme ?? "light",
    locale: options.locale ?? "en-GB",
    timezoneId: options.timeZone ?? "UTC",
    reducedMotion: "reduce",
  });
  context.setDefaultTimeout(PATIENCE_MS);
  await context.addInitScript(`addEventListener("securitypolicyviolation", (violation) =>
    console.info(${
    JSON.stringify(VIOLATION)
  }, violation.effectiveDirective, violation.blockedURI, violation.sourceFile))`);
  if (options.flowView === undefined) await context.addInitScript(SHOW_LISTS);
  const page = await context.newPage();
  const problems = watch(page);
  return {
    page,
    problems,
    assertClean(except = []) {
      const left = problems.filter(({ kind, text }) => kind === "foreign" || !except.some((one) => one.test(text)));
      assertEquals(left, [], "The page did what it should not");
    },
    close: () => context.close(),
  };
}

function watch(page: Page): Problem[] {
  const problems: Problem[] = [];
  // No token in a test's output.
  const note = (kind: Problem["kind"], text: string) =>
    problems.push({ kind, text: text.replace(/\bauth_token=[\w.-]+/g, "auth_token=…") });
  page.on("console", (message) => {
    const text = message.text();
    if (text.startsWith(VIOLATION) || /content security policy/i.test(text)) note("csp", text);
    else if (message.type() === "error") note("console", `${text} (${message.location().url})`);
  });
  page.on("pageerror", (error) => note("exception", error.stack ?? error.message));
  page.on("request", (request) => {
    if (!isLocal(request.url())) note("foreign", `${request.method()} ${request.url()}`);
  });
  page.on("requestfailed", (request) => {
    const reason = request.failure()?.errorText ?? "failed";
    // What a page drops itself: a stream at leaving, a request that a newer one replaced.
    if (reason !== "net::ERR_ABORTED") note("request", `${request.method()} ${request.url()}: ${reason}`);
  });
  return problems;
}

function isLocal(address: string): boolean {
  const url = new URL(address);
  if (!/^(https?|wss?):$/.test(url.protocol)) return true;
  return /^(127(\.\d+){3}|localhost|\[::1\])$/.test(url.hostname);
}

/**
 * Serious and critical faults that axe-core finds in the page and its frames, one line each; empty when there are none.
 * `only`: by these rules.
 */
export async function axe(
  page: Page,
  { include, only }: { include?: string; only?: string[] } = {},
): Promise<string[]> {
  const { violations } = await analyze(page, include === undefined ? [] : [include], {
    // Off by itself: targets of at least 24 px (WCAG 2.2). Of what is no violation one element is named, not all.
    rules: { "target-size": { enabled: true } },
    resultTypes: ["violations"],
    ...(only && { runOnly: { type: "rule", values: only } }),
  });
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, impact, help, nodes }) =>
      nodes.map(({ target, failureSummary }) =>
        `${id} (${impact}): ${help}: ${target.join(" ")}: ${failureSummary?.replaceAll("\n", " ")}`
      )
    );
}

/**
 * As the package does it, axe-core's 600 kB are read again for each look, and once more in a blank page that puts the results
 * of the frames together: half a second each. A page keeps axe-core from look to look, and so do its frames.
 */
async function analyze(page: Page, include: string[], options: Parameters<AxeBuilder["options"]>[0]) {
  if (page.frames().length > 1) return await analyzeWithFrames(page, options, include);
  const builder = new AxeBuilder({ page, ...(await hasAxe(page) && { axeSource: "void 0" }) });
  for (const selector of include) builder.include(selector);
  return await builder.setLegacyMode().options(options).analyze();
}
