/** Ready-made flows with blanks, and the flow that comes of one. */

import type { Api } from "../../shell/client.ts";
import type { Answer, Wire } from "../../wire.ts";
import type { FlowJson } from "./draft/json.ts";
import { withDefaults } from "./draft/defaults.ts";

export type FlowTemplate = Wire<"FlowTemplate">;
export type TemplateBlank = Wire<"TemplateBlank">;

export async function listTemplates(api: Api, signal?: AbortSignal): Promise<FlowTemplate[]> {
  const { templates } = await api.get<Answer<"get_ui_flows_templates">>("/flows/templates", undefined, signal);
  return templates;
}

/** Nothing is saved. Throws FLOW_INVALID with the blanks that are not right. */
export async function fillTemplate(api: Api, template: string, blanks: Record<string, unknown>): Promise<FlowJson> {
  const body = { template, blanks };
  const { flow } = await api.send<Answer<"post_ui_flows_templates">>("POST", "/flows/templates", body);
  return withDefaults(flow);
}
