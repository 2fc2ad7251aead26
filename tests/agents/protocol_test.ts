/** Tests of what is read of agents' answers. */

import { assertEquals, assertThrows } from "@std/assert";
import { AppError } from "../../src/base/errors.ts";
import { messageSend, readAnswer } from "../../src/agents/protocol.ts";

function read(answer: unknown): unknown {
  const body = new TextEncoder().encode(typeof answer === "string" ? answer : JSON.stringify(answer));
  return readAnswer({ body }, { agent: { name: "a" }, id: "1" });
}
const task = (result: object) => ({ jsonrpc: "2.0", id: "1", result });
const text = (text: string) => ({ kind: "text", text });

Deno.test("what is sent is a message of the user with the task's id", () => {
  assertEquals(JSON.parse(messageSend({ id: "r/root/a", data: { x: 1 } })), {
    jsonrpc: "2.0",
    id: "r/root/a",
    method: "message/send",
    params: { message: { role: "user", messageId: "r/root/a", parts: [{ kind: "text", text: '{"x":1}' }] } },
  });
});

Deno.test("the output is the text of artifacts, else the last message of the agent; JSON where it is some", () => {
  const completed = { status: { state: "completed" } };
  assertEquals(read(task({ ...completed, artifacts: [{ parts: [text('{"a":1}')] }] })), { a: 1 });
  assertEquals(read(task({ ...completed, artifacts: [{ parts: [text("a"), text("b")] }, { parts: [text("c")] }] })), {
    text: "a\nb\nc",
  });
  const history = [{ role: "agent", parts: [text("old")] }, { role: "agent", parts: [text("new")] }, {
    role: "user",
    parts: [text("q")],
  }];
  assertEquals(read(task({ ...completed, history })), { text: "new" });
  assertEquals(read(task(completed)), { text: null });
  assertEquals(read(task({ kind: "message", role: "agent", parts: [text("5")] })), { text: "5" });
  assertEquals(read(task({ ...completed, artifacts: [{ parts: [{ kind: "data", data: [1] }] }] })), [1]);
});

Deno.test("an error of the server may pass, all other failures do not", () => {
  for (
    const [code, passes] of [
      [-32603, true],
      [-32000, true],
      [-32099, true],
      [-32700, false],
      [-32600, false],
      [-32601, false],
      [-32602, false],
      [1, false],
    ] as const
  ) {
    const error = assertThrows(
      () => read({ jsonrpc: "2.0", id: "1", error: { code, message: "no" } }),
      AppError,
    ) as AppError;
    assertEquals(
      [error.retryable, error.message],
      [passes, `Agent "a" answered with the error ${code}: no`],
      String(code),
    );
  }
  for (
    const answer of [
      "",
      "not json",
      [],
      { jsonrpc: "1.0" },
      { jsonrpc: "2.0", id: "1", result: 5 },
      task({ status: { state: "failed", message: { parts: [text("why")] } } }),
      task({ status: { state: "input-required" } }),
      task({}),
    ]
  ) {
    const error = assertThrows(() => read(answer), AppError, undefined, JSON.stringify(answer)) as AppError;
    assertEquals(error.retryable, false);
  }
});

Deno.test("an answer to another message is none; an error may be without the id of what could not be read", () => {
  const result = { kind: "message", parts: [text("x")] };
  const error = { code: -32700, message: "no" };
  const codeOf = (id: object, end: object) =>
    (assertThrows(() => read({ jsonrpc: "2.0", ...id, ...end }), AppError) as AppError).code;
  for (const id of [{}, { id: null }, { id: 1 }, { id: "2" }, { id: ["1"] }]) {
    assertEquals(codeOf(id, { result }), "UPSTREAM_RESPONSE_INVALID", JSON.stringify(id));
  }
  assertEquals([{}, { id: null }, { id: "1" }].map((id) => codeOf(id, { error })), Array(3).fill("UPSTREAM_REJECTED"));
  assertEquals(codeOf({ id: "2" }, { error }), "UPSTREAM_RESPONSE_INVALID");
});
