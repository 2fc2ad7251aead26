/** Spanish: the catalogues of the rooms together. */

import type { Catalogue } from "./say.ts";
import flows from "./es/flows.ts";
import flowSteps from "./es/flow_steps.ts";
import lists from "./es/lists.ts";
import pages from "./es/pages.ts";
import shell from "./es/shell.ts";
import vocabulary from "./es/vocabulary.ts";

const catalogue: Catalogue = { ...flows, ...flowSteps, ...lists, ...pages, ...shell, ...vocabulary };
export default catalogue;
