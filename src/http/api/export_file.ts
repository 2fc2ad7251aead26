/** What exports share: how many of an installation there are at once, and a file that is written while it is sent. */

import type { Context } from "hono";
import type { Clock } from "../../base/clock.ts";
import { AppError } from "../../base/errors.ts";
import type { Installation } from "../../installations/store.ts";
import type { Logger } from "../../telemetry/log.ts";
import type { AppEnv, Login } from "../server/app_env.ts";
import type { AuthDeps } from "../server/login.ts";
import { problemOf } from "../server/problem.ts";
import { streamChunks } from "./export_stream.ts";

export interface ExportDeps extends AuthDeps {
  /** Aborts when the program stops: an export in progress is cut off. */
  stopping: AbortSignal;
  /** Of all exports of the listener. */
  exports: ExportPlaces;
  clock: Clock;
  log: Logger;
}

/** Exports of one installation at once: each holds a chunk in memory while its reader takes nothing. */
const MAX_OPEN = 4;
/** The others are kept for admins and operators. */
const MAX_OPEN_OF_MEMBERS = 2;
const RETRY_MS = 5_000;

export type ExportPlaces = ReturnType<typeof createExportPlaces>;

/** Counts what is in progress for each installation, and of it what its members have. */
export function createExportPlaces() {
  const taken = new Map<string, number>();
  const add = (key: string, change: number) => {
    const count = (taken.get(key) ?? 0) + change;
    if (count === 0) taken.delete(key);
    else taken.set(key, count);
  };
  return {
    /** Gives what ends the stay. Throws RATE_LIMITED with `details.retryInMs`. */
    enter(installationId: number, role: Login["role"]): () => void {
      const all = String(installationId);
      const members = `${all} members`;
      const isFull = (taken.get(all) ?? 0) >= MAX_OPEN;
      if (isFull || (role === "member" && (taken.get(members) ?? 0) >= MAX_OPEN_OF_MEMBERS)) {
        const open = isFull ? `${MAX_OPEN} exports of the workspace` : `${MAX_OPEN_OF_MEMBERS} exports of its members`;
        throw new AppError("RATE_LIMITED", `Cannot export: ${open} are in progress`, {
          retryable: true,
          details: { retryInMs: RETRY_MS },
        });
      }
      const keys = role === "member" ? [all, members] : [all];
      for (const key of keys) add(key, 1);
      let stays = true;
      return () => {
        if (!stays) return;
        stays = false;
        for (const key of keys) add(key, -1);
      };
    },
  };
}

/** `chunks` as the body of an answer; what fails before anything is sent is answered as a problem. */
export async function answerExport(
  c: Context<AppEnv>,
  { deps, login, headers, chunks, faultLine = faultAsJson }: {
    deps: Pick<ExportDeps, "exports" | "stopping" | "clock" | "log">;
    login: Login;
    headers: Record<string, string>;
    chunks: AsyncGenerator<string, void>;
    /** The line that ends a file in whose middle a fault happened; JSON where it is absent. */
    faultLine?(fault: { error: string; detail?: string }): string;
  },
): Promise<Response> {
  if (c.req.raw.method === "HEAD") return c.body(null, 200, headers);
  const leave = deps.exports.enter(login.installation.id, login.role);
  let first: IteratorResult<string, void>;
  try {
    first = await chunks.next();
  } catch (error) {
    leave();
    throw error;
  }
  const body = streamChunks(first, chunks, {
    clock: deps.clock,
    stopping: deps.stopping,
    onOver: leave,
    onFault: (error) => {
      const { error: { code, message }, status } = problemOf(error, c.env.requestId);
      deps.log.warn("export.failed", { request_id: c.env.requestId, error });
      return faultLine({ error: status === 500 ? "INTERNAL" : code, ...(status !== 500 && { detail: message }) });
    },
  });
  return c.body(body, 200, headers);
}

function faultAsJson(fault: { error: string; detail?: string }): string {
  return JSON.stringify(fault);
}

/** A login ends with its installation, in the middle of a file too. Throws INSTALLATION_UNKNOWN. */
export async function requireStill(
  { addon, workspaceId, generation }: Installation,
  { installations }: Pick<AuthDeps, "installations">,
) {
  const now = await installations.find(addon, workspaceId);
  if (now?.status !== "uninstalled" && now?.generation === generation) return;
  throw new AppError("INSTALLATION_UNKNOWN", "Cannot continue the file: the add-on was uninstalled meanwhile");
}
