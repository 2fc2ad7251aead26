/** The Workflow Management API as an owner of rows: beside its runs it has nothing of an add-on. */

import type { RowOwner } from "./profile.ts";

export const workflowApi: RowOwner = { key: "workflow_api", service: "workflow-api", settingsTabs: [] };
