#!/usr/bin/env bash
# PgBouncer's RELOAD does not read auth_file again when its size and its modification time are the ones that it knows.
#
# Seen with PgBouncer 1.18.0 (Debian bookworm, amd64); the console of PgBouncer 1.26.1 (Debian forky) behaved the same way
# in the project. A program that writes generated files with a fixed time stamp (a reproducible archive, `tar` with
# --mtime=@0, Docker's archive endpoint) and replaces one secret by another of the same length changes nothing: RELOAD
# answers RELOAD, the old password goes on, the new one is refused.
#
# Output seen:
#   same size and time, after RELOAD:  old password: accepted   new password: refused
#   another time, after RELOAD:        old password: refused    new password: accepted
set -euo pipefail
version=1.18.0-1+deb12u1
folder=$(mktemp -d) port=${PORT:-46432}
trap 'kill "$(cat "$folder/pid" 2>/dev/null)" 2>/dev/null || true; rm -rf "$folder"' EXIT
chmod 755 "$folder"
cd "$folder"
get() { apt-get -o APT::Sandbox::User=root download "$@" >/dev/null; }
get pgbouncer="$version" libc-ares2 libevent-2.1-7 libpam0g libssl3 libsystemd0
for package in *.deb; do dpkg -x "$package" root; done
command -v psql >/dev/null || { echo "psql is needed" >&2; exit 2; }
user=$(id -un)
[[ $user != root ]] || user=nobody
write() { printf '"admin" "%s"\n' "$1" >users.txt; touch -d "$2" users.txt; chmod 644 users.txt; }
cat >pgbouncer.ini <<INI
[databases]
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = $port
unix_socket_dir =
auth_type = plain
auth_file = $folder/users.txt
admin_users = admin
pidfile = $folder/pid
INI
write first '2001-01-01 00:00:00'
chown -R "$user" "$folder"
libraries=$(echo "$folder"/root/usr/lib/*-linux-gnu):$(echo "$folder"/root/lib/*-linux-gnu)
LD_LIBRARY_PATH=$libraries setpriv --reuid="$(id -u "$user")" --clear-groups \
  root/usr/sbin/pgbouncer -q pgbouncer.ini 2>log &
console() { PGPASSWORD=$1 psql -XAtq -h 127.0.0.1 -p "$port" -U admin -d pgbouncer -c "$2" 2>&1; }
for _ in $(seq 100); do console first 'SHOW VERSION' >/dev/null && break; sleep 0.1; done
console first 'SHOW VERSION'
verdict() { if console "$1" 'SHOW VERSION' >/dev/null; then echo accepted; else echo refused; fi; }
reload() { console "$1" RELOAD >/dev/null; }
write other '2001-01-01 00:00:00'   # five letters, as before; the same second
reload first
same="old password: $(verdict first)   new password: $(verdict other)"
write other '2001-01-01 00:00:01'
reload first
changed="old password: $(verdict first)    new password: $(verdict other)"
echo "same size and time, after RELOAD:  $same"
echo "another time, after RELOAD:        $changed"
[[ $same == 'old password: accepted   new password: refused' ]]
[[ $changed == 'old password: refused    new password: accepted' ]]
