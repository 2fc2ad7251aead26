/** What listeners serve: an app for each add-on of the process, and that of operators, each with what is counted of its requests. */

import type { Config, ProfileConfig } from "../config/config.ts";
import { createEndpoints } from "../http/server/endpoints.ts";
import type { HandlerOptions } from "../http/server/listener.ts";
import type { Neighbour } from "../http/server/neighbours.ts";
import { parseTrustedProxies } from "../http/server/proxies.ts";
import type { Logger } from "../telemetry/log.ts";
import { type AddonApp, type AddonAppDeps, createAddonApp, endpointsOf } from "./addon_app.ts";
import type { Core } from "./core.ts";
import { ADDON_ROUTES, createOperatorApp } from "./operator_app.ts";
import type { ListenerObserver } from "./observers.ts";
import type { ProgramOptions } from "./shared.ts";

export interface ServedAddon {
  profile: ProfileConfig;
  /** What its routes are given: its address may be set until the first request. */
  app: AddonAppDeps;
  options: HandlerOptions;
}

/** Requests in progress in one listener beyond this are refused. */
const MAX_OPEN_REQUESTS = 20_000;

/** What every handler of the process is given. */
export function sharedOptions(
  core: Pick<Core, "bodies">,
  { clock, log }: { clock: ProgramOptions["clock"]; log: Logger },
) {
  return { clock, log: log.child({ logger: "http" }), bodies: core.bodies };
}

export function createServed(
  core: Core,
  { config, clock, log }: ProgramOptions,
): { addons: ServedAddon[]; operators: HandlerOptions } {
  const ofPeople = {
    ...sharedOptions(core, { clock, log }),
    maxOpenRequests: MAX_OPEN_REQUESTS,
    trustedProxies: proxiesOf(config),
  };
  const shown = new Map<string, { name: string; app: AddonApp }>();
  const neighbours: Neighbour[] = [];
  const addons = core.listeners.map(({ profile, app, observer }) => {
    const served = createAddonApp(app, () => neighbours);
    const name = app.name ?? app.profile.name;
    neighbours.push({ key: profile.key, name, installations: app.session.installations, app: served });
    shown.set(profile.key, { name, app: served });
    return { profile, app, options: { ...ofPeople, app: served, ...counted(observer, served.endpoints) } };
  });
  const { deps, observer } = core.operators;
  const app = createOperatorApp({ ...deps, addons: shown });
  const endpoints = [...endpointsOf(app), { path: ADDON_ROUTES }];
  return {
    addons,
    operators: { ...ofPeople, app, apiPrefix: config.api.prefix, ...counted(observer, endpoints) },
  };
}

function proxiesOf({ trustedProxies }: Config) {
  return trustedProxies === undefined ? undefined : parseTrustedProxies(trustedProxies);
}

function counted(
  observer: ListenerObserver,
  endpoints: Iterable<{ path: string }>,
): Pick<HandlerOptions, "onStart" | "onEnd"> {
  const endpointOf = createEndpoints(endpoints);
  return { onStart: observer.onStart, onEnd: (fact) => observer.onEnd(fact, endpointOf(fact.path)) };
}
