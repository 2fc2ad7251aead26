/** What deploy/ shows and watches: rules with their tests, panels with their queries, and the metrics that these name. */

import { parse } from "yaml";

export const DEPLOY = new URL("../../deploy/", import.meta.url);

export interface Rule {
  group: string;
  alert: string;
  expr: string;
  for?: string;
  labels: { severity: string };
  annotations: { summary: string; description: string; runbook_url: string };
}

export interface RuleCheck {
  alert: string;
  /** Labels that must fire; none: it must be silent. */
  fires: string[];
}

export interface Panel {
  dashboard: string;
  title: string;
  description: string;
  unit: string;
  /** With the variables of Grafana replaced. */
  exprs: string[];
  links: string[];
}

// deno-lint-ignore no-explicit-any -- files of other programs, read as they are
type Json = any;

export async function readYaml(path: string): Promise<Json> {
  return parse(await Deno.readTextFile(new URL(path, DEPLOY)));
}

export function readRunbooks(): Promise<string> {
  return Deno.readTextFile(new URL("../../docs/runbooks.md", import.meta.url));
}

export async function readRules(): Promise<Rule[]> {
  const { groups } = await readYaml("prometheus/alerts.yml");
  return groups.flatMap(({ name, rules }: Json) => rules.map((rule: Json) => ({ group: name, ...rule })));
}

export const RULE_TESTS = ["alerts.test.yml", "alerts_week.test.yml"];

export async function readRuleChecks(): Promise<RuleCheck[]> {
  const files = await Promise.all(RULE_TESTS.map((file) => readYaml(`prometheus/${file}`)));
  return files.flatMap(({ tests }) => tests).flatMap(({ promql_expr_test }) => promql_expr_test).map((
    { expr, exp_samples = [] }: Json,
  ) => ({
    alert: /alertname="(\w+)"/.exec(expr)![1]!,
    fires: exp_samples.map(({ labels }: Json) => labels),
  }));
}

export async function readDashboards(): Promise<{ file: string; dashboard: Json }[]> {
  const folder = new URL("grafana/dashboards/", DEPLOY);
  const files = [...Deno.readDirSync(folder)].map(({ name }) => name).toSorted();
  return await Promise.all(files.map(async (file) => ({
    file,
    dashboard: JSON.parse(await Deno.readTextFile(new URL(file, folder))),
  })));
}

/** As Grafana sends it, with all chosen. */
export function resolved(expr: string): string {
  return expr.replaceAll(/\$(job|instance)\b/g, ".*").replaceAll("$__rate_interval", "1m");
}

export function panelsOf({ title, panels }: Json): Panel[] {
  return panels.map((panel: Json) => ({
    dashboard: title,
    title: panel.title,
    description: panel.description,
    unit: panel.fieldConfig.defaults.unit,
    exprs: panel.targets.map(({ expr }: Json) => resolved(expr)),
    links: (panel.links ?? []).map(({ url }: Json) => url),
  }));
}

const WORDS = new Set(["and", "or", "unless", "offset", "by", "on", "without", "ignoring", "bool", "group_left"]);

/** Names of the metrics that an expression reads: what is neither a function, a label, a string nor a word of the language. */
export function metricsOf(expr: string): string[] {
  const bare = expr.replaceAll(/"[^"]*"/g, "").replaceAll(/\{[^}]*\}/g, " ").replaceAll(/\[[^\]]*\]/g, " ")
    .replaceAll(/\b(by|on|without|ignoring)\s*\([^)]*\)/g, " ");
  const names = [...bare.matchAll(/(?<![\w.])[a-zA-Z_:][\w:]*(?!\w)(?!\s*\()/g)].map(([name]) => name);
  return [...new Set(names.filter((name) => !WORDS.has(name)))];
}
