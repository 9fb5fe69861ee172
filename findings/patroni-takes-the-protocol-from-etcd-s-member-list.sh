#!/usr/bin/env bash
# Patroni asks etcd in the protocol that etcd's member list names, not in the one of its own configuration; so a change of
# --advertise-client-urls reaches a running Patroni and can cut it off.
#
# Seen with Patroni 4.1.0 (PyPI) and etcd 3.4.23 (Debian bookworm); with 4.1.5 and 3.5.30 a primary gave up its place because of it.
# Patroni's file lists its hosts without TLS, and etcd answers there. The member list names an address with TLS. From its first look
# at the list on Patroni asks there, trusts no authority of that server, and finds no etcd. To move a cluster to TLS, let members
# listen for both and advertise both until the last Patroni has certificates.
#
# Output seen:
#   configured: http://127.0.0.1:A
#   asked:      https://127.0.0.1:B
#   the end:    EtcdConnectionFailed: No more machines in the cluster
set -euo pipefail
patroni=4.1.0 server=3.4.23-4+b4
folder=$(mktemp -d)
etcd=
trap 'kill $etcd 2>/dev/null || true; wait; rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check "patroni[etcd3]==$patroni" psycopg2-binary==2.9.13
apt-get -o APT::Sandbox::User=root download etcd-server="$server" >/dev/null
for package in *.deb; do dpkg -x "$package" root; done
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=demo -addext subjectAltName=IP:127.0.0.1 \
  -keyout own.key -out own.pem 2>/dev/null
port=$((20000 + RANDOM % 10000))
plain=http://127.0.0.1:$port tls=https://127.0.0.1:$((port + 1))
root/usr/bin/etcd --data-dir data --listen-client-urls "$plain,$tls" --advertise-client-urls "$tls" --cert-file own.pem \
  --key-file own.key --listen-peer-urls "http://127.0.0.1:$((port + 2))" >log 2>&1 &
etcd=$!
for _ in $(seq 100); do curl -s "$plain/health" | grep -q true && break; sleep 0.1; done
# the connection fails at the first look; what it tried is in its log
venv/bin/python - "$port" >seen 2>&1 <<'PYTHON' || true
import sys

from patroni.dcs import get_dcs

get_dcs({"scope": "demo", "name": "one", "ttl": 30, "loop_wait": 10, "retry_timeout": 3,
         "etcd3": {"hosts": [f"127.0.0.1:{sys.argv[1]}"]}})
PYTHON
asked=$(grep -oE 'Request to server [^ ]+' seen | head -1 | cut -d' ' -f4) read=$(tail -1 seen | grep -oE 'EtcdConnectionFailed.*')
echo "configured: ${plain/$port/A}"
echo "asked:      ${asked/$((port + 1))/B}"
echo "the end:    $read"
[[ $asked == "$tls" && $read == 'EtcdConnectionFailed: No more machines in the cluster' ]]
