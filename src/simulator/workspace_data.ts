/** The workspaces the simulator holds: types in the shape of REST answers, and the first load from fixtures/. */

export interface Money {
  amount: number;
  currency?: string;
}
export interface User {
  id: string;
  email: string;
  name: string;
  /** OWNER, WORKSPACE_ADMIN or MEMBER; the claim workspaceRole of user tokens. Not part of REST answers. */
  role: string;
  status: string;
  settings: { timeZone: string } & Record<string, unknown>;
  [field: string]: unknown;
}
export interface Client {
  id: string;
  name: string;
  workspaceId: string;
  archived: boolean;
  [field: string]: unknown;
}
export type Tag = Client;
export interface Project {
  id: string;
  name: string;
  workspaceId: string;
  archived: boolean;
  clientId: string;
  clientName: string;
  billable: boolean;
  public: boolean;
  template: boolean;
  color: string;
  note: string;
  duration: string;
  hourlyRate: Money | null;
  costRate: Money | null;
  estimate: { estimate: string; type: string };
  memberships: { userId: string }[];
  [field: string]: unknown;
}
export interface Task {
  id: string;
  name: string;
  projectId: string;
  workspaceId: string;
  assigneeId: string;
  assigneeIds: string[];
  userGroupIds: string[];
  estimate: string;
  status: string;
  duration: string;
  [field: string]: unknown;
}
export interface CustomField {
  id: string;
  name: string;
  type: string;
  status: string;
  entityType: string;
  workspaceDefaultValue: unknown;
  [field: string]: unknown;
}
export interface UserGroup {
  id: string;
  name: string;
  workspaceId: string;
  userIds: string[];
  teamManagers: unknown[];
}
export interface CustomFieldValue {
  customFieldId: string;
  timeEntryId: string;
  value: unknown;
  name: string;
  type: string;
}
export interface TimeEntry {
  id: string;
  description: string;
  tagIds: string[];
  userId: string;
  billable: boolean;
  taskId: string | null;
  projectId: string | null;
  workspaceId: string;
  timeInterval: { start: string; end: string | null; duration: string | null };
  customFieldValues: CustomFieldValue[];
  type: string;
  kioskId: string | null;
  hourlyRate: Money | null;
  costRate: Money | null;
  isLocked: boolean;
}

/** Clockify's three switches of a webhook; it sends only while all are on. */
export interface WebhookSwitches {
  enabled: boolean;
  /** Clockify switches it off after too many failures. */
  deliveryEnabled: boolean;
  planEnabled: boolean;
}

/** A webhook that a person made. */
export interface UserWebhook extends WebhookSwitches {
  id: string;
  name: string;
  url: string;
  userId: string;
  webhookEvent: string;
  triggerSourceType: string;
  triggerSource: string[];
  /** Sent as `clockify-signature` as it is: no JWT. */
  authToken: string;
}

export interface Workspace {
  id: string;
  name: string;
  /** The answer of GET /v1/workspaces/{workspaceId}. */
  about: Record<string, unknown>;
  users: Map<string, User>;
  clients: Map<string, Client>;
  projects: Map<string, Project>;
  tasks: Map<string, Task>;
  tags: Map<string, Tag>;
  timeEntries: Map<string, TimeEntry>;
  customFields: CustomField[];
  userGroups: UserGroup[];
  /** When an entry was made through the API, in ms; entries of the first load are absent. */
  entryMadeAt: Map<string, number>;
  /** Whether what the plan does not have is refused; by default every plan has everything. */
  refusesByPlan?: boolean;
  /** Those that people made. */
  webhooks: Map<string, UserWebhook>;
  /** What was switched at webhooks of add-ons, by their ids. */
  addonWebhookSwitches: Map<string, Partial<WebhookSwitches>>;
}

interface WorkspaceFile {
  id: string;
  name: string;
  users: User[];
  clients: Client[];
  projects: Project[];
  tasks: Task[];
  tags: Tag[];
  timeEntries: TimeEntry[];
  customFields: CustomField[];
  userGroups: UserGroup[];
  [field: string]: unknown;
}

const byId = <T extends { id: string }>(items: T[]) => new Map(items.map((item) => [item.id, item]));

/** Fresh copies of the workspaces of fixtures/workspaces.json by id, in file order. */
export async function loadWorkspaces(): Promise<Map<string, Workspace>> {
  const files: WorkspaceFile[] = JSON.parse(
    await Deno.readTextFile(new URL("../../fixtures/workspaces.json", import.meta.url)),
  );
  return byId(files.map((file) => {
    const { users, clients, projects, tasks, tags, timeEntries, customFields, userGroups, ...about } = file;
    return {
      id: file.id,
      name: file.name,
      about: { ...about, cakeOrganizationId: `${file.id.slice(0, 23)}0` },
      users: byId(users),
      clients: byId(clients),
      projects: byId(projects),
      tasks: byId(tasks),
      tags: byId(tags),
      timeEntries: byId(timeEntries),
      customFields,
      userGroups,
      entryMadeAt: new Map(),
      webhooks: new Map(),
      addonWebhookSwitches: new Map(),
    };
  }));
}

/** A workspace with nothing but its owner; its settings are as in `like`, on the plan FREE. */
export function emptyWorkspace(
  { id, name, owner, like, newId }: {
    id: string;
    name: string;
    owner: User;
    like: Record<string, unknown>;
    newId: () => string;
  },
): Workspace {
  const [currency] = like.currencies as { code: string }[];
  const membership = { userId: owner.id, hourlyRate: null, costRate: null, targetId: id, membershipType: "WORKSPACE" };
  const memberships = [{ ...membership, membershipStatus: "ACTIVE" }];
  const about = {
    ...structuredClone(like),
    ...{ id, name, hourlyRate: null, costRate: null, memberships, featureSubscriptionType: "FREE", features: [] },
    currencies: [{ id: newId(), code: currency!.code, isDefault: true }],
  };
  const user = { ...structuredClone(owner), role: "OWNER", memberships: structuredClone(memberships) };
  return {
    ...{ id, name, about, customFields: [], userGroups: [], users: new Map([[owner.id, user]]) },
    ...{ clients: new Map(), projects: new Map(), tasks: new Map(), tags: new Map(), timeEntries: new Map() },
    ...{ entryMadeAt: new Map(), webhooks: new Map(), addonWebhookSwitches: new Map() },
  };
}

/** The workspace's OWNER: the user of installation tokens and the default installer. */
export function ownerOf(workspace: Workspace): User {
  return [...workspace.users.values()].find((user) => user.role === "OWNER")!;
}

/** Whether the role may manage a workspace (both spellings of admin: the claim's and the API's). */
export function isAdminRole(role: string): boolean {
  return /^(OWNER|ADMIN|WORKSPACE_ADMIN)$/i.test(role);
}
