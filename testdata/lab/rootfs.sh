#!/bin/sh
# Build the root file system that all lab hosts share: rootfs.sh DIR
#
# lab.sh keeps the result in its cache under the checksum of this file and boot.sh: a change in them makes a new one.
set -eu

root=$1

# libdbi-perl is named because debootstrap does not follow the virtual package by which nix-bin needs it.
packages=systemd,systemd-sysv,dbus,openssh-server,sudo,opendoas,iproute2,procps,libdbi-perl,nix-bin,nix-setup-systemd,fish

debootstrap --variant=minbase --include="$packages" bookworm "$root" "${NIXHOP_LAB_MIRROR:-http://deb.debian.org/debian}"
rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/* "$root"/usr/share/doc/* "$root"/usr/share/man/*

in_root() { chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C "$@"; }

# A NixOS host is known by these two.
: >"$root/etc/NIXOS"
rm -f "$root/etc/os-release"
cat >"$root/etc/os-release" <<'END'
NAME=NixOS
ID=nixos
ID_LIKE=debian
PRETTY_NAME="NixOS stand-in of the nixhop lab"
VERSION_ID="26.05"
END

# Logins: the same key opens all of them, lab.sh puts it in their homes.
user() { # name shell
	in_root useradd --create-home --groups nix-users --shell "$2" --password '*' "$1"
	in_root install -d -m 700 -o "$1" -g "$1" "/home/$1/.ssh"
}
user admin /bin/bash
user nosudo /bin/bash
user pw /bin/bash
user fish /usr/bin/fish
user noisy /bin/bash
printf 'pw:lab\n' | in_root chpasswd
install -d -m 700 "$root/root/.ssh"
cat >"$root/etc/sudoers.d/lab" <<'END'
Defaults:pw timestamp_timeout=0
Defaults !lecture
admin ALL=(ALL:ALL) NOPASSWD: ALL
fish ALL=(ALL:ALL) NOPASSWD: ALL
noisy ALL=(ALL:ALL) NOPASSWD: ALL
pw ALL=(ALL:ALL) ALL
END
chmod 440 "$root/etc/sudoers.d/lab"
# Debian's .bashrc stops early in a shell that is not interactive; this one speaks there, too.
printf 'echo "welcome to this box"\n' >"$root/home/noisy/.bashrc"

mkdir -p "$root/etc/nix" "$root/boot"
cat >"$root/etc/nix/nix.conf" <<'END'
experimental-features = nix-command flakes
sandbox = false
build-users-group =
substituters =
trusted-users = root
END

# One host key, made by lab.sh for each host. The log is a file, so that it can be read and counted from outside.
rm -f "$root"/etc/ssh/ssh_host_*
cat >"$root/etc/ssh/sshd_config.d/lab.conf" <<'END'
HostKey /etc/ssh/ssh_host_ed25519_key
PermitRootLogin yes
LogLevel VERBOSE
MaxStartups 100
PrintLastLog no
END
printf 'SSHD_OPTS="-E /var/log/sshd.log"\n' >"$root/etc/default/ssh"
mkdir -p "$root/etc/systemd/system/ssh.service.d"
cat >"$root/etc/systemd/system/ssh.service.d/lab.conf" <<'END'
# Whoever can log in finds a host that is up: no "system is booting" for users, Nix's socket there.
[Unit]
After=systemd-user-sessions.service nix-daemon.socket
END

# At boot the host takes on the generation that was deployed to it, if one was.
install -m 755 "$(dirname "$0")/boot.sh" "$root/usr/local/sbin/lab-boot"
cat >"$root/etc/systemd/system/lab-boot.service" <<'END'
[Unit]
Description=Default generation of the boot loader
ConditionPathExists=/boot/loader/loader.conf
Before=ssh.service

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/local/sbin/lab-boot

[Install]
WantedBy=multi-user.target
END
in_root systemctl enable lab-boot.service

# What a container has no use for, and what would touch the machine that it shares its network with.
for unit in systemd-networkd.service systemd-resolved.service systemd-timesyncd.service \
	systemd-udev-trigger.service systemd-udevd.service e2scrub_reap.service fstrim.timer \
	apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer motd-news.timer e2scrub_all.timer \
	systemd-journal-flush.service getty.target console-getty.service; do
	ln -sf /dev/null "$root/etc/systemd/system/$unit"
done
# The journal in memory, and no syslog: nothing reads it.
mkdir -p "$root/etc/systemd/journald.conf.d"
printf '[Journal]\nStorage=volatile\nRuntimeMaxUse=8M\n' >"$root/etc/systemd/journald.conf.d/lab.conf"

# Set by lab.sh for each host. An empty machine-id would make every boot a first boot.
rm -f "$root/etc/hostname" "$root/etc/machine-id" "$root/var/lib/dbus/machine-id"
