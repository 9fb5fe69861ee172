#!/usr/bin/env bash
# A reload does not make Patroni's REST server read `restapi.cafile` again. A client whose certificate a newly added authority has
# signed stays shut out until some option of the section differs, or the server's own certificate has another serial number.
#
# Seen with Patroni 4.1.5 (PyPI). Patroni compares the options, which are paths, and the serial number in `certfile`; only then it
# makes a new TLS context. So an authority that is added to the file (a rotation, or a renewal that keeps the server's certificate)
# is not trusted, without a message. An option that changes nothing else, such as `keyfile_password` beside a key without a
# password, makes the reload read all files.
#
# Output seen:
#   the old authority's client: accepted
#   the new one's, after its file and a reload: refused
#   the new one's, after another option too: accepted
set -euo pipefail
patroni=4.1.5
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check "patroni==$patroni" psycopg2-binary==2.9.13
authority() {  # NAME
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=$1" -keyout "$1.key" -out "$1.pem" \
    -addext keyUsage=critical,keyCertSign,cRLSign 2>/dev/null
}
leaf() {  # NAME AUTHORITY
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$1" -keyout "$1.key" -out "$1.csr" 2>/dev/null
  printf 'subjectAltName=IP:127.0.0.1\nkeyUsage=digitalSignature\n' >extensions
  openssl x509 -req -in "$1.csr" -CA "$2.pem" -CAkey "$2.key" -CAcreateserial -days 2 -extfile extensions -out "$1.crt" 2>/dev/null
  cat "$1.key" "$1.crt" >"$1.identity"
}
authority old; authority new
leaf server old; leaf client-old old; leaf client-new new
cp old.pem trusted.pem
venv/bin/python - "$((20000 + RANDOM % 10000))" >seen 2>log <<'PYTHON'
import socket
import ssl
import sys
from unittest import mock

from patroni.api import RestApiServer

port = int(sys.argv[1])
config = {"listen": f"127.0.0.1:{port}", "certfile": "server.identity", "keyfile": "server.identity", "cafile": "trusted.pem",
          "verify_client": "optional"}
server = RestApiServer(mock.MagicMock(), dict(config))
server.start()


def attempt(identity):
    context = ssl.create_default_context(cafile="old.pem")
    context.maximum_version = ssl.TLSVersion.TLSv1_2  # the server's verdict is part of the handshake
    context.load_cert_chain(identity)
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as plain:
            with context.wrap_socket(plain, server_hostname="127.0.0.1"):
                return "accepted"
    except (ssl.SSLError, ConnectionError):
        return "refused"


print("the old authority's client:", attempt("client-old.identity"))
with open("trusted.pem", "a") as file, open("new.pem") as added:
    file.write(added.read())
server.reload_config(dict(config))
print("the new one's, after its file and a reload:", attempt("client-new.identity"))
server.reload_config(dict(config, keyfile_password="2"))
print("the new one's, after another option too:", attempt("client-new.identity"))
sys.stdout.flush()
import os
os._exit(0)
PYTHON
cat seen
diff seen - <<'SEEN'
the old authority's client: accepted
the new one's, after its file and a reload: refused
the new one's, after another option too: accepted
SEEN
