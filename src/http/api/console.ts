/** The console's page and its assets: what src/console/build.ts wrote, read once, served with a policy that lets nothing else run. */

import type { Context, Hono } from "hono";
import type { AppEnv } from "../server/app_env.ts";

export interface ConsoleAsset {
  type: string;
  /** By content encoding; "identity" is always there. */
  bodies: Map<string, Uint8Array<ArrayBuffer>>;
}

/** The built console. */
export interface ConsoleFiles {
  /** index.html, whose assets are named relative to it. */
  page: string;
  /** By file name below assets/; the names carry a hash of the content. */
  assets: ReadonlyMap<string, ConsoleAsset>;
}

export interface ConsoleRoutesDeps {
  /** Undefined when it was not built: then the page says how to. */
  files: ConsoleFiles | undefined;
  /** Where the page stands: "/ui", or "" for the root. */
  mount: string;
  /** Origins that may frame the page; none: no page may. */
  frameAncestors: readonly string[];
  /** The add-ons whose data the page can show, and below which path their /ui routes stand; "" is this listener. */
  addons: () => readonly { key: string; name: string; base: string }[];
  /** Where the page is the console of the Workflow Management API: below which its routes stand (API_PREFIX). */
  api?: string;
  /** Where operators of add-ons sign in for a session: below which its routes stand (API_PREFIX). */
  session?: string;
}

const FOLDER = new URL("../../console/dist/", import.meta.url);
const TYPES: Record<string, string> = {
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  svg: "image/svg+xml",
};
const ENCODINGS = [["br", "br"], ["gz", "gzip"]] as const;

/** What was built, or undefined when nothing was. */
export async function readConsole(): Promise<ConsoleFiles | undefined> {
  try {
    const page = await Deno.readTextFile(new URL("index.html", FOLDER));
    const assets = new Map<string, ConsoleAsset>();
    const names = await Array.fromAsync(Deno.readDir(new URL("assets/", FOLDER)), ({ name }) => name);
    for (const name of names) {
      const type = TYPES[name.split(".").at(-1)!];
      if (type === undefined) continue;
      const bodies = new Map([["identity", await Deno.readFile(new URL(`assets/${name}`, FOLDER))]]);
      for (const [suffix, encoding] of ENCODINGS) {
        if (!names.includes(`${name}.${suffix}`)) continue;
        bodies.set(encoding, await Deno.readFile(new URL(`assets/${name}.${suffix}`, FOLDER)));
      }
      assets.set(name, { type, bodies });
    }
    return { page, assets };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** The page at the mount, with a slash behind it or not, and below its /app/, where the console's own paths are; the assets below /assets/. */
export function mountConsole(
  app: Hono<AppEnv>,
  { files, mount, frameAncestors, addons, api, session }: ConsoleRoutesDeps,
) {
  const policy = pagePolicy(frameAncestors);
  const answer = (c: Context<AppEnv>) => {
    const headers = { "content-security-policy": policy, "cache-control": "no-store" };
    if (!files) return c.html(NOT_BUILT, 503, headers);
    const { basePath = "" } = c.env;
    return c.html(
      pageAt(files.page, {
        mount: basePath + mount,
        addons: addons().map((addon) => ({ ...addon, base: basePath + addon.base })),
        api,
        session,
      }),
      200,
      headers,
    );
  };
  if (mount !== "") app.get(mount, answer);
  // As people type it, and as proxies that add a slash ask for it.
  app.get(`${mount}/`, answer);
  app.get(`${mount}/app/*`, answer);
  app.get(`${mount}/assets/:file`, (c) => {
    const asset = files?.assets.get(c.req.param("file"));
    if (!asset) return c.notFound();
    const encoding = encodingFor(c.req.header("accept-encoding") ?? "", asset);
    return c.body(asset.bodies.get(encoding)!, 200, {
      "content-type": asset.type,
      // The name changes with the content.
      "cache-control": "public, max-age=31536000, immutable",
      vary: "accept-encoding",
      ...(encoding !== "identity" && { "content-encoding": encoding }),
    });
  });
}

/** Own scripts and styles by file, nothing inline, nothing of another host (ASVS 3.4.3, 3.4.6). */
function pagePolicy(frameAncestors: readonly string[]): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "object-src 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
    `frame-ancestors ${frameAncestors.length === 0 ? "'none'" : frameAncestors.join(" ")}`,
  ].join("; ");
}

/** The page with its own address filled in: paths of deep links have any depth, so its assets get whole ones. */
function pageAt(
  page: string,
  facts: { addons: ReturnType<ConsoleRoutesDeps["addons"]> } & Pick<ConsoleRoutesDeps, "mount" | "api" | "session">,
) {
  const content = JSON.stringify(facts).replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");
  return page.replaceAll('="./assets/', `="${facts.mount}/assets/`)
    .replace("</title>", () => `</title><meta name="timewire" content="${content}">`);
}

function encodingFor(accepted: string, { bodies }: ConsoleAsset): string {
  const wanted = accepted.split(",").map((part) => part.split(";")[0]!.trim());
  return ["br", "gzip"].find((encoding) => wanted.includes(encoding) && bodies.has(encoding)) ?? "identity";
}

const NOT_BUILT = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Timewire</title>
<h1>The console is not built</h1>
<p>Run <code>deno task console:build</code> and start again. Events are received and flows run meanwhile.</p></html>`;
