#!/usr/bin/env bash
# run.sh: the benchmarks, side by side in one run, because only ratios mean something on another machine.
#   ROUNDS=3   rounds of the cold start     KILLS=5   failovers with the controller (and one with Patroni alone)
#   MORE=3     of each other way in which a primary fails
set -euo pipefail
source "$(dirname "$0")/common.sh"
rounds=${ROUNDS:-3} kills=${KILLS:-5} more=${MORE:-3}
trap 'destroy || true; rm -rf "$work"' EXIT
export CONTROLLER_PID=$work/pid
CONTROLLER_START="'$controller' run ${options[*]@Q} >>'$work/log' 2>&1 & echo \$! >'$work/pid'"
export CONTROLLER_START
now() { local t=$EPOCHREALTIME; echo $((${t/[.,]/} / 1000)); }

# ours: from the start of the program until the last of streaming, synchronous standby, schema and stanza
ours() {
  local began
  began=$(now)
  start
  ready
  "$python" - "$work/state/$id/events.jsonl" "$began" <<'P'
import json, sys, datetime
at = {}
for line in open(sys.argv[1]):
    event = json.loads(line)
    for name in ("PrimaryAvailable is True", "ReplicasStreaming is True", "SynchronousStandby is True", "SchemaCurrent is True", "BackupAvailable is False"):
        if event["what"] == name:
            at[name] = datetime.datetime.fromisoformat(event["time"].replace("Z", "+00:00")).timestamp() * 1000 - int(sys.argv[2])
print(json.dumps({"writable": round(at["PrimaryAvailable is True"]), "streaming": round(at["ReplicasStreaming is True"]), "sync": round(at["SynchronousStandby is True"]), "schema": round(at["SchemaCurrent is True"]), "stanza": round(at.get("BackupAvailable is False", 0))}))
P
}

say "cold start, $rounds rounds: the plain way, the hand-tuned script, the controller"
for round in $(seq "$rounds"); do
  echo "plain $("$root/Benchmarks/baselines/plain.sh" "$id-p$round")" | tee -a "$work/cold"
  echo "tuned $("$root/Benchmarks/baselines/hand-tuned.sh" "$id-t$round")" | tee -a "$work/cold"
  echo "ours $(ours)" | tee -a "$work/cold"
  [[ $round == "$rounds" ]] || destroy
done
"$controller" password pgadmin "${options[@]}" >"$work/password"

say "write gap when the primary's container is killed: $kills times with the controller, once with Patroni alone"
for _ in $(seq "$kills"); do
  echo "controller $(gap container 60)" | tee -a "$work/gap"
  ready 100
done
say "$more times each: only PostgreSQL is killed, Patroni hangs, the controller is killed with the primary and returns 5 s later"
for how in postmaster hang both; do
  for _ in $(seq "$more"); do
    echo "$how $(gap $how 0)" | tee -a "$work/gap"
    ready 100
  done
done
say "at rest: one minute"
ticks() { awk '{print $14 + $15}' "/proc/$(pid)/stat"; }
sleep 15
before=$(ticks)
sleep 60
after=$(ticks)
echo "idle: $(awk -v t=$((after - before)) -v hz="$(getconf CLK_TCK)" 'BEGIN {printf "%.2f %% of a core", t / hz / 60 * 100}'), $(awk '/VmRSS/ {printf "%.1f MiB resident", $2 / 1024}' "/proc/$(pid)/status")"
echo "no-op pass: $("$controller" plan "${options[@]}" --time | tail -1)"
stop
echo "patroni $(gap container 0)" | tee -a "$work/gap"

say "medians"
"$python" - "$work/cold" "$work/gap" <<'P'
import json, statistics, sys
def rows(path):
    for line in open(path):
        name, _, text = line.partition(" ")
        yield name, json.loads(text)
def done(row): return max(row.values())
cold = {}
for name, row in rows(sys.argv[1]): cold.setdefault(name, []).append(done(row))
cold = {name: statistics.median(values) for name, values in cold.items()}
for name, value in cold.items(): print(f"cold start {name:6} {value / 1000:6.1f} s")
print(f"ours / plain {cold['ours'] / cold['plain']:.2f} (bar 0.50)   ours / tuned {cold['ours'] / cold['tuned']:.2f} (bar 1.25)")
gaps = {}
for name, row in rows(sys.argv[2]): gaps.setdefault(name, []).append(row)
def at(values, share): return sorted(values)[min(len(values) - 1, round(share * (len(values) - 1)))] / 1000
bars = {"controller": "p50 < 1 s, p99 < 3 s", "postmaster": "p50 < 3 s", "hang": "below ttl, 30 s",
    "both": "within 2 s of its return"}
for name, found in gaps.items():
    gap = [row["gap_ms"] for row in found]
    back = [row["back_ms"] for row in found if row["back_ms"]]
    after = [row["return_ms"] for row in found if row["return_ms"]]
    print(f"write gap {name:10} {len(gap)} times: p50 {at(gap, 0.5):.2f} s, p99 {at(gap, 0.99):.2f} s, longest {at(gap, 1):.2f} s"
        + (f"; streaming again p50 {at(back, 0.5):.1f} s, longest {at(back, 1):.1f} s" if back else "")
        + (f"; longest after the controller's return {at(after, 1):.2f} s" if after else "")
        + (f" (bar: {bars[name]})" if name in bars else ""))
    total = {key: sum(row[key] for row in found) for key in ("acknowledged", "lost", "unexpected", "two_primaries", "timelines")}
    print(f"  history {name:10} " + ", ".join(f"{value} {key.replace('_', ' ')}" for key, value in total.items()))
P
