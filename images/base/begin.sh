#!/bin/sh
# First step of the root file system, run by mmdebstrap: begin.sh ROOT
# Merges /usr before any package is unpacked, on every version of mmdebstrap alike.
set -eu
for folder in bin sbin lib lib64; do
    [ -L "$1/$folder" ] && continue
    mkdir -p "$1/usr/$folder"
    ln -s "usr/$folder" "$1/$folder"
done
