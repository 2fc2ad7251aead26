/** SQL of the paths of steps. */

import type { Fragment, Query } from "../db/db.ts";

/** SQL condition: isWithin() of engine/step_path.ts. */
export function isWithin(sql: Query, path: Fragment, above: Fragment): Fragment {
  return sql`(${path} = ${above} or starts_with(${path}, ${above} || '/') or starts_with(${path}, ${above} || '#'))`;
}
