#!/bin/sh
# Last step of the root file system, run by mmdebstrap: finish.sh ROOT LOCK
# Takes out what no workspace needs or what would differ between two builds.
set -eu
root=$1
lock=$2

install -D -m 0644 "$lock" "$root/usr/share/ansim/packages.lock"

# Configuring is over: the interpreter of its scripts, the log-in programs and their data may go. dpkg records it, so
# what the image says it contains stays true.
# The first call still needs debconf, which the second takes away.
chroot "$root" dpkg --purge --force-depends --force-remove-essential \
    libpam-runtime libpam-modules libpam-modules-bin libpam0g login util-linux util-linux-extra
chroot "$root" dpkg --purge --force-depends --force-remove-essential \
    debconf init-system-helpers libdebconfclient0 perl-base
rm -rf "$root"/usr/lib/x86_64-linux-gnu/perl* "$root"/var/cache/debconf "$root"/etc/pam.d

find "$root" -xdev -perm /6000 ! -type l -exec chmod ug-s {} +

# Bytecode is made here, bound to its source by hash instead of time: a read-only root cannot make it later.
find "$root/usr" -name __pycache__ -type d -prune -exec rm -rf {} +
PYTHONHASHSEED=0 chroot "$root" python3 -m compileall -q -j 1 --invalidation-mode unchecked-hash \
    -x '/(test|tests|idlelib|lib2to3|turtledemo)/' /usr/lib/python3.11 /usr/lib/python3 || true

rm -rf "$root"/etc/apt/sources.list* "$root"/var/lib/apt "$root"/var/cache/apt "$root"/var/lib/dpkg/*-old "$root"/var/cache/ldconfig \
    "$root"/var/log/* "$root"/etc/hostname "$root"/etc/resolv.conf "$root"/etc/machine-id \
    "$root"/etc/*- "$root"/run/* "$root"/tmp/* "$root"/root/.[!.]*
