/** Turns an operation and its parameters into the one HTTP request that Clockify expects. */

import { AppError } from "../base/errors.ts";
import type { ServiceHosts } from "./hosts.ts";
import { encodeMultipart } from "./multipart.ts";
import { pathValueFault } from "./operation_input.ts";
import type { Operation } from "./operations.ts";

/** Whom a call is made for. The token is a secret: it goes into the header of its kind and nowhere else. */
export interface CallInstallation {
  /** Of the add-on in the workspace, where that is known: for the record of the call. */
  installationId?: number;
  /** Manifest key; with the workspace it names the rate budget. */
  addonKey: string;
  workspaceId: string;
  token: string;
  /** The token is a person's API key (X-Api-Key): some families are closed to add-ons. */
  isApiKey?: boolean;
  hosts: ServiceHosts;
  /**
   * To be called when Clockify refused the token: reads it again and gives the current one, undefined when there is
   * none. Absent where there is no other to be had (a user's token, an API key).
   */
  renewToken?(refused: string): Promise<string | undefined>;
}

export interface CallParts {
  operation: Operation;
  pathParams?: Record<string, unknown>;
  queryParams?: Record<string, unknown>;
  body?: unknown;
  installation: CallInstallation;
  idempotencyKey?: string;
}

export interface BuiltRequest {
  method: string;
  /** The operation's path with its values, encoded; without the query. */
  path: string;
  url: string;
  headers: Record<string, string>;
  body?: string | Uint8Array<ArrayBuffer>;
}

/**
 * The request for these parts. Throws OPERATION_INPUT_INVALID with `details.path` for a parameter that is missing or
 * unfit or a workspace other than the installation's, and HOST_NOT_ALLOWED when the installation's token names no host
 * for the operation.
 */
export function buildRequest(parts: CallParts): BuiltRequest {
  const { operation, installation } = parts;
  const base = installation.hosts[operation.service];
  if (base === undefined) {
    const fault = installation.hosts.faults?.[operation.service];
    throw new AppError(
      "HOST_NOT_ALLOWED",
      `Cannot call ${operation.operationId}: the installation's token names no ${
        fault === undefined ? `${operation.service} host` : `usable ${operation.service} host (${fault})`
      }`,
    );
  }
  const path = operationPath(operation, parts.pathParams ?? {}, installation.workspaceId);
  const credential = installation.isApiKey ? "x-api-key" : "x-addon-token";
  const headers: Record<string, string> = { [credential]: installation.token, accept: "application/json" };
  if (parts.idempotencyKey !== undefined) headers["idempotency-key"] = parts.idempotencyKey;
  const request: BuiltRequest = {
    method: operation.method,
    path,
    // Bases end in /v1 and paths begin with it.
    url: base + path.slice("/v1".length) + queryString(operation, parts.queryParams ?? {}),
    headers,
  };
  if (operation.bodyKind === "multipart") {
    const form = encodeMultipart(operation, parts.body);
    headers["content-type"] = form.contentType;
    request.body = form.bytes;
  } else if (operation.bodyKind !== "none" && parts.body !== undefined) {
    headers["content-type"] = "application/json";
    request.body = JSON.stringify(parts.body);
  }
  return request;
}

/** The operation's path with every value encoded; `workspaceId` is always the installation's. */
export function operationPath(operation: Operation, values: Record<string, unknown>, workspaceId: string): string {
  const given = values.workspaceId;
  if (given !== undefined && given !== null && given !== workspaceId) {
    throw invalid(operation, { path: "path_params.workspaceId", why: "is not the installation's workspace" });
  }
  return operation.path.replace(/\{([^{}/]+)\}/g, (_placeholder, name: string) => {
    const value = name === "workspaceId" ? workspaceId : values[name];
    const why = value === undefined || value === null ? "is required" : pathValueFault(value);
    if (why !== undefined) throw invalid(operation, { path: `path_params.${name}`, why });
    return encodeURIComponent(String(value));
  });
}

/** Absent values are left out; a list repeats its name (OpenAPI form style, explode true). */
function queryString(operation: Operation, values: Record<string, unknown>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined || value === null) continue;
    for (const item of Array.isArray(value) ? value : [value]) {
      if (typeof item === "object") {
        throw invalid(operation, { path: `query_params.${name}`, why: "must be a string, a number or a boolean" });
      }
      query.append(name, String(item));
    }
  }
  const text = query.toString();
  return text === "" ? "" : `?${text}`;
}

function invalid(operation: Operation, fault: { path: string; why: string }): AppError {
  return new AppError(
    "OPERATION_INPUT_INVALID",
    `Cannot call ${operation.operationId}: ${fault.path} ${fault.why}`,
    { details: { path: fault.path } },
  );
}
