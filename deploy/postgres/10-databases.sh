#!/usr/bin/env bash
# The databases of the documents, each owned by the one user that the program connects as, who is no superuser: row-level
# security binds it. The image of PostgreSQL runs this once, when its volume is empty; by hand it may run as often as wanted:
#   APP_USER=clockify APP_PASSWORD=... POSTGRES_USER=postgres bash deploy/postgres/10-databases.sh
set -euo pipefail
: "${APP_USER:?the user to make, as in clockify}" "${APP_PASSWORD:?its password}"

psql() {
  command psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username "${POSTGRES_USER:-postgres}" --dbname postgres "$@"
}

# psql reads the password from its own environment: as an argument it would be in the list of processes.
psql <<'SQL'
\getenv app_user APP_USER
\getenv app_password APP_PASSWORD
select format('create role %I login nosuperuser nocreatedb nocreaterole', :'app_user')
where not exists (select from pg_roles where rolname = :'app_user') \gexec
set log_statement = 'none';
select format('alter role %I password %L', :'app_user', :'app_password') \gexec
SQL

for database in api_studio universal_webhook clockify_addon workflow_db; do
  psql --set database="$database" <<'SQL'
\getenv app_user APP_USER
select format('create database %I owner %I', :'database', :'app_user')
where not exists (select from pg_database where datname = :'database') \gexec
select format('revoke connect, temporary on database %I from public', :'database') \gexec
SQL
done

# In the image the superuser's password has done its work: from now on it logs in through the socket of the container alone.
if [ "${CLOSE_SUPERUSER:-}" = 1 ]; then
  psql <<'SQL'
\getenv superuser POSTGRES_USER
select format('alter role %I password null', :'superuser') \gexec
SQL
fi
