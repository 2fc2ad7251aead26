/** German: the catalogues of the rooms together. */

import type { Catalogue } from "./say.ts";
import flows from "./de/flows.ts";
import flowSteps from "./de/flow_steps.ts";
import lists from "./de/lists.ts";
import pages from "./de/pages.ts";
import shell from "./de/shell.ts";
import vocabulary from "./de/vocabulary.ts";

const catalogue: Catalogue = { ...flows, ...flowSteps, ...lists, ...pages, ...shell, ...vocabulary };
export default catalogue;
