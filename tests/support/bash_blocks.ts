/** The bash blocks of the operators' pages, run below a folder in place of the machine's own, with what is not here put in its place. */

import { fileURLToPath } from "node:url";
import { parse, parseAllDocuments } from "yaml";
import { inherited, outputOf } from "./child.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
/** A container engine, a cluster, an init system, and what would take minutes: what they are asked is noted. */
const ELSEWHERE = ["docker", "kubectl", "systemctl", "journalctl", "certbot", "nginx", "git", "deno"];

/** A machine of which a block may write to /etc, /opt, /usr and /var. */
export interface Machine {
  /** In place of `/`, with what a clone of this project has in its `work`. */
  folder: string;
  /** Runs a block; gives what it printed. Throws with what it said when it fails. */
  run(block: string): Promise<string>;
  /** What was asked of commands that are not here, in words. */
  asked(): Promise<string[][]>;
  remove(): Promise<void>;
}

/** `ports`: where the ports of the pages are served; `journal`: what journalctl prints. */
export async function makeMachine(
  { ports, journal }: { ports: Record<string, string>; journal: string },
): Promise<Machine> {
  const folder = await Deno.makeTempDir({ prefix: "timewire-machine-" });
  const work = `${folder}/work`;
  for (const path of ["work", "stubs", "etc/nginx", "etc/systemd/system", "opt/timewire", "usr/local/bin", "var"]) {
    await Deno.mkdir(`${folder}/${path}`, { recursive: true });
  }
  for (const place of [work, `${folder}/opt/timewire`]) {
    await outputOf(new Deno.Command("cp", { args: ["-r", "deploy", ".env.example", place], cwd: ROOT }));
  }
  // The binary of Deno that the page installs lies in the folder where its reader is.
  await Deno.writeTextFile(`${work}/deno`, "");
  await Deno.writeTextFile(`${folder}/journal`, journal);
  for (const name of ELSEWHERE) {
    const answer = name === "journalctl" ? `cat ${folder}/journal` : "true";
    const stub =
      `#!/bin/sh\nprintf '%s\\0' ${name} "$@" >> ${folder}/asked; printf '\\n' >> ${folder}/asked\n${answer}\n`;
    await Deno.writeTextFile(`${folder}/stubs/${name}`, stub, { mode: 0o755 });
  }
  const moved = Object.entries(ports).map(([port, now]) => `-e 's#localhost:${port}#127.0.0.1:${now}#'`).join(" ");
  const curl =
    `curl() { local a=(); for one in "$@"; do a+=("$(printf %s "$one" | sed ${moved})"); done; command curl "\${a[@]}"; }`;
  const { PATH = "", ...rest } = inherited();
  return {
    folder,
    run: (block) => {
      const here = block.replaceAll(/(?<=[\s=])\/(?=(?:etc|opt|usr|var)\/)/g, `${folder}/`);
      return outputOf(
        new Deno.Command("bash", {
          args: ["-euc", `${curl}\n${here}`],
          cwd: work,
          clearEnv: true,
          env: { ...rest, PATH: `${folder}/stubs:${PATH}` },
          stdin: "null",
        }),
      );
    },
    asked: async () => {
      const text = await Deno.readTextFile(`${folder}/asked`).catch(() => "");
      return text.split("\0\n").slice(0, -1).map((line) => line.split("\0"));
    },
    remove: () => Deno.remove(folder, { recursive: true }),
  };
}

/** The text of each ```bash block, in the order of the page. */
export function bashBlocks(page: string): string[] {
  return [...page.matchAll(/^```bash\n(.*?)^```$/gms)].map(([, text]) => text!);
}

// deno-lint-ignore no-explicit-any -- manifests are looked into as they are
type Json = any;

/** Names that commands may name: services and profiles of compose.yaml, `kind/name` of the cluster, and keys of its secrets. */
export async function deployedNames(): Promise<
  { compose: Set<string>; cluster: Set<string>; secretKeys: Set<string> }
> {
  const read = (path: string) => Deno.readTextFile(`${ROOT}${path}`);
  const compose = new Set<string>();
  for (const file of ["compose.yaml", "compose.test.yaml"]) {
    const services: [string, Json][] = Object.entries(parse(await read(file), { merge: true }).services);
    for (const [name, { profiles = [] }] of services) for (const one of [name, ...profiles]) compose.add(one);
  }
  const base = "deploy/kubernetes/base/";
  const { resources } = parse(await read(`${base}kustomization.yaml`));
  const manifests: Json[] = (await Promise.all(
    resources.map(async (name: string) => parseAllDocuments(await read(base + name)).map((one) => one.toJS())),
  )).flat();
  const text = JSON.stringify(manifests);
  const keys = [...text.matchAll(/"secretKeyRef":\{"name":"([\w-]+)","key":"([\w-]+)"/g)];
  const whole = [...text.matchAll(/"secretRef":\{"name":"([\w-]+)"/g)];
  return {
    compose,
    cluster: new Set(manifests.map(({ kind, metadata }) => `${kind.toLowerCase()}/${metadata.name}`)),
    secretKeys: new Set([...keys.map(([, name, key]) => `${name} ${key}`), ...whole.map(([, name]) => name!)]),
  };
}
