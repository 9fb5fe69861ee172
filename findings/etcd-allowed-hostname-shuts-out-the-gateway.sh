#!/usr/bin/env bash
# etcd started with --client-cert-allowed-hostname answers no request of its own JSON gateway, whatever certificate the client has;
# gRPC clients are served.
#
# Seen with etcd 3.4.23 (Debian bookworm) and 3.5.30 (Debian forky). The gateway is a client of its own member that does not verify
# it, and the name that clients must have is then looked for in a chain of certificates that was not built. Each request gets code 14
# with the words of a refused client, and the member logs its own refusal. Who speaks JSON with etcd, Patroni for example, finds no
# member. The flag for peers, --peer-cert-allowed-hostname (3.5), has no such effect.
#
# Output seen:
#   gRPC:    OK
#   gateway: 14 client certificate authentication failed
set -euo pipefail
server=3.4.23-4+b4
folder=$(mktemp -d)
etcd=
trap 'kill $etcd 2>/dev/null || true; wait; rm -rf "$folder"' EXIT
cd "$folder"
get() { apt-get -o APT::Sandbox::User=root download "$@" >/dev/null; }
get etcd-server="$server" etcd-client="$server"
for package in *.deb; do dpkg -x "$package" root; done
key=(-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes)
openssl req -x509 "${key[@]}" -days 2 -subj /CN=authority -addext keyUsage=critical,keyCertSign -keyout ca.key -out ca.pem 2>/dev/null
openssl req -new "${key[@]}" -subj /O=demo -keyout own.key -out own.csr 2>/dev/null
printf 'subjectAltName=DNS:localhost,DNS:demo.internal\nextendedKeyUsage=serverAuth,clientAuth\n' >own.ext
openssl x509 -req -in own.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile own.ext -out own.pem 2>/dev/null
port=$((20000 + RANDOM % 10000))
url=https://localhost:$port
root/usr/bin/etcd --data-dir data --listen-client-urls "https://127.0.0.1:$port" --advertise-client-urls "$url" \
  --listen-peer-urls "http://127.0.0.1:$((port + 1))" --cert-file own.pem --key-file own.key --trusted-ca-file ca.pem \
  --client-cert-auth --client-cert-allowed-hostname demo.internal >log 2>&1 &
etcd=$!
ctl() { ETCDCTL_API=3 root/usr/bin/etcdctl --endpoints "$url" --cacert ca.pem --cert own.pem --key own.key "$@"; }
for _ in $(seq 100); do ctl endpoint health >/dev/null 2>&1 && break; sleep 0.1; done
grpc=$(ctl put key value)
json=$(curl -sS --cacert ca.pem --cert own.pem --key own.key -d '{}' "$url/v3/maintenance/status")
gateway="$(grep -oE '"code": ?[0-9]+' <<<"$json" | grep -oE '[0-9]+') $(grep -oE 'client certificate authentication failed' <<<"$json" | head -1)"
echo "gRPC:    $grpc"
echo "gateway: $gateway"
[[ $grpc == OK && $gateway == '14 client certificate authentication failed' ]]
