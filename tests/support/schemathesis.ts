/**
 * Schemathesis, which asks every operation of an OpenAPI document for what it promises. It is a tool of Python, in a virtual
 * environment of its own: `python3 -m venv DIR && DIR/bin/pip install schemathesis==4.32.5`, and DIR/bin/st in SCHEMATHESIS.
 */

import { join } from "node:path";

export const SCHEMATHESIS_VERSION = "4.32.5";
const TOOL = Deno.env.get("SCHEMATHESIS") ?? "st";

/** Undefined, or why it cannot run here. */
export const SCHEMATHESIS_MISSING: string | undefined = await whyMissing();

async function whyMissing(): Promise<string | undefined> {
  try {
    const { stdout } = await new Deno.Command(TOOL, { args: ["--version"] }).output();
    if (new TextDecoder().decode(stdout).includes(SCHEMATHESIS_VERSION)) return undefined;
    return `${TOOL} is not Schemathesis ${SCHEMATHESIS_VERSION}`;
  } catch {
    return `no ${TOOL} on PATH; install Python 3.10 or later, and by its pip schemathesis==${SCHEMATHESIS_VERSION}`;
  }
}

export interface SchemathesisOptions {
  /** Of the listener; its document is asked for there. */
  url: string;
  /** Of the login, their names spelled as in the document: ignored_auth takes those away by their name. */
  headers: Record<string, string>;
  phases: readonly ("examples" | "coverage" | "fuzzing" | "stateful")[];
  /** Random requests of each operation. */
  examples: number;
  /** The same requests each time where absent. */
  seed?: number;
  /** Only operations whose path matches. */
  include?: string;
  /** None whose path matches. */
  exclude?: string;
  /** Values of a parameter, named as in `query.workspace_id`. */
  fixed?: Record<string, string>;
  /** Ids of what exists, by parameter, as in `path.agent_id`: half of the requests have one. */
  known?: Record<string, readonly string[]>;
}

export interface SchemathesisReport {
  /** Operations that were asked, and what was sent to them. */
  operations: number;
  requests: number;
  failures: { title: string; operations: string[] }[];
  /** What it printed: each failure with the request that repeats it. */
  text: string;
}

/**
 * Left out, each for its reason:
 * - positive_data_acceptance: a request that fits its schema may name an agent that does not exist, a name in use or a state that
 *   has passed. The contract lists these refusals, and status_code_conformance holds their codes against the list.
 */
const LEFT_OUT = ["positive_data_acceptance"];

export async function runSchemathesis(options: SchemathesisOptions): Promise<SchemathesisReport> {
  const { url, headers, phases, examples, seed, include, exclude } = options;
  const folder = await Deno.makeTempDir({ prefix: "timewire-schemathesis-" });
  try {
    const report = join(folder, "report.json");
    await Deno.writeTextFile(join(folder, "schemathesis.toml"), configOf(options));
    const optional = (name: string, value?: string | number) => value === undefined ? [] : [name, String(value)];
    const { stdout, stderr } = await new Deno.Command(TOOL, {
      cwd: folder,
      args: [
        ...["run", `${url}/openapi.json`, "--url", url, "--no-color", "--output-sanitize", "false"],
        ...Object.entries(headers).flatMap(([name, value]) => ["-H", `${name}: ${value}`]),
        ...["--phases", phases.join(","), "--max-examples", String(examples)],
        ...(seed === undefined ? ["--generation-deterministic"] : ["--seed", String(seed)]),
        // A login of ours on each request, none of its own beside: whether a route looks at it is asked by ignored_auth, without
        // it and with a wrong one. Beside a key that counts, a token that does not is no fault.
        ...["--generation-with-security-parameters", "false"],
        ...["--exclude-checks", LEFT_OUT.join(",")],
        ...optional("--include-path-regex", include),
        ...optional("--exclude-path-regex", exclude),
        // A flow's schema is large: on a busy machine its values come slower than the tool thinks fit, and it would leave the route out.
        ...["--suppress-health-check", "too_slow"],
        ...["--request-timeout", "60", "--continue-on-failure", "--report", "json", "--report-json-path", report],
      ],
      stdin: "null",
    }).output();
    const text = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
    const written = await Deno.readTextFile(report).catch(() => "");
    if (written === "") throw new Error(`Schemathesis ended without a report: ${text}`);
    const { operations, test_cases, failures, errors, stop_reason } = JSON.parse(written);
    if (stop_reason !== "completed" || errors.length > 0) {
      throw new Error(`Schemathesis did not end by itself: ${text}`);
    }
    return { operations: operations.tested, requests: test_cases.generated, failures, text };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function configOf({ fixed = {}, known = {} }: SchemathesisOptions): string {
  const quoted = (value: unknown) => JSON.stringify(value);
  return [
    ...Object.entries(known).flatMap(([name, values]) => [
      `[dictionaries.${quoted(name)}]`,
      `values = ${quoted(values)}`,
    ]),
    // Beside those that it has by itself: 412, where If-Match comes before the body, and 410 of a confirmation that has expired.
    "[checks.negative_data_rejection]",
    `expected-statuses = [400, 401, 403, 404, 405, 406, 409, 410, 412, 413, 415, 422, 428, 429]`,
    "[parameters]",
    ...Object.entries(fixed).map(([name, value]) => `${quoted(name)} = ${quoted(value)}`),
    ...Object.keys(known).map((name) => `${quoted(name)} = { dictionary = ${quoted(name)}, probability = 0.5 }`),
  ].join("\n");
}
