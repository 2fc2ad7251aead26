/** A server that does nothing but answer: what it needs is what the machine has left. */

const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, () => new Response("ok"));
console.log(`ready ${JSON.stringify({ port: server.addr.port })}`);
