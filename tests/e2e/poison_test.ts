/**
 * Flows that do all they may, and more, all at once in one workspace: each ends with its reason, and meanwhile another
 * workspace's runs end and the program answers.
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { ask, type Json } from "../http/door.ts";
import { EVENT, startAbuseScene } from "../support/abuse_scene.ts";
import { SERVER_URL } from "../support/database.ts";
import { POISON_BODY, savePoisons } from "../support/poison_flows.ts";
import { newIds } from "../support/signed_events.ts";
import { eventually } from "../support/world.ts";

/** Deliveries of the other workspace, each sent when the run of the one before is over. */
const NEIGHBOURS = 20;
const HEALTH_MS = 300;

Deno.test({
  name:
    "flows that throw, go on without end, in 10,000 branches, in 1,000 flows or with outputs without end fail with their reasons, and another workspace's runs end meanwhile",
  // Embedded, a quarter of a GB of outputs alone takes 20 s.
  ignore: SERVER_URL === undefined && Deno.env.get("POISON_EMBEDDED") === undefined,
  fn: async () => {
    // What starts is not held back by its pace: the limits of a run alone end it.
    const scene = await startAbuseScene({ MAX_RUNS_PER_MINUTE: "1000000" });
    const { base, deliveryPath, bystanders, abuser } = scene;
    const api =
      (headers: Record<string, string>) => async (method: string, path: string, body?: Json): Promise<Json> => {
        // While the database has more to do than people may wait for, an answer says so within 1.5 s.
        const answer = await eventually(async () => {
          const one = await ask(base + path, { method, headers, body });
          return one.status !== 503 && one;
        });
        assert(answer.status < 300, JSON.stringify(answer.body));
        return answer.body;
      };
    const [theirs, ours] = [api(abuser.admin), api(bystanders.admin)];
    const deliver = async ({ workspaceId, delivery }: typeof abuser, body: Json = {}) => {
      const [id] = newIds(1);
      const answer = await ask(base + deliveryPath, { headers: delivery, body: { id, workspaceId, ...body } });
      assertEquals(answer.status, 200);
    };
    try {
      const poisons = await savePoisons(theirs, { event: EVENT });
      const actions = [{ id: "note", type: "variables", set: { seen: "$.webhook.id" } }];
      // What the bystander sends beside is dispatched, and has no run: those that are counted are ours.
      const conditions = { type: "ALL", rules: [{ field: "$.webhook.marked", operator: "exists" }] };
      const note = { name: "A note", trigger_event_types: [EVENT], actions, conditions };
      const flow = await ours("POST", "/ui/flows", note);
      const states = async () => {
        const runs: Json[] = [];
        for (const { flowId } of poisons) {
          runs.push((await theirs("GET", `/ui/runs?flow_id=${flowId}&limit=1`)).runs[0]);
        }
        return runs;
      };
      const completed = async () =>
        (await ours("GET", `/ui/runs?flow_id=${flow.id}&state=completed&limit=100`)).runs.length as number;

      const ends: Json[] = [];
      const seen = await scene.during(async () => {
        await deliver(abuser, POISON_BODY);
        await eventually(async () => (await states()).every((run) => run));
        for (let sent = 1; sent <= NEIGHBOURS; sent++) {
          await deliver(bystanders, { marked: true });
          await eventually(async () => await completed() === sent);
        }
        const open = (await states()).filter(({ finished_at }) => finished_at === null);
        assert(open.length > 0, "the neighbour's runs ended before those that are poison");
        // One after another, since together they take a busy machine minutes.
        for (const { flowId } of poisons) {
          ends.push(
            await eventually(async () => {
              const [run] = (await theirs("GET", `/ui/runs?flow_id=${flowId}&limit=1`)).runs;
              return run.finished_at !== null && run;
            }),
          );
        }
      });
      for (const [index, { name, code, words }] of poisons.entries()) {
        const { state, error } = ends[index];
        assertEquals([name, state, error?.code], [name, "failed", code]);
        assertMatch(error.message, words, name);
        // However many steps it came to: a page of them is read, and none is open.
        const { steps } = await theirs("GET", `/ui/runs/${ends[index].id}`);
        assert(steps.length > 0 && steps.every(({ state }: Json) => state !== "running"), name);
      }
      const { looks, healthMs, ackMs, controlMs, unlike } = seen;
      assertEquals(unlike, []);
      assert(looks > 0 && healthMs <= HEALTH_MS + 3 * controlMs, `health ${healthMs} ms, machine ${controlMs} ms`);
      assert(ackMs <= 1_000 + 3 * controlMs, `ack ${ackMs} ms, machine ${controlMs} ms`);
    } finally {
      await scene.stop();
    }
  },
});
