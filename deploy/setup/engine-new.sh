#!/usr/bin/env bash
# engine-new: a second, newer Docker Engine (Debian forky's docker.io, 28.5, API 1.51) beside the machine's own, so that
# the contract tests hold DockerAPI against both ends of what it speaks.
#
#   engine-new.sh up      leaves it answering at unix:///run/dnew.sock (about a minute the first time)
#   engine-new.sh down    stops it; its root /var/lib/dnew stays for the next time
#
# The engine has a root file system, a mount namespace and a network namespace of its own: a plain chroot is not enough,
# because dockerd pivots when it unpacks an image, and only a mount point can be pivoted away from.
set -euo pipefail

root=/var/lib/dnew socket=/run/dnew.sock pidfile=/run/dnew.pid namespace=dnew
install_log=/var/log/dnew-install.log engine_log=/var/log/dnew.log lock=/run/dnew.lock

say() { printf 'engine-new: %s\n' "$*" >&2; }

# Asks the socket itself: a docker client may not be installed.
answers() { [[ -S $socket ]] && curl -fsS -m 2 --unix-socket "$socket" http://localhost/_ping >/dev/null 2>&1; }

need() {
    local missing=()
    command -v debootstrap >/dev/null || missing+=(debootstrap)
    command -v ip >/dev/null || missing+=(iproute2)
    command -v curl >/dev/null || missing+=(curl)
    [[ ${#missing[@]} == 0 ]] && return
    say "installing ${missing[*]}"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# The mirror of the machine's own apt sources, in either of their formats.
mirror() {
    { cat /etc/apt/sources.list.d/*.sources /etc/apt/sources.list 2>/dev/null || true; } |
        sed -nE 's#^URIs: *(http[^ ]*/debian)/?$#\1#p; s#^deb (\[[^]]*\] )?(http[^ ]*/debian)/? .*#\2#p' |
        head -n 1
}

install_root() {
    [[ -x $root/usr/sbin/dockerd ]] || install_base
    # procps: the engine calls the ps beside it for `docker top`.
    [[ -x $root/usr/sbin/dockerd && -x $root/usr/bin/ps ]] && return
    printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
    chmod +x "$root/usr/sbin/policy-rc.d"
    cp /etc/resolv.conf "$root/etc/resolv.conf"
    unshare -m bash -c "
        set -e
        mount --bind /proc $root/proc
        mount --rbind /dev $root/dev
        export DEBIAN_FRONTEND=noninteractive
        chroot $root apt-get -qq -o Acquire::Check-Valid-Until=false update
        chroot $root apt-get install -y -qq --no-install-recommends docker.io iptables procps" >>"$install_log" 2>&1
}

install_base() {
    need
    local from
    from=$(mirror)
    [[ -n $from ]] || { say "no Debian mirror found in /etc/apt: add one to sources.list"; exit 1; }
    say "installing Debian forky and its docker.io under $root (log: $install_log)"
    # Debian 12's debootstrap has no script named forky; sid's does.
    debootstrap --variant=minbase --include=ca-certificates forky "$root" "$from" \
        /usr/share/debootstrap/scripts/sid >"$install_log" 2>&1
}

start() {
    [[ -e /run/netns/$namespace ]] || { ip netns add $namespace; ip -n $namespace link set lo up; }
    rm -rf "$root/run/dnew" "$root$pidfile"
    mkdir -p "$root/run/share"
    setsid nsenter --net=/run/netns/$namespace unshare -m bash -c "
        set -e
        mount --make-rprivate /
        mount --bind $root $root
        cd $root
        mount --rbind /proc proc
        mount --rbind /sys sys
        mount --rbind /dev dev
        mount --bind /run run/share
        mkdir -p old
        pivot_root . old
        umount -l /old
        exec dockerd --data-root /var/lib/dnew --exec-root /run/dnew \
            --pidfile /run/share/dnew.pid -H unix:///run/share/dnew.sock" >"$engine_log" 2>&1 </dev/null 9>&- &
}

up() {
    answers && [[ -x $root/usr/bin/ps ]] && { say "answers already at unix://$socket"; return; }
    [[ $(id -u) == 0 ]] || { say "starting a second engine needs root"; exit 1; }
    # Two test runs at once must not install into the same root.
    exec 9>"$lock"
    flock 9
    install_root
    answers && { say "answers already at unix://$socket"; return; }
    start
    for _ in $(seq 150); do
        answers && { say "answers at unix://$socket"; return; }
        sleep 0.2
    done
    say "did not answer within 30 s; its last lines:"
    tail -n 5 "$engine_log" >&2
    exit 1
}

down() {
    if [[ -e $pidfile ]]; then
        local pid
        pid=$(cat "$pidfile")
        kill "$pid" 2>/dev/null || true
        for _ in $(seq 100); do
            kill -0 "$pid" 2>/dev/null || break
            sleep 0.2
        done
    fi
    rm -f "$socket" "$pidfile"
    ip netns del $namespace 2>/dev/null || true
}

case ${1:-} in
    up) up ;;
    down) down ;;
    *)
        sed -n '2,6p' "$0"
        exit 2
        ;;
esac
