/** What is sent to an agent and read of its answer: JSON-RPC 2.0, method message/send (A2A). */

import { AppError } from "../base/errors.ts";
import { isDeeperThan, MAX_ANSWER_DEPTH } from "../base/json_depth.ts";
import { isObject } from "../engine/faults.ts";
import type { SafeResponse } from "../egress/safe_fetch.ts";

/** `id` is the task's: the same on each attempt of a step; the answer has it again. */
export function messageSend({ id, data }: { id: string; data: unknown }): string {
  const text = typeof data === "string" ? data : JSON.stringify(data ?? {});
  return JSON.stringify({
    jsonrpc: "2.0",
    id,
    method: "message/send",
    params: { message: { role: "user", messageId: id, parts: [{ kind: "text", text }] } },
  });
}

/**
 * What the agent gave: the text of its artifacts, else of its last message, as JSON where it is an object or a list, else
 * `{text}`; so is JSON that nests deeper than the database reads. Throws UPSTREAM_REJECTED where the task failed or the answer is
 * an error, UPSTREAM_RESPONSE_INVALID where it is no answer to the message with this `id`, both for good, and UPSTREAM_FAILED for
 * an internal error or one of the server (-32603, -32000 to -32099).
 */
export function readAnswer(
  { body }: Pick<SafeResponse, "body">,
  { agent: { name }, id }: { agent: { name: string }; id: string },
): unknown {
  let answer: unknown;
  let written = "";
  try {
    written = new TextDecoder("utf-8", { fatal: true }).decode(body);
    answer = JSON.parse(written);
  } catch {
    throw invalid(name, "is no JSON");
  }
  if (isDeeperThan(MAX_ANSWER_DEPTH, written)) throw invalid(name, `nests deeper than ${MAX_ANSWER_DEPTH} levels`);
  if (!isObject(answer) || answer.jsonrpc !== "2.0") throw invalid(name, "is no JSON-RPC 2.0");
  const error = isObject(answer.error) ? answer.error : undefined;
  // An error may be without id: what could not be read has none (JSON-RPC 2.0, section 5).
  if (answer.id !== id && !(error && answer.id == null)) {
    throw invalid(name, answer.id == null ? "has no id" : "has the id of another message");
  }
  if (error) throw failureOf(name, error);
  const { result } = answer;
  if (!isObject(result)) throw invalid(name, "has neither result nor error");
  const state = isObject(result.status) ? result.status.state : undefined;
  // A message in place of a task is a whole answer.
  if (result.kind === "message" || (state === undefined && Array.isArray(result.parts))) {
    return outputOf(textOf(result));
  }
  if (state !== "completed") {
    const word = typeof state === "string" ? state : JSON.stringify(state) ?? "in no state";
    const said = isObject(result.status) ? textOf(result.status.message) : undefined;
    const words = said === undefined ? "" : `: ${said.slice(0, 500)}`;
    throw new AppError(
      "UPSTREAM_REJECTED",
      `Agent "${name}" did not complete the task: it is ${word.slice(0, 50)}${words}`,
    );
  }
  const artifacts = Array.isArray(result.artifacts)
    ? result.artifacts.map(textOf).filter((text) => text !== undefined)
    : [];
  if (artifacts.length > 0) return outputOf(artifacts.join("\n"));
  const history = Array.isArray(result.history) ? result.history : [];
  const last = history.findLast((message) => isObject(message) && message.role === "agent");
  return outputOf(textOf(last) ?? (isObject(result.status) ? textOf(result.status.message) : undefined));
}

/** The texts of the parts of a message or an artifact; data parts as JSON. */
function textOf(holder: unknown): string | undefined {
  if (!isObject(holder) || !Array.isArray(holder.parts)) return undefined;
  const texts = holder.parts.flatMap((part) => {
    if (!isObject(part)) return [];
    if (typeof part.text === "string") return [part.text];
    return part.data === undefined ? [] : [JSON.stringify(part.data)];
  });
  return texts.length === 0 ? undefined : texts.join("\n");
}

function outputOf(text: string | undefined): unknown {
  if (text === undefined) return { text: null };
  if (isDeeperThan(MAX_ANSWER_DEPTH, text)) return { text };
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null) return value;
  } catch {
    // A text.
  }
  return { text };
}

/** What each code of JSON-RPC says; a fault on the agent's side may pass, one in what was sent does not. */
function failureOf(name: string, { code, message }: Record<string, unknown>): AppError {
  const number = typeof code === "number" ? code : 0;
  const said = typeof message === "string" ? `: ${message.slice(0, 500)}` : "";
  const words = `Agent "${name}" answered with the error ${number}${said}`;
  const passes = number === -32603 || (number <= -32000 && number >= -32099);
  return passes
    ? new AppError("UPSTREAM_FAILED", words, { retryable: true })
    : new AppError("UPSTREAM_REJECTED", words);
}

function invalid(name: string, why: string): AppError {
  return new AppError("UPSTREAM_RESPONSE_INVALID", `Cannot read the answer of agent "${name}": it ${why}`);
}
