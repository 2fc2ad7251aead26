/** Variables of logs and traces. */

import { oneOf, say, text, url, type Variable } from "../shapes.ts";

export const TELEMETRY = {
  LOG_LEVEL: say(
    "Lowest level that is written; successful requests are at INFO, successful deliveries at DEBUG.",
    oneOf(["DEBUG", "INFO", "WARNING", "ERROR"], "INFO", (text) => text.toUpperCase()),
  ),
  LOG_FORMAT: say("json for machines, text for people.", oneOf(["json", "text"], "json")),
  OTEL_EXPORTER_OTLP_ENDPOINT: say("OTLP collector for traces; unset: none are made.", url()),
  OTEL_EXPORTER_OTLP_HEADERS: say("Sent to the collector with each request.", {
    ...text(undefined, "name=value, several with commas"),
    secret: true,
  }),
  OTEL_EXPORTER_OTLP_PROTOCOL: say(
    "Form of what is sent; unset: http/json.",
    { ...oneOf(["http/json", "http/protobuf", "grpc"], "http/json"), fallback: undefined },
  ),
  OTEL_SERVICE_NAME: say("service.name of what is sent; unset: timewire.", text(undefined)),
  OTEL_RESOURCE_ATTRIBUTES: say(
    "Resource attributes of what is sent.",
    text(undefined, "name=value with commas, as in deployment.environment.name=production"),
  ),
  OTEL_TRACES_SAMPLER: say(
    "Which traces are kept, with OTEL_TRACES_SAMPLER_ARG; unset: all.",
    text(undefined, "always_on, always_off, traceidratio or one of them behind parentbased_"),
  ),
  OTEL_METRICS_EXPORTER: say(
    "otlp sends the metrics to the collector too; unset: /metrics alone has them.",
    text(undefined, "otlp, console or none"),
  ),
} as const satisfies Record<string, Variable>;
