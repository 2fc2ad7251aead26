/** What routes take and answer. Made by `deno task api:types` from their contracts (src/http/api/contract.ts): not to be changed here. */

export interface components {
  schemas: {
    FlowVerdict: {
      flow_id: string;
      name: string;
      version: number;
      enabled: boolean;
      /** @description Its trigger names the event's type */
      listens: boolean;
      matched: boolean | null;
      problem: string | null;
      /** @description Newest run of the flow for this event */
      run_id: string | null;
      rules: components["schemas"]["RuleVerdict"][];
    };
    RuleVerdict: {
      path: string;
      field: string;
      operator: string;
      expected?: components["schemas"]["Json"];
      /** @description Absent when nothing was found */
      actual?: string | number | boolean | null | components["schemas"]["Json"][] | {
        [key: string]: components["schemas"]["Json"];
      };
      matched: boolean;
      /** @description What it compares with, as the type of the field reads it */
      read?: string;
      /** @description Why it did not match */
      reason: string | null;
      /** @description What is doubtful about the rule */
      warning?: string;
    };
    /** @description Any JSON */
    Json: JsonValue;
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
        | "IDEMPOTENCY_KEY_INVALID"
        | "IDEMPOTENCY_KEY_REUSED"
        | "IDEMPOTENCY_KEY_IN_USE"
        | "IDEMPOTENCY_ANSWER_NOT_KEPT"
        | "CONFIRMATION_REQUIRED"
        | "APPROVAL_REQUIRED"
        | "APPROVAL_EXPIRED"
        | "CONFIRM_TOKEN_INVALID"
        | "CONFIRM_TOKEN_EXPIRED"
        | "CONFIRM_TOKEN_USED"
        | "CLOCKIFY_WRITE_DENIED"
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
        | "UNDO_DONE"
        | "UNDO_IN_PROGRESS"
        | "UNDO_CONFLICT"
        | "UNDO_IMPOSSIBLE"
        | "FILTER_EMPTY"
        | "RUN_LIMIT_REACHED"
        | "FLOW_ENDED_RUN"
        | "LOOP_DETECTED"
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
      confirmation?: components["schemas"]["Confirmation"];
    };
    Fault: {
      path: string;
      message: string;
      /** @description Place in the text of an expression, from 0, where it is known */
      position?: number;
      /** @description The text around that place, and on a second line a caret below it with its column from 1 */
      excerpt?: string;
    };
    /** @description What the guard asks for before it lets a request pass */
    Confirmation: {
      /** @enum {string} */
      kind: "preview" | "second_person";
      grade: string;
      /** @description Of a preview: with it the same request passes, once */
      confirm_token?: string;
      /** @description Of the request that waits for a second person */
      request_id?: string;
      expires_at: string;
      /** @description Of a flow: what is new in it */
      steps?: {
        path: string;
        id: string;
        operation: string;
        grade: string;
        reason: string;
      }[];
      /** @description Of the guard: what would need no second person any more */
      left?: {
        way: string;
        grade: string;
        to: string;
      }[];
    };
    FlowRow: {
      id: string;
      name: string;
      enabled: boolean;
      trigger_event_types: string[];
      /** @description What starts it beside events; its conditions are asked of events alone */
      triggers?: {
        /** @description It begins at these times */
        schedules?: {
          /** @description Minute, hour, day, month, weekday */
          cron: string;
          /** @description IANA name: on whose clock */
          zone: string;
          /**
           * @description Slots that passed while no instance was running: none fires, one for all, or all
           * @enum {string}
           */
          missed: "skip" | "one" | "all";
        }[];
        /** @description A person starts it, with a form of these inputs */
        manual?: {
          inputs: components["schemas"]["FlowInputField"][];
        };
        /**
         * @description true: POST /ui/flows/{id}/run starts it
         * @enum {boolean}
         */
        api?: true;
      };
      /** @description null: every event matches */
      conditions: components["schemas"]["Condition"] | null;
      /** @description Steps, one after another */
      actions: components["schemas"]["FlowStep"][];
      /** @description true: runs for one entity go one after another */
      ordered: boolean;
      /** @description Template, of an ordered flow: what has the same value goes one after another; absent: the entity */
      order_key?: string;
      /** @description Runs in progress at once */
      concurrency?: {
        at_once: number;
        /** @description Template: what has the same value counts together; absent: all of the flow */
        key?: string;
        /** @enum {string} */
        when_full: "queue" | "skip" | "cancel_oldest";
      };
      /** @description Of events that come one soon after another the last alone starts a run */
      debounce?: {
        /** @description Template: what has the same value counts together; absent: all of the flow */
        key?: string;
        wait: string;
        max_wait?: string;
      };
      /** @description Runs that begin within a time */
      throttle?: {
        /** @description Template: what has the same value counts together; absent: all of the flow */
        key?: string;
        at_most: number;
        per: string;
        /** @enum {string} */
        when_over: "skip" | "queue";
      };
      version: number;
      created_at: string;
      updated_at: string;
      /** @description Of a flow alone: its schedules in words, with the next five firings */
      schedules?: components["schemas"]["FlowSchedule"][];
      /** @description What may go wrong when it runs */
      warnings?: components["schemas"]["Fault"][];
      stats: components["schemas"]["FlowStats"];
    };
    FlowInputField: {
      /** @description Its value is at $.webhook.<name> */
      name: string;
      /** @enum {string} */
      type: "text" | "number" | "boolean" | "date" | "duration" | "money" | "entity" | "choice";
      default?: components["schemas"]["Json"];
      /** @description Of a choice */
      choices?: string[];
      /**
       * @description Of an entity
       * @enum {string}
       */
      entity_type?:
        | "user"
        | "user_group"
        | "project"
        | "client"
        | "task"
        | "tag"
        | "custom_field"
        | "expense_category"
        | "holiday"
        | "time_off_policy";
      label: string;
      required: boolean;
    };
    /** @description A rule, or a group of conditions */
    Condition: components["schemas"]["Rule"] | {
      all: components["schemas"]["Condition"][];
    } | {
      any: components["schemas"]["Condition"][];
    } | {
      not: components["schemas"]["Condition"];
    } | {
      type?: string;
      rules?: components["schemas"]["Condition"][];
    };
    Rule: {
      /** @description Path into the event */
      field: string;
      operator: string;
      value?: components["schemas"]["Json"];
      /**
       * @description Of a list: which of its members
       * @enum {string|null}
       */
      quantifier?: "any" | "every" | null;
      case_insensitive?: boolean | null;
    };
    /** @description An action, or by its kind a step that holds others, waits or ends the run */
    FlowStep:
      | components["schemas"]["ClockifyAction"]
      | components["schemas"]["HttpAction"]
      | components["schemas"]["TransformAction"]
      | components["schemas"]["VariablesAction"]
      | components["schemas"]["EmitEventAction"]
      | components["schemas"]["RunFlowAction"]
      | components["schemas"]["FlowBranch"]
      | components["schemas"]["FlowParallel"]
      | components["schemas"]["FlowLoop"]
      | components["schemas"]["FlowWait"]
      | components["schemas"]["FlowApproval"]
      | components["schemas"]["FlowTry"]
      | components["schemas"]["FlowEnd"];
    ClockifyAction: {
      id: string;
      retry?: components["schemas"]["Retry"];
      /** @description One attempt is aborted after it, and has failed */
      try_time_limit_ms?: number;
      /**
       * @description What happens after an attempt that was sent and whose answer was never recorded
       * @enum {string}
       */
      on_uncertain: "retry" | "stop";
      /** @enum {string} */
      type: "clockify";
      /** @description operationId or METHOD /path */
      operation_id: string;
      /** @description Id of the user whose rights the call has */
      as_user?: string;
      path_params: {
        [key: string]: components["schemas"]["Json"];
      };
      query_params: {
        [key: string]: components["schemas"]["Json"];
      };
      body?: components["schemas"]["Json"];
      /** @description true: the body is the whole object, without a read before */
      replace?: boolean;
    };
    Retry: {
      max_attempts: number;
      initial_delay_ms: number;
      max_delay_ms: number;
      multiplier: number;
      /**
       * @description Absent: exponential
       * @enum {string}
       */
      backoff?: "fixed" | "linear" | "exponential";
      /** @description Delays are random, up to the backoff; absent: true, but for a backoff that is fixed or linear */
      jitter?: boolean;
      /** @description Of the answers that failed these alone are retried; absent: 5xx, and what the connection lost */
      statuses?: number[];
      /** @description No attempt begins later, from the first one on */
      time_limit_ms?: number;
    };
    HttpAction: {
      id: string;
      retry?: components["schemas"]["Retry"];
      /** @description One attempt is aborted after it, and has failed */
      try_time_limit_ms?: number;
      /**
       * @description What happens after an attempt that was sent and whose answer was never recorded
       * @enum {string}
       */
      on_uncertain: "retry" | "stop";
      /** @enum {string} */
      type: "http";
      /** @enum {string} */
      method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE" | "HEAD";
      url: string;
      headers: {
        [key: string]: components["schemas"]["Json"];
      };
      query: {
        [key: string]: components["schemas"]["Json"];
      };
      body?: components["schemas"]["Json"];
      timeout_ms: number;
    };
    TransformAction: {
      id: string;
      retry?: components["schemas"]["Retry"];
      /** @description One attempt is aborted after it, and has failed */
      try_time_limit_ms?: number;
      /**
       * @description What happens after an attempt that was sent and whose answer was never recorded
       * @enum {string}
       */
      on_uncertain: "retry" | "stop";
      /** @enum {string} */
      type: "transform";
      /** @description A template: what it comes to is the step's output */
      output: string | number | boolean | null | components["schemas"]["Json"][] | {
        [key: string]: components["schemas"]["Json"];
      };
    };
    VariablesAction: {
      id: string;
      retry?: components["schemas"]["Retry"];
      /** @description One attempt is aborted after it, and has failed */
      try_time_limit_ms?: number;
      /**
       * @description What happens after an attempt that was sent and whose answer was never recorded
       * @enum {string}
       */
      on_uncertain: "retry" | "stop";
      /** @enum {string} */
      type: "variables";
      /** @description Found at $.vars.<name> by the steps behind it */
      set: {
        [key: string]: components["schemas"]["Json"];
      };
    };
    EmitEventAction: {
      id: string;
      retry?: components["schemas"]["Retry"];
      /** @description One attempt is aborted after it, and has failed */
      try_time_limit_ms?: number;
      /**
       * @description What happens after an attempt that was sent and whose answer was never recorded
       * @enum {string}
       */
      on_uncertain: "retry" | "stop";
      /** @enum {string} */
      type: "emit_event";
      /** @description Flows listen for it as flow:<event> */
      event: string;
      body?: components["schemas"]["Json"];
    };
    RunFlowAction: {
      id: string;
      retry?: components["schemas"]["Retry"];
      /** @description One attempt is aborted after it, and has failed */
      try_time_limit_ms?: number;
      /**
       * @description What happens after an attempt that was sent and whose answer was never recorded
       * @enum {string}
       */
      on_uncertain: "retry" | "stop";
      /** @enum {string} */
      type: "run_flow";
      flow_id: number;
      input?: components["schemas"]["Json"];
      /** @description true: until it is over, and its output is the step's */
      wait: boolean;
    };
    FlowBranch: {
      id: string;
      /** @description What people read in place of a sentence */
      name?: string;
      /** @enum {string} */
      kind: "branch";
      /** @description A switch: the value that the cases name */
      on?: string | number | boolean | null | components["schemas"]["Json"][] | {
        [key: string]: components["schemas"]["Json"];
      };
      /** @description The first that fits is taken: each has `if`, or in a switch `equals` */
      cases: {
        name?: string;
        if?: components["schemas"]["Condition"];
        equals?: components["schemas"]["Json"][];
        actions: components["schemas"]["FlowStep"][];
      }[];
      otherwise: components["schemas"]["FlowStep"][];
    };
    FlowParallel: {
      id: string;
      /** @description What people read in place of a sentence */
      name?: string;
      /** @enum {string} */
      kind: "parallel";
      branches: {
        name?: string;
        actions: components["schemas"]["FlowStep"][];
      }[];
      /** @description How many have to complete; the rest is cancelled then */
      join: ("all" | "any" | "majority") | {
        at_least: number;
      };
      time_limit_ms?: number;
    };
    FlowLoop: {
      id: string;
      /** @description What people read in place of a sentence */
      name?: string;
      /** @enum {string} */
      kind: "loop";
      /** @description A list */
      over?: string | number | boolean | null | components["schemas"]["Json"][] | {
        [key: string]: components["schemas"]["Json"];
      };
      while?: components["schemas"]["Condition"];
      max_items: number;
      at_once: number;
      /** @enum {string} */
      on_error: "stop" | "continue" | "collect";
      actions: components["schemas"]["FlowStep"][];
    };
    FlowWait: {
      id: string;
      /** @description What people read in place of a sentence */
      name?: string;
      /** @enum {string} */
      kind: "wait";
      /** @description A span of time */
      for?: string | number | boolean | null | components["schemas"]["Json"][] | {
        [key: string]: components["schemas"]["Json"];
      };
      /** @description An instant, or a time on the clock of `zone` */
      until?: string | number | boolean | null | components["schemas"]["Json"][] | {
        [key: string]: components["schemas"]["Json"];
      };
      zone?: string;
      event?: {
        event_types: string[];
        conditions?: components["schemas"]["Condition"];
      };
      deadline?: components["schemas"]["Json"];
      expired?: components["schemas"]["FlowStep"][];
    };
    FlowApproval: {
      id: string;
      /** @description What people read in place of a sentence */
      name?: string;
      /** @enum {string} */
      kind: "approval";
      /** @description Ids of users */
      people: string | number | boolean | null | components["schemas"]["Json"][] | {
        [key: string]: components["schemas"]["Json"];
      };
      roles: ("OWNER" | "WORKSPACE_ADMIN" | "PROJECT_MANAGER" | "TEAM_MANAGER")[];
      note?: components["schemas"]["Json"];
      deadline?: components["schemas"]["Json"];
      /** @description Once it is asked; $.approval.link leads to the answer */
      ask: components["schemas"]["FlowStep"][];
      remind?: {
        after: components["schemas"]["Json"];
        actions: components["schemas"]["FlowStep"][];
      };
      approved: components["schemas"]["FlowStep"][];
      /** @description Absent: the run is cancelled */
      rejected?: components["schemas"]["FlowStep"][];
      /** @description Absent: the run fails */
      expired?: components["schemas"]["FlowStep"][];
    };
    FlowTry: {
      id: string;
      /** @description What people read in place of a sentence */
      name?: string;
      /** @enum {string} */
      kind: "try";
      actions: components["schemas"]["FlowStep"][];
      /** @description Finds $.error: code, message, step */
      on_error?: components["schemas"]["FlowStep"][];
      finally: components["schemas"]["FlowStep"][];
    };
    FlowEnd: {
      id: string;
      /** @description What people read in place of a sentence */
      name?: string;
      /** @enum {string} */
      kind: "end";
      /** @enum {string} */
      outcome: "success" | "failure";
      message?: components["schemas"]["Json"];
      output?: components["schemas"]["Json"];
    };
    FlowSchedule: {
      /** @description Minute, hour, day, month, weekday; null: an interval */
      cron: string | null;
      /** @description On whose clock */
      zone: string | null;
      words: string;
      /** @description The next five firings; none where it is off */
      next: string[];
    };
    FlowStats: {
      runs_24h: number;
      failed_24h: number;
      last_run: {
        id: string;
        state: components["schemas"]["RunState"];
        created_at: string;
      } | null;
      /** @description States of the last runs, newest first, at most 20 */
      recent: components["schemas"]["RunState"][];
    };
    /** @enum {string} */
    RunState: "pending" | "running" | "waiting" | "completed" | "failed" | "cancelled";
    Flow: {
      id: string;
      name: string;
      enabled: boolean;
      trigger_event_types: string[];
      /** @description What starts it beside events; its conditions are asked of events alone */
      triggers?: {
        /** @description It begins at these times */
        schedules?: {
          /** @description Minute, hour, day, month, weekday */
          cron: string;
          /** @description IANA name: on whose clock */
          zone: string;
          /**
           * @description Slots that passed while no instance was running: none fires, one for all, or all
           * @enum {string}
           */
          missed: "skip" | "one" | "all";
        }[];
        /** @description A person starts it, with a form of these inputs */
        manual?: {
          inputs: components["schemas"]["FlowInputField"][];
        };
        /**
         * @description true: POST /ui/flows/{id}/run starts it
         * @enum {boolean}
         */
        api?: true;
      };
      /** @description null: every event matches */
      conditions: components["schemas"]["Condition"] | null;
      /** @description Steps, one after another */
      actions: components["schemas"]["FlowStep"][];
      /** @description true: runs for one entity go one after another */
      ordered: boolean;
      /** @description Template, of an ordered flow: what has the same value goes one after another; absent: the entity */
      order_key?: string;
      /** @description Runs in progress at once */
      concurrency?: {
        at_once: number;
        /** @description Template: what has the same value counts together; absent: all of the flow */
        key?: string;
        /** @enum {string} */
        when_full: "queue" | "skip" | "cancel_oldest";
      };
      /** @description Of events that come one soon after another the last alone starts a run */
      debounce?: {
        /** @description Template: what has the same value counts together; absent: all of the flow */
        key?: string;
        wait: string;
        max_wait?: string;
      };
      /** @description Runs that begin within a time */
      throttle?: {
        /** @description Template: what has the same value counts together; absent: all of the flow */
        key?: string;
        at_most: number;
        per: string;
        /** @enum {string} */
        when_over: "skip" | "queue";
      };
      version: number;
      created_at: string;
      updated_at: string;
      /** @description Of a flow alone: its schedules in words, with the next five firings */
      schedules?: components["schemas"]["FlowSchedule"][];
      /** @description What may go wrong when it runs */
      warnings?: components["schemas"]["Fault"][];
    };
    NewFlow: {
      name: string;
      enabled?: boolean;
      /** @enum {string} */
      trigger_source?: "CLOCKIFY" | "CUSTOM";
      /** @description At least one, unless `triggers` has something */
      trigger_event_types?: string[];
      /** @description What starts it beside events; its conditions are asked of events alone */
      triggers?: components["schemas"]["TriggersInput"] | null;
      /** @description null: every event matches */
      conditions?: components["schemas"]["Condition"] | null;
      actions: components["schemas"]["FlowStepInput"][];
      ordered?: boolean;
      order_key?: string | null;
      concurrency?: {
        at_once: number;
        /** @description Template: what has the same value counts together; absent: all of the flow */
        key?: string;
        /** @enum {string} */
        when_full?: "queue" | "skip" | "cancel_oldest";
      } | null;
      debounce?: {
        /** @description Template: what has the same value counts together; absent: all of the flow */
        key?: string;
        wait: string;
        max_wait?: string;
      } | null;
      throttle?: {
        /** @description Template: what has the same value counts together; absent: all of the flow */
        key?: string;
        at_most: number;
        per: string;
        /** @enum {string} */
        when_over?: "skip" | "queue";
      } | null;
      /** @description Of CONFIRMATION_REQUIRED: publishes what was shown there, once */
      confirm_token?: string;
      /** @description Draft of a new flow (GET /ui/flow-drafts) that it is: its secrets come over, and it goes */
      draft_id?: string;
    };
    TriggersInput: {
      schedules?: {
        /** @description Minute, hour, day, month, weekday */
        cron: string;
        /** @description IANA name: on whose clock; UTC where it is left out */
        zone?: string;
        /**
         * @description Slots that passed while no instance was running: none fires, one for all, or all; "one" where it is left out
         * @enum {string}
         */
        missed?: "skip" | "one" | "all";
      }[] | null;
      manual?: {
        inputs?: components["schemas"]["FlowInputFieldInput"][];
      } | null;
      /** @description true: POST /ui/flows/{id}/run starts it */
      api?: boolean | null;
    };
    FlowInputFieldInput: {
      /** @description Its value is at $.webhook.<name> */
      name: string;
      /** @enum {string} */
      type: "text" | "number" | "boolean" | "date" | "duration" | "money" | "entity" | "choice";
      default?: components["schemas"]["Json"];
      /** @description Of a choice */
      choices?: string[];
      /**
       * @description Of an entity
       * @enum {string}
       */
      entity_type?:
        | "user"
        | "user_group"
        | "project"
        | "client"
        | "task"
        | "tag"
        | "custom_field"
        | "expense_category"
        | "holiday"
        | "time_off_policy";
      label?: string;
      required?: boolean;
    };
    /** @description Without `kind` an action */
    FlowStepInput:
      | components["schemas"]["ClockifyActionInput"]
      | components["schemas"]["HttpActionInput"]
      | components["schemas"]["TransformActionInput"]
      | components["schemas"]["VariablesActionInput"]
      | components["schemas"]["EmitEventActionInput"]
      | components["schemas"]["RunFlowActionInput"]
      | components["schemas"]["FlowBranchInput"]
      | components["schemas"]["FlowParallelInput"]
      | components["schemas"]["FlowLoopInput"]
      | components["schemas"]["FlowWaitInput"]
      | components["schemas"]["FlowApprovalInput"]
      | components["schemas"]["FlowTryInput"]
      | components["schemas"]["FlowEndInput"];
    ClockifyActionInput: {
      /** @enum {string} */
      kind?: "action";
      id?: string;
      retry?: components["schemas"]["RetryInput"] | null;
      /** @description One attempt is aborted after it, and has failed */
      try_time_limit_ms?: number;
      /** @enum {string} */
      on_uncertain?: "retry" | "stop";
      /** @enum {string} */
      type?: "clockify" | "CLOCKIFY_API";
      operation_id: string;
      as_user?: string;
      path_params?: {
        [key: string]: components["schemas"]["Json"];
      } | null;
      query_params?: {
        [key: string]: components["schemas"]["Json"];
      } | null;
      body?: components["schemas"]["Json"];
      replace?: boolean;
      /** @description Older spelling of the three */
      params?: {
        path?: {
          [key: string]: components["schemas"]["Json"];
        };
        query?: {
          [key: string]: components["schemas"]["Json"];
        };
        body?: components["schemas"]["Json"];
      };
    };
    RetryInput: {
      max_attempts?: number;
      initial_delay_ms?: number;
      max_delay_ms?: number;
      multiplier?: number;
      /**
       * @description Absent: exponential
       * @enum {string}
       */
      backoff?: "fixed" | "linear" | "exponential";
      /** @description Delays are random, up to the backoff; absent: true, but for a backoff that is fixed or linear */
      jitter?: boolean;
      /** @description Of the answers that failed these alone are retried; absent: 5xx, and what the connection lost */
      statuses?: number[];
      /** @description No attempt begins later, from the first one on */
      time_limit_ms?: number;
    };
    HttpActionInput: {
      /** @enum {string} */
      kind?: "action";
      id?: string;
      retry?: components["schemas"]["RetryInput"] | null;
      /** @description One attempt is aborted after it, and has failed */
      try_time_limit_ms?: number;
      /** @enum {string} */
      on_uncertain?: "retry" | "stop";
      /** @enum {string} */
      type: "http" | "GENERIC_HTTP" | "generic_http";
      /** @enum {string} */
      method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE" | "HEAD";
      url: string;
      headers?: {
        [key: string]: components["schemas"]["Json"];
      } | null;
      query?: {
        [key: string]: components["schemas"]["Json"];
      } | null;
      body?: components["schemas"]["Json"];
      timeout_ms?: number;
    };
    TransformActionInput: {
      /** @enum {string} */
      kind?: "action";
      id?: string;
      retry?: components["schemas"]["RetryInput"] | null;
      /** @description One attempt is aborted after it, and has failed */
      try_time_limit_ms?: number;
      /** @enum {string} */
      on_uncertain?: "retry" | "stop";
      /** @enum {string} */
      type: "transform";
      output: components["schemas"]["Json"];
    };
    VariablesActionInput: {
      /** @enum {string} */
      kind?: "action";
      id?: string;
      retry?: components["schemas"]["RetryInput"] | null;
      /** @description One attempt is aborted after it, and has failed */
      try_time_limit_ms?: number;
      /** @enum {string} */
      on_uncertain?: "retry" | "stop";
      /** @enum {string} */
      type: "variables";
      set: {
        [key: string]: components["schemas"]["Json"];
      };
    };
    EmitEventActionInput: {
      /** @enum {string} */
      kind?: "action";
      id?: string;
      retry?: components["schemas"]["RetryInput"] | null;
      /** @description One attempt is aborted after it, and has failed */
      try_time_limit_ms?: number;
      /** @enum {string} */
      on_uncertain?: "retry" | "stop";
      /** @enum {string} */
      type: "emit_event";
      event: string;
      body?: components["schemas"]["Json"];
    };
    RunFlowActionInput: {
      /** @enum {string} */
      kind?: "action";
      id?: string;
      retry?: components["schemas"]["RetryInput"] | null;
      /** @description One attempt is aborted after it, and has failed */
      try_time_limit_ms?: number;
      /** @enum {string} */
      on_uncertain?: "retry" | "stop";
      /** @enum {string} */
      type: "run_flow";
      flow_id: number | string;
      input?: components["schemas"]["Json"];
      wait?: boolean;
    };
    FlowBranchInput: {
      id?: string;
      name?: string;
      /** @enum {string} */
      kind: "branch";
      on?: components["schemas"]["Json"];
      cases: {
        name?: string;
        if?: components["schemas"]["Condition"];
        equals?: components["schemas"]["Json"][];
        actions?: components["schemas"]["FlowStepInput"][];
      }[];
      otherwise?: components["schemas"]["FlowStepInput"][];
    };
    FlowParallelInput: {
      id?: string;
      name?: string;
      /** @enum {string} */
      kind: "parallel";
      branches: {
        name?: string;
        actions: components["schemas"]["FlowStepInput"][];
      }[];
      join?: ("all" | "any" | "majority") | {
        at_least: number;
      };
      time_limit_ms?: number;
    };
    FlowLoopInput: {
      id?: string;
      name?: string;
      /** @enum {string} */
      kind: "loop";
      over?: components["schemas"]["Json"];
      while?: components["schemas"]["Condition"];
      max_items?: number;
      at_once?: number;
      /** @enum {string} */
      on_error?: "stop" | "continue" | "collect";
      actions: components["schemas"]["FlowStepInput"][];
    };
    FlowWaitInput: {
      id?: string;
      name?: string;
      /** @enum {string} */
      kind: "wait";
      for?: components["schemas"]["Json"];
      until?: components["schemas"]["Json"];
      zone?: string;
      event?: {
        event_types: string[];
        conditions?: components["schemas"]["Condition"];
      };
      deadline?: components["schemas"]["Json"];
      expired?: components["schemas"]["FlowStepInput"][];
    };
    FlowApprovalInput: {
      id?: string;
      name?: string;
      /** @enum {string} */
      kind: "approval";
      people?: components["schemas"]["Json"];
      roles?: ("OWNER" | "WORKSPACE_ADMIN" | "PROJECT_MANAGER" | "TEAM_MANAGER")[];
      note?: components["schemas"]["Json"];
      deadline?: components["schemas"]["Json"];
      ask?: components["schemas"]["FlowStepInput"][];
      remind?: {
        after: components["schemas"]["Json"];
        actions: components["schemas"]["FlowStepInput"][];
      };
      approved?: components["schemas"]["FlowStepInput"][];
      rejected?: components["schemas"]["FlowStepInput"][];
      expired?: components["schemas"]["FlowStepInput"][];
    };
    FlowTryInput: {
      id?: string;
      name?: string;
      /** @enum {string} */
      kind: "try";
      actions: components["schemas"]["FlowStepInput"][];
      on_error?: components["schemas"]["FlowStepInput"][];
      finally?: components["schemas"]["FlowStepInput"][];
    };
    FlowEndInput: {
      id?: string;
      name?: string;
      /** @enum {string} */
      kind: "end";
      /** @enum {string} */
      outcome?: "success" | "failure";
      message?: components["schemas"]["Json"];
      output?: components["schemas"]["Json"];
    };
    FlowPatch: {
      name?: string;
      enabled?: boolean;
      /** @enum {string} */
      trigger_source?: "CLOCKIFY" | "CUSTOM";
      /** @description At least one, unless `triggers` has something */
      trigger_event_types?: string[];
      /** @description What starts it beside events; its conditions are asked of events alone */
      triggers?: components["schemas"]["TriggersInput"] | null;
      /** @description null: every event matches */
      conditions?: components["schemas"]["Condition"] | null;
      actions?: components["schemas"]["FlowStepInput"][];
      ordered?: boolean;
      order_key?: string | null;
      concurrency?: {
        at_once: number;
        /** @description Template: what has the same value counts together; absent: all of the flow */
        key?: string;
        /** @enum {string} */
        when_full?: "queue" | "skip" | "cancel_oldest";
      } | null;
      debounce?: {
        /** @description Template: what has the same value counts together; absent: all of the flow */
        key?: string;
        wait: string;
        max_wait?: string;
      } | null;
      throttle?: {
        /** @description Template: what has the same value counts together; absent: all of the flow */
        key?: string;
        at_most: number;
        per: string;
        /** @enum {string} */
        when_over?: "skip" | "queue";
      } | null;
      /** @description Of CONFIRMATION_REQUIRED: publishes what was shown there, once */
      confirm_token?: string;
    };
    ExecutionPage: {
      /** @description At most 10,000, which stands for more too: has_more says whether a page follows */
      total: number;
      limit: number;
      offset: number;
      has_more: boolean;
    };
    Execution: {
      id: string;
      /** @description null: no event started it */
      webhook_id: string | null;
      flow_version: number;
      status: string;
      state: components["schemas"]["RunState"];
      error: components["schemas"]["RunError"] | null;
      created_at: string;
      started_at: string | null;
      finished_at: string | null;
      actions: {
        id: string;
        type: string;
        status: string;
        attempts: number;
        /** @description Cut to 5,000 characters of JSON, as {truncated, text}, unless developer mode */
        result: string | number | boolean | null | components["schemas"]["Json"][] | {
          [key: string]: components["schemas"]["Json"];
        };
        error: components["schemas"]["RunError"] | null;
        started_at: string;
        finished_at: string | null;
        tries: {
          number: number;
          status: string;
          http_status: number | null;
          error_code: string | null;
          request: components["schemas"]["Json"];
          started_at: string;
          finished_at: string | null;
        }[];
      }[];
    };
    RunError: {
      code: string;
      message: string | null;
    };
    FlowDraftRow: {
      /** @description The version that it is a change of */
      base_version: number;
      /** @description The earlier version that it repeats */
      restored_from: number | null;
      /** @description Id of a user, or name of an operator; null: not known */
      author: string | null;
      /** @description As the workspace knows the user, where that was read */
      author_name: string | null;
      note: string | null;
      created_at: string;
      updated_at: string;
    };
    CursorPage: {
      limit: number;
      has_more: boolean;
      /** @description For `cursor` of the next page; null on the last */
      next_cursor: string | null;
    };
    FlowVersionRow: {
      version: number;
      /**
       * @description published: the one that new runs begin with
       * @enum {string}
       */
      state: "published" | "retired";
      present: boolean;
      /** @description The earlier version that it repeats */
      restored_from: number | null;
      /** @description Id of a user, or name of an operator; null: not known */
      author: string | null;
      /** @description As the workspace knows the user, where that was read */
      author_name: string | null;
      note: string | null;
      /**
       * Format: date-time
       * @description When it was saved, or its draft begun
       */
      created_at: string;
      published_at: string;
      /** @description Runs of the version that are kept */
      runs: number;
      /** @description Those of them that failed */
      failed: number;
      /** @description Runs that keep the version until they end: pending, running or waiting */
      in_progress: number;
      /**
       * Format: date-time
       * @description When the newest of the counted runs was made
       */
      last_run_at: string | null;
    };
    VersionDefinition: {
      name: string;
      trigger_event_types: string[];
      /** @description What starts it beside events; its conditions are asked of events alone */
      triggers?: {
        /** @description It begins at these times */
        schedules?: {
          /** @description Minute, hour, day, month, weekday */
          cron: string;
          /** @description IANA name: on whose clock */
          zone: string;
          /**
           * @description Slots that passed while no instance was running: none fires, one for all, or all
           * @enum {string}
           */
          missed: "skip" | "one" | "all";
        }[];
        /** @description A person starts it, with a form of these inputs */
        manual?: {
          inputs: components["schemas"]["FlowInputField"][];
        };
        /**
         * @description true: POST /ui/flows/{id}/run starts it
         * @enum {boolean}
         */
        api?: true;
      };
      /** @description null: every event matches */
      conditions: components["schemas"]["Condition"] | null;
      /** @description Steps, one after another */
      actions: components["schemas"]["FlowStep"][];
      /** @description true: runs for one entity go one after another */
      ordered: boolean;
      /** @description Template, of an ordered flow: what has the same value goes one after another; absent: the entity */
      order_key?: string;
      /** @description Runs in progress at once */
      concurrency?: {
        at_once: number;
        /** @description Template: what has the same value counts together; absent: all of the flow */
        key?: string;
        /** @enum {string} */
        when_full: "queue" | "skip" | "cancel_oldest";
      };
      /** @description Of events that come one soon after another the last alone starts a run */
      debounce?: {
        /** @description Template: what has the same value counts together; absent: all of the flow */
        key?: string;
        wait: string;
        max_wait?: string;
      };
      /** @description Runs that begin within a time */
      throttle?: {
        /** @description Template: what has the same value counts together; absent: all of the flow */
        key?: string;
        at_most: number;
        per: string;
        /** @enum {string} */
        when_over: "skip" | "queue";
      };
    };
    FlowDraft: {
      flow_id: string;
      /** @description The one that is published; another one than base_version is a conflict */
      present_version: number;
      /** @description The version that it is a change of */
      base_version: number;
      /** @description The earlier version that it repeats */
      restored_from: number | null;
      /** @description Id of a user, or name of an operator; null: not known */
      author: string | null;
      /** @description As the workspace knows the user, where that was read */
      author_name: string | null;
      note: string | null;
      created_at: string;
      updated_at: string;
      /** @description As it was saved, with or without faults */
      definition: {
        [key: string]: components["schemas"]["Json"];
      };
      /** @description What keeps it from being published */
      faults: components["schemas"]["Fault"][];
      /** @description What may go wrong when it runs */
      warnings: components["schemas"]["Fault"][];
    };
    NewFlowDraftRow: {
      id: string;
      /** @description As it is called so far */
      name: string | null;
      /** @description Id of a user, or name of an operator; null: not known */
      author: string | null;
      /** @description As the workspace knows the user, where that was read */
      author_name: string | null;
      created_at: string;
      updated_at: string;
    };
    NewFlowDraft: {
      id: string;
      /** @description As it is called so far */
      name: string | null;
      /** @description Id of a user, or name of an operator; null: not known */
      author: string | null;
      /** @description As the workspace knows the user, where that was read */
      author_name: string | null;
      created_at: string;
      updated_at: string;
      /** @description As it was saved, with or without faults */
      definition: {
        [key: string]: components["schemas"]["Json"];
      };
      /** @description What keeps it from being saved as a flow */
      faults: components["schemas"]["Fault"][];
    };
    FlowComparison: {
      flow_id: string;
      from: {
        /** @description null: the draft */
        version: number | null;
        is_draft: boolean;
        /** @description It is the version that new runs begin with */
        present: boolean;
      };
      to: {
        /** @description null: the draft */
        version: number | null;
        is_draft: boolean;
        /** @description It is the version that new runs begin with */
        present: boolean;
      };
      total: number;
      changes: components["schemas"]["FlowChange"][];
    };
    FlowChange: {
      /** @description In the later definition; of what was removed, in the earlier one */
      path: string;
      /** @enum {string} */
      kind: "added" | "removed" | "changed" | "moved";
      /** @description A sentence */
      words: string;
      before: components["schemas"]["Json"];
      after: components["schemas"]["Json"];
    };
    StartedRun: {
      run_id: string;
    };
    Schedule: {
      id: string;
      flow_id: string;
      flow_name: string;
      /** @description Minute, hour, day, month, weekday; null: an interval */
      cron: string | null;
      /** @description On whose clock */
      zone: string | null;
      words: string;
      /** @description The next five firings; none where it is off */
      next: string[];
      every_seconds: number | null;
      /**
       * @description Slots that passed while no instance was running: none of them fires, one for all, or all
       * @enum {string}
       */
      missed: "skip" | "one" | "all";
      /** @description false: the flow is off, or the program has switched it off */
      enabled: boolean;
      /** @description Why the program has switched it off */
      fault: string | null;
      /**
       * Format: date-time
       * @description The slot that fired last
       */
      last_fired_at: string | null;
      /** @description Slots that passed without a run of their own: no instance was running, or the flows were switched off */
      missed_slots: number;
      /**
       * Format: date-time
       * @description When that was noticed last
       */
      last_missed_at: string | null;
      /** @description null: it has not fired, or its run is not kept */
      last_run: {
        id: string;
        state: components["schemas"]["RunState"];
      } | null;
    };
    WhereUsed: {
      /** @enum {string} */
      kind: "operation" | "entity" | "secret" | "source" | "flow";
      value: string;
      total: number;
      uses: {
        flow_id: string;
        name: string;
        enabled: boolean;
        /** @description It is the flow's draft that names it */
        is_draft: boolean;
        places: {
          path: string;
          /** @description What it does there */
          words: string;
        }[];
      }[];
    };
    /** @description Flows of Timewire as a file */
    FlowFile: {
      /** @enum {string} */
      format: "timewire.flows";
      /** @enum {number} */
      version: 1;
      exported_at?: string;
      workspace_id?: string;
      flows: components["schemas"]["FiledFlow"][];
      /** @description Entities that the flows name, by id */
      names?: {
        [key: string]: {
          type: string;
          name: string;
        };
      };
    };
    FiledFlow: {
      name: string;
      /** @enum {string} */
      trigger_source?: "CLOCKIFY" | "CUSTOM";
      /** @description At least one, unless `triggers` has something */
      trigger_event_types?: string[];
      /** @description What starts it beside events; its conditions are asked of events alone */
      triggers?: components["schemas"]["TriggersInput"] | null;
      /** @description null: every event matches */
      conditions?: components["schemas"]["Condition"] | null;
      actions: components["schemas"]["FlowStepInput"][];
      ordered?: boolean;
      order_key?: string | null;
      concurrency?: {
        at_once: number;
        /** @description Template: what has the same value counts together; absent: all of the flow */
        key?: string;
        /** @enum {string} */
        when_full?: "queue" | "skip" | "cancel_oldest";
      } | null;
      debounce?: {
        /** @description Template: what has the same value counts together; absent: all of the flow */
        key?: string;
        wait: string;
        max_wait?: string;
      } | null;
      throttle?: {
        /** @description Template: what has the same value counts together; absent: all of the flow */
        key?: string;
        at_most: number;
        per: string;
        /** @enum {string} */
        when_over?: "skip" | "queue";
      } | null;
      /** @description As another flow of the file names it in flow_id */
      id: string;
      /** @description Places that have [redacted] in the place of a secret, which is to be given again */
      secrets?: string[];
    } & {
      [key: string]: components["schemas"]["Json"];
    };
    FlowImport: {
      plan: components["schemas"]["FlowImportPlan"];
      created: {
        id: string;
        name: string;
        /** @description Its id in the file */
        from: string;
      }[] | null;
    };
    FlowImportPlan: {
      flows: {
        id: string;
        name: string;
        /** @description What keeps it from being made */
        faults: components["schemas"]["Fault"][];
        warnings: components["schemas"]["Fault"][];
        secrets: {
          path: string;
          given: boolean;
        }[];
      }[];
      entities: {
        id: string;
        type: string | null;
        name: string | null;
        mapped_to: string | null;
        /** @description The one of the same type and name in this workspace */
        proposal: {
          id: string;
          name: string;
        } | null;
        is_here: boolean;
        /** @description Of the file, by their ids */
        flows: string[];
      }[];
      sources: {
        name: string;
        mapped_to: string | null;
        is_here: boolean;
        /** @description Of the file, by their ids */
        flows: string[];
      }[];
      /** @description That there are not here */
      operations: {
        operation_id: string;
        is_here: boolean;
        /** @description Of the file, by their ids */
        flows: string[];
      }[];
      /** @description That flows of the file run, and the file does not hold */
      other_flows: {
        id: string;
        mapped_to: string | null;
        is_here: boolean;
        /** @description Of the file, by their ids */
        flows: string[];
      }[];
      /** @description Nothing keeps its flows from being made */
      ready: boolean;
    };
    HistoryRun: {
      id: string;
      flow_id: string;
      at: string;
      finished_at: string | null;
      /** @enum {string} */
      state: "running" | "stopping" | "stopped" | "finished";
      person: string;
      /** @enum {string} */
      what: "published" | "version" | "draft" | "definition";
      version: number | null;
      since: string;
      until: string;
      limit: number;
      /** @description Events to look at, of the types that it starts on, the newest first; null: not counted yet */
      total: number | null;
      /** @description Events that were looked at */
      looked: number;
      counts: components["schemas"]["HistoryCounts"];
      /** @description The same of the published version; null: it is that one */
      published: components["schemas"]["HistoryCounts"] | null;
      /** @description The first 50 */
      failures: {
        event_id: string;
        step: string;
        reason: string;
      }[];
      /** @enum {number} */
      sent: 0;
    };
    HistoryCounts: {
      matched: number;
      /** @description Matches whose requests were counted: the newest ones */
      described: number;
      /** @description That would be made for them, reads among them; none is */
      requests: number;
      by_operation: {
        [key: string]: number;
      };
      by_host: {
        [key: string]: number;
      };
      /** @description Of those: a step would fail */
      failing: number;
      /** @description Events for which the condition takes too much work */
      undecided: number;
    };
    Vocabulary: {
      events: {
        type: string;
        family: string;
        title: string;
        description: null;
        fields: {
          path: string;
          type: string;
          value_type: components["schemas"]["ValueType"] | null;
          values?: string[];
        }[];
      }[];
      operations: components["schemas"]["Operation"][];
      /** @description Of steps */
      kinds: components["schemas"]["StepKind"][];
      /** @description Of steps of the kind action */
      action_types: components["schemas"]["ActionType"][];
      intents: components["schemas"]["Intent"][];
      functions: {
        name: string;
        signature: string;
        description: string;
      }[];
      operators: {
        name: string;
        label: string;
        /** @enum {string} */
        value: "none" | "one" | "list" | "pattern" | "weekdays";
      }[];
      /** @description The usual one first */
      operators_by_type: {
        text: {
          name: string;
          label: string;
        }[];
        id: {
          name: string;
          label: string;
        }[];
        number: {
          name: string;
          label: string;
        }[];
        money: {
          name: string;
          label: string;
        }[];
        boolean: {
          name: string;
          label: string;
        }[];
        duration: {
          name: string;
          label: string;
        }[];
        instant: {
          name: string;
          label: string;
        }[];
        list: {
          name: string;
          label: string;
        }[];
        object: {
          name: string;
          label: string;
        }[];
      };
      roots: {
        path: string;
        description: string;
      }[];
      custom_sources: {
        name: string;
        event_type: string;
      }[];
      /** @description Actions may call other systems */
      generic_http: boolean;
    };
    /** @enum {string} */
    ValueType: "text" | "id" | "number" | "money" | "boolean" | "duration" | "instant" | "list" | "object";
    Operation: {
      operation_id: string;
      /** @description METHOD /path: unique */
      key: string;
      /** @description What a flow stores */
      name: string;
      method: string;
      path: string;
      tag: string;
      summary: string;
      /** @enum {string} */
      access: "read" | "write";
      path_params: string[];
      query_params: components["schemas"]["Param"][];
      /** @enum {string} */
      body_kind: "none" | "object" | "array" | "multipart";
      body_fields: components["schemas"]["Param"][];
      /** @description Entity type by the name of the parameter that holds an id of one */
      entity_params: {
        [key: string]: string;
      };
      answer: components["schemas"]["OperationAnswer"];
      /** @description Of one that replaces a whole object: it is read before, and merged */
      full_replace: {
        entity: string;
        noun: string;
        reads: string | null;
        required: string[];
        /** @description Fields that no read shows: a change of another sets them back */
        unreadable: string[];
        /** @description Lists that take {"$add": ...} and {"$remove": ...} too */
        lists: string[];
      } | null;
      /** @description What one that replaces without a read before loses */
      loses: string | null;
      find_or_create?: {
        noun: string;
        reads: string;
      };
    };
    Param: {
      name: string;
      type: string;
      required?: boolean;
      enum?: string[];
    };
    OperationAnswer: {
      /** @enum {string} */
      shape: "object" | "list" | "none" | "file" | "text";
      /** @description Of each item, where the answer is a list; empty where they are not known */
      fields: {
        name: string;
        type: string;
      }[];
    };
    StepKind: {
      /** @enum {string} */
      kind: "action" | "branch" | "parallel" | "loop" | "wait" | "approval" | "try" | "end";
      title: string;
      description: string;
      /** @description What people search by */
      words: string[];
      fields: components["schemas"]["StepField"][];
      /** @description One that can be saved */
      example:
        | components["schemas"]["ClockifyActionInput"]
        | components["schemas"]["HttpActionInput"]
        | components["schemas"]["TransformActionInput"]
        | components["schemas"]["VariablesActionInput"]
        | components["schemas"]["EmitEventActionInput"]
        | components["schemas"]["RunFlowActionInput"]
        | components["schemas"]["FlowBranchInput"]
        | components["schemas"]["FlowParallelInput"]
        | components["schemas"]["FlowLoopInput"]
        | components["schemas"]["FlowWaitInput"]
        | components["schemas"]["FlowApprovalInput"]
        | components["schemas"]["FlowTryInput"]
        | components["schemas"]["FlowEndInput"];
      limits: {
        limit: string;
        reason: string;
      }[];
    };
    StepField: {
      /** @description cases[].if is of each case */
      name: string;
      /** @enum {string} */
      type:
        | "text"
        | "template"
        | "condition"
        | "steps"
        | "lists"
        | "duration"
        | "instant"
        | "zone"
        | "number"
        | "flag"
        | "choice"
        | "values"
        | "events"
        | "flow"
        | "operation";
      /** @enum {boolean} */
      required?: true;
      description: string;
      /** @description What is filled in */
      default?: string | number | boolean | null | components["schemas"]["Json"][] | {
        [key: string]: components["schemas"]["Json"];
      };
      values?: string[];
    };
    ActionType: {
      /** @enum {string} */
      type: "clockify" | "http" | "transform" | "variables" | "emit_event" | "run_flow";
      title: string;
      description: string;
      /** @description What people search by */
      words: string[];
      fields: components["schemas"]["StepField"][];
      /** @description One that can be saved */
      example:
        | components["schemas"]["ClockifyActionInput"]
        | components["schemas"]["HttpActionInput"]
        | components["schemas"]["TransformActionInput"]
        | components["schemas"]["VariablesActionInput"]
        | components["schemas"]["EmitEventActionInput"]
        | components["schemas"]["RunFlowActionInput"]
        | components["schemas"]["FlowBranchInput"]
        | components["schemas"]["FlowParallelInput"]
        | components["schemas"]["FlowLoopInput"]
        | components["schemas"]["FlowWaitInput"]
        | components["schemas"]["FlowApprovalInput"]
        | components["schemas"]["FlowTryInput"]
        | components["schemas"]["FlowEndInput"];
    };
    Intent: {
      id: string;
      title: string;
      words: string[];
      /** @description null: after every event */
      event_types: string[] | null;
      actions: {
        id: string;
        /** @enum {string} */
        type: "clockify";
        operation_id: string;
        path_params?: {
          [key: string]: components["schemas"]["Json"];
        };
        query_params?: {
          [key: string]: components["schemas"]["Json"];
        };
        body?: {
          [key: string]: components["schemas"]["Json"];
        };
      }[];
      asks: {
        /** @description Position among the actions */
        action: number;
        /** @description Keys into the action */
        path: string[];
        label: string;
        /** @enum {string} */
        type: "text" | "number" | "boolean" | "duration" | "instant" | "entity";
        entity?: string;
        example?: components["schemas"]["Json"];
      }[];
      /** @description false: the author chooses what else the body names */
      is_complete: boolean;
    };
    FlowTemplate: {
      id: string;
      /** @description What it does, with the names of blanks in braces */
      sentence: string;
      words: string[];
      blanks: components["schemas"]["TemplateBlank"][];
      needs: {
        scopes: string[];
        /** @description The least plan, where it is known that one is needed */
        plan: ("BASIC" | "STANDARD" | "PRO" | "ENTERPRISE") | null;
        /** @description It calls another system, which the settings have to allow */
        generic_http: boolean;
      };
    };
    TemplateBlank: {
      name: string;
      label: string;
      /** @enum {string} */
      type:
        | "text"
        | "expression"
        | "number"
        | "duration"
        | "entity"
        | "url"
        | "secret"
        | "texts"
        | "choices"
        | "event_types"
        | "cron"
        | "zone";
      /** @description Of an entity: the value is the id of one of this type */
      entity_type?: string;
      required: boolean;
      /** @description Stands where nothing is given */
      default?: string | number | boolean | null | components["schemas"]["Json"][] | {
        [key: string]: components["schemas"]["Json"];
      };
      choices?: string[];
      min?: number;
      max?: number;
    };
    FlowInput: {
      name: string;
      enabled?: boolean;
      /** @enum {string} */
      trigger_source?: "CLOCKIFY" | "CUSTOM";
      /** @description At least one, unless `triggers` has something */
      trigger_event_types?: string[];
      /** @description What starts it beside events; its conditions are asked of events alone */
      triggers?: components["schemas"]["TriggersInput"] | null;
      /** @description null: every event matches */
      conditions?: components["schemas"]["Condition"] | null;
      actions: components["schemas"]["FlowStepInput"][];
      ordered?: boolean;
      order_key?: string | null;
      concurrency?: {
        at_once: number;
        /** @description Template: what has the same value counts together; absent: all of the flow */
        key?: string;
        /** @enum {string} */
        when_full?: "queue" | "skip" | "cancel_oldest";
      } | null;
      debounce?: {
        /** @description Template: what has the same value counts together; absent: all of the flow */
        key?: string;
        wait: string;
        max_wait?: string;
      } | null;
      throttle?: {
        /** @description Template: what has the same value counts together; absent: all of the flow */
        key?: string;
        at_most: number;
        per: string;
        /** @enum {string} */
        when_over?: "skip" | "queue";
      } | null;
    };
    DryRun: {
      event: {
        /** @description null: a sample */
        id: string | null;
        /** @description null: a sample of an input */
        event_type: string | null;
        received_at: string;
      };
      faults: components["schemas"]["Fault"][];
      warnings: components["schemas"]["Fault"][];
      triggered: boolean;
      /** @description null when the conditions have faults */
      matched: boolean | null;
      rules: components["schemas"]["RuleVerdict"][];
      actions: components["schemas"]["DryRunAction"][];
      /**
       * @description Requests that write
       * @enum {number}
       */
      sent: 0;
      /** @description Requests to Clockify that read */
      reads_made: number;
    };
    DryRunAction: {
      id: string;
      /** @description Position at the top of the flow, of it or of the step that holds it */
      index: number;
      /** @description Of an action its type, else its kind */
      type: string;
      step?: components["schemas"]["DryRunStep"];
      would_run: boolean;
      request: {
        method: string;
        url: string;
        query: components["schemas"]["Json"];
        headers: components["schemas"]["Json"];
        body: components["schemas"]["Json"];
        as_user?: string;
        reads?: string;
      } | null;
      problem: string | null;
      waits_for: {
        at: string;
        expression: string;
        needs: string;
      }[];
      /** @description Run whose results stand in for those of earlier steps */
      sample_from: string | null;
      change: components["schemas"]["DryRunChange"] | null;
      /** @description Of a step that reads in Clockify */
      read?: {
        /** @enum {string} */
        state: "made" | "assumed" | "failed";
        /** @description operationId of the read */
        operation: string;
        /** @description Of a read that was made, without secrets */
        answer?: string | number | boolean | null | components["schemas"]["Json"][] | {
          [key: string]: components["schemas"]["Json"];
        };
        /** @description Why it failed; the steps behind it go on as assumed */
        problem: string | null;
      };
      /** @description Places that hold expressions, and their values */
      values: {
        at: string;
        template: string;
        value?: components["schemas"]["Json"];
        problem?: string;
      }[];
    };
    /** @description Of a step that is no action at the top, or calls nothing */
    DryRunStep: {
      /** @enum {string} */
      kind: "action" | "branch" | "parallel" | "loop" | "wait" | "approval" | "try" | "end";
      place: string;
      /** @description Of the loops around, the outermost first, from 0 */
      items: number[];
      /** @description What it would do, in words */
      says: string | null;
      /** @description Place of the step that decides whether this one is walked, where that is not known */
      depends_on: string | null;
    };
    DryRunChange: {
      /** @enum {string} */
      mode: "merge" | "replace" | "find" | "create" | "update" | "delete";
      noun: string;
      /** @description operationId of the read before */
      reads: string | null;
      /** @description The object as it was read, else as the event shows it; null where neither is */
      before: string | number | boolean | null | components["schemas"]["Json"][] | {
        [key: string]: components["schemas"]["Json"];
      };
      after: components["schemas"]["Json"];
      changed: {
        field: string;
        before: components["schemas"]["Json"];
        after: components["schemas"]["Json"];
      }[];
      /** @description What a replace leaves out */
      loses: {
        field: string;
        before: components["schemas"]["Json"];
      }[];
      summary: string;
    };
    Run: {
      id: string;
      flow_id: string;
      flow_name: string;
      flow_version: number;
      /** @description null: no event started it */
      event_id: string | null;
      /** @description null without an event, and once retention deleted it */
      event_type: string | null;
      /**
       * @description What started it; flow: a step of another run
       * @enum {string}
       */
      trigger: "event" | "schedule" | "manual" | "api" | "flow" | "replay";
      state: components["schemas"]["RunState"];
      status: string;
      /** @description 0: the event's own run; higher: the number of a replay */
      replay: number;
      /**
       * Format: date-time
       * @description Since when a run that is not over is paused; while it is running, it pauses after this call
       */
      paused_at: string | null;
      error: components["schemas"]["RunError"] | null;
      created_at: string;
      started_at: string | null;
      finished_at: string | null;
      duration_ms: number | null;
      failed_step: string | null;
      failed_step_number: number | null;
      failed_step_name: string | null;
    };
    RunDetail: {
      id: string;
      flow_id: string;
      flow_name: string;
      flow_version: number;
      /** @description null: no event started it */
      event_id: string | null;
      /** @description null without an event, and once retention deleted it */
      event_type: string | null;
      /**
       * @description What started it; flow: a step of another run
       * @enum {string}
       */
      trigger: "event" | "schedule" | "manual" | "api" | "flow" | "replay";
      state: components["schemas"]["RunState"];
      status: string;
      /** @description 0: the event's own run; higher: the number of a replay */
      replay: number;
      /**
       * Format: date-time
       * @description Since when a run that is not over is paused; while it is running, it pauses after this call
       */
      paused_at: string | null;
      error: components["schemas"]["RunError"] | null;
      created_at: string;
      started_at: string | null;
      finished_at: string | null;
      duration_ms: number | null;
      failed_step: string | null;
      failed_step_number: number | null;
      failed_step_name: string | null;
      /** @description null once retention deleted it */
      event: {
        id: string;
        event_type: string;
        received_at: string;
        subject: string | null;
      } | null;
      flow: {
        id: string;
        name: string;
        version: number;
        /** @description null: the flow was deleted */
        current_version: number | null;
        enabled: boolean;
      };
      /** @description From the event's arrival to the run's start */
      queued_ms: number | null;
      /** @description The flow as it ran; null where it was changed since */
      definition: {
        name: string;
        trigger_event_types: string[];
        /** @description null: every event matches */
        conditions: components["schemas"]["Condition"] | null;
        /** @description Steps, one after another */
        actions: components["schemas"]["FlowStep"][];
      } | null;
      can_retry: boolean;
      retry_reason: string | null;
      next_attempt_at: string | null;
      /** @description Why a run that is not over does nothing now */
      waiting_reason: string | null;
      /** @description What its steps find at $.webhook; null where that is the body of its event */
      input: string | number | boolean | null | components["schemas"]["Json"][] | {
        [key: string]: components["schemas"]["Json"];
      };
      /** @description It is larger than 262,144 bytes: the beginning of it is shown */
      input_truncated: boolean;
      /** @description What its `end` gave; null: nothing, or it is not over */
      output: string | number | boolean | null | components["schemas"]["Json"][] | {
        [key: string]: components["schemas"]["Json"];
      };
      /** @description It is larger than 1 MiB: the beginning of it is shown */
      output_truncated: boolean;
      /** @description What its `end` said, whatever the outcome; null for one in a loop */
      end_message: string | null;
      /** @description The run that it was begun again from; null: none */
      again_of: components["schemas"]["AgainLink"] | null;
      /** @description Runs that were begun again from it, newest first; at most 20 */
      again_by: components["schemas"]["AgainLink"][];
      steps: components["schemas"]["Step"][];
      /** @description null where it cannot be retried, or the caller may not retry it */
      retry: {
        same: components["schemas"]["RetryPlan"];
        present: components["schemas"]["RetryPlan"];
      } | null;
    };
    AgainLink: {
      run_id: string;
      /** @description Path of the step that the later run began at */
      from: string;
    };
    Step: {
      /** @description From 1, in the order of the flow */
      number: number;
      name: string;
      title: string;
      idempotency_key: string | null;
      id: string;
      path: string;
      action: string;
      /** @enum {string} */
      state: "not_started" | "running" | "completed" | "failed" | "cancelled";
      /** @description It ended in the run that this one was begun again from */
      taken_over: boolean;
      started_at: string | null;
      finished_at: string | null;
      input: components["schemas"]["Json"];
      /** @description Text of its first 5,000 characters when output_truncated */
      output: string | number | boolean | null | components["schemas"]["Json"][] | {
        [key: string]: components["schemas"]["Json"];
      };
      /** @description Always above 1 MB, else above 5,000 characters outside of developer mode */
      output_truncated: boolean;
      /** @description Of the whole output, as JSON */
      output_bytes: number | null;
      error: components["schemas"]["RunError"] | null;
      attempts: components["schemas"]["Attempt"][];
    };
    Attempt: {
      number: number;
      /**
       * @description snoozed: put off, by an empty rate budget or a 429; uncertain: in progress when the run was cancelled
       * @enum {string}
       */
      state: "started" | "succeeded" | "failed" | "snoozed" | "uncertain";
      started_at: string;
      finished_at: string | null;
      http_status: number | null;
      error: components["schemas"]["RunError"] | null;
      /** @description What was sent, redacted */
      request: string | number | boolean | null | components["schemas"]["Json"][] | {
        [key: string]: components["schemas"]["Json"];
      };
    };
    RetryPlan: {
      version: number;
      /** @description Finished steps that are not repeated */
      kept: number;
      /** @description From 1; null: no step is left, and the run completes */
      from_step: number | null;
      /** @description Why this version cannot be used */
      refusal?: string;
    };
    RunNode: {
      path: string;
      /** @enum {string} */
      state: "not_started" | "running" | "completed" | "failed" | "cancelled";
      started_at: string | null;
      finished_at: string | null;
      error: components["schemas"]["RunError"] | null;
      id: string;
      kind: string;
      name: string;
      /** @description Of an action: what it calls */
      title: string | null;
      /**
       * Format: date-time
       * @description Until when a step that is in progress waits
       */
      until: string | null;
      /** @description Of a branch: the list that was chosen */
      taken: number | null;
      /** @description Of a loop: its items are read by /items */
      items: {
        total: number | null;
        begun: number;
        failed: number;
        open: number;
      } | null;
      approval: {
        id: string;
        state: string;
        expires_at: string | null;
      } | null;
      /** @description Lists of steps below it, by the number in their paths */
      lists: {
        item: number;
        name: string | null;
        steps: components["schemas"]["RunNode"][];
      }[];
    };
    Approval: {
      id: string;
      /**
       * @description cancelled: its run went on or ended without an answer; expired: no answer came in time
       * @enum {string}
       */
      state: "open" | "approved" | "rejected" | "expired" | "cancelled";
      run_id: string;
      /** @description The run goes on with the decision once it is resumed */
      run_paused: boolean;
      flow: {
        id: string;
        name: string;
        version: number;
      };
      /** @description Path of the step in its run */
      step: string;
      /** @description What is asked; redacted for members who may not decide */
      note: string | null;
      /** @description Who may decide; the name is null where it was not read */
      people: {
        id: string;
        name: string | null;
      }[];
      /** @description Who may decide beside them, by role in the workspace */
      roles: string[];
      /** @description Whether you may */
      may_decide: boolean;
      asked_at: string;
      expires_at: string | null;
      reminded_at: string | null;
      /**
       * Format: date-time
       * @description When it ended, also without a decision
       */
      decided_at: string | null;
      /** @description Id of a user, or "operator:" and the name of a key */
      decided_by: string | null;
      decided_by_name: string | null;
      decision_note: string | null;
      /** @description Who handed it to others last */
      handed_by: string | null;
    };
    ApprovalDetail: {
      id: string;
      /**
       * @description cancelled: its run went on or ended without an answer; expired: no answer came in time
       * @enum {string}
       */
      state: "open" | "approved" | "rejected" | "expired" | "cancelled";
      run_id: string;
      /** @description The run goes on with the decision once it is resumed */
      run_paused: boolean;
      flow: {
        id: string;
        name: string;
        version: number;
      };
      /** @description Path of the step in its run */
      step: string;
      /** @description What is asked; redacted for members who may not decide */
      note: string | null;
      /** @description Who may decide; the name is null where it was not read */
      people: {
        id: string;
        name: string | null;
      }[];
      /** @description Who may decide beside them, by role in the workspace */
      roles: string[];
      /** @description Whether you may */
      may_decide: boolean;
      asked_at: string;
      expires_at: string | null;
      reminded_at: string | null;
      /**
       * Format: date-time
       * @description When it ended, also without a decision
       */
      decided_at: string | null;
      /** @description Id of a user, or "operator:" and the name of a key */
      decided_by: string | null;
      decided_by_name: string | null;
      decision_note: string | null;
      /** @description Who handed it to others last */
      handed_by: string | null;
      /** @description Null where no event began the run, and once retention took it */
      event: {
        id: string;
        event_type: string;
        received_at: string;
        subject: string | null;
      } | null;
      /** @description Null, as the next ones, where the run got another plan */
      approve: {
        /** @description What is done because of it */
        steps: components["schemas"]["FollowingStep"][];
        /**
         * @description What becomes of the run
         * @enum {string}
         */
        then: "goes_on" | "is_cancelled" | "fails";
      } | null;
      reject: components["schemas"]["ApprovalOutcome"];
      expire: components["schemas"]["ApprovalOutcome"];
      /** @description The steps behind the approval, where the run goes on */
      after: components["schemas"]["FollowingStep"][];
    };
    FollowingStep: {
      id: string;
      kind: string;
      name: string;
      title: string;
    };
    ApprovalOutcome: {
      /** @description What is done because of it */
      steps: components["schemas"]["FollowingStep"][];
      /**
       * @description What becomes of the run
       * @enum {string}
       */
      then: "goes_on" | "is_cancelled" | "fails";
    } | null;
    Replayed: {
      dry_run: boolean;
      message: string;
      /** @description Events with anything to do */
      events: number;
      /** @description Failed runs that are retried */
      retried: number;
      /** @description New runs, from the first step */
      runs: number;
      flows: {
        flow_id: string;
        name: string;
        retried: number;
        /** @description How many are retried from which step; 0: no step is left */
        from_steps: {
          step: number;
          runs: number;
        }[];
        runs: number;
        /** @description New runs that do again what an earlier run did */
        repeated: number;
      }[];
      skipped: {
        id: string;
        /** @enum {string} */
        reason:
          | "not_found"
          | "waiting"
          | "uninstalled"
          | "installation_inactive"
          | "flows_off"
          | "no_flow"
          | "flow_unreadable"
          | "flow_too_costly"
          | "flow_lookup_failed"
          | "no_match"
          | "no_failed_run"
          | "flow_off"
          | "flow_deleted"
          | "steps_changed";
        /** @description That failed run alone is left out */
        run_id?: string;
        flow_id?: string;
        detail?: string;
      }[];
      /** @description What is done twice, and which flows are off, a sentence each */
      notes: string[];
      /** @description Number of the new runs */
      replay?: number;
    };
    Issue: {
      id: string;
      /**
       * @description run: runs failed; event: events whose flows were never asked; background: reading of the workspace and the like; refused: a source's deliveries proved no sender; stopped: Clockify or a host is not called for a time; webhook: Clockify does not send events of some types
       * @enum {string}
       */
      kind: "run" | "event" | "background" | "refused" | "stopped" | "webhook";
      /**
       * @description muted: whatever happens; resolved: it was over when a person said so, and has not happened since
       * @enum {string}
       */
      state: "open" | "muted" | "resolved";
      /** @description Failed runs, what was given up, refused deliveries, or event types; since it was resolved last. null: a stop */
      count: number | null;
      /**
       * Format: date-time
       * @description null: it is not known
       */
      first_at: string | null;
      /**
       * Format: date-time
       * @description Of a stop: when it was stopped last; of webhooks: the last check
       */
      last_at: string;
      /**
       * Format: date-time
       * @description Only what was given up from then on counts: `since` of a bulk job of it; null: all
       */
      since: string | null;
      /** @description It was resolved, and happened again */
      came_back: boolean;
      /**
       * Format: date-time
       * @description null: it is not muted, or for ever
       */
      muted_until: string | null;
      /** @description Who muted or resolved it last */
      marked_by: string | null;
      /** @description Of the newest: what its error says */
      words: string | null;
      /** @description Kind of the job that was given up */
      job: string | null;
      /** @description The newest failed run; null: it is of none */
      run: components["schemas"]["Run"] | null;
      refused: components["schemas"]["RefusedDeliveries"] | null;
      stop: components["schemas"]["Stop"] | null;
      webhooks: components["schemas"]["WebhooksOff"] | null;
      /** @description The newest, at most 5 */
      examples: {
        dead_letter_id: string;
        at: string;
        run_id: string | null;
        event: {
          id: string;
          event_type: string;
        } | null;
      }[];
    };
    RefusedDeliveries: {
      source_id: string;
      /** @description Its name */
      source: string;
      /** @description As `webhooks_errors_total` names it */
      reason: string;
      /**
       * Format: date-time
       * @description The last delivery that was accepted, up to 10 s late
       */
      accepted_at: string | null;
    };
    Stop: {
      /** @enum {string} */
      kind: "clockify" | "host";
      /** @description Of a host that steps call; null: Clockify's budget */
      host: string | null;
      /** @description What POST /ui/breakers/{id}/reset closes */
      breaker_id: string | null;
      /**
       * @description retry_after: Clockify named the time; too_many: it named none, and the pause is Timewire's own; hour: what it grants an hour is used up; failures: calls to the host kept failing
       * @enum {string}
       */
      cause: "retry_after" | "too_many" | "hour" | "failures";
      since: string | null;
      /**
       * Format: date-time
       * @description Calls are made again then; of a host, one is, to see
       */
      until: string;
      /** @description What the answer's Retry-After asked for */
      asked_seconds: number | null;
      /** @description At most 10,000 are counted */
      runs_waiting: number;
      try_now: {
        allowed: boolean;
        /** @description Why not */
        reason: string | null;
      };
    };
    /** @description As the last check found them */
    WebhooksOff: {
      /** @enum {string} */
      state: "ok" | "disabled" | "delivery_disabled" | "plan_disabled" | "missing" | "silent" | "unknown";
      /** @description Those that count */
      event_types: string[];
      reason: string;
      next_step: string | null;
    };
    DeadLetter: {
      id: string;
      /**
       * @description run: it failed; event: its flows were never asked; background: reading of the workspace and the like
       * @enum {string}
       */
      kind: "run" | "event" | "background";
      /** @description Kind of the job that was given up */
      job: string;
      created_at: string;
      finished_at: string;
      reason: string | null;
      /** @description Of a run */
      code: string | null;
      run_id: string | null;
      flow: {
        id: string;
        name: string;
      } | null;
      /** @description null without an event, and once retention deleted it */
      event: {
        id: string;
        event_type: string;
        received_at: string;
      } | null;
    };
    DeadLetterDetail: {
      id: string;
      /**
       * @description run: it failed; event: its flows were never asked; background: reading of the workspace and the like
       * @enum {string}
       */
      kind: "run" | "event" | "background";
      /** @description Kind of the job that was given up */
      job: string;
      created_at: string;
      finished_at: string;
      reason: string | null;
      /** @description Of a run */
      code: string | null;
      run_id: string | null;
      flow: {
        id: string;
        name: string;
      } | null;
      /** @description null without an event, and once retention deleted it */
      event: {
        id: string;
        event_type: string;
        received_at: string;
      } | null;
      /** @description Of a run: with what was sent and each attempt */
      failed_step: components["schemas"]["Step"] | null;
      /** @description Steps of a run that are not finished, the failed one first */
      todo: {
        path: string;
        name: string;
        title: string;
      }[];
    };
    Breaker: {
      id: string;
      /** @description With its port where that is not the usual one */
      host: string;
      /**
       * @description open: steps wait; half_open: one call is made, to see; closed: calls are made
       * @enum {string}
       */
      state: "open" | "half_open" | "closed";
      changed_at: string;
      opened_at: string;
      /**
       * Format: date-time
       * @description From then on one call is made, to see; null: it is closed
       */
      probe_at: string | null;
      /** @description Times in a row: each waits twice as long, up to 10 minutes */
      openings: number;
      /** @description Failed calls that opened it */
      failures: number;
      /** @description Of the last failed call */
      error_code: string;
      http_status: number | null;
      /** @description Who closed it; null: the host answered again */
      reset_by: string | null;
    };
    ResendPlan: {
      /** @description Failed runs, and events that were given up, that the filter chooses now */
      matched: number;
      runs: number;
      events: number;
      /** @description The first 20 */
      by_flow: {
        flow_id: string;
        name: string;
        runs: number;
      }[];
      by_code: {
        code: string;
        runs: number;
      }[];
    };
    BulkJob: {
      id: string;
      at: string;
      finished_at: string | null;
      /** @enum {string} */
      state: "running" | "stopping" | "stopped" | "finished";
      person: string;
      filter: components["schemas"]["Json"];
      /** @enum {string} */
      version: "ran" | "present";
      rate_per_minute: number;
      all: boolean;
      /** @description As it began */
      matched: number;
      /** @description Sent again or skipped */
      done: number;
      /** @description Sent again, and completed by now */
      succeeded: number;
      /** @description Sent again, and failed once more */
      failed: number;
      skipped: number;
      /** @description Some of those that were skipped, newest first */
      problems: {
        dead_letter_id: string;
        run_id: string | null;
        event_id: string | null;
        reason: string;
      }[];
    };
    /** @default {} */
    BulkFilter: {
      /** @enum {string} */
      kind?: "run" | "event";
      flow_id?: string;
      code?: string;
      since?: string;
      until?: string;
      /** @description In the reason */
      text?: string;
      issue?: string;
      run_ids?: string[];
      /** @description Runs of this event */
      event_id?: string;
      /**
       * Format: date-time
       * @description Runs that were made not before
       */
      run_since?: string;
      /**
       * Format: date-time
       * @description Runs that were made before
       */
      run_until?: string;
      /** @description What failed of these events: as the list of events is narrowed, without what is in their bodies */
      events?: {
        event_type?: string;
        /** @enum {string} */
        source?: "CLOCKIFY" | "CUSTOM";
        /** @enum {string} */
        outcome?: "dispatched" | "skipped" | "dead" | "failed";
        reconciled?: boolean;
        since?: string;
        until?: string;
        q?: string;
      };
    };
    ClockifyCall: {
      id: string;
      /**
       * Format: date-time
       * @description When it was sent
       */
      at: string;
      /**
       * @description Who made it: a flow, a person, an undo, or the part of the program that reads
       * @enum {string}
       */
      origin: "flow" | "person" | "undo" | "test" | "bootstrap" | "poll" | "coverage" | "settings" | "lookup" | "token";
      run_id: string | null;
      flow_id: string | null;
      flow_version: number | null;
      /** @description Where the step stands in its run */
      step: string | null;
      /** @description Clockify id of the user, or operator:<name>; for members an operator has no name */
      person: string | null;
      /** @enum {string|null} */
      via: "explorer" | "api_call" | null;
      /** @description The change that is undone */
      change_id: string | null;
      operation_id: string;
      method: string;
      /** @description With its query; … stands for values that are no ids, numbers, dates or flags */
      path: string;
      /** @description null: there was no answer */
      status: number | null;
      /**
       * @description limited: Clockify answered 429; aborted: given up before there was an answer
       * @enum {string}
       */
      outcome: "succeeded" | "refused" | "failed" | "limited" | "aborted";
      error_code: string | null;
      /** @description From 1; later ones are quick retries of the same call */
      attempt: number;
      duration_ms: number;
      request_bytes: number;
      answer_bytes: number;
      clockify_request_id: string | null;
    };
    GuardPolicy: {
      workspace_id: string;
      /** @description 0: nothing was ever set */
      version: number;
      /** @description Id of a user, or "operator:" and the name of a key */
      updated_by: string | null;
      updated_at: string | null;
      /** @description Whether people may send writes at all; reads they always may */
      writes_by_hand: {
        allowed: boolean;
        /** @description Why not, as the end of a sentence */
        reason: string | null;
      };
      /** @description From the lightest to the gravest */
      grades: {
        grade: components["schemas"]["Grade"];
        about: string;
        /** @description How many of the catalogue have it */
        operations: number;
        by_hand: components["schemas"]["GuardRule"];
        flows: components["schemas"]["GuardRule"];
      }[];
    };
    /** @enum {string} */
    Grade: "read" | "routine" | "business" | "destructive";
    GuardRule: {
      outcome: components["schemas"]["GuardOutcome"];
      is_default: boolean;
    };
    /**
     * @description allow; preview: what would be sent is shown, and confirmed once; second_person: another administrator approves it; deny
     * @enum {string}
     */
    GuardOutcome: "allow" | "preview" | "second_person" | "deny";
    GuardRequestRow: {
      id: string;
      /**
       * @description A request to Clockify, the publication of a flow, or a change of the policy
       * @enum {string}
       */
      kind: "call" | "flow" | "policy";
      /** @description Who asks: id of a user, or "operator:" and the name of a key */
      person: string;
      is_mine: boolean;
      grade: components["schemas"]["Grade"];
      title: string;
      /** @enum {string} */
      state: "waiting" | "approved" | "rejected" | "used" | "expired";
      decided_by: string | null;
      decided_at: string | null;
      note: string | null;
      created_at: string;
      expires_at: string;
    };
    GuardRequest: {
      id: string;
      /**
       * @description A request to Clockify, the publication of a flow, or a change of the policy
       * @enum {string}
       */
      kind: "call" | "flow" | "policy";
      /** @description Who asks: id of a user, or "operator:" and the name of a key */
      person: string;
      is_mine: boolean;
      grade: components["schemas"]["Grade"];
      title: string;
      /** @enum {string} */
      state: "waiting" | "approved" | "rejected" | "used" | "expired";
      decided_by: string | null;
      decided_at: string | null;
      note: string | null;
      created_at: string;
      expires_at: string;
      /** @description What it would send, whole */
      shown: string | number | boolean | null | components["schemas"]["Json"][] | {
        [key: string]: components["schemas"]["Json"];
      };
    };
    Change: {
      id: string;
      at: string;
      finished_at: string | null;
      /**
       * @description uncertain: the answer of Clockify was never seen; failed: it answered 5xx, and may have done it
       * @enum {string}
       */
      state: "sending" | "done" | "refused" | "failed" | "uncertain";
      operation_id: string;
      method: string;
      entity_type: string;
      /** @description Null where it is not known */
      entity_id: string | null;
      noun: string;
      /** @description Name, description or number of the object as it was last; null where it has none, or members may not see it */
      name: string | null;
      /** @enum {string} */
      origin: "flow" | "person" | "undo" | "program";
      /** @description Clockify user id, or operator:<name> */
      person: string | null;
      /** @description How a person made it: explorer or api_call */
      via: string | null;
      run_id: string | null;
      flow_id: string | null;
      flow_name: string | null;
      flow_version: number | null;
      step_path: string | null;
      /** @description The user whose token the call was made with */
      as_user: string | null;
      /** @description Names of the fields that it changed */
      fields: string[];
      /**
       * @description Puts fields back; makes it once more; deletes what was made; makes the opposite call; or nothing can be done
       * @enum {string}
       */
      undo_kind: "restore" | "recreate" | "remove" | "opposite" | "none";
      undoable: boolean;
      /** @description Why it cannot be undone */
      not_undoable: string | null;
      /** @description It makes an object, and its answer was lost: GET /ui/changes/{id}/candidates looks for the object */
      lost: boolean;
      http_status: number | null;
      error_code: string | null;
      undo_of: string | null;
      undone_by: string | null;
    };
    ChangeDetail: {
      id: string;
      at: string;
      finished_at: string | null;
      /**
       * @description uncertain: the answer of Clockify was never seen; failed: it answered 5xx, and may have done it
       * @enum {string}
       */
      state: "sending" | "done" | "refused" | "failed" | "uncertain";
      operation_id: string;
      method: string;
      entity_type: string;
      /** @description Null where it is not known */
      entity_id: string | null;
      noun: string;
      /** @description Name, description or number of the object as it was last; null where it has none, or members may not see it */
      name: string | null;
      /** @enum {string} */
      origin: "flow" | "person" | "undo" | "program";
      /** @description Clockify user id, or operator:<name> */
      person: string | null;
      /** @description How a person made it: explorer or api_call */
      via: string | null;
      run_id: string | null;
      flow_id: string | null;
      flow_name: string | null;
      flow_version: number | null;
      step_path: string | null;
      /** @description The user whose token the call was made with */
      as_user: string | null;
      /** @description Names of the fields that it changed */
      fields: string[];
      /**
       * @description Puts fields back; makes it once more; deletes what was made; makes the opposite call; or nothing can be done
       * @enum {string}
       */
      undo_kind: "restore" | "recreate" | "remove" | "opposite" | "none";
      undoable: boolean;
      /** @description Why it cannot be undone */
      not_undoable: string | null;
      /** @description It makes an object, and its answer was lost: GET /ui/changes/{id}/candidates looks for the object */
      lost: boolean;
      http_status: number | null;
      error_code: string | null;
      undo_of: string | null;
      undone_by: string | null;
      path_params: {
        [key: string]: components["schemas"]["Json"];
      };
      query_params: {
        [key: string]: components["schemas"]["Json"];
      };
      /** @enum {string} */
      before_state: "read" | "none" | "unreadable" | "too_large" | "no_read";
      /** @description Why something of it is not kept, or could not be read */
      note: string | null;
      /** @description For members: the objects are for admins */
      hidden: boolean;
      before: components["schemas"]["Json"];
      sent: components["schemas"]["Json"];
      after: components["schemas"]["Json"];
      diff: components["schemas"]["ChangedField"][];
      /** @description With current=true */
      current: {
        /** @description Null: it is gone, or Clockify shows it nowhere */
        object: string | number | boolean | null | components["schemas"]["Json"][] | {
          [key: string]: components["schemas"]["Json"];
        };
        changed_since: components["schemas"]["ChangedField"][];
      } | null;
    };
    ChangedField: {
      field: string;
      before: components["schemas"]["Json"];
      after: components["schemas"]["Json"];
    };
    UndoPlan: {
      change: components["schemas"]["Change"];
      /**
       * @description Puts fields back; makes it once more; deletes what was made; makes the opposite call; or nothing can be done
       * @enum {string}
       */
      kind: "restore" | "recreate" | "remove" | "opposite" | "none";
      /** @enum {string} */
      outcome: "ready" | "nothing" | "conflict" | "impossible";
      reason: string | null;
      fields: {
        field: string;
        now: components["schemas"]["Json"];
        before: components["schemas"]["Json"];
        ours: boolean;
        /** @enum {string} */
        outcome: "restored" | "conflict" | "kept" | "same";
      }[];
      /** @description What does not come back */
      loses: string[];
      calls: {
        operation: string;
        body: components["schemas"]["Json"];
        main: boolean;
      }[];
    };
    Undone: {
      /** @enum {string} */
      outcome: "undone" | "nothing";
      /** @description The change that it is */
      undo_id: string | null;
      /** @description The new id of an object that was made once more */
      entity_id: string | null;
      /** @description What did not come back, call by call */
      incomplete: string[];
      reason: string | null;
    };
    LostCandidates: {
      change: components["schemas"]["Change"];
      /** @description The most alike first, 20 at most */
      candidates: {
        id: string;
        name: string | null;
        /** @description Names of what was sent that the object has so */
        same: string[];
        /** @description Those that it has otherwise: it may have been changed since */
        differs: string[];
        object: {
          [key: string]: components["schemas"]["Json"];
        };
      }[];
      /** @description The whole list was read; else the object may stand further on */
      whole: boolean;
      /** @description Why it could not be looked for */
      reason: string | null;
    };
    UndoJob: {
      id: string;
      at: string;
      finished_at: string | null;
      /** @enum {string} */
      state: "running" | "stopping" | "stopped" | "finished";
      person: string;
      run_id: string | null;
      flow_id: string | null;
      from: string | null;
      to: string | null;
      all: boolean;
      total: number;
      left: number;
      outcomes: {
        undone?: number;
        nothing?: number;
        conflict?: number;
        refused?: number;
        failed?: number;
        skipped?: number;
      };
      problems: {
        change_id: string;
        /** @enum {string} */
        outcome: "undone" | "nothing" | "conflict" | "refused" | "failed" | "skipped";
        reason: string | null;
      }[];
    };
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
      /** @description Sets it for workspaces that do not; null: there is none */
      variable: string | null;
      /** @description Why the value that the workspace set does not apply */
      problem?: string;
    };
    Limits: {
      workspace_id: string;
      /** @description As they apply to each workspace */
      limits: {
        /** @description The environment variable that sets it */
        variable: string;
        value: number;
        unit: string;
        /** @description What it bounds, and what happens above it */
        about: string;
        /** @description Why there is such a limit */
        reason: string;
        /** @description Where the variable is unset; null: it depends on others */
        default: number | null;
      }[];
      egress: {
        /**
         * @description other_systems: whether flows may call any; private_targets: those that are allowed although they are no public address; clockify_hosts: what is accepted as Clockify's
         * @enum {string}
         */
        rule: "other_systems" | "private_targets" | "clockify_hosts";
        /** @description Whether there is any such target */
        allowed: boolean;
        /** @description Hosts and ports; of private targets for operators alone */
        targets: string[];
        /** @enum {string} */
        source: "workspace" | "environment";
        /** @description The environment variable that sets it */
        variable: string | null;
        /** @description Why there is such a limit */
        reason: string;
      }[];
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
    LifecycleAnswer: {
      /** @enum {string} */
      status: "installed" | "uninstalled" | "updated" | "ignored";
      /** @enum {boolean} */
      success: true;
      workspaceId: string;
      message: string;
      /**
       * @description Of an install: whether the workspace's lists will be read
       * @enum {string}
       */
      bootstrap?: "scheduled" | "disabled";
      /** @description What will not work */
      warnings?: string[];
    };
    Receipt: {
      webhookId: string;
      eventType: string;
      workspaceId: string;
      /** @enum {string} */
      status: "received";
      /**
       * @description It was stored before
       * @enum {boolean}
       */
      duplicate?: true;
    };
    Event: {
      id: string;
      /** @description The same as id */
      webhook_id: string;
      event_type: string;
      /** @enum {string} */
      source: "CLOCKIFY" | "CUSTOM";
      /** @description Name of the custom source */
      custom_source: string | null;
      /** @description The type that the sender of a custom event named */
      custom_type: string | null;
      workspace_id: string;
      received_at: string;
      /** @description Its delivery was missed, and it was found again */
      reconciled: boolean;
      /** @description resource:id; null where the event names none */
      entity: string | null;
      /**
       * @description The outcome in the earlier service's words
       * @enum {string}
       */
      status: "received" | "processed" | "error";
      /**
       * @description waiting: its flows were not evaluated yet; dead: that was given up
       * @enum {string}
       */
      outcome: "waiting" | "dispatched" | "skipped" | "dead";
      reason: string | null;
      /** @description Bytes of the body */
      payload_size: number;
      /** @description The names that the payload carries */
      subject: string | null;
      /** @description From its reception to the end of its last run, or of its own handling; null while something is open */
      took_ms: number | null;
      /** @description Repeats that were dropped; counted of the newest event of its entity and type, else 0 */
      duplicates: number;
      runs: components["schemas"]["RunCounts"];
    };
    RunCounts: {
      total: number;
      /** @description Pending, running or waiting */
      active: number;
      completed: number;
      failed: number;
    };
    EventDetail: {
      id: string;
      /** @description The same as id */
      webhook_id: string;
      event_type: string;
      /** @enum {string} */
      source: "CLOCKIFY" | "CUSTOM";
      /** @description Name of the custom source */
      custom_source: string | null;
      /** @description The type that the sender of a custom event named */
      custom_type: string | null;
      workspace_id: string;
      received_at: string;
      /** @description Its delivery was missed, and it was found again */
      reconciled: boolean;
      /** @description resource:id; null where the event names none */
      entity: string | null;
      /**
       * @description The outcome in the earlier service's words
       * @enum {string}
       */
      status: "received" | "processed" | "error";
      /**
       * @description waiting: its flows were not evaluated yet; dead: that was given up
       * @enum {string}
       */
      outcome: "waiting" | "dispatched" | "skipped" | "dead";
      reason: string | null;
      /** @description Bytes of the body */
      payload_size: number;
      /** @description The names that the payload carries */
      subject: string | null;
      /** @description From its reception to the end of its last run, or of its own handling; null while something is open */
      took_ms: number | null;
      /** @description Repeats that were dropped; counted of the newest event of its entity and type, else 0 */
      duplicates: number;
      request_id: string;
      finished_at: string | null;
      /**
       * Format: date-time
       * @description Null where there is none, or its time was not stored
       */
      first_duplicate_at: string | null;
      last_duplicate_at: string | null;
      /** @description Without secrets */
      headers: {
        [key: string]: string;
      };
      /** @description Of the address it was sent to */
      query: {
        [key: string]: string | string[];
      } | null;
      /**
       * @description large: it was not read
       * @enum {string}
       */
      payload_form: "json" | "form" | "multipart" | "text" | "binary" | "empty" | "large";
      /** @description What could not be read as its sender states it */
      payload_problem: string | null;
      payload: components["schemas"]["Json"];
      /** @description True for members: without secrets, notes and mail addresses, and null where it has no fields */
      payload_redacted: boolean;
      /** @description The bytes as base64, for admins */
      raw?: string;
      verification: {
        /** @enum {string} */
        result: "verified" | "polled" | "reconciled" | "unverified" | "custom";
        text: string;
      };
      /** @description The newest, by flow and replay */
      runs: components["schemas"]["EventRun"][];
    };
    EventRun: {
      run_id: string;
      flow_id: string;
      flow_name: string;
      flow_version: number;
      status: string;
      state: components["schemas"]["RunState"];
      /** @description 0: the event's own run; higher: the number of a replay */
      replay: number;
      created_at: string;
      finished_at: string | null;
      /**
       * @description clockify: it waits for Clockify's rate limit, as GET /ui/stops says; null: it does not
       * @enum {string|null}
       */
      waits_for: "clockify" | null;
      /**
       * Format: date-time
       * @description When a run that waits continues
       */
      next_attempt_at: string | null;
    };
    EventView: {
      id: string;
      name: string;
      filter: components["schemas"]["EventViewFilter"];
      /** @description Who changed it last */
      person: string;
      created_at: string;
      updated_at: string;
    };
    /** @description As the filters of GET /ui/webhooks */
    EventViewFilter: {
      event_type?: string;
      /** @enum {string} */
      outcome?: "waiting" | "dispatched" | "skipped" | "dead" | "failed";
      /** @enum {string} */
      source?: "CLOCKIFY" | "CUSTOM";
      reconciled?: boolean;
      duplicates?: boolean;
      /**
       * @description Before the time of each look
       * @enum {string}
       */
      time?: "1h" | "24h" | "yesterday" | "7d";
      from?: string;
      to?: string;
      /** @description As `search` of GET /ui/webhooks, or an id */
      search?: string;
    };
    StreamMessage: {
      /** @enum {string} */
      event: "hello";
      data: {
        /** @description Id of the newest event; 0: there is none */
        head: string;
        /** @description Something is sent at least so often, if only a comment */
        heartbeat_seconds: number;
      };
    } | {
      /** @enum {string} */
      event: "events";
      data: {
        events: components["schemas"]["Event"][];
        /** @description Events before these that came faster than they are sent */
        skipped: number;
      };
    } | {
      /** @enum {string} */
      event: "updates";
      data: {
        events: {
          id: string;
          /**
           * @description waiting: its flows were not evaluated yet; dead: that was given up
           * @enum {string}
           */
          outcome: "waiting" | "dispatched" | "skipped" | "dead";
          reason: string | null;
          runs: components["schemas"]["RunCounts"];
          /** @description From its reception to the end of its last run, or of its own handling; null while something is open */
          took_ms: number | null;
        }[];
      };
    } | {
      /** @enum {string} */
      event: "breaker";
      data: {
        host: string;
        /** @enum {string} */
        state: "open" | "half_open" | "closed";
      };
    } | {
      /** @enum {string} */
      event: "runs";
      data: {
        runs: components["schemas"]["Run"][];
      };
    } | {
      /** @enum {string} */
      event: "approvals";
      data: {
        /** @description Ids, for the list or the page to be read again */
        changed: string[];
      };
    } | {
      /** @enum {string} */
      event: "gap";
      data: {
        /** @description Events; null: it is not known how many */
        missed: number | null;
      };
    } | {
      /** @enum {string} */
      event: "end";
      data: {
        /** @enum {string} */
        reason: "token_expired" | "uninstalled" | "stopping";
      };
    };
    SetupStep: {
      /** @description What to do there, or the name of the field */
      text: string;
      /**
       * @description What is entered there: the source's address, its secret, the last part of its address, or `fixed`; theirs: the secret that the sender shows, to be entered here; null: something to do
       * @enum {string|null}
       */
      value: "address" | "secret" | "key" | "fixed" | "theirs" | null;
      fixed: string | null;
    };
    Source: {
      id: string;
      name: string;
      /** @description Where to send events; null of an unsigned source, for members */
      url: string | null;
      /**
       * @description How its sender proves itself
       * @enum {string}
       */
      scheme:
        | "standard_webhooks"
        | "hmac_sha256"
        | "hmac_sha1"
        | "hmac_sha512"
        | "ed25519"
        | "ecdsa_sha256"
        | "rsa_sha256"
        | "jwt_hs256"
        | "basic"
        | "api_key"
        | "none";
      /**
       * @description The sender whose options it began with
       * @enum {string|null}
       */
      preset:
        | "standard_webhooks"
        | "svix"
        | "github"
        | "stripe"
        | "shopify"
        | "slack"
        | "airtable"
        | "asana"
        | "azure_event_grid"
        | "bitbucket"
        | "calendly"
        | "discord"
        | "docusign"
        | "dropbox"
        | "gitlab"
        | "hubspot"
        | "intercom"
        | "jira"
        | "linear"
        | "mailgun"
        | "mandrill"
        | "meta"
        | "microsoft_graph"
        | "monday"
        | "monday_app"
        | "notion"
        | "okta"
        | "paddle"
        | "pagerduty"
        | "paypal"
        | "paystack"
        | "sendgrid"
        | "sns"
        | "square"
        | "telegram"
        | "terraform_cloud"
        | "trello"
        | "twilio"
        | "twitch"
        | "typeform"
        | "vercel"
        | "woocommerce"
        | "xero"
        | "zendesk"
        | "zoho"
        | "zoho_payments"
        | "zoho_sign"
        | "zoom"
        | null;
      /** @description Options of the scheme */
      options: {
        [key: string]: components["schemas"]["Json"];
      };
      enabled: boolean;
      max_body_bytes: number | null;
      rate_per_second: number;
      /** @description So long an equal delivery is a repeat, where its sender gives no id */
      duplicate_window_seconds: number | null;
      answer: components["schemas"]["OwnAnswer"] | null;
      /** @description Those still valid, newest first, without their values; none while the sender has not given one */
      secrets: {
        id: string;
        created_at: string;
        expires_at: string | null;
        /** @description Given by the sender, and can be shown once */
        is_unseen: boolean;
        /**
         * Format: date-time
         * @description Of one that is being replaced: the last delivery under it alone, up to 10 s late
         */
        last_used_at: string | null;
      }[];
      created_at: string;
      updated_at: string;
      last_event_at: string | null;
      last_refused_at: string | null;
      /** @description Why, as `webhooks_errors_total` names it */
      last_refused_reason: string | null;
    };
    /** @description Answer to senders instead of the default JSON */
    OwnAnswer: {
      status: number;
      content_type: string;
      body: string;
    };
    SourceWithSecret: {
      id: string;
      name: string;
      /** @description Where to send events; null of an unsigned source, for members */
      url: string | null;
      /**
       * @description How its sender proves itself
       * @enum {string}
       */
      scheme:
        | "standard_webhooks"
        | "hmac_sha256"
        | "hmac_sha1"
        | "hmac_sha512"
        | "ed25519"
        | "ecdsa_sha256"
        | "rsa_sha256"
        | "jwt_hs256"
        | "basic"
        | "api_key"
        | "none";
      /**
       * @description The sender whose options it began with
       * @enum {string|null}
       */
      preset:
        | "standard_webhooks"
        | "svix"
        | "github"
        | "stripe"
        | "shopify"
        | "slack"
        | "airtable"
        | "asana"
        | "azure_event_grid"
        | "bitbucket"
        | "calendly"
        | "discord"
        | "docusign"
        | "dropbox"
        | "gitlab"
        | "hubspot"
        | "intercom"
        | "jira"
        | "linear"
        | "mailgun"
        | "mandrill"
        | "meta"
        | "microsoft_graph"
        | "monday"
        | "monday_app"
        | "notion"
        | "okta"
        | "paddle"
        | "pagerduty"
        | "paypal"
        | "paystack"
        | "sendgrid"
        | "sns"
        | "square"
        | "telegram"
        | "terraform_cloud"
        | "trello"
        | "twilio"
        | "twitch"
        | "typeform"
        | "vercel"
        | "woocommerce"
        | "xero"
        | "zendesk"
        | "zoho"
        | "zoho_payments"
        | "zoho_sign"
        | "zoom"
        | null;
      /** @description Options of the scheme */
      options: {
        [key: string]: components["schemas"]["Json"];
      };
      enabled: boolean;
      max_body_bytes: number | null;
      rate_per_second: number;
      /** @description So long an equal delivery is a repeat, where its sender gives no id */
      duplicate_window_seconds: number | null;
      answer: components["schemas"]["OwnAnswer"] | null;
      /** @description Those still valid, newest first, without their values; none while the sender has not given one */
      secrets: {
        id: string;
        created_at: string;
        expires_at: string | null;
        /** @description Given by the sender, and can be shown once */
        is_unseen: boolean;
        /**
         * Format: date-time
         * @description Of one that is being replaced: the last delivery under it alone, up to 10 s late
         */
        last_used_at: string | null;
      }[];
      created_at: string;
      updated_at: string;
      last_event_at: string | null;
      last_refused_at: string | null;
      /** @description Why, as `webhooks_errors_total` names it */
      last_refused_reason: string | null;
      /** @description Shown this once; an unsigned source has none */
      secret?: string;
      warnings?: string[];
    };
    /** @enum {string} */
    ReadStatus: "PENDING" | "IN_PROGRESS" | "COMPLETE" | "FAILED" | "DISABLED";
    ReadList: {
      operation_id: string;
      entity_type: string;
      /** @enum {string} */
      status: "pending" | "reading" | "complete" | "truncated" | "failed";
      pages: number;
      /** @description Of the read before; null: it had no such list */
      expected_pages: number | null;
      /** @description One for each entity that the list hangs on, as tasks hang on projects */
      parts: number;
      parts_done: number;
      entities: number;
      error: string | null;
    };
    CachedEntity: {
      id: string;
      operation_id: string;
      fetched_at: string;
      body: components["schemas"]["Json"];
    };
    TimelineEntity: {
      id: string;
      operation_id: string;
      fetched_at: string;
      /**
       * Format: date-time
       * @description Clockify said so
       */
      deleted_at: string | null;
      body: components["schemas"]["Json"];
    };
    /** @description event: a webhook about it; seen: what a read of its list saw otherwise than before; write: what Timewire wrote; run: of one of its newest 1,000 events */
    TimelineItem: {
      /** @enum {string} */
      kind: "event";
      at: string;
      id: string;
      event_type: string;
      /** @enum {string} */
      outcome: "waiting" | "dispatched" | "skipped" | "dead";
      reconciled: boolean;
    } | {
      /** @enum {string} */
      kind: "seen";
      at: string;
      id: string;
      /** @enum {string} */
      change: "created" | "updated" | "deleted";
      /** @description Of an update the fields that differ, as they were; else its name */
      before: string | number | boolean | null | components["schemas"]["Json"][] | {
        [key: string]: components["schemas"]["Json"];
      };
      after: components["schemas"]["Json"];
    } | {
      /** @enum {string} */
      kind: "write";
      at: string;
      id: string;
      operation_id: string;
      state: string;
      origin: string;
      person: string | null;
      run_id: string | null;
      flow_id: string | null;
      flow_name: string | null;
      fields: string[];
    } | {
      /** @enum {string} */
      kind: "run";
      at: string;
      id: string;
      flow_id: string;
      flow_name: string;
      state: components["schemas"]["RunState"];
      event_id: string;
      replay: number;
    };
    EntityName: {
      /** @description tag, project, user, ... */
      type: string;
      /** @description Members do not see mail addresses */
      name: string;
      /** @enum {boolean} */
      archived?: true;
      /** @enum {boolean} */
      deleted?: true;
    };
    NamedEntity: {
      id: string;
      /** @description tag, project, user, ... */
      type: string;
      /** @description Members do not see mail addresses */
      name: string;
      /** @enum {boolean} */
      archived?: true;
      /** @enum {boolean} */
      deleted?: true;
    };
    EndpointList: {
      workspace_id: string;
      /** @description Operations that fit */
      total: number;
      /** @description Operations of the catalogue */
      total_operations: number;
      /** @description By tag; with q the group of the best first */
      groups: {
        tag: string;
        count: number;
        endpoints: components["schemas"]["ListedEndpoint"][];
      }[];
    };
    ListedEndpoint: {
      /** @description As Clockify spells it */
      operation_id: string;
      /** @description METHOD /path: unique */
      key: string;
      /** @description What a flow stores: operation_id where that is unique, else key */
      name: string;
      /** @enum {string} */
      method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
      path: string;
      tag: string;
      summary: string;
      /**
       * @description read also for the POSTs that only search
       * @enum {string}
       */
      access: "read" | "write";
      /**
       * @description What a workspace decides by, for calls by hand and in flows
       * @enum {string}
       */
      grade: "read" | "routine" | "business" | "destructive";
      /**
       * @description Which host of Clockify serves it
       * @enum {string}
       */
      service: "api" | "reports" | "pto" | "audit";
      /** @description A GET */
      safe: boolean;
      /** @description Large answers: reports, exports, the audit log */
      heavy: boolean;
      paged: boolean;
      /** @description What its body leaves out is gone */
      full_replace: boolean;
      deprecated: boolean;
      experimental: boolean;
      /** @description Inferred: Clockify has no table of them */
      scope: string | null;
      /**
       * @description The least plan with the feature; unknown where Clockify's documents do not say
       * @enum {string}
       */
      plan: "FREE" | "BASIC" | "STANDARD" | "PRO" | "ENTERPRISE" | "unknown";
      /**
       * @description Whether Clockify lets an add-on's token call it
       * @enum {string}
       */
      addon_token: "allowed" | "blocked" | "excluded" | "unknown";
      /** @description People may call it here, as far as the guard allows */
      executable: boolean;
      /** @description Why not */
      refusal: components["schemas"]["EndpointRefusal"] | null;
      /** @description With q: its place among all that fit, from 1 */
      rank?: number;
    };
    /**
     * @description closed_to_addons: Clockify refuses add-on tokens there; scope: the add-on does not ask for it; no_host: the installation has no address of that part of Clockify; writes_off: the workspace's setting leaves people the reads
     * @enum {string}
     */
    EndpointRefusal: "closed_to_addons" | "scope" | "no_host" | "writes_off";
    EndpointDetail: {
      workspace_id: string;
      /** @description As Clockify spells it */
      operation_id: string;
      /** @description METHOD /path: unique */
      key: string;
      /** @description What a flow stores: operation_id where that is unique, else key */
      name: string;
      /** @enum {string} */
      method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
      path: string;
      tag: string;
      summary: string;
      /**
       * @description read also for the POSTs that only search
       * @enum {string}
       */
      access: "read" | "write";
      /**
       * @description What a workspace decides by, for calls by hand and in flows
       * @enum {string}
       */
      grade: "read" | "routine" | "business" | "destructive";
      /**
       * @description Which host of Clockify serves it
       * @enum {string}
       */
      service: "api" | "reports" | "pto" | "audit";
      /** @description A GET */
      safe: boolean;
      /** @description Large answers: reports, exports, the audit log */
      heavy: boolean;
      paged: boolean;
      /** @description What its body leaves out is gone */
      full_replace: boolean;
      deprecated: boolean;
      experimental: boolean;
      /** @description Inferred: Clockify has no table of them */
      scope: string | null;
      /**
       * @description The least plan with the feature; unknown where Clockify's documents do not say
       * @enum {string}
       */
      plan: "FREE" | "BASIC" | "STANDARD" | "PRO" | "ENTERPRISE" | "unknown";
      /**
       * @description Whether Clockify lets an add-on's token call it
       * @enum {string}
       */
      addon_token: "allowed" | "blocked" | "excluded" | "unknown";
      /** @description People may call it here, as far as the guard allows */
      executable: boolean;
      /** @description Why not */
      refusal: components["schemas"]["EndpointRefusal"] | null;
      grade_reason: string;
      /** @description Who says so of the plan, or that no one does */
      plan_about: string;
      /** @description Words that people look for it by */
      intents: string[];
      path_params: components["schemas"]["PathParam"][];
      query_params: components["schemas"]["OperationField"][];
      /** @enum {string} */
      body_kind: "none" | "object" | "array" | "multipart";
      /** @description Of each item, where the body is a list */
      body_fields: components["schemas"]["OperationField"][];
      /** @description What is needed at least, or all of what replaces an object; null without a body */
      body_sample: string | number | boolean | null | components["schemas"]["Json"][] | {
        [key: string]: components["schemas"]["Json"];
      };
      /** @description Entity type by the name of the parameter that holds an id of one */
      entity_params: {
        [key: string]: string;
      };
      answer: components["schemas"]["EndpointAnswer"];
      /** @description Names of its page parameters; those of the body as in body:page, or body:detailedFilter.page */
      paging: string[];
      /** @description What reads the object before it is replaced */
      fill: components["schemas"]["FormFill"] | null;
      /** @description What one that replaces without a read before loses */
      loses: string | null;
      /** @description With a placeholder where a token goes */
      curl: string;
      /** @description The same as JavaScript */
      fetch: string;
    };
    PathParam: {
      name: string;
      type: string;
      enum?: string[];
      minimum?: number;
      maximum?: number;
      /** @description Filled in by the program: the workspace */
      injected: boolean;
      /** @description Type of the entity whose id it is */
      entity: string | null;
      /** @description operation_id that lists such entities */
      list: string | null;
    };
    /** @description Of a list: items says of what, fields what each of its objects has */
    OperationField: {
      name: string;
      type: string;
      required?: boolean;
      enum?: string[];
      minimum?: number;
      maximum?: number;
      default?: components["schemas"]["Json"];
      items?: string;
      item_enum?: string[];
      fields?: components["schemas"]["OperationField"][];
    };
    EndpointAnswer: {
      /** @enum {string} */
      shape: "object" | "list" | "none" | "file" | "text";
      fields: {
        name: string;
        type: string;
      }[];
      sample: components["schemas"]["Json"];
    };
    FormFill: {
      operation_id: string;
      key: string;
      /** @description Parameter of the replace by that of the read; body:id for the id of each item */
      path_params: {
        [key: string]: string;
      };
      /** @description The object is in the list at this field of the answer, empty for the answer itself */
      list_at: string | null;
      /** @description Parameter with the id of the object in that list */
      id_param: string | null;
      noun: string;
      /** @description Fields that no read shows */
      unreadable: string[];
    };
    CatalogueInUse: {
      workspace_id: string;
      source: components["schemas"]["CatalogueSource"];
      total_operations: number;
      built_in_operations: number;
      counts: {
        added: number;
        removed: number;
        changed: number;
        changes: number;
        /** @description Changes that may break a call, and operations that went */
        breaking: number;
        flows: number;
      };
      /** @description There is more than the lists show */
      truncated: boolean;
      diff: {
        added: components["schemas"]["CatalogueOperation"][];
        removed: components["schemas"]["CatalogueOperation"][];
        changed: components["schemas"]["ChangedOperation"][];
      };
      flows: {
        id: string;
        name: string;
        enabled: boolean;
        breaking: boolean;
        actions: {
          /** @description Position among the steps, of it or of the one that holds it */
          action: number;
          /** @description Its place, where it stands below another step */
          path?: string;
          action_id: string;
          /** @description As the flow names it */
          operation: string;
          key: string | null;
          /** @enum {string} */
          effect: "removed" | "ambiguous" | "changed";
          breaking: boolean;
        }[];
      }[];
    };
    CatalogueSource: {
      /** @enum {string} */
      kind: "built_in" | "file";
      /** @description Name of the file of CLOCKIFY_OPENAPI_FILE */
      file: string | null;
      title: string | null;
      version: string | null;
      sha256: string | null;
    };
    CatalogueOperation: {
      operation_id: string;
      key: string;
      /** @enum {string} */
      method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
      path: string;
      summary: string;
    };
    ChangedOperation: {
      operation_id: string;
      key: string;
      /** @enum {string} */
      method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
      path: string;
      summary: string;
      breaking: boolean;
      changes: components["schemas"]["CatalogueChange"][];
    };
    CatalogueChange: {
      /** @enum {string} */
      part: "operation_id" | "flag" | "path_param" | "query_param" | "body_field";
      /** @description A field's place by dots, [] for items */
      name: string;
      /** @enum {string} */
      change: "added" | "removed" | "changed";
      before: string | null;
      after: string | null;
      /** @description Of a closed list of values: those that came and went */
      values?: {
        added: string[];
        removed: string[];
      };
      /** @description A call that was right before may be refused, or answered otherwise */
      breaking: boolean;
    };
    CallAnswer: {
      /**
       * @description unchanged: the object is already so. preview, second_person: nothing was sent yet
       * @enum {string}
       */
      status: "success" | "error" | "unchanged" | "preview" | "second_person";
      success: boolean;
      /** @description Of Clockify's answer; null where none came */
      status_code: number | null;
      headers: {
        [key: string]: string;
      };
      data: components["schemas"]["Json"];
      /** @description Bytes of `data` as JSON */
      size: number | null;
      duration_ms: number;
      timestamp: string;
      /** @description As Clockify's headers say */
      rate_limit: {
        limit: string | null;
        remaining: string | null;
        reset: string | null;
      };
      budget: components["schemas"]["CallBudget"] | null;
      error: components["schemas"]["CallError"] | null;
      preview: components["schemas"]["CallPreview"] | null;
      /** @description With a placeholder for the token */
      snippets: {
        curl: string;
        fetch: string;
      };
      metadata: components["schemas"]["CallMetadata"];
    };
    /** @description The add-on's budget of calls to Clockify in the workspace */
    CallBudget: {
      limit_per_second: number | null;
      used_last_second: number;
      /** @description null where none is known */
      limit_per_hour: number | null;
      used_last_hour: number;
      paused_until: string | null;
    };
    CallError: {
      code: string;
      message: string;
      reason: string;
      /** @description What it means, and what to do */
      explanation: string;
      scope?: string;
      /** @description The least plan with the feature, where that may be what is missing */
      plan?: string;
      retry_after_ms?: number;
    };
    CallPreview: {
      grade: string;
      /** @description Send the same request with it; null where another person decides */
      confirm_token: string | null;
      /** @description Of the request that waits for a second person */
      request_id: string | null;
      expires_at: string;
      /** @description What would be sent */
      request: {
        method: string;
        path: string;
        query: components["schemas"]["Json"];
        body: components["schemas"]["Json"];
      };
      /** @description Of a full replace, against what Clockify holds now, object by object */
      changes: {
        field: string;
        before: components["schemas"]["Json"];
        after: components["schemas"]["Json"];
      }[][];
      /** @description What is lost by what the body does not name */
      loses: string | null;
    };
    CallMetadata: {
      operation_id: string;
      method: string;
      path: string;
      latency_ms: number;
      /** @enum {string} */
      as: "addon" | "viewer";
      /** @description What names were taken for, by place */
      names: {
        [key: string]: {
          id: string;
          name: string;
        };
      };
      history_id: string | null;
      /** @description Of a write, its rows in the journal, by which it is undone */
      change_ids: string[];
      /** @description With developer_mode, for admins */
      request?: {
        query: components["schemas"]["Json"];
        body: components["schemas"]["Json"];
      };
    };
    PageLine: {
      /** @enum {string} */
      type: "start";
      operation_id: string;
      page: number;
      page_size: number;
    } | {
      /** @enum {string} */
      type: "item";
      item: components["schemas"]["Json"];
    } | {
      /** @enum {string} */
      type: "progress";
      page: number;
      pages: number;
      items: number;
      bytes: number;
      elapsed_ms: number;
    } | {
      /** @enum {string} */
      type: "error";
      error: components["schemas"]["CallError"];
    } | {
      /** @enum {string} */
      type: "end";
      pages: number;
      items: number;
      bytes: number;
      elapsed_ms: number;
      /**
       * @description null where the list ended
       * @enum {string|null}
       */
      stopped_by: "pages" | "items" | "time" | "bytes" | "error" | null;
      /** @description Where to read on */
      next_page: number | null;
    };
    CallRequest: {
      /** @description The login's; also workspaceId */
      workspace_id?: string;
      /** @description Also operationId; or method and path */
      operation_id?: string;
      method?: string;
      /** @description Template or address, also endpoint */
      path?: string;
      /** @description {path, query, body}, or parameters of both side by side */
      params?: {
        [key: string]: components["schemas"]["Json"];
      };
      /** @description Also pathParams. An id may be {"$name": "..."} or "name:..." */
      path_params?: {
        [key: string]: components["schemas"]["Json"];
      };
      /** @description Also queryParams and query */
      query_params?: {
        [key: string]: components["schemas"]["Json"];
      };
      body?: components["schemas"]["Json"];
      /** @description The body is sent as it is. Without it, a full replace is read and merged: what the body leaves out stays */
      replace?: boolean;
      /** @description Also contextBindings: parameters that hold the login's ids */
      context_bindings?: {
        [key: string]: "workspaceId" | "userId";
      };
      /**
       * @description Whose rights are used; members use their own
       * @enum {string}
       */
      as?: "addon" | "viewer";
      /** @description Also confirmToken: of the preview of this very request */
      confirm_token?: string;
      /** @description A file (a report as PDF, CSV, XLSX or ZIP, an invoice, a receipt) comes as it is with its content type, up to 50 MB. Without it: within the JSON, as text or base64, up to 1 MB. What is JSON, and what Clockify refuses, comes as ever */
      raw?: boolean;
      /** @description Also developerMode: shows admins what was sent */
      developer_mode?: boolean;
      /** @description Of a list: answers a stream of its pages */
      pages?: "all" | number;
    } & {
      [key: string]: components["schemas"]["Json"];
    };
    HandCall: {
      id: string;
      at: string;
      /** @description Id of a user, or operator:<name> */
      person: string;
      /** @enum {string} */
      via: "explorer" | "api_call";
      operation_id: string;
      method: string;
      path: string;
      /** @enum {string} */
      as: "addon" | "viewer";
      /** @description As POST /ui/api-explorer/execute answers it */
      status: string;
      status_code: number | null;
      error_code: string | null;
      duration_ms: number;
      size: number | null;
    };
    SavedCall: {
      id: string;
      name: string;
      shared: boolean;
      person: string;
      may_change: boolean;
      request: {
        [key: string]: components["schemas"]["Json"];
      } | null;
      /** @description Why `request` is null: what is stored cannot be opened */
      fault: string | null;
      created_at: string;
      updated_at: string;
    };
    ApiCallAnswer: {
      success: boolean;
      status_code: number | null;
      response_body: components["schemas"]["Json"];
      error_message: string | null;
      duration_ms: number;
      timestamp: string;
      metadata: {
        operation_id: string;
        method: string;
        path: string;
        latency_ms: number;
        /** @enum {string} */
        as: "addon" | "viewer";
        /** @description What names were taken for, by place */
        names: {
          [key: string]: {
            id: string;
            name: string;
          };
        };
        history_id: string | null;
        /** @description Of a write, its rows in the journal, by which it is undone */
        change_ids: string[];
        /** @description With developer_mode, for admins */
        request?: {
          query: components["schemas"]["Json"];
          body: components["schemas"]["Json"];
        };
        headers: {
          [key: string]: string;
        };
        preview: components["schemas"]["CallPreview"] | null;
        error: components["schemas"]["CallError"] | null;
      };
    };
    /** @description How many event types arrive by each delivery path */
    CoverageSummary: {
      total: number;
      covered: number;
      manifest: number;
      user_webhook: number;
      polling: number;
      none: number;
      alarms: number;
    };
    /** @description Missed events, by Clockify's delivery logs and entity feeds */
    Reconciliation: {
      /**
       * Format: date-time
       * @description null: nothing was looked through yet
       */
      checked_at: string | null;
      /** @description Events that Clockify says it had, since the first search */
      expected: number;
      /** @description Those that were received */
      seen: number;
      /** @description Those that were not, and were found and published */
      reconciled: number;
      sources: {
        /** @enum {string} */
        source: "delivery_log" | "entity_feed";
        /** @description Clockify's id of the webhook, or the feed's kind */
        name: string;
        checked_at: string | null;
        /**
         * Format: date-time
         * @description Everything before is looked through
         */
        reached: string;
        expected: number;
        seen: number;
        reconciled: number;
        error: string | null;
      }[];
    };
    CoveredEvent: {
      event_type: string;
      /** @enum {string} */
      way: "manifest" | "user_webhook" | "polling" | "none";
      /**
       * @description silent: nothing came although data moved; unknown: Clockify does not show it
       * @enum {string}
       */
      state: "ok" | "disabled" | "delivery_disabled" | "plan_disabled" | "missing" | "silent" | "unknown";
      reason: string;
      next_step: string | null;
      last_event_at: string | null;
      /** @description Clockify's id of a webhook that was registered by API key */
      remote_id?: string;
    };
    ApiKey: {
      workspace_id: string;
      configured: boolean;
      configured_at: string | null;
    };
    ForwardResult: {
      event_id: string;
      /** @description null: retention took the event */
      event_type: string | null;
      state: components["schemas"]["RunState"];
      attempts: number;
      http_status: number | null;
      /** @description Why it was not sent after all */
      skipped: string | null;
      error: components["schemas"]["RunError"] | null;
      created_at: string;
      finished_at: string | null;
    };
    Overview: {
      period: {
        hours: number;
        from: string;
        to: string;
      };
      events: {
        total: number;
        /** @description Of the period before, as far as this one has gone */
        previous_total: number;
        duplicates: number;
        by_hour: {
          hour: string;
          stored: number;
          duplicates: number;
        }[];
        by_type: {
          event_type: string;
          count: number;
        }[];
      };
      runs: {
        total: number;
        completed: number;
        failed: number;
        active: number;
        by_hour: {
          hour: string;
          completed: number;
          failed: number;
          other: number;
        }[];
        /**
         * Format: date-time
         * @description Set where the period has more runs than are counted: the numbers are of those since
         */
        counted_since: string | null;
      };
      latency: {
        /** @description Finished runs looked at, the newest */
        sample: number;
        /** @description Median, event received to run finished */
        p50_ms: number | null;
        /** @description 95th percentile, event received to run finished */
        p95_ms: number | null;
        /** @description 95th percentile, event received to run started */
        queue_p95_ms: number | null;
        /** @description 95th percentile, run started to finished */
        action_p95_ms: number | null;
        /** @description As p95_ms, of the hours that have runs among those looked at */
        by_hour: {
          hour: string;
          p95_ms: number;
        }[];
      };
      storage: {
        bytes: number;
        /** @description null: no quota */
        limit_bytes: number | null;
      };
      receiving: {
        /** @enum {string} */
        state: "receiving" | "quiet" | "never";
        since: string | null;
        last_event_at: string | null;
      };
      /** @description Calls to Clockify; null where none is known, or this process makes none */
      budget: {
        limit_per_second: number | null;
        used_last_second: number | null;
        waiting: number | null;
        limit_per_hour: number | null;
        used_last_hour: number | null;
        paused_until: string | null;
        /** @description Calls of the last hour, of the minutes that have some; empty where none are counted here */
        by_minute: {
          minute: string;
          calls: number;
        }[];
      };
      bootstrap: {
        status: components["schemas"]["ReadStatus"];
        progress: number;
        total: number;
        label: string;
      };
      coverage: components["schemas"]["CoverageSummary"];
      install: {
        /** @enum {string} */
        status: "active" | "inactive" | "uninstalled";
        installed_at: string;
        version: string;
      };
      failures: components["schemas"]["FailureGroup"][];
      alarms: components["schemas"]["Alarm"][];
    };
    /** @description Failed runs of one flow with one cause */
    FailureGroup: {
      /** @description null: a flow that Timewire keeps by itself */
      flow_id: string | null;
      flow_name: string;
      error_code: string;
      /** @description Of the newest */
      message: string | null;
      count: number;
      last_at: string;
      /** @description The newest run of the group */
      run_id: string;
    };
    Alarm: {
      code: string;
      /** @enum {string} */
      severity: "bad" | "warn" | "info";
      title: string;
      detail: string;
      next: components["schemas"]["NextStep"] | null;
    };
    /** @description The page of the console that helps */
    NextStep: {
      label: string;
      /** @enum {string} */
      page: "events" | "flows" | "runs" | "settings" | "dashboard";
      query?: {
        [key: string]: string;
      };
    };
    DoneCount: {
      entity_type: string;
      /**
       * @description tagged: nothing but the tags was changed
       * @enum {string}
       */
      verb: "created" | "changed" | "tagged" | "deleted";
      count: number;
    };
    Found: {
      /** @enum {string} */
      kind: "entity" | "flow" | "source" | "event" | "run";
      id: string;
      /** @description Of an entity or event its type, of a run its state */
      type: string | null;
      /** @description Members do not see mail addresses */
      name: string | null;
      /**
       * Format: date-time
       * @description Of an event or run: when it began
       */
      at: string | null;
    };
    WorkspaceAddon: {
      key: string;
      name: string;
      /**
       * @description unknown: its database does not answer now
       * @enum {string}
       */
      status: "active" | "inactive" | "unknown";
      /** @description The one whose listener answers */
      is_own: boolean;
    };
    AskedAddon: {
      key: string;
      name: string;
      /** @description Why its rows are missing on this page; the next cursor asks for them again */
      problem: components["schemas"]["AddonProblem"] | null;
    };
    AddonProblem: {
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
        | "IDEMPOTENCY_KEY_INVALID"
        | "IDEMPOTENCY_KEY_REUSED"
        | "IDEMPOTENCY_KEY_IN_USE"
        | "IDEMPOTENCY_ANSWER_NOT_KEPT"
        | "CONFIRMATION_REQUIRED"
        | "APPROVAL_REQUIRED"
        | "APPROVAL_EXPIRED"
        | "CONFIRM_TOKEN_INVALID"
        | "CONFIRM_TOKEN_EXPIRED"
        | "CONFIRM_TOKEN_USED"
        | "CLOCKIFY_WRITE_DENIED"
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
        | "UNDO_DONE"
        | "UNDO_IN_PROGRESS"
        | "UNDO_CONFLICT"
        | "UNDO_IMPOSSIBLE"
        | "FILTER_EMPTY"
        | "RUN_LIMIT_REACHED"
        | "FLOW_ENDED_RUN"
        | "LOOP_DETECTED"
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
      message: string;
    };
    AddonEvent: {
      id: string;
      /** @description The same as id */
      webhook_id: string;
      event_type: string;
      /** @enum {string} */
      source: "CLOCKIFY" | "CUSTOM";
      /** @description Name of the custom source */
      custom_source: string | null;
      /** @description The type that the sender of a custom event named */
      custom_type: string | null;
      workspace_id: string;
      received_at: string;
      /** @description Its delivery was missed, and it was found again */
      reconciled: boolean;
      /** @description resource:id; null where the event names none */
      entity: string | null;
      /**
       * @description The outcome in the earlier service's words
       * @enum {string}
       */
      status: "received" | "processed" | "error";
      /**
       * @description waiting: its flows were not evaluated yet; dead: that was given up
       * @enum {string}
       */
      outcome: "waiting" | "dispatched" | "skipped" | "dead";
      reason: string | null;
      /** @description Bytes of the body */
      payload_size: number;
      /** @description The names that the payload carries */
      subject: string | null;
      /** @description From its reception to the end of its last run, or of its own handling; null while something is open */
      took_ms: number | null;
      /** @description Repeats that were dropped; counted of the newest event of its entity and type, else 0 */
      duplicates: number;
      runs: components["schemas"]["RunCounts"];
      addon: string;
    };
    AddonRun: {
      id: string;
      flow_id: string;
      flow_name: string;
      flow_version: number;
      /** @description null: no event started it */
      event_id: string | null;
      /** @description null without an event, and once retention deleted it */
      event_type: string | null;
      /**
       * @description What started it; flow: a step of another run
       * @enum {string}
       */
      trigger: "event" | "schedule" | "manual" | "api" | "flow" | "replay";
      state: components["schemas"]["RunState"];
      status: string;
      /** @description 0: the event's own run; higher: the number of a replay */
      replay: number;
      /**
       * Format: date-time
       * @description Since when a run that is not over is paused; while it is running, it pauses after this call
       */
      paused_at: string | null;
      error: components["schemas"]["RunError"] | null;
      created_at: string;
      started_at: string | null;
      finished_at: string | null;
      duration_ms: number | null;
      failed_step: string | null;
      failed_step_number: number | null;
      failed_step_name: string | null;
      addon: string;
    };
    AddonIssue: {
      id: string;
      /**
       * @description run: runs failed; event: events whose flows were never asked; background: reading of the workspace and the like; refused: a source's deliveries proved no sender; stopped: Clockify or a host is not called for a time; webhook: Clockify does not send events of some types
       * @enum {string}
       */
      kind: "run" | "event" | "background" | "refused" | "stopped" | "webhook";
      /**
       * @description muted: whatever happens; resolved: it was over when a person said so, and has not happened since
       * @enum {string}
       */
      state: "open" | "muted" | "resolved";
      /** @description Failed runs, what was given up, refused deliveries, or event types; since it was resolved last. null: a stop */
      count: number | null;
      /**
       * Format: date-time
       * @description null: it is not known
       */
      first_at: string | null;
      /**
       * Format: date-time
       * @description Of a stop: when it was stopped last; of webhooks: the last check
       */
      last_at: string;
      /**
       * Format: date-time
       * @description Only what was given up from then on counts: `since` of a bulk job of it; null: all
       */
      since: string | null;
      /** @description It was resolved, and happened again */
      came_back: boolean;
      /**
       * Format: date-time
       * @description null: it is not muted, or for ever
       */
      muted_until: string | null;
      /** @description Who muted or resolved it last */
      marked_by: string | null;
      /** @description Of the newest: what its error says */
      words: string | null;
      /** @description Kind of the job that was given up */
      job: string | null;
      /** @description The newest failed run; null: it is of none */
      run: components["schemas"]["Run"] | null;
      refused: components["schemas"]["RefusedDeliveries"] | null;
      stop: components["schemas"]["Stop"] | null;
      webhooks: components["schemas"]["WebhooksOff"] | null;
      /** @description The newest, at most 5 */
      examples: {
        dead_letter_id: string;
        at: string;
        run_id: string | null;
        event: {
          id: string;
          event_type: string;
        } | null;
      }[];
      addon: string;
    };
    AddonFound: {
      /** @enum {string} */
      kind: "entity" | "flow" | "source" | "event" | "run";
      id: string;
      /** @description Of an entity or event its type, of a run its state */
      type: string | null;
      /** @description Members do not see mail addresses */
      name: string | null;
      /**
       * Format: date-time
       * @description Of an event or run: when it began
       */
      at: string | null;
      addon: string;
    };
    Part: {
      name: string;
      /**
       * @description off: not in use here
       * @enum {string}
       */
      state: "ok" | "warn" | "bad" | "off";
      detail: string;
    };
    Check: {
      /** @enum {string} */
      area:
        | "program"
        | "configuration"
        | "permissions"
        | "database"
        | "keys"
        | "clock"
        | "address"
        | "clockify"
        | "webhooks";
      /** @description Which one of its kind, as a database by its host and name */
      about: string;
      /** @enum {string} */
      state: "ok" | "warning" | "fault";
      detail: string;
      /** @description What to do */
      remedy?: string;
    };
    UninstallPreview: {
      workspace_id: string;
      at: string;
      /** @description Days for which all is kept for a reinstall, from the uninstall on; 0: the next sweep deletes it */
      grace_days: number;
      /** @description Backups that are kept, which hold the data for so long; 0 in all three: every backup is kept */
      backups: {
        daily: number;
        weekly: number;
        monthly: number;
      };
      /** @description Of events and large outputs, as the quota counts them */
      stored_bytes: number;
      /** @description What ends with the uninstall at once; a reinstall starts none of it again */
      stops: {
        /**
         * @description Runs in progress; waits and approvals of theirs; events whose flows were not decided yet; schedules of flows; jobs of people (bulk, undo, history); sources; webhooks of the manifest, and those that were registered beside it
         * @enum {string}
         */
        kind:
          | "runs"
          | "waits"
          | "approvals"
          | "events"
          | "schedules"
          | "jobs"
          | "sources"
          | "webhooks"
          | "own_webhooks";
        /** @description At least so many where is_part is true */
        count: number;
        /** @description There are more: up to 20000 of a table are counted */
        is_part: boolean;
      }[];
      /** @description What is deleted after the grace period: everything of the workspace, by kind */
      deletes: {
        /** @enum {string} */
        kind:
          | "flows"
          | "events"
          | "runs"
          | "journal"
          | "calls"
          | "saved_calls"
          | "sources"
          | "entities"
          | "guard"
          | "secrets"
          | "audit"
          | "other";
        /** @description At least so many where is_part is true */
        rows: number;
        /** @description There are more: up to 20000 of a table are counted */
        is_part: boolean;
        /** @description Rows by table */
        tables: {
          [key: string]: number;
        };
      }[];
    };
    WorkspaceFile: {
      /** @enum {string} */
      format: "timewire.workspace";
      /** @enum {number} */
      version: 1;
      exported_at: string;
      workspace_id: string;
      addon: string;
      /** @description Paths of the exports of what is not in this file */
      elsewhere: {
        events: string;
        journal: string;
        calls: string;
      };
      settings: components["schemas"]["Setting"][];
      guard: {
        by_hand: {
          /** @enum {string} */
          read?: "allow" | "preview" | "second_person" | "deny";
          /** @enum {string} */
          routine?: "allow" | "preview" | "second_person" | "deny";
          /** @enum {string} */
          business?: "allow" | "preview" | "second_person" | "deny";
          /** @enum {string} */
          destructive?: "allow" | "preview" | "second_person" | "deny";
        };
        flows: {
          /** @enum {string} */
          read?: "allow" | "preview" | "second_person" | "deny";
          /** @enum {string} */
          routine?: "allow" | "preview" | "second_person" | "deny";
          /** @enum {string} */
          business?: "allow" | "preview" | "second_person" | "deny";
          /** @enum {string} */
          destructive?: "allow" | "preview" | "second_person" | "deny";
        };
      };
      flows: {
        id: string;
        name: string;
        enabled: boolean;
        version: number;
      }[];
      flow_files: components["schemas"]["FlowFile"][];
      flow_drafts: {
        flow_id: string;
        definition: {
          [key: string]: components["schemas"]["Json"];
        };
      }[];
      new_flow_drafts: {
        id: string;
        name: string | null;
        definition: {
          [key: string]: components["schemas"]["Json"];
        };
      }[];
      sources: {
        name: string;
        /** @enum {string} */
        scheme:
          | "standard_webhooks"
          | "hmac_sha256"
          | "hmac_sha1"
          | "hmac_sha512"
          | "ed25519"
          | "ecdsa_sha256"
          | "rsa_sha256"
          | "jwt_hs256"
          | "basic"
          | "api_key"
          | "none";
        /** @enum {string|null} */
        preset:
          | "standard_webhooks"
          | "svix"
          | "github"
          | "stripe"
          | "shopify"
          | "slack"
          | "airtable"
          | "asana"
          | "azure_event_grid"
          | "bitbucket"
          | "calendly"
          | "discord"
          | "docusign"
          | "dropbox"
          | "gitlab"
          | "hubspot"
          | "intercom"
          | "jira"
          | "linear"
          | "mailgun"
          | "mandrill"
          | "meta"
          | "microsoft_graph"
          | "monday"
          | "monday_app"
          | "notion"
          | "okta"
          | "paddle"
          | "pagerduty"
          | "paypal"
          | "paystack"
          | "sendgrid"
          | "sns"
          | "square"
          | "telegram"
          | "terraform_cloud"
          | "trello"
          | "twilio"
          | "twitch"
          | "typeform"
          | "vercel"
          | "woocommerce"
          | "xero"
          | "zendesk"
          | "zoho"
          | "zoho_payments"
          | "zoho_sign"
          | "zoom"
          | null;
        options: {
          [key: string]: components["schemas"]["Json"];
        };
        enabled: boolean;
        max_body_bytes: number | null;
        rate_per_second: number;
        duplicate_window_seconds: number | null;
        answer: components["schemas"]["OwnAnswer"] | null;
      }[];
      saved_calls: {
        name: string;
        shared: boolean;
        /** @description Null where it cannot be opened */
        request: {
          [key: string]: components["schemas"]["Json"];
        } | null;
      }[];
      event_views: {
        name: string;
        filter: components["schemas"]["EventViewFilter"];
      }[];
      /** @enum {boolean} */
      complete: true;
    };
    AuditActor: {
      /** @enum {string} */
      actor_kind: "operator" | "user" | "clockify" | "system";
      actor: string;
    };
    AuditEntry: {
      id: string;
      at: string;
      /** @enum {string} */
      actor_kind: "operator" | "user" | "clockify" | "system";
      /** @description Id of a user, or name of an operator */
      actor: string;
      /** @description Method and path of the route, or what happened */
      action: string;
      target: string | null;
      /** @enum {string} */
      outcome: "done" | "refused" | "failed";
      request_id: string | null;
      details: {
        [key: string]: components["schemas"]["Json"];
      };
    };
    EventSummary: {
      id: string;
      /** @description The same as id */
      webhook_id: string;
      event_type: string;
      /** @enum {string} */
      source: "CLOCKIFY" | "CUSTOM";
      /** @description Name of the custom source */
      custom_source: string | null;
      /** @description The type that the sender of a custom event named */
      custom_type: string | null;
      workspace_id: string;
      received_at: string;
      /** @description Its delivery was missed, and it was found again */
      reconciled: boolean;
      /** @description resource:id; null where the event names none */
      entity: string | null;
      /**
       * @description The outcome in the earlier service's words
       * @enum {string}
       */
      status: "received" | "processed" | "error";
      /**
       * @description waiting: its flows were not evaluated yet; dead: that was given up
       * @enum {string}
       */
      outcome: "waiting" | "dispatched" | "skipped" | "dead";
      reason: string | null;
      /** @description Bytes of the body */
      payload_size: number;
    };
    Agent: {
      id: string;
      name: string;
      url: string;
      description: string | null;
      /** @enum {string} */
      auth_type: "none" | "bearer" | "apikey";
      /** @description Of an API key, its header; never what it is called with */
      auth_config: {
        header_name: string;
      } | null;
      has_credentials: boolean;
      timeout_ms: number;
      retry_config: {
        /** @default 3 */
        max_retries: number;
        /** @default 1000 */
        initial_delay_ms: number;
        /** @default 30000 */
        max_delay_ms: number;
        /** @default 2 */
        backoff_multiplier: number;
      };
      /** @description What it says over the CIRCUIT_BREAKER_ variables; null: nothing */
      circuit_breaker_config: components["schemas"]["AgentBreakerConfig"] | null;
      circuit_breaker: components["schemas"]["AgentBreaker"];
      last_24_hours: components["schemas"]["AgentUsage"];
      /** @enum {string} */
      status: "active" | "inactive" | "deleted";
      created_at: string;
      updated_at: string;
    };
    AgentBreakerConfig: {
      enabled?: boolean;
      failure_threshold?: number;
      failure_rate_threshold?: number;
      timeout_seconds?: number;
      half_open_max_calls?: number;
      window_size_seconds?: number;
    };
    AgentBreaker: {
      /** @enum {string} */
      state: "open" | "half_open" | "closed";
      /**
       * Format: date-time
       * @description Until then it is not called; null while it is closed
       */
      retry_at: string | null;
    };
    /** @description Attempts of steps, in the hour that runs and the 23 before it */
    AgentUsage: {
      calls: number;
      /** @description Of the calls: no answer, an error, or an answer that is none */
      failures: number;
      /** @description 95 of 100 calls took no longer, rounded up by 20 % at most; null without calls */
      p95_latency_ms: number | null;
    };
    ApiProblem: {
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
        | "IDEMPOTENCY_KEY_INVALID"
        | "IDEMPOTENCY_KEY_REUSED"
        | "IDEMPOTENCY_KEY_IN_USE"
        | "IDEMPOTENCY_ANSWER_NOT_KEPT"
        | "CONFIRMATION_REQUIRED"
        | "APPROVAL_REQUIRED"
        | "APPROVAL_EXPIRED"
        | "CONFIRM_TOKEN_INVALID"
        | "CONFIRM_TOKEN_EXPIRED"
        | "CONFIRM_TOKEN_USED"
        | "CLOCKIFY_WRITE_DENIED"
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
        | "UNDO_DONE"
        | "UNDO_IN_PROGRESS"
        | "UNDO_CONFLICT"
        | "UNDO_IMPOSSIBLE"
        | "FILTER_EMPTY"
        | "RUN_LIMIT_REACHED"
        | "FLOW_ENDED_RUN"
        | "LOOP_DETECTED"
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
      confirmation?: components["schemas"]["Confirmation"];
      /** @enum {string} */
      error:
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
        | "IDEMPOTENCY_KEY_INVALID"
        | "IDEMPOTENCY_KEY_REUSED"
        | "IDEMPOTENCY_KEY_IN_USE"
        | "IDEMPOTENCY_ANSWER_NOT_KEPT"
        | "CONFIRMATION_REQUIRED"
        | "APPROVAL_REQUIRED"
        | "APPROVAL_EXPIRED"
        | "CONFIRM_TOKEN_INVALID"
        | "CONFIRM_TOKEN_EXPIRED"
        | "CONFIRM_TOKEN_USED"
        | "CLOCKIFY_WRITE_DENIED"
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
        | "UNDO_DONE"
        | "UNDO_IN_PROGRESS"
        | "UNDO_CONFLICT"
        | "UNDO_IMPOSSIBLE"
        | "FILTER_EMPTY"
        | "RUN_LIMIT_REACHED"
        | "FLOW_ENDED_RUN"
        | "LOOP_DETECTED"
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
      status_code: number;
      timestamp: string;
      path: string;
      errors: {
        field: string;
        message: string;
        type: string;
      }[];
    };
    AgentDeleted: {
      message: string;
      timestamp: string;
      data: components["schemas"]["Agent"];
    };
    AgentHealth: {
      agent_id: string;
      name: string;
      /** @enum {string} */
      status: "healthy" | "unhealthy";
      /** @enum {string} */
      via: "agent_card" | "health";
      http_status: number | null;
      response_time_ms: number;
      error: string | null;
      checked_at: string;
    };
    AgentCall: {
      agent_id: string;
      name: string;
      /** @enum {string} */
      outcome: "answered" | "failed";
      /** @description What a step would have as its output; null where the call failed */
      output: string | number | boolean | null | components["schemas"]["Json"][] | {
        [key: string]: components["schemas"]["Json"];
      };
      http_status: number | null;
      error_code: string | null;
      error: string | null;
      duration_ms: number;
      called_at: string;
    };
    AgentUse: {
      id: string;
      name: string;
      /** @enum {string} */
      status: "draft" | "active" | "inactive" | "deprecated" | "archived" | "deleted";
      steps: string[];
    };
    AgentStepCall: {
      run_id: string;
      workflow_definition_id: string;
      workflow_name: string;
      step_id: string;
      /** @description Of the step, from 1 */
      attempt: number;
      /**
       * @description snoozed: put off, as by its breaker; uncertain: its answer was never recorded
       * @enum {string}
       */
      state: "started" | "succeeded" | "failed" | "snoozed" | "uncertain";
      http_status: number | null;
      error_code: string | null;
      error_message: string | null;
      started_at: string;
      completed_at: string | null;
    };
    Workflow: {
      id: string;
      name: string;
      description: string | null;
      version: number;
      /** @enum {string} */
      status: "draft" | "active" | "inactive" | "deprecated" | "archived" | "deleted";
      workflow_data: {
        /** @description wf-<name>-<version> */
        workflow_id: string;
        name: string;
        version: number;
        start_step: string;
        /** @description Each step as it was sent, with its defaults */
        steps: {
          [key: string]: components["schemas"]["Json"];
        };
        input_schema: {
          [key: string]: components["schemas"]["Json"];
        } | null;
      };
      created_by: string;
      created_at: string;
      updated_at: string;
    };
    WorkflowDeleted: {
      message: string;
      timestamp: string;
      data: components["schemas"]["Workflow"];
    };
    WorkflowVersion: {
      version: number;
      is_current: boolean;
      workflow_data: {
        /** @description wf-<name>-<version> */
        workflow_id: string;
        name: string;
        version: number;
        start_step: string;
        /** @description Each step as it was sent, with its defaults */
        steps: {
          [key: string]: components["schemas"]["Json"];
        };
        input_schema: {
          [key: string]: components["schemas"]["Json"];
        } | null;
      };
      restored_from: number | null;
      created_by: string;
      created_at: string;
    };
    WorkflowDifference: {
      path: string;
      /** @enum {string} */
      kind: "added" | "removed" | "changed";
      before: components["schemas"]["Json"];
      after: components["schemas"]["Json"];
    };
    WorkflowRun: {
      id: string;
      /** @description run-<id>; taken in paths as well as the id */
      run_id: string;
      /** @description wf-<name>-<version> */
      workflow_id: string;
      workflow_name: string;
      workflow_definition_id: string;
      workflow_version: number;
      /** @enum {string} */
      status: "PENDING" | "RUNNING" | "COMPLETED" | "FAILED" | "CANCELLED";
      input_data: components["schemas"]["Json"];
      /** @description What its last step gave; null before its end, and where it is larger than 1 MB (in lists 32 kB) */
      output_data: string | number | boolean | null | components["schemas"]["Json"][] | {
        [key: string]: components["schemas"]["Json"];
      };
      triggered_by: string;
      correlation_id: string | null;
      /** @description The run that it was begun again from */
      retry_of: string | null;
      paused_at: string | null;
      created_at: string;
      updated_at: string;
      started_at: string | null;
      completed_at: string | null;
      cancelled_at: string | null;
      cancelled_by: string | null;
      cancel_reason: string | null;
      error_code: string | null;
      /** @description Why it failed; of a PENDING run, why its message is not published yet */
      error_message: string | null;
    };
    WorkflowRunStep: {
      /** @description Place in the run's plan; another for each item of a loop */
      id: string;
      run_id: string;
      step_id: string;
      step_name: string;
      /** @enum {string} */
      step_type:
        | "agent"
        | "parallel"
        | "conditional"
        | "loop"
        | "fork_join"
        | "sub_workflow"
        | "wait_for_event"
        | "validate";
      agent_name: string | null;
      /** @enum {string} */
      status: "PENDING" | "RUNNING" | "COMPLETED" | "FAILED" | "CANCELLED" | "SKIPPED";
      /** @description What the agent was sent; null where nothing was */
      input_data: string | number | boolean | null | components["schemas"]["Json"][] | {
        [key: string]: components["schemas"]["Json"];
      };
      output_data: components["schemas"]["Json"];
      attempts: number;
      started_at: string | null;
      completed_at: string | null;
      error_code: string | null;
      error_message: string | null;
      parent_step_id: string | null;
      branch_name: string | null;
      join_policy: string | null;
      loop_index: number | null;
    };
    WorkflowRunLogLine: {
      timestamp: string;
      /** @enum {string} */
      level: "INFO" | "WARNING" | "ERROR";
      message: string;
      step_id: string | null;
    };
    WorkflowSchedule: {
      id: string;
      name: string;
      description: string | null;
      workflow_id: string;
      workflow_name: string;
      /** @enum {string} */
      workflow_status: "draft" | "active" | "inactive" | "deprecated" | "archived" | "deleted";
      /** @description minute hour day month weekday */
      cron: string;
      timezone: string;
      input_data: {
        [key: string]: components["schemas"]["Json"];
      };
      max_concurrent_runs: number;
      /** @enum {string} */
      on_failure: "continue" | "pause";
      /** @enum {string} */
      missed_policy: "skip" | "one" | "all";
      enabled: boolean;
      paused_at: string | null;
      /** @description null where the program did it */
      paused_by: string | null;
      pause_reason: string | null;
      /** @description The next five; none while it is paused */
      next_firings: string[];
      last_firing: components["schemas"]["ScheduleFiring"] | null;
      /** @description Slots that passed while nothing could fire them */
      missed_slots: number;
      last_missed_at: string | null;
      created_by: string;
      created_at: string;
      updated_at: string;
    };
    ScheduleFiring: {
      /**
       * Format: date-time
       * @description The slot
       */
      scheduled_at: string;
      fired_at: string;
      /** @enum {string} */
      outcome: "started" | "held_back" | "not_executable" | "input_invalid";
      /** @description Why no run began */
      reason: string | null;
      run_id: string | null;
      /**
       * @description null where there is no run, or none any more
       * @enum {string|null}
       */
      run_status: "PENDING" | "RUNNING" | "COMPLETED" | "FAILED" | "CANCELLED" | null;
    };
    WorkflowScheduleDeleted: {
      message: string;
      timestamp: string;
      data: components["schemas"]["WorkflowSchedule"];
    };
    WorkflowRunCounts: {
      workflow_definition_id: string;
      counts: {
        PENDING?: number;
        RUNNING?: number;
        COMPLETED?: number;
        FAILED?: number;
        CANCELLED?: number;
      };
      /** @description There may be more than the 1000 that are counted */
      is_cut: boolean;
      last_run: {
        id: string;
        /** @enum {string} */
        status: "PENDING" | "RUNNING" | "COMPLETED" | "FAILED" | "CANCELLED";
        created_at: string;
      };
    };
    RunFailure: {
      workflow_definition_id: string;
      workflow_name: string;
      /** @description Step that failed; null where none acted, as at a wait that timed out or a limit of the run */
      step_id: string | null;
      error_code: string;
      /** @description Of the run that failed last */
      error_message: string | null;
      /** @description Runs */
      count: number;
      first_failed_at: string;
      last_failed_at: string;
      /** @description The newest, 100 at most */
      runs: components["schemas"]["FailedRun"][];
    };
    FailedRun: {
      run_id: string;
      dead_letter_id: string;
      failed_at: string;
    };
    NewRunWebhook: {
      id: string;
      /** @description Whole for admins; others get its host alone, since the rest of it may let anyone post there */
      url: string;
      description: string | null;
      /**
       * Format: uuid
       * @description null: of every workflow
       */
      workflow_id: string | null;
      /** @description Empty: all */
      statuses: ("PENDING" | "RUNNING" | "COMPLETED" | "FAILED" | "CANCELLED")[];
      enabled: boolean;
      /** @description Why the program has switched it off */
      fault: string | null;
      /** @description Deliveries that wait */
      pending: number;
      created_by: string;
      created_at: string;
      updated_at: string;
      secret: string;
    };
    RunWebhook: {
      id: string;
      /** @description Whole for admins; others get its host alone, since the rest of it may let anyone post there */
      url: string;
      description: string | null;
      /**
       * Format: uuid
       * @description null: of every workflow
       */
      workflow_id: string | null;
      /** @description Empty: all */
      statuses: ("PENDING" | "RUNNING" | "COMPLETED" | "FAILED" | "CANCELLED")[];
      enabled: boolean;
      /** @description Why the program has switched it off */
      fault: string | null;
      /** @description Deliveries that wait */
      pending: number;
      created_by: string;
      created_at: string;
      updated_at: string;
    };
    RunWebhookDeleted: {
      message: string;
      timestamp: string;
      data: components["schemas"]["RunWebhook"];
    };
    RunWebhookSecret: {
      secret: string;
      previous_until: string;
    };
    WebhookDelivery: {
      /**
       * Format: uuid
       * @description The webhook-id of each attempt
       */
      id: string;
      /** @description run.pending, run.running, run.completed, run.failed, run.cancelled, webhook.test */
      event: string;
      run_id: string | null;
      /** @enum {string} */
      state: "pending" | "delivered" | "failed";
      attempts: number;
      /** @description Of the last attempt; null without an answer */
      http_status: number | null;
      reason: string | null;
      created_at: string;
      attempted_at: string | null;
      finished_at: string | null;
    };
    WebhookIssue: {
      id: string;
      /**
       * @description failed: messages were given up; off: the webhook was switched off by the program, and brings nothing
       * @enum {string}
       */
      kind: "failed" | "off";
      /**
       * @description muted: whatever happens; resolved: it was over when a person said so, and has not happened since
       * @enum {string}
       */
      state: "open" | "muted" | "resolved";
      webhook_id: string;
      /** @description Whole for admins; others get its host alone */
      webhook_url: string;
      webhook_description: string | null;
      webhook_enabled: boolean;
      /** @description Of the last answer; null without one */
      http_status: number | null;
      /** @description Why the messages failed, or the webhook was switched off */
      reason: string;
      /** @description Messages that failed, since it was resolved last; of each webhook the newest 100 are kept */
      count: number;
      first_at: string;
      last_at: string;
      /** @description It was resolved, and happened again */
      came_back: boolean;
      /**
       * Format: date-time
       * @description null: it is not muted, or for ever
       */
      muted_until: string | null;
      /** @description Who muted or resolved it last */
      marked_by: string | null;
      /** @description The newest, 20 at most */
      messages: components["schemas"]["FailedMessage"][];
    };
    FailedMessage: {
      delivery_id: string;
      /** @description As run.failed */
      event: string;
      run_id: string | null;
      failed_at: string;
    };
    MessagesSentAgain: {
      sent: number;
    };
    ApiDeadLetter: {
      id: string;
      /**
       * @description run: it failed; event: none was woken by it; background: other work
       * @enum {string}
       */
      kind: "run" | "event" | "background";
      /** @description Kind of the job that was given up */
      job: string;
      run_id: string | null;
      workflow_name: string | null;
      error_code: string | null;
      reason: string | null;
      created_at: string;
      failed_at: string;
    };
    ApiCaller: {
      /**
       * @description A user by a token, an API key, or a key of the program's operators
       * @enum {string}
       */
      kind: "user" | "key" | "operator";
      name: string;
      /** @enum {string} */
      role: "viewer" | "editor" | "operator" | "admin";
    };
    NewCallerKey: {
      id: string;
      name: string;
      /** @description Its first characters, to know it by */
      prefix: string;
      /** @enum {string} */
      role: "viewer" | "editor" | "operator" | "admin";
      created_by: string;
      created_at: string;
      expires_at: string | null;
      /**
       * Format: date-time
       * @description To the minute
       */
      last_used_at: string | null;
      revoked_at: string | null;
      key: string;
    };
    CallerKey: {
      id: string;
      name: string;
      /** @description Its first characters, to know it by */
      prefix: string;
      /** @enum {string} */
      role: "viewer" | "editor" | "operator" | "admin";
      created_by: string;
      created_at: string;
      expires_at: string | null;
      /**
       * Format: date-time
       * @description To the minute
       */
      last_used_at: string | null;
      revoked_at: string | null;
    };
    CallerKeyRevoked: {
      message: string;
      timestamp: string;
      data: components["schemas"]["CallerKey"];
    };
    ApiAuditRow: {
      /** @description From 1, without gaps; retention takes rows from the old end alone */
      number: number;
      timestamp: string;
      actor: string;
      action: string;
      entity_type: string;
      entity_id: string;
      changes: components["schemas"]["Json"];
      request_id: string | null;
      /** @description Hash of the row before it */
      previous_sha256: string;
      /** @description Of this row and the hash before it */
      sha256: string;
    };
    ApiInfo: {
      title: string;
      version: string;
      description: string;
      links: {
        [key: string]: string;
      };
    };
    ApiReadiness: {
      /** @enum {string} */
      status: "ready" | "not_ready";
      checks: {
        database: string;
        kafka: string;
      };
      details: {
        database: components["schemas"]["ApiCheck"];
        kafka: components["schemas"]["ApiCheck"];
      };
      timestamp: string;
    };
    ApiCheck: {
      /** @enum {string} */
      status: "healthy" | "unhealthy" | "not_configured";
      message: string;
      response_time_ms: number | null;
    };
    ApiAiHealth: {
      /** @enum {string} */
      status: "not_configured";
      message: string;
      timestamp: string;
    };
    ApiUser: {
      id: string;
      name: string;
      /** @enum {string} */
      role: "viewer" | "editor" | "operator" | "admin";
      /** @description Without one, only tokens of another issuer count */
      has_password: boolean;
      disabled: boolean;
      created_at: string;
      updated_at: string;
    };
    ApiUserDeleted: {
      message: string;
      timestamp: string;
      data: components["schemas"]["ApiUser"];
    };
    ApiUserTokensRevoked: {
      message: string;
      timestamp: string;
      data: components["schemas"]["ApiUser"];
    };
    ConsoleSession: {
      caller: components["schemas"]["SessionCaller"] | null;
      title: string;
      version: string;
    };
    SessionCaller: {
      /** @enum {string} */
      kind: "user" | "key" | "operator";
      name: string;
      /** @enum {string} */
      role: "viewer" | "editor" | "operator" | "admin";
    };
    ConsoleSessionMade: {
      caller: components["schemas"]["SessionCaller"];
      expires_at: string;
    };
    ConsoleSessionEnded: {
      message: string;
      timestamp: string;
    };
    SignedInSession: {
      id: string;
      /** @enum {string} */
      kind: "user" | "key" | "operator";
      /** @description Of the user, of the API key, or of the operator's key */
      name: string;
      /** @description Where it was last used from */
      address: string;
      /** @description What the browser called itself at the sign-in */
      browser: string;
      created_at: string;
      /**
       * Format: date-time
       * @description To the minute
       */
      last_used_at: string;
      expires_at: string;
      /** @description That of the request */
      is_current: boolean;
    };
    SessionRevoked: {
      message: string;
      timestamp: string;
      data: components["schemas"]["SignedInSession"];
    };
    SessionsRevoked: {
      message: string;
      timestamp: string;
      ended: number;
    };
    WorkflowFound: {
      /** @enum {string} */
      kind: "run" | "workflow" | "agent" | "schedule";
      id: string;
      /** @description Of a run that of its workflow */
      name: string;
      /** @description As the kind's own routes have it; of a schedule active or paused */
      status: string;
    };
    AccessToken: {
      access_token: string;
      /** @enum {string} */
      token_type: "bearer";
      /** @description Seconds */
      expires_in: number;
      /** @enum {string} */
      role: "viewer" | "editor" | "operator" | "admin";
    };
    AccessTokenRevoked: {
      message: string;
      timestamp: string;
    };
  };
}
export interface operations {
  get_ui_webhooks_id_flows: {
    parameters: {
      query?: {
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
      path: {
        /** @description Id of the event */
        id: string;
      };
    };
    responses: {
      /** @description Flows with their rules, those that listen first; members get what rules found redacted */
      200: {
        content: {
          "application/json": {
            /** @enum {string} */
            evaluated: "now";
            event_id: string;
            flows: components["schemas"]["FlowVerdict"][];
          };
        };
      };
    };
  };
  get_ui_flows: {
    parameters: {
      query?: {
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
    };
    responses: {
      /** @description All flows, each with how it did lately */
      200: {
        content: {
          "application/json": {
            workspace_id: string;
            total: number;
            enabled: number;
            summary: string;
            flows: components["schemas"]["FlowRow"][];
          };
        };
      };
    };
  };
  post_ui_flows: {
    parameters: {
      query?: {
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
      header?: {
        /** @description Chosen by the sender, 1 to 255 visible ASCII characters: for 24 hours the same request under it gets the first answer again and creates nothing */
        "Idempotency-Key"?: string;
      };
    };
    requestBody: {
      content: {
        "application/json": components["schemas"]["NewFlow"];
      };
    };
    responses: {
      /** @description The flow, with what may go wrong when it runs */
      201: {
        content: {
          "application/json": components["schemas"]["Flow"];
        };
      };
    };
  };
  get_ui_flows_id: {
    parameters: {
      query?: {
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
      path: {
        /** @description Id of the flow */
        id: string;
      };
    };
    responses: {
      /** @description The flow */
      200: {
        content: {
          "application/json": components["schemas"]["Flow"];
        };
      };
    };
  };
  put_ui_flows_id: {
    parameters: {
      query?: {
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
      header?: {
        /** @description ETag of the flow as it was read */
        "if-match"?: string;
      };
      path: {
        /** @description Id of the flow */
        id: string;
      };
    };
    requestBody: {
      content: {
        "application/json": components["schemas"]["FlowPatch"];
      };
    };
    responses: {
      /** @description The flow as it is now */
      200: {
        content: {
          "application/json": components["schemas"]["Flow"];
        };
      };
    };
  };
  delete_ui_flows_id: {
    parameters: {
      query?: {
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
      header?: {
        /** @description ETag of the flow as it was read */
        "if-match"?: string;
      };
      path: {
        /** @description Id of the flow */
        id: string;
      };
    };
    responses: {
      /** @description It is deleted */
      200: {
        content: {
          "application/json": {
            /** @enum {string} */
            status: "deleted";
            id: string;
          };
        };
      };
    };
  };
  get_ui_flows_id_executions: {
    parameters: {
      query?: {
        /** @description Rows of the page */
        limit?: number;
        /** @description Rows to leave out, newest first */
        offset?: number;
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
      path: {
        /** @description Id of the flow */
        id: string;
      };
    };
    responses: {
      /** @description A page of runs, each with 200 actions at most (of items of loops: GET /ui/runs/{id}/nodes); members get what steps sent and got redacted */
      200: {
        content: {
          "application/json": {
            flow_id: string;
            pagination: components["schemas"]["ExecutionPage"];
            executions: components["schemas"]["Execution"][];
          };
        };
      };
    };
  };
  get_ui_flows_id_versions: {
    parameters: {
      query?: {
        /** @description Rows of the page */
        limit?: number;
        /** @description next_cursor of the page before */
        cursor?: number;
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
      path: {
        /** @description Id of the flow */
        id: string;
      };
    };
    responses: {
      /** @description A page of versions, without their definitions */
      200: {
        content: {
          "application/json": {
            flow_id: string;
            /** @description The flow is on: new runs begin with the version that is present */
            enabled: boolean;
            /** @description What is worked on; null: nothing */
            draft: components["schemas"]["FlowDraftRow"] | null;
            pagination: components["schemas"]["CursorPage"];
            /** @description Of which runs `runs`, `failed` and `last_run_at` of the versions are: the newest of the flow */
            counted_runs: {
              limit: number;
              /** @description The flow has more: those of before are not counted */
              is_cut: boolean;
            };
            versions: components["schemas"]["FlowVersionRow"][];
          };
        };
      };
    };
  };
  get_ui_flows_id_versions_version: {
    parameters: {
      query?: {
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
      path: {
        /** @description Id of the flow */
        id: string;
        /** @description Number of the version */
        version: string;
      };
    };
    responses: {
      /** @description The version with its definition; whether the flow is on is no part of it */
      200: {
        content: {
          "application/json": {
            flow_id: string;
            version: number;
            /**
             * @description published: the one that new runs begin with
             * @enum {string}
             */
            state: "published" | "retired";
            present: boolean;
            /** @description The earlier version that it repeats */
            restored_from: number | null;
            /** @description Id of a user, or name of an operator; null: not known */
            author: string | null;
            /** @description As the workspace knows the user, where that was read */
            author_name: string | null;
            note: string | null;
            /**
             * Format: date-time
             * @description When it was saved, or its draft begun
             */
            created_at: string;
            published_at: string;
            definition: components["schemas"]["VersionDefinition"];
          };
        };
      };
    };
  };
  get_ui_flows_id_draft: {
    parameters: {
      query?: {
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
      path: {
        /** @description Id of the flow */
        id: string;
      };
    };
    responses: {
      /** @description The draft, with what is wrong with it */
      200: {
        content: {
          "application/json": components["schemas"]["FlowDraft"];
        };
      };
    };
  };
  put_ui_flows_id_draft: {
    parameters: {
      query?: {
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
      header?: {
        /** @description ETag of the draft as it was read */
        "if-match"?: string;
        /** @description "*": the flow must have no draft yet */
        "if-none-match"?: string;
      };
      path: {
        /** @description Id of the flow */
        id: string;
      };
    };
    requestBody: {
      content: {
        "application/json": {
          /** @description A flow, as far as it is done */
          definition: {
            [key: string]: components["schemas"]["Json"];
          };
          /** @description The version that it is a change of */
          base_version?: number;
          /** @description What was changed and why */
          note?: string;
        };
      };
    };
    responses: {
      /** @description The draft, with what is wrong with it */
      200: {
        content: {
          "application/json": components["schemas"]["FlowDraft"];
        };
      };
    };
  };
  delete_ui_flows_id_draft: {
    parameters: {
      query?: {
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
      header?: {
        /** @description ETag of the draft as it was read */
        "if-match"?: string;
      };
      path: {
        /** @description Id of the flow */
        id: string;
      };
    };
    responses: {
      /** @description It is deleted */
      200: {
        content: {
          "application/json": {
            /** @enum {string} */
            status: "deleted";
            id: string;
          };
        };
      };
    };
  };
  post_ui_flows_id_publish: {
    parameters: {
      query?: {
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
      header?: {
        /** @description ETag of the flow as it was read */
        "if-match"?: string;
        /** @description Chosen by the sender, 1 to 255 visible ASCII characters: for 24 hours the same request under it gets the first answer again and creates nothing */
        "Idempotency-Key"?: string;
      };
      path: {
        /** @description Id of the flow */
        id: string;
      };
    };
    requestBody?: {
      content: {
        "application/json": {
          /** @description What was changed and why */
          note?: string;
          /** @description ETag of the draft as it was read: another one is not published */
          draft_tag?: string;
          /** @description Of CONFIRMATION_REQUIRED: publishes what was shown there, once */
          confirm_token?: string;
        };
      };
    };
    responses: {
      /** @description The flow as it is now */
      200: {
        content: {
          "application/json": components["schemas"]["Flow"];
        };
      };
    };
  };
  get_ui_flow_drafts: {
    parameters: {
      query?: {
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
    };
    responses: {
      /** @description All of them, without their definitions */
      200: {
        content: {
          "application/json": {
            /** @description How many the workspace may have */
            most: number;
            drafts: components["schemas"]["NewFlowDraftRow"][];
          };
        };
      };
    };
  };
  post_ui_flow_drafts: {
    parameters: {
      query?: {
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
      header?: {
        /** @description Chosen by the sender, 1 to 255 visible ASCII characters: for 24 hours the same request under it gets the first answer again and creates nothing */
        "Idempotency-Key"?: string;
      };
    };
    requestBody: {
      content: {
        "application/json": {
          /** @description A flow, as far as it is done */
          definition: {
            [key: string]: components["schemas"]["Json"];
          };
        };
      };
    };
    responses: {
      /** @description The draft */
      201: {
        content: {
          "application/json": components["schemas"]["NewFlowDraft"];
        };
      };
    };
  };
  get_ui_flow_drafts_id: {
    parameters: {
      query?: {
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
      path: {
        /** @description Id of the draft */
        id: string;
      };
    };
    responses: {
      /** @description The draft */
      200: {
        content: {
          "application/json": components["schemas"]["NewFlowDraft"];
        };
      };
    };
  };
  put_ui_flow_drafts_id: {
    parameters: {
      query?: {
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
      header?: {
        /** @description ETag of the draft as it was read */
        "if-match"?: string;
      };
      path: {
        /** @description Id of the draft */
        id: string;
      };
    };
    requestBody: {
      content: {
        "application/json": {
          /** @description A flow, as far as it is done */
          definition: {
            [key: string]: components["schemas"]["Json"];
          };
        };
      };
    };
    responses: {
      /** @description The draft */
      200: {
        content: {
          "application/json": components["schemas"]["NewFlowDraft"];
        };
      };
    };
  };
  delete_ui_flow_drafts_id: {
    parameters: {
      query?: {
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
      path: {
        /** @description Id of the draft */
        id: string;
      };
    };
    responses: {
      /** @description It is deleted */
      200: {
        content: {
          "application/json": {
            /** @enum {string} */
            status: "deleted";
            id: string;
          };
        };
      };
    };
  };
  post_ui_flows_id_versions_version_restore: {
    parameters: {
      query?: {
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
      header?: {
        /** @description ETag of the draft as it was read */
        "if-match"?: string;
        /** @description Chosen by the sender, 1 to 255 visible ASCII characters: for 24 hours the same request under it gets the first answer again and creates nothing */
        "Idempotency-Key"?: string;
      };
      path: {
        /** @description Id of the flow */
        id: string;
        /** @description Number of the version */
        version: string;
      };
    };
    requestBody?: {
      content: {
        "application/json": {
          /** @description What was changed and why */
          note?: string;
          /**
           * @description True: the draft that there is goes
           * @default false
           */
          replace_draft?: boolean;
        };
      };
    };
    responses: {
      /** @description The draft, with what is wrong with it */
      200: {
        content: {
          "application/json": components["schemas"]["FlowDraft"];
        };
      };
    };
  };
  get_ui_flows_id_compare: {
    parameters: {
      query?: {
        /** @description Earlier: the number of a version, "published" or "draft" */
        from?: string;
        /** @description Later: the number of a version, "published" or "draft" */
        to?: string;
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
      path: {
        /** @description Id of the flow */
        id: string;
      };
    };
    responses: {
      /** @description The changes, in the order of the later definition, what was removed last */
      200: {
        content: {
          "application/json": components["schemas"]["FlowComparison"];
        };
      };
    };
  };
  post_ui_flows_id_run: {
    parameters: {
      query?: {
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
      header?: {
        /** @description Chosen by the sender, 1 to 255 visible ASCII characters: for 24 hours the same request under it gets the first answer again and creates nothing */
        "Idempotency-Key"?: string;
      };
      path: {
        /** @description Id of the flow */
        id: string;
      };
    };
    requestBody?: {
      content: {
        "application/json": {
          /** @description At most 262,144 bytes */
          input?: string | number | boolean | null | components["schemas"]["Json"][] | {
            [key: string]: components["schemas"]["Json"];
          };
          /**
           * @description manual: the console's form
           * @default api
           * @enum {string}
           */
          via?: "manual" | "api";
        };
      };
    };
    responses: {
      /** @description The run has been asked for */
      202: {
        content: {
          "application/json": components["schemas"]["StartedRun"];
        };
      };
    };
  };
  get_ui_schedules: {
    parameters: {
      query?: {
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
    };
    responses: {
      /** @description The schedules, at most 500 */
      200: {
        content: {
          "application/json": {
            workspace_id: string;
            total: number;
            schedules: components["schemas"]["Schedule"][];
          };
        };
      };
    };
  };
  get_ui_flows_where_used: {
    parameters: {
      query?: {
        /** @description operationId or METHOD /path of an operation of Clockify */
        operation?: string;
        /** @description Id of a tag, a project or another entity of Clockify */
        entity?: string;
        /** @description Name of the field that holds it, as in Authorization */
        secret?: string;
        /** @description Name of a source */
        source?: string;
        /** @description Id of a flow that others run */
        flow?: string;
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
    };
    responses: {
      /** @description The flows that name it, by id, each with its draft behind it */
      200: {
        content: {
          "application/json": components["schemas"]["WhereUsed"];
        };
      };
    };
  };
  get_ui_flows_id_export: {
    parameters: {
      query?: {
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
      path: {
        /** @description Id of the flow */
        id: string;
      };
    };
    responses: {
      /** @description The file */
      200: {
        content: {
          "application/json": components["schemas"]["FlowFile"];
        };
      };
    };
  };
  post_ui_flows_export: {
    parameters: {
      query?: {
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
    };
    requestBody: {
      content: {
        "application/json": {
          ids: string[];
        };
      };
    };
    responses: {
      /** @description The file */
      200: {
        content: {
          "application/json": components["schemas"]["FlowFile"];
        };
      };
    };
  };
  get_schemas_flows_json: {
    responses: {
      /** @description JSON Schema, 2020-12 */
      200: {
        content: {
          "application/json": components["schemas"]["Json"];
        };
      };
    };
  };
  post_ui_flows_import: {
    parameters: {
      query?: {
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
      header?: {
        /** @description Chosen by the sender, 1 to 255 visible ASCII characters: for 24 hours the same request under it gets the first answer again and creates nothing */
        "Idempotency-Key"?: string;
      };
    };
    requestBody: {
      content: {
        "application/json": {
          file: {
            /** @enum {string} */
            format: "timewire.flows";
            /** @enum {number} */
            version: 1;
            exported_at?: string;
            workspace_id?: string;
            flows: ({
              id: string;
              name: string;
              /** @default [] */
              secrets?: string[];
            } & {
              [key: string]: components["schemas"]["Json"];
            })[];
            /** @default {} */
            names?: {
              [key: string]: {
                type: string;
                name: string;
              };
            };
          };
          /**
           * @default {
           *       "entities": {},
           *       "sources": {},
           *       "flows": {},
           *       "secrets": {}
           *     }
           */
          mapping?: {
            /**
             * @description Id in this workspace by the id in the file
             * @default {}
             */
            entities?: {
              [key: string]: string;
            };
            /**
             * @description Name of a source here by its name in the file
             * @default {}
             */
            sources?: {
              [key: string]: string;
            };
            /**
             * @description Id of a flow here by the id of one that is not in the file
             * @default {}
             */
            flows?: {
              [key: string]: string;
            };
            /**
             * @description By the flow's id in the file and the place, as in "3 actions[0].headers.Authorization"; "" gives it later
             * @default {}
             */
            secrets?: {
              [key: string]: string;
            };
          };
          /** @default true */
          dry_run?: boolean;
          /** @description Of CONFIRMATION_REQUIRED: publishes what was shown there, once */
          confirm_token?: string;
        };
      };
    };
    responses: {
      /** @description The plan, and the flows that were made; null of a dry run */
      200: {
        content: {
          "application/json": components["schemas"]["FlowImport"];
        };
      };
    };
  };
  post_ui_flows_id_history_runs: {
    parameters: {
      query?: {
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
      header?: {
        /** @description Chosen by the sender, 1 to 255 visible ASCII characters: for 24 hours the same request under it gets the first answer again and creates nothing */
        "Idempotency-Key"?: string;
      };
      path: {
        /** @description Id of the flow */
        id: string;
      };
    };
    requestBody: {
      content: {
        "application/json": {
          definition?: components["schemas"]["Json"];
          version?: number;
          /** @enum {boolean} */
          draft?: true;
          since: string;
          until?: string;
          /** @default 10000 */
          limit?: number;
        };
      };
    };
    responses: {
      /** @description The job */
      202: {
        content: {
          "application/json": components["schemas"]["HistoryRun"];
        };
      };
    };
  };
  get_ui_flows_id_history_runs_run: {
    parameters: {
      query?: {
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
      path: {
        /** @description Id of the flow */
        id: string;
        /** @description Id of the job */
        run: string;
      };
    };
    responses: {
      /** @description The job */
      200: {
        content: {
          "application/json": components["schemas"]["HistoryRun"];
        };
      };
    };
  };
  get_ui_flows_id_history_runs_run_matches: {
    parameters: {
      query?: {
        /** @description Rows of the page */
        limit?: number;
        /** @description next_cursor of the page before */
        cursor?: number;
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
      path: {
        /** @description Id of the flow */
        id: string;
        /** @description Id of the job */
        run: string;
      };
    };
    responses: {
      /** @description A page of events that it, or the published version, matches */
      200: {
        content: {
          "application/json": {
            pagination: components["schemas"]["CursorPage"];
            matches: {
              event_id: string;
              matched: boolean;
              /** @description The published version matches it */
              published: boolean;
              /** @description null: not counted */
              requests: number | null;
              problem: {
                step: string;
                reason: string;
              } | null;
            }[];
          };
        };
      };
    };
  };
  post_ui_flows_id_history_runs_run_stop: {
    parameters: {
      query?: {
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
      path: {
        /** @description Id of the flow */
        id: string;
        /** @description Id of the job */
        run: string;
      };
    };
    responses: {
      /** @description The job */
      200: {
        content: {
          "application/json": components["schemas"]["HistoryRun"];
        };
      };
    };
  };
  get_ui_flows_vocabulary: {
    parameters: {
      query?: {
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
    };
    responses: {
      /** @description Events with their fields, operations, functions, operators, and ready actions */
      200: {
        content: {
          "application/json": components["schemas"]["Vocabulary"];
        };
      };
    };
  };
  get_ui_flows_templates: {
    parameters: {
      query?: {
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
    };
    responses: {
      /** @description Those that flows of this add-on can be made of */
      200: {
        content: {
          "application/json": {
            templates: components["schemas"]["FlowTemplate"][];
            /** @description Actions may call other systems */
            generic_http: boolean;
          };
        };
      };
    };
  };
  post_ui_flows_templates: {
    parameters: {
      query?: {
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
    };
    requestBody: {
      content: {
        "application/json": {
          /** @description Id of the template */
          template: string;
          blanks: {
            [key: string]: components["schemas"]["Json"];
          };
        };
      };
    };
    responses: {
      /** @description The flow, which is not saved */
      200: {
        content: {
          "application/json": {
            flow: components["schemas"]["FlowInput"];
          };
        };
      };
    };
  };
  post_ui_flows_test: {
    parameters: {
      query?: {
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
    };
    requestBody: {
      content: {
        "application/json": {
          /** @description A flow, with or without faults; with the id of a stored one its secrets and those of its draft stand in */
          definition: string | number | boolean | null | components["schemas"]["Json"][] | {
            [key: string]: components["schemas"]["Json"];
          };
          /** @description A stored event; left out where there is a sample */
          event_id?: string;
          /** @description In place of a stored event; it is stored nowhere */
          sample?: {
            /** @description As triggers name it: NEW_TIME_ENTRY, custom:shop/order; left out: a run that no event begins, by hand, API or schedule */
            event_type?: string;
            /** @description What the steps find at $.webhook: of the event, or the input */
            body: string | number | boolean | null | components["schemas"]["Json"][] | {
              [key: string]: components["schemas"]["Json"];
            };
          };
          /**
           * @description Whether what steps read is asked of Clockify, by GETs alone; what is not, is assumed
           * @default made
           * @enum {string}
           */
          reads?: "made" | "assumed";
        };
      };
    };
    responses: {
      /** @description Faults, whether it would run, and what each action would send */
      200: {
        content: {
          "application/json": components["schemas"]["DryRun"];
        };
      };
    };
  };
  get_ui_runs: {
    parameters: {
      query?: {
        /** @description Rows of the page */
        limit?: number;
        /** @description Of one flow */
        flow_id?: number;
        /** @description Of one event */
        event_id?: number;
        /** @description In this state; active: pending, running or waiting */
        state?: "pending" | "running" | "waiting" | "completed" | "failed" | "cancelled" | "active";
        /** @description Created not before this time */
        from?: string;
        /** @description Created before this time */
        to?: string;
        /** @description next_cursor of the page before */
        cursor?: string;
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
    };
    responses: {
      /** @description A page of runs; it may be short, even empty, and have a next one */
      200: {
        content: {
          "application/json": {
            workspace_id: string;
            pagination: components["schemas"]["CursorPage"];
            runs: components["schemas"]["Run"][];
          };
        };
      };
    };
  };
  get_ui_runs_id: {
    parameters: {
      query?: {
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
      path: {
        /** @description Id of the run */
        id: string;
      };
    };
    responses: {
      /** @description The run; members get what steps sent and got redacted */
      200: {
        content: {
          "application/json": components["schemas"]["RunDetail"];
        };
      };
    };
  };
  post_ui_runs_id_again: {
    parameters: {
      query?: {
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
      header?: {
        /** @description Chosen by the sender, 1 to 255 visible ASCII characters: for 24 hours the same request under it gets the first answer again and creates nothing */
        "Idempotency-Key"?: string;
      };
      path: {
        /** @description Id of the run */
        id: string;
      };
    };
    requestBody: {
      content: {
        "application/json": {
          from: string;
          input?: components["schemas"]["Json"];
          patch?: {
            /** @enum {string} */
            op: "add" | "remove" | "replace" | "move" | "copy" | "test";
            path: string;
            from?: string;
            value?: components["schemas"]["Json"];
          }[];
          /**
           * @default ran
           * @enum {string}
           */
          version?: "ran" | "present";
        };
      };
    };
    responses: {
      /** @description The new run is pending */
      202: {
        content: {
          "application/json": {
            run_id: string;
            /** @enum {string} */
            state: "pending";
            again_of: string;
            version: number;
            /** @description Steps that were taken over */
            kept: number;
          };
        };
      };
    };
  };
  post_ui_runs_id_retry: {
    parameters: {
      query?: {
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
      header?: {
        /** @description Chosen by the sender, 1 to 255 visible ASCII characters: for 24 hours the same request under it gets the first answer again and creates nothing */
        "Idempotency-Key"?: string;
      };
      path: {
        /** @description Id of the run */
        id: string;
      };
    };
    requestBody?: {
      content: {
        "application/json": {
          /**
           * @default same
           * @enum {string}
           */
          version?: "same" | "present";
        };
      };
    };
    responses: {
      /** @description It is pending again */
      202: {
        content: {
          "application/json": {
            version: number;
            /** @description Finished steps that are not repeated */
            kept: number;
            /** @description From 1; null: no step is left, and the run completes */
            from_step: number | null;
            /** @description Why this version cannot be used */
            refusal?: string;
            run_id: string;
            /** @enum {string} */
            state: "pending";
          };
        };
      };
    };
  };
  post_ui_runs_id_cancel: {
    parameters: {
      query?: {
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
      path: {
        /** @description Id of the run */
        id: string;
      };
    };
    responses: {
      /** @description It is cancelled */
      200: {
        content: {
          "application/json": {
            run_id: string;
            state: components["schemas"]["RunState"];
          };
        };
      };
    };
  };
  post_ui_runs_id_pause: {
    parameters: {
      query?: {
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
      path: {
        /** @description Id of the run */
        id: string;
      };
    };
    responses: {
      /** @description It is paused, as it may have been before */
      200: {
        content: {
          "application/json": {
            run_id: string;
            state: components["schemas"]["RunState"];
          };
        };
      };
    };
  };
  post_ui_runs_id_resume: {
    parameters: {
      query?: {
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
      path: {
        /** @description Id of the run */
        id: string;
      };
    };
    responses: {
      /** @description It is resumed */
      200: {
        content: {
          "application/json": {
            run_id: string;
            state: components["schemas"]["RunState"];
          };
        };
      };
    };
  };
  get_ui_runs_id_nodes: {
    parameters: {
      query?: {
        /** @description An item of a loop, as in root/each#17: the steps in it */
        below?: string;
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
      path: {
        id: string;
      };
    };
    responses: {
      /** @description The steps, each with the lists below it */
      200: {
        content: {
          "application/json": {
            run_id: string;
            steps: components["schemas"]["RunNode"][];
          };
        };
      };
    };
  };
  get_ui_runs_id_items: {
    parameters: {
      query: {
        /** @description Path of the loop */
        loop: string;
        /** @description Items before the page */
        offset?: number;
        /** @description Items of the page */
        limit?: number;
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
      path: {
        id: string;
      };
    };
    responses: {
      /** @description A page of items */
      200: {
        content: {
          "application/json": {
            run_id: string;
            has_more: boolean;
            items: {
              path: string;
              /** @enum {string} */
              state: "not_started" | "running" | "completed" | "failed" | "cancelled";
              started_at: string | null;
              finished_at: string | null;
              error: components["schemas"]["RunError"] | null;
              item: number;
            }[];
          };
        };
      };
    };
  };
  get_ui_approvals: {
    parameters: {
      query?: {
        /** @description Rows of the page */
        limit?: number;
        /** @description Only approvals in this state */
        state?: "open" | "approved" | "rejected" | "expired" | "cancelled";
        /** @description Of one run */
        run_id?: string;
        /** @description true: only those that you may decide */
        mine?: "true" | "false";
        /** @description next_cursor of the page before */
        cursor?: string;
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
    };
    responses: {
      /** @description A page of approvals */
      200: {
        content: {
          "application/json": {
            workspace_id: string;
            pagination: components["schemas"]["CursorPage"];
            approvals: components["schemas"]["Approval"][];
          };
        };
      };
    };
  };
  get_ui_approvals_id: {
    parameters: {
      query?: {
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
      path: {
        /** @description Id of the approval */
        id: string;
      };
    };
    responses: {
      /** @description The approval */
      200: {
        content: {
          "application/json": components["schemas"]["ApprovalDetail"];
        };
      };
    };
  };
  post_ui_approvals_id_decide: {
    parameters: {
      query?: {
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
      path: {
        /** @description Id of the approval */
        id: string;
      };
    };
    requestBody: {
      content: {
        "application/json": {
          /** @enum {string} */
          decision: "approve" | "reject";
          note?: string;
        };
      };
    };
    responses: {
      /** @description The approval as it is now; its run goes on */
      200: {
        content: {
          "application/json": components["schemas"]["Approval"];
        };
      };
    };
  };
  post_ui_approvals_id_hand: {
    parameters: {
      query?: {
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
      path: {
        /** @description Id of the approval */
        id: string;
      };
    };
    requestBody: {
      content: {
        "application/json": {
          to: string;
        };
      };
    };
    responses: {
      /** @description The approval as it is now */
      200: {
        content: {
          "application/json": components["schemas"]["Approval"];
        };
      };
    };
  };
  post_ui_webhooks_replay: {
    parameters: {
      query?: {
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
      header?: {
        /** @description Chosen by the sender, 1 to 255 visible ASCII characters: for 24 hours the same request under it gets the first answer again and creates nothing */
        "Idempotency-Key"?: string;
      };
    };
    requestBody: {
      content: {
        "application/json": {
          /** @default false */
          dry_run?: boolean;
          flows?: ("failed" | "all") | string[];
          flow_id?: string;
          /** @enum {string} */
          version?: "same" | "present";
          ids: string[];
        };
      };
    };
    responses: {
      /** @description What is retried and what runs again; with dry_run what would */
      200: {
        content: {
          "application/json": components["schemas"]["Replayed"];
        };
      };
    };
  };
  post_ui_webhooks_id_replay: {
    parameters: {
      query?: {
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
      header?: {
        /** @description Chosen by the sender, 1 to 255 visible ASCII characters: for 24 hours the same request under it gets the first answer again and creates nothing */
        "Idempotency-Key"?: string;
      };
      path: {
        /** @description Id of the event */
        id: string;
      };
    };
    requestBody: {
      content: {
        "application/json": {
          /** @default false */
          dry_run?: boolean;
          flows?: ("failed" | "all") | string[];
          flow_id?: string;
          /** @enum {string} */
          version?: "same" | "present";
        };
      };
    };
    responses: {
      /** @description What is retried and what runs again; with dry_run what would */
      200: {
        content: {
          "application/json": components["schemas"]["Replayed"];
        };
      };
    };
  };
  get_ui_issues: {
    parameters: {
      query?: {
        /** @description In this state */
        state?: "open" | "muted" | "resolved";
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
    };
    responses: {
      /** @description At most 200 issues */
      200: {
        content: {
          "application/json": {
            workspace_id: string;
            /** @description Of all states */
            counts: {
              open: number;
              muted: number;
              resolved: number;
            };
            /** @description There are failures that were not looked through, or more issues */
            is_cut: boolean;
            issues: components["schemas"]["Issue"][];
          };
        };
      };
    };
  };
  get_ui_issue_count: {
    parameters: {
      query?: {
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
    };
    responses: {
      /** @description As the list counts them */
      200: {
        content: {
          "application/json": {
            workspace_id: string;
            /** @description Of all states */
            counts: {
              open: number;
              muted: number;
              resolved: number;
            };
            /** @description There are failures that were not looked through, or more issues */
            is_cut: boolean;
          };
        };
      };
    };
  };
  put_ui_issues_id: {
    parameters: {
      query?: {
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
      path: {
        /** @description Id of the issue */
        id: string;
      };
    };
    requestBody: {
      content: {
        "application/json": {
          /** @enum {string} */
          state: "open" | "muted" | "resolved";
          /**
           * Format: date-time
           * @description Of muted; null: for ever
           * @default null
           */
          until?: string | null;
        };
      };
    };
    responses: {
      /** @description The issue */
      200: {
        content: {
          "application/json": components["schemas"]["Issue"];
        };
      };
    };
  };
  get_ui_dead_letters: {
    parameters: {
      query?: {
        /** @description Rows of the page */
        limit?: number;
        /** @description Of this kind */
        kind?: "run" | "event" | "background";
        /** @description Of runs of one flow */
        flow_id?: number;
        /** @description Of runs that failed with this code */
        code?: string;
        /** @description Given up not before this time */
        since?: string;
        /** @description Given up before this time */
        until?: string;
        /** @description In the reason */
        text?: string;
        /** @description next_cursor of the page before */
        cursor?: string;
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
    };
    responses: {
      /** @description A page of dead letters; it may be short, even empty, and have a next one */
      200: {
        content: {
          "application/json": {
            workspace_id: string;
            pagination: components["schemas"]["CursorPage"];
            /** @description Of all pages, among the newest 10000; null on later pages */
            count: number | null;
            /** @description There are older ones, which were not counted */
            count_is_cut: boolean;
            dead_letters: components["schemas"]["DeadLetter"][];
          };
        };
      };
    };
  };
  get_ui_dead_letters_id: {
    parameters: {
      query?: {
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
      path: {
        /** @description Id of the dead letter */
        id: string;
      };
    };
    responses: {
      /** @description The dead letter */
      200: {
        content: {
          "application/json": components["schemas"]["DeadLetterDetail"];
        };
      };
    };
  };
  get_ui_breakers: {
    parameters: {
      query?: {
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
    };
    responses: {
      /** @description At most 500; a host that always answered has none */
      200: {
        content: {
          "application/json": {
            workspace_id: string;
            breakers: components["schemas"]["Breaker"][];
          };
        };
      };
    };
  };
  post_ui_breakers_id_reset: {
    parameters: {
      query?: {
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
      path: {
        /** @description Id of the breaker */
        id: string;
      };
    };
    responses: {
      /** @description It is closed, as it may have been before */
      200: {
        content: {
          "application/json": components["schemas"]["Breaker"];
        };
      };
    };
  };
  get_ui_bulk_jobs: {
    parameters: {
      query?: {
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
    };
    responses: {
      /** @description The newest 10; one alone may be in progress */
      200: {
        content: {
          "application/json": {
            workspace_id: string;
            jobs: components["schemas"]["BulkJob"][];
          };
        };
      };
    };
  };
  post_ui_bulk_jobs: {
    parameters: {
      query?: {
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
      header?: {
        /** @description Chosen by the sender, 1 to 255 visible ASCII characters: for 24 hours the same request under it gets the first answer again and creates nothing */
        "Idempotency-Key"?: string;
      };
    };
    requestBody: {
      content: {
        "application/json": {
          filter?: components["schemas"]["BulkFilter"];
          /**
           * @default ran
           * @enum {string}
           */
          version?: "ran" | "present";
          /** @default 600 */
          rate_per_minute?: number;
          /** @default false */
          all?: boolean;
          confirm_count?: number;
          /** @default false */
          dry_run?: boolean;
        };
      };
    };
    responses: {
      /** @description The count, and the job where there is one */
      200: {
        content: {
          "application/json": {
            plan: components["schemas"]["ResendPlan"];
            job: components["schemas"]["BulkJob"] | null;
          };
        };
      };
    };
  };
  get_ui_bulk_jobs_id: {
    parameters: {
      query?: {
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
      path: {
        /** @description Id of the job */
        id: string;
      };
    };
    responses: {
      /** @description The job */
      200: {
        content: {
          "application/json": components["schemas"]["BulkJob"];
        };
      };
    };
  };
  post_ui_bulk_jobs_id_stop: {
    parameters: {
      query?: {
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
      path: {
        /** @description Id of the job */
        id: string;
      };
    };
    responses: {
      /** @description The job */
      200: {
        content: {
          "application/json": components["schemas"]["BulkJob"];
        };
      };
    };
  };
  get_ui_calls_export: {
    parameters: {
      query?: {
        /** @description Form of the file; ndjson unless asked for */
        format?: "ndjson" | "csv";
        /** @description Requests of the file */
        limit?: number;
        /** @description next_cursor of the page before */
        cursor?: string;
        /** @description Made by */
        origin?:
          | "flow"
          | "person"
          | "undo"
          | "test"
          | "bootstrap"
          | "poll"
          | "coverage"
          | "settings"
          | "lookup"
          | "token";
        /** @description Of one operation */
        operation_id?: string;
        /** @description Ended so; unsuccessful: all but succeeded */
        outcome?: "succeeded" | "refused" | "failed" | "limited" | "aborted" | "unsuccessful";
        /** @description Answered with this status */
        status?: number;
        /** @description Of one run */
        run_id?: string;
        /** @description Of one person: Clockify id of the user, or operator:<name> */
        person?: string;
        /** @description Not before this time */
        from?: string;
        /** @description Before this time */
        to?: string;
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
    };
    responses: {
      /** @description The file */
      200: {
        content: {
          "application/x-ndjson": string;
          "text/csv": string;
        };
      };
    };
  };
  get_ui_calls: {
    parameters: {
      query?: {
        /** @description Rows of the page */
        limit?: number;
        /** @description next_cursor of the page before */
        cursor?: string;
        /** @description Made by */
        origin?:
          | "flow"
          | "person"
          | "undo"
          | "test"
          | "bootstrap"
          | "poll"
          | "coverage"
          | "settings"
          | "lookup"
          | "token";
        /** @description Of one operation */
        operation_id?: string;
        /** @description Ended so; unsuccessful: all but succeeded */
        outcome?: "succeeded" | "refused" | "failed" | "limited" | "aborted" | "unsuccessful";
        /** @description Answered with this status */
        status?: number;
        /** @description Of one run */
        run_id?: string;
        /** @description Of one person: Clockify id of the user, or operator:<name> */
        person?: string;
        /** @description Not before this time */
        from?: string;
        /** @description Before this time */
        to?: string;
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
    };
    responses: {
      /** @description A page of requests; it may be short, even empty, and have a next one */
      200: {
        content: {
          "application/json": {
            workspace_id: string;
            pagination: components["schemas"]["CursorPage"];
            calls: components["schemas"]["ClockifyCall"][];
          };
        };
      };
    };
  };
  get_ui_calls_id: {
    parameters: {
      query?: {
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
      path: {
        /** @description Id of the request */
        id: string;
      };
    };
    responses: {
      /** @description The request */
      200: {
        content: {
          "application/json": components["schemas"]["ClockifyCall"];
        };
      };
    };
  };
  get_ui_guard: {
    parameters: {
      query?: {
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
    };
    responses: {
      /** @description The policy of the workspace */
      200: {
        content: {
          "application/json": components["schemas"]["GuardPolicy"];
        };
      };
    };
  };
  put_ui_guard: {
    parameters: {
      query?: {
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
      header?: {
        /** @description ETag of the policy as it was read */
        "if-match"?: string;
      };
    };
    requestBody: {
      content: {
        "application/json": {
          by_hand?: {
            /** @enum {string|null} */
            read?: "allow" | "preview" | "second_person" | "deny" | null;
            /** @enum {string|null} */
            routine?: "allow" | "preview" | "second_person" | "deny" | null;
            /** @enum {string|null} */
            business?: "allow" | "preview" | "second_person" | "deny" | null;
            /** @enum {string|null} */
            destructive?: "allow" | "preview" | "second_person" | "deny" | null;
          };
          flows?: {
            /** @enum {string|null} */
            read?: "allow" | "preview" | "second_person" | "deny" | null;
            /** @enum {string|null} */
            routine?: "allow" | "preview" | "second_person" | "deny" | null;
            /** @enum {string|null} */
            business?: "allow" | "preview" | "second_person" | "deny" | null;
            /** @enum {string|null} */
            destructive?: "allow" | "preview" | "second_person" | "deny" | null;
          };
          /** @description Of CONFIRMATION_REQUIRED: publishes what was shown there, once */
          confirm_token?: string;
        };
      };
    };
    responses: {
      /** @description The policy as it is now */
      200: {
        content: {
          "application/json": components["schemas"]["GuardPolicy"];
        };
      };
    };
  };
  get_ui_guard_requests: {
    parameters: {
      query?: {
        /** @description Rows of the page */
        limit?: number;
        /** @description next_cursor of the page before */
        cursor?: number;
        /** @description Only requests in this state */
        state?: "waiting" | "approved" | "rejected" | "used" | "expired";
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
    };
    responses: {
      /** @description A page of requests, without what they would send */
      200: {
        content: {
          "application/json": {
            workspace_id: string;
            pagination: components["schemas"]["CursorPage"];
            requests: components["schemas"]["GuardRequestRow"][];
          };
        };
      };
    };
  };
  get_ui_guard_requests_id: {
    parameters: {
      query?: {
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
      path: {
        id: string;
      };
    };
    responses: {
      /** @description The request */
      200: {
        content: {
          "application/json": components["schemas"]["GuardRequest"];
        };
      };
    };
  };
  post_ui_guard_requests_id_approve: {
    parameters: {
      query?: {
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
      path: {
        id: string;
      };
    };
    requestBody?: {
      content: {
        "application/json": {
          note?: string;
        };
      };
    };
    responses: {
      /** @description The request as it is now */
      200: {
        content: {
          "application/json": components["schemas"]["GuardRequestRow"];
        };
      };
    };
  };
  post_ui_guard_requests_id_reject: {
    parameters: {
      query?: {
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
      path: {
        id: string;
      };
    };
    requestBody?: {
      content: {
        "application/json": {
          note?: string;
        };
      };
    };
    responses: {
      /** @description The request as it is now */
      200: {
        content: {
          "application/json": components["schemas"]["GuardRequestRow"];
        };
      };
    };
  };
  get_ui_changes_export: {
    parameters: {
      query?: {
        /** @description Changes of the file */
        limit?: number;
        /** @description next_cursor of a file or page before */
        cursor?: string;
        /** @description Of one type of objects, as the rows name it */
        entity_type?: string;
        /** @description Of one object */
        entity_id?: string;
        /** @description Of one operation, by its operationId */
        operation?: string;
        /** @description Made or undone by this person */
        person?: string;
        /** @description Of one run */
        run_id?: string;
        /** @description Of one flow */
        flow_id?: number;
        /** @description Only those that can be undone, or that cannot */
        undoable?: "true" | "false";
        /** @description Not before this time */
        from?: string;
        /** @description Before this time */
        to?: string;
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
    };
    responses: {
      /** @description The file */
      200: {
        content: {
          "application/x-ndjson": string;
        };
      };
    };
  };
  get_ui_changes: {
    parameters: {
      query?: {
        /** @description Rows of the page */
        limit?: number;
        /** @description next_cursor of the page before */
        cursor?: string;
        /** @description Of one type of objects, as the rows name it */
        entity_type?: string;
        /** @description Of one object */
        entity_id?: string;
        /** @description Of one operation, by its operationId */
        operation?: string;
        /** @description Made or undone by this person */
        person?: string;
        /** @description Of one run */
        run_id?: string;
        /** @description Of one flow */
        flow_id?: number;
        /** @description Only those that can be undone, or that cannot */
        undoable?: "true" | "false";
        /** @description Not before this time */
        from?: string;
        /** @description Before this time */
        to?: string;
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
    };
    responses: {
      /** @description A page of changes */
      200: {
        content: {
          "application/json": {
            workspace_id: string;
            pagination: components["schemas"]["CursorPage"];
            changes: components["schemas"]["Change"][];
          };
        };
      };
    };
  };
  get_ui_changes_id: {
    parameters: {
      query?: {
        /** @description Read the object as it is now */
        current?: "true" | "false";
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
      path: {
        id: string;
      };
    };
    responses: {
      /** @description The change */
      200: {
        content: {
          "application/json": components["schemas"]["ChangeDetail"];
        };
      };
    };
  };
  get_ui_changes_id_undo: {
    parameters: {
      query?: {
        /** @description Take also fields that others changed since */
        all?: "true" | "false";
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
      path: {
        id: string;
      };
    };
    responses: {
      /** @description The plan */
      200: {
        content: {
          "application/json": components["schemas"]["UndoPlan"];
        };
      };
    };
  };
  post_ui_changes_id_undo: {
    parameters: {
      query?: {
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
      header?: {
        /** @description Chosen by the sender, 1 to 255 visible ASCII characters: for 24 hours the same request under it gets the first answer again and creates nothing */
        "Idempotency-Key"?: string;
      };
      path: {
        id: string;
      };
    };
    requestBody?: {
      content: {
        "application/json": {
          /**
           * @description Take also fields that others changed since
           * @default false
           */
          all?: boolean;
          confirm_token?: string;
        };
      };
    };
    responses: {
      /** @description What came of it */
      200: {
        content: {
          "application/json": components["schemas"]["Undone"];
        };
      };
    };
  };
  get_ui_changes_id_candidates: {
    parameters: {
      query?: {
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
      path: {
        id: string;
      };
    };
    responses: {
      /** @description Objects that may be the one */
      200: {
        content: {
          "application/json": components["schemas"]["LostCandidates"];
        };
      };
    };
  };
  post_ui_changes_id_settle: {
    parameters: {
      query?: {
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
      path: {
        id: string;
      };
    };
    requestBody: {
      content: {
        "application/json": {
          /** @description Null: it made none */
          entity_id: string | null;
        };
      };
    };
    responses: {
      /** @description The change as it is now */
      200: {
        content: {
          "application/json": components["schemas"]["Change"];
        };
      };
    };
  };
  post_ui_changes_undo: {
    parameters: {
      query?: {
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
      header?: {
        /** @description Chosen by the sender, 1 to 255 visible ASCII characters: for 24 hours the same request under it gets the first answer again and creates nothing */
        "Idempotency-Key"?: string;
      };
    };
    requestBody: {
      content: {
        "application/json": {
          run_id?: string;
          flow_id?: string;
          from?: string;
          to?: string;
          /** @default false */
          all?: boolean;
          /** @default false */
          confirm?: boolean;
        };
      };
    };
    responses: {
      /** @description The count, and the job where there is one */
      200: {
        content: {
          "application/json": {
            plan: {
              changes: number;
              undoable: number;
              undone: number;
              not_undoable: number;
              by_operation: {
                operation_id: string;
                entity_type: string;
                changes: number;
              }[];
            };
            job: components["schemas"]["UndoJob"] | null;
          };
        };
      };
    };
  };
  get_ui_undo_jobs_id: {
    parameters: {
      query?: {
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
      path: {
        /** @description Id of the job */
        id: string;
      };
    };
    responses: {
      /** @description The job */
      200: {
        content: {
          "application/json": components["schemas"]["UndoJob"];
        };
      };
    };
  };
  post_ui_undo_jobs_id_stop: {
    parameters: {
      query?: {
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
      path: {
        /** @description Id of the job */
        id: string;
      };
    };
    responses: {
      /** @description The job */
      200: {
        content: {
          "application/json": components["schemas"]["UndoJob"];
        };
      };
    };
  };
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
  get_ui_limits: {
    parameters: {
      query?: {
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
    };
    responses: {
      /** @description The values as they apply */
      200: {
        content: {
          "application/json": components["schemas"]["Limits"];
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
      /** @description The keys and secrets */
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
  post_lifecycle_installed: {
    requestBody: {
      content: {
        "application/json": {
          [key: string]: components["schemas"]["Json"];
        };
      };
    };
    responses: {
      /** @description It is applied, or ignored because it is about an installation that is over */
      200: {
        content: {
          "application/json": components["schemas"]["LifecycleAnswer"];
        };
      };
    };
  };
  post_lifecycle_deleted: {
    requestBody: {
      content: {
        "application/json": {
          [key: string]: components["schemas"]["Json"];
        };
      };
    };
    responses: {
      /** @description It is applied, or ignored because it is about an installation that is over */
      200: {
        content: {
          "application/json": components["schemas"]["LifecycleAnswer"];
        };
      };
    };
  };
  post_lifecycle_uninstalled: {
    requestBody: {
      content: {
        "application/json": {
          [key: string]: components["schemas"]["Json"];
        };
      };
    };
    responses: {
      /** @description It is applied, or ignored because it is about an installation that is over */
      200: {
        content: {
          "application/json": components["schemas"]["LifecycleAnswer"];
        };
      };
    };
  };
  post_lifecycle_settings_updated: {
    requestBody: {
      content: {
        "application/json": {
          [key: string]: components["schemas"]["Json"];
        };
      };
    };
    responses: {
      /** @description It is applied, or ignored because it is about an installation that is over */
      200: {
        content: {
          "application/json": components["schemas"]["LifecycleAnswer"];
        };
      };
    };
  };
  post_lifecycle_status_changed: {
    requestBody: {
      content: {
        "application/json": {
          [key: string]: components["schemas"]["Json"];
        };
      };
    };
    responses: {
      /** @description It is applied, or ignored because it is about an installation that is over */
      200: {
        content: {
          "application/json": components["schemas"]["LifecycleAnswer"];
        };
      };
    };
  };
  post_webhooks_clockify: {
    parameters: {
      header?: {
        /** @description Type of the event */
        "clockify-webhook-event-type"?: string;
      };
    };
    requestBody: {
      content: {
        "application/json": string | number | boolean | null | components["schemas"]["Json"][] | {
          [key: string]: components["schemas"]["Json"];
        };
      };
    };
    responses: {
      /** @description It is stored; flows run later */
      200: {
        content: {
          "application/json": components["schemas"]["Receipt"];
        };
      };
    };
  };
  post_webhooks_clockify_event: {
    parameters: {
      path: {
        /** @description Type of the event */
        event: string;
      };
    };
    requestBody: {
      content: {
        "application/json": string | number | boolean | null | components["schemas"]["Json"][] | {
          [key: string]: components["schemas"]["Json"];
        };
      };
    };
    responses: {
      /** @description It is stored; flows run later */
      200: {
        content: {
          "application/json": components["schemas"]["Receipt"];
        };
      };
    };
  };
  post_webhooks_time_new: {
    parameters: {
      header?: {
        /** @description Type of the event */
        "clockify-webhook-event-type"?: string;
      };
    };
    requestBody: {
      content: {
        "application/json": string | number | boolean | null | components["schemas"]["Json"][] | {
          [key: string]: components["schemas"]["Json"];
        };
      };
    };
    responses: {
      /** @description It is stored; flows run later */
      200: {
        content: {
          "application/json": components["schemas"]["Receipt"];
        };
      };
    };
  };
  post_webhooks_time_updated: {
    parameters: {
      header?: {
        /** @description Type of the event */
        "clockify-webhook-event-type"?: string;
      };
    };
    requestBody: {
      content: {
        "application/json": string | number | boolean | null | components["schemas"]["Json"][] | {
          [key: string]: components["schemas"]["Json"];
        };
      };
    };
    responses: {
      /** @description It is stored; flows run later */
      200: {
        content: {
          "application/json": components["schemas"]["Receipt"];
        };
      };
    };
  };
  post_webhooks_time_deleted: {
    parameters: {
      header?: {
        /** @description Type of the event */
        "clockify-webhook-event-type"?: string;
      };
    };
    requestBody: {
      content: {
        "application/json": string | number | boolean | null | components["schemas"]["Json"][] | {
          [key: string]: components["schemas"]["Json"];
        };
      };
    };
    responses: {
      /** @description It is stored; flows run later */
      200: {
        content: {
          "application/json": components["schemas"]["Receipt"];
        };
      };
    };
  };
  post_webhooks_time: {
    parameters: {
      header?: {
        /** @description Type of the event */
        "clockify-webhook-event-type"?: string;
      };
    };
    requestBody: {
      content: {
        "application/json": string | number | boolean | null | components["schemas"]["Json"][] | {
          [key: string]: components["schemas"]["Json"];
        };
      };
    };
    responses: {
      /** @description It is stored; flows run later */
      200: {
        content: {
          "application/json": components["schemas"]["Receipt"];
        };
      };
    };
  };
  post_webhooks_project_new: {
    parameters: {
      header?: {
        /** @description Type of the event */
        "clockify-webhook-event-type"?: string;
      };
    };
    requestBody: {
      content: {
        "application/json": string | number | boolean | null | components["schemas"]["Json"][] | {
          [key: string]: components["schemas"]["Json"];
        };
      };
    };
    responses: {
      /** @description It is stored; flows run later */
      200: {
        content: {
          "application/json": components["schemas"]["Receipt"];
        };
      };
    };
  };
  post_webhooks_project_updated: {
    parameters: {
      header?: {
        /** @description Type of the event */
        "clockify-webhook-event-type"?: string;
      };
    };
    requestBody: {
      content: {
        "application/json": string | number | boolean | null | components["schemas"]["Json"][] | {
          [key: string]: components["schemas"]["Json"];
        };
      };
    };
    responses: {
      /** @description It is stored; flows run later */
      200: {
        content: {
          "application/json": components["schemas"]["Receipt"];
        };
      };
    };
  };
  post_webhooks_project_deleted: {
    parameters: {
      header?: {
        /** @description Type of the event */
        "clockify-webhook-event-type"?: string;
      };
    };
    requestBody: {
      content: {
        "application/json": string | number | boolean | null | components["schemas"]["Json"][] | {
          [key: string]: components["schemas"]["Json"];
        };
      };
    };
    responses: {
      /** @description It is stored; flows run later */
      200: {
        content: {
          "application/json": components["schemas"]["Receipt"];
        };
      };
    };
  };
  post_webhooks_project: {
    parameters: {
      header?: {
        /** @description Type of the event */
        "clockify-webhook-event-type"?: string;
      };
    };
    requestBody: {
      content: {
        "application/json": string | number | boolean | null | components["schemas"]["Json"][] | {
          [key: string]: components["schemas"]["Json"];
        };
      };
    };
    responses: {
      /** @description It is stored; flows run later */
      200: {
        content: {
          "application/json": components["schemas"]["Receipt"];
        };
      };
    };
  };
  post_webhooks_user_updated: {
    parameters: {
      header?: {
        /** @description Type of the event */
        "clockify-webhook-event-type"?: string;
      };
    };
    requestBody: {
      content: {
        "application/json": string | number | boolean | null | components["schemas"]["Json"][] | {
          [key: string]: components["schemas"]["Json"];
        };
      };
    };
    responses: {
      /** @description It is stored; flows run later */
      200: {
        content: {
          "application/json": components["schemas"]["Receipt"];
        };
      };
    };
  };
  post_webhooks_user: {
    parameters: {
      header?: {
        /** @description Type of the event */
        "clockify-webhook-event-type"?: string;
      };
    };
    requestBody: {
      content: {
        "application/json": string | number | boolean | null | components["schemas"]["Json"][] | {
          [key: string]: components["schemas"]["Json"];
        };
      };
    };
    responses: {
      /** @description It is stored; flows run later */
      200: {
        content: {
          "application/json": components["schemas"]["Receipt"];
        };
      };
    };
  };
  post_webhooks_expense_created: {
    parameters: {
      header?: {
        /** @description Type of the event */
        "clockify-webhook-event-type"?: string;
      };
    };
    requestBody: {
      content: {
        "application/json": string | number | boolean | null | components["schemas"]["Json"][] | {
          [key: string]: components["schemas"]["Json"];
        };
      };
    };
    responses: {
      /** @description It is stored; flows run later */
      200: {
        content: {
          "application/json": components["schemas"]["Receipt"];
        };
      };
    };
  };
  post_webhooks_expense_updated: {
    parameters: {
      header?: {
        /** @description Type of the event */
        "clockify-webhook-event-type"?: string;
      };
    };
    requestBody: {
      content: {
        "application/json": string | number | boolean | null | components["schemas"]["Json"][] | {
          [key: string]: components["schemas"]["Json"];
        };
      };
    };
    responses: {
      /** @description It is stored; flows run later */
      200: {
        content: {
          "application/json": components["schemas"]["Receipt"];
        };
      };
    };
  };
  post_webhooks_expense_deleted: {
    parameters: {
      header?: {
        /** @description Type of the event */
        "clockify-webhook-event-type"?: string;
      };
    };
    requestBody: {
      content: {
        "application/json": string | number | boolean | null | components["schemas"]["Json"][] | {
          [key: string]: components["schemas"]["Json"];
        };
      };
    };
    responses: {
      /** @description It is stored; flows run later */
      200: {
        content: {
          "application/json": components["schemas"]["Receipt"];
        };
      };
    };
  };
  post_webhooks_expense: {
    parameters: {
      header?: {
        /** @description Type of the event */
        "clockify-webhook-event-type"?: string;
      };
    };
    requestBody: {
      content: {
        "application/json": string | number | boolean | null | components["schemas"]["Json"][] | {
          [key: string]: components["schemas"]["Json"];
        };
      };
    };
    responses: {
      /** @description It is stored; flows run later */
      200: {
        content: {
          "application/json": components["schemas"]["Receipt"];
        };
      };
    };
  };
  post_webhooks_assignment_created: {
    parameters: {
      header?: {
        /** @description Type of the event */
        "clockify-webhook-event-type"?: string;
      };
    };
    requestBody: {
      content: {
        "application/json": string | number | boolean | null | components["schemas"]["Json"][] | {
          [key: string]: components["schemas"]["Json"];
        };
      };
    };
    responses: {
      /** @description It is stored; flows run later */
      200: {
        content: {
          "application/json": components["schemas"]["Receipt"];
        };
      };
    };
  };
  post_webhooks_assignment_updated: {
    parameters: {
      header?: {
        /** @description Type of the event */
        "clockify-webhook-event-type"?: string;
      };
    };
    requestBody: {
      content: {
        "application/json": string | number | boolean | null | components["schemas"]["Json"][] | {
          [key: string]: components["schemas"]["Json"];
        };
      };
    };
    responses: {
      /** @description It is stored; flows run later */
      200: {
        content: {
          "application/json": components["schemas"]["Receipt"];
        };
      };
    };
  };
  post_webhooks_assignment_deleted: {
    parameters: {
      header?: {
        /** @description Type of the event */
        "clockify-webhook-event-type"?: string;
      };
    };
    requestBody: {
      content: {
        "application/json": string | number | boolean | null | components["schemas"]["Json"][] | {
          [key: string]: components["schemas"]["Json"];
        };
      };
    };
    responses: {
      /** @description It is stored; flows run later */
      200: {
        content: {
          "application/json": components["schemas"]["Receipt"];
        };
      };
    };
  };
  post_webhooks_assignment: {
    parameters: {
      header?: {
        /** @description Type of the event */
        "clockify-webhook-event-type"?: string;
      };
    };
    requestBody: {
      content: {
        "application/json": string | number | boolean | null | components["schemas"]["Json"][] | {
          [key: string]: components["schemas"]["Json"];
        };
      };
    };
    responses: {
      /** @description It is stored; flows run later */
      200: {
        content: {
          "application/json": components["schemas"]["Receipt"];
        };
      };
    };
  };
  post_webhooks_approval_status_updated: {
    parameters: {
      header?: {
        /** @description Type of the event */
        "clockify-webhook-event-type"?: string;
      };
    };
    requestBody: {
      content: {
        "application/json": string | number | boolean | null | components["schemas"]["Json"][] | {
          [key: string]: components["schemas"]["Json"];
        };
      };
    };
    responses: {
      /** @description It is stored; flows run later */
      200: {
        content: {
          "application/json": components["schemas"]["Receipt"];
        };
      };
    };
  };
  post_webhooks_approval: {
    parameters: {
      header?: {
        /** @description Type of the event */
        "clockify-webhook-event-type"?: string;
      };
    };
    requestBody: {
      content: {
        "application/json": string | number | boolean | null | components["schemas"]["Json"][] | {
          [key: string]: components["schemas"]["Json"];
        };
      };
    };
    responses: {
      /** @description It is stored; flows run later */
      200: {
        content: {
          "application/json": components["schemas"]["Receipt"];
        };
      };
    };
  };
  post_webhooks_generic: {
    parameters: {
      header?: {
        /** @description Type of the event */
        "clockify-webhook-event-type"?: string;
      };
    };
    requestBody: {
      content: {
        "application/json": string | number | boolean | null | components["schemas"]["Json"][] | {
          [key: string]: components["schemas"]["Json"];
        };
      };
    };
    responses: {
      /** @description It is stored; flows run later */
      200: {
        content: {
          "application/json": components["schemas"]["Receipt"];
        };
      };
    };
  };
  post_webhooks_balance: {
    parameters: {
      header?: {
        /** @description Type of the event */
        "clockify-webhook-event-type"?: string;
      };
    };
    requestBody: {
      content: {
        "application/json": string | number | boolean | null | components["schemas"]["Json"][] | {
          [key: string]: components["schemas"]["Json"];
        };
      };
    };
    responses: {
      /** @description It is stored; flows run later */
      200: {
        content: {
          "application/json": components["schemas"]["Receipt"];
        };
      };
    };
  };
  post_webhooks_rate: {
    parameters: {
      header?: {
        /** @description Type of the event */
        "clockify-webhook-event-type"?: string;
      };
    };
    requestBody: {
      content: {
        "application/json": string | number | boolean | null | components["schemas"]["Json"][] | {
          [key: string]: components["schemas"]["Json"];
        };
      };
    };
    responses: {
      /** @description It is stored; flows run later */
      200: {
        content: {
          "application/json": components["schemas"]["Receipt"];
        };
      };
    };
  };
  post_webhooks_invoice: {
    parameters: {
      header?: {
        /** @description Type of the event */
        "clockify-webhook-event-type"?: string;
      };
    };
    requestBody: {
      content: {
        "application/json": string | number | boolean | null | components["schemas"]["Json"][] | {
          [key: string]: components["schemas"]["Json"];
        };
      };
    };
    responses: {
      /** @description It is stored; flows run later */
      200: {
        content: {
          "application/json": components["schemas"]["Receipt"];
        };
      };
    };
  };
  post_webhooks_workspace: {
    parameters: {
      header?: {
        /** @description Type of the event */
        "clockify-webhook-event-type"?: string;
      };
    };
    requestBody: {
      content: {
        "application/json": string | number | boolean | null | components["schemas"]["Json"][] | {
          [key: string]: components["schemas"]["Json"];
        };
      };
    };
    responses: {
      /** @description It is stored; flows run later */
      200: {
        content: {
          "application/json": components["schemas"]["Receipt"];
        };
      };
    };
  };
  post_webhooks_user_group: {
    parameters: {
      header?: {
        /** @description Type of the event */
        "clockify-webhook-event-type"?: string;
      };
    };
    requestBody: {
      content: {
        "application/json": string | number | boolean | null | components["schemas"]["Json"][] | {
          [key: string]: components["schemas"]["Json"];
        };
      };
    };
    responses: {
      /** @description It is stored; flows run later */
      200: {
        content: {
          "application/json": components["schemas"]["Receipt"];
        };
      };
    };
  };
  post_webhooks_timeoff: {
    parameters: {
      header?: {
        /** @description Type of the event */
        "clockify-webhook-event-type"?: string;
      };
    };
    requestBody: {
      content: {
        "application/json": string | number | boolean | null | components["schemas"]["Json"][] | {
          [key: string]: components["schemas"]["Json"];
        };
      };
    };
    responses: {
      /** @description It is stored; flows run later */
      200: {
        content: {
          "application/json": components["schemas"]["Receipt"];
        };
      };
    };
  };
  post_webhooks_custom: {
    parameters: {
      header?: {
        /** @description Type of the event */
        "clockify-webhook-event-type"?: string;
      };
    };
    requestBody: {
      content: {
        "application/json": string | number | boolean | null | components["schemas"]["Json"][] | {
          [key: string]: components["schemas"]["Json"];
        };
      };
    };
    responses: {
      /** @description It is stored; flows run later */
      200: {
        content: {
          "application/json": components["schemas"]["Receipt"];
        };
      };
    };
  };
  post_webhooks_custom_source: {
    parameters: {
      query?: {
        /** @description Some systems ask for an echo of it */
        challenge?: string;
      };
      path: {
        /** @description The end of the source's address */
        source: string;
      };
    };
    /** @description Any content, signed as its source requires */
    requestBody?: {
      content: {
        "*/*": string;
      };
    };
    responses: {
      /** @description It is stored, or the answer that the source chose */
      200: {
        content: {
          "*/*": string;
        };
      };
    };
  };
  get: {
    responses: {
      /** @description Name, version and links */
      200: {
        content: {
          "application/json": {
            service: string;
            name: string;
            version: string;
            links: {
              docs: string;
              openapi: string;
              manifest: string;
              health: string;
              ready: string;
            };
          };
        };
      };
    };
  };
  get_docs: {
    responses: {
      /** @description HTML */
      200: {
        content: {
          "text/html": string;
        };
      };
      /** @description The caller has it, by If-None-Match */
    };
  };
  get_docs_search_js: {
    responses: {
      /** @description JavaScript */
      200: {
        content: {
          "text/javascript": string;
        };
      };
      /** @description The caller has it, by If-None-Match */
    };
  };
  get_openapi_json: {
    responses: {
      /** @description The document */
      200: {
        content: {
          "application/json": {
            [key: string]: components["schemas"]["Json"];
          };
        };
      };
      /** @description The caller has it, by If-None-Match */
    };
  };
  get_redoc: {
    responses: {
      /** @description HTML */
      200: {
        content: {
          "text/html": string;
        };
      };
      /** @description The caller has it, by If-None-Match */
    };
  };
  get_manifest: {
    responses: {
      /** @description The manifest, schema version 1.5 */
      200: {
        content: {
          "application/json": {
            [key: string]: components["schemas"]["Json"];
          };
        };
      };
    };
  };
  get_healthz: {
    responses: {
      /** @description The process serves; degraded while the database is away */
      200: {
        content: {
          "application/json": {
            /** @enum {string} */
            status: "ok" | "degraded";
            service: string;
            database: string;
          };
        };
      };
    };
  };
  get_ready: {
    responses: {
      /** @description It may get traffic */
      200: {
        content: {
          "application/json": {
            ready: boolean;
            service: string;
            checks: {
              database: string;
              migrations: string;
              keys: string;
              /** @description Null where it is not used; the listener is ready without it */
              redis: string | null;
            };
            redis: string;
            /** @enum {string} */
            signature_verification: "on" | "off";
            timestamp: string;
          };
        };
      };
    };
  };
  get_health: {
    responses: {
      /** @description Healthy */
      200: {
        content: {
          "application/json": {
            /** @enum {string} */
            status: "healthy" | "unhealthy";
            version?: string;
            timestamp: string;
          };
        };
      };
    };
  };
  get_metrics: {
    responses: {
      /** @description Prometheus text 0.0.4 */
      200: {
        content: {
          "text/plain": string;
        };
      };
    };
  };
  get_ui: {
    responses: {
      /** @description HTML */
      200: {
        content: {
          "text/html": string;
        };
      };
    };
  };
  get_ui_assets_file: {
    parameters: {
      path: {
        /** @description Name of the file */
        file: string;
      };
    };
    responses: {
      /** @description The file, compressed as asked */
      200: {
        content: {
          "application/octet-stream": string;
        };
      };
    };
  };
  get_ui_health: {
    responses: {
      /** @description They serve */
      200: {
        content: {
          "application/json": {
            /** @enum {string} */
            status: "ok";
          };
        };
      };
    };
  };
  get_ui_webhooks: {
    parameters: {
      query?: {
        /** @description Rows of the page */
        limit?: number;
        /** @description Rows to leave out; not together with cursor, nor where bodies are searched */
        offset?: number;
        /** @description next_cursor of the page before */
        cursor?: number;
        /** @description Path into the payload, as in project.name; together with value */
        field?: string;
        /** @description Text that the field holds */
        value?: string;
        /** @description One type */
        event_type?: string;
        /** @description Clockify, or another system */
        source?: "CLOCKIFY" | "CUSTOM";
        /** @description failed: a run of it did */
        outcome?: "waiting" | "dispatched" | "skipped" | "dead" | "failed";
        /** @description true: missed events that were found again */
        reconciled?: "true" | "false";
        /** @description true: repeats of it were dropped, as its `duplicates` counts them */
        duplicates?: "true" | "false";
        /** @description Not before this time */
        from?: string;
        /** @description Before this time */
        to?: string;
        /** @description Id of an event or of an entity */
        q?: string;
        /** @description Terms that all hold: word, "a phrase" (in any case; in the texts and numbers of the body, and in type, source, entity and id of the event), path = value (a field of the body, as field and value), and these filters by name, as in outcome:failed: event_type, source, outcome, reconciled, duplicates, from, to, id (as q). -term: it must not hold. Of a body above 1.5 MB nothing is found */
        search?: string;
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
    };
    responses: {
      /** @description A page of events */
      200: {
        content: {
          "application/json": {
            workspace_id: string;
            pagination: {
              /** @description Matches; null on a page by cursor, and where bodies are searched */
              total: number | null;
              /** @description False: there are at least so many */
              total_is_exact: boolean;
              limit: number;
              offset: number;
              has_more: boolean;
              next_cursor: string | null;
            };
            webhooks: components["schemas"]["Event"][];
          };
        };
      };
    };
  };
  get_ui_webhooks_id: {
    parameters: {
      query?: {
        /** @description true adds the bytes as base64, for admins */
        raw?: string;
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
      path: {
        id: string;
      };
    };
    responses: {
      /** @description The event */
      200: {
        content: {
          "application/json": components["schemas"]["EventDetail"];
        };
      };
    };
  };
  get_ui_webhooks_id_raw: {
    parameters: {
      query?: {
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
      path: {
        id: string;
      };
    };
    responses: {
      /** @description The bytes */
      200: {
        content: {
          "application/octet-stream": string;
        };
      };
    };
  };
  get_ui_event_views: {
    parameters: {
      query?: {
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
    };
    responses: {
      /** @description The views */
      200: {
        content: {
          "application/json": {
            workspace_id: string;
            total: number;
            views: components["schemas"]["EventView"][];
          };
        };
      };
    };
  };
  post_ui_event_views: {
    parameters: {
      query?: {
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
      header?: {
        /** @description Chosen by the sender, 1 to 255 visible ASCII characters: for 24 hours the same request under it gets the first answer again and creates nothing */
        "Idempotency-Key"?: string;
      };
    };
    requestBody: {
      content: {
        "application/json": {
          name: string;
          filter: components["schemas"]["EventViewFilter"];
        };
      };
    };
    responses: {
      /** @description It is saved */
      201: {
        content: {
          "application/json": components["schemas"]["EventView"];
        };
      };
    };
  };
  put_ui_event_views_id: {
    parameters: {
      query?: {
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
      path: {
        id: string;
      };
    };
    requestBody: {
      content: {
        "application/json": {
          name: string;
          filter: components["schemas"]["EventViewFilter"];
        };
      };
    };
    responses: {
      /** @description The view */
      200: {
        content: {
          "application/json": components["schemas"]["EventView"];
        };
      };
    };
  };
  delete_ui_event_views_id: {
    parameters: {
      query?: {
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
      path: {
        id: string;
      };
    };
    responses: {
      /** @description It is deleted */
      200: {
        content: {
          "application/json": {
            /** @enum {string} */
            status: "deleted";
            id: string;
          };
        };
      };
    };
  };
  get_ui_webhooks_export: {
    parameters: {
      query?: {
        /** @description Events of the file */
        limit?: number;
        /** @description next_cursor of the page before */
        cursor?: number;
        /** @description Path into the payload, as in project.name; together with value */
        field?: string;
        /** @description Text that the field holds */
        value?: string;
        /** @description One type */
        event_type?: string;
        /** @description Clockify, or another system */
        source?: "CLOCKIFY" | "CUSTOM";
        /** @description failed: a run of it did */
        outcome?: "waiting" | "dispatched" | "skipped" | "dead" | "failed";
        /** @description true: missed events that were found again */
        reconciled?: "true" | "false";
        /** @description true: repeats of it were dropped, as its `duplicates` counts them */
        duplicates?: "true" | "false";
        /** @description Not before this time */
        from?: string;
        /** @description Before this time */
        to?: string;
        /** @description Id of an event or of an entity */
        q?: string;
        /** @description Terms that all hold: word, "a phrase" (in any case; in the texts and numbers of the body, and in type, source, entity and id of the event), path = value (a field of the body, as field and value), and these filters by name, as in outcome:failed: event_type, source, outcome, reconciled, duplicates, from, to, id (as q). -term: it must not hold. Of a body above 1.5 MB nothing is found */
        search?: string;
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
    };
    responses: {
      /** @description The file */
      200: {
        content: {
          "application/x-ndjson": string;
        };
      };
    };
  };
  get_ui_stream: {
    parameters: {
      query?: {
        /** @description Event types with commas between; all unless given */
        types?: string;
        /** @description As the header Last-Event-ID */
        last_event_id?: string;
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
      header?: {
        /** @description Resumes after this event; those of the 5 s before it may come again */
        "last-event-id"?: string;
      };
    };
    responses: {
      /** @description A stream without an end */
      200: {
        content: {
          "text/event-stream": components["schemas"]["StreamMessage"];
        };
      };
    };
  };
  get_ui_senders: {
    parameters: {
      query?: {
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
    };
    responses: {
      /** @description What a form for a new source needs */
      200: {
        content: {
          "application/json": {
            senders: {
              /** @enum {string} */
              preset:
                | "standard_webhooks"
                | "svix"
                | "github"
                | "stripe"
                | "shopify"
                | "slack"
                | "airtable"
                | "asana"
                | "azure_event_grid"
                | "bitbucket"
                | "calendly"
                | "discord"
                | "docusign"
                | "dropbox"
                | "gitlab"
                | "hubspot"
                | "intercom"
                | "jira"
                | "linear"
                | "mailgun"
                | "mandrill"
                | "meta"
                | "microsoft_graph"
                | "monday"
                | "monday_app"
                | "notion"
                | "okta"
                | "paddle"
                | "pagerduty"
                | "paypal"
                | "paystack"
                | "sendgrid"
                | "sns"
                | "square"
                | "telegram"
                | "terraform_cloud"
                | "trello"
                | "twilio"
                | "twitch"
                | "typeform"
                | "vercel"
                | "woocommerce"
                | "xero"
                | "zendesk"
                | "zoho"
                | "zoho_payments"
                | "zoho_sign"
                | "zoom";
              label: string;
              /** @enum {string} */
              scheme:
                | "standard_webhooks"
                | "hmac_sha256"
                | "hmac_sha1"
                | "hmac_sha512"
                | "ed25519"
                | "ecdsa_sha256"
                | "rsa_sha256"
                | "jwt_hs256"
                | "basic"
                | "api_key"
                | "none";
              /** @description Options of the scheme */
              options: {
                [key: string]: components["schemas"]["Json"];
              };
              /**
               * @description Who makes the secret: this service, the sender, the sender by its first request, or there is none
               * @enum {string}
               */
              secret_from: "us" | "sender" | "handshake" | "none";
              /** @description What the sender calls it */
              secret_name: string | null;
              /** @description Text in `signed` to be replaced */
              own_text: string | null;
              note: string | null;
              /** @description What is set up at the sender, in its own words */
              steps: components["schemas"]["SetupStep"][];
            }[];
            schemes: {
              /** @enum {string} */
              scheme:
                | "standard_webhooks"
                | "hmac_sha256"
                | "hmac_sha1"
                | "hmac_sha512"
                | "ed25519"
                | "ecdsa_sha256"
                | "rsa_sha256"
                | "jwt_hs256"
                | "basic"
                | "api_key"
                | "none";
              label: string;
              /** @enum {string} */
              secret: "made" | "given" | "none";
              secret_label: string;
              fields: {
                name: string;
                label: string;
                /** @enum {string} */
                kind: "text" | "choice" | "number" | "list" | "boolean";
                choices?: string[];
                /** @enum {boolean} */
                required?: true;
                default?: string;
              }[];
            }[];
          };
        };
      };
    };
  };
  post_ui_sources_id_reveal: {
    parameters: {
      query?: {
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
      header?: {
        /** @description Chosen by the sender, 1 to 255 visible ASCII characters: for 24 hours the same request under it gets the first answer again and creates nothing */
        "Idempotency-Key"?: string;
      };
      path: {
        id: string;
      };
    };
    responses: {
      /** @description The secret */
      200: {
        content: {
          "application/json": {
            secret: string;
          };
        };
      };
    };
  };
  get_ui_sources: {
    parameters: {
      query?: {
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
    };
    responses: {
      /** @description The sources, by name */
      200: {
        content: {
          "application/json": {
            workspace_id: string;
            total: number;
            sources: components["schemas"]["Source"][];
          };
        };
      };
    };
  };
  post_ui_sources: {
    parameters: {
      query?: {
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
      header?: {
        /** @description Chosen by the sender, 1 to 255 visible ASCII characters: for 24 hours the same request under it gets the first answer again and creates nothing */
        "Idempotency-Key"?: string;
      };
    };
    requestBody: {
      content: {
        "application/json": {
          name: string;
          /** @enum {string} */
          scheme?:
            | "standard_webhooks"
            | "hmac_sha256"
            | "hmac_sha1"
            | "hmac_sha512"
            | "ed25519"
            | "ecdsa_sha256"
            | "rsa_sha256"
            | "jwt_hs256"
            | "basic"
            | "api_key"
            | "none";
          /** @enum {string} */
          preset?:
            | "standard_webhooks"
            | "svix"
            | "github"
            | "stripe"
            | "shopify"
            | "slack"
            | "airtable"
            | "asana"
            | "azure_event_grid"
            | "bitbucket"
            | "calendly"
            | "discord"
            | "docusign"
            | "dropbox"
            | "gitlab"
            | "hubspot"
            | "intercom"
            | "jira"
            | "linear"
            | "mailgun"
            | "mandrill"
            | "meta"
            | "microsoft_graph"
            | "monday"
            | "monday_app"
            | "notion"
            | "okta"
            | "paddle"
            | "pagerduty"
            | "paypal"
            | "paystack"
            | "sendgrid"
            | "sns"
            | "square"
            | "telegram"
            | "terraform_cloud"
            | "trello"
            | "twilio"
            | "twitch"
            | "typeform"
            | "vercel"
            | "woocommerce"
            | "xero"
            | "zendesk"
            | "zoho"
            | "zoho_payments"
            | "zoho_sign"
            | "zoom";
          /** @description Options of the scheme */
          options?: {
            [key: string]: components["schemas"]["Json"];
          };
          secret?: string | null;
          /** @default false */
          allow_unsigned?: boolean;
          /** @default true */
          enabled?: boolean;
          /** @default null */
          max_body_bytes?: number | null;
          /** @default 20 */
          rate_per_second?: number;
          /** @default null */
          duplicate_window_seconds?: number | null;
          /** @default null */
          answer?: {
            /** @default 200 */
            status?: number;
            /**
             * @default application/json
             * @enum {string}
             */
            content_type?: "application/json" | "text/plain" | "application/xml" | "text/xml";
            /** @default  */
            body?: string;
          } | null;
        };
      };
    };
    responses: {
      /** @description The source, with its secret for this once */
      201: {
        content: {
          "application/json": components["schemas"]["SourceWithSecret"];
        };
      };
    };
  };
  get_ui_sources_id: {
    parameters: {
      query?: {
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
      path: {
        id: string;
      };
    };
    responses: {
      /** @description The source */
      200: {
        content: {
          "application/json": components["schemas"]["Source"];
        };
      };
    };
  };
  put_ui_sources_id: {
    parameters: {
      query?: {
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
      path: {
        id: string;
      };
    };
    requestBody: {
      content: {
        "application/json": {
          /** @description Options of the scheme */
          options?: {
            [key: string]: components["schemas"]["Json"];
          };
          enabled?: boolean;
          max_body_bytes?: number | null;
          rate_per_second?: number;
          duplicate_window_seconds?: number | null;
          answer?: {
            /** @default 200 */
            status?: number;
            /**
             * @default application/json
             * @enum {string}
             */
            content_type?: "application/json" | "text/plain" | "application/xml" | "text/xml";
            /** @default  */
            body?: string;
          } | null;
        };
      };
    };
    responses: {
      /** @description The source */
      200: {
        content: {
          "application/json": components["schemas"]["Source"];
        };
      };
    };
  };
  delete_ui_sources_id: {
    parameters: {
      query?: {
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
      path: {
        id: string;
      };
    };
    responses: {
      /** @description It is deleted; `warnings` names flows that start on its events or wait for them, which none comes for now */
      200: {
        content: {
          "application/json": {
            /** @enum {string} */
            status: "deleted";
            id: string;
            warnings?: string[];
          };
        };
      };
    };
  };
  post_ui_sources_id_rotate: {
    parameters: {
      query?: {
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
      header?: {
        /** @description Chosen by the sender, 1 to 255 visible ASCII characters: for 24 hours the same request under it gets the first answer again and creates nothing */
        "Idempotency-Key"?: string;
      };
      path: {
        id: string;
      };
    };
    requestBody: {
      content: {
        "application/json": {
          secret?: string;
          /** @default 24 */
          overlap_hours?: number;
        };
      };
    };
    responses: {
      /** @description The source, with its secret for this once */
      200: {
        content: {
          "application/json": components["schemas"]["SourceWithSecret"];
        };
      };
    };
  };
  get_ui_bootstrap: {
    parameters: {
      query?: {
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
    };
    responses: {
      /** @description The state of the newest read */
      200: {
        content: {
          "application/json": {
            status: components["schemas"]["ReadStatus"];
            /** @description Lists that are finished, of `total` */
            progress: number;
            total: number;
            last_error: string | null;
            updated_at: string | null;
            /** @description The status in words */
            status_label: string;
            started_at: string | null;
            finished_at: string | null;
            /** @description null: nothing is being read */
            pages_per_second: number | null;
            /** @description By the pages of the read before; null where it does not say */
            remaining_seconds: number | null;
            lists: components["schemas"]["ReadList"][];
          };
        };
      };
    };
  };
  post_ui_bootstrap_trigger: {
    parameters: {
      query?: {
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
      header?: {
        /** @description Chosen by the sender, 1 to 255 visible ASCII characters: for 24 hours the same request under it gets the first answer again and creates nothing */
        "Idempotency-Key"?: string;
      };
    };
    responses: {
      /** @description It will be read, or is being read */
      200: {
        content: {
          "application/json": {
            /** @enum {string} */
            status: "triggered";
            message: string;
          };
        };
      };
    };
  };
  post_ui_bootstrap_lists_entity_type_read: {
    parameters: {
      query?: {
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
      header?: {
        /** @description Chosen by the sender, 1 to 255 visible ASCII characters: for 24 hours the same request under it gets the first answer again and creates nothing */
        "Idempotency-Key"?: string;
      };
      path: {
        entity_type: string;
      };
    };
    responses: {
      /** @description It will be read, or the workspace is being read */
      200: {
        content: {
          "application/json": {
            /** @enum {string} */
            status: "triggered";
            message: string;
          };
        };
      };
    };
  };
  get_ui_entities: {
    parameters: {
      query?: {
        /** @description One type, as /ui/entities/types has them; needed */
        type?: string;
        /** @description Rows of the page */
        limit?: number;
        /** @description next_cursor of the page before */
        cursor?: string;
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
    };
    responses: {
      /** @description A page of entities */
      200: {
        content: {
          "application/json": {
            workspace_id: string;
            type: string;
            entities: components["schemas"]["CachedEntity"][];
            next_cursor: string | null;
          };
        };
      };
    };
  };
  get_ui_entities_types: {
    parameters: {
      query?: {
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
    };
    responses: {
      /** @description The types with their numbers */
      200: {
        content: {
          "application/json": {
            workspace_id: string;
            total: number;
            types: {
              type: string;
              count: number;
            }[];
          };
        };
      };
    };
  };
  post_bootstrap_workspace_id: {
    parameters: {
      query?: {
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
      header?: {
        /** @description Chosen by the sender, 1 to 255 visible ASCII characters: for 24 hours the same request under it gets the first answer again and creates nothing */
        "Idempotency-Key"?: string;
      };
      path: {
        workspace_id: string;
      };
    };
    responses: {
      /** @description It will be read, or is being read */
      200: {
        content: {
          "application/json": {
            job_id: string;
            /** @enum {string} */
            status: "started";
          };
        };
      };
    };
  };
  get_bootstrap_workspace_id_status: {
    parameters: {
      query?: {
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
      path: {
        workspace_id: string;
      };
    };
    responses: {
      /** @description The state of the newest read; of a workspace that was never read its status alone */
      200: {
        content: {
          "application/json": {
            /** @enum {string} */
            status: "NOT_STARTED";
          } | {
            id: string;
            status: components["schemas"]["ReadStatus"];
            started_at: string | null;
            completed_at: string | null;
            total_endpoints: number;
            completed_endpoints: number;
            failed_endpoints: number;
            errors: {
              operation_id: string;
              error: string | null;
            }[];
            /** @description Entities by type */
            results: {
              [key: string]: number;
            };
          };
        };
      };
    };
  };
  get_ui_entities_kind_id_timeline: {
    parameters: {
      query?: {
        /** @description Rows of the page */
        limit?: number;
        /** @description next_cursor of the page before */
        cursor?: string;
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
      path: {
        kind: string;
        id: string;
      };
    };
    responses: {
      /** @description The entity and a page of its timeline */
      200: {
        content: {
          "application/json": {
            workspace_id: string;
            type: string;
            id: string;
            /** @description null: it is not cached, or not for members */
            entity: components["schemas"]["TimelineEntity"] | null;
            items: components["schemas"]["TimelineItem"][];
            pagination: components["schemas"]["CursorPage"];
          };
        };
      };
    };
  };
  get_ui_entities_names: {
    parameters: {
      query?: {
        /** @description 1 to 100 ids with commas; needed */
        ids?: string;
        /** @description Assumed for ids that are not known */
        type?:
          | "project"
          | "client"
          | "tag"
          | "task"
          | "user"
          | "user_group"
          | "custom_field"
          | "expense_category"
          | "holiday"
          | "time_off_policy"
          | "shared_report"
          | "workspace";
        /** @description true: only what was read before, Clockify is not asked */
        cached?: "true" | "false";
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
    };
    responses: {
      /** @description The names */
      200: {
        content: {
          "application/json": {
            names: {
              [key: string]: components["schemas"]["EntityName"];
            };
          };
        };
      };
    };
  };
  get_ui_entities_search: {
    parameters: {
      query?: {
        /** @description One type */
        type?:
          | "project"
          | "client"
          | "tag"
          | "task"
          | "user"
          | "user_group"
          | "custom_field"
          | "expense_category"
          | "holiday"
          | "time_off_policy"
          | "shared_report"
          | "workspace";
        /** @description Rows */
        limit?: number;
        /** @description A part of the name, in any script; needed */
        q?: string;
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
    };
    responses: {
      /** @description Those whose name begins with it first */
      200: {
        content: {
          "application/json": {
            entities: components["schemas"]["NamedEntity"][];
          };
        };
      };
    };
  };
  get_ui_api_explorer_endpoints: {
    parameters: {
      query?: {
        /** @description Plain words, as in: stop the running timer */
        q?: string;
        /** @description One tag, in any case */
        tag?: string;
        /** @description One method */
        method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
        /** @description Those that read, or those that write */
        access?: "read" | "write";
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
    };
    responses: {
      /** @description Those that fit */
      200: {
        content: {
          "application/json": components["schemas"]["EndpointList"];
        };
      };
      /** @description The caller has it, by If-None-Match */
    };
  };
  get_ui_api_explorer_endpoints_operation_id: {
    parameters: {
      query?: {
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
      path: {
        /** @description The operation_id, or METHOD /path with its spaces, slashes and braces encoded */
        operation_id: string;
      };
    };
    responses: {
      /** @description The operation */
      200: {
        content: {
          "application/json": components["schemas"]["EndpointDetail"];
        };
      };
    };
  };
  get_ui_api_explorer_catalogue: {
    parameters: {
      query?: {
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
    };
    responses: {
      /** @description The catalogue, its differences, and the flows that meet them */
      200: {
        content: {
          "application/json": components["schemas"]["CatalogueInUse"];
        };
      };
    };
  };
  post_ui_api_explorer_execute: {
    parameters: {
      query?: {
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
      header?: {
        /** @description Chosen by the sender, 1 to 255 visible ASCII characters: for 24 hours the same request under it gets the first answer again and creates nothing */
        "Idempotency-Key"?: string;
      };
    };
    requestBody: {
      content: {
        "application/json": components["schemas"]["CallRequest"];
      };
    };
    responses: {
      /** @description What came of it; or with `pages`, one JSON object a line: {type: start}, {type: item, item}, {type: progress} after each page, {type: error, error} where a page failed, and {type: end} with the count, what stopped it and where to read on; or a file as it is, with its own content type, where the request asks for that */
      200: {
        content: {
          "application/json": components["schemas"]["CallAnswer"];
          "application/x-ndjson": components["schemas"]["PageLine"];
          "application/octet-stream": string;
        };
      };
    };
  };
  post_ui_api_explorer_snippet: {
    parameters: {
      query?: {
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
    };
    requestBody: {
      content: {
        "application/json": {
          /** @description The login's; also workspaceId */
          workspace_id?: string;
          /** @description Also operationId; or method and path */
          operation_id?: string;
          method?: string;
          /** @description Template or address, also endpoint */
          path?: string;
          /** @description {path, query, body}, or parameters of both side by side */
          params?: {
            [key: string]: components["schemas"]["Json"];
          };
          /** @description Also pathParams. An id may be {"$name": "..."} or "name:..." */
          path_params?: {
            [key: string]: components["schemas"]["Json"];
          };
          /** @description Also queryParams and query */
          query_params?: {
            [key: string]: components["schemas"]["Json"];
          };
          body?: components["schemas"]["Json"];
          /** @description The body is sent as it is. Without it, a full replace is read and merged: what the body leaves out stays */
          replace?: boolean;
          /** @description Also contextBindings: parameters that hold the login's ids */
          context_bindings?: {
            [key: string]: "workspaceId" | "userId";
          };
          /**
           * @description Whose rights are used; members use their own
           * @enum {string}
           */
          as?: "addon" | "viewer";
          /** @description Also confirmToken: of the preview of this very request */
          confirm_token?: string;
          /** @description A file (a report as PDF, CSV, XLSX or ZIP, an invoice, a receipt) comes as it is with its content type, up to 50 MB. Without it: within the JSON, as text or base64, up to 1 MB. What is JSON, and what Clockify refuses, comes as ever */
          raw?: boolean;
          /** @description Also developerMode: shows admins what was sent */
          developer_mode?: boolean;
        } & {
          [key: string]: components["schemas"]["Json"];
        };
      };
    };
    responses: {
      /** @description The snippets */
      200: {
        content: {
          "application/json": {
            operation_id: string;
            method: string;
            path: string;
            snippets: {
              curl: string;
              fetch: string;
            };
          };
        };
      };
    };
  };
  post_ui_api_explorer_flow_step: {
    parameters: {
      query?: {
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
    };
    requestBody: {
      content: {
        "application/json": {
          /** @description The login's; also workspaceId */
          workspace_id?: string;
          /** @description Also operationId; or method and path */
          operation_id?: string;
          method?: string;
          /** @description Template or address, also endpoint */
          path?: string;
          /** @description {path, query, body}, or parameters of both side by side */
          params?: {
            [key: string]: components["schemas"]["Json"];
          };
          /** @description Also pathParams. An id may be {"$name": "..."} or "name:..." */
          path_params?: {
            [key: string]: components["schemas"]["Json"];
          };
          /** @description Also queryParams and query */
          query_params?: {
            [key: string]: components["schemas"]["Json"];
          };
          body?: components["schemas"]["Json"];
          /** @description The body is sent as it is. Without it, a full replace is read and merged: what the body leaves out stays */
          replace?: boolean;
          /** @description Also contextBindings: parameters that hold the login's ids */
          context_bindings?: {
            [key: string]: "workspaceId" | "userId";
          };
          /**
           * @description Whose rights are used; members use their own
           * @enum {string}
           */
          as?: "addon" | "viewer";
          /** @description Also confirmToken: of the preview of this very request */
          confirm_token?: string;
          /** @description A file (a report as PDF, CSV, XLSX or ZIP, an invoice, a receipt) comes as it is with its content type, up to 50 MB. Without it: within the JSON, as text or base64, up to 1 MB. What is JSON, and what Clockify refuses, comes as ever */
          raw?: boolean;
          /** @description Also developerMode: shows admins what was sent */
          developer_mode?: boolean;
        } & {
          [key: string]: components["schemas"]["Json"];
        };
      };
    };
    responses: {
      /** @description The action, for the `actions` of a flow */
      200: {
        content: {
          "application/json": {
            action: {
              [key: string]: components["schemas"]["Json"];
            };
            /** @description Texts that a flow would take for expressions */
            warnings: components["schemas"]["Fault"][];
          };
        };
      };
    };
  };
  get_ui_api_explorer_history: {
    parameters: {
      query?: {
        /** @description Rows of the page */
        limit?: number;
        /** @description next_cursor of the page before */
        cursor?: number;
        /** @description Of one operation */
        operation_id?: string;
        /** @description Of one person, for admins */
        person?: string;
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
    };
    responses: {
      /** @description A page of calls */
      200: {
        content: {
          "application/json": {
            workspace_id: string;
            pagination: components["schemas"]["CursorPage"];
            calls: components["schemas"]["HandCall"][];
          };
        };
      };
    };
  };
  get_ui_api_explorer_history_id: {
    parameters: {
      query?: {
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
      path: {
        id: string;
      };
    };
    responses: {
      /** @description The call */
      200: {
        content: {
          "application/json": {
            id: string;
            at: string;
            /** @description Id of a user, or operator:<name> */
            person: string;
            /** @enum {string} */
            via: "explorer" | "api_call";
            operation_id: string;
            method: string;
            path: string;
            /** @enum {string} */
            as: "addon" | "viewer";
            /** @description As POST /ui/api-explorer/execute answers it */
            status: string;
            status_code: number | null;
            error_code: string | null;
            duration_ms: number;
            size: number | null;
            /** @description path_params, query_params, body */
            request: {
              [key: string]: components["schemas"]["Json"];
            };
            answer: components["schemas"]["Json"];
          };
        };
      };
    };
  };
  get_ui_api_explorer_saved: {
    parameters: {
      query?: {
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
    };
    responses: {
      /** @description The calls */
      200: {
        content: {
          "application/json": {
            workspace_id: string;
            total: number;
            saved: components["schemas"]["SavedCall"][];
          };
        };
      };
    };
  };
  post_ui_api_explorer_saved: {
    parameters: {
      query?: {
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
      header?: {
        /** @description Chosen by the sender, 1 to 255 visible ASCII characters: for 24 hours the same request under it gets the first answer again and creates nothing */
        "Idempotency-Key"?: string;
      };
    };
    requestBody: {
      content: {
        "application/json": {
          name: string;
          /**
           * @description All of the workspace see it
           * @default false
           */
          shared?: boolean;
          /** @description As POST /ui/api-explorer/execute takes it */
          request: {
            [key: string]: components["schemas"]["Json"];
          };
        };
      };
    };
    responses: {
      /** @description It is saved */
      201: {
        content: {
          "application/json": components["schemas"]["SavedCall"];
        };
      };
    };
  };
  get_ui_api_explorer_saved_id: {
    parameters: {
      query?: {
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
      path: {
        id: string;
      };
    };
    responses: {
      /** @description The call */
      200: {
        content: {
          "application/json": components["schemas"]["SavedCall"];
        };
      };
    };
  };
  put_ui_api_explorer_saved_id: {
    parameters: {
      query?: {
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
      path: {
        id: string;
      };
    };
    requestBody: {
      content: {
        "application/json": {
          name: string;
          /**
           * @description All of the workspace see it
           * @default false
           */
          shared?: boolean;
          /** @description As POST /ui/api-explorer/execute takes it */
          request: {
            [key: string]: components["schemas"]["Json"];
          };
        };
      };
    };
    responses: {
      /** @description The call */
      200: {
        content: {
          "application/json": components["schemas"]["SavedCall"];
        };
      };
    };
  };
  delete_ui_api_explorer_saved_id: {
    parameters: {
      query?: {
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
      path: {
        id: string;
      };
    };
    responses: {
      /** @description It is deleted */
      200: {
        content: {
          "application/json": {
            /** @enum {string} */
            status: "deleted";
            id: string;
          };
        };
      };
    };
  };
  post_api_call: {
    parameters: {
      query?: {
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
      header?: {
        /** @description Chosen by the sender, 1 to 255 visible ASCII characters: for 24 hours the same request under it gets the first answer again and creates nothing */
        "Idempotency-Key"?: string;
      };
    };
    requestBody: {
      content: {
        "application/json": {
          /** @description The login's; also workspaceId */
          workspace_id?: string;
          /** @description Also operationId; or method and path */
          operation_id?: string;
          method?: string;
          /** @description Template or address, also endpoint */
          path?: string;
          /** @description {path, query, body}, or parameters of both side by side */
          params?: {
            [key: string]: components["schemas"]["Json"];
          };
          /** @description Also pathParams. An id may be {"$name": "..."} or "name:..." */
          path_params?: {
            [key: string]: components["schemas"]["Json"];
          };
          /** @description Also queryParams and query */
          query_params?: {
            [key: string]: components["schemas"]["Json"];
          };
          body?: components["schemas"]["Json"];
          /** @description The body is sent as it is. Without it, a full replace is read and merged: what the body leaves out stays */
          replace?: boolean;
          /** @description Also contextBindings: parameters that hold the login's ids */
          context_bindings?: {
            [key: string]: "workspaceId" | "userId";
          };
          /**
           * @description Whose rights are used; members use their own
           * @enum {string}
           */
          as?: "addon" | "viewer";
          /** @description Also confirmToken: of the preview of this very request */
          confirm_token?: string;
          /** @description A file (a report as PDF, CSV, XLSX or ZIP, an invoice, a receipt) comes as it is with its content type, up to 50 MB. Without it: within the JSON, as text or base64, up to 1 MB. What is JSON, and what Clockify refuses, comes as ever */
          raw?: boolean;
          /** @description Also developerMode: shows admins what was sent */
          developer_mode?: boolean;
          endpoint?: string;
          /** @description Also queryParams and query */
          query?: {
            [key: string]: components["schemas"]["Json"];
          };
        } & {
          [key: string]: components["schemas"]["Json"];
        };
      };
    };
    responses: {
      /** @description What came of it; or a file as it is, with its own content type, where the request asks for that */
      200: {
        content: {
          "application/json": components["schemas"]["ApiCallAnswer"];
          "application/octet-stream": string;
        };
      };
    };
  };
  get_api_call_path: {
    parameters: {
      query?: {
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
      path: {
        path: string;
      };
    };
    responses: {
      /** @description What came of it; or a file as it is, with its own content type, where the request asks for that */
      200: {
        content: {
          "application/json": components["schemas"]["ApiCallAnswer"];
          "application/octet-stream": string;
        };
      };
    };
  };
  get_ui_webhooks_coverage: {
    parameters: {
      query?: {
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
    };
    responses: {
      /** @description What the last check found */
      200: {
        content: {
          "application/json": {
            workspace_id: string;
            /**
             * Format: date-time
             * @description null: there was no check yet
             */
            checked_at: string | null;
            summary: components["schemas"]["CoverageSummary"];
            reconciliation: components["schemas"]["Reconciliation"];
            events: components["schemas"]["CoveredEvent"][];
          };
        };
      };
    };
  };
  post_ui_webhooks_coverage_check: {
    parameters: {
      query?: {
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
      header?: {
        /** @description Chosen by the sender, 1 to 255 visible ASCII characters: for 24 hours the same request under it gets the first answer again and creates nothing */
        "Idempotency-Key"?: string;
      };
    };
    responses: {
      /** @description A check will follow */
      202: {
        content: {
          "application/json": {
            workspace_id: string;
            /** @enum {string} */
            status: "requested";
          };
        };
      };
    };
  };
  post_ui_webhooks_coverage_reconcile: {
    parameters: {
      query?: {
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
      header?: {
        /** @description Chosen by the sender, 1 to 255 visible ASCII characters: for 24 hours the same request under it gets the first answer again and creates nothing */
        "Idempotency-Key"?: string;
      };
    };
    responses: {
      /** @description A search will follow */
      202: {
        content: {
          "application/json": {
            workspace_id: string;
            /** @enum {string} */
            status: "requested";
          };
        };
      };
    };
  };
  get_ui_webhooks_api_key: {
    parameters: {
      query?: {
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
    };
    responses: {
      /** @description Whether, and since when */
      200: {
        content: {
          "application/json": components["schemas"]["ApiKey"];
        };
      };
    };
  };
  put_ui_webhooks_api_key: {
    parameters: {
      query?: {
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
    };
    requestBody: {
      content: {
        "application/json": {
          api_key: string;
        };
      };
    };
    responses: {
      /** @description The key is stored */
      200: {
        content: {
          "application/json": components["schemas"]["ApiKey"];
        };
      };
    };
  };
  delete_ui_webhooks_api_key: {
    parameters: {
      query?: {
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
    };
    responses: {
      /** @description Its webhooks are being removed at Clockify */
      202: {
        content: {
          "application/json": {
            workspace_id: string;
            configured: boolean;
            configured_at: string | null;
            /** @enum {string} */
            status: "removing";
          };
        };
      };
    };
  };
  get_ui_forwarding: {
    parameters: {
      query?: {
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
    };
    responses: {
      /** @description The address, its secret's age, and the last attempts */
      200: {
        content: {
          "application/json": {
            workspace_id: string;
            enabled: boolean;
            url: string | null;
            secret_configured: boolean;
            secret_created_at: string | null;
            results: components["schemas"]["ForwardResult"][];
          };
        };
      };
    };
  };
  post_ui_forwarding_secret: {
    parameters: {
      query?: {
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
      header?: {
        /** @description Chosen by the sender, 1 to 255 visible ASCII characters: for 24 hours the same request under it gets the first answer again and creates nothing */
        "Idempotency-Key"?: string;
      };
    };
    responses: {
      /** @description The secret */
      201: {
        content: {
          "application/json": {
            secret: string;
            previous_valid_until: string | null;
          };
        };
      };
    };
  };
  get_ui_overview: {
    parameters: {
      query?: {
        /** @description Whole clock hours up to now */
        hours?: number;
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
    };
    responses: {
      /** @description The numbers of the period, the state of the workspace, and its alarms */
      200: {
        content: {
          "application/json": components["schemas"]["Overview"];
        };
      };
    };
  };
  get_ui_stops: {
    parameters: {
      query?: {
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
    };
    responses: {
      /** @description Clockify's pause first, then hosts whose circuit breaker is open; empty where all runs */
      200: {
        content: {
          "application/json": {
            stops: components["schemas"]["Stop"][];
          };
        };
      };
    };
  };
  get_ui_done: {
    parameters: {
      query?: {
        /** @description Absent: a day ago; 7 days ago at the earliest, whatever is named */
        from?: string;
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
    };
    responses: {
      /** @description Writes that Clockify confirmed, by what was written, the most frequent first */
      200: {
        content: {
          "application/json": {
            from: string;
            done: components["schemas"]["DoneCount"][];
            /** @description Changes since then, by whom ever, that an undo could take back */
            undoable: number;
            /** @description There are more than the 20,000 that are counted, the newest */
            is_part: boolean;
          };
        };
      };
    };
  };
  get_ui_search: {
    parameters: {
      query?: {
        /** @description A part of a name in any script, or an id; needed */
        q?: string;
        /** @description Rows of each kind */
        limit?: number;
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
    };
    responses: {
      /** @description What has it as its id first, then flows, sources and entities whose name holds it */
      200: {
        content: {
          "application/json": {
            found: components["schemas"]["Found"][];
          };
        };
      };
    };
  };
  get_ui_addons: {
    parameters: {
      query?: {
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
    };
    responses: {
      /** @description At most 8 */
      200: {
        content: {
          "application/json": {
            workspace_id: string;
            addons: components["schemas"]["WorkspaceAddon"][];
          };
        };
      };
    };
  };
  get_ui_together_webhooks: {
    parameters: {
      query?: {
        /** @description Rows of the page */
        limit?: number;
        /** @description next_cursor of the page before */
        cursor?: string;
        /** @description Only these add-ons: their keys, with commas */
        addons?: string;
        /** @description Path into the payload, as in project.name; together with value */
        field?: string;
        /** @description Text that the field holds */
        value?: string;
        /** @description One type */
        event_type?: string;
        /** @description Clockify, or another system */
        source?: "CLOCKIFY" | "CUSTOM";
        /** @description failed: a run of it did */
        outcome?: "waiting" | "dispatched" | "skipped" | "dead" | "failed";
        /** @description true: missed events that were found again */
        reconciled?: "true" | "false";
        /** @description true: repeats of it were dropped, as its `duplicates` counts them */
        duplicates?: "true" | "false";
        /** @description Not before this time */
        from?: string;
        /** @description Before this time */
        to?: string;
        /** @description Id of an event or of an entity */
        q?: string;
        /** @description Terms that all hold: word, "a phrase" (in any case; in the texts and numbers of the body, and in type, source, entity and id of the event), path = value (a field of the body, as field and value), and these filters by name, as in outcome:failed: event_type, source, outcome, reconciled, duplicates, from, to, id (as q). -term: it must not hold. Of a body above 1.5 MB nothing is found */
        search?: string;
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
    };
    responses: {
      /** @description A page of events; that one add-on does not answer leaves those of the others */
      200: {
        content: {
          "application/json": {
            workspace_id: string;
            pagination: components["schemas"]["CursorPage"];
            /** @description The add-ons that were asked */
            addons: components["schemas"]["AskedAddon"][];
            webhooks: components["schemas"]["AddonEvent"][];
          };
        };
      };
    };
  };
  get_ui_together_runs: {
    parameters: {
      query?: {
        /** @description Rows of the page */
        limit?: number;
        /** @description next_cursor of the page before */
        cursor?: string;
        /** @description Only these add-ons: their keys, with commas */
        addons?: string;
        /** @description Of one flow */
        flow_id?: number;
        /** @description Of one event */
        event_id?: number;
        /** @description In this state; active: pending, running or waiting */
        state?: "pending" | "running" | "waiting" | "completed" | "failed" | "cancelled" | "active";
        /** @description Created not before this time */
        from?: string;
        /** @description Created before this time */
        to?: string;
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
    };
    responses: {
      /** @description A page of runs; that one add-on does not answer leaves those of the others */
      200: {
        content: {
          "application/json": {
            workspace_id: string;
            pagination: components["schemas"]["CursorPage"];
            /** @description The add-ons that were asked */
            addons: components["schemas"]["AskedAddon"][];
            runs: components["schemas"]["AddonRun"][];
          };
        };
      };
    };
  };
  get_ui_together_issues: {
    parameters: {
      query?: {
        /** @description Only these add-ons: their keys, with commas */
        addons?: string;
        /** @description In this state */
        state?: "open" | "muted" | "resolved";
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
    };
    responses: {
      /** @description The issues of each add-on that answers */
      200: {
        content: {
          "application/json": {
            workspace_id: string;
            /** @description The add-ons that were asked */
            addons: components["schemas"]["AskedAddon"][];
            /** @description Of all states */
            counts: {
              open: number;
              muted: number;
              resolved: number;
            };
            /** @description There are failures that were not looked through, or more issues */
            is_cut: boolean;
            issues: components["schemas"]["AddonIssue"][];
          };
        };
      };
    };
  };
  get_ui_together_search: {
    parameters: {
      query?: {
        /** @description Only these add-ons: their keys, with commas */
        addons?: string;
        /** @description A part of a name in any script, or an id; needed */
        q?: string;
        /** @description Rows of each kind */
        limit?: number;
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
    };
    responses: {
      /** @description What each add-on that answers found */
      200: {
        content: {
          "application/json": {
            workspace_id: string;
            /** @description The add-ons that were asked */
            addons: components["schemas"]["AskedAddon"][];
            found: components["schemas"]["AddonFound"][];
          };
        };
      };
    };
  };
  get_ui_dashboard: {
    parameters: {
      query?: {
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
    };
    responses: {
      /** @description The numbers */
      200: {
        content: {
          "application/json": {
            workspace_id: string;
            bootstrap: {
              status: components["schemas"]["ReadStatus"];
              /** @description Lists that are finished, of `total` */
              progress: number;
              total: number;
              last_error: string | null;
              updated_at: string | null;
              /** @description The status in words */
              status_label: string;
            };
            entity_counts: {
              by_type: {
                [key: string]: number;
              };
              total: number;
              /** @description The same as a sentence */
              summary: string;
            };
            flows: {
              total: number;
              enabled: number;
              /** @description The same as a sentence */
              summary: string;
            };
            recent_activity: {
              webhooks_24h: number;
              /** @description At most 10,000, which stands for more too */
              executions_24h: number;
              /** @description The same as a sentence */
              summary: string;
            };
            receiving: {
              last_event_at: string | null;
              /** @description Those of this clock hour and, in proportion, of the one before */
              events_last_hour: number;
            };
          };
        };
      };
    };
  };
  get_ui_parts: {
    parameters: {
      query?: {
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
    };
    responses: {
      /** @description The parts, each with a sentence */
      200: {
        content: {
          "application/json": {
            parts: components["schemas"]["Part"][];
          };
        };
      };
    };
  };
  get_ui_doctor: {
    responses: {
      /** @description What was found */
      200: {
        content: {
          "application/json": {
            version: string;
            checks: components["schemas"]["Check"][];
          };
        };
      };
    };
  };
  get_ui_retention: {
    parameters: {
      query?: {
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
    };
    responses: {
      /** @description The days, where each comes from, and the last sweeps */
      200: {
        content: {
          "application/json": {
            workspace_id: string;
            /** @description Days kept; 0: without an end */
            webhook_log_days: number;
            /** @description Days kept; 0: without an end */
            flow_execution_days: number;
            /** @description Days kept; 0: without an end */
            cache_ttl_days: number;
            /** @description Days kept; 0: without an end */
            call_log_days: number;
            sources: {
              /** @enum {string} */
              webhook_log_days: "workspace" | "environment";
              /** @enum {string} */
              flow_execution_days: "workspace" | "environment";
              /** @enum {string} */
              cache_ttl_days: "workspace" | "environment";
            };
            kept: {
              /**
               * @description Events; finished runs; records of requests to Clockify; entities read from it; the journal of changes; the audit; and all of it after an uninstall
               * @enum {string}
               */
              kind: "events" | "runs" | "calls" | "entities" | "journal" | "audit" | "uninstalled";
              /** @description Days kept; 0: without an end */
              days: number;
              /** @enum {string} */
              source: "workspace" | "environment";
              /** @description Sets it for workspaces that do not */
              variable: string;
              /** @description Why it is not kept longer */
              reason: string;
            }[];
            next_run_at: string;
            last_runs: {
              /**
               * Format: date-time
               * @description Beginning of the hour that the sweep stands for
               */
              slot: string;
              state: string;
              finished_at: string | null;
              /** @description Rows of the workspace, by table */
              deleted: {
                [key: string]: number;
              };
            }[];
          };
        };
      };
    };
  };
  get_ui_uninstall_preview: {
    parameters: {
      query?: {
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
    };
    responses: {
      /** @description The counts as of now */
      200: {
        content: {
          "application/json": components["schemas"]["UninstallPreview"];
        };
      };
    };
  };
  get_ui_workspace_export: {
    parameters: {
      query?: {
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
    };
    responses: {
      /** @description The file */
      200: {
        content: {
          "application/json": components["schemas"]["WorkspaceFile"];
        };
      };
    };
  };
  get_ui_audit: {
    parameters: {
      query?: {
        /** @description Rows of the page */
        limit?: number;
        /** @description next_cursor of the page before */
        cursor?: number;
        /** @description Id of a user, or name of an operator */
        actor?: string;
        /** @description As the entries show it */
        action?: string;
        /** @description `omit`: without what an operator only read, as an open console does; a page may then be short */
        reads?: "include" | "omit";
        /** @description Not before this time */
        from?: string;
        /** @description Before this time */
        to?: string;
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
    };
    responses: {
      /** @description A page of entries */
      200: {
        content: {
          "application/json": {
            workspace_id: string;
            pagination: components["schemas"]["CursorPage"];
            /** @description Changes of all pages; null unless reads are omitted: those are not counted */
            total: number | null;
            /** @description Who made changes, whatever is asked for, at most 100; empty unless reads are omitted */
            actors: components["schemas"]["AuditActor"][];
            entries: components["schemas"]["AuditEntry"][];
          };
        };
      };
    };
  };
  get_installations: {
    responses: {
      /** @description The installations */
      200: {
        content: {
          "application/json": {
            total: number;
            installations: {
              workspace_id: string;
              addon_id: string;
              /** @enum {string} */
              status: "active" | "inactive" | "uninstalled";
              installed_at: string;
            }[];
          };
        };
      };
    };
  };
  get_webhooks: {
    parameters: {
      query?: {
        /** @description Rows of the page */
        limit?: number;
        /** @description The workspace; required with an operator's key */
        workspace_id?: string;
      };
    };
    responses: {
      /** @description The newest events */
      200: {
        content: {
          "application/json": {
            workspace_id: string;
            webhooks: components["schemas"]["EventSummary"][];
          };
        };
      };
    };
  };
  get_openapi_endpoints: {
    responses: {
      /** @description The operations */
      200: {
        content: {
          "application/json": {
            total: number;
            endpoints: {
              operation_id: string;
              /** @enum {string} */
              method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
              path: string;
            }[];
          };
        };
      };
    };
  };
  get_api_v1_agents: {
    parameters: {
      query?: {
        /** @description Page, from 1 */
        page?: number;
        /** @description Rows of a page */
        page_size?: number;
        /** @description Only with this status; absent: all that are not deleted */
        status?: "active" | "inactive" | "deleted";
        /** @description A part of the name */
        name?: string;
      };
    };
    responses: {
      /** @description A page of agents */
      200: {
        content: {
          "application/json": {
            items: components["schemas"]["Agent"][];
            /** @description Of all pages */
            total: number;
            page: number;
            page_size: number;
            total_pages: number;
          };
        };
      };
    };
  };
  post_api_v1_agents: {
    parameters: {
      header?: {
        /** @description Chosen by the sender, 1 to 255 visible ASCII characters: for 24 hours the same request under it gets the first answer again and creates nothing */
        "Idempotency-Key"?: string;
      };
    };
    requestBody: {
      content: {
        "application/json": {
          name: string;
          url: string;
          description?: string | null;
          /**
           * @default none
           * @enum {string}
           */
          auth_type?: "none" | "bearer" | "apikey";
          auth_config?: {
            token: string;
          } | {
            key: string;
            /** @default X-API-Key */
            header_name?: string;
          } | null;
          /** @default 30000 */
          timeout_ms?: number;
          /** @default {} */
          retry_config?: {
            /** @default 3 */
            max_retries?: number;
            /** @default 1000 */
            initial_delay_ms?: number;
            /** @default 30000 */
            max_delay_ms?: number;
            /** @default 2 */
            backoff_multiplier?: number;
          };
          circuit_breaker_config?: {
            enabled?: boolean;
            failure_threshold?: number;
            failure_rate_threshold?: number;
            timeout_seconds?: number;
            half_open_max_calls?: number;
            window_size_seconds?: number;
          } | null;
          /**
           * @default active
           * @enum {string}
           */
          status?: "active" | "inactive";
        };
      };
    };
    responses: {
      /** @description The agent */
      201: {
        content: {
          "application/json": components["schemas"]["Agent"];
        };
      };
    };
  };
  get_api_v1_agents_agent_id: {
    parameters: {
      path: {
        /** @description Id of the agent */
        agent_id: string;
      };
    };
    responses: {
      /** @description The agent, also one that was deleted */
      200: {
        content: {
          "application/json": components["schemas"]["Agent"];
        };
      };
    };
  };
  put_api_v1_agents_agent_id: {
    parameters: {
      header?: {
        /** @description ETag of what is changed, as it was read */
        "if-match"?: string;
      };
      path: {
        /** @description Id of the agent */
        agent_id: string;
      };
    };
    requestBody: {
      content: {
        "application/json": {
          url?: string;
          description?: string | null;
          /** @enum {string} */
          auth_type?: "none" | "bearer" | "apikey";
          auth_config?: {
            token: string;
          } | {
            key: string;
            /** @default X-API-Key */
            header_name?: string;
          } | null;
          timeout_ms?: number;
          retry_config?: {
            /** @default 3 */
            max_retries?: number;
            /** @default 1000 */
            initial_delay_ms?: number;
            /** @default 30000 */
            max_delay_ms?: number;
            /** @default 2 */
            backoff_multiplier?: number;
          };
          circuit_breaker_config?: {
            enabled?: boolean;
            failure_threshold?: number;
            failure_rate_threshold?: number;
            timeout_seconds?: number;
            half_open_max_calls?: number;
            window_size_seconds?: number;
          } | null;
          /** @enum {string} */
          status?: "active" | "inactive";
        };
      };
    };
    responses: {
      /** @description The agent */
      200: {
        content: {
          "application/json": components["schemas"]["Agent"];
        };
      };
    };
  };
  delete_api_v1_agents_agent_id: {
    parameters: {
      header?: {
        /** @description ETag of what is changed, as it was read */
        "if-match"?: string;
      };
      path: {
        /** @description Id of the agent */
        agent_id: string;
      };
    };
    responses: {
      /** @description It is deleted */
      200: {
        content: {
          "application/json": components["schemas"]["AgentDeleted"];
        };
      };
    };
  };
  get_api_v1_agents_agent_id_health: {
    parameters: {
      path: {
        /** @description Id of the agent */
        agent_id: string;
      };
    };
    responses: {
      /** @description What it answered */
      200: {
        content: {
          "application/json": components["schemas"]["AgentHealth"];
        };
      };
    };
  };
  post_api_v1_agents_agent_id_call: {
    parameters: {
      path: {
        /** @description Id of the agent */
        agent_id: string;
      };
    };
    requestBody: {
      content: {
        "application/json": {
          text: string;
        };
      };
    };
    responses: {
      /** @description What it answered, or why it gave nothing */
      200: {
        content: {
          "application/json": components["schemas"]["AgentCall"];
        };
      };
    };
  };
  get_api_v1_agents_agent_id_uses: {
    parameters: {
      query?: {
        /** @description Page, from 1 */
        page?: number;
        /** @description Rows of a page */
        page_size?: number;
      };
      path: {
        /** @description Id of the agent */
        agent_id: string;
      };
    };
    responses: {
      /** @description A page of workflows, by name, each with the steps that name the agent */
      200: {
        content: {
          "application/json": {
            items: components["schemas"]["AgentUse"][];
            /** @description Of all pages */
            total: number;
            page: number;
            page_size: number;
            total_pages: number;
            /** @description There are workflows that were not looked through */
            is_cut: boolean;
          };
        };
      };
    };
  };
  get_api_v1_agents_agent_id_calls: {
    parameters: {
      path: {
        /** @description Id of the agent */
        agent_id: string;
      };
    };
    responses: {
      /** @description The calls */
      200: {
        content: {
          "application/json": {
            items: components["schemas"]["AgentStepCall"][];
          };
        };
      };
    };
  };
  post_api_v1_agents_agent_id_reset_breaker: {
    parameters: {
      path: {
        /** @description Id of the agent */
        agent_id: string;
      };
    };
    responses: {
      /** @description It is closed, as it may have been before */
      200: {
        content: {
          "application/json": {
            agent_id: string;
            /** @enum {string} */
            state: "open" | "half_open" | "closed";
            was_open: boolean;
          };
        };
      };
    };
  };
  get_api_v1_workflows: {
    parameters: {
      query?: {
        /** @description Page, from 1 */
        page?: number;
        /** @description Rows of a page */
        page_size?: number;
        /** @description Only with this status; absent: all that are not deleted */
        status?: "draft" | "active" | "inactive" | "deprecated" | "archived" | "deleted";
        /** @description A part of the name */
        name?: string;
        /** @description What they are sorted by; absent: created_at */
        sort_by?: "name" | "created_at" | "updated_at" | "version";
        /** @description Absent: desc */
        sort_order?: "asc" | "desc";
      };
    };
    responses: {
      /** @description A page of workflows */
      200: {
        content: {
          "application/json": {
            items: components["schemas"]["Workflow"][];
            /** @description Of all pages */
            total: number;
            page: number;
            page_size: number;
            total_pages: number;
          };
        };
      };
    };
  };
  post_api_v1_workflows: {
    parameters: {
      header?: {
        /** @description Chosen by the sender, 1 to 255 visible ASCII characters: for 24 hours the same request under it gets the first answer again and creates nothing */
        "Idempotency-Key"?: string;
      };
    };
    requestBody: {
      content: {
        "application/json": {
          name: string;
          description?: string | null;
          start_step: string;
          steps: {
            [key: string]: {
              id?: string;
              name?: string;
              description?: string | null;
              next_step?: string | null;
              /**
               * @default agent
               * @enum {string}
               */
              type?: "agent";
              agent_name: string;
              /** @default {} */
              input_mapping?: {
                [key: string]: components["schemas"]["Json"];
              };
            } | {
              id?: string;
              name?: string;
              description?: string | null;
              next_step?: string | null;
              /** @enum {string} */
              type: "parallel";
              parallel_steps: string[];
              max_parallelism?: number | null;
            } | {
              id?: string;
              name?: string;
              description?: string | null;
              next_step?: string | null;
              /** @enum {string} */
              type: "conditional";
              condition: string | {
                expression: string;
              };
              if_true_step?: string | null;
              if_false_step?: string | null;
            } | {
              id?: string;
              name?: string;
              description?: string | null;
              next_step?: string | null;
              /** @enum {string} */
              type: "loop";
              loop_config: {
                collection: string | components["schemas"]["Json"][];
                loop_body: string[];
                /**
                 * @default sequential
                 * @enum {string}
                 */
                execution_mode?: "sequential" | "parallel";
                max_parallelism?: number | null;
                max_iterations?: number | null;
                /**
                 * @default stop
                 * @enum {string}
                 */
                on_error?: "stop" | "continue" | "collect";
              };
            } | {
              id?: string;
              name?: string;
              description?: string | null;
              next_step?: string | null;
              /** @enum {string} */
              type: "fork_join";
              fork_join_config: {
                branches: {
                  [key: string]: {
                    steps: string[];
                    timeout_seconds?: number | null;
                  };
                };
                /**
                 * @default all
                 * @enum {string}
                 */
                join_policy?: "all" | "any" | "majority" | "n_of_m";
                n_required?: number | null;
                branch_timeout_seconds?: number | null;
              };
            } | {
              id?: string;
              name?: string;
              description?: string | null;
              next_step?: string | null;
              /** @enum {string} */
              type: "sub_workflow";
              workflow_name: string;
              /** @default {} */
              input_mapping?: {
                [key: string]: components["schemas"]["Json"];
              };
              /** @default true */
              wait_for_completion?: boolean;
            } | {
              id?: string;
              name?: string;
              description?: string | null;
              next_step?: string | null;
              /** @enum {string} */
              type: "wait_for_event";
              event_type: string;
              /** @default {} */
              match?: {
                [key: string]: components["schemas"]["Json"];
              };
              timeout_seconds?: number | null;
            } | {
              id?: string;
              name?: string;
              description?: string | null;
              next_step?: string | null;
              /** @enum {string} */
              type: "validate";
              input: components["schemas"]["Json"];
              schema: {
                [key: string]: components["schemas"]["Json"];
              };
            };
          };
          input_schema?: {
            [key: string]: components["schemas"]["Json"];
          } | null;
          /**
           * @default active
           * @enum {string}
           */
          status?: "draft" | "active" | "inactive" | "deprecated" | "archived";
        };
      };
    };
    responses: {
      /** @description The workflow */
      201: {
        content: {
          "application/json": components["schemas"]["Workflow"];
        };
      };
    };
  };
  get_api_v1_workflows_workflow_id: {
    parameters: {
      path: {
        /** @description Id of the workflow */
        workflow_id: string;
      };
    };
    responses: {
      /** @description The workflow, also one that was deleted */
      200: {
        content: {
          "application/json": components["schemas"]["Workflow"];
        };
      };
    };
  };
  put_api_v1_workflows_workflow_id: {
    parameters: {
      header?: {
        /** @description ETag of what is changed, as it was read */
        "if-match"?: string;
      };
      path: {
        /** @description Id of the workflow */
        workflow_id: string;
      };
    };
    requestBody: {
      content: {
        "application/json": {
          description?: string | null;
          start_step?: string;
          steps?: {
            [key: string]: {
              id?: string;
              name?: string;
              description?: string | null;
              next_step?: string | null;
              /**
               * @default agent
               * @enum {string}
               */
              type?: "agent";
              agent_name: string;
              /** @default {} */
              input_mapping?: {
                [key: string]: components["schemas"]["Json"];
              };
            } | {
              id?: string;
              name?: string;
              description?: string | null;
              next_step?: string | null;
              /** @enum {string} */
              type: "parallel";
              parallel_steps: string[];
              max_parallelism?: number | null;
            } | {
              id?: string;
              name?: string;
              description?: string | null;
              next_step?: string | null;
              /** @enum {string} */
              type: "conditional";
              condition: string | {
                expression: string;
              };
              if_true_step?: string | null;
              if_false_step?: string | null;
            } | {
              id?: string;
              name?: string;
              description?: string | null;
              next_step?: string | null;
              /** @enum {string} */
              type: "loop";
              loop_config: {
                collection: string | components["schemas"]["Json"][];
                loop_body: string[];
                /**
                 * @default sequential
                 * @enum {string}
                 */
                execution_mode?: "sequential" | "parallel";
                max_parallelism?: number | null;
                max_iterations?: number | null;
                /**
                 * @default stop
                 * @enum {string}
                 */
                on_error?: "stop" | "continue" | "collect";
              };
            } | {
              id?: string;
              name?: string;
              description?: string | null;
              next_step?: string | null;
              /** @enum {string} */
              type: "fork_join";
              fork_join_config: {
                branches: {
                  [key: string]: {
                    steps: string[];
                    timeout_seconds?: number | null;
                  };
                };
                /**
                 * @default all
                 * @enum {string}
                 */
                join_policy?: "all" | "any" | "majority" | "n_of_m";
                n_required?: number | null;
                branch_timeout_seconds?: number | null;
              };
            } | {
              id?: string;
              name?: string;
              description?: string | null;
              next_step?: string | null;
              /** @enum {string} */
              type: "sub_workflow";
              workflow_name: string;
              /** @default {} */
              input_mapping?: {
                [key: string]: components["schemas"]["Json"];
              };
              /** @default true */
              wait_for_completion?: boolean;
            } | {
              id?: string;
              name?: string;
              description?: string | null;
              next_step?: string | null;
              /** @enum {string} */
              type: "wait_for_event";
              event_type: string;
              /** @default {} */
              match?: {
                [key: string]: components["schemas"]["Json"];
              };
              timeout_seconds?: number | null;
            } | {
              id?: string;
              name?: string;
              description?: string | null;
              next_step?: string | null;
              /** @enum {string} */
              type: "validate";
              input: components["schemas"]["Json"];
              schema: {
                [key: string]: components["schemas"]["Json"];
              };
            };
          };
          input_schema?: {
            [key: string]: components["schemas"]["Json"];
          } | null;
          /** @enum {string} */
          status?: "draft" | "active" | "inactive" | "deprecated" | "archived";
        };
      };
    };
    responses: {
      /** @description The workflow */
      200: {
        content: {
          "application/json": components["schemas"]["Workflow"];
        };
      };
    };
  };
  delete_api_v1_workflows_workflow_id: {
    parameters: {
      header?: {
        /** @description ETag of what is changed, as it was read */
        "if-match"?: string;
      };
      path: {
        /** @description Id of the workflow */
        workflow_id: string;
      };
    };
    responses: {
      /** @description It is deleted */
      200: {
        content: {
          "application/json": components["schemas"]["WorkflowDeleted"];
        };
      };
    };
  };
  get_api_v1_workflows_workflow_id_versions: {
    parameters: {
      query?: {
        /** @description Page, from 1 */
        page?: number;
        /** @description Rows of a page */
        page_size?: number;
      };
      path: {
        /** @description Id of the workflow */
        workflow_id: string;
      };
    };
    responses: {
      /** @description A page of versions */
      200: {
        content: {
          "application/json": {
            items: components["schemas"]["WorkflowVersion"][];
            /** @description Of all pages */
            total: number;
            page: number;
            page_size: number;
            total_pages: number;
          };
        };
      };
    };
  };
  get_api_v1_workflows_workflow_id_versions_version: {
    parameters: {
      path: {
        /** @description Id of the workflow */
        workflow_id: string;
        /** @description Number of the version */
        version: string;
      };
    };
    responses: {
      /** @description The version */
      200: {
        content: {
          "application/json": components["schemas"]["WorkflowVersion"];
        };
      };
    };
  };
  get_api_v1_workflows_workflow_id_compare: {
    parameters: {
      query?: {
        /** @description The one version; absent: the one before `to` */
        from?: number;
        /** @description The other; absent: the current one */
        to?: number;
      };
      path: {
        /** @description Id of the workflow */
        workflow_id: string;
      };
    };
    responses: {
      /** @description The differences, steps that are added or removed as a whole */
      200: {
        content: {
          "application/json": {
            from: number;
            to: number;
            changes: components["schemas"]["WorkflowDifference"][];
          };
        };
      };
    };
  };
  post_api_v1_workflows_workflow_id_rollback: {
    parameters: {
      header?: {
        /** @description Chosen by the sender, 1 to 255 visible ASCII characters: for 24 hours the same request under it gets the first answer again and creates nothing */
        "Idempotency-Key"?: string;
      };
      path: {
        /** @description Id of the workflow */
        workflow_id: string;
      };
    };
    requestBody: {
      content: {
        "application/json": {
          version: number;
        };
      };
    };
    responses: {
      /** @description The workflow */
      200: {
        content: {
          "application/json": components["schemas"]["Workflow"];
        };
      };
    };
  };
  post_api_v1_workflows_workflow_id_execute: {
    parameters: {
      header?: {
        /** @description Chosen by the sender, 1 to 255 visible ASCII characters: for 24 hours the same request under it gets the first answer again and creates nothing */
        "Idempotency-Key"?: string;
      };
      path: {
        /** @description Id of the workflow */
        workflow_id: string;
      };
    };
    requestBody?: {
      content: {
        "application/json": {
          /** @default {} */
          input_data?: {
            [key: string]: components["schemas"]["Json"];
          };
        };
      };
    };
    responses: {
      /** @description The run, which has been accepted */
      202: {
        content: {
          "application/json": components["schemas"]["WorkflowRun"];
        };
      };
    };
  };
  get_api_v1_runs: {
    parameters: {
      query?: {
        /** @description Page, from 1 */
        page?: number;
        /** @description Rows of a page */
        page_size?: number;
        /** @description Only in this status */
        status?: "PENDING" | "RUNNING" | "COMPLETED" | "FAILED" | "CANCELLED";
        /** @description Id of the workflow */
        workflow_definition_id?: string;
        /** @description Another name of workflow_definition_id; also wf-<name>-<version> */
        workflow_id?: string;
        /** @description Created at or after */
        created_after?: string;
        /** @description Created before */
        created_before?: string;
        /** @description What they are sorted by; absent: created_at */
        sort_by?: "created_at" | "updated_at" | "completed_at" | "status";
        /** @description Absent: desc */
        sort_order?: "asc" | "desc";
      };
    };
    responses: {
      /** @description A page of runs */
      200: {
        content: {
          "application/json": {
            items: components["schemas"]["WorkflowRun"][];
            /** @description Of all pages */
            total: number;
            page: number;
            page_size: number;
            total_pages: number;
          };
        };
      };
    };
  };
  get_api_v1_runs_run_id: {
    parameters: {
      path: {
        /** @description Id of the run, with or without run- */
        run_id: string;
      };
    };
    responses: {
      /** @description The run */
      200: {
        content: {
          "application/json": components["schemas"]["WorkflowRun"];
        };
      };
    };
  };
  get_api_v1_runs_run_id_steps: {
    parameters: {
      query?: {
        /** @description Page, from 1 */
        page?: number;
        /** @description Rows of a page */
        page_size?: number;
      };
      path: {
        /** @description Id of the run, with or without run- */
        run_id: string;
      };
    };
    responses: {
      /** @description A page of steps */
      200: {
        content: {
          "application/json": {
            items: components["schemas"]["WorkflowRunStep"][];
            /** @description Of all pages */
            total: number;
            page: number;
            page_size: number;
            total_pages: number;
          };
        };
      };
    };
  };
  get_api_v1_runs_run_id_logs: {
    parameters: {
      query?: {
        /** @description Page, from 1 */
        page?: number;
        /** @description Rows of a page */
        page_size?: number;
      };
      path: {
        /** @description Id of the run, with or without run- */
        run_id: string;
      };
    };
    responses: {
      /** @description A page of lines */
      200: {
        content: {
          "application/json": {
            items: components["schemas"]["WorkflowRunLogLine"][];
            /** @description Of all pages */
            total: number;
            page: number;
            page_size: number;
            total_pages: number;
          };
        };
      };
    };
  };
  post_api_v1_runs_run_id_cancel: {
    parameters: {
      path: {
        /** @description Id of the run, with or without run- */
        run_id: string;
      };
    };
    requestBody?: {
      content: {
        "application/json": {
          reason?: string | null;
        };
      };
    };
    responses: {
      /** @description The run */
      200: {
        content: {
          "application/json": components["schemas"]["WorkflowRun"];
        };
      };
    };
  };
  post_api_v1_runs_run_id_pause: {
    parameters: {
      path: {
        /** @description Id of the run, with or without run- */
        run_id: string;
      };
    };
    responses: {
      /** @description The run */
      200: {
        content: {
          "application/json": components["schemas"]["WorkflowRun"];
        };
      };
    };
  };
  post_api_v1_runs_run_id_resume: {
    parameters: {
      path: {
        /** @description Id of the run, with or without run- */
        run_id: string;
      };
    };
    responses: {
      /** @description The run */
      200: {
        content: {
          "application/json": components["schemas"]["WorkflowRun"];
        };
      };
    };
  };
  post_api_v1_runs_run_id_retry: {
    parameters: {
      header?: {
        /** @description Chosen by the sender, 1 to 255 visible ASCII characters: for 24 hours the same request under it gets the first answer again and creates nothing */
        "Idempotency-Key"?: string;
      };
      path: {
        /** @description Id of the run, with or without run- */
        run_id: string;
      };
    };
    requestBody?: {
      content: {
        "application/json": {
          resume_from_step?: string | null;
        };
      };
    };
    responses: {
      /** @description The run that goes on */
      202: {
        content: {
          "application/json": components["schemas"]["WorkflowRun"];
        };
      };
    };
  };
  get_api_v1_schedules: {
    parameters: {
      query?: {
        /** @description Page, from 1 */
        page?: number;
        /** @description Rows of a page */
        page_size?: number;
        /** @description Only of this workflow */
        workflow_id?: string;
        /** @description Only those that are on, or paused */
        enabled?: "true" | "false";
        /** @description A part of the name */
        name?: string;
      };
    };
    responses: {
      /** @description A page of schedules */
      200: {
        content: {
          "application/json": {
            items: components["schemas"]["WorkflowSchedule"][];
            /** @description Of all pages */
            total: number;
            page: number;
            page_size: number;
            total_pages: number;
          };
        };
      };
    };
  };
  post_api_v1_schedules: {
    parameters: {
      header?: {
        /** @description Chosen by the sender, 1 to 255 visible ASCII characters: for 24 hours the same request under it gets the first answer again and creates nothing */
        "Idempotency-Key"?: string;
      };
    };
    requestBody: {
      content: {
        "application/json": {
          name: string;
          description?: string | null;
          /** @description minute hour day month weekday, as in 0 7 * * MON-FRI */
          cron: string;
          /**
           * @description On whose clock, as in Europe/Berlin
           * @default UTC
           */
          timezone?: string;
          /** @default {} */
          input_data?: {
            [key: string]: components["schemas"]["Json"];
          };
          /**
           * @description A slot is held back, and recorded so, while as many of its runs are in progress
           * @default 1
           */
          max_concurrent_runs?: number;
          /**
           * @description pause: a run that failed switches the schedule off
           * @default continue
           * @enum {string}
           */
          on_failure?: "continue" | "pause";
          /**
           * @description Of slots that nothing could fire in time: none of them, the last, or all (100 at most)
           * @default one
           * @enum {string}
           */
          missed_policy?: "skip" | "one" | "all";
          /** @default true */
          enabled?: boolean;
          /** @description Id of an active workflow */
          workflow_id: string;
        };
      };
    };
    responses: {
      /** @description The schedule */
      201: {
        content: {
          "application/json": components["schemas"]["WorkflowSchedule"];
        };
      };
    };
  };
  get_api_v1_schedules_schedule_id: {
    parameters: {
      path: {
        /** @description Id of the schedule */
        schedule_id: string;
      };
    };
    responses: {
      /** @description The schedule */
      200: {
        content: {
          "application/json": components["schemas"]["WorkflowSchedule"];
        };
      };
    };
  };
  put_api_v1_schedules_schedule_id: {
    parameters: {
      header?: {
        /** @description ETag of what is changed, as it was read */
        "if-match"?: string;
      };
      path: {
        /** @description Id of the schedule */
        schedule_id: string;
      };
    };
    requestBody: {
      content: {
        "application/json": {
          name?: string;
          description?: string | null;
          /** @description minute hour day month weekday, as in 0 7 * * MON-FRI */
          cron?: string;
          /** @description On whose clock, as in Europe/Berlin */
          timezone?: string;
          input_data?: {
            [key: string]: components["schemas"]["Json"];
          };
          /** @description A slot is held back, and recorded so, while as many of its runs are in progress */
          max_concurrent_runs?: number;
          /**
           * @description pause: a run that failed switches the schedule off
           * @enum {string}
           */
          on_failure?: "continue" | "pause";
          /**
           * @description Of slots that nothing could fire in time: none of them, the last, or all (100 at most)
           * @enum {string}
           */
          missed_policy?: "skip" | "one" | "all";
          enabled?: boolean;
        };
      };
    };
    responses: {
      /** @description The schedule */
      200: {
        content: {
          "application/json": components["schemas"]["WorkflowSchedule"];
        };
      };
    };
  };
  delete_api_v1_schedules_schedule_id: {
    parameters: {
      header?: {
        /** @description ETag of what is changed, as it was read */
        "if-match"?: string;
      };
      path: {
        /** @description Id of the schedule */
        schedule_id: string;
      };
    };
    responses: {
      /** @description It is deleted */
      200: {
        content: {
          "application/json": components["schemas"]["WorkflowScheduleDeleted"];
        };
      };
    };
  };
  post_api_v1_schedules_schedule_id_pause: {
    parameters: {
      path: {
        /** @description Id of the schedule */
        schedule_id: string;
      };
    };
    responses: {
      /** @description The schedule */
      200: {
        content: {
          "application/json": components["schemas"]["WorkflowSchedule"];
        };
      };
    };
  };
  post_api_v1_schedules_schedule_id_resume: {
    parameters: {
      path: {
        /** @description Id of the schedule */
        schedule_id: string;
      };
    };
    responses: {
      /** @description The schedule */
      200: {
        content: {
          "application/json": components["schemas"]["WorkflowSchedule"];
        };
      };
    };
  };
  get_api_v1_schedules_schedule_id_runs: {
    parameters: {
      query?: {
        /** @description Page, from 1 */
        page?: number;
        /** @description Rows of a page */
        page_size?: number;
        /** @description Only in this status */
        status?: "PENDING" | "RUNNING" | "COMPLETED" | "FAILED" | "CANCELLED";
      };
      path: {
        /** @description Id of the schedule */
        schedule_id: string;
      };
    };
    responses: {
      /** @description A page of runs */
      200: {
        content: {
          "application/json": {
            items: components["schemas"]["WorkflowRun"][];
            /** @description Of all pages */
            total: number;
            page: number;
            page_size: number;
            total_pages: number;
          };
        };
      };
    };
  };
  get_api_v1_schedules_schedule_id_firings: {
    parameters: {
      query?: {
        /** @description Page, from 1 */
        page?: number;
        /** @description Rows of a page */
        page_size?: number;
        /** @description Only those that ended so */
        outcome?: "started" | "held_back" | "not_executable" | "input_invalid";
      };
      path: {
        /** @description Id of the schedule */
        schedule_id: string;
      };
    };
    responses: {
      /** @description A page of firings */
      200: {
        content: {
          "application/json": {
            items: components["schemas"]["ScheduleFiring"][];
            /** @description Of all pages */
            total: number;
            page: number;
            page_size: number;
            total_pages: number;
          };
        };
      };
    };
  };
  get_api_v1_run_counts: {
    parameters: {
      query?: {
        /** @description Ids of workflows, with commas between them */
        workflow_definition_ids?: string;
      };
    };
    responses: {
      /** @description A row for each workflow that has runs */
      200: {
        content: {
          "application/json": {
            items: components["schemas"]["WorkflowRunCounts"][];
            since: string;
          };
        };
      };
    };
  };
  get_api_v1_run_failures: {
    parameters: {
      query?: {
        /** @description Page, from 1 */
        page?: number;
        /** @description Rows of a page */
        page_size?: number;
        /** @description Only of this workflow */
        workflow_definition_id?: string;
      };
    };
    responses: {
      /** @description A page of causes */
      200: {
        content: {
          "application/json": {
            items: components["schemas"]["RunFailure"][];
            /** @description Of all pages */
            total: number;
            page: number;
            page_size: number;
            total_pages: number;
            /** @description There are dead letters that were not looked through */
            has_older: boolean;
          };
        };
      };
    };
  };
  get_api_v1_webhooks: {
    parameters: {
      query?: {
        /** @description Page, from 1 */
        page?: number;
        /** @description Rows of a page */
        page_size?: number;
      };
    };
    responses: {
      /** @description A page of webhooks */
      200: {
        content: {
          "application/json": {
            items: components["schemas"]["RunWebhook"][];
            /** @description Of all pages */
            total: number;
            page: number;
            page_size: number;
            total_pages: number;
          };
        };
      };
    };
  };
  post_api_v1_webhooks: {
    requestBody: {
      content: {
        "application/json": {
          url: string;
          description?: string | null;
          /**
           * Format: uuid
           * @description Only runs of this workflow; absent or null: of every workflow
           */
          workflow_id?: string | null;
          /**
           * @description Empty: all
           * @default []
           */
          statuses?: ("PENDING" | "RUNNING" | "COMPLETED" | "FAILED" | "CANCELLED")[];
          /** @default true */
          enabled?: boolean;
        };
      };
    };
    responses: {
      /** @description The webhook, with its secret */
      201: {
        content: {
          "application/json": components["schemas"]["NewRunWebhook"];
        };
      };
    };
  };
  get_api_v1_webhooks_webhook_id: {
    parameters: {
      path: {
        /** @description Id of the webhook */
        webhook_id: string;
      };
    };
    responses: {
      /** @description The webhook */
      200: {
        content: {
          "application/json": components["schemas"]["RunWebhook"];
        };
      };
    };
  };
  put_api_v1_webhooks_webhook_id: {
    parameters: {
      header?: {
        /** @description ETag of what is changed, as it was read */
        "if-match"?: string;
      };
      path: {
        /** @description Id of the webhook */
        webhook_id: string;
      };
    };
    requestBody: {
      content: {
        "application/json": {
          url?: string;
          description?: string | null;
          /**
           * Format: uuid
           * @description Only runs of this workflow; absent or null: of every workflow
           */
          workflow_id?: string | null;
          /** @description Empty: all */
          statuses?: ("PENDING" | "RUNNING" | "COMPLETED" | "FAILED" | "CANCELLED")[];
          enabled?: boolean;
        };
      };
    };
    responses: {
      /** @description The webhook */
      200: {
        content: {
          "application/json": components["schemas"]["RunWebhook"];
        };
      };
    };
  };
  delete_api_v1_webhooks_webhook_id: {
    parameters: {
      header?: {
        /** @description ETag of what is changed, as it was read */
        "if-match"?: string;
      };
      path: {
        /** @description Id of the webhook */
        webhook_id: string;
      };
    };
    responses: {
      /** @description It is deleted */
      200: {
        content: {
          "application/json": components["schemas"]["RunWebhookDeleted"];
        };
      };
    };
  };
  post_api_v1_webhooks_webhook_id_rotate_secret: {
    parameters: {
      path: {
        /** @description Id of the webhook */
        webhook_id: string;
      };
    };
    responses: {
      /** @description The new secret */
      200: {
        content: {
          "application/json": components["schemas"]["RunWebhookSecret"];
        };
      };
    };
  };
  post_api_v1_webhooks_webhook_id_test: {
    parameters: {
      header?: {
        /** @description Chosen by the sender, 1 to 255 visible ASCII characters: for 24 hours the same request under it gets the first answer again and creates nothing */
        "Idempotency-Key"?: string;
      };
      path: {
        /** @description Id of the webhook */
        webhook_id: string;
      };
    };
    responses: {
      /** @description The delivery, which is about to be sent */
      202: {
        content: {
          "application/json": components["schemas"]["WebhookDelivery"];
        };
      };
    };
  };
  get_api_v1_webhooks_webhook_id_deliveries: {
    parameters: {
      query?: {
        /** @description Page, from 1 */
        page?: number;
        /** @description Rows of a page */
        page_size?: number;
        /** @description Only in this state */
        state?: "pending" | "delivered" | "failed";
      };
      path: {
        /** @description Id of the webhook */
        webhook_id: string;
      };
    };
    responses: {
      /** @description A page of deliveries */
      200: {
        content: {
          "application/json": {
            items: components["schemas"]["WebhookDelivery"][];
            /** @description Of all pages */
            total: number;
            page: number;
            page_size: number;
            total_pages: number;
          };
        };
      };
    };
  };
  post_api_v1_webhooks_webhook_id_deliveries_delivery_id_redeliver: {
    parameters: {
      path: {
        /** @description Id of the webhook */
        webhook_id: string;
        /** @description Id of the delivery */
        delivery_id: string;
      };
    };
    responses: {
      /** @description The delivery, which is about to be sent */
      202: {
        content: {
          "application/json": components["schemas"]["WebhookDelivery"];
        };
      };
    };
  };
  get_api_v1_webhook_issues: {
    parameters: {
      query?: {
        /** @description In this state */
        state?: "open" | "muted" | "resolved";
      };
    };
    responses: {
      /** @description All of them: there are 20 webhooks at most */
      200: {
        content: {
          "application/json": {
            /** @description Of all states */
            counts: {
              open: number;
              muted: number;
              resolved: number;
            };
            /** @description There are failed messages that were not looked through */
            is_cut: boolean;
            issues: components["schemas"]["WebhookIssue"][];
          };
        };
      };
    };
  };
  put_api_v1_webhook_issues_issue_id: {
    parameters: {
      path: {
        /** @description Id of the issue */
        issue_id: string;
      };
    };
    requestBody: {
      content: {
        "application/json": {
          /** @enum {string} */
          state: "open" | "muted" | "resolved";
          /**
           * Format: date-time
           * @description Of muted; null: for ever
           * @default null
           */
          until?: string | null;
        };
      };
    };
    responses: {
      /** @description The issue */
      200: {
        content: {
          "application/json": components["schemas"]["WebhookIssue"];
        };
      };
    };
  };
  post_api_v1_webhook_issues_issue_id_send_again: {
    parameters: {
      path: {
        /** @description Id of the issue */
        issue_id: string;
      };
    };
    responses: {
      /** @description How many messages are about to be sent */
      202: {
        content: {
          "application/json": components["schemas"]["MessagesSentAgain"];
        };
      };
    };
  };
  get_api_v1_dead_letters: {
    parameters: {
      query?: {
        /** @description Page, from 1 */
        page?: number;
        /** @description Rows of a page */
        page_size?: number;
        /** @description Only of this kind */
        kind?: "run" | "event" | "background";
        /** @description Only of runs that failed with this code */
        error_code?: string;
        /** @description Failed at or after */
        failed_after?: string;
        /** @description Failed before */
        failed_before?: string;
      };
    };
    responses: {
      /** @description A page of dead letters */
      200: {
        content: {
          "application/json": {
            items: components["schemas"]["ApiDeadLetter"][];
            /** @description Of all pages */
            total: number;
            page: number;
            page_size: number;
            total_pages: number;
          };
        };
      };
    };
  };
  post_api_v1_dead_letters_letter_id_replay: {
    parameters: {
      header?: {
        /** @description Chosen by the sender, 1 to 255 visible ASCII characters: for 24 hours the same request under it gets the first answer again and creates nothing */
        "Idempotency-Key"?: string;
      };
      path: {
        /** @description Id of the dead letter */
        letter_id: string;
      };
    };
    responses: {
      /** @description The run that goes on */
      202: {
        content: {
          "application/json": components["schemas"]["WorkflowRun"];
        };
      };
    };
  };
  post_api_v1_events: {
    requestBody: {
      content: {
        "application/json": {
          event_type: string;
          /** @default {} */
          data?: {
            [key: string]: components["schemas"]["Json"];
          };
          /** @description For a week, an event with the same id is the same event */
          event_id?: string;
        };
      };
    };
    responses: {
      /** @description The event, which is stored */
      202: {
        content: {
          "application/json": {
            event_id: string;
            event_type: string;
            duplicate: boolean;
          };
        };
      };
    };
  };
  get_api_v1_me: {
    responses: {
      /** @description The caller and its role */
      200: {
        content: {
          "application/json": components["schemas"]["ApiCaller"];
        };
      };
    };
  };
  get_api_v1_keys: {
    parameters: {
      query?: {
        /** @description Page, from 1 */
        page?: number;
        /** @description Rows of a page */
        page_size?: number;
      };
    };
    responses: {
      /** @description A page of keys */
      200: {
        content: {
          "application/json": {
            items: components["schemas"]["CallerKey"][];
            /** @description Of all pages */
            total: number;
            page: number;
            page_size: number;
            total_pages: number;
          };
        };
      };
    };
  };
  post_api_v1_keys: {
    requestBody: {
      content: {
        "application/json": {
          name: string;
          /** @enum {string} */
          role: "viewer" | "editor" | "operator" | "admin";
          expires_at?: string | null;
        };
      };
    };
    responses: {
      /** @description The key */
      201: {
        content: {
          "application/json": components["schemas"]["NewCallerKey"];
        };
      };
    };
  };
  delete_api_v1_keys_key_id: {
    parameters: {
      path: {
        /** @description Id of the key */
        key_id: string;
      };
    };
    responses: {
      /** @description It is revoked */
      200: {
        content: {
          "application/json": components["schemas"]["CallerKeyRevoked"];
        };
      };
    };
  };
  get_api_v1_audit: {
    parameters: {
      query?: {
        /** @description Page, from 1 */
        page?: number;
        /** @description Rows of a page */
        page_size?: number;
        /** @description Only of this caller */
        actor?: string;
        /** @description The same, in the words of the API's documents */
        user?: string;
        /** @description Only this, as in create, update, delete, execute, cancel, retry */
        action?: string;
        /** @description Only of these, as in agent, workflow, run */
        entity_type?: string;
        /** @description Only of this one */
        entity_id?: string;
        /** @description From this moment on */
        from?: string;
        /** @description Before this moment */
        to?: string;
      };
    };
    responses: {
      /** @description A page of rows */
      200: {
        content: {
          "application/json": {
            items: components["schemas"]["ApiAuditRow"][];
            /** @description Of all pages */
            total: number;
            page: number;
            page_size: number;
            total_pages: number;
          };
        };
      };
    };
  };
  get_api_v1: {
    responses: {
      /** @description Title, version, description and links */
      200: {
        content: {
          "application/json": components["schemas"]["ApiInfo"];
        };
      };
    };
  };
  get_health_ready: {
    responses: {
      /** @description It may get traffic */
      200: {
        content: {
          "application/json": components["schemas"]["ApiReadiness"];
        };
      };
    };
  };
  get_health_ai: {
    responses: {
      /** @description Not configured */
      200: {
        content: {
          "application/json": components["schemas"]["ApiAiHealth"];
        };
      };
    };
  };
  get_api_v1_users: {
    parameters: {
      query?: {
        /** @description Page, from 1 */
        page?: number;
        /** @description Rows of a page */
        page_size?: number;
      };
    };
    responses: {
      /** @description A page of users */
      200: {
        content: {
          "application/json": {
            items: components["schemas"]["ApiUser"][];
            /** @description Of all pages */
            total: number;
            page: number;
            page_size: number;
            total_pages: number;
          };
        };
      };
    };
  };
  post_api_v1_users: {
    requestBody: {
      content: {
        "application/json": {
          name: string;
          /** @enum {string} */
          role: "viewer" | "editor" | "operator" | "admin";
          password?: string;
        };
      };
    };
    responses: {
      /** @description The user */
      201: {
        content: {
          "application/json": components["schemas"]["ApiUser"];
        };
      };
    };
  };
  get_api_v1_users_user_id: {
    parameters: {
      path: {
        /** @description Id of the user */
        user_id: string;
      };
    };
    responses: {
      /** @description The user */
      200: {
        content: {
          "application/json": components["schemas"]["ApiUser"];
        };
      };
    };
  };
  put_api_v1_users_user_id: {
    parameters: {
      path: {
        /** @description Id of the user */
        user_id: string;
      };
    };
    requestBody: {
      content: {
        "application/json": {
          /** @enum {string} */
          role?: "viewer" | "editor" | "operator" | "admin";
          disabled?: boolean;
          password?: string;
        };
      };
    };
    responses: {
      /** @description The user */
      200: {
        content: {
          "application/json": components["schemas"]["ApiUser"];
        };
      };
    };
  };
  delete_api_v1_users_user_id: {
    parameters: {
      path: {
        /** @description Id of the user */
        user_id: string;
      };
    };
    responses: {
      /** @description It is deleted */
      200: {
        content: {
          "application/json": components["schemas"]["ApiUserDeleted"];
        };
      };
    };
  };
  post_api_v1_users_user_id_revoke_tokens: {
    parameters: {
      path: {
        /** @description Id of the user */
        user_id: string;
      };
    };
    responses: {
      /** @description They are revoked */
      200: {
        content: {
          "application/json": components["schemas"]["ApiUserTokensRevoked"];
        };
      };
    };
  };
  get_api_v1_session: {
    responses: {
      /** @description Who is signed in, and the program's version */
      200: {
        content: {
          "application/json": components["schemas"]["ConsoleSession"];
        };
      };
    };
  };
  post_api_v1_session: {
    requestBody: {
      content: {
        "application/json": {
          username: string;
          password: string;
        } | {
          key: string;
        };
      };
    };
    responses: {
      /** @description Who is signed in */
      200: {
        content: {
          "application/json": components["schemas"]["ConsoleSessionMade"];
        };
      };
    };
  };
  delete_api_v1_session: {
    responses: {
      /** @description It is over */
      200: {
        content: {
          "application/json": components["schemas"]["ConsoleSessionEnded"];
        };
      };
    };
  };
  get_api_v1_sessions: {
    parameters: {
      query?: {
        /** @description Page, from 1 */
        page?: number;
        /** @description Rows of a page */
        page_size?: number;
        /** @description Whose; all is for admins */
        of?: "me" | "all";
      };
    };
    responses: {
      /** @description A page of sessions */
      200: {
        content: {
          "application/json": {
            items: components["schemas"]["SignedInSession"][];
            /** @description Of all pages */
            total: number;
            page: number;
            page_size: number;
            total_pages: number;
          };
        };
      };
    };
  };
  delete_api_v1_sessions_session_id: {
    parameters: {
      path: {
        /** @description Id of the session */
        session_id: string;
      };
    };
    responses: {
      /** @description It is over */
      200: {
        content: {
          "application/json": components["schemas"]["SessionRevoked"];
        };
      };
    };
  };
  post_api_v1_sessions_revoke_others: {
    responses: {
      /** @description They are over */
      200: {
        content: {
          "application/json": components["schemas"]["SessionsRevoked"];
        };
      };
    };
  };
  get_api_v1_search: {
    parameters: {
      query?: {
        /** @description A part of a name in any script, or an id; needed */
        q?: string;
        /** @description Rows of each kind */
        limit?: number;
      };
    };
    responses: {
      /** @description What has it as its id first, then workflows, agents and schedules whose name holds it */
      200: {
        content: {
          "application/json": {
            found: components["schemas"]["WorkflowFound"][];
          };
        };
      };
    };
  };
  post_api_v1_auth_token: {
    requestBody: {
      content: {
        "application/json": {
          username: string;
          password: string;
        };
      };
    };
    responses: {
      /** @description A token for Authorization: Bearer */
      200: {
        content: {
          "application/json": components["schemas"]["AccessToken"];
        };
      };
    };
  };
  post_api_v1_auth_revoke: {
    responses: {
      /** @description It is revoked */
      200: {
        content: {
          "application/json": components["schemas"]["AccessTokenRevoked"];
        };
      };
    };
  };
}

type JsonValue = string | number | boolean | null | JsonValue[] | { [key: string]: JsonValue };

type Operation = keyof operations;

/** The JSON that a route answers, by its operationId. */
export type Answer<Name extends Operation> = JsonOf<Success<operations[Name]["responses"]>>;
type Success<Responses> = Responses[Extract<keyof Responses, 200 | 201 | 202>];
type JsonOf<Part> = Part extends { content: { "application/json": infer Json } } ? Json : never;

/** The JSON that a route takes, by its operationId. */
export type RequestBody<Name extends Operation> = operations[Name] extends { requestBody?: infer Body } ? JsonOf<Body>
  : never;

/** What a route takes behind the question mark, by its operationId. */
export type RequestQuery<Name extends Operation> = operations[Name] extends { parameters: { query?: infer Query } }
  ? NonNullable<Query>
  : never;

/** A schema that has a name. */
export type Wire<Name extends keyof components["schemas"]> = components["schemas"][Name];
