/** docs/workflow_api.md, run as it is written: its agent, the program, and each curl from the agent to the finished run. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { SERVER_URL } from "../support/database.ts";
import { makeClone, type Running, shellBlocks } from "../support/readme.ts";

const ROOT = new URL("../../", import.meta.url);
const FREE = { APP_PORT: "0", UNIVERSAL_WEBHOOK_PORT: "0", CLOCKIFY_ADDON_PORT: "0", API_PORT: "0" };

Deno.test({
  name: "docs/workflow_api.md on the embedded database: from an agent to a finished run, and each capability behind it",
  ignore: SERVER_URL !== undefined,
  fn: async () => {
    const [agentBlock, startBlock, ...blocks] = shellBlocks(
      await Deno.readTextFile(new URL("docs/workflow_api.md", ROOT)),
    );
    const agentPort = freePort();
    const clone = await makeClone(FREE);
    const started: Running[] = [];
    try {
      const source = (await Deno.readTextFile(new URL("docs/example_agent.ts", ROOT))).replaceAll("9100", agentPort);
      await clone.run(`mkdir docs; cat > docs/example_agent.ts <<'SOURCE'\n${source}\nSOURCE`);
      started.push(await clone.serve(agentBlock!.replaceAll("9100", agentPort), (text) => text.includes("Listening")));
      const program = await clone.serve(
        startBlock!.replaceAll("9100", agentPort),
        (text) => text.split('"listener.ready"').length === 5,
      );
      started.push(program);
      const ready = program.text().split("\n").filter((line) => line.includes('"listener.ready"'))
        .map((line) => JSON.parse(line));
      const { port } = ready.find(({ profile }) => profile === "operators");
      const walk = blocks.join("\n").replaceAll("localhost:8003", `localhost:${port}`).replaceAll("9100", agentPort);
      const answers = (await clone.run(walk)).trim().split(/\n|(?<=\})(?=\{)/).map((line) => JSON.parse(line));
      assertEquals(answers.filter(({ status_code }) => status_code !== undefined), [], "none is refused");
      const [health, steps, run, changed, , versions, runs, log, letters, failures, event, ...later] = answers;
      const [schedule, paused, resumed, , firings, tested, , audit, readiness, info, agent, calls, reset] = later;
      assertEquals(health.status, "healthy");
      assertEquals(steps.items.map(({ status }: { status: string }) => status), Array(3).fill("COMPLETED"));
      assertEquals(run.status, "COMPLETED", JSON.stringify(run));
      assertEquals([changed.description, versions.total, runs.total], ["Measures a text", 3, 1]);
      assert(log.total > 5);
      assertMatch(event.event_id, /^\d+$/);
      assertEquals([audit.total, readiness.status, info.version], [3, "ready", "1.0.0"]);
      assertEquals([letters.total, failures.items.length, firings.total, schedule.next_firings.length], [0, 0, 0, 5]);
      assertEquals([paused.enabled, resumed.enabled, resumed.on_failure], [false, true, "pause"]);
      assertEquals([tested.event, agent.circuit_breaker_config.failure_threshold], ["webhook.test", 10]);
      assertEquals([calls.items.length > 0, reset.was_open], [true, false]);
      assertEquals(answers.length, 24);
      assertEquals(await started.pop()!.stop(), 0);
      assertMatch(await clone.run("deno task audit:verify"), /^ {2}\d+ rows, unbroken: 1 to \d+$/m);
    } finally {
      for (const running of started) await running.stop();
      await clone.remove();
    }
  },
});

function freePort(): string {
  const listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  return String(port);
}
