#!/usr/bin/env bash
# etcd's member list calls a learner a voter as soon as its peer address is updated, though it was not promoted and has no vote.
#
# Seen with etcd 3.4.23 (Debian bookworm), and with 3.5.30 (Debian forky) through `/v3/cluster/member/update`. An update carries the
# new addresses only, and the list takes the missing `isLearner` for false. It was never started and still has no vote: with two
# voters no write would be taken. Tools that decide by the list how many voters there are, or whether a learner is still to be
# promoted, are misled; so addresses are updated before a learner is added or after it is promoted.
#
# Output seen:
#   added:     learner true
#   updated:   learner false
#   a write:   OK
set -euo pipefail
server=3.4.23-4+b4
folder=$(mktemp -d)
trap 'kill $etcd 2>/dev/null || true; wait; rm -rf "$folder"' EXIT
etcd=
cd "$folder"
get() { apt-get -o APT::Sandbox::User=root download "$@" >/dev/null; }
get etcd-server="$server" etcd-client="$server"
for package in *.deb; do dpkg -x "$package" root; done
port=$((20000 + RANDOM % 10000))
url=http://127.0.0.1:$port peer=http://127.0.0.1:$((port + 1))
root/usr/bin/etcd --name one --data-dir data --listen-client-urls "$url" --advertise-client-urls "$url" --listen-peer-urls "$peer" \
  --initial-advertise-peer-urls "$peer" --initial-cluster "one=$peer" >log 2>&1 &
etcd=$!
ctl() { ETCDCTL_API=3 root/usr/bin/etcdctl --endpoints "$url" "$@"; }
for _ in $(seq 100); do ctl endpoint health >/dev/null 2>&1 && break; sleep 0.1; done
# the last column tells whether it is a learner
learner() { ctl member list | grep -v ' one, ' | awk -F', ' '{print $NF}'; }
id=$(ctl member add two --learner --peer-urls=http://127.0.0.1:$((port + 2)) | awk '/^Member/ {print $2; exit}')
added=$(learner)
ctl member update "$id" --peer-urls=http://127.0.0.1:$((port + 3)) >/dev/null
updated=$(learner)
write=$(ctl put key value)
echo "added:     learner $added"
echo "updated:   learner $updated"
echo "a write:   $write"
[[ $added == true && $updated == false && $write == OK ]]
