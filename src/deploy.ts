/**
 * Entry on Deno Deploy (docs/deno_deploy.md): all is imported, so that Deno.cron is registered while modules load, as that host
 * wants it. `deno task deploy:migrate` gives the argument `migrate`.
 */

import { migrateDeployed, serveDeployed } from "./app/deploy_command.ts";

await (Deno.args[0] === "migrate" ? migrateDeployed() : serveDeployed());
