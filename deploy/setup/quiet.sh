#!/usr/bin/env bash
# quiet.sh: of a build's output, what a person wants to see: errors, and now and then how far it is.
awk '
  /error:|warning:/ { print; fflush(); next }
  /^Build|complete!|Compiling plugin/ { print "  " $0; fflush(); next }
  match($0, /^\[[0-9]+\/[0-9]+\]/) {
    split(substr($0, 2, RLENGTH - 2), part, "/")
    if (part[2] > 20 && part[1] - last > part[2] / 5) { last = part[1]; printf "  %d of %d steps\n", part[1], part[2]; fflush() }
  }'
