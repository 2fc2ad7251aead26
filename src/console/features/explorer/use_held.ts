/** What Clockify holds now of the object that a call replaces, read as soon as the call says which. */

import { useQuery } from "@tanstack/react-query";
import { useSignedIn } from "../../shell/session/login.tsx";
import { type EndpointDetail, read } from "./api.ts";
import { nounWord } from "../entities/kinds.ts";
import { type Call, type Fields, heldOf, replaceOf } from "./call.ts";
import { say } from "../../words/say.ts";

export type Held =
  /** The call replaces no object, or does not say which yet. */
  | { kind: "none" }
  | { kind: "reading" }
  | { kind: "read"; fields: Fields }
  | { kind: "unread"; why: string };

export function useHeld(detail: EndpointDetail | undefined, { pathParams, as }: Pick<Call, "pathParams" | "as">): Held {
  const { api } = useSignedIn();
  const fill = detail && replaceOf(detail) ? detail.fill : null;
  const wanted = Object.entries(fill?.path_params ?? {}).map(([name, own]) => [name, pathParams[own]] as const);
  const own = detail?.path_params.filter(({ injected }) => !injected) ?? [];
  const isNamed = fill !== null && own.every(({ name }) => pathParams[name] !== undefined);
  const { data, error } = useQuery({
    queryKey: ["explorer", "held", fill?.key, wanted, as],
    queryFn: () =>
      read(api, {
        operation_id: fill!.key,
        path_params: Object.fromEntries(wanted),
        query_params: {},
        ...(as && { as }),
      }),
    enabled: isNamed,
    staleTime: 10_000,
    retry: false,
  });
  if (!detail || !isNamed) return { kind: "none" };
  if (error) return { kind: "unread", why: error.message };
  if (!data) return { kind: "reading" };
  if (data.error) return { kind: "unread", why: `${data.error.message}. ${data.error.explanation}` };
  const fields = heldOf(detail, { data: data.data, pathParams });
  return fields ? { kind: "read", fields } : {
    kind: "unread",
    why: say("There is no such {noun} on the first page of its list", { noun: nounWord(fill!.noun) }),
  };
}
