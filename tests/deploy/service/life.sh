#!/usr/bin/env bash
# The life of the service on a machine with systemd, run in the container that boot.sh boots. Says `NAME=VALUE` of what
# it finds; the test knows what that must be. first.tar.gz and second.tar.gz are bundles; the second has a newer layout.
set -uo pipefail
export LANG=C.UTF-8
etc=/etc/campus-agent data=/var/lib/campus-agent

said() { printf '%s=%s\n' "$1" "$2"; }
there() { # how many of these are there
    local path found=0
    for path in "$@"; do [ ! -e "$path" ] || found=$((found + 1)); done
    echo $found
}
pid() { systemctl show --property MainPID --value campus-agent; }
state() { systemctl is-active campus-agent; }
restarts() { systemctl show --property NRestarts --value campus-agent; }
layout() { /opt/campus-agent/current/bin/python -c "import sqlite3; print(*sqlite3.connect('$data/campus.db').execute('SELECT version_num FROM alembic_version').fetchone())"; }
tickets() { campus-agent --json tickets | tr ',' '\n' | grep -c '"id"'; }
install_from() { "/trial/$1/campus-agent/install.sh" --lang en "${@:2}"; }
metric() { /opt/campus-agent/current/bin/python -c "import urllib.request; print(urllib.request.urlopen('http://127.0.0.1:9880/metrics').read().decode())" | sed -n "s/^$1 //p"; }

for name in first second; do mkdir "/trial/$name" && tar xzf "/trial/$name.tar.gz" -C "/trial/$name"; done
install_from first --dry-run >/dev/null
said dry_run_left "$(there /opt/campus-agent $etc $data)"

install_from first >/trial/install.log || { cat /trial/install.log; journalctl --unit campus-agent --no-pager | head -60; }
said installed "$(state)"
said user "$(stat -c %U "/proc/$(pid)")"
said capabilities "$(sed -n 's/^CapBnd:\s*//p' "/proc/$(pid)/status")"
for _ in $(seq 30); do [ "$(metric 'campus_device_up{device="this-server"}')" = 1 ] && break; sleep 1; done
said pings "$(metric 'campus_device_up{device="this-server"}')"

(umask 077 && echo canary >$etc/secrets/ro)
cat >>$etc/inventory.yaml <<'Y'
  - {id: sw, kind: switch, address: 192.0.2.1, credentials: switches, probes: []}
credentials: {switches: {snmp: {version: "2c", community_file: secrets/ro}}}
Y
said secret_mode "$(stat -c %U:%a $etc/secrets/ro)"
systemctl restart campus-agent
said with_a_secret "$(state)"

campus-agent --lang en ticket open --place 301 --what desk >/dev/null
systemctl kill --signal STOP campus-agent
froze=$(date +%s)
for _ in $(seq 90); do [ "$(restarts)" = 0 ] || break; sleep 1; done
for _ in $(seq 20); do [ "$(state)" = active ] && break; sleep 0.5; done
said back_after_seconds $(($(date +%s) - froze))
said after_the_freeze "$(state)"
said traceback "$(journalctl --unit campus-agent --no-pager | grep -c 'Fatal Python error: Aborted')"
systemctl kill --signal KILL campus-agent
for _ in $(seq 20); do sleep 0.5; [ "$(restarts)" = 2 ] && [ "$(state)" = active ] && break; done
said after_a_kill "$(state)"
said tickets_kept "$(tickets)"

before=$(pid)
cp $etc/inventory.yaml /trial/good.yaml
echo 'devizes: []' >>$etc/inventory.yaml
install_from second >/trial/refused.log 2>&1
said refused_code $?
said refused_untouched "$([ "$(pid)" = "$before" ] && echo yes)"
cp /trial/good.yaml $etc/inventory.yaml

install_from second >/trial/upgrade.log || cat /trial/upgrade.log
said upgraded "$(state)"
said upgraded_layout "$(layout)"
said upgraded_tickets "$(tickets)"
said backups "$(find $data/backups -name 'upgrade-*.db' -user campus-agent -perm 600 | wc -l)"
install_from second >/trial/again.log
said again "$(state)/$(there /opt/campus-agent/releases/*)/$(find $data/backups -name '*.db' | wc -l)"
install_from second --back >/trial/back.log || cat /trial/back.log
said back "$(state)"
said back_layout "$(layout)"
said back_tickets "$(tickets)"

install_from first --undo >/trial/undo.log
said undone "$(state)"
said undone_left "$(there /opt/campus-agent /usr/local/bin/campus-agent /etc/systemd/system/campus-agent.service /etc/sysctl.d/60-campus-agent.conf)"
said undone_kept "$(there $etc/inventory.yaml $data/campus.db)"
install_from first --undo --purge --yes >/trial/purge.log
said purged_left "$(there $etc $data)/$(getent passwd campus-agent | wc -l)"
