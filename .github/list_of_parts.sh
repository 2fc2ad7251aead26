#!/usr/bin/env bash
# Whether a list of parts (SPDX, as Syft writes it) has every package of deno.lock, by name and version:
# bash .github/list_of_parts.sh FILE. Ends with 1 and names those that are missing.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
# A key of the lock is NAME@VERSION, and _PEER@VERSION of each package beside it.
jq -r '.npm | keys[] | capture("^(?<name>@?[^@]+)@(?<version>[^_]+)") | "\(.name)@\(.version)"' deno.lock | sort -u >"$folder/locked"
jq -r '.packages[] | "\(.name)@\(.versionInfo)"' "$1" | sort -u >"$folder/listed"
[ -s "$folder/locked" ] || { echo "deno.lock names no package" >&2; exit 1; }
missing=$(comm -23 "$folder/locked" "$folder/listed")
[ -z "$missing" ] || { printf 'Missing in %s:\n%s\n' "$1" "$missing" >&2; exit 1; }
echo "$1 has all $(wc -l <"$folder/locked") packages of deno.lock"
