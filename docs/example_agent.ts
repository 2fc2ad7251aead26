/**
 * An agent in a file, as docs/workflow_api.md calls it: it gives back what it was sent, with the length of its text.
 *
 *     deno run --allow-net=127.0.0.1:9100 docs/example_agent.ts
 */

Deno.serve({ hostname: "127.0.0.1", port: 9100 }, async (request) => {
  const { pathname } = new URL(request.url);
  if (pathname === "/.well-known/agent-card.json") return Response.json({ name: "example", version: "1.0.0" });
  const { id, method, params } = await request.json();
  if (method !== "message/send") {
    return Response.json({ jsonrpc: "2.0", id, error: { code: -32601, message: `There is no method ${method}` } });
  }
  const input = JSON.parse(params.message.parts[0].text);
  const output = { ...input, length: String(input.text ?? "").length };
  return Response.json({
    jsonrpc: "2.0",
    id,
    result: {
      status: { state: "completed" },
      artifacts: [{ parts: [{ kind: "text", text: JSON.stringify(output) }] }],
    },
  });
});
