/** The OpenTelemetry SDK, loaded only where a collector is set: its packages cost memory and start-up time. */

import type { Meter } from "@opentelemetry/api";
import { systemClock } from "../base/clock.ts";
import { createTracing, noTracing, STOP_MS, type Tracing } from "./tracing.ts";

export interface SdkOptions {
  /** The standard variables that were given, by name (OTEL_...): from the environment or .env. */
  variables: Readonly<Record<string, string>>;
  /** service.version of what is sent. */
  version: string;
  /** Called with why something could not be sent, at most once a minute. OTEL_LOG_LEVEL prints all of it instead. */
  onFault?(reason: string): void;
}

export interface Sdk {
  tracing: Tracing;
  /** Takes the metrics that are pushed; undefined unless OTEL_METRICS_EXPORTER names an exporter. */
  meter?: Meter;
}

/**
 * Defaults where the operator sets nothing else. A stop has no more time than this, and JSON is what was sent before.
 */
const DEFAULTS: Readonly<Record<string, string>> = {
  OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
  OTEL_EXPORTER_OTLP_TIMEOUT: String(STOP_MS),
  OTEL_BSP_SCHEDULE_DELAY: "1000",
  OTEL_BSP_EXPORT_TIMEOUT: String(STOP_MS),
};

/** True where the variables name a collector and do not switch the SDK off. */
export function isSdkOn(variables: SdkOptions["variables"]): boolean {
  if (variables.OTEL_SDK_DISABLED?.toLowerCase() === "true") return false;
  return ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"].some((name) => variables[name]);
}

/**
 * Starts the SDK with traces, and with metrics where OTEL_METRICS_EXPORTER asks for them; without a collector it does
 * nothing. The SDK is the process's: of two that overlap (tests) the first one serves both. Its resource holds what
 * OTEL_RESOURCE_ATTRIBUTES and OTEL_SERVICE_NAME say, and nothing of the machine.
 */
export async function startSdk({ variables, version, onFault = () => {} }: SdkOptions): Promise<Sdk> {
  if (!isSdkOn(variables)) return { tracing: noTracing };
  const [{ NodeSDK }, { TracerProvider }, { envDetector, resourceFromAttributes }, api] = await Promise.all([
    import("@opentelemetry/sdk-node"),
    import("@opentelemetry/sdk-trace"),
    import("@opentelemetry/resources"),
    import("@opentelemetry/api"),
  ]);
  const pushed = !["", "none", "prometheus"].includes(variables.OTEL_METRICS_EXPORTER?.trim() ?? "");
  // The SDK looks for them in the environment alone; its gRPC exporter reads the certificates there with the first send.
  const takeBack = addToEnvironment({ ...DEFAULTS, ...variables });
  const sdk = new NodeSDK({
    resource: resourceFromAttributes({ "service.name": "timewire", "service.version": version }),
    resourceDetectors: [envDetector],
    instrumentations: [],
    logRecordProcessors: [],
    ...(pushed ? {} : { metricReaders: [] }),
  });
  sdk.start();
  if (variables.OTEL_LOG_LEVEL === undefined) {
    const report = oncePerMinute((message) => onFault(reasonOf(message)));
    const logger = { error: report, warn: report, info: () => {}, debug: () => {}, verbose: () => {} };
    api.diag.setLogger(logger, { logLevel: api.DiagLogLevel.WARN, suppressOverrideMessage: true });
  }
  const provider = (api.trace.getTracerProvider() as InstanceType<typeof api.ProxyTracerProvider>).getDelegate();
  const stop = async () => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const timeout = new Promise<void>((resolve) => timer = setTimeout(resolve, STOP_MS));
    await Promise.race([sdk.shutdown().catch(() => {}), timeout]);
    clearTimeout(timer);
    takeBack();
    for (const global of [api.trace, api.metrics, api.context, api.propagation, api.logs, api.diag]) global.disable();
  };
  const tracing = provider instanceof TracerProvider
    ? createTracing({
      tracer: provider.getTracer("timewire", version),
      // An operator who chose no sampler wants to see the whole way of an event, whatever its sender says.
      trustsCaller: variables.OTEL_TRACES_SAMPLER !== undefined,
      flush: () => provider.forceFlush(),
      stop,
    })
    : { ...noTracing, stop };
  return { tracing, meter: pushed ? api.metrics.getMeter("timewire", version) : undefined };
}

const MINUTE_MS = 60_000;

function oncePerMinute(report: (message: string) => void): (message: string) => void {
  let lastMs = -Infinity;
  return (message) => {
    const nowMs = systemClock.monotonicMs();
    if (nowMs - lastMs < MINUTE_MS) return;
    lastMs = nowMs;
    report(message);
  };
}

/** The SDK reports an error as JSON, with its stack. */
function reasonOf(message: string): string {
  try {
    const { message: reason } = JSON.parse(message);
    return String(reason ?? message);
  } catch {
    return message;
  }
}

/** Sets the variables that the environment of the process lacks; gives what takes them back. */
function addToEnvironment(variables: Readonly<Record<string, string>>): () => void {
  const missing = Object.entries(variables).filter(([name]) => !Deno.env.get(name));
  for (const [name, value] of missing) Deno.env.set(name, value);
  return () => missing.forEach(([name]) => Deno.env.delete(name));
}
