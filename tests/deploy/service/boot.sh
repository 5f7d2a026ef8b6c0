#!/usr/bin/env bash
# Usage: unshare --mount boot.sh FOLDER. Boots systemd as process 1 of a container whose root is this machine's, copied
# on write into memory, without any network but loopback; it runs life.sh as a service and powers itself off.
# FOLDER holds life.sh and the bundles; life.sh's words come back as FOLDER/log.
set -euo pipefail
folder=$1
mount --make-rprivate /
mkdir -p "$folder/box"
mount -t tmpfs tmpfs "$folder/box"
mkdir "$folder"/box/{up,work,root}
mount -t overlay overlay -o "lowerdir=/,upperdir=$folder/box/up,workdir=$folder/box/work" "$folder/box/root"
root=$folder/box/root

rm -rf "$root"/etc/systemd/system/*.wants "$root/etc/resolv.conf" "$root/etc/machine-id" # nothing else starts
rm -rf "$root"/{etc,opt,var/lib}/campus-agent "$root/etc/systemd/system/campus-agent.service"
touch "$root/etc/machine-id"
mkdir "$root/trial"
cp "$folder"/*.tar.gz "$folder/life.sh" "$root/trial"
cat >"$root/etc/systemd/system/trial.service" <<'UNIT'
[Unit]
After=basic.target dbus.service
[Service]
Type=oneshot
WorkingDirectory=/trial
ExecStart=/bin/bash /trial/life.sh
StandardOutput=file:/trial/log
StandardError=file:/trial/errors
ExecStopPost=/bin/systemctl poweroff --no-block
UNIT
printf '[Unit]\nRequires=basic.target trial.service\nAllowIsolate=yes\n' >"$root/etc/systemd/system/trial.target"

timeout --kill-after=10 "${2:-240}" systemd-nspawn --quiet --register=no --keep-unit --private-network --directory "$root" \
    /lib/systemd/systemd --unit=trial.target </dev/null >"$folder/console" 2>&1 || true # nspawn minds the mounts at the end
cp "$root/trial/log" "$root/trial/errors" "$folder"
