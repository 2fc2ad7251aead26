/** Creates whose answer was lost: the object is looked for in Clockify, and a person says which one it is, or that there is none. */

import { AppError } from "../base/errors.ts";
import { jsonText } from "../base/json_text.ts";
import { itemsOf } from "../clockify/answer_items.ts";
import type { CallOrigin } from "../clockify/call_origin.ts";
import { type Fields, isFields, type ObjectWrite, type WriteParts } from "../clockify/object_write.ts";
import { objectWriteNamed } from "../clockify/object_writes.ts";
import { type Catalogue, type Operation, pathParamsOf } from "../clockify/operations.ts";
import { paramsFor } from "../clockify/undo_kinds.ts";
import type { Database, TransactionSql } from "../db/db.ts";
import { markUndone, SENDING_LEASE_SECONDS } from "./change_rows.ts";
import { keep } from "./kept_object.ts";
import { isLost } from "./lost_rows.ts";
import { isGone, operationNamed, readObject, type Send } from "./read_object.ts";
import { type Change, type ChangeStore, changeUnknown } from "./store.ts";
import { failureOf, type UndoRequest } from "./undo.ts";

/** An object that may be the one. */
export interface Candidate {
  id: string;
  name: string | null;
  /** Names of what was sent that the object has so, and has otherwise: it may have been changed since. */
  same: string[];
  differs: string[];
  object: Fields;
}

export interface Looked {
  change: Change;
  /** The most alike first. */
  candidates: Candidate[];
  /** The whole list was read; else the object may stand further on. */
  isWhole: boolean;
  /** Why it could not be looked for, in words: a person looks in Clockify. */
  reason: string | null;
}

type Request = Pick<UndoRequest, "installation" | "changeId" | "person" | "signal">;

export interface LostCreates {
  /**
   * Reads the list that the object would stand in, a call for each page. Throws NOT_FOUND, CONFLICT where what came of the
   * change is known, and what a call came to.
   */
  look(request: Request): Promise<Looked>;
  /**
   * From now on the change made this object, which is read once more, or (null) made none. Where it was the undo of another
   * change, that one is undone with it, or can be undone again. Throws as look(), and CONFLICT where the object is not like
   * what was sent, or another change made it.
   */
  settle(request: Request & { entityId: string | null }): Promise<void>;
}

export interface LostCreatesOptions {
  db: Pick<Database, "scoped">;
  store: Pick<ChangeStore, "find">;
  catalogue: Catalogue;
  caller(request: Pick<UndoRequest, "installation" | "priority" | "signal">, origin: CallOrigin): Promise<Send>;
}

/** Each is a call of the workspace's budget, and a person waits for them. */
const MAX_PAGES = 10;
const PAGE_SIZE = 200;
/** A page with fewer is the last, whatever was asked for. */
const LEAST_PAGE = 50;
const MAX_CANDIDATES = 20;
/** What people know an object by: of these each that is shown must be as it was sent. */
const KNOWN_BY = ["name", "description", "start", "number", "email", "date", "subject"];

const ENTRIES = "/v1/workspaces/{workspaceId}/time-entries";
const ENTRIES_OF_USER = "/v1/workspaces/{workspaceId}/user/{userId}/time-entries";

export function createLostCreates({ db, store, catalogue, caller }: LostCreatesOptions): LostCreates {
  const within = <T>(installationId: number, work: (sql: TransactionSql) => Promise<T>) =>
    db.scoped({ installationIds: [installationId] }, work);

  async function open({ installation, changeId, person, signal }: Request) {
    const change = await store.find(installation.id, changeId);
    if (!change) throw changeUnknown(changeId);
    if (!isLost(change)) {
      const why = change.state === "sending" ? "it is being made" : "what came of it is known, or it made no object";
      throw new AppError("CONFLICT", `Cannot look for what change ${changeId} made: ${why}`);
    }
    const row = objectWriteNamed(change.operationKey);
    const send = await caller({ installation, priority: "interactive", signal }, {
      kind: "undo",
      name: person,
      changeId,
    });
    const names = pathParamsOf(change.operationKey.split(" ")[1]!).filter((name) => name !== "workspaceId");
    const parts: WriteParts = {
      workspaceId: installation.workspaceId,
      pathParams: Object.fromEntries(names.map((name) => [name, change.params.path[name]])),
      queryParams: change.params.query,
      sent: change.sent ?? undefined,
    };
    return { change, row, send, parts, installationId: installation.id };
  }

  /** The list that the object stands in, with its parameters; undefined where Clockify has none. */
  async function listOf(
    { change, parts, installationId }: Pick<Awaited<ReturnType<typeof open>>, "change" | "parts" | "installationId">,
  ): Promise<{ list: Operation; pathParams: Fields } | undefined> {
    const path = change.operationKey.split(" ")[1]!;
    if (path === ENTRIES) {
      // Of whoever's token made it: the installer's, where that was the add-on's.
      const userId = change.asUser ?? await within(installationId, async (sql) => {
        const [row] = await sql<{ as_user: string | null }[]>`
          select as_user from installation where id = ${installationId}`;
        return row?.as_user ?? undefined;
      });
      const list = operationNamed(`GET ${ENTRIES_OF_USER}`, catalogue);
      return list && userId !== undefined ? { list, pathParams: { userId } } : undefined;
    }
    const list = operationNamed(`GET ${path}`, catalogue);
    return list && { list, pathParams: paramsFor(`GET ${path}`, { pathParams: parts.pathParams }) };
  }

  /** Ids of these that other changes of the journal made. */
  async function madeByOthers(change: Change, installationId: number, ids: readonly string[]): Promise<Set<string>> {
    const rows = await within(installationId, (sql) =>
      sql<{ entity_id: string }[]>`
        select entity_id from change
        where installation_id = ${installationId} and entity_type = ${change.entityType} and id <> ${change.id}
          and entity_id in (select jsonb_array_elements_text(${
        jsonText(ids)
      }::text::jsonb)) and operation_key like 'POST %' and state = 'done'`);
    return new Set(rows.map(({ entity_id }) => entity_id));
  }

  return {
    async look(request) {
      const opened = await open(request);
      const { change, row, send, parts, installationId } = opened;
      const found = await listOf(opened);
      if (!found) {
        return { change, candidates: [], isWhole: false, reason: `Clockify lists no ${row.noun}s there` };
      }
      const { list, pathParams } = found;
      const [page, size] = list.paging;
      const named = isFields(change.sent) && typeof change.sent.name === "string" &&
          list.queryParams.some(({ name }) => name === "name")
        ? { name: change.sent.name }
        : {};
      const candidates: Candidate[] = [];
      let isWhole = false;
      for (let number = 1; number <= MAX_PAGES && !isWhole; number++) {
        const queryParams = page && size ? { ...named, [page]: number, [size]: PAGE_SIZE } : named;
        const answer = await send({ operation: list, pathParams, queryParams });
        if (answer.kind !== "ok") throw failureOf(answer);
        const items = itemsOf(answer.data, list).filter(isFields);
        candidates.push(...items.flatMap((item) => candidateOf(item, { change, row, parts }) ?? []));
        isWhole = !(page && size) || answer.headers["last-page"] === "true" || items.length < LEAST_PAGE;
      }
      const others = await madeByOthers(change, installationId, candidates.map(({ id }) => id));
      return {
        change,
        candidates: candidates.filter(({ id }) => !others.has(id))
          .toSorted((a, b) => a.differs.length - b.differs.length).slice(0, MAX_CANDIDATES),
        isWhole,
        reason: null,
      };
    },

    async settle(request) {
      const { change, row, send, parts, installationId } = await open(request);
      const { entityId, person } = request;
      let after: string | undefined;
      if (entityId !== null) {
        const not = (why: string) =>
          new AppError(
            "CONFLICT",
            `Cannot say that change ${change.id} made ${row.noun} "${entityId.slice(0, 60)}": ${why}`,
          );
        if (!row.read) throw not("Clockify shows no such object by its id");
        const answer = await readObject({
          row: { ...row, read: row.readNow ?? row.read },
          parts: { ...parts, id: entityId },
          catalogue,
          send,
        });
        if (isGone(answer)) throw not("Clockify has none of this id");
        if (answer.kind !== "ok" || !isFields(answer.data)) throw failureOf(answer);
        if (!candidateOf(answer.data, { change, row, parts })) throw not("it is not like what was sent");
        if ((await madeByOthers(change, installationId, [entityId])).size > 0) throw not("another change made it");
        after = keep(answer.data).text;
      }
      const state = entityId === null ? "refused" : "done";
      const note = entityId === null
        ? `${person} looked for it: it was not made`
        : `${person} found it: its answer was lost`;
      await within(installationId, async (sql) => {
        const settled = await sql`
          update change set state = ${state}, finished_at = now(), entity_id = ${entityId}, after = ${after ?? null},
            note = ${note}, undoable = ${entityId !== null && row.undo.kind !== "none"}
          where installation_id = ${installationId} and id = ${change.id} and entity_id is null
            and (state in ('uncertain', 'failed') or (state = 'sending'
              and created_at < now() - ${SENDING_LEASE_SECONDS}::int * interval '1 second'))
          returning 1`;
        if (settled.length === 0) {
          throw new AppError("CONFLICT", `Cannot settle change ${change.id}: what came of it is known by now`);
        }
        const { undoOf } = change;
        if (entityId === null || undoOf === null) return;
        // Of an undo only the call that it is about makes an object of the same type.
        const [earlier] = await sql<{ entity_type: string }[]>`
          select entity_type from change where installation_id = ${installationId} and id = ${undoOf}`;
        if (earlier?.entity_type === change.entityType) {
          await markUndone(sql, { installationId, id: change.id, undoes: undoOf });
        }
      });
    },
  };
}

/** Undefined: what people know it by is another, or nothing of what was sent is shown. */
function candidateOf(
  item: Fields,
  { change, row, parts }: { change: Change; row: ObjectWrite; parts: WriteParts },
): Candidate | undefined {
  if (typeof item.id !== "string") return undefined;
  const sent = isFields(change.sent) ? change.sent : {};
  const shown: Fields = { ...item, ...row.whole?.(item, { ...parts, id: item.id }) };
  const names = Object.keys(sent).filter((name) => sent[name] !== null && shown[name] !== undefined);
  const [same, differs] = [true, false].map((is) => names.filter((name) => isAlike(sent[name], shown[name]) === is));
  const known = names.filter((name) => KNOWN_BY.includes(name));
  if (known.length === 0 ? same!.length === 0 || differs!.length > 0 : !known.every((name) => same!.includes(name))) {
    return undefined;
  }
  const title = [item.name, item.description, item.number].find((one) => typeof one === "string" && one !== "");
  return {
    id: item.id,
    name: (title as string | undefined) ?? null,
    same: same!,
    differs: differs!,
    object: withoutSecrets(item),
  };
}

/** As the journal keeps it. */
function withoutSecrets(item: Fields): Fields {
  const { text } = keep(item);
  return text === undefined ? { id: item.id } : JSON.parse(text);
}

/** Instants are alike with and without fractions of a second; other values by their JSON. */
function isAlike(a: unknown, b: unknown): boolean {
  if (typeof a === "string" && typeof b === "string" && /^\d{4}-\d\d-\d\dT/.test(a) && /^\d{4}-\d\d-\d\dT/.test(b)) {
    return Math.floor(Date.parse(a) / 1_000) === Math.floor(Date.parse(b) / 1_000);
  }
  return JSON.stringify(a) === JSON.stringify(b);
}
