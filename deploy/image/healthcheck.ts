/**
 * HEALTHCHECK of the image: asks /ready of every listener that this container has. Exit code 0 when all answer 200, else 1 with
 * what the first other one said. With ROLE=work there is one where METRICS_PORT is set, and none without it.
 */

const PORTS: Record<string, [variable: string, fallback: string]> = {
  api_studio: ["APP_PORT", "8000"],
  universal_webhook: ["UNIVERSAL_WEBHOOK_PORT", "8001"],
  clockify_addon: ["CLOCKIFY_ADDON_PORT", "8002"],
  workflow_api: ["API_PORT", "8003"],
};
/** Within the 10 s that the image gives it. */
const TIMEOUT_MS = 8_000;

function setting(name: string, fallback = ""): string {
  return Deno.env.get(name)?.trim() || fallback;
}

function addresses(): string[] {
  const host = (name: string) => setting(name, setting("HOST", "0.0.0.0")).replace(/^(0\.0\.0\.0|::)$/, "127.0.0.1");
  const metricsPort = setting("METRICS_PORT");
  if (setting("ROLE") === "work") return metricsPort === "" ? [] : [`${host("HOST")}:${metricsPort}`];
  const profiles = setting("PROFILES", "api_studio,universal_webhook,clockify_addon").split(",");
  const names = new Set([...profiles.map((name) => name.trim().replaceAll("-", "_")), "workflow_api"]);
  names.delete("");
  return [...names].map((name) => {
    const [variable, fallback] = PORTS[name]!;
    const port = setting(variable, name === "api_studio" ? setting("API_STUDIO_PORT", fallback) : fallback);
    return `${host(name === "workflow_api" ? "API_HOST" : "HOST")}:${port}`;
  });
}

const asked = addresses();
if (asked.length === 0) {
  console.error("Cannot tell whether it is ready: with ROLE=work set METRICS_PORT, whose listener has /ready");
  Deno.exit(1);
}
const signal = AbortSignal.timeout(TIMEOUT_MS);
await Promise.all(asked.map(async (address) => {
  const response = await fetch(`http://${address}/ready`, { signal });
  const text = await response.text();
  if (response.status !== 200) throw new Error(`${response.status}: ${text}`);
})).catch((error) => {
  console.error(`Not ready: ${error.message}`);
  Deno.exit(1);
});
