/** The OpenTelemetry SDK, loaded only where a collector is set: its packages cost memory and start-up time. */

import type { Meter } from "@opentelemetry/api";
import { createTracing, noTracing, STOP_MS, type Tracing } from "./tracing.ts";

export interface SdkOptions {
  /** The standard variables that were given, by name (OTEL_...): from the environment or .env. */
  variables: Readonly<Record<string, string>>;
  /** service.version of what is sent. */
  version: string;
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
export async function startSdk({ variables, version }: SdkOptions): Promise<Sdk> {
  if (!isSdkOn(variables)) return { tracing: noTracing };
  const [{ NodeSDK }, { TracerProvider }, { envDetector, resourceFromAttributes }, api] = await Promise.all([
    import("@opentelemetry/sdk-node"),
    import("@opentelemetry/sdk-trace"),
    import("@opentelemetry/resources"),
    import("@opentelemetry/api"),
  ]);
  const pushed = !["", "none", "prometheus"].includes(variables.OTEL_METRICS_EXPORTER?.trim() ?? "");
  const sdk = withVariables({ ...DEFAULTS, ...variables }, () => {
    const made = new NodeSDK({
      resource: resourceFromAttributes({ "service.name": "timewire", "service.version": version }),
      resourceDetectors: [envDetector],
      instrumentations: [],
      logRecordProcessors: [],
      ...(pushed ? {} : { metricReaders: [] }),
    });
    made.start();
    return made;
  });
  const provider = (api.trace.getTracerProvider() as InstanceType<typeof api.ProxyTracerProvider>).getDelegate();
  const stop = async () => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const timeout = new Promise<void>((resolve) => timer = setTimeout(resolve, STOP_MS));
    await Promise.race([sdk.shutdown().catch(() => {}), timeout]);
    clearTimeout(timer);
    for (const global of [api.trace, api.metrics, api.context, api.propagation, api.logs]) global.disable();
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

/** Calls `work` with the variables in the environment of the process, where alone the SDK looks for them. */
function withVariables<T>(variables: Readonly<Record<string, string>>, work: () => T): T {
  const missing = Object.entries(variables).filter(([name]) => !Deno.env.get(name));
  for (const [name, value] of missing) Deno.env.set(name, value);
  try {
    return work();
  } finally {
    for (const [name] of missing) Deno.env.delete(name);
  }
}
