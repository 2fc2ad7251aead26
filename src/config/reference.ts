/** The reference of all environment variables, made from variables.ts: .env.example, and the tables in docs/configuration.md. `deno task config:docs` writes both. */

import { type Variable, VARIABLE_TOPICS } from "./variables.ts";

const ROOT = new URL("../../", import.meta.url);
export const ENV_EXAMPLE = new URL(".env.example", ROOT);
export const CONFIGURATION_PAGE = new URL("docs/configuration.md", ROOT);

const BEGIN = "<!-- variables: made by `deno task config:docs` -->";
const END = "<!-- end of variables -->";

/** Set by whoever copies the file: what makes a value of each. */
const PLACEHOLDERS: Record<string, readonly string[]> = {
  ENCRYPTION_KEYS: ["# k1: and the output of: openssl rand -base64 32", "ENCRYPTION_KEYS="],
};

/** Stated though they are the default: what must never be switched off unseen. */
const STATED = /REQUIRE_SIGNATURE_VERIFICATION$/;

/** The text of .env.example: every variable with its sentence, defaults commented out, safe as it stands. */
export function envExample(): string {
  const topics = VARIABLE_TOPICS.map(([title, variables]) =>
    [`## ${title}`, "", ...Object.entries(variables).flatMap(([name, variable]) => envLines(name, variable))].join("\n")
  );
  return `# Copy to .env and set what you need; a line in comment shows the default. Made by \`deno task config:docs\`.

${topics.join("\n")}
## Compose

# Of compose.yaml alone. Password of the database that it starts; required there: openssl rand -hex 24
POSTGRES_PASSWORD=

# The database's user, which compose makes.
# POSTGRES_USER=clockify

# An image from elsewhere in place of one that is built here.
# TIMEWIRE_IMAGE=timewire:local

# Profile proxy: the folder of fullchain.pem and privkey.pem, and the webroot of Let's Encrypt's client.
# TLS_FOLDER=./tls
# ACME_FOLDER=./tls/acme

# Profile redis: its password, which REDIS_URL has too.
# REDIS_PASSWORD=

# Profile observability: the password of Grafana's user admin, and where the logs are sent by HTTPS.
# GRAFANA_ADMIN_PASSWORD=
# SHIP_HOST=
# SHIP_PORT=443
# SHIP_URI=/
# SHIP_TLS=on
# SHIP_TOKEN=
`;
}

function envLines(name: string, variable: Variable): string[] {
  const { fallback = "" } = variable;
  const value = PLACEHOLDERS[name] ?? [STATED.test(name) ? `${name}=${fallback}` : `# ${name}=${fallback}`];
  return [`# ${meaning(variable)}`, ...value, ""];
}

/** The tables, one per topic, between their two markers. */
function variableTables(): string {
  const topics = VARIABLE_TOPICS.map(([title, variables]) => {
    const rows = Object.entries(variables).map(([name, variable]) => variableRow(name, variable));
    return `### ${title}\n\n${table([["Variable", "Default", "What", "Other names"], ...rows])}`;
  });
  return `${BEGIN}\n\n${topics.join("\n\n")}\n\n${END}`;
}

function variableRow(name: string, variable: Variable): string[] {
  const { fallback, aliases = [] } = variable;
  return [code(name), fallback === undefined ? "" : code(fallback), meaning(variable), aliases.map(code).join(", ")];
}

function meaning({ about = "", shape }: Variable): string {
  return shape === "text" ? about : `${about} (${shape})`;
}

function code(text: string): string {
  return `\`${text}\``;
}

/** As `deno fmt` aligns it. */
function table([head, ...rows]: string[][]): string {
  const lines = [head!, ...rows].map((row) => row.map((cell) => cell.replaceAll("|", "\\|")));
  const widths = head!.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)));
  const written = lines.map((line) => `| ${line.map((cell, column) => cell.padEnd(widths[column]!)).join(" | ")} |`);
  written.splice(1, 0, `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`);
  return written.join("\n");
}

/** The page with its tables renewed. Throws when a marker is missing. */
export function withVariableTables(page: string): string {
  const begin = page.indexOf(BEGIN);
  const end = page.indexOf(END);
  if (begin === -1 || end < begin) {
    throw new Error("Cannot renew the tables of variables: their two markers are missing");
  }
  return page.slice(0, begin) + variableTables() + page.slice(end + END.length);
}

if (import.meta.main) {
  await Deno.writeTextFile(ENV_EXAMPLE, envExample());
  await Deno.writeTextFile(CONFIGURATION_PAGE, withVariableTables(await Deno.readTextFile(CONFIGURATION_PAGE)));
}
