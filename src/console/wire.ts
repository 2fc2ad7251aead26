/** What routes take and answer. Made by `deno task api:types` from their contracts (src/http/api/contract.ts): not to be changed here. */

export interface components {
  schemas: {
    Session: {
      actor: {
        /** @enum {string} */
        kind: "user" | "operator";
        /** @description Clockify user id, or the name of the operator's key */
        id: string;
        name: string | null;
        /** @enum {string} */
        role: "admin" | "member";
      };
      profile: {
        key: string;
        name: string;
        service: string;
      };
      workspace: {
        id: string;
        name: string | null;
      };
      /** @description Host of Clockify's API for the workspace */
      environment: string | null;
      /** @description BCP 47, lower case */
      language: string;
      /** @enum {string|null} */
      theme: "light" | "dark" | null;
      time_zone: string | null;
      /**
       * Format: date-time
       * @description When the user token ends; null for an operator
       */
      expires_at: string | null;
      /** @description Origins that may frame the console */
      frame_origins: string[];
      version: string;
      features: {
        custom_webhooks: boolean;
        generic_http: boolean;
        flows: boolean;
      };
      can: {
        write: boolean;
        reason: string | null;
      };
    };
    Problem: {
      /** @enum {string} */
      type: "about:blank";
      title: string;
      status: number;
      /** @enum {string} */
      code:
        | "REQUEST_INVALID"
        | "BODY_TOO_LARGE"
        | "BODY_NOT_JSON"
        | "BODY_TOO_SLOW"
        | "JSON_TOO_DEEP"
        | "CONTENT_ENCODING_UNSUPPORTED"
        | "CONTENT_TYPE_UNSUPPORTED"
        | "ROUTE_UNKNOWN"
        | "METHOD_NOT_ALLOWED"
        | "LOGIN_REQUIRED"
        | "LOGIN_INVALID"
        | "LOGIN_WRONG_ADDON"
        | "ROLE_INSUFFICIENT"
        | "CROSS_SITE"
        | "WEBHOOK_SIGNATURE_MISSING"
        | "WEBHOOK_SIGNATURE_INVALID"
        | "WEBHOOK_WRONG_ADDON"
        | "WEBHOOK_WRONG_WORKSPACE"
        | "WEBHOOK_WRONG_EVENT"
        | "LIFECYCLE_TOKEN_MISSING"
        | "LIFECYCLE_TOKEN_INVALID"
        | "INSTALLATION_UNKNOWN"
        | "NOT_FOUND"
        | "CONFLICT"
        | "PRECONDITION_FAILED"
        | "FLOW_INVALID"
        | "EXPRESSION_INVALID"
        | "EXPRESSION_FAILED"
        | "OPERATION_UNKNOWN"
        | "OPERATION_INPUT_INVALID"
        | "HOST_NOT_ALLOWED"
        | "UPSTREAM_UNREACHABLE"
        | "UPSTREAM_TIMEOUT"
        | "UPSTREAM_RESPONSE_TOO_LARGE"
        | "UPSTREAM_RESPONSE_INVALID"
        | "UPSTREAM_REJECTED"
        | "UPSTREAM_FAILED"
        | "UPSTREAM_RATE_LIMITED"
        | "STEP_OUTPUT_TOO_LARGE"
        | "STEP_UNCERTAIN"
        | "RUN_LIMIT_REACHED"
        | "LEASE_LOST"
        | "RATE_LIMITED"
        | "STORAGE_FULL"
        | "FEATURE_OFF"
        | "OVERLOADED"
        | "DATABASE_UNAVAILABLE"
        | "DATA_FOLDER_LOCKED"
        | "ENCRYPTION_KEY_UNKNOWN"
        | "ENCRYPTED_VALUE_INVALID"
        | "CONFIG_INVALID"
        | "START_FAILED"
        | "INTERNAL";
      detail: string;
      request_id: string;
      /** @description Places in what was sent, and what is wrong there */
      faults?: components["schemas"]["Fault"][];
      issues?: string[];
      maxBytes?: number;
      actualBytes?: number;
      maxDepth?: number;
      position?: number;
      candidates?: string[];
    };
    Fault: {
      path: string;
      message: string;
    };
    Setting: {
      id: string;
      /** @description As Clockify's settings page calls it */
      name: string;
      value: string | number | boolean | null;
      /**
       * @description Where the value was set
       * @enum {string}
       */
      source: "workspace" | "environment";
      /** @description Why the value that the workspace set does not apply */
      problem?: string;
    };
    Keys: {
      encryption: {
        id: string;
        /** @description New values are sealed with it */
        first: boolean;
        configured: boolean;
        /** @description Values of the workspace that it holds */
        values: number;
      }[];
      installation_token: {
        received_at: string | null;
        key_id: string | null;
      };
      api_key: {
        configured: boolean;
        configured_at: string | null;
      };
      signing_secret: {
        configured: boolean;
        created_at: string | null;
      };
      /** @description For operators alone; others get an empty list */
      operators: {
        name: string;
        loopback_only: boolean;
      }[];
    };
    Workspace: {
      workspace_id: string;
      /** @description As it was read from Clockify; null when it was not */
      name: string | null;
      /** @enum {string} */
      status: "active" | "inactive";
      installed_at: string;
      last_event_at: string | null;
    };
  };
}
export interface operations {
  get_ui_session: {
    parameters: {
      query?: {
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
    };
    responses: {
      /** @description The login, its workspace and the features there */
      200: {
        content: {
          "application/json": components["schemas"]["Session"];
        };
      };
    };
  };
  get_ui_settings: {
    parameters: {
      query?: {
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
    };
    responses: {
      /** @description The settings; members see of addresses the origin alone */
      200: {
        content: {
          "application/json": {
            workspace_id: string;
            settings: components["schemas"]["Setting"][];
            /**
             * Format: date-time
             * @description When they were last read from Clockify
             */
            read_at: string | null;
            last_error: string | null;
          };
        };
      };
    };
  };
  get_ui_keys: {
    parameters: {
      query?: {
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
    };
    responses: {
      /** @description What there is */
      200: {
        content: {
          "application/json": components["schemas"]["Keys"];
        };
      };
    };
  };
  get_ui_workspaces: {
    responses: {
      /** @description Those where it is installed, by name */
      200: {
        content: {
          "application/json": {
            workspaces: components["schemas"]["Workspace"][];
          };
        };
      };
    };
  };
}

type Operation = keyof operations;

/** The JSON that a route answers, by its operationId. */
export type Answer<Name extends Operation> = JsonOf<Success<operations[Name]["responses"]>>;
type Success<Responses> = Responses[Extract<keyof Responses, 200 | 201 | 202>];
type JsonOf<Part> = Part extends { content: { "application/json": infer Json } } ? Json : never;

/** A schema that has a name. */
export type Wire<Name extends keyof components["schemas"]> = components["schemas"][Name];
