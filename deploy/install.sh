#!/usr/bin/env bash
# Installs, upgrades and removes the campus agent on a Linux machine with systemd, as root. `--help` says how.
# Everything it does it says first, and everything it does can be undone: `--undo`, and after an upgrade `--back`.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly here program=campus-agent user=campus-agent

lang=${LC_ALL:-${LC_MESSAGES:-${LANG:-zh}}}
root='' wheel='' wheels='' python='' action=install dry='' purge='' yes='' service=yes
work='' stopped=''  # what an early end has to put right

t() { if [ "$lang" = zh ]; then printf '%s' "$1"; else printf '%s' "$2"; fi; }
say() { printf '%s\n' "$(t "$1" "$2")"; }
fail() {
    printf '%s%s\n' "$(t '错误：' 'error: ')" "$(t "$1" "$2")" >&2
    exit 1
}

steps=0
step() {
    steps=$((steps + 1))
    printf '%2d. %s\n' "$steps" "$(t "$1" "$2")"
}

run() { # says the command, and does it unless this is a dry run
    printf '      %s\n' "$*"
    [ -n "$dry" ] || "$@"
}

usage() {
    say "用法：install.sh [选项]
  （无选项）        安装；已装则升级：先备份数据库，失败可退回
  --back            退回上一版本和升级前的数据库
  --undo            卸载程序；保留 /etc/campus-agent 和 /var/lib/campus-agent
  --undo --purge    连同配置、数据和用户一起删除
  --dry-run         只说要做什么
  --wheel 文件      安装这个 wheel，而不是从源码构建
  --wheels 目录     不联网：依赖只从此目录取（bundle.sh 制作的包会自动使用）
  --python 程序     用这个 Python（3.11 或更新）
  --no-service      不动 systemd（容器里用）
  --root 目录       装到此目录下试用，不建用户，不启动
  --yes             不再询问
  --lang zh|en      语言" \
        "usage: install.sh [options]
  (no option)       install; where it is installed, upgrade: the database is backed up first
  --back            back to the version before, and to the database as it was then
  --undo            remove the program; /etc/campus-agent and /var/lib/campus-agent stay
  --undo --purge    remove configuration, data and user, too
  --dry-run         only say what would be done
  --wheel FILE      install this wheel instead of building one from the sources
  --wheels DIR      without a network: dependencies come from this folder alone (a bundle uses its own)
  --python PROGRAM  the Python to use, 3.11 or newer
  --no-service      leave systemd alone (for containers)
  --root DIR        for trials: everything below DIR, no user, nothing started
  --yes             ask nothing
  --lang zh|en      the language"
}

value() { [ -n "${2:-}" ] || fail "$1 缺少参数" "$1 wants a value"; }

arguments() {
    while [ $# -gt 0 ]; do
        case $1 in
        --back | --undo) action=${1#--} ;;
        --purge) purge=yes ;;
        --dry-run) dry=yes ;;
        --yes) yes=yes ;;
        --no-service) service='' ;;
        --wheel) value "$@" && wheel=$2 && shift ;;
        --wheels) value "$@" && wheels=$2 && shift ;;
        --python) value "$@" && python=$2 && shift ;;
        --root) value "$@" && root=$(realpath -m "$2") && shift ;;
        --lang) value "$@" && lang=$2 && shift ;;
        -h | --help) action=usage ;;
        *) fail "没有这个选项：$1（--help）" "no such option: $1 (--help)" ;;
        esac
        shift
    done
    case $lang in zh* | C | C.* | POSIX) lang=zh ;; *) lang=en ;; esac
    [ "$root" != / ] || root=''
    [ -z "$root" ] || service=''
    [ -z "$purge" ] || [ "$action" = undo ] || fail '--purge 只和 --undo 一起用' '--purge goes with --undo only'
    opt=$root/opt/$program etc=$root/etc/$program data=$root/var/lib/$program
    current=$opt/current previous=$opt/previous
    unit=$root/etc/systemd/system/$program.service
    sysctl=$root/etc/sysctl.d/60-$program.conf
    command=$root/usr/local/bin/$program
    doc=$root/usr/local/share/doc/$program
    readonly lang root opt etc data current previous unit sysctl command doc
}

# -- the machine

needs_root() {
    [ -n "$root" ] || [ -n "$dry" ] || [ "$(id -u)" = 0 ] || fail '请以 root 运行（sudo）' 'run this as root (sudo)'
    [ "$(uname -s)" = Linux ] || fail '只支持 Linux' 'this runs on Linux only'
}

new_enough() { "$1" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }

reachable() { # a service sees neither /root nor /home
    [ -n "$root" ] || case $("$1" -c 'import os, sys; print(os.path.realpath(sys.base_prefix))') in
    /root/* | /home/*) return 1 ;;
    esac
}

find_python() {
    local name
    for name in ${python:-/usr/bin/python3 python3 python3.13 python3.12 python3.11 python3.14}; do
        if new_enough "$name" && reachable "$name"; then
            python=$(command -v "$name")
            return
        fi
    done
    fail "没有带 venv 的 Python 3.11 或更新版本（/root、/home 下的不算）：apt-get install python3 python3-venv" \
        "no Python 3.11 or newer with venv (one below /root or /home is none): apt-get install python3 python3-venv"
}

has_systemd() { [ -n "$service" ] && [ -d /run/systemd/system ]; }
is_running() { has_systemd && systemctl is-active --quiet "$program"; }
own() { [ -n "$root" ] || run chown "$@"; } # a trial has no users

as_agent() { # the data is the agent's: what root writes there the agent could not change
    if [ -n "$root" ] || [ "$(id -u)" != 0 ]; then run "$@"; else run setpriv --reuid "$user" --regid "$user" --clear-groups "$@"; fi
}

# -- install and upgrade

make_user() {
    step "系统用户 $user（不能登录）" "the system user $user, who cannot log in"
    if [ -n "$root" ]; then
        say '      试用目录：跳过' '      a trial: left out'
    elif getent passwd "$user" >/dev/null; then
        say '      已有' '      is there'
    else
        run useradd --system --user-group --no-create-home --home-dir "$data" --shell /usr/sbin/nologin "$user"
    fi
}

make_folders() {
    step '目录：程序、配置、口令、数据' 'folders: program, configuration, secrets, data'
    run mkdir -p "$opt/releases" "$etc" "$etc/secrets" "$data/backups" "$(dirname "$command")" "$doc"
    run chmod 755 "$opt" "$opt/releases"
    run chmod 750 "$etc"
    run chmod 700 "$etc/secrets" "$data" "$data/backups"
    own "root:$user" "$etc"
    own "$user:$user" "$data" "$data/backups"
}

find_wheel() {
    local found
    if [ -z "$wheels" ] && [ -d "$here/wheels" ]; then wheels=$here/wheels; fi
    if [ -z "$wheel" ] && [ -n "$wheels" ]; then
        found=("$wheels"/campus_agent-*.whl)
        [ ${#found[@]} = 1 ] || fail "$wheels 里应当只有一个 campus_agent-*.whl" "$wheels should hold exactly one campus_agent-*.whl"
        [ ! -e "${found[0]}" ] || wheel=${found[0]}
    fi
    [ -z "$wheel" ] || [ -e "$wheel" ] || [ -n "$dry" ] || fail "没有文件 $wheel" "no file $wheel"
    [ -n "$wheel" ] || [ -e "$here/../pyproject.toml" ] ||
        fail '没有 wheel，也没有源码：用 --wheel 指明' 'neither a wheel nor the sources: name one with --wheel'
}

build_wheel() { # from a copy, so that the sources stay as they are; with fixed times, so that the same sources give the same wheel
    [ -z "$wheel" ] || return 0
    step '从源码构建程序包' 'build the program from its sources'
    [ -z "$dry" ] || return 0
    mkdir "$work/sources" "$work/built"
    cp -r "$here/../agent" "$here/../pyproject.toml" "$here/../README.md" "$work/sources"
    find "$work/sources" -name __pycache__ -type d -prune -exec rm -rf {} +
    "$python" -m venv "$work/builder"
    SOURCE_DATE_EPOCH=1767225600 "$work/builder/bin/python" -m pip --disable-pip-version-check --quiet \
        wheel --no-deps --wheel-dir "$work/built" "$work/sources" ||
        fail '构建失败，原因见上' 'it could not be built; the reason is above'
    wheel=$(echo "$work"/built/*.whl)
}

machine_files() { printf '%s\n' "systemd/$program.service" "sysctl/60-$program.conf" README.md README.zh-CN.md; }

fingerprint() { (cd "$here" && machine_files | xargs cat "$wheel" requirements.lock) | sha256sum | cut -c1-12; }

make_release() {
    local print=... offline=()
    [ -n "$dry" ] && [ -z "$wheel" ] || print=$(fingerprint)
    release=$opt/releases/$print
    if [ -e "$release/.complete" ]; then
        step "程序 $print 已装好，不重装" "the program $print is there already and is kept"
        return
    fi
    step "程序及其依赖（逐一核对哈希）装入 $release" "the program and what it needs, every file checked by its hash, into $release"
    [ -z "$wheels" ] || offline=(--no-index --find-links "$wheels")
    [ -n "$dry" ] || rm -rf "$release"
    run "$python" -m venv "$release"
    # What is published as source only is built by the setuptools of the same list, so that no other byte is fetched.
    sed -n '/^setuptools==/,/[^\\]$/p' "$here/requirements.lock" >"$work/builder.lock"
    run "$release/bin/python" -m pip --disable-pip-version-check --quiet install --only-binary :all: --require-hashes \
        "${offline[@]}" -r "$work/builder.lock"
    run "$release/bin/python" -m pip --disable-pip-version-check --quiet install --only-binary :all: --require-hashes \
        --no-binary onvif-zeep --no-build-isolation "${offline[@]}" -r "$here/requirements.lock"
    run "$release/bin/python" -m pip --disable-pip-version-check --quiet install --no-index --no-deps "${wheel:-campus_agent-*.whl}"
    run "$release/bin/python" -m compileall -q "$release/lib"
    run mkdir "$release/machine"
    (cd "$here" && machine_files) | while read -r name; do run install -m 644 "$here/$name" "$release/machine"; done
    [ -n "$dry" ] || touch "$release/.complete"
}

copy_examples() {
    local name
    step "配置样例放入 $etc（已有的不动）" "examples of the configuration into $etc (what is there stays)"
    for name in config.yaml inventory.yaml; do
        if [ -e "$etc/$name" ]; then
            printf '      %s %s\n' "$name" "$(t '已有' 'is there')"
        else
            run install -m 640 "$here/etc/$name" "$etc/$name"
            own "root:$user" "$etc/$name"
        fi
    done
}

check_files() {
    step '新程序检查现有配置' 'the new program checks the configuration'
    run "$release/bin/$program" --lang "$lang" check --config "$etc/config.yaml" ||
        fail '配置有误，什么也没有替换。改好后再运行一次。' 'mistakes in the configuration: nothing was replaced. Mend them and run this again.'
}

target_of() { if [ -L "$1" ]; then readlink -f "$1"; fi; }

keep_data() { # the old program writes the backup: it knows its own layout
    backup=''
    [ -n "$old" ] && [ "$old" != "$release" ] && [ -e "$data/campus.db" ] || return 0
    backup=$data/backups/upgrade-$(date -u +%Y%m%dT%H%M%SZ).db
    step "备份数据库到 $backup" "back up the database to $backup"
    as_agent "$old/bin/$program" --lang "$lang" --data "$data" backup "$backup"
}

stop_service() {
    is_running || return 0
    step '停止服务' 'stop the service'
    [ -n "$dry" ] || stopped=yes
    run systemctl stop "$program"
}

point() { # a rename, so that there is always a program in its place
    run ln -sfn "$2" "$1.new"
    run mv -T "$1.new" "$1"
}

switch_release() {
    step "启用 $release" "put $release in force"
    if [ -n "$old" ] && [ "$old" != "$release" ]; then
        point "$previous" "releases/$(basename "$old")"
        [ -n "$dry" ] || printf '%s\n' "$backup" >"$opt/backup-of-previous"
    fi
    point "$current" "releases/$(basename "$release")"
    run ln -sfn "${current#"$root"}/bin/$program" "$command"
    forget_releases
}

forget_releases() { # this one and the one before it stay
    local one kept
    kept=" $(target_of "$current") $(target_of "$previous") "
    for one in "$opt"/releases/*; do
        [ -d "$one" ] || continue
        case $kept in *" $(readlink -f "$one") "*) ;; *) [ -n "$dry" ] || run rm -rf "$one" ;; esac
    done
}

copy_machine_files() {
    step 'systemd 单元、内核参数、说明' 'the systemd unit, the kernel settings, the manual'
    run install -D -m 644 "$1/machine/$program.service" "$unit"
    run install -D -m 644 "$1/machine/60-$program.conf" "$sysctl"
    run install -m 644 "$1/machine/README.md" "$1/machine/README.zh-CN.md" "$doc"
}

start_service() {
    if ! has_systemd; then
        step '没有 systemd（或不使用）：请自行启动' 'no systemd here, or not to be used: start it yourself'
        say "      以用户 $user：${current#"$root"}/bin/$program run --config ${etc#"$root"}/config.yaml --data ${data#"$root"}" \
            "      as the user $user: ${current#"$root"}/bin/$program run --config ${etc#"$root"}/config.yaml --data ${data#"$root"}"
        return
    fi
    step '内核参数生效；启动服务，开机自启' 'kernel settings in force; start the service, now and at boot'
    run sysctl --quiet --load "$sysctl" || say '      内核参数未能全部生效（容器里常见）' '      not every kernel setting could be set (usual in a container)'
    run systemctl daemon-reload
    run systemctl enable --quiet "$program"
    stopped=''
    run systemctl restart "$program" || return 1 # Type=notify: it returns when the agent says that it is ready
}

at_end() {
    [ -z "$work" ] || rm -rf "$work"
    [ -n "$stopped" ] || return 0
    say '没有完成：原来的服务重新启动' 'Not finished: the service is started again as it was' >&2
    systemctl start "$program"
}

go_back_hint() {
    say "没有启动成功。日志：journalctl -u $program -n 50" "It did not start. The log: journalctl -u $program -n 50" >&2
    [ -z "$old" ] || say "退回原来的版本和数据：$0 --back" "Back to the version and the data before: $0 --back" >&2
}

install_all() {
    needs_root
    find_python
    find_wheel
    work=$(mktemp -d)
    old=$(target_of "$current")
    if [ -n "$old" ]; then say "升级（现在：$(basename "$old")）" "Upgrade (now: $(basename "$old"))"; else say '安装' 'Install'; fi
    make_user
    make_folders
    build_wheel
    make_release
    copy_examples
    check_files
    stop_service
    keep_data
    copy_machine_files "$release"
    switch_release
    start_service || { go_back_hint && exit 1; }
    [ -z "$dry" ] || { say "以上只是说明，什么也没有做。" "That is what would be done; nothing was." && return; }
    say "完成。配置：$etc　数据：$data　页面：http://127.0.0.1:9880/　自检：$program doctor" \
        "Done. Configuration: $etc  data: $data  page: http://127.0.0.1:9880/  self-check: $program doctor"
}

# -- the way back

back() {
    local last saved
    needs_root
    last=$(target_of "$previous")
    [ -e "${last:-/nowhere}/.complete" ] || fail '没有上一版本' 'there is no version before this one'
    saved=$(cat "$opt/backup-of-previous" 2>/dev/null || true)
    stop_service
    if [ -n "$saved" ] && [ -e "$saved" ]; then
        step "恢复升级前的数据库（现在的留在旁边）：$saved" "restore the database as it was before (the present one stays beside it): $saved"
        as_agent "$last/bin/$program" --lang "$lang" --data "$data" restore "$saved"
    fi
    copy_machine_files "$last"
    step "启用 $last" "put $last in force"
    point "$current" "releases/$(basename "$last")"
    run rm -f "$previous" "$opt/backup-of-previous"
    old=''
    start_service || { go_back_hint && exit 1; }
    say '已退回。' 'Back.'
}

undo() {
    needs_root
    if [ -n "$purge" ] && [ -z "$yes$dry" ]; then
        printf '%s ' "$(t "将删除全部工单和配置（$data，$etc）。输入 yes 继续：" "All tickets and the configuration go ($data, $etc). Type yes to go on:")"
        read -r answer
        [ "$answer" = yes ] || fail '未删除' 'nothing was removed'
    fi
    if has_systemd && [ -e "$unit" ]; then
        step '停止服务，取消自启' 'stop the service, now and at boot'
        run systemctl disable --quiet --now "$program"
    fi
    step '删除程序、单元、内核参数文件' 'remove the program, the unit, the file of kernel settings'
    run rm -rf "$opt" "$doc"
    run rm -f "$unit" "$sysctl" "$command"
    if has_systemd; then run systemctl daemon-reload; fi
    if [ -n "$purge" ]; then
        step '删除配置、数据、用户' 'remove configuration, data and user'
        run rm -rf "$etc" "$data"
        if [ -z "$root" ] && getent passwd "$user" >/dev/null; then run userdel "$user"; fi
    else
        say "保留：$etc  $data  用户 $user（--undo --purge 一并删除）" "Kept: $etc  $data  the user $user (--undo --purge removes them)"
    fi
    say '内核参数重启后恢复原值。' 'Kernel settings have their old values after a reboot.'
}

trap at_end EXIT
arguments "$@"
case $action in
install) install_all ;;
back) back ;;
undo) undo ;;
usage) usage ;;
esac
