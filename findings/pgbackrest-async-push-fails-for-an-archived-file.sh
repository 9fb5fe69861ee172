#!/usr/bin/env bash
# pgBackRest's archive-push in the background fails an assertion for a WAL file that has no `.ready` file any more, where the push in
# the foreground succeeds; and it records the failure as the one of all files.
#
# Seen with pgBackRest 2.45 (Debian bookworm) and 2.60.0 (Debian forky), amd64. Two programs that archive the same file
# beside each other meet it: PostgreSQL renames `.ready` to `.done` when its archive_command succeeds, and the other one's push, a
# moment later, ends with `ASSERT: [025]: no WAL files to process` and the advice to submit an issue. The error lies in the spool
# folder as `global.error`, which a push of another file that waits at that moment takes for its own.
#
# Output seen:
#   in the foreground, archived before:  status 0
#   in the background, archived before:  status 25  ASSERT: [025]: no WAL files to process
#   recorded for:                        global.error
set -euo pipefail
pgbackrest=2.45-1 postgresql=15.20-0+deb12u1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
chmod 755 "$folder"
cd "$folder"
get() { apt-get -o APT::Sandbox::User=root download "$@" >/dev/null; }
get pgbackrest="$pgbackrest" postgresql-15="$postgresql" libpq5 libxml2 liblz4-1 libllvm14 libzstd1
for package in *.deb; do dpkg -x "$package" root; done
libraries=$(echo "$folder"/root/usr/lib/*-linux-gnu)
account=()
if [[ $(id -u) == 0 ]]; then account=(setpriv "--reuid=$(id -u nobody)" --clear-groups); fi
as() { "${account[@]}" env HOME="$folder" LD_LIBRARY_PATH="$libraries" "$@"; }
mkdir repo spool log lock
cat >conf <<INI
[global]
repo1-path=$folder/repo
spool-path=$folder/spool
lock-path=$folder/lock
log-path=$folder/log
log-level-console=warn
log-level-file=off
archive-timeout=20
[demo]
pg1-path=$folder/data
INI
[[ $(id -u) != 0 ]] || chown -R nobody .
as root/usr/lib/postgresql/15/bin/initdb -D data -A trust -L "$folder/root/usr/share/postgresql/15" >/dev/null 2>&1
run() { as "$folder/root/usr/bin/pgbackrest" --config="$folder/conf" --stanza=demo "$@"; }
run --no-online stanza-create
cd data
push() { status=0; words=$(run "$1" archive-push pg_wal/000000010000000000000001 2>&1) || status=$?; }
push --no-archive-async
push --no-archive-async
foreground="status $status"
push --archive-async
background="status $status  $(grep -aoE 'ASSERT.*' <<<"$words" | head -1)"
recorded=$(ls "$folder/spool/archive/demo/out")
echo "in the foreground, archived before:  $foreground"
echo "in the background, archived before:  $background"
echo "recorded for:                        $recorded"
[[ $foreground == 'status 0' ]]
[[ $background == 'status 25  ASSERT: [025]: no WAL files to process' ]]
[[ $recorded == global.error ]]
