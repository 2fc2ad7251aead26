/** The contracts of the API as this process serves them: below API_PREFIX, with pages of its sizes. */

import { z } from "zod";
import type { ServedAs } from "../api/contract.ts";
import { pageSizeQuery } from "./paging.ts";

/** What contracts are written for. */
const CONTRACT_PREFIX = "/api/v1";

export interface ApiShape {
  /** API_PREFIX. */
  prefix: string;
  defaultPageSize: number;
  maxPageSize: number;
}

/** What is not of the API stays as it is. */
export function createServedAs({ prefix, defaultPageSize, maxPageSize }: ApiShape): ServedAs {
  const page_size = pageSizeQuery({ fallback: defaultPageSize, max: maxPageSize });
  const servedPath = (path: string) => moved(path, CONTRACT_PREFIX, prefix);
  return {
    servedPath,
    contractPath: (path) => moved(path, prefix, CONTRACT_PREFIX),
    servedAs: (route) => {
      const path = servedPath(route.path) as `/${string}`;
      const { query } = route;
      if (!isBelow(route.path, CONTRACT_PREFIX) || !query || !("page_size" in query.shape)) return { ...route, path };
      return { ...route, path, query: z.object({ ...query.shape, page_size }) };
    },
  };
}

function moved(path: string, from: string, to: string): string {
  return isBelow(path, from) ? `${to}${path.slice(from.length)}` : path;
}

function isBelow(path: string, prefix: string): boolean {
  return path === prefix || path.startsWith(`${prefix}/`);
}
