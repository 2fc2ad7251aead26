/** How a webhook is set up at each known sender, in the words of its own pages and documents. */

import type { Preset } from "./senders.ts";

/**
 * What is entered there: the source's address, its secret, the last part of its address, or a fixed text; theirs: what the sender
 * shows, to be entered here. Null: something to do.
 */
export const STEP_VALUES = ["address", "secret", "key", "fixed", "theirs"] as const;
export interface SetupStep {
  text: string;
  value: typeof STEP_VALUES[number] | null;
  /** Of a fixed text. */
  fixed: string | null;
}

const open = (text: string): SetupStep => ({ text, value: null, fixed: null });
const address = (text: string): SetupStep => ({ text, value: "address", fixed: null });
const secret = (text: string): SetupStep => ({ text, value: "secret", fixed: null });
const key = (text: string): SetupStep => ({ text, value: "key", fixed: null });
const theirs = (text: string): SetupStep => ({ text, value: "theirs", fixed: null });
const fixed = (text: string, fixed: string): SetupStep => ({ text, value: "fixed", fixed });

export const SETUP_STEPS: Readonly<Record<Preset, readonly SetupStep[]>> = {
  standard_webhooks: [open("Add an endpoint at the sender"), address("Endpoint URL"), secret("Signing secret")],
  svix: [open("Endpoints > Add Endpoint"), address("Endpoint URL"), theirs("Signing Secret")],
  github: [
    open("Settings > Webhooks > Add webhook, of the repository or the organization"),
    address("Payload URL"),
    fixed("Content type", "application/json"),
    secret("Secret"),
    open("Choose the events, then Add webhook"),
  ],
  stripe: [
    open("Developers > Webhooks > Add destination"),
    address("Endpoint URL"),
    theirs("Signing secret"),
  ],
  shopify: [
    open("Settings > Notifications > Webhooks > Create webhook"),
    fixed("Format", "JSON"),
    address("URL"),
    theirs("The key below the list: Your webhooks will be signed with"),
  ],
  slack: [
    open("api.slack.com/apps > the app > Basic Information"),
    theirs("Signing Secret"),
    open("Event Subscriptions > Enable Events"),
    address("Request URL"),
  ],
  airtable: [
    open("Call Create a webhook of the Web API"),
    address("notificationUrl"),
    theirs("macSecretBase64 of the answer"),
  ],
  asana: [
    open("Call POST /webhooks of the API"),
    address("target"),
    open("Asana sends X-Hook-Secret with its first request: it is kept here"),
  ],
  azure_event_grid: [
    open("Event Subscriptions > Create, with the endpoint type Web Hook"),
    address("Subscriber endpoint"),
    secret("Parameter secret of that address, as a secret delivery property"),
  ],
  bitbucket: [open("Repository settings > Webhooks > Add webhook"), address("URL"), secret("Secret")],
  calendly: [open("Call POST /webhook_subscriptions of the API"), address("url"), secret("signing_key")],
  discord: [
    open("Developer Portal > the application > General Information"),
    theirs("Public Key"),
    open("Webhooks, of the same application"),
    address("Endpoint URL"),
  ],
  docusign: [
    open("Settings > Connect > Add Configuration > Custom"),
    address("URL to Publish"),
    open("Integration and Security Settings: Include HMAC Signature"),
    open("Settings > Connect > Connect Keys > Add Secret Key"),
    theirs("The Connect key"),
  ],
  dropbox: [open("App Console > the app > Settings"), theirs("App secret"), address("Webhook URIs")],
  gitlab: [open("Settings > Webhooks > Add new webhook"), address("URL"), secret("Secret token")],
  hubspot: [open("The app > Auth"), theirs("Client secret"), open("The app > Webhooks"), address("Target URL")],
  intercom: [
    open("Developer Hub > the app > Basic information"),
    theirs("Client secret"),
    open("Webhooks, of the same app"),
    address("Endpoint URL"),
  ],
  jira: [open("Settings > System > WebHooks > Create a WebHook"), address("URL"), secret("Secret")],
  linear: [open("Settings > API > New webhook"), address("URL"), theirs("Signing secret")],
  mailgun: [
    open("Send > Sending > Webhooks > Add webhook"),
    address("URL"),
    theirs("HTTP webhook signing key"),
  ],
  mandrill: [open("Settings > Webhooks > Add a Webhook"), address("Post To URL"), theirs("Key of the webhook")],
  meta: [
    open("App Dashboard > App settings > Basic"),
    theirs("App secret"),
    open("Webhooks, of the same app"),
    address("Callback URL"),
    key("Verify token"),
  ],
  microsoft_graph: [open("Call POST /subscriptions"), address("notificationUrl"), secret("clientState")],
  monday: [open("Integrations of the board > Webhooks"), address("Webhook URL")],
  monday_app: [
    open("Developers > the app > Basic Information"),
    theirs("Signing Secret"),
    open("Create the webhook by the app"),
    address("url"),
  ],
  notion: [
    open("The integration > Webhooks > Create a subscription"),
    address("Webhook URL"),
    open("Notion sends its token with its first request: choose Show secret once here"),
    secret("Verification token"),
  ],
  okta: [
    open("Workflow > Event Hooks > Create Event Hook"),
    address("URL"),
    fixed("Authentication field", "Authorization"),
    secret("Authentication secret"),
  ],
  paddle: [open("Developer Tools > Notifications > New destination"), address("URL"), theirs("Secret key")],
  pagerduty: [
    open("Integrations > Generic Webhooks (v3) > New Webhook"),
    address("Webhook URL"),
    theirs("The secret that it shows once"),
  ],
  paypal: [
    open("Developer Dashboard > Apps & Credentials > the app > Add Webhook"),
    address("Webhook URL"),
    open("The webhook's ID stands in the option signed of this source"),
    theirs("The certificate at the address in PAYPAL-CERT-URL of a delivery"),
  ],
  paystack: [open("Settings > API Keys & Webhooks"), address("Webhook URL"), theirs("Secret Key")],
  sendgrid: [
    open("Settings > Mail Settings > Event Webhooks > Create new webhook"),
    address("Post URL"),
    open("Security features: Enable Signed Event Webhook"),
    theirs("Verification Key"),
  ],
  sns: [
    fixed("SignatureVersion of the topic", "2"),
    open("The topic > Create subscription, protocol HTTPS"),
    address("Endpoint"),
    open("Open the SubscribeURL of the first event once"),
    theirs("The certificate at the address in SigningCertURL of a delivery"),
  ],
  square: [
    open("Developer Console > the application > Webhooks > Subscriptions > Add subscription"),
    address("URL"),
    theirs("Signature key"),
  ],
  telegram: [open("Call setWebhook of the Bot API"), address("url"), secret("secret_token")],
  terraform_cloud: [
    open("Settings > Notifications of the workspace > Create a notification > Webhook"),
    address("Webhook URL"),
    secret("Token"),
  ],
  trello: [open("Call POST /1/webhooks of the API"), address("callbackURL"), theirs("Secret of the API key")],
  twilio: [
    open("Phone Numbers > Active numbers > the number > Messaging"),
    address("A message comes in: Webhook"),
    theirs("Auth Token of the account"),
  ],
  twitch: [
    open("Call POST /helix/eventsub/subscriptions"),
    address("transport.callback"),
    secret("transport.secret"),
  ],
  typeform: [open("Connect > Webhooks > Add a webhook, of the form"), address("Endpoint"), secret("Secret")],
  vercel: [
    open("Team Settings > Webhooks > Create Webhook"),
    address("Endpoint URL"),
    theirs("The secret it shows once"),
  ],
  woocommerce: [
    open("WooCommerce > Settings > Advanced > Webhooks > Add webhook"),
    fixed("Status", "Active"),
    address("Delivery URL"),
    secret("Secret"),
  ],
  xero: [open("My Apps > the app > Webhooks"), address("Send notifications to"), theirs("Webhooks key")],
  zendesk: [
    open("Admin Center > Apps and integrations > Webhooks > Create webhook"),
    address("Endpoint URL"),
    fixed("Request format", "JSON"),
    theirs("Signing secret"),
  ],
  zoho: [
    open("Settings > Workflow Actions > Webhooks > New Webhook"),
    address("URL to Notify"),
    secret("Secret"),
  ],
  zoho_payments: [open("Settings > Developer Space > Webhooks"), address("URL"), theirs("Signing Key")],
  zoho_sign: [open("Settings > Developer settings > Webhooks"), address("Callback URL"), secret("Secret key")],
  zoom: [
    open("App Marketplace > Manage > the app > Features > Access"),
    theirs("Secret Token"),
    open("Event Subscription > Add New Event Subscription"),
    address("Event notification endpoint URL"),
  ],
};
