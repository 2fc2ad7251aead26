/** Faults of an earlier implementation of the API, each with the tests that fail where it comes back. */

import { assert, assertEquals } from "@std/assert";

const WORKFLOWS = "tests/http/v1/workflows_test.ts";
const VARIABLES = "tests/http/v1/variables_test.ts";

/** By the number of the fault: what went wrong, and the file and name of each test. */
const FAULTS: Record<string, { fault: string; tests: readonly (readonly [file: string, name: string])[] }> = {
  K93: {
    fault: "values of input_mapping that are no text were saved, and their runs never began",
    tests: [[WORKFLOWS, "a workflow runs its agents one after another; each gets what was mapped, of its own type"]],
  },
  K94: {
    fault: "a loop that continues after failed items ended as failed",
    tests: [
      [WORKFLOWS, "a loop that continues after items that failed completes; one that stops does not"],
      [
        WORKFLOWS,
        "conditional, parallel, loop, fork_join, sub_workflow and validate, with the outputs of the documents",
      ],
    ],
  },
  K95: {
    fault: "PUT dropped the type of steps and its fields, and overwrote the only version",
    tests: [
      [
        WORKFLOWS,
        "steps that are read and sent again are the same version, with every field of their types; one that changes is one difference",
      ],
      [
        WORKFLOWS,
        "PUT makes the next version of other steps, and none of a status; rollback and a repeated name make one too",
      ],
    ],
  },
  K96: {
    fault: "steps of a loop's body counted as never reached, and fork_join was refused",
    tests: [
      [
        WORKFLOWS,
        "conditional, parallel, loop, fork_join, sub_workflow and validate, with the outputs of the documents",
      ],
    ],
  },
  K97: {
    fault:
      "conditions were run as code, read only steps called step-..., had contains the wrong way round, and no len()",
    tests: [
      ["tests/workflows/condition_test.ts", "a fault names the character; code is no condition"],
      ["tests/workflows/condition_test.ts", "every operator of the documents, over values and literals"],
      [
        WORKFLOWS,
        "conditional, parallel, loop, fork_join, sub_workflow and validate, with the outputs of the documents",
      ],
    ],
  },
  K98: {
    fault: "credentials of agents were answered",
    tests: [
      [
        "tests/http/v1/agents_test.ts",
        "an agent has the defaults of the documents, and what it is called with is never answered",
      ],
      ["tests/http/v1/hostile_test.ts", "an agent that repeats its credentials leaves them in no step, log or run"],
    ],
  },
  K99: {
    fault: "messages were published before the commit, offsets committed by time, and CANCELLED was never written",
    tests: [
      [
        "tests/kafka/away_test.ts",
        "a run that waits for its message is cancelled at once, and one that is rolled back leaves no message",
      ],
      [
        "tests/kafka/consumer_test.ts",
        "the group goes on behind a message once its state is stored, all of a batch at once",
      ],
      [WORKFLOWS, "a run is cancelled with its reason while its agent is called, and begins again where it stood"],
    ],
  },
  K100: {
    fault: "resume_from_step was ignored, and an agent that was deleted or switched off since the save was called",
    tests: [
      [WORKFLOWS, "a run that failed goes on at the step that failed, or from a step that is named"],
      [WORKFLOWS, "an agent that is deleted after the save fails its step; a save names agents that are not there"],
      // Switches an agent off, and waits for the run to fail.
      [
        "tests/http/v1/client_test.ts",
        "a day of work by that client: from a user and agents to runs that are watched, cancelled, paused and retried",
      ],
    ],
  },
  K101: {
    fault: "ENABLE_METRICS, ENABLE_AUDIT_LOGGING, page sizes, JWT_*, API_KEY_HEADER and API_WORKERS had no effect",
    tests: [
      [VARIABLES, "ENABLE_METRICS=false takes /metrics off, ENABLE_AUDIT_LOGGING=false leaves no row of a change"],
      [
        VARIABLES,
        "API_PREFIX moves every route, the problems, the document and Location; pages have their sizes, keys their header",
      ],
      // JWT_SECRET, and JWT_EXPIRATION_MINUTES in each token.
      [
        "tests/http/v1/access_test.ts",
        "each role may what its routes say by a token too, and what is stored counts at once",
      ],
      // API_WORKERS cannot have its effect: the start says so.
      [
        "tests/config/config_test.ts",
        "loadConfig() warns of names it does not read: later ones, Python ones, and misspelt ones with the nearest",
      ],
    ],
  },
};

Deno.test("each fault of an earlier implementation has its tests", async () => {
  assertEquals(Object.keys(FAULTS), ["K93", "K94", "K95", "K96", "K97", "K98", "K99", "K100", "K101"]);
  for (const [number, { fault, tests }] of Object.entries(FAULTS)) {
    for (const [file, name] of tests) {
      const text = await Deno.readTextFile(new URL(`../../${file}`, import.meta.url));
      assert(text.includes(`"${name}"`), `${number}, ${fault}: ${file} has no test ${name}`);
    }
  }
});
