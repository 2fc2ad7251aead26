/**
 * Known senders: the scheme of each with its options, as the sender's own documents have them, and who makes the secret. Fields
 * that a source gives itself take their place.
 */

import type { Scheme } from "./scheme_names.ts";

/** What is answered instead of our own JSON once the event is stored. */
export interface OwnAnswer {
  status: number;
  content_type: string;
  body: string;
}

export interface Sender {
  /** As people call it. */
  label: string;
  scheme: Scheme;
  options: Record<string, unknown>;
  /**
   * Who makes the secret: we, for the sender to take; the sender, for us to take, after it was given the address; or the sender
   * while it asks whether the address is ours (handshake).
   */
  secretFrom: "us" | "sender" | "handshake" | "none";
  /** What the sender calls the secret. */
  secretName?: string;
  /** What its documents expect as an answer, where our own JSON is none. */
  answer?: OwnAnswer;
  /** Text in `signed` that each source replaces by its own. */
  ownText?: { text: string; name: string };
  /** What an admin has to know before choosing it. */
  note?: string;
}

const EMPTY = { content_type: "application/json", body: "" } as const;
const XML = { status: 200, content_type: "text/xml", body: "<Response/>" } as const;

const TABLE = {
  standard_webhooks: {
    label: "Standard Webhooks",
    scheme: "standard_webhooks",
    options: { type_path: "type" },
    secretFrom: "us",
    secretName: "Signing secret (whsec_) or public key (whpk_)",
  },
  svix: {
    label: "Svix",
    scheme: "standard_webhooks",
    options: { headers: "svix", type_path: "type" },
    secretFrom: "sender",
    secretName: "Signing secret (whsec_)",
  },
  github: {
    label: "GitHub",
    scheme: "hmac_sha256",
    options: {
      header: "x-hub-signature-256",
      prefix: "sha256=",
      id_header: "x-github-delivery",
      type_header: "x-github-event",
    },
    secretFrom: "us",
    secretName: "Secret",
    note: "It signs the body alone: with body_once a captured delivery is a repeat under another id too",
  },
  stripe: {
    label: "Stripe",
    scheme: "hmac_sha256",
    options: {
      header: "stripe-signature",
      elements: { signature: "v1", timestamp: "t" },
      signed: "{timestamp}.{body}",
      id_path: "id",
      type_path: "type",
    },
    secretFrom: "sender",
    secretName: "Signing secret (whsec_)",
  },
  shopify: {
    label: "Shopify",
    scheme: "hmac_sha256",
    options: {
      header: "x-shopify-hmac-sha256",
      encoding: "base64",
      // The unprefixed spelling came in 2026; the event's id is the better one than the delivery's.
      id_header: ["x-shopify-event-id", "shopify-event-id", "x-shopify-webhook-id", "shopify-webhook-id"],
      type_header: "x-shopify-topic",
    },
    secretFrom: "sender",
    secretName: "Client secret, or the secret shown below the webhooks of a shop",
    note: "It signs the body alone: with body_once a captured delivery is a repeat under another id too",
  },
  slack: {
    label: "Slack",
    scheme: "hmac_sha256",
    options: {
      header: "x-slack-signature",
      prefix: "v0=",
      signed: "v0:{timestamp}:{body}",
      timestamp_header: "x-slack-request-timestamp",
      id_path: "event_id",
      type_path: "event.type",
      challenge: "slack",
    },
    secretFrom: "sender",
    secretName: "Signing Secret",
  },
  airtable: {
    label: "Airtable",
    scheme: "hmac_sha256",
    options: { header: "x-airtable-content-mac", prefix: "hmac-sha256=", secret_encoding: "base64" },
    secretFrom: "sender",
    secretName: "macSecretBase64 of the answer that created the webhook",
  },
  asana: {
    label: "Asana",
    scheme: "hmac_sha256",
    options: { header: "x-hook-signature", challenge: "asana" },
    secretFrom: "handshake",
    secretName: "X-Hook-Secret",
    note: "Asana sends the secret itself when the webhook is created; a second webhook needs a source of its own",
  },
  azure_event_grid: {
    label: "Azure Event Grid",
    scheme: "api_key",
    options: { query: "secret", id_path: "0.id", type_path: "0.eventType", challenge: "event_grid" },
    secretFrom: "us",
    secretName: "Parameter secret of the endpoint's address, as a secret delivery attribute",
  },
  bitbucket: {
    label: "Bitbucket",
    scheme: "hmac_sha256",
    options: {
      header: "x-hub-signature",
      prefix: "sha256=",
      id_header: "x-request-uuid",
      type_header: "x-event-key",
    },
    secretFrom: "us",
    secretName: "Secret",
  },
  calendly: {
    label: "Calendly",
    scheme: "hmac_sha256",
    options: {
      header: "calendly-webhook-signature",
      elements: { signature: "v1", timestamp: "t" },
      signed: "{timestamp}.{body}",
      type_path: "event",
    },
    secretFrom: "us",
    secretName: "signing_key of the webhook subscription",
  },
  discord: {
    label: "Discord",
    scheme: "ed25519",
    options: {
      header: "x-signature-ed25519",
      signed: "{timestamp}{body}",
      timestamp_header: "x-signature-timestamp",
      type_path: "event.type",
      challenge: "discord",
    },
    secretFrom: "sender",
    secretName: "Public Key of the application",
    answer: { status: 204, ...EMPTY },
  },
  docusign: {
    label: "DocuSign Connect",
    scheme: "hmac_sha256",
    options: { header: "x-docusign-signature-1", encoding: "base64", type_path: "event" },
    secretFrom: "sender",
    secretName: "Connect key",
  },
  dropbox: {
    label: "Dropbox",
    scheme: "hmac_sha256",
    options: { header: "x-dropbox-signature", challenge: "dropbox" },
    secretFrom: "sender",
    secretName: "App secret",
  },
  gitlab: {
    label: "GitLab",
    scheme: "api_key",
    options: {
      header: "x-gitlab-token",
      id_header: ["idempotency-key", "x-gitlab-event-uuid"],
      type_header: "x-gitlab-event",
    },
    secretFrom: "us",
    secretName: "Secret token",
  },
  hubspot: {
    label: "HubSpot",
    scheme: "hmac_sha256",
    options: {
      header: "x-hubspot-signature-v3",
      encoding: "base64",
      signed: "{method}{url}{body}{timestamp}",
      timestamp_header: "x-hubspot-request-timestamp",
      timestamp_format: "milliseconds",
      type_path: "0.subscriptionType",
    },
    secretFrom: "sender",
    secretName: "Client secret of the app",
  },
  intercom: {
    label: "Intercom",
    scheme: "hmac_sha1",
    options: { header: "x-hub-signature", prefix: "sha1=", id_path: "id", type_path: "topic" },
    secretFrom: "sender",
    secretName: "Client secret of the app",
  },
  jira: {
    label: "Jira",
    scheme: "hmac_sha256",
    options: {
      header: "x-hub-signature",
      prefix: "sha256=",
      id_header: "x-atlassian-webhook-identifier",
      type_path: "webhookEvent",
    },
    secretFrom: "us",
    secretName: "Secret",
  },
  linear: {
    label: "Linear",
    scheme: "hmac_sha256",
    options: {
      header: "linear-signature",
      timestamp_path: "webhookTimestamp",
      timestamp_format: "milliseconds",
      id_header: "linear-delivery",
      type_header: "linear-event",
    },
    secretFrom: "sender",
    secretName: "Signing secret",
  },
  mailgun: {
    label: "Mailgun",
    scheme: "hmac_sha256",
    options: {
      body_path: "signature.signature",
      signed: "{timestamp}{id}",
      allow_unsigned_body: true,
      id_path: "signature.token",
      timestamp_path: "signature.timestamp",
      tolerance_seconds: 3_600,
      type_path: "event-data.event",
    },
    secretFrom: "sender",
    secretName: "HTTP webhook signing key",
    note: "It signs a time and a token, and no body: each token counts once, for an hour",
  },
  mandrill: {
    label: "Mandrill (Mailchimp Transactional)",
    scheme: "hmac_sha1",
    options: { header: "x-mandrill-signature", encoding: "base64", signed: "{url}{form}" },
    secretFrom: "sender",
    secretName: "Webhook authentication key",
  },
  meta: {
    label: "Meta (Facebook, Instagram, WhatsApp)",
    scheme: "hmac_sha256",
    options: { header: "x-hub-signature-256", prefix: "sha256=", type_path: "object", challenge: "meta" },
    secretFrom: "sender",
    secretName: "App secret",
    note: "The verify token is the last part of the source's address",
  },
  microsoft_graph: {
    label: "Microsoft Graph",
    scheme: "api_key",
    options: { body_path: "value.0.clientState", type_path: "value.0.changeType", challenge: "microsoft_graph" },
    secretFrom: "us",
    secretName: "clientState of the subscription",
    answer: { status: 202, ...EMPTY },
  },
  monday: {
    label: "monday.com",
    scheme: "none",
    options: { id_path: "event.triggerUuid", type_path: "event.type", challenge: "monday" },
    secretFrom: "none",
    note: "Webhooks of boards are not signed: whoever learns the address may send events",
  },
  monday_app: {
    label: "monday.com apps",
    scheme: "jwt_hs256",
    options: { id_path: "event.triggerUuid", type_path: "event.type", challenge: "monday" },
    secretFrom: "sender",
    secretName: "Signing secret of the app",
    note: "Its token names the address and ends after minutes; the body is not signed",
  },
  notion: {
    label: "Notion",
    scheme: "hmac_sha256",
    options: {
      header: "x-notion-signature",
      prefix: "sha256=",
      id_path: "id",
      type_path: "type",
      challenge: "notion",
    },
    secretFrom: "handshake",
    secretName: "verification_token",
    note: "Notion sends the token to the address; it is shown once on the source, to be entered at Notion",
  },
  okta: {
    label: "Okta event hooks",
    scheme: "api_key",
    options: {
      header: "authorization",
      id_path: "eventId",
      type_path: "data.events.0.eventType",
      challenge: "okta",
    },
    secretFrom: "us",
    secretName: "Authentication secret, with the field Authorization",
  },
  paddle: {
    label: "Paddle",
    scheme: "hmac_sha256",
    options: {
      header: "paddle-signature",
      elements: { signature: "h1", timestamp: "ts", separator: ";" },
      signed: "{timestamp}:{body}",
      id_path: "event_id",
      type_path: "event_type",
    },
    secretFrom: "sender",
    secretName: "Secret key of the notification destination (pdl_ntfset_)",
  },
  pagerduty: {
    label: "PagerDuty",
    scheme: "hmac_sha256",
    options: {
      header: "x-pagerduty-signature",
      elements: { signature: "v1" },
      id_path: "event.id",
      type_path: "event.event_type",
    },
    secretFrom: "sender",
    secretName: "Secret of the webhook subscription",
  },
  paypal: {
    label: "PayPal",
    scheme: "rsa_sha256",
    options: {
      header: "paypal-transmission-sig",
      encoding: "base64",
      signed: "{id}|{timestamp}|WEBHOOK_ID|{body_crc32}",
      id_header: "paypal-transmission-id",
      timestamp_header: "paypal-transmission-time",
      timestamp_format: "iso8601",
      tolerance_seconds: 3_600,
      type_path: "event_type",
    },
    secretFrom: "sender",
    secretName: "Certificate (PEM) at the address in PAYPAL-CERT-URL",
    ownText: { text: "WEBHOOK_ID", name: "the webhook's ID" },
    note: "PayPal renews its certificate: rotate the source to the new one when deliveries are refused as proof_wrong",
  },
  paystack: {
    label: "Paystack",
    scheme: "hmac_sha512",
    options: { header: "x-paystack-signature", type_path: "event" },
    secretFrom: "sender",
    secretName: "Secret key (sk_)",
  },
  sendgrid: {
    label: "SendGrid",
    scheme: "ecdsa_sha256",
    options: {
      header: "x-twilio-email-event-webhook-signature",
      encoding: "base64",
      signed: "{timestamp}{body}",
      timestamp_header: "x-twilio-email-event-webhook-timestamp",
      type_path: "0.event",
    },
    secretFrom: "sender",
    secretName: "Verification key",
  },
  sns: {
    label: "Amazon SNS",
    scheme: "rsa_sha256",
    options: {
      body_path: "Signature",
      encoding: "base64",
      signed: "{fields}",
      signed_fields: ["Message", "MessageId", "Subject", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"],
      timestamp_path: "Timestamp",
      timestamp_format: "iso8601",
      tolerance_seconds: 3_600,
      id_path: "MessageId",
      type_path: "Type",
    },
    secretFrom: "sender",
    secretName: "Certificate (PEM) at the address in SigningCertURL",
    note:
      "Set the topic's SignatureVersion to 2. The first event is a SubscriptionConfirmation: open its SubscribeURL once",
  },
  square: {
    label: "Square",
    scheme: "hmac_sha256",
    options: {
      header: "x-square-hmacsha256-signature",
      encoding: "base64",
      signed: "{url}{body}",
      id_path: "event_id",
      type_path: "type",
    },
    secretFrom: "sender",
    secretName: "Signature key",
  },
  telegram: {
    label: "Telegram bots",
    scheme: "api_key",
    options: { header: "x-telegram-bot-api-secret-token", id_path: "update_id" },
    secretFrom: "us",
    secretName: "secret_token of setWebhook",
  },
  terraform_cloud: {
    label: "Terraform Cloud",
    scheme: "hmac_sha512",
    options: { header: "x-tfe-notification-signature", type_path: "notifications.0.trigger" },
    secretFrom: "us",
    secretName: "Token of the notification configuration",
  },
  trello: {
    label: "Trello",
    scheme: "hmac_sha1",
    options: {
      header: "x-trello-webhook",
      encoding: "base64",
      signed: "{body}{url}",
      id_path: "action.id",
      type_path: "action.type",
    },
    secretFrom: "sender",
    secretName: "OAuth secret of the app",
  },
  twilio: {
    label: "Twilio",
    scheme: "hmac_sha1",
    options: {
      header: "x-twilio-signature",
      encoding: "base64",
      signed: "{url}{form}",
      body_sha256_query: "bodySHA256",
      id_header: "i-twilio-idempotency-token",
    },
    secretFrom: "sender",
    secretName: "Auth token of the account",
    answer: XML,
  },
  twitch: {
    label: "Twitch",
    scheme: "hmac_sha256",
    options: {
      header: "twitch-eventsub-message-signature",
      prefix: "sha256=",
      signed: "{id}{timestamp}{body}",
      id_header: "twitch-eventsub-message-id",
      timestamp_header: "twitch-eventsub-message-timestamp",
      timestamp_format: "iso8601",
      tolerance_seconds: 600,
      type_header: "twitch-eventsub-subscription-type",
      challenge: "twitch",
    },
    secretFrom: "us",
    secretName: "secret of the subscription's transport",
  },
  typeform: {
    label: "Typeform",
    scheme: "hmac_sha256",
    options: {
      header: "typeform-signature",
      prefix: "sha256=",
      encoding: "base64",
      id_path: "event_id",
      type_path: "event_type",
    },
    secretFrom: "us",
    secretName: "Secret",
  },
  vercel: {
    label: "Vercel",
    scheme: "hmac_sha1",
    options: { header: "x-vercel-signature", id_path: "id", type_path: "type" },
    secretFrom: "sender",
    secretName: "Secret of the webhook, or client secret of the integration",
  },
  woocommerce: {
    label: "WooCommerce",
    scheme: "hmac_sha256",
    options: {
      header: "x-wc-webhook-signature",
      encoding: "base64",
      id_header: "x-wc-webhook-delivery-id",
      type_header: "x-wc-webhook-topic",
      challenge: "woocommerce",
    },
    secretFrom: "us",
    secretName: "Secret",
  },
  xero: {
    label: "Xero",
    scheme: "hmac_sha256",
    options: { header: "x-xero-signature", encoding: "base64", type_path: "events.0.eventType", challenge: "xero" },
    secretFrom: "sender",
    secretName: "Webhooks key",
    answer: { status: 200, ...EMPTY },
    note: "Its intent to receive holds requests that are signed wrongly, to see that they are refused",
  },
  zendesk: {
    label: "Zendesk",
    scheme: "hmac_sha256",
    options: {
      header: "x-zendesk-webhook-signature",
      encoding: "base64",
      signed: "{timestamp}{body}",
      timestamp_header: "x-zendesk-webhook-signature-timestamp",
      timestamp_format: "iso8601",
      id_header: "x-zendesk-webhook-invocation-id",
      type_path: "type",
    },
    secretFrom: "sender",
    secretName: "Signing secret",
  },
  zoho: {
    label: "Zoho Books, Billing, Expense, Inventory",
    scheme: "hmac_sha256",
    options: { header: "x-zoho-webhook-signature", signed: "{query_and_form}{body_unless_form}" },
    secretFrom: "us",
    secretName: "Secret token",
  },
  zoho_payments: {
    label: "Zoho Payments",
    scheme: "hmac_sha256",
    options: {
      header: "x-zoho-webhook-signature",
      elements: { signature: "v", timestamp: "t" },
      signed: "{timestamp}.{body}",
      timestamp_format: "milliseconds",
      id_path: "event_id",
      type_path: "event_type",
    },
    secretFrom: "sender",
    secretName: "Signing key",
    note: "Take the key of the webhook itself, under its More > View Signing Key: the developer space has another one",
  },
  zoho_sign: {
    label: "Zoho Sign",
    scheme: "hmac_sha256",
    options: {
      header: "x-zs-webhook-signature",
      encoding: "base64",
      type_path: "notifications.operation_type",
    },
    secretFrom: "us",
    secretName: "Secret key",
  },
  zoom: {
    label: "Zoom",
    scheme: "hmac_sha256",
    options: {
      header: "x-zm-signature",
      prefix: "v0=",
      signed: "v0:{timestamp}:{body}",
      timestamp_header: "x-zm-request-timestamp",
      type_path: "event",
      challenge: "zoom",
    },
    secretFrom: "sender",
    secretName: "Secret Token",
  },
} as const satisfies Record<string, Sender>;

export type Preset = keyof typeof TABLE;
export const SENDERS: Readonly<Record<Preset, Sender>> = TABLE;
export const PRESETS = Object.keys(TABLE) as [Preset, ...Preset[]];

/** Whether a text, as one that is stored, is a preset of this version. */
export function isPreset(text: string): text is Preset {
  return Object.hasOwn(TABLE, text);
}
