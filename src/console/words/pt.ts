/** Portuguese, as in Brazil: the catalogues of the rooms together. */

import type { Catalogue } from "./say.ts";
import flows from "./pt/flows.ts";
import flowSteps from "./pt/flow_steps.ts";
import lists from "./pt/lists.ts";
import pages from "./pt/pages.ts";
import shell from "./pt/shell.ts";
import vocabulary from "./pt/vocabulary.ts";

const catalogue: Catalogue = { ...flows, ...flowSteps, ...lists, ...pages, ...shell, ...vocabulary };
export default catalogue;
