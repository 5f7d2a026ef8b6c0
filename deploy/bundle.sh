#!/usr/bin/env bash
# Makes one file for machines without a network: the program, everything it needs, and the installer.
# Usage: deploy/bundle.sh OUT.tar.gz [PYTHON]    On the machine: tar xzf OUT.tar.gz && sudo campus-agent/install.sh
# The bundle fits machines of this processor and this Python's minor version.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
out=$(realpath -m "${1:?usage: bundle.sh OUT.tar.gz [PYTHON]}")
python=${2:-python3}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

bundle=$work/campus-agent
mkdir -p "$bundle/wheels" "$work/sources"
"$python" -m venv "$work/venv"
pip=("$work/venv/bin/python" -m pip --disable-pip-version-check --quiet)
echo "bundle: dependencies, every file checked by its hash"
sed -n '/^setuptools==/,/[^\\]$/p' "$here/requirements.lock" >"$work/builder.lock"
"${pip[@]}" install --only-binary :all: --require-hashes -r "$work/builder.lock"
"${pip[@]}" download --only-binary :all: --no-binary onvif-zeep --no-build-isolation --require-hashes \
    --dest "$bundle/wheels" -r "$here/requirements.lock"
echo "bundle: the program"
cp -r "$here/../agent" "$here/../pyproject.toml" "$here/../README.md" "$work/sources"
find "$work/sources" -name __pycache__ -type d -prune -exec rm -rf {} +
SOURCE_DATE_EPOCH=1767225600 "${pip[@]}" wheel --no-deps --wheel-dir "$bundle/wheels" "$work/sources"
cp -r "$here"/{install.sh,requirements.lock,systemd,sysctl,etc,prometheus,alertmanager,grafana,README.md,README.zh-CN.md} "$bundle"
mkdir -p "$(dirname "$out")"
tar --sort=name --owner=0 --group=0 --numeric-owner --mtime=@1767225600 -C "$work" -cf - campus-agent | gzip -n >"$out"
echo "bundle: $out ($(du -h "$out" | cut -f1))"
