import type { Catalogue } from "../say.ts";

export default {} satisfies Catalogue;
