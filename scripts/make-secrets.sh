#!/bin/sh
# Makes the secrets that docker-compose.yml needs, as files in compose/secrets. What is there already stays.
set -eu
umask 077
cd "$(dirname "$0")/.."
mkdir -p compose/secrets
secret() {
  [ -s "compose/secrets/$1" ] || { printf '%s%s' "$2" "$(head -c 32 /dev/urandom | base64 | tr '+/' '-_' | tr -d '=\n')" >"compose/secrets/$1"; }
}
secret postgres_password ''
secret grafana_reader_password ''
secret grafana_admin_password ''
secret hq_admin_token hqa_
# Containers read them as users of their own; the folder keeps everybody else out.
chmod 700 compose/secrets
chmod 444 compose/secrets/*
echo "compose/secrets: $(ls compose/secrets | tr '\n' ' ')"
