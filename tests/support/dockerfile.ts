/**
 * The Dockerfile's own steps, run without a container engine: each stage in a folder that bubblewrap shows as its root. What the
 * stages begin from (denoland/deno) is this machine's Deno and libraries. Needs root, and bubblewrap.
 */

import { dirname } from "node:path";
import { outputOf } from "./child.ts";

export interface Stage {
  /** Name behind AS. */
  name: string;
  from: string;
  steps: Step[];
}

export interface Step {
  instruction: string;
  /** What stands behind it, in one line. */
  text: string;
}

/** An image that was built: its files, and what the Dockerfile says of how it runs. */
export interface Image {
  folder: string;
  workdir: string;
  user: string;
  env: Record<string, string>;
  /** ENTRYPOINT and CMD together, without tini, which is not here. */
  command: string[];
  healthcheck: string[];
}

/** The stages in their order, with ARG values filled in. */
export function readDockerfile(text: string): Stage[] {
  const lines = text.split("\n").filter((line) => !line.startsWith("#")).join("\n").replaceAll(/\\\n\s*/g, "").split(
    "\n",
  );
  const args = new Map<string, string>();
  const stages: Stage[] = [];
  for (const line of lines.filter((line) => line.trim() !== "")) {
    const [, instruction, rest] = /^([A-Z]+)\s+(.*)$/.exec(line)!;
    const text = rest!.replaceAll(/\$\{(\w+)\}/g, (whole, name) => args.get(name) ?? whole);
    if (instruction === "ARG") args.set(text.split("=")[0]!, text.slice(text.indexOf("=") + 1));
    else if (instruction === "FROM") {
      const [, from, name] = /^(?:--\S+\s+)?(\S+)(?:\s+AS\s+(\S+))?$/.exec(text)!;
      stages.push({ name: name ?? "", from: from!, steps: [] });
    } else stages.at(-1)!.steps.push({ instruction: instruction!, text });
  }
  return stages;
}

/** Sources of COPY that come from the project's folder. */
export function copiedFiles(stages: Stage[]): string[] {
  return stages.flatMap(({ steps }) => steps).filter(({ instruction, text }) =>
    instruction === "COPY" && !/--from=/.test(text)
  )
    .flatMap(({ text }) => text.split(" ").filter((word) => !word.startsWith("--")).slice(0, -1));
}

/** Whether .dockerignore lets a path through: of the patterns that fit, the last decides. */
export function isSent(path: string, ignore: string): boolean {
  let sent = true;
  for (
    const line of ignore.split("\n").map((line) => line.trim()).filter((line) => line !== "" && !line.startsWith("#"))
  ) {
    const [pattern, lets] = line.startsWith("!") ? [line.slice(1), true] : [line, false];
    const expression = pattern.replaceAll(".", "\\.").replaceAll("**/", "(?:.*/)?").replaceAll(/(?<![.)])\*/g, "[^/]*");
    if (new RegExp(`^${expression}(?:/|$)`).test(path)) sent = lets;
  }
  return sent;
}

/**
 * Builds the stage `target` from the files of `context` below `root`. `cache` stands for the cache mounts; `prepare` may put
 * into the first stage's folder what an earlier build left.
 */
export async function buildImage(
  { context, target, root, cache, prepare }: {
    context: string;
    target: string;
    root: string;
    cache: string;
    prepare?: (folder: string) => Promise<void>;
  },
): Promise<Image> {
  const stages = readDockerfile(await Deno.readTextFile(`${context}/Dockerfile`));
  const ignore = await Deno.readTextFile(`${context}/.dockerignore`);
  const built = new Map<string, Image>();
  const wanted = stages.find(({ name }) => name === target)!;
  for (const stage of stages.slice(0, stages.indexOf(wanted) + 1)) {
    const base = built.get(stage.from);
    const isOther = base !== undefined && stage !== wanted;
    if (isOther) continue;
    const image: Image = base ? { ...base, env: { ...base.env } } : emptyImage(`${root}/${stage.name}`);
    await Deno.mkdir(image.folder, { recursive: true });
    for (const step of stage.steps) await apply(step, { image, context, ignore, built, cache, prepare });
    built.set(stage.name, image);
  }
  return built.get(target)!;
}

function emptyImage(folder: string): Image {
  return { folder, workdir: "/", user: "0:0", env: { PATH: "/usr/bin:/bin" }, command: [], healthcheck: [] };
}

interface Building {
  image: Image;
  context: string;
  ignore: string;
  built: Map<string, Image>;
  cache: string;
  prepare?: (folder: string) => Promise<void>;
}

async function apply({ instruction, text }: Step, building: Building) {
  const { image, cache, prepare } = building;
  switch (instruction) {
    case "WORKDIR":
      image.workdir = text;
      return await Deno.mkdir(`${image.folder}${text}`, { recursive: true });
    case "ENV":
      for (const [, name, value] of text.matchAll(/(\w+)=(\S+)/g)) image.env[name!] = value!;
      return;
    case "USER":
      image.user = text;
      return;
    case "ENTRYPOINT":
      image.command = JSON.parse(text).slice(2);
      return;
    case "CMD":
      image.command = [...image.command, ...JSON.parse(text)];
      return;
    case "HEALTHCHECK":
      image.healthcheck = JSON.parse(text.slice(text.indexOf("[")));
      return;
    case "COPY":
      return await copy(text, building);
    case "RUN": {
      await prepare?.(`${image.folder}${image.workdir}`);
      const mounts = [...text.matchAll(/--mount=type=cache,id=\S+,target=(\S+)/g)].flatMap((
        [, at],
      ) => ["--bind", cache, at!]);
      const command = text.replaceAll(/--mount=\S+\s+/g, "");
      await outputOf(
        new Deno.Command("bwrap", {
          args: [
            ...[...buildRoot(image), ...mounts, ...environment(image, ofTheMachine()), "--chdir", image.workdir],
            ...["/bin/sh", "-euc", command],
          ],
        }),
      );
    }
  }
}

async function copy(text: string, { image, context, ignore, built }: Building) {
  const words = text.split(" ");
  const from = built.get(/--from=(\S+)/.exec(text)?.[1] ?? "");
  const owner = /--chown=(\d+):(\d+)/.exec(text);
  const paths = words.filter((word) => !word.startsWith("--"));
  const to = paths.pop()!;
  const place = to.startsWith("/") ? `${image.folder}${to}` : `${image.folder}${image.workdir}/${to}`;
  for (const path of paths) {
    const source = from ? `${from.folder}${path}` : `${context}/${path}`;
    const target = to.endsWith("/") ? `${place}${path.slice(path.lastIndexOf("/") + 1)}` : place;
    await copyTree(source, target, from ? () => true : (child) => isSent(`${path}${child}`, ignore));
    if (owner) await Deno.chown(target, Number(owner[1]), Number(owner[2]));
  }
}

/** A file, or a folder with those of its files whose path behind it passes. */
async function copyTree(source: string, target: string, passes: (path: string) => boolean, path = "") {
  const info = await Deno.stat(source);
  if (!passes(path)) return;
  if (info.isFile) {
    await Deno.mkdir(dirname(target), { recursive: true });
    return await Deno.copyFile(source, target);
  }
  await Deno.mkdir(target, { recursive: true });
  for await (const { name } of Deno.readDir(source)) {
    await copyTree(`${source}/${name}`, `${target}/${name}`, passes, `${path}/${name}`);
  }
}

/** As a Debian image has it, with the network: npm packages are fetched. */
function buildRoot({ folder }: Image): string[] {
  return [
    ...[
      "--bind",
      folder,
      "/",
      "--ro-bind",
      "/usr",
      "/usr",
      "--ro-bind",
      "/etc",
      "/etc",
      "--dev",
      "/dev",
      "--proc",
      "/proc",
    ],
    ...["--symlink", "usr/lib", "/lib", "--symlink", "usr/lib64", "/lib64", "--tmpfs", "/tmp", "--tmpfs", "/root"],
    ...[
      "--ro-bind",
      "/usr/bin/dash",
      "/bin/sh",
      "--ro-bind",
      Deno.execPath(),
      "/bin/deno",
      "--unshare-pid",
      "--clearenv",
    ],
  ];
}

/** How this machine reaches the npm packages: its certificates and proxies. */
function ofTheMachine(): Record<string, string> {
  const names =
    /^(DENO_TLS_CA_STORE|DENO_CERT|SSL_CERT_(FILE|DIR)|NODE_EXTRA_CA_CERTS|NPM_CONFIG_REGISTRY|HTTPS?_PROXY|NO_PROXY)$/i;
  return Object.fromEntries(Object.entries(Deno.env.toObject()).filter(([name]) => names.test(name)));
}

function environment({ env }: Image, more: Record<string, string> = {}): string[] {
  return Object.entries({ ...env, ...more }).flatMap(([name, value]) => ["--setenv", name, value]);
}

const MOUNT_POINTS = ["usr/lib", "usr/lib64", "lib", "lib64", "etc/ssl", "proc", "dev", "tmp", "bin"];

/**
 * A command in the built image as compose.yaml and Kubernetes run it: read-only root, the image's user by number, no
 * capabilities, no new privileges; no shell is there. `writable` folders of the image are the exception.
 */
export async function inImage(
  image: Image,
  command: string[],
  { env = {}, writable = [] }: { env?: Record<string, string>; writable?: string[] } = {},
): Promise<Deno.Command> {
  const { folder, workdir, user } = image;
  for (const place of MOUNT_POINTS) await Deno.mkdir(`${folder}/${place}`, { recursive: true });
  for (const file of ["bin/deno", "setpriv"]) await Deno.writeTextFile(`${folder}/${file}`, "");
  const [uid, gid] = user.split(":");
  return new Deno.Command("bwrap", {
    args: [
      ...["--ro-bind", folder, "/", "--ro-bind", "/usr/lib", "/usr/lib", "--ro-bind", "/usr/lib", "/lib"],
      ...["--ro-bind", "/usr/lib64", "/lib64", "--ro-bind", "/etc/ssl", "/etc/ssl", "--dev", "/dev", "--proc", "/proc"],
      ...["--ro-bind", Deno.execPath(), "/bin/deno", "--ro-bind", "/usr/bin/setpriv", "/setpriv"],
      ...writable.flatMap((place) => ["--bind", `${folder}${place}`, place]),
      ...[
        "--unshare-ipc",
        "--unshare-uts",
        "--die-with-parent",
        "--clearenv",
        ...environment(image, env),
        "--chdir",
        workdir,
      ],
      ...["/setpriv", `--reuid=${uid}`, `--regid=${gid}`, "--clear-groups", "--inh-caps=-all", "--bounding-set=-all"],
      ...["--no-new-privs", ...command],
    ],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
}
